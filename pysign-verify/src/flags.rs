//! The command line of `pysign-verify`.

use std::path::PathBuf;

use pysign_cli::{Flag, Input, InputError, Matches, Repeat, Spec, Takes, Tool, Usage, flags};
use pysign_host::{Failure, FileError, Host};
use pysign_manifest::Manifest;
use pysign_sigstore::{Expected, TrustSource};

use crate::jobs::Jobs;
use crate::{policy, run};

/// The program as manifests see it.
pub(crate) const TOOL: &str = concat!("pysign-verify/", env!("CARGO_PKG_VERSION"));

const FLAGS: &[Flag] = &[
    Flag {
        name: "identity",
        short: None,
        value: Some("ID"),
        repeat: Repeat::Once,
        about: "Who must have signed: the name in the certificate",
        detail: "Compared byte for byte. GitLab's is https://gitlab.com/GROUP/PROJECT//\
                 .gitlab-ci.yml@refs/heads/main, GitHub Actions' is https://github.com/OWNER/REPO/\
                 .github/workflows/FILE@refs/tags/TAG, a person's is an e-mail address. It means \
                 nothing without the issuer.",
    },
    Flag {
        name: "issuer",
        short: None,
        value: Some("URL"),
        repeat: Repeat::Once,
        about: "The OIDC issuer that must have vouched for the signer",
        detail: "Compared byte for byte. GitLab's is https://gitlab.com, GitHub Actions' is \
                 https://token.actions.githubusercontent.com.",
    },
    Flag {
        name: "certificate-identity",
        short: None,
        value: Some("ID"),
        repeat: Repeat::Once,
        about: "The same as --identity, as cosign spells it",
        detail: "",
    },
    Flag {
        name: "certificate-oidc-issuer",
        short: None,
        value: Some("URL"),
        repeat: Repeat::Once,
        about: "The same as --issuer, as cosign spells it",
        detail: "",
    },
    Flag {
        name: "trusted-root",
        short: None,
        value: Some("FILE"),
        repeat: Repeat::Once,
        about: "The authorities and logs to trust, and no others",
        detail: "A TrustedRoot, as a Sigstore instance publishes it. It replaces everything that \
                 the program would trust otherwise.",
    },
    Flag {
        name: "bundle",
        short: None,
        value: Some("FILE"),
        repeat: Repeat::Once,
        about: "The signature of the one file that is given, wherever it lies",
        detail: "A Sigstore bundle. Nothing beside the file is looked at then, and the manifest \
                 lists the bundle only if that is where it lies, or with -o.",
    },
    flags::MANIFEST,
    Flag {
        about: "Copy what was proven into the new directory DIR",
        detail: "The very bytes that were proven, with their signatures and a requirements.txt \
                 that pins them: pip install --require-hashes --no-index --no-deps -r \
                 DIR/requirements.txt. A directory that holds exactly this already is left alone.",
        ..flags::OUTPUT
    },
    flags::JOBS,
    Flag { about: "Replace the directory of -o", detail: "It affects no check.", ..flags::FORCE },
    Flag {
        detail: "Without --trusted-root, the authorities and logs of the public Sigstore instance \
                 are trusted as they were when this program was made.",
        ..flags::OFFLINE
    },
];

/// Parts of the design that this version does not have.
const LATER: &[&str] = &[
    "cacert",
    "certificate",
    "certificate-identity-regexp",
    "certificate-oidc-issuer-regexp",
    "claim",
    "complete",
    "config",
    "digest",
    "github",
    "gitlab",
    "identity-regexp",
    "issuer-regexp",
    "key",
    "only",
    "policy",
    "predicate-type",
    "project",
    "ref",
    "rekor-url",
    "require-tsa",
    "signature",
    "signed-after",
    "signed-before",
    "staging",
    "timeout",
    "tuf-root",
    "tuf-url",
    "workflow",
];

/// The program.
#[derive(Debug)]
pub struct Verify;

impl Tool for Verify {
    const SPEC: Spec = Spec {
        name: "pysign-verify",
        about: "Prove who signed each file of a release",
        description: "Reads a manifest, or takes files and directories with the signatures beside \
                      them. Every signature must hold, be in a transparency log and be of the \
                      signer that is named; every file must have one; and every wheel and sdist \
                      must be what its name says. If all of that is so, the manifest is written \
                      to standard output with what was proven; else nothing is.\n\nWhat a manifest \
                      says was proven before is dropped.\n\nA signer has a name and an issuer: \
                      without both it is exit 2. A file that is not proven is exit 1, and every \
                      such file is named.",
        operands: Some("FILE"),
        input: Takes::Files,
        instead: &["digest"],
        flags: FLAGS,
        later: LATER,
        examples: &[
            (
                "Prove a release that was fetched, and install from the copy that was proven",
                "pysign-verify -m got.json --offline --identity \
                 'https://gitlab.com/acme/demo//.gitlab-ci.yml@refs/heads/main' --issuer \
                 https://gitlab.com -o proven >proof.json",
            ),
            (
                "Prove one file by its bundle, against a private Sigstore instance",
                "pysign-verify demo-1.0.tar.gz --bundle bundle.json --trusted-root \
                 trusted_root.json --identity dev@example.org --issuer https://login.example.org",
            ),
        ],
        environment: &[],
        codes: &[
            crate::Error::CODES,
            InputError::CODES,
            Usage::CODES,
            pysign_archive::Error::CODES,
            pysign_attest::Error::CODES,
            pysign_manifest::Error::CODES,
            pysign_sigstore::Error::CODES,
            FileError::CODES,
        ],
    };

    type Args = Args;

    fn args(m: &Matches) -> Result<Args, Usage> {
        Ok(Args {
            expected: policy::expected(m)?,
            trust: trust(m)?,
            bundle: m.path("bundle"),
            output: m.path("output"),
            jobs: m.parse("jobs")?.unwrap_or_else(Jobs::cores),
        })
    }

    fn run(args: Args, input: Input, host: &Host) -> Result<Option<Manifest>, Failure> {
        run::run(args, input, host)
    }
}

/// The command line, parsed.
#[derive(Debug)]
pub struct Args {
    pub(crate) expected: Expected,
    pub(crate) trust: TrustSource,
    pub(crate) bundle: Option<PathBuf>,
    pub(crate) output: Option<PathBuf>,
    pub(crate) jobs: Jobs,
}

fn trust(m: &Matches) -> Result<TrustSource, Usage> {
    match m.path("trusted-root") {
        Some(file) => Ok(TrustSource::File(file)),
        None if m.is_set("offline") => Ok(TrustSource::Embedded),
        None => Err(Usage::Missing {
            what: "a trusted root (--trusted-root FILE)",
            hint: "to trust the public Sigstore as it was when this program was made: --offline"
                .to_owned(),
        }),
    }
}
