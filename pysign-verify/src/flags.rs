//! The command line of `pysign-verify`.

use std::path::PathBuf;

use pysign_cli::{Flag, Input, Matches, Repeat, Spec, Takes, Tool, Usage, flags, trust};
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
        detail: "Compared byte for byte. GitLab's is \
                 https://gitlab.com/GROUP/PROJECT//.gitlab-ci.yml@refs/heads/main, GitHub \
                 Actions' is https://github.com/OWNER/REPO/.github/workflows/FILE@refs/tags/TAG, \
                 a person's is an e-mail address. It needs the issuer beside it. A reusable \
                 workflow signs for every repository that calls it: if the certificate says that \
                 another repository was built than the one of the identity, it is refused unless \
                 --claim names that repository, by source-repository-uri or \
                 source-repository-identifier. What started a GitLab pipeline or a GitHub workflow \
                 is checked as well: see POLICIES.",
        ..value("identity", "ID", "The identity in the signer's certificate")
    },
    Flag {
        detail: "The whole identity must match, not a part of it; the syntax is that of the Rust \
                 crate regex-lite, with at most 1024 bytes. An expression that is empty or \
                 matches anyone's identity is exit 2.",
        ..value("identity-regexp", "RE", "A regular expression that the identity must match")
    },
    Flag {
        detail: "Compared byte for byte. GitLab's is https://gitlab.com, GitHub Actions' is \
                 https://token.actions.githubusercontent.com. Beside --gitlab or --github it \
                 replaces the default issuer, for a private or a test instance.",
        ..value("issuer", "URL", "The OIDC issuer that must have vouched for the signer")
    },
    Flag {
        detail: "As --identity-regexp.",
        ..value("issuer-regexp", "RE", "A regular expression that the OIDC issuer must match")
    },
    Flag {
        detail: "GROUP/PROJECT on gitlab.com, or https://HOST/GROUP/PROJECT. The certificate must \
                 be from the issuer https://HOST, have the identity of the project's own pipeline \
                 definition on the ref of --ref, and say that this project \
                 (source-repository-uri) was built on this ref (source-repository-ref) by a push, \
                 web, api or schedule (build-trigger). --claim build-trigger=VALUE replaces that \
                 list.",
        ..value("gitlab", "PROJECT", "The GitLab project whose pipeline must have signed")
    },
    Flag {
        detail: "Its path in the project; the default is .gitlab-ci.yml. A definition in another \
                 project is given by --identity and --claim source-repository-uri=URL instead.",
        ..value("config", "FILE", "The pipeline definition of --gitlab")
    },
    Flag {
        detail: "The certificate must be from GitHub Actions' issuer, have the identity of a \
                 workflow of this repository on the ref of --ref, and say that this repository \
                 (source-repository-uri) was built on this ref (source-repository-ref) by a push, \
                 release, workflow_dispatch or schedule (build-trigger). --claim \
                 build-trigger=VALUE replaces that list. A reusable workflow of another \
                 repository is given by --identity and --claim source-repository-uri=URL instead.",
        ..value("github", "OWNER/REPO", "The GitHub repository whose workflow must have signed")
    },
    Flag {
        detail: "Its file name in .github/workflows, such as release.yml. By default it is any \
                 workflow of the repository.",
        ..value("workflow", "FILE", "The workflow of --github")
    },
    Flag {
        detail: "In full, since a tag and a branch may have one name: refs/tags/v1.0 or \
                 refs/heads/main. {version} stands for the version of each file in its normal \
                 form, and one * at the end of a tag for anything.",
        ..value("ref", "REF", "The git ref that --gitlab or --github must have been run on")
    },
    Flag {
        repeat: Repeat::Many,
        detail: "NAME is Fulcio's name of a certificate extension in lower case with hyphens \
                 (source-repository-uri, source-repository-ref, build-trigger, \
                 deployment-environment and so on), or its object identifier. A certificate \
                 without the claim is refused. Each NAME may be given once, and all must match. \
                 It narrows a policy and is not one by itself.",
        ..value("claim", "NAME=VALUE", "A claim that the certificate must have")
    },
    Flag {
        detail: "A file with one PUBLIC KEY block in PEM and nothing else: P-256, P-384, Ed25519 \
                 or RSA. The signature must be in the transparency log all the same. It can't \
                 be combined with another policy.",
        ..value("key", "FILE", "The key that must have signed, instead of a certificate")
    },
    Flag {
        detail: "JSON of the schema pysign-policy/1, for many projects at once; see POLICY FILES. \
                 If other policies are given too, all must hold.",
        ..value("policy", "FILE", "A file that says who may sign which project")
    },
    Flag {
        detail: "The name of each file says so, and its metadata must agree. A file that is \
                 neither a wheel nor an sdist belongs to no project.",
        ..value("project", "NAME==VERSION", "The release that every file must be of")
    },
    Flag {
        detail: "TIME is RFC 3339, as 2026-01-31T00:00:00Z. What counts is the earliest time that \
                 the log or a timestamp authority proves.",
        ..value("signed-after", "TIME", "Refuse what was signed before TIME")
    },
    value("signed-before", "TIME", "Refuse what was signed after TIME"),
    Flag {
        detail: "The time in the log's entry is not enough then.",
        ..switch("require-tsa", "Refuse signatures without a timestamp of an authority (RFC 3161)")
    },
    Flag {
        repeat: Repeat::Many,
        detail: "At least one statement (in-toto) with a predicate of this type must be proven \
                 for every file; given several times, one of each.",
        ..value(
            "predicate-type",
            "TYPE",
            "Require a statement of this type for every file, such as \
                 https://slsa.dev/provenance/v1",
        )
    },
    Flag {
        detail: "A list of bundle, pair, attestation, statement, provenance and release, with \
                 commas. Other signatures are left out of the manifest, and a warning counts \
                 them.",
        ..value("only", "KIND,...", "Verify only these kinds of signatures")
    },
    Flag {
        detail: "Each file must have a proven release statement, and every file that one names \
                 must be there with the same bytes. A release statement has in-toto's predicate \
                 for releases, https://in-toto.io/attestation/release/v0.2 or another version of \
                 it; a statement with another predicate is none, whatever its file is called.",
        ..switch("complete", "Refuse a release with a file missing or added")
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
                 writes for --bundle. Signatures beside the file are not looked for then. The \
                 manifest lists the bundle only if it lies beside the file, or with -o.",
        ..value("bundle", "FILE", "The bundle of the one file that is given")
    },
    Flag {
        detail: "In base64, as cosign and pysign-sign write a .sig. Its log entry is searched for \
                 in the log (see --rekor-url).",
        ..value(
            "signature",
            "FILE",
            "The signature of the one file that is given, with --certificate",
        )
    },
    Flag {
        detail: "One certificate in PEM or DER, or either of them in base64.",
        ..value("certificate", "FILE", "The certificate for --signature")
    },
    Flag {
        detail: "Instead of a file; standard input is not read then. It needs --bundle or \
                 --signature. Neither the file's name nor its content is checked.",
        ..value(
            "digest",
            "sha256:HEX",
            "Prove who signed the file with this digest, without the file",
        )
    },
    Flag {
        detail: "The default is every log of the trusted root that is a Rekor v1. The entry that \
                 it answers must be in a log of the trusted root, with a valid proof. The log is \
                 asked about a pair that has no bundle beside it (and told digest, signature and \
                 certificate) and about a bundle of cosign's older form (and told the entry's \
                 index).",
        ..value(
            "rekor-url",
            "URL",
            "The log (Rekor v1) to ask about signatures without a log entry",
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
    Flag {
        about: "Replace the directory of -o",
        detail: "What is verified stays the same.",
        ..flags::FORCE
    },
    flags::TIMEOUT,
    Flag {
        detail: "The trusted root is then the cached one, verified at the time of its last \
                 refresh; without a cache, the one that is built into this program, or, with \
                 --tuf-url, none (exit 4). A warning says which.",
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
                      them. Every signature must be valid, be in a transparency log and be by \
                      the signer of the policy; every file must have a signature; and every wheel \
                      and sdist must be what its name says. Then the manifest is written to \
                      standard output with what was proven; otherwise nothing is.\n\nEarlier \
                      results in the manifest ('verified') are discarded.\n\nWithout a policy it is exit 2. \
                      A file that is not proven is exit 1, and every such file is reported.",
        operands: Some("FILE"),
        input: Takes::Files,
        instead: &["digest"],
        flags: FLAGS,
        later: &[],
        sections: &[
            ("SIGNATURES", manual::SIGNATURES),
            ("PROOFS", manual::PROOFS),
            ("KEYS", pysign_sigstore::rekor::KEYS),
            ("POLICIES", manual::POLICIES),
            ("POLICY FILES", manual::POLICY_FILES),
        ],
        examples: &[
            (
                "Verify a release that was fetched, and copy it to install from",
                "pysign-verify -m got.json --offline --gitlab acme/demo --ref \
                 'refs/tags/v{version}' -o proven >proof.json",
            ),
            (
                "Verify one file by its bundle, against a private Sigstore instance",
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
                "The trusted root is cached in $XDG_CACHE_HOME/pysign or ~/.cache/pysign, which \
                 nobody else may write to; without these variables nothing is cached",
            ),
            ("https_proxy, no_proxy", "The proxy for requests that leave this machine"),
        ],
        codes: &[
            crate::Error::CODES,
            crate::PolicyError::CODES,
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
