//! The command line of `pysign-publish`.

use pysign_cli::{Flag, Input, Matches, Repeat, Spec, Takes, Tool, Usage, flags};
use pysign_host::{Failure, FileError, Host, Network};
use pysign_http::Url;
use pysign_manifest::Manifest;
use pysign_registry::{Place, PlaceKind, TokenFile};

use crate::run;

/// What `--to` takes.
const FORMS: &str = "gitlab, gitlab:API_URL#PROJECT, legacy:URL or dir:PATH";

const FLAGS: &[Flag] = &[
    Flag {
        name: "to",
        value: Some("TARGET"),
        repeat: Repeat::Many,
        about: "Where to publish: gitlab, gitlab:API_URL#PROJECT, legacy:URL or dir:PATH",
        detail: "gitlab: the package registries of the job's own project. gitlab:API_URL#PROJECT: \
                 those of another project, by number or path. legacy:URL: an index that takes \
                 uploads as PyPI does; it stores no signatures. Its simple index, which is read \
                 before and after the upload, is URL with its last part 'legacy' or 'upload' \
                 replaced by 'simple', or else URL with 'simple' appended; legacy:URL#INDEX_URL \
                 names a different one. dir:PATH: a static index in a directory, for any web server or to \
                 be read from the file system.",
        ..Flag::SWITCH
    },
    Flag {
        name: "token-file",
        value: Some("[TARGET=]FILE|-"),
        repeat: Repeat::Many,
        about: "Read TOKEN or USER:TOKEN for a target from FILE ('-': standard input)",
        detail: "TARGET is as in --to; it may be left out if there is one target that takes a \
                 token. The token is sent to that target's origin and nowhere else.",
        ..Flag::SWITCH
    },
    Flag {
        name: "allow-unsigned",
        about: "Publish files even if they are unsigned or no target stores signatures",
        detail: "Without it, a file without a signature is an error before anything is sent, and \
                 so is a signed one if no target stores signatures. The manifest records it.",
        ..Flag::SWITCH
    },
    Flag {
        name: "no-confirm",
        about: "Don't read back what was published",
        detail: "The manifest then says 'unconfirmed' instead of 'stored'.",
        ..Flag::SWITCH
    },
    Flag {
        name: "base-url",
        value: Some("URL"),
        about: "The address that the directory of dir:PATH will be served at",
        detail: "The manifest then has these addresses. Links in the index itself are always relative.",
        ..Flag::SWITCH
    },
    flags::MANIFEST,
    flags::DRY_RUN,
    flags::TIMEOUT,
    flags::OFFLINE,
    flags::CACERT,
];

/// The program.
#[derive(Debug)]
pub struct Publish;

impl Tool for Publish {
    const SPEC: Spec = Spec {
        name: "pysign-publish",
        about: "Publish a release with its signatures",
        description: "Sends the wheels and sdists of a release to each target: signatures first, \
            then packages, then a marker that says the release is complete. Then reads back what \
            the target holds. Takes a manifest, or files and directories with the signatures \
            beside them; writes the manifest with what was published where.\n\n\
            Before anything is sent, every file is hashed, every signature must be about its file, \
            and every target is asked what it holds: identical files are kept, different content \
            under the same name is an error. So an interrupted run can be repeated; until it succeeds \
            the marker is missing, and readers see that the release is incomplete.",
        operands: Some("FILE"),
        input: Takes::Files,
        instead: &[],
        flags: FLAGS,
        later: &["attestations", "jobs", "replace-signatures", "repository"],
        sections: &[],
        examples: &[
            (
                "Publish what was signed and verified, in a GitLab job",
                "pysign-publish -m verified.json --to gitlab >release.json",
            ),
            (
                "Add a release to a directory that a web server serves",
                "pysign-publish dist --to dir:public --base-url https://example.org/pypi >release.json",
            ),
        ],
        environment: &[
            (
                "CI_API_V4_URL, CI_PROJECT_ID, CI_PROJECT_PATH, CI_SERVER_URL",
                "The GitLab job, for --to gitlab",
            ),
            ("CI_JOB_TOKEN", "The job's token, sent to the origin of CI_API_V4_URL only"),
            ("TWINE_USERNAME, TWINE_PASSWORD", "User and password or token for --to legacy:URL"),
            ("https_proxy, no_proxy", "The proxy for requests that leave this machine"),
        ],
        codes: &[
            crate::Error::CODES,
            pysign_archive::Error::CODES,
            pysign_attest::Error::CODES,
            pysign_ci::Error::CODES,
            pysign_http::Error::CODES,
            pysign_index::Error::CODES,
            pysign_manifest::Error::CODES,
            pysign_registry::Error::CODES,
            FileError::CODES,
        ],
    };

    type Args = Args;

    fn args(m: &Matches) -> Result<Args, Usage> {
        let targets = targets(m)?;
        let directories = targets.iter().filter(|target| target.is_directory()).count();
        if m.is_set("base-url") && directories != 1 {
            return Err(Usage::missing(
                "'--base-url' needs exactly one '--to dir:PATH', which",
                "",
            ));
        }
        Ok(Args {
            token_files: token_files(m, &targets)?,
            base_url: m.parse("base-url")?,
            targets,
            allow_unsigned: m.is_set("allow-unsigned"),
            confirm: !m.is_set("no-confirm"),
            dry_run: m.is_set("dry-run"),
            network: m.network()?,
        })
    }

    fn run(args: Args, input: Input, host: &Host) -> Result<Option<Manifest>, Failure> {
        run::run(&args, input, host)
    }
}

/// The command line, parsed.
#[derive(Debug)]
pub struct Args {
    pub(crate) targets: Vec<Place>,
    pub(crate) token_files: Vec<TokenFile>,
    pub(crate) base_url: Option<Url>,
    pub(crate) allow_unsigned: bool,
    pub(crate) confirm: bool,
    pub(crate) dry_run: bool,
    pub(crate) network: Network,
}

fn targets(m: &Matches) -> Result<Vec<Place>, Usage> {
    let mut targets: Vec<Place> = Vec::new();
    for text in m.texts("to")? {
        let refused = |reason: String| m.invalid("to", text, reason);
        let target = Place::parse(text, FORMS).map_err(refused)?;
        match target.kind {
            PlaceKind::Index(_) => return Err(refused(format!("expected {FORMS}"))),
            PlaceKind::Pypi(_) => return Err(Usage::NotOffered { flag: format!("--to {text}") }),
            _ => {}
        }
        if targets.iter().any(|other| other.is_same(&target)) {
            return Err(refused("it names the same place as another target".to_owned()));
        }
        targets.push(target);
    }
    if targets.is_empty() {
        let hint = "to make an index in a directory: --to dir:public";
        return Err(Usage::missing("'--to'", hint));
    }
    Ok(targets)
}

fn token_files(m: &Matches, targets: &[Place]) -> Result<Vec<TokenFile>, Usage> {
    let mut files: Vec<TokenFile> = Vec::new();
    for text in m.texts("token-file")? {
        let refused = |reason: &str| m.invalid("token-file", text, reason);
        let file = TokenFile::parse(text, targets).map_err(refused)?;
        if files.iter().any(|other| other.place == file.place || other.file == file.file) {
            return Err(refused(
                "each target takes one token file, and each file is for one target",
            ));
        }
        files.push(file);
    }
    Ok(files)
}
