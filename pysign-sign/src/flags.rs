//! The command line of `pysign-sign`.

use std::path::PathBuf;

use pysign_cli::{Flag, Input, InputError, Matches, Repeat, Spec, Takes, Tool, Usage, flags};
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
        short: None,
        value: Some("FILE|-"),
        repeat: Repeat::Last,
        about: "Read the identity token from FILE ('-': standard input)",
        detail: "An OIDC token with the audience 'sigstore'. Without this flag it is read from \
                 SIGSTORE_ID_TOKEN, or asked of the CI system whose job this is: see ENVIRONMENT. \
                 It is sent to the certificate authority and nowhere else.",
    },
    Flag {
        name: "key",
        short: None,
        value: Some("FILE"),
        repeat: Repeat::Last,
        about: "Sign with the private key in FILE, and not with a certificate",
        detail: "One P-256, P-384 or Ed25519 key in PKCS #8 and PEM, not encrypted: 'openssl genpkey' \
                 writes such files. No token is read and no certificate asked for; the signatures are \
                 logged like all others. Whoever verifies needs the public key, by other means than \
                 the files: pysign-verify --key. What is written is a bundle alone, unless --emit \
                 says other: a pair and an attestation need a certificate. A key that the log has no \
                 entry for, or verifiers no way to check, is refused before anything is sent: P-256 \
                 signs all; Ed25519 signs statements, and P-384 files, in logs of version 1 (of P-384 \
                 those that take it over SHA-256, which Rekor 1.5 as it comes does not).",
    },
    Flag {
        name: "emit",
        short: None,
        value: Some("LIST"),
        repeat: Repeat::Last,
        about: "What to write: bundle,pair (the default), attestation, statement, release",
        detail: "A list, with commas. 'bundle' is F.sigstore.json, all that a verifier needs. \
                 'pair' is F.sig, the signature in base64 without a final newline, and F.crt, the \
                 certificate in PEM: copies of what is in the bundle, and of use without it only \
                 where the log is of version 1, in which they can be looked up. 'attestation' is \
                 F.publish.attestation, that the signer publishes F, for package indexes (PEP 740); \
                 with --statement FILE, if that is SLSA provenance of version 1, also \
                 F.slsa.attestation, the same predicate about F alone. It needs a log of version 1, \
                 which says when it was signed. 'statement' is F.statement.sigstore.json, a bundle \
                 over the statement of --statement, the same one beside every file. 'release' is \
                 NAME-VERSION.release.sigstore.json, a bundle over one statement with every file of \
                 the release, which must all lie in one directory: pysign-verify --complete misses \
                 a file by it, and the purl in it says which release it is.",
    },
    Flag {
        name: "statement",
        short: None,
        value: Some("FILE"),
        repeat: Repeat::Last,
        about: "Sign the in-toto statement in FILE, with --emit statement or attestation",
        detail: "With 'statement' its very bytes are signed. It must name each file that is to be \
                 signed by its name and SHA-256, and nothing else: nobody vouches unawares for what \
                 is not there. At most 700 KiB.",
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
        short: None,
        value: None,
        repeat: Repeat::Last,
        about: "Name a private project in a public log",
        detail: "The log shows everyone the path of the project, the commit and the pipeline. When \
                 the token says that the project is not public, this consent is needed.",
    },
    Flag {
        name: "allow-other-commit",
        short: None,
        value: None,
        repeat: Repeat::Last,
        about: "Sign what was built from another commit than the one the token names",
        detail: "For a workflow that checks out another tag or branch than the one it runs for. \
                 Without this flag, a source commit in the manifest that differs from the token's \
                 (GitLab and GitHub name one) is refused: the certificate would vouch for source \
                 that the files were not built from. The signature's entry in the manifest records \
                 the difference as \"allowed\": [\"other-commit\"].",
    },
    flags::MANIFEST,
    flags::FORCE,
    Flag {
        detail: "On standard error, one line for each file that would be written, or that an earlier \
                 run has written and that is kept. No service is asked to certify, stamp or log \
                 anything.",
        ..flags::DRY_RUN
    },
    Flag {
        about: "Sign up to N files at once (default: 8)",
        detail: "From 1 to 256. Most of the time is spent waiting for the log, so it is not the \
                 number of cores that counts, but what a log takes from one client before it asks \
                 to come back later. The result and its order do not depend on it.",
        ..flags::JOBS
    },
    flags::TIMEOUT,
    Flag {
        detail: "Signing needs it. What is signed already is verified and kept without, by whoever \
                 has a key or a token at hand.",
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
        later: &[],
        sections: &[],
        examples: &[
            (
                "Sign with a key of one's own",
                "pysign-sign --key release.pem --signing-config signing_config.json \
                 --trusted-root trusted_root.json dist >signed.json",
            ),
            (
                "Sign what was built, in a GitLab job with id_tokens",
                "pysign-build . | pysign-sign >signed.json",
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
                "The identity token, with the audience 'sigstore': id_tokens of a GitLab job. It \
                 comes before what the variables below lead to",
            ),
            pysign_ci::GITHUB.environment,
            pysign_ci::BUILDKITE.environment,
            pysign_ci::CIRCLECI.environment,
            ("PATH", "Where these two programs are; relative directories are passed over"),
            pysign_ci::GOOGLE.environment,
            pysign_ci::GITLAB.environment,
            (
                "XDG_CACHE_HOME, HOME",
                "What came by TUF is kept in $XDG_CACHE_HOME/pysign or ~/.cache/pysign, which \
                 nobody else may write to; without these variables nothing is kept",
            ),
            ("https_proxy, no_proxy", "The proxy for requests that leave this machine"),
        ],
        codes: &[
            Error::CODES,
            IdentityError::CODES,
            KeyError::CODES,
            pysign_attest::Error::CODES,
            InputError::CODES,
            Usage::CODES,
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
        let what = "a form that is made of --statement FILE";
        return Err(Usage::missing(what, "--emit bundle,pair,statement"));
    }
    Ok(file)
}
