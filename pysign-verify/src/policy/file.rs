//! `pysign-policy/1`: who may sign which project, and what every file of it must have.
//!
//! A policy is written by people and reviewed by people, so it says everything itself: keys stand in
//! it, nothing is read from beside it, and what is empty, misspelt or there twice is an error and no
//! permission. The most exact pattern that fits a name counts, and no other.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::{Path, PathBuf};

use pysign_attest::PublicKey;
use pysign_host::{Failure, Sha256, read_named};
use pysign_json::{Fault as Form, Members, Numbers, Value, parse};
use pysign_manifest::{Artifact, SignatureKind};

use super::error::{Fault, PolicyError};
use super::pattern::Pattern;
use super::signer::{self, Description, Signer, WORDS};

const SCHEMA: &str = "pysign-policy/1";

/// A policy for the largest mirror there is (10,000 projects, 1.5 KiB each) fits.
const MAX_BYTES: u64 = 16 << 20;
/// As many as a manifest has artifacts.
const MAX_ENTRIES: usize = 10_000;
/// A project is signed by a handful of pipelines and people.
const MAX_SIGNERS: usize = 64;
/// There are six kinds of signatures and a dozen types of predicates in use.
const MAX_REQUIREMENTS: usize = 64;
/// The largest project on `PyPI` has some 10,000 files.
const MAX_PINS: usize = 20_000;
/// Fulcio has 22 claims.
const MAX_CLAIMS: usize = 32;
/// Each may take a quarter of a megabyte once it is compiled.
const MAX_REGEXPS: usize = 512;

/// A policy for many projects.
#[derive(Clone, Debug)]
pub struct PolicyFile {
    /// What messages call it.
    path: PathBuf,
    sha256: Sha256,
    entries: BTreeMap<Pattern, Entry>,
}

/// What holds for the files that one pattern covers.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) signers: Vec<Signer>,
    pub(crate) require: Vec<Requirement>,
    /// Files that need no signature.
    pub(crate) pins: BTreeSet<Sha256>,
}

/// What each signed file must have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Requirement {
    /// A signature of this kind.
    Kind(SignatureKind),
    /// A statement with a predicate of this type.
    Predicate(String),
}

impl PolicyFile {
    /// Reads the policy that the user names.
    pub(crate) fn load(path: &Path) -> Result<Self, Failure> {
        let bytes = read_named(path, MAX_BYTES)?;
        Self::parse(path, &bytes)
    }

    /// Reads a policy; `path` is what messages call it.
    pub fn parse(path: &Path, document: &[u8]) -> Result<Self, Failure> {
        let entries =
            read(document).map_err(|fault| PolicyError::Malformed { file: path.into(), fault })?;
        Ok(Self { path: path.into(), sha256: Sha256::of(document), entries })
    }

    /// What messages call it.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// The digest of its bytes.
    pub(crate) fn sha256(&self) -> Sha256 {
        self.sha256
    }

    /// The entry with the most exact pattern for this file.
    pub(crate) fn entry(&self, artifact: &Artifact) -> Result<(&Pattern, &Entry), PolicyError> {
        let mut fitting =
            Pattern::covering(artifact).filter_map(|pattern| self.entries.get_key_value(&pattern));
        fitting.next().ok_or_else(|| PolicyError::Uncovered {
            file: artifact.path.clone().unwrap_or_else(|| artifact.filename.clone().into()),
            policy: self.path.clone(),
            name: match &artifact.project {
                Some(project) => project.to_string(),
                None => artifact.filename.clone(),
            },
        })
    }
}

fn read(document: &[u8]) -> Result<BTreeMap<Pattern, Entry>, Fault> {
    let cap = usize::try_from(MAX_BYTES).unwrap_or(usize::MAX);
    let value = parse(document, cap, Numbers::Integers)?;
    let mut regexps = 0;
    refuse_empty("the document", &value, &mut regexps)?;
    if regexps > MAX_REGEXPS {
        return Err(at("projects", format!("more than {MAX_REGEXPS} regular expressions")));
    }
    let mut policy = Members::document(value)?;
    if policy.text("schema")? != SCHEMA {
        return Err(at("schema", format!("expected {SCHEMA}")));
    }
    let projects = policy.objects("projects", MAX_ENTRIES, Entry::read)?;
    policy.end()?;
    let mut entries = BTreeMap::new();
    for (place, pattern, entry) in projects {
        if let Some((twice, _)) = entries.get_key_value(&pattern) {
            return Err(at(&place, format!("'{twice}' is listed twice")));
        }
        entries.insert(pattern, entry);
    }
    if entries.is_empty() {
        return Err(at("projects", "expected at least one entry"));
    }
    Ok(entries)
}

/// A member that is empty says nothing, and could be read as anything. Counts regular expressions on
/// the way, before the first is compiled.
fn refuse_empty(place: &str, value: &Value, regexps: &mut usize) -> Result<(), Fault> {
    let empty = match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(members) => members.is_empty(),
        Value::Bool(_) | Value::Number(_) => false,
    };
    if empty {
        return Err(at(place, "it is empty"));
    }
    if let Value::Array(items) = value {
        for (index, item) in items.iter().enumerate() {
            refuse_empty(&format!("{place}[{index}]"), item, regexps)?;
        }
    }
    if let Value::Object(members) = value {
        for (name, member) in members {
            *regexps += usize::from(name.ends_with("_regexp"));
            let place = if place == "the document" { name } else { &format!("{place}.{name}") };
            refuse_empty(place, member, regexps)?;
        }
    }
    Ok(())
}

impl Entry {
    fn read(mut entry: Members) -> Result<(String, Pattern, Self), Fault> {
        let place = entry.place().to_owned();
        let pattern = match (entry.optional_text("project")?, entry.optional_text("file")?) {
            (Some(text), None) => Pattern::project(&text).ok_or(("project", text)),
            (None, Some(text)) => Pattern::file(&text).ok_or(("file", text)),
            _ => return Err(at(&place, "expected either 'project' or 'file'")),
        };
        let pattern = pattern.map_err(|(word, text)| {
            let what = if word == "project" { Pattern::A_PROJECT } else { Pattern::A_FILE };
            at(&format!("{place}.{word}"), format!("'{text}' is not {what}"))
        })?;
        let signers = entry.objects("signers", MAX_SIGNERS, read_signer)?;
        let require =
            entry.list("require", MAX_REQUIREMENTS, |at, value| Requirement::read(at, &value))?;
        let pins: Vec<Sha256> = entry.list("sha256", MAX_PINS, |place, value| {
            let digest = value.as_str().and_then(|text| text.parse().ok());
            let expected = "64 lower-case hexadecimal digits";
            digest.ok_or(Form::Member { place, expected })
        })?;
        entry.end()?;
        if signers.is_empty() && pins.is_empty() {
            return Err(at(&place, "expected 'signers' or 'sha256'"));
        }
        if signers.is_empty() && !require.is_empty() {
            return Err(at(&place, "it requires signatures, so it needs 'signers'"));
        }
        let pins = pins.into_iter().collect();
        Ok((place, pattern, Self { signers, require, pins }))
    }
}

impl Requirement {
    fn read(place: String, value: &Value) -> Result<Self, Form> {
        let text = value.as_str().unwrap_or_default();
        match text.parse() {
            Ok(kind) => Ok(Self::Kind(kind)),
            // A URI has a scheme (RFC 3986 §3.1), and no kind a colon.
            Err(_) if text.contains(':') => Ok(Self::Predicate(text.to_owned())),
            Err(_) => Err(Form::Member {
                place,
                expected: "a kind of signature or the type of a predicate",
            }),
        }
    }
}

fn read_signer(mut signer: Members) -> Result<Signer, Fault> {
    let place = signer.place().to_owned();
    if let Some(pem) = signer.optional_text("key")? {
        // Anything beside a key would say nothing about it.
        signer.end()?;
        let key = PublicKey::from_pem(pem.as_bytes());
        let key = key.map_err(|why| at(&format!("{place}.key"), why))?;
        return Ok(Signer::Key(key));
    }
    let mut description =
        Description { claims: read_claims(&mut signer)?, ..Description::default() };
    for (word, _) in WORDS {
        if let Some(value) = signer.optional_text(word)? {
            description.words.insert(word, value);
        }
    }
    signer.end()?;
    let described = description.signer().map_err(|fault| at(&place, in_words(fault)))?;
    described.ok_or_else(|| at(&place, "it names no signer"))
}

/// `{"NAME": "VALUE"}`, or a list of values of which one must be there.
fn read_claims(signer: &mut Members) -> Result<Vec<(String, Vec<String>)>, Fault> {
    let place = format!("{}.claims", signer.place());
    let Some(members) = signer.optional_object("claims")? else { return Ok(Vec::new()) };
    let members = members.into_rest();
    if members.len() > MAX_CLAIMS {
        return Err(at(&place, format!("more than {MAX_CLAIMS} claims")));
    }
    let claims = members.into_iter().map(|(name, value)| {
        let values = match value {
            Value::String(text) => Some(vec![text]),
            Value::Array(items) => {
                items.iter().map(|item| item.as_str().map(str::to_owned)).collect()
            }
            _ => None,
        };
        let wrong = || at(&format!("{place}.{name}"), "expected a string or a list of strings");
        Ok((name.clone(), values.ok_or_else(wrong)?))
    });
    claims.collect()
}

/// A fault of a description, in the words of the file.
fn in_words(fault: signer::Fault) -> String {
    match fault {
        signer::Fault::Conflict(a, b) => format!("'{a}' can't be used with '{b}'"),
        signer::Fault::Invalid { word, value, reason } => {
            format!("invalid value '{value}' for '{word}': {reason}")
        }
        signer::Fault::Missing { word, needed_by } => format!("'{needed_by}' needs '{word}'"),
    }
}

fn at(place: &str, reason: impl fmt::Display) -> Fault {
    Fault(format!("{place}: {reason}"))
}

impl From<Form> for Fault {
    fn from(fault: Form) -> Self {
        Self(fault.to_string())
    }
}

impl fmt::Display for Requirement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Kind(kind) => kind.fmt(f),
            Self::Predicate(kind) => f.write_str(kind),
        }
    }
}

#[cfg(test)]
mod tests;
