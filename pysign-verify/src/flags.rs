//! The command line of `pysign-verify`.

use std::path::PathBuf;

use pysign_cli::{
    Flag, Input, InputError, Matches, Repeat, Spec, Takes, Tool, Usage, flags, trust,
};
use pysign_host::{Failure, FileError, Host, Jobs, Network};
use pysign_http::Url;
use pysign_manifest::Manifest;
use pysign_sigstore::TrustSource;

use crate::named::Subject;
use crate::policy::PolicySource;
use crate::{manual, policy, run};

const FLAGS: &[Flag] = &[
    policy::flags::IDENTITY,
    policy::flags::IDENTITY_REGEXP,
    policy::flags::ISSUER,
    policy::flags::ISSUER_REGEXP,
    policy::flags::GITLAB,
    policy::flags::CONFIG,
    policy::flags::GITHUB,
    policy::flags::WORKFLOW,
    policy::flags::REF,
    policy::flags::CLAIM,
    policy::flags::KEY,
    policy::flags::POLICY,
    policy::flags::PROJECT,
    policy::flags::SIGNED_AFTER,
    policy::flags::SIGNED_BEFORE,
    policy::flags::REQUIRE_TSA,
    policy::flags::PREDICATE_TYPE,
    policy::flags::ONLY,
    policy::flags::COMPLETE,
    policy::flags::CERTIFICATE_IDENTITY,
    policy::flags::CERTIFICATE_IDENTITY_REGEXP,
    policy::flags::CERTIFICATE_OIDC_ISSUER,
    policy::flags::CERTIFICATE_OIDC_ISSUER_REGEXP,
    trust::TRUSTED_ROOT,
    trust::STAGING,
    trust::TUF_URL,
    trust::TUF_ROOT,
    Flag {
        name: "bundle",
        short: None,
        value: Some("FILE"),
        repeat: Repeat::Once,
        about: "The signature of the one file that is given, wherever it lies",
        detail: "A Sigstore bundle over the file or over a statement about it, or what cosign \
                 writes for --bundle. Nothing beside the file is looked at then, and the manifest \
                 lists the bundle only if that is where it lies, or with -o.",
    },
    Flag {
        name: "signature",
        short: None,
        value: Some("FILE"),
        repeat: Repeat::Once,
        about: "The signature of the one file that is given, with --certificate",
        detail: "In base64, as cosign and pysign-sign write a .sig. It stands in the place of a \
                 bundle: when it was made, and that it is logged, the log is asked (see --rekor-url).",
    },
    Flag {
        name: "certificate",
        short: None,
        value: Some("FILE"),
        repeat: Repeat::Once,
        about: "The certificate of the key of --signature",
        detail: "One certificate in PEM or DER, or either of them in base64.",
    },
    Flag {
        name: "digest",
        short: None,
        value: Some("sha256:HEX"),
        repeat: Repeat::Once,
        about: "Prove who signed the file with this digest, without the file",
        detail: "In the place of a file; standard input is not read then. The signature must be \
                 named. Nothing is said about the file's name.",
    },
    Flag {
        name: "rekor-url",
        short: None,
        value: Some("URL"),
        repeat: Repeat::Once,
        about: "Ask this log (Rekor v1) for the entry of a signature that comes without one",
        detail: "By default that is each log of the trusted root of which Rekor v1 is the service. \
                 What it answers must be an entry of a log of the trusted root, proven like that \
                 of any bundle. It is asked for a pair that has no bundle beside it and for cosign's \
                 first form of bundle, and told the digest, signature and certificate, or the \
                 entry's index.",
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
    flags::TIMEOUT,
    Flag {
        detail: "What to trust is then what an earlier run has kept, verified at the time of its \
                 last refresh; without that, what was part of this program when it was made, or, \
                 for a repository of --tuf-url, nothing (exit 4). A warning says which.",
        ..flags::OFFLINE
    },
    flags::CACERT,
];

/// Parts of the design that this version does not have.
const LATER: &[&str] = &[];

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
                      says was proven before is dropped.\n\nWithout a policy it is exit 2. A file that is not proven is exit 1, and every \
                      such file is named.",
        operands: Some("FILE"),
        input: Takes::Files,
        instead: &["digest"],
        flags: FLAGS,
        later: LATER,
        sections: &[
            ("SIGNATURES", manual::SIGNATURES),
            ("PROOFS", manual::PROOFS),
            ("POLICIES", policy::manual::POLICIES),
            ("POLICY FILES", policy::manual::POLICY_FILES),
        ],
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
            (
                "Trust a private Sigstore instance by its TUF repository",
                "pysign-verify dist --tuf-url https://tuf.example.org --tuf-root root.json \
                 --identity dev@example.org --issuer https://login.example.org",
            ),
        ],
        environment: &[
            (
                "XDG_CACHE_HOME, HOME",
                "What was trusted is kept in $XDG_CACHE_HOME/pysign or ~/.cache/pysign, which \
                 nobody else may write to; without these variables nothing is kept",
            ),
            ("https_proxy, no_proxy", "The proxy for requests that leave this machine"),
        ],
        codes: &[
            crate::Error::CODES,
            crate::PolicyError::CODES,
            InputError::CODES,
            Usage::CODES,
            pysign_archive::Error::CODES,
            pysign_attest::Error::CODES,
            pysign_http::Error::CODES,
            pysign_manifest::Error::CODES,
            pysign_sigstore::Error::CODES,
            pysign_sigstore::TrustError::CODES,
            pysign_sigstore::rekor::RekorError::CODES,
            FileError::CODES,
        ],
    };

    type Args = Args;

    fn args(m: &Matches) -> Result<Args, Usage> {
        let trust = m.trust()?;
        Ok(Args {
            policy: PolicySource::from(m)?,
            trust: TrustSource::new(trust.file, trust.staging, trust.repository),
            network: m.network()?,
            subject: Subject::from(m)?,
            log: m.parse("rekor-url")?,
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
    pub(crate) policy: PolicySource,
    pub(crate) trust: TrustSource,
    pub(crate) network: Network,
    pub(crate) subject: Subject,
    pub(crate) log: Option<Url>,
    pub(crate) output: Option<PathBuf>,
    pub(crate) jobs: Jobs,
}
