//! Jobs of other CI systems, for scripts: `. systems/NAME` makes the job one of that system, which
//! asks for its token as a real one does. The systems' own programs are stand-ins that take the same
//! words.

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use crate::Error;
use crate::oidc::Oidc;
use crate::world::World;

/// What a job of GitLab has and no other.
const LEAVE_GITLAB: &str = "unset GITLAB_CI CI_API_V4_URL CI_JOB_TOKEN SIGSTORE_ID_TOKEN";

/// Prints a token if it is called as the documentation says, and nothing else.
fn program(words: &str, token: &str) -> String {
    format!(
        "#!/bin/sh\n[ \"$*\" = '{words}' ] || {{ echo \"unknown: $*\" >&2; exit 2; }}\n\
         cat \"$PYSIGN_SANDBOX/tokens/{token}.jwt\"\n"
    )
}

/// Writes the scripts and, into `systems/bin`, the programs.
pub(crate) fn write(directory: &Path, world: &World) -> Result<(), Error> {
    let systems = directory.join("systems");
    let programs = systems.join("bin");
    fs::create_dir_all(&programs).map_err(Error::io("make a directory"))?;
    let (url, secret) = (&world.urls.gitlab, &world.oidc.request_token);
    let github = format!(
        "GITHUB_ACTIONS=true ACTIONS_ID_TOKEN_REQUEST_TOKEN={secret} \
         ACTIONS_ID_TOKEN_REQUEST_URL='{url}{}?api-version=2.0'",
        Oidc::GITHUB_TOKEN
    );
    let google = format!("GCE_METADATA_HOST={}", world.job.fqdn);
    let path = format!("PATH=\"{}:$PATH\"", programs.display());
    for (name, variables) in [
        ("buildkite", format!("BUILDKITE=true {path}")),
        ("circleci", format!("CIRCLECI=true {path}")),
        ("github", github),
        ("google", google),
    ] {
        file(&systems.join(name), 0o600, &format!("{LEAVE_GITLAB}\nexport {variables}\n"))?;
    }
    let buildkite = program("oidc request-token --audience sigstore", "buildkite");
    file(&programs.join("buildkite-agent"), 0o700, &buildkite)?;
    let circleci = program(r#"run oidc get --claims {"aud":"sigstore"}"#, "circleci");
    file(&programs.join("circleci"), 0o700, &circleci)
}

fn file(path: &Path, mode: u32, text: &str) -> Result<(), Error> {
    let file = OpenOptions::new().write(true).create_new(true).mode(mode).open(path);
    file.and_then(|mut file| file.write_all(text.as_bytes())).map_err(Error::io("write a script"))
}
