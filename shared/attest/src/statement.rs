//! in-toto statements (in-toto attestation framework, `spec/v1/statement.md`, and v0.1 before it):
//! something said about files that are named by their digests. Unknown members are allowed, since
//! the specification has readers pass over them; equal keys are not.

use std::collections::BTreeMap;

use pysign_host::Sha256;
use pysign_json::{Map, Members, Value, json};
use pysign_names::DistName;

use crate::error::{Error, Fault, Form};
use crate::protobuf::HEX;

/// What fits into a bundle.
const MAX_BYTES: usize = 1 << 20;
/// As many as other clients take; a release with wheels for every platform has 100.
const MAX_SUBJECTS: usize = 1024;
/// As many as other clients take; the specification knows 20 algorithms.
const MAX_DIGESTS: usize = 32;

/// What is written; PEP 740 has readers take no other.
const TYPE: &str = "https://in-toto.io/Statement/v1";
const TYPES: [&str; 2] = ["https://in-toto.io/Statement/v0.1", TYPE];

/// A statement: what a predicate says, and about which files.
#[derive(Clone, Debug, PartialEq)]
pub struct Statement {
    /// What kind of thing is said: a URI.
    pub predicate_type: String,
    /// What it is said about; at least one.
    pub subjects: Vec<Subject>,
    /// What is said: an object, by default an empty one.
    pub predicate: Value,
}

/// What a statement is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subject {
    /// Its name, or nothing.
    pub name: String,
    /// Its digests by the names of their algorithms; at least one. Two sets of digests match if
    /// they agree in one algorithm that the reader takes (`spec/v1/digest_set.md`).
    pub digests: BTreeMap<String, String>,
}

impl Statement {
    /// Reads one statement.
    pub fn parse(document: &[u8]) -> Result<Self, Error> {
        Form::Statement.read(document, MAX_BYTES, Self::read)
    }

    fn read(mut statement: Members) -> Result<Self, Fault> {
        if !TYPES.contains(&statement.text("_type")?.as_str()) {
            return Err(statement
                .wrong("_type", "that of an in-toto statement, v0.1 or v1")
                .into());
        }
        let predicate_type = statement.text("predicateType")?;
        if predicate_type.is_empty() {
            return Err(statement.wrong("predicateType", "a URI").into());
        }
        let subjects = statement.objects("subject", MAX_SUBJECTS, Subject::read)?;
        if subjects.is_empty() {
            return Err(statement.wrong("subject", "a list of at least one file").into());
        }
        let predicate = statement.optional_object("predicate")?;
        let predicate = Value::Object(predicate.map_or_else(Map::new, Members::into_rest));
        Ok(Self { predicate_type, subjects, predicate })
    }

    /// The statement in JSON, version 1. The same one has always the same bytes: its members are
    /// sorted, its subjects in their order.
    pub fn to_json(&self) -> Vec<u8> {
        let subject = |one: &Subject| json!({"name": one.name, "digest": one.digests});
        let statement = json!({
            "_type": TYPE,
            "subject": self.subjects.iter().map(subject).collect::<Value>(),
            "predicateType": self.predicate_type,
            "predicate": self.predicate,
        });
        statement.to_string().into_bytes()
    }
}

impl Subject {
    /// The file of this name and digest.
    pub fn of(name: &str, sha256: Sha256) -> Self {
        let digests = [(SHA256.to_owned(), sha256.to_string())].into();
        Self { name: name.to_owned(), digests }
    }

    /// Whether it has the name of this file. Names of wheels and sdists are compared parsed, all
    /// others as they are.
    pub fn is_named(&self, filename: &str) -> bool {
        match (self.name.parse::<DistName>(), filename.parse()) {
            (Ok(ours), Ok(theirs)) => ours.is_same(&theirs),
            _ => self.name == filename,
        }
    }

    /// Its SHA-256 digest, if it has one.
    pub fn sha256(&self) -> Option<Sha256> {
        self.digests.get(SHA256).and_then(|hex| hex.parse().ok())
    }

    fn read(mut subject: Members) -> Result<Self, Fault> {
        let name = subject.optional_text("name")?.unwrap_or_default();
        let digests = subject.object("digest")?.into_texts(MAX_DIGESTS)?;
        let read = Self { name, digests };
        if read.digests.is_empty() {
            return Err(subject.wrong("digest", "at least one digest").into());
        }
        // What another reader takes for a digest in another spelling, we would take for none.
        if read.digests.contains_key(SHA256) && read.sha256().is_none() {
            return Err(subject.wrong("digest.sha256", HEX).into());
        }
        Ok(read)
    }
}

/// SHA-256 as in-toto names it.
const SHA256: &str = "sha256";

#[cfg(test)]
mod tests;
