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
use super::signer::{Description, Fault, Signer, WORDS, Word};
use super::{Demands, Policy, PolicyFile};

/// A public key in PEM has 0.2 to 1.5 kB.
const MAX_KEY: u64 = 64 << 10;

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
            // A certificate is of someone, a key is itself.
            let mut of_certificates =
                WORDS.iter().flat_map(|(_, flags)| *flags).chain(&["claim", "policy"]);
            return match of_certificates.find(|name| m.is_set(name)) {
                Some(other) => Err(Usage::conflict("--key", format!("--{other}"))),
                None => Ok(Self::Key(key)),
            };
        }
        let description = described(m)?;
        let usage = |fault| usage(m, fault);
        let claims = description.claims().map_err(usage)?;
        match (description.signer().map_err(usage)?, m.path("policy")) {
            (also, Some(file)) => Ok(Self::Listed { file, also, claims }),
            (Some(signer), None) => Ok(Self::Signer(signer)),
            (None, None) => Err(Usage::missing(
                "a policy",
                "to name the signer: --gitlab GROUP/PROJECT --ref 'refs/tags/v{version}'",
            )),
        }
    }
}

/// The description of the one signer that the options name, whichever spelling they have.
fn described(m: &Matches) -> Result<Description, Usage> {
    let mut description = Description::default();
    for (word, flags) in WORDS {
        let mut given = flags.iter().filter(|flag| m.is_set(flag));
        match (given.next(), given.next()) {
            (Some(a), Some(b)) => return Err(Usage::conflict(format!("--{a}"), format!("--{b}"))),
            (Some(flag), None) => {
                let value = m.text(flag)?.unwrap_or_default();
                description.words.insert(word, value.to_owned());
            }
            (None, _) => {}
        }
    }
    for text in m.texts("claim")? {
        let (name, value) =
            text.split_once('=').ok_or_else(|| m.invalid("claim", text, "expected NAME=VALUE"))?;
        description.claims.push((name.to_owned(), vec![value.to_owned()]));
    }
    Ok(description)
}

/// The option that was typed for a word: ours, or another tool's.
fn typed(m: &Matches, word: Word) -> &'static str {
    let flags =
        WORDS.into_iter().find(|(name, _)| *name == word).map_or(&[][..], |(_, flags)| flags);
    flags.iter().find(|name| m.is_set(name)).or(flags.first()).unwrap_or(&"claim")
}

/// A fault of a description, in the words of the command line.
fn usage(m: &Matches, fault: Fault) -> Usage {
    match fault {
        Fault::Conflict(a, b) => {
            Usage::conflict(format!("--{}", typed(m, a)), format!("--{}", typed(m, b)))
        }
        Fault::Invalid { word, value, reason } => m.invalid(typed(m, word), value, reason),
        Fault::Missing { word, .. } => {
            let (what, flag) = match word {
                "issuer" => ("the issuer of the identity", "--issuer URL"),
                "identity" => ("the identity of the signer", "--identity ID"),
                "ref" => ("the ref that the project was built on", "--ref 'refs/tags/v{version}'"),
                "gitlab" => ("the GitLab project of the pipeline", "--gitlab GROUP/PROJECT"),
                _ => ("the GitHub repository of the workflow", "--github OWNER/REPO"),
            };
            Usage::missing(what, flag)
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
    release.ok_or_else(|| m.invalid("project", text, "expected NAME==VERSION"))
}

fn kinds(m: &Matches, text: &str) -> Result<BTreeSet<SignatureKind>, Usage> {
    let kinds: Result<BTreeSet<SignatureKind>, _> = text.split(',').map(str::parse).collect();
    kinds.map_err(|_| {
        let reason =
            "expected a list of bundle, pair, attestation, statement, provenance and release";
        m.invalid("only", text, reason)
    })
}
