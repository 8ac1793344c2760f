//! The statements that are signed: the one that was given, and those that are made of the files.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use pysign_attest::{Statement, Subject, predicates};
use pysign_host::{Failure, Sha256, read_regular};
use pysign_manifest::{Manifest, SignatureKind, Value, json};

use crate::error::{Error, SubjectFault};
use crate::file::File;
use crate::forms::Forms;

/// What a signature is over.
#[derive(Debug)]
pub(crate) enum Content {
    /// The bytes of a file, by their digest.
    File(Sha256),
    /// A statement, which becomes the payload of an envelope.
    Statement { predicate_type: String, payload: Vec<u8> },
}

impl Content {
    /// The statement that a verifier reads; `None` of a file.
    pub(crate) fn parse(&self) -> Result<Option<Statement>, pysign_attest::Error> {
        match self {
            Self::File(_) => Ok(None),
            Self::Statement { payload, .. } => Statement::parse(payload).map(Some),
        }
    }

    pub(crate) fn predicate_type(&self) -> Option<&str> {
        match self {
            Self::File(_) => None,
            Self::Statement { predicate_type, .. } => Some(predicate_type),
        }
    }
}

/// A verifier takes a bundle of a mebibyte. The statement is in it once, in base64, beside a
/// certificate and a log entry of some 10 kB.
const MAX_BYTES: u64 = 700 << 10;

/// A statement from a file.
#[derive(Debug)]
pub(crate) struct Given {
    path: PathBuf,
    /// What is signed: the file's very bytes.
    bytes: Vec<u8>,
    statement: Statement,
}

impl Given {
    /// Reads the statement in `file`.
    pub(crate) fn read(file: &Path) -> Result<Self, Failure> {
        let bytes = read_regular(file, MAX_BYTES)?;
        let malformed = |cause| Error::Statement { file: file.into(), cause };
        let statement = Statement::parse(&bytes).map_err(malformed)?;
        Ok(Self { path: file.into(), bytes, statement })
    }

    /// Whether it says how the files were built, in the form that indexes take.
    pub(crate) fn is_provenance(&self) -> bool {
        self.statement.predicate_type == predicates::SLSA
    }

    /// Refuses a statement that is not about these very files, by name and digest, and no others:
    /// who signs it vouches for each of its subjects.
    pub(crate) fn check_subjects(&self, files: &[File]) -> Result<(), Failure> {
        let mut faults = Vec::new();
        let mut stated = BTreeMap::new();
        for subject in &self.statement.subjects {
            if stated.insert(subject.name.as_str(), subject).is_some() {
                faults.push((subject.name.as_str(), SubjectFault::Twice));
            }
        }
        let names: BTreeSet<&str> = files.iter().map(|file| file.filename.as_str()).collect();
        let further = stated.keys().filter(|name| !names.contains(**name));
        faults.extend(further.map(|name| (*name, SubjectFault::Further)));
        for File { filename, sha256, .. } in files {
            let fault = match stated.get(filename.as_str()).map(|subject| subject.sha256()) {
                None => SubjectFault::Absent,
                Some(found) if found == Some(*sha256) => continue,
                Some(found) => SubjectFault::Other { expected: *sha256, found },
            };
            faults.push((filename, fault));
        }
        let errors = faults.into_iter().map(|(name, fault)| {
            let (file, name) = (self.path.clone(), name.to_owned());
            Err(Error::Subjects { file, name, fault }.into())
        });
        Failure::collect::<()>(errors).map(drop)
    }

    /// Refuses a statement that would stay unsigned: an index takes provenance, and nothing else.
    pub(crate) fn check_use(&self, forms: &Forms) -> Result<(), Error> {
        if self.is_provenance() || forms.has(SignatureKind::Statement) {
            return Ok(());
        }
        let found = self.statement.predicate_type.clone();
        Err(Error::Unused { file: self.path.clone(), found })
    }

    pub(crate) fn content(&self) -> Content {
        let predicate_type = self.statement.predicate_type.clone();
        Content::Statement { predicate_type, payload: self.bytes.clone() }
    }

    /// The same of one file only.
    pub(crate) fn about(&self, file: &File) -> Content {
        content(&self.statement.predicate_type, &[file], self.statement.predicate.clone())
    }
}

/// That the signer publishes this file (PEP 740; docs.pypi.org/attestations/publish/v1).
pub(crate) fn publish(file: &File) -> Content {
    content(predicates::PUBLISH, &[file], json!({}))
}

/// That the release has these files and no others (in-toto, `spec/predicates/release.md`): sorted, so
/// that it is the same statement in whatever order they were named.
pub(crate) fn release(release: &Manifest, files: &[File]) -> Content {
    let mut sorted: Vec<&File> = files.iter().collect();
    sorted.sort_by(|a, b| a.filename.cmp(&b.filename));
    let purl = release.releases().into_iter().next().map(|(project, version)| {
        // A purl has every other character of a version as it is (purl-spec, `PURL-SPECIFICATION`).
        let version = version.to_string().replace('!', "%21").replace('+', "%2B");
        format!("pkg:pypi/{project}@{version}")
    });
    content(predicates::RELEASE, &sorted, json!({"purl": purl}))
}

fn content(predicate_type: &str, files: &[&File], predicate: Value) -> Content {
    let subjects = files.iter().map(|file| Subject::of(&file.filename, file.sha256)).collect();
    let predicate_type = predicate_type.to_owned();
    let statement = Statement { predicate_type: predicate_type.clone(), subjects, predicate };
    Content::Statement { predicate_type, payload: statement.to_json() }
}
