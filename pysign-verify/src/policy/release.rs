//! `--complete`: a release statement names every file of a release, so that leaving one out, or
//! adding one of another run, shows.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use pysign_attest::{Statement, Subject};
use pysign_host::{Failure, Sha256};
use pysign_manifest::{Artifact, SignatureKind};
use pysign_sigstore::Proof;

use super::error::{PolicyError, ReleaseFault};

/// What begins the type of a predicate about a whole release, in whatever version (in-toto,
/// `spec/predicates/release.md`). The file's name alone makes no release statement: under that name,
/// an attestation of the only file which is left would call the release complete.
const RELEASE: &str = "https://in-toto.io/attestation/release/";

/// The release statements that are proven, and of which files. All files of a release have the same
/// one, so each is kept once.
#[derive(Debug, Default)]
pub(crate) struct Releases(Mutex<Noted>);

#[derive(Debug, Default)]
struct Noted {
    /// By the digest of the signature.
    statements: BTreeMap<Sha256, Statement>,
    of: BTreeMap<String, BTreeSet<Sha256>>,
}

impl Releases {
    /// Takes note of a signature that holds, if it is over a release statement.
    pub(crate) fn note(&self, artifact: &Artifact, kind: SignatureKind, proof: &Proof) {
        if let (SignatureKind::Release, Some(statement)) = (kind, &proof.statement) {
            self.note_statement(&artifact.filename, Sha256::of(&proof.signature), statement);
        }
    }

    fn note_statement(&self, filename: &str, signature: Sha256, statement: &Statement) {
        if !statement.predicate_type.starts_with(RELEASE) {
            return;
        }
        let mut noted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        noted.statements.entry(signature).or_insert_with(|| statement.clone());
        noted.of.entry(filename.to_owned()).or_default().insert(signature);
    }

    /// Refuses a file that is in no release statement, and every subject of one that is not here
    /// with the same name and bytes.
    pub(crate) fn check_complete(&self, artifacts: &[Artifact]) -> Result<(), Failure> {
        let noted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let digest = |artifact: &Artifact| artifact.sha256.map(|sha256| sha256.to_string());
        let here: BTreeMap<&str, Option<String>> =
            artifacts.iter().map(|one| (one.filename.as_str(), digest(one))).collect();
        let is_here = |subject: &Subject| {
            let found = here.get(subject.name.as_str()).map(Option::as_ref);
            found.map(|digest| digest.is_some() && digest == subject.digests.get("sha256"))
        };
        let mut faults = BTreeSet::new();
        for subject in noted.statements.values().flat_map(|statement| &statement.subjects) {
            let fault = match is_here(subject) {
                Some(true) => continue,
                Some(false) => ReleaseFault::Other,
                None => ReleaseFault::Absent,
            };
            faults.insert((PathBuf::from(&subject.name), fault));
        }
        for artifact in artifacts {
            let own = noted.of.get(&artifact.filename).into_iter().flatten();
            let mut subjects = own
                .filter_map(|signature| noted.statements.get(signature))
                .flat_map(|statement| &statement.subjects);
            let is_own = |subject: &Subject| {
                subject.name == artifact.filename && is_here(subject) == Some(true)
            };
            if !subjects.any(is_own) {
                let file = artifact.path.clone();
                let file = file.unwrap_or_else(|| artifact.filename.clone().into());
                faults.insert((file, ReleaseFault::Unstated));
            }
        }
        let errors = faults.into_iter().map(|(file, fault)| {
            Err::<(), Failure>(PolicyError::Incomplete { file, fault }.into())
        });
        Failure::collect(errors).map(drop)
    }
}

#[cfg(test)]
mod tests {
    use pysign_manifest::json;

    use super::*;

    fn statement(files: &[(&str, &str)]) -> Statement {
        let subjects = files.iter().map(|(name, bytes)| Subject {
            name: (*name).to_owned(),
            digests: [("sha256".to_owned(), Sha256::of(bytes.as_bytes()).to_string())].into(),
        });
        Statement {
            predicate_type: "https://in-toto.io/attestation/release/v0.2".to_owned(),
            subjects: subjects.collect(),
            predicate: json!({}),
        }
    }

    /// The files that are wrong, when each of these has all of these statements.
    fn wrong(files: &[(&str, &str)], statements: &[&Statement]) -> Vec<String> {
        let releases = Releases::default();
        let artifacts = files.iter().map(|(name, bytes)| {
            let mut artifact = Artifact::named(name).unwrap();
            artifact.sha256 = Some(Sha256::of(bytes.as_bytes()));
            for (index, statement) in statements.iter().enumerate() {
                releases.note_statement(name, Sha256::of(index.to_string().as_bytes()), statement);
            }
            artifact
        });
        let artifacts: Vec<Artifact> = artifacts.collect();
        match releases.check_complete(&artifacts) {
            Ok(()) => Vec::new(),
            Err(failure) => failure.problems().map(ToString::to_string).collect(),
        }
    }

    const BOTH: [(&str, &str); 2] = [("a.whl", "a"), ("b.whl", "b")];

    #[test]
    fn every_file_of_the_statement_is_here_and_no_other() {
        let release = statement(&BOTH);
        assert!(wrong(&BOTH, &[&release]).is_empty());
        assert_eq!(
            wrong(&BOTH[..1], &[&release]),
            ["'b.whl' is in the release statement and missing here"]
        );
        assert_eq!(
            wrong(&[BOTH[0], BOTH[1], ("c.whl", "c")], &[&release]),
            ["'c.whl' is in no proven release statement"]
        );
        assert_eq!(wrong(&[BOTH[0], ("b.whl", "x")], &[&release]).len(), 2);
    }

    #[test]
    fn without_a_statement_nothing_is_complete() {
        assert_eq!(wrong(&BOTH, &[]).len(), 2);
    }

    #[test]
    fn what_is_said_of_one_file_is_said_of_no_release() {
        let alone = &BOTH[..1];
        let mut release = statement(alone);
        assert!(wrong(alone, &[&release]).is_empty());
        for kind in [
            "https://docs.pypi.org/attestations/publish/v1",
            "https://slsa.dev/provenance/v0.2",
            "https://slsa.dev/provenance/v1",
            "https://cyclonedx.org/bom",
            "https://in-toto.io/attestation/release",
        ] {
            release.predicate_type = kind.to_owned();
            assert_eq!(
                wrong(alone, &[&release]),
                ["'a.whl' is in no proven release statement"],
                "{kind}"
            );
        }
    }

    #[test]
    fn every_statement_holds() {
        let (release, more) = (statement(&BOTH), statement(&[BOTH[0], BOTH[1], ("c.whl", "c")]));
        assert_eq!(
            wrong(&BOTH, &[&release, &more]),
            ["'c.whl' is in the release statement and missing here"]
        );
    }

    #[test]
    fn a_subject_without_this_digest_is_another() {
        let mut release = statement(&BOTH);
        let digests = &mut release.subjects[1].digests;
        let digest = digests.remove("sha256").unwrap();
        digests.insert("sha512".to_owned(), digest);
        assert_eq!(wrong(&BOTH, &[&release]).len(), 2);
    }
}
