//! The command line of `pysign-fetch`.

use std::path::PathBuf;

use pysign_cli::{Flag, Input, Matches, Spec, Takes, Tool, Usage, flags};
use pysign_host::{Failure, FileError, Host, Network};
use pysign_manifest::Manifest;
use pysign_names::Pin;
use pysign_registry::{Place, PlaceKind, Signatures, TokenFile};

use crate::run;
use crate::select::Kinds;
use crate::source::Config;

/// What `--index` takes.
const FORMS: &str = "a URL, gitlab, gitlab:API_URL#PROJECT, pypi, testpypi or dir:PATH";

const FLAGS: &[Flag] = &[
    Flag {
        name: "index",
        value: Some("INDEX"),
        about: "The index: URL, gitlab, gitlab:API_URL#PROJECT, pypi, testpypi or dir:PATH",
        detail: "There is no default. URL is the root of a simple index, such as \
                 https://pypi.org/simple, which is also called pypi. gitlab: the package registry \
                 of the job's own project. gitlab:API_URL#PROJECT: that of another project, by \
                 number or path. dir:PATH: a directory with an index, as pysign-publish makes \
                 it.\n\nAn index that redirects to another one is refused: there the same name may \
                 belong to someone else.",
        ..Flag::SWITCH
    },
    Flag {
        name: "wheel",
        about: "Fetch only a wheel, and fail if there is none",
        detail: "With --sdist: both, and neither may be missing.",
        ..Flag::SWITCH
    },
    Flag {
        name: "sdist",
        about: "Fetch only the sdist, and fail if there is none",
        ..Flag::SWITCH
    },
    Flag {
        name: "all",
        about: "Fetch every file, not only the sdist and the best wheel",
        detail: "With --wheel or --sdist: every file of that kind.",
        ..Flag::SWITCH
    },
    Flag {
        name: "signatures",
        value: Some("WHERE"),
        about: "Where the signatures are: auto, gitlab, gitlab:PROJECT, sibling or none",
        detail: "gitlab: in the project's generic package registry. sibling: beside each file, \
                 under its name with a suffix. auto, the default: gitlab if that is the index, else \
                 sibling. Without a manifest, a signature that is not there is no error; any \
                 other failed request is.",
        ..Flag::SWITCH
    },
    Flag {
        name: "token-file",
        value: Some("FILE|-"),
        about: "Read TOKEN or USER:TOKEN for the index from FILE ('-': standard input)",
        detail: "It is sent to the origin of the index and nowhere else. Without this flag a \
                 GitLab job's own token is sent to its own instance.",
        ..Flag::SWITCH
    },
    Flag { about: "Write files into DIR (default: the current directory)", ..flags::OUTPUT },
    flags::FORCE,
    flags::MANIFEST,
    flags::TIMEOUT,
    flags::OFFLINE,
    flags::CACERT,
];

/// The program.
#[derive(Debug)]
pub struct Fetch;

impl Tool for Fetch {
    const SPEC: Spec = Spec {
        name: "pysign-fetch",
        about: "Fetch a release with its signatures, and execute nothing",
        description: "Downloads the wheels and sdists of exact versions, with the signatures and \
            attestations that are published beside them, and writes a manifest for \
            pysign-verify. Takes NAME==VERSION, or a manifest: then it fetches back what was \
            published, and any file whose content differs is an error.\n\n\
            Of each NAME==VERSION, by default, it fetches the sdist and the best wheel, as far as \
            they exist. The best of several wheels is the one for every platform (py3-none-any), \
            of the highest build number; if there is none, it is an error without --all or \
            --sdist.\n\n\
            Every file needs a SHA-256 in the index or in the manifest, and is stored only if its \
            bytes match. Nothing is unpacked, built or run, and no dependencies are resolved. A \
            file that already exists with the right bytes is kept, so that an interrupted run can \
            be repeated.",
        operands: Some("NAME==VERSION"),
        input: Takes::Requirements,
        instead: &[],
        flags: FLAGS,
        later: &[
            "allow-index-redirect",
            "exclude-newer",
            "index-for",
            "jobs",
            "platform",
            "python",
            "r",
            "requirements",
        ],
        sections: &[],
        examples: &[
            (
                "Fetch all files of a release, and verify them",
                "pysign-fetch demo==1.0.0 --index gitlab:https://gitlab.com/api/v4#acme/demo --all \
                 -o got | pysign-verify --gitlab acme/demo --ref refs/tags/v1.0.0 -o proven \
                 >proof.json",
            ),
            (
                "Fetch back what was published",
                "pysign-fetch -m release.json --index gitlab -o got >got.json",
            ),
        ],
        environment: &[
            (
                "CI_API_V4_URL, CI_PROJECT_ID, CI_PROJECT_PATH, CI_SERVER_URL",
                "The GitLab job, for --index gitlab",
            ),
            ("CI_JOB_TOKEN", "The job's token, sent to the origin of CI_API_V4_URL only"),
            ("https_proxy, no_proxy", "The proxy for requests that leave this machine"),
        ],
        codes: &[
            crate::Error::CODES,
            pysign_ci::Error::CODES,
            pysign_http::Error::CODES,
            pysign_index::Error::CODES,
            pysign_manifest::Error::CODES,
            pysign_registry::Error::CODES,
            FileError::CODES,
            &["marker-malformed"],
        ],
    };

    type Args = Args;

    fn args(m: &Matches) -> Result<Args, Usage> {
        let from_manifest = m.is_set("manifest") || m.operands().is_empty();
        let kinds =
            Kinds { wheel: m.is_set("wheel"), sdist: m.is_set("sdist"), all: m.is_set("all") };
        if from_manifest && kinds != Kinds::default() {
            return Err(Usage::conflict("--wheel, --sdist, --all", "a manifest"));
        }
        let token_file = m.path("token-file");
        let index = index(m)?;
        if token_file.is_some() && index.is_directory() {
            return Err(Usage::conflict("--token-file", "--index dir:PATH"));
        }
        let network = m.network()?;
        Ok(Args {
            pins: if from_manifest { Vec::new() } else { pins(m)? },
            kinds,
            source: Config {
                token_file: token_file.map(|file| TokenFile { place: index.text.clone(), file }),
                index,
                signatures: signatures(m)?,
                patience: network.timeout,
            },
            output: m.path("output").unwrap_or_default(),
            network,
        })
    }

    fn run(args: Args, input: Input, host: &Host) -> Result<Option<Manifest>, Failure> {
        run::run(&args, input, host)
    }
}

/// The command line, parsed.
#[derive(Debug)]
pub struct Args {
    pub(crate) pins: Vec<Pin>,
    pub(crate) kinds: Kinds,
    pub(crate) source: Config,
    /// Empty: the current directory.
    pub(crate) output: PathBuf,
    pub(crate) network: Network,
}

fn pins(m: &Matches) -> Result<Vec<Pin>, Usage> {
    let pin = |operand: &std::ffi::OsString| {
        let parsed = operand.to_str().and_then(|text| text.parse().ok());
        let reason = "expected a project and its exact version";
        parsed.ok_or_else(|| Usage::invalid("NAME==VERSION", operand.display(), reason))
    };
    m.operands().iter().map(pin).collect()
}

fn index(m: &Matches) -> Result<Place, Usage> {
    let Some(text) = m.text("index")? else {
        let hint = "to fetch from the job's own project: --index gitlab";
        return Err(Usage::missing("'--index'", hint));
    };
    let refused = |reason| m.invalid("index", text, reason);
    match Place::parse(text, FORMS).map_err(refused)? {
        Place { kind: PlaceKind::Legacy { .. }, .. } => Err(refused(format!("expected {FORMS}"))),
        place => Ok(place),
    }
}

fn signatures(m: &Matches) -> Result<Signatures, Usage> {
    let Some(text) = m.text("signatures")? else { return Ok(Signatures::Auto) };
    if text.contains('{') {
        return Err(Usage::NotOffered { flag: "--signatures TEMPLATE".to_owned() });
    }
    text.parse().map_err(|reason: &str| m.invalid("signatures", text, reason))
}
