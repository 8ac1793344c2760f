//! The command line of `pysign-sign`.

use std::path::PathBuf;

use pysign_cli::{Flag, Input, InputError, Matches, Repeat, Spec, Takes, Tool, Usage, flags};
use pysign_host::{Failure, FileError, Host, Jobs};
use pysign_http::{Options, Url};
use pysign_manifest::Manifest;
use pysign_sigstore::rekor::{LogService, LogVersion};
use pysign_sigstore::signing_config::Services;

use crate::run;

/// The program as manifests and servers see it.
pub(crate) const TOOL: &str = concat!("pysign-sign/", env!("CARGO_PKG_VERSION"));

const FLAGS: &[Flag] = &[
    Flag {
        name: "token-file",
        short: None,
        value: Some("FILE|-"),
        repeat: Repeat::Last,
        about: "Read the identity token from FILE ('-': standard input)",
        detail: "An OIDC token with the audience 'sigstore'. Without this flag it is read from \
                 SIGSTORE_ID_TOKEN. It is sent to the certificate authority and nowhere else.",
    },
    Flag {
        name: "emit",
        short: None,
        value: Some("LIST"),
        repeat: Repeat::Last,
        about: "What to write beside each file: bundle, or bundle,pair (the default)",
        detail: "'bundle' is F.sigstore.json, all that a verifier needs. 'pair' is F.sig, the \
                 signature in base64, and F.crt, the certificate in PEM.",
    },
    Flag {
        name: "signing-config",
        short: None,
        value: Some("FILE"),
        repeat: Repeat::Last,
        about: "The services to sign with, as a Sigstore instance publishes them",
        detail: "A SigningConfig of version 0.2. Of the services that are valid now the highest \
                 version is used, and of these the newest.",
    },
    Flag {
        name: "trusted-root",
        short: None,
        value: Some("FILE"),
        repeat: Repeat::Last,
        about: "The keys and certificates to verify the services' answers with",
        detail: "A TrustedRoot of the same instance. What can't be verified with it is not \
                 written.",
    },
    Flag {
        name: "fulcio-url",
        short: None,
        value: Some("URL"),
        repeat: Repeat::Last,
        about: "The certificate authority, in place of a signing configuration",
        detail: "Its base address; it must speak Fulcio's v2 API.",
    },
    Flag {
        name: "rekor-url",
        short: None,
        value: Some("URL"),
        repeat: Repeat::Last,
        about: "The transparency log, in place of a signing configuration",
        detail: "The base address of a Rekor v1 log. A log of version 2 is named by a signing \
                 configuration.",
    },
    Flag {
        name: "tsa-url",
        short: None,
        value: Some("URL"),
        repeat: Repeat::Last,
        about: "A timestamp authority to ask as well",
        detail: "The address that takes RFC 3161 queries.",
    },
    Flag {
        name: "public-log",
        short: None,
        value: None,
        repeat: Repeat::Last,
        about: "Name a private project in a public log",
        detail: "The log shows everyone the path of the project, the commit and the pipeline. When \
                 the token says that the project is not public, this consent is needed.",
    },
    flags::MANIFEST,
    flags::FORCE,
    Flag {
        about: "Sign up to N files at once (default: 8)",
        detail: "From 1 to 256. Most of the time is spent waiting for the log, so it is not the \
                 number of cores that counts, but what a log takes from one client before it asks \
                 to come back later. The result and its order do not depend on it.",
        ..flags::JOBS
    },
    flags::TIMEOUT,
    Flag {
        detail: "Signing needs it; what is signed already is verified and kept without.",
        ..flags::OFFLINE
    },
    flags::CACERT,
];

/// The program.
#[derive(Debug)]
pub struct Sign;

impl Tool for Sign {
    const SPEC: Spec = Spec {
        name: "pysign-sign",
        about: "Sign the files of a release",
        description: "Signs each file with the identity of the CI job that runs it, and logs each \
                      signature. Reads a manifest, or takes files and directories; writes the \
                      signatures beside the files and the manifest with them to standard output. A \
                      signature that is there already is kept if it verifies for the same bytes \
                      and identity.\n\nFiles that were finished before a failure keep their \
                      signatures: the next run goes on from there. A file that can't be read, or \
                      that changes meanwhile, does not keep the others from being signed; after any \
                      other failure the files that are being signed are finished, and no further \
                      one is begun. Standard output is for a run in which every file was signed.",
        operands: Some("FILE"),
        input: Takes::Files,
        instead: &[],
        flags: FLAGS,
        later: &["dry-run", "key", "staging", "statement", "tuf-root", "tuf-url"],
        sections: &[],
        examples: &[
            (
                "Sign what was built, in a GitLab job with id_tokens",
                "pysign-build . | pysign-sign --signing-config signing_config.json --trusted-root \
                 trusted_root.json >signed.json",
            ),
            (
                "Sign files by name, with a token from a file",
                "pysign-sign --token-file token.jwt --signing-config signing_config.json \
                 --trusted-root trusted_root.json dist >signed.json",
            ),
        ],
        environment: &[
            (
                "SIGSTORE_ID_TOKEN",
                "The identity token, with the audience 'sigstore': id_tokens of a GitLab job",
            ),
            ("https_proxy, no_proxy", "The proxy for requests that leave this machine"),
        ],
        codes: &[
            crate::Error::CODES,
            InputError::CODES,
            Usage::CODES,
            pysign_sigstore::rekor::RekorError::CODES,
            pysign_sigstore::signing_config::SigningConfigError::CODES,
            pysign_sigstore::Error::CODES,
            pysign_http::Error::CODES,
            pysign_manifest::Error::CODES,
            FileError::CODES,
        ],
    };

    type Args = Args;

    fn args(m: &Matches) -> Result<Args, Usage> {
        let defaults = Options::new(TOOL);
        Ok(Args {
            token_file: m.path("token-file"),
            pair: pair(m)?,
            services: services(m)?,
            trusted_root: m.path("trusted-root").ok_or(Usage::Missing {
                what: "--trusted-root FILE",
                hint: "--trusted-root trusted_root.json".to_owned(),
            })?,
            public_log: m.is_set("public-log"),
            jobs: m.parse("jobs")?.unwrap_or_else(Jobs::requests),
            http: Options {
                timeout: m.timeout()?.unwrap_or(defaults.timeout),
                offline: m.is_set("offline"),
                cacert: m.path("cacert"),
                ..defaults
            },
        })
    }

    fn run(args: Args, input: Input, host: &Host) -> Result<Option<Manifest>, Failure> {
        run::run(args, input, host)
    }
}

/// The command line, parsed.
#[derive(Debug)]
pub struct Args {
    pub(crate) token_file: Option<PathBuf>,
    pub(crate) pair: bool,
    pub(crate) services: Named,
    pub(crate) trusted_root: PathBuf,
    pub(crate) public_log: bool,
    pub(crate) jobs: Jobs,
    pub(crate) http: Options,
}

/// How the services were named.
#[derive(Debug)]
pub(crate) enum Named {
    Config(PathBuf),
    Urls(Services),
}

/// Whether a pair is wanted beside the bundle.
fn pair(m: &Matches) -> Result<bool, Usage> {
    let Some(list) = m.text("emit")? else { return Ok(true) };
    let invalid = |reason: &str| Usage::Invalid {
        flag: "--emit".to_owned(),
        value: list.to_owned(),
        reason: reason.to_owned(),
    };
    let kinds: Vec<&str> = list.split(',').collect();
    for kind in &kinds {
        match *kind {
            "bundle" | "pair" => {}
            "attestation" | "statement" | "release" => {
                return Err(Usage::NotOffered { flag: format!("--emit {kind}") });
            }
            _ => return Err(invalid("it is a list of 'bundle' and 'pair'")),
        }
    }
    if !kinds.contains(&"bundle") {
        return Err(invalid("a pair is written beside its bundle: bundle,pair"));
    }
    Ok(kinds.contains(&"pair"))
}

fn services(m: &Matches) -> Result<Named, Usage> {
    const URLS: [&str; 3] = ["--fulcio-url", "--rekor-url", "--tsa-url"];
    if let Some(config) = m.path("signing-config") {
        return match URLS.into_iter().find(|url| m.is_set(url.trim_start_matches('-'))) {
            Some(url) => {
                Err(Usage::Conflict { a: "--signing-config".to_owned(), b: url.to_owned() })
            }
            None => Ok(Named::Config(config)),
        };
    }
    let missing = Usage::Missing {
        what: "--signing-config FILE, or --fulcio-url URL and --rekor-url URL",
        hint: "--signing-config signing_config.json".to_owned(),
    };
    let (Some(fulcio), Some(log)) = (m.parse::<Url>("fulcio-url")?, m.parse::<Url>("rekor-url")?)
    else {
        return Err(missing);
    };
    let log = LogService { url: log, version: LogVersion::V1 };
    Ok(Named::Urls(Services { fulcio, log, timestamp: m.parse("tsa-url")? }))
}
