//! The command line of `pysign-sign`.

use std::path::PathBuf;

use pysign_cli::{Flag, Input, Matches, Spec, Takes, Tool, Usage, flags};
use pysign_host::{Failure, FileError, Host, Jobs, Network};
use pysign_manifest::{Manifest, SignatureKind};

use crate::error::Error;
use crate::forms::Forms;
use crate::identity::IdentityError;
use crate::instance::{self, Instance};
use crate::key_file::KeyError;
use crate::run;

const FLAGS: &[Flag] = &[
    Flag {
        name: "token-file",
        value: Some("FILE|-"),
        about: "Read the identity token from FILE ('-': standard input)",
        detail: "An OIDC token with the audience 'sigstore'. Without this flag it is taken from \
                 SIGSTORE_ID_TOKEN, or requested from the CI system that runs the job: see \
                 ENVIRONMENT. It is sent to the certificate authority and nowhere else.",
        ..Flag::PLAIN
    },
    Flag {
        name: "key",
        value: Some("FILE"),
        about: "Sign with the private key in FILE instead of a certificate",
        detail: "One P-256, P-384 or Ed25519 private key, unencrypted, as PKCS #8 in PEM: 'openssl \
                 genpkey' writes such files. Use P-256: it signs files and statements in every \
                 log; see KEYS. No token is read and no certificate requested; \
                 signatures are logged like all others. Verifiers need the public key, which the \
                 signatures do not contain: see pysign-verify --key. Without --emit only a bundle \
                 is written; 'pair' and 'attestation' need a certificate.",
        ..Flag::PLAIN
    },
    Flag {
        name: "emit",
        value: Some("LIST"),
        about: "What to write: bundle,pair (the default), attestation, statement, release",
        detail: "A list, separated by commas. 'bundle' is F.sigstore.json, all that a verifier \
                 needs. 'pair' is F.sig, the signature in base64 without a final newline, and \
                 F.crt, the certificate in PEM. Both are copies from the bundle; without it they \
                 can be verified only if the log is of Rekor v1, where they can be looked up. \
                 'attestation' is F.publish.attestation (PEP 740): for package indexes, that the \
                 signer publishes F. With --statement FILE, if that is SLSA provenance v1, \
                 F.slsa.attestation is written too: the same predicate about F alone. Attestations \
                 need a log of Rekor v1, which records the time of signing. 'statement' is \
                 F.statement.sigstore.json, a bundle over the statement in --statement, the same \
                 beside every file. 'release' is NAME-VERSION.release.sigstore.json, a bundle over \
                 one statement that lists every file of the release, by which pysign-verify \
                 --complete reports a missing or an added file; the files must all lie in one directory.",
        ..Flag::PLAIN
    },
    Flag {
        name: "statement",
        value: Some("FILE"),
        about: "Sign the in-toto statement in FILE, with --emit statement or attestation",
        detail: "With 'statement' the very bytes of FILE are signed. Its subjects must be exactly \
                 the files to sign, by name and SHA-256: a signature vouches for every subject. At \
                 most 700 KiB.",
        ..Flag::PLAIN
    },
    instance::SIGNING_CONFIG,
    instance::TRUSTED_ROOT,
    instance::STAGING,
    instance::TUF_URL,
    instance::TUF_ROOT,
    instance::FULCIO_URL,
    instance::REKOR_URL,
    instance::TSA_URL,
    Flag {
        name: "public-log",
        about: "Allow a private project to be named in a public log",
        detail: "The log shows everyone the project's path, commit and pipeline. This consent is \
                 needed when the token says that the project is not public.",
        ..Flag::PLAIN
    },
    Flag {
        name: "allow-other-commit",
        about: "Sign what was built from a different commit than the token's",
        detail: "For a workflow that checks out a different tag or branch than the one it runs for. \
                 Without this flag, a manifest whose source commit differs from the token's \
                 (GitLab and GitHub name one) is refused: the certificate would vouch for source \
                 that the files were not built from. Each signature's entry in the manifest \
                 records the flag: \"allowed\":[\"other-commit\"].",
        ..Flag::PLAIN
    },
    flags::MANIFEST,
    flags::FORCE,
    Flag {
        detail: "Prints one line on standard error for each file that would be written or kept. No \
                 certificate, timestamp or log entry is requested.",
        ..flags::DRY_RUN
    },
    Flag {
        about: "Sign up to N files at once (default: 8)",
        detail: "From 1 to 256. Most of the time is spent waiting for the log: what limits N is not \
                 the number of cores but the log's rate limit. The result and its order do not \
                 depend on N.",
        ..flags::JOBS
    },
    flags::TIMEOUT,
    Flag {
        detail: "New signatures need the network. Existing ones are verified and kept without it, if \
                 the key or a token is at hand.",
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
                      signatures beside the files, and the manifest that lists them to standard \
                      output. An existing signature is kept if it verifies for the same bytes and \
                      identity.\n\nFiles that were finished before a failure keep their \
                      signatures, and the next run continues from there. A file that can't be \
                      read, or that changes meanwhile, does not keep the others from being signed; \
                      after any other failure the files in progress are finished and no further \
                      one is begun. The manifest is written only if every file was signed.",
        operands: Some("FILE"),
        input: Takes::Files,
        instead: &[],
        flags: FLAGS,
        later: &[],
        sections: &[("KEYS", pysign_sigstore::rekor::KEYS)],
        examples: &[
            (
                "Sign with your own key",
                "pysign-sign --key release.pem --signing-config signing_config.json \
                 --trusted-root trusted_root.json dist >signed.json",
            ),
            (
                "Sign what an earlier job built, in a GitLab job with id_tokens",
                "pysign-sign -m build.json >signed.json",
            ),
            (
                "Sign with a private Sigstore instance",
                "pysign-sign --tuf-url https://tuf.example.org --tuf-root root.json dist \
                 >signed.json",
            ),
            (
                "Sign files by name, with a token from a file",
                "pysign-sign --token-file token.jwt dist >signed.json",
            ),
        ],
        environment: &[
            (
                "SIGSTORE_ID_TOKEN",
                "The identity token, with the audience 'sigstore': from id_tokens in a GitLab job. It \
                 takes precedence over the variables below",
            ),
            pysign_ci::GITHUB.environment,
            pysign_ci::BUILDKITE.environment,
            pysign_ci::CIRCLECI.environment,
            ("PATH", "Where these two programs are looked for, relative directories aside"),
            pysign_ci::GOOGLE.environment,
            pysign_ci::GITLAB.environment,
            (
                "XDG_CACHE_HOME, HOME",
                "TUF metadata is cached in $XDG_CACHE_HOME/pysign or ~/.cache/pysign, which nobody \
                 else may write to; without these variables there is no cache",
            ),
            ("https_proxy, no_proxy", "The proxy for requests that leave this machine"),
        ],
        codes: &[
            Error::CODES,
            IdentityError::CODES,
            KeyError::CODES,
            pysign_attest::Error::CODES,
            pysign_sigstore::rekor::RekorError::CODES,
            pysign_sigstore::signing_config::SigningConfigError::CODES,
            pysign_sigstore::Error::CODES,
            pysign_sigstore::TrustError::CODES,
            pysign_http::Error::CODES,
            pysign_manifest::Error::CODES,
            FileError::CODES,
        ],
    };

    type Args = Args;

    fn args(m: &Matches) -> Result<Args, Usage> {
        let forms = forms(m)?;
        Ok(Args {
            key: m.path("key"),
            token_file: m.path("token-file"),
            statement: statement(m, &forms)?,
            forms,
            instance: Instance::from(m)?,
            public_log: m.is_set("public-log"),
            allow_other_commit: m.is_set("allow-other-commit"),
            dry_run: m.is_set("dry-run"),
            jobs: m.parse("jobs")?.unwrap_or_else(Jobs::requests),
            network: m.network()?,
        })
    }

    fn run(args: Args, input: Input, host: &Host) -> Result<Option<Manifest>, Failure> {
        run::run(args, input, host)
    }
}

/// The command line, parsed.
#[derive(Debug)]
pub struct Args {
    pub(crate) key: Option<PathBuf>,
    pub(crate) token_file: Option<PathBuf>,
    pub(crate) forms: Forms,
    pub(crate) statement: Option<PathBuf>,
    pub(crate) dry_run: bool,
    pub(crate) instance: Instance,
    pub(crate) public_log: bool,
    pub(crate) allow_other_commit: bool,
    pub(crate) jobs: Jobs,
    pub(crate) network: Network,
}

/// What to write. What needs a certificate is not written by a key.
fn forms(m: &Matches) -> Result<Forms, Usage> {
    let list = m.text("emit")?;
    if !m.is_set("key") {
        return list.map_or_else(|| Ok(Forms::default()), Forms::parse);
    }
    let conflict = |b: &str| Usage::conflict("--key", b);
    if m.is_set("token-file") {
        return Err(conflict("--token-file"));
    }
    let forms = Forms::parse(list.unwrap_or("bundle"))?;
    if forms.has(SignatureKind::Pair) {
        return Err(conflict("--emit pair"));
    }
    if forms.has(SignatureKind::Attestation) {
        return Err(conflict("--emit attestation"));
    }
    Ok(forms)
}

/// What is made of the statement, which must be there for one and is for nothing else.
fn statement(m: &Matches, forms: &Forms) -> Result<Option<PathBuf>, Usage> {
    let file = m.path("statement");
    if forms.has(SignatureKind::Statement) && file.is_none() {
        let what = "--statement FILE, for --emit statement,";
        return Err(Usage::missing(what, "--statement statement.json"));
    }
    if file.is_some() && !forms.take_a_statement() {
        let what = "--emit statement or --emit attestation, for --statement FILE,";
        return Err(Usage::missing(what, "--emit bundle,pair,statement"));
    }
    Ok(file)
}
