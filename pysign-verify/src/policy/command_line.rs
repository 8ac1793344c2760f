//! From the command line to a policy. What is less than a policy is exit 2, with what to type.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use pysign_attest::PublicKey;
use pysign_cli::{Matches, Usage};
use pysign_host::{Failure, read_named};
use pysign_manifest::{ProjectName, SignatureKind, Version};
use pysign_sigstore::{ClaimName, Text};

use super::conditions::Conditions;
use super::signer::{Description, Fault, Signer, Word};
use super::{Demands, Policy, PolicyFile};

/// A public key in PEM has 0.2 to 1.5 kB.
const MAX_KEY: u64 = 64 << 10;

/// What excludes a key: a certificate is of someone, a key is itself.
const OF_CERTIFICATES: [&str; 15] = [
    "identity",
    "identity-regexp",
    "issuer",
    "issuer-regexp",
    "certificate-identity",
    "certificate-identity-regexp",
    "certificate-oidc-issuer",
    "certificate-oidc-issuer-regexp",
    "gitlab",
    "config",
    "github",
    "workflow",
    "ref",
    "claim",
    "policy",
];

/// Our spelling and cosign's, by the word of a description.
const COSIGN: [(Word, &str); 4] = [
    ("identity", "certificate-identity"),
    ("identity_regexp", "certificate-identity-regexp"),
    ("issuer", "certificate-oidc-issuer"),
    ("issuer_regexp", "certificate-oidc-issuer-regexp"),
];

/// What a GitLab project's signer looks like.
const AN_IDENTITY: &str =
    "--identity 'https://gitlab.com/GROUP/PROJECT//.gitlab-ci.yml@refs/heads/main'";
const AN_ISSUER: &str = "--issuer https://gitlab.com";
const A_PROJECT: &str = "--gitlab GROUP/PROJECT";
const A_REF: &str = "--ref 'refs/tags/v{version}'";

/// A policy as the command line has it: files that it names are not read yet.
#[derive(Clone, Debug)]
pub(crate) struct PolicySource {
    who: Who,
    conditions: Conditions,
}

#[derive(Clone, Debug)]
enum Who {
    Signer(Signer),
    Key(PathBuf),
    Listed { file: PathBuf, also: Option<Signer>, claims: Vec<(ClaimName, Text)> },
}

impl PolicySource {
    /// The policy that was given; less than one is an error.
    pub(crate) fn from(m: &Matches) -> Result<Self, Usage> {
        Ok(Self { who: Who::from(m)?, conditions: conditions(m)? })
    }

    /// Every file that it reads.
    pub(crate) fn file(&self) -> Option<&Path> {
        match &self.who {
            Who::Signer(_) => None,
            Who::Key(file) | Who::Listed { file, .. } => Some(file),
        }
    }

    /// Reads what it names.
    pub(crate) fn load(&self) -> Result<Policy, Failure> {
        let demands = match &self.who {
            Who::Signer(signer) => Demands::Signer(signer.clone()),
            Who::Key(file) => {
                let key = PublicKey::from_pem(&read_named(file, MAX_KEY)?);
                Demands::Signer(Signer::Key(key.map_err(|error| error.at(file))?))
            }
            Who::Listed { file, also, claims } => {
                let (also, claims) = (also.clone(), claims.clone());
                Demands::Listed { file: PolicyFile::load(file)?, also, claims }
            }
        };
        Ok(Policy { demands, conditions: self.conditions.clone() })
    }
}

impl Who {
    fn from(m: &Matches) -> Result<Self, Usage> {
        if let Some(key) = m.path("key") {
            return match OF_CERTIFICATES.into_iter().find(|name| m.is_set(name)) {
                Some(other) => Err(Usage::conflict("--key", format!("--{other}"))),
                None => Ok(Self::Key(key)),
            };
        }
        let description = described(m)?;
        let told = |fault| usage(m, fault);
        let claims = description.claims().map_err(told)?;
        match (description.signer().map_err(told)?, m.path("policy")) {
            (also, Some(file)) => Ok(Self::Listed { file, also, claims }),
            (Some(signer), None) => Ok(Self::Signer(signer)),
            (None, None) => Err(Usage::missing(
                "a policy",
                format!("to name a signer: {AN_IDENTITY} {AN_ISSUER}"),
            )),
        }
    }
}

/// The words of one signer, whichever spelling they have.
fn described(m: &Matches) -> Result<Description, Usage> {
    let one = |word: Word, cosign: &'static str| -> Result<Option<String>, Usage> {
        let ours: &'static str = flag_name(word);
        match (m.text(ours)?, m.text(cosign)?) {
            (Some(_), Some(_)) => Err(Usage::conflict(format!("--{ours}"), format!("--{cosign}"))),
            (ours, cosign) => Ok(ours.or(cosign).map(str::to_owned)),
        }
    };
    let [identity, identity_regexp, issuer, issuer_regexp] =
        COSIGN.map(|(word, cosign)| one(word, cosign));
    let own = |name| Ok(m.text(name)?.map(str::to_owned));
    let claims = m.texts("claim")?.into_iter().map(|text| match text.split_once('=') {
        Some((name, value)) => Ok((name.to_owned(), vec![value.to_owned()])),
        None => Err(m.invalid("claim", text, "it is no NAME=VALUE")),
    });
    Ok(Description {
        identity: identity?,
        identity_regexp: identity_regexp?,
        issuer: issuer?,
        issuer_regexp: issuer_regexp?,
        gitlab: own("gitlab")?,
        config: own("config")?,
        github: own("github")?,
        workflow: own("workflow")?,
        git_ref: own("ref")?,
        claims: claims.collect::<Result<_, _>>()?,
    })
}

/// The flag of a word, without its hyphens.
fn flag_name(word: Word) -> &'static str {
    match word {
        "identity_regexp" => "identity-regexp",
        "issuer_regexp" => "issuer-regexp",
        word => word,
    }
}

/// The flag that was typed for a word: ours, or cosign's.
fn typed(m: &Matches, word: Word) -> &'static str {
    let cosign = COSIGN.into_iter().find(|(ours, _)| *ours == word).map(|(_, cosign)| cosign);
    cosign.filter(|name| m.is_set(name)).unwrap_or_else(|| flag_name(word))
}

/// A fault of a description, in the words of the command line.
fn usage(m: &Matches, fault: Fault) -> Usage {
    match fault {
        Fault::Conflict(a, b) => {
            Usage::conflict(format!("--{}", typed(m, a)), format!("--{}", typed(m, b)))
        }
        Fault::Invalid { word, value, reason } => m.invalid(typed(m, word), value, reason),
        Fault::Missing { word, needed_by } => {
            let (what, hint) = match (word, needed_by) {
                ("issuer", _) => ("the identity's issuer", format!("to name it: {AN_ISSUER}")),
                ("identity", _) => ("the signer's identity", format!("to name it: {AN_IDENTITY}")),
                ("ref", "github") => {
                    ("the ref of --github", format!("to take each version's tag: {A_REF}"))
                }
                ("ref", _) => {
                    ("the ref of --gitlab", format!("to take each version's tag: {A_REF}"))
                }
                ("gitlab", "ref") => ("the project of --ref", format!("to name it: {A_PROJECT}")),
                ("gitlab", _) => ("the project of --config", format!("to name it: {A_PROJECT}")),
                _ => ("the repository of --workflow", "to name it: --github OWNER/REPO".to_owned()),
            };
            Usage::missing(what, hint)
        }
    }
}

fn conditions(m: &Matches) -> Result<Conditions, Usage> {
    let (after, before) = (time(m, "signed-after")?, time(m, "signed-before")?);
    if let (Some(after), Some(before)) = (after, before)
        && after > before
    {
        let (a, b) = (format!("--signed-after {after}"), format!("--signed-before {before}"));
        return Err(Usage::conflict(a, b));
    }
    let predicate_types = m.texts("predicate-type")?;
    if predicate_types.contains(&"") {
        return Err(m.invalid("predicate-type", "", "it is empty"));
    }
    Ok(Conditions {
        after,
        before,
        require_tsa: m.is_set("require-tsa"),
        predicate_types: predicate_types.into_iter().map(str::to_owned).collect(),
        project: m.text("project")?.map(|text| project(m, text)).transpose()?,
        only: m.text("only")?.map(|text| kinds(m, text)).transpose()?,
        complete: m.is_set("complete"),
    })
}

fn time(m: &Matches, name: &'static str) -> Result<Option<Timestamp>, Usage> {
    let reason = "expected a time with its zone, such as 2026-01-31T00:00:00Z";
    let parse = |text: &str| text.parse().map_err(|_| m.invalid(name, text, reason));
    m.text(name)?.map(parse).transpose()
}

fn project(m: &Matches, text: &str) -> Result<(ProjectName, Version), Usage> {
    let release = text
        .split_once("==")
        .and_then(|(name, version)| Some((name.parse().ok()?, version.parse().ok()?)));
    release.ok_or_else(|| m.invalid("project", text, "it is no NAME==VERSION"))
}

fn kinds(m: &Matches, text: &str) -> Result<BTreeSet<SignatureKind>, Usage> {
    let kinds: Result<BTreeSet<SignatureKind>, _> = text.split(',').map(str::parse).collect();
    kinds.map_err(|_| {
        let reason =
            "it is no list of bundle, pair, attestation, statement, provenance and release";
        m.invalid("only", text, reason)
    })
}
