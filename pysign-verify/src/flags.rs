//! The command line of `pysign-verify`.

use std::path::PathBuf;

use pysign_cli::{
    Flag, Input, InputError, Matches, Repeat, Spec, Takes, Tool, Usage, flags, trust,
};
use pysign_host::{Failure, FileError, Host, Jobs, Network};
use pysign_http::Url;
use pysign_manifest::Manifest;
use pysign_sigstore::TrustSource;

use crate::detached::Detached;
use crate::policy::PolicySource;
use crate::{manual, run};

const fn value(name: &'static str, value: &'static str, about: &'static str) -> Flag {
    Flag { name, short: None, value: Some(value), repeat: Repeat::Once, about, detail: "" }
}

const fn switch(name: &'static str, about: &'static str) -> Flag {
    Flag { name, short: None, value: None, repeat: Repeat::Last, about, detail: "" }
}

/// Those of a policy are there once each: a policy that overrides another is a mistake.
const FLAGS: &[Flag] = &[
    Flag {
        detail: "Compared byte for byte. GitLab's is https://gitlab.com/GROUP/PROJECT//\
                 .gitlab-ci.yml@refs/heads/main, GitHub Actions' is https://github.com/OWNER/REPO/\
                 .github/workflows/FILE@refs/tags/TAG, a person's is an e-mail address. It means \
                 nothing without the issuer. If the certificate says that another repository was built \
                 than the one that the name lies in, as with a reusable workflow, it is refused unless \
                 --claim names that repository, by source-repository-uri or \
                 source-repository-identifier.",
        ..value("identity", "ID", "Who must have signed: the name in the certificate")
    },
    Flag {
        detail: "The whole name must match; the syntax is that of the Rust crate regex-lite, with at \
                 most 1024 bytes. An expression that is empty or matches the names of strangers is \
                 exit 2.",
        ..value("identity-regexp", "RE", "Who may have signed: what the name must match")
    },
    Flag {
        detail: "Compared byte for byte. GitLab's is https://gitlab.com, GitHub Actions' is \
                 https://token.actions.githubusercontent.com. Beside --gitlab or --github it takes the \
                 place of the usual issuer, as a private or test instance needs it.",
        ..value("issuer", "URL", "The OIDC issuer that must have vouched for the signer")
    },
    Flag {
        detail: "As --identity-regexp.",
        ..value("issuer-regexp", "RE", "What the OIDC issuer must match")
    },
    Flag {
        detail: "GROUP/PROJECT on gitlab.com, or https://HOST/GROUP/PROJECT. The certificate must be of \
                 the issuer https://HOST, name the project's own pipeline definition on the ref of \
                 --ref, and say that this project (source-repository-uri) was built on this ref \
                 (source-repository-ref) by a push, web, api or schedule (build-trigger): a merge \
                 request's or a child pipeline is refused. --claim build-trigger=VALUE replaces that \
                 list.",
        ..value("gitlab", "PROJECT", "The GitLab project whose pipeline must have signed")
    },
    Flag {
        detail: "Its path in the project, if that is not .gitlab-ci.yml. A definition in another \
                 project is named by --identity and --claim source-repository-uri=URL instead.",
        ..value("config", "FILE", "The pipeline definition of --gitlab")
    },
    Flag {
        detail: "The certificate must be of GitHub Actions' issuer, name a workflow of this repository \
                 on the ref of --ref, and say that this repository (source-repository-uri) was built on \
                 this ref (source-repository-ref) by a push, release, workflow_dispatch or schedule \
                 (build-trigger). --claim build-trigger=VALUE replaces that list. A reusable workflow \
                 of another repository is named by --identity and --claim \
                 source-repository-uri=URL instead.",
        ..value("github", "OWNER/REPO", "The GitHub repository whose workflow must have signed")
    },
    Flag {
        detail: "Its name in .github/workflows, such as release.yml. Without it, any workflow of the \
                 repository may have signed.",
        ..value("workflow", "FILE", "The workflow of --github")
    },
    Flag {
        detail: "In full, since a tag and a branch may have one name: refs/tags/v1.0 or \
                 refs/heads/main. {version} stands for the version of each file in its normal form, \
                 and one * at the end of a tag for anything.",
        ..value("ref", "REF", "The git ref that --gitlab or --github must have been run on")
    },
    Flag {
        repeat: Repeat::Many,
        detail: "NAME is Fulcio's name of a certificate extension in lower case with hyphens \
                 (source-repository-uri, source-repository-ref, build-trigger, deployment-environment \
                 and so on), or its object identifier. A certificate without the claim is refused. Each \
                 NAME may be given once, and all must hold; it narrows another policy and is none by \
                 itself.",
        ..value("claim", "NAME=VALUE", "What the certificate must say of the signer too")
    },
    Flag {
        detail: "A file with one PUBLIC KEY block in PEM and nothing else: P-256, P-384, Ed25519 or RSA. \
                 The signature must be in the transparency log all the same. It excludes every other \
                 policy.",
        ..value("key", "FILE", "The key that must have signed, instead of a certificate")
    },
    Flag {
        detail: "JSON of the schema pysign-policy/1, for many projects at once; see POLICY FILES. Other \
                 policies that are given must hold too.",
        ..value("policy", "FILE", "Who may sign which project, and what is required")
    },
    Flag {
        detail: "By the name in each file, which its metadata must bear out. A file that is neither \
                 wheel nor sdist is of no project.",
        ..value("project", "NAME==VERSION", "The release that every file must be of")
    },
    Flag {
        detail: "TIME is RFC 3339, as 2026-01-31T00:00:00Z. What counts is the earliest time that the \
                 log or a time-stamp authority proves.",
        ..value("signed-after", "TIME", "Refuse what was signed before TIME")
    },
    value("signed-before", "TIME", "Refuse what was signed after TIME"),
    Flag {
        detail: "The log's own word for the time is then not enough.",
        ..switch("require-tsa", "Refuse signatures without a time-stamp of an authority (RFC 3161)")
    },
    Flag {
        repeat: Repeat::Many,
        detail: "At least one statement (in-toto) with a predicate of this type must be proven for every \
                 file; given several times, one of each.",
        ..value(
            "predicate-type",
            "TYPE",
            "What must be stated of every file, such as \
                 https://slsa.dev/provenance/v1",
        )
    },
    Flag {
        detail: "Of bundle, pair, attestation, statement, provenance and release, with commas. Other \
                 signatures are left out of the manifest, and counted in a warning.",
        ..value("only", "KIND,...", "Look at these kinds of signatures alone")
    },
    Flag {
        detail: "Each file must have a proven release statement, and every file that one names must be \
                 there with the same bytes. A release statement's predicate is in-toto's for releases, \
                 https://in-toto.io/attestation/release/v0.2 or another version of it; what is said of \
                 single files is none, whatever its name.",
        ..switch("complete", "Refuse a release of which a file is missing")
    },
    value("certificate-identity", "ID", "The same as --identity, as cosign spells it"),
    value(
        "certificate-identity-regexp",
        "RE",
        "The same as --identity-regexp, as cosign spells it",
    ),
    value("certificate-oidc-issuer", "URL", "The same as --issuer, as cosign spells it"),
    value(
        "certificate-oidc-issuer-regexp",
        "RE",
        "The same as --issuer-regexp, as cosign spells it",
    ),
    value("cert-identity", "ID", "The same as --identity, as sigstore-python spells it"),
    value("cert-oidc-issuer", "URL", "The same as --issuer, as sigstore-python spells it"),
    trust::TRUSTED_ROOT,
    trust::STAGING,
    trust::TUF_URL,
    trust::TUF_ROOT,
    Flag {
        detail: "A Sigstore bundle over the file or over a statement about it, or what cosign \
                 writes for --bundle. Nothing beside the file is looked at then, and the manifest \
                 lists the bundle only if that is where it lies, or with -o.",
        ..value("bundle", "FILE", "The signature of the one file that is given, wherever it lies")
    },
    Flag {
        detail: "In base64, as cosign and pysign-sign write a .sig. It stands in the place of a \
                 bundle: when it was made, and that it is logged, the log is asked (see --rekor-url).",
        ..value(
            "signature",
            "FILE",
            "The signature of the one file that is given, with --certificate",
        )
    },
    Flag {
        detail: "One certificate in PEM or DER, or either of them in base64.",
        ..value("certificate", "FILE", "The certificate of the key of --signature")
    },
    Flag {
        detail: "In the place of a file; standard input is not read then. The signature must be \
                 named. Nothing is said about the file's name.",
        ..value(
            "digest",
            "sha256:HEX",
            "Prove who signed the file with this digest, without the file",
        )
    },
    Flag {
        detail: "By default that is each log of the trusted root of which Rekor v1 is the service. \
                 What it answers must be an entry of a log of the trusted root, proven like that \
                 of any bundle. It is asked for a pair that has no bundle beside it and for cosign's \
                 first form of bundle, and told the digest, signature and certificate, or the \
                 entry's index.",
        ..value(
            "rekor-url",
            "URL",
            "Ask this log (Rekor v1) for the entry of a signature that comes without one",
        )
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
        later: &[],
        sections: &[
            ("SIGNATURES", manual::SIGNATURES),
            ("PROOFS", manual::PROOFS),
            ("POLICIES", manual::POLICIES),
            ("POLICY FILES", manual::POLICY_FILES),
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
            detached: Detached::from(m)?,
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
    pub(crate) detached: Detached,
    pub(crate) log: Option<Url>,
    pub(crate) output: Option<PathBuf>,
    pub(crate) jobs: Jobs,
}
