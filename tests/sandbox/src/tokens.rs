//! Tokens for scripts: files in the sandbox's directory, one for each kind of pipeline and each
//! thing that can be wrong with a token.

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use crate::Error;
use crate::claims::TokenClaims;
use crate::world::World;

/// The file names, each with what its token says.
fn all() -> Vec<(&'static str, TokenClaims)> {
    let push = TokenClaims::gitlab;
    vec![
        ("push", push()),
        ("branch", push().branch("feature")),
        ("tag", push().tag("v1.0.0")),
        ("tag-not-ascii", push().tag("vé")),
        ("tag-malformed", push().tag("v%zz")),
        ("other-commit", push().claim("sha", "0123456789012345678901234567890123456789")),
        ("schedule", push().trigger("schedule")),
        ("fork-merge-request", push().fork_merge_request("main")),
        ("child-pipeline", push().child_pipeline()),
        ("environment", push().environment("pypi")),
        ("other-config", push().config("ci/other.yml")),
        ("other-project", push().project("mallory/demo")),
        ("private", push().claim("project_visibility", "private")),
        ("second-gitlab", TokenClaims::second_gitlab()),
        ("github", TokenClaims::github()),
        (
            "github-reusable",
            TokenClaims::github()
                .reusable_workflow("other/workflows/.github/workflows/sign.yml@refs/heads/main"),
        ),
        (
            "github-reusable-elsewhere",
            TokenClaims::github()
                .project("mallory/demo")
                .reusable_workflow("other/workflows/.github/workflows/sign.yml@refs/heads/main"),
        ),
        ("buildkite", TokenClaims::buildkite()),
        ("circleci", TokenClaims::circleci()),
        ("google", TokenClaims::google()),
        ("email", TokenClaims::email("dev@acme.example")),
        ("email-unverified", TokenClaims::email("dev@acme.example").claim("email_verified", false)),
        ("expired", push().expired()),
        ("forged", push().forged()),
        ("other-audience", push().audience("pypi")),
        ("unknown-issuer", push().issued_by("https://issuer.example")),
    ]
}

/// Writes `tokens/NAME.jwt`, without a newline, for the user alone.
pub(crate) fn write(directory: &Path, world: &World) -> Result<(), Error> {
    let tokens = directory.join("tokens");
    fs::create_dir_all(&tokens).map_err(Error::io("make a directory"))?;
    for (name, claims) in all() {
        let token = world.oidc.mint(&claims)?;
        let path = tokens.join(format!("{name}.jwt"));
        let file =
            OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path);
        file.and_then(|mut file| file.write_all(token.as_bytes()))
            .map_err(Error::io("write a token"))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Sandbox;

    #[test]
    fn a_script_finds_good_tokens_and_bad_ones() {
        let sandbox = Sandbox::start().unwrap();
        let refused = [
            "email-unverified",
            "expired",
            "forged",
            "other-audience",
            "tag-malformed",
            "unknown-issuer",
        ];
        for (name, _) in all() {
            let file = sandbox.directory().join(format!("tokens/{name}.jwt"));
            let token = fs::read_to_string(file).unwrap();
            let identity = sandbox.world.fulcio.identify(&token);
            assert_eq!(identity.is_err(), refused.contains(&name), "{name}: {identity:?}");
        }
    }

    #[test]
    fn a_moved_issuer_makes_new_tokens() {
        let sandbox = Sandbox::start().unwrap();
        let is_taken = |name: &str| {
            let file = sandbox.directory().join(format!("tokens/{name}.jwt"));
            sandbox.world.fulcio.identify(&fs::read_to_string(file).unwrap()).is_ok()
        };
        sandbox.move_clock("oidc", -7200).unwrap();
        assert!(!is_taken("push"));
        sandbox.move_clock("fulcio", -7200).unwrap();
        assert!(is_taken("push"));
        assert!(sandbox.move_clock("nobody", 0).is_err());
    }

    #[test]
    fn a_second_instance_differs_in_who_vouches_alone() {
        let sandbox = Sandbox::start().unwrap();
        let identity = |claims: &TokenClaims| {
            sandbox.world.fulcio.identify(&sandbox.token(claims).unwrap()).unwrap()
        };
        let first = identity(&TokenClaims::gitlab());
        let second = identity(&TokenClaims::second_gitlab());
        assert_eq!(first.san, second.san);
        let differing = first.claims.iter().zip(&second.claims).filter(|(one, other)| one != other);
        assert_eq!(differing.map(|(one, _)| one.0).collect::<Vec<_>>(), [1, 8]);
    }
}
