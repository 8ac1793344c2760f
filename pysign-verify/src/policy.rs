//! Whose signatures count, and what else must be so. Nothing passes vacuously: without a signer there
//! is no policy, and without a policy nothing is verified.
//!
//! A policy comes from the command line and the files that it names, never from a manifest, the
//! environment or what lies beside a file.

mod command_line;
mod conditions;
mod error;
mod file;
mod git_ref;
mod pattern;
mod preset;
mod release;
mod signer;

use std::path::Path;

use pysign_attest::{PublicKey, Statement};
use pysign_host::{Failure, Sha256};
use pysign_manifest::{Artifact, SignatureKind, Version};
use pysign_sigstore::{ClaimName, Proof, Signer as Found, Text};

pub(crate) use command_line::PolicySource;
pub(crate) use error::PolicyError;
pub use file::PolicyFile;
pub(crate) use release::Releases;

use conditions::Conditions;
use file::{Entry, Requirement};
use pattern::Pattern;
use signer::Signer;

/// What is demanded of every file.
#[derive(Clone, Debug)]
pub(crate) struct Policy {
    demands: Demands,
    conditions: Conditions,
}

/// Who must have signed.
#[derive(Clone, Debug)]
enum Demands {
    /// This one.
    Signer(Signer),
    /// One of those that a file lists for the project; and this one too, if there is one, with
    /// these claims.
    Listed { file: PolicyFile, also: Option<Signer>, claims: Vec<(ClaimName, Text)> },
}

/// A policy for one file.
pub(crate) struct Rule<'p> {
    policy: &'p Policy,
    version: Option<Version>,
    listed: Option<(&'p PolicyFile, &'p Pattern, &'p Entry)>,
}

impl Policy {
    /// What holds for this file; an error if it is not of the project, or of none that is covered.
    pub(crate) fn for_artifact(&self, artifact: &Artifact) -> Result<Rule<'_>, PolicyError> {
        self.conditions.check_project(artifact)?;
        let listed = match &self.demands {
            Demands::Signer(_) => None,
            Demands::Listed { file, .. } => {
                let (pattern, entry) = file.entry(artifact)?;
                Some((file, pattern, entry))
            }
        };
        Ok(Rule { policy: self, version: artifact.version.clone(), listed })
    }

    /// Whether something beside a policy file asks for what only a signature can have. A file without
    /// any would pass it by having nothing to be refused for.
    fn asks_for_signatures(&self) -> bool {
        let of_signer = match &self.demands {
            Demands::Signer(_) => true,
            Demands::Listed { also, claims, .. } => also.is_some() || !claims.is_empty(),
        };
        of_signer || self.conditions.ask_for_signatures()
    }

    /// Whether signatures of this kind are looked at, and kept on the list.
    pub(crate) fn only(&self, kind: SignatureKind) -> bool {
        self.conditions.only(kind)
    }

    /// Whether the files of each release statement must all be there.
    pub(crate) fn is_complete(&self) -> bool {
        self.conditions.complete
    }
}

impl<'p> Rule<'p> {
    /// Every key that may have signed the file: a signature without a certificate is tried with each.
    pub(crate) fn keys(&self) -> impl Iterator<Item = &'p PublicKey> {
        let listed = self.listed.iter().flat_map(|(_, _, entry)| &entry.signers);
        let own = match &self.policy.demands {
            Demands::Signer(signer) => Some(signer),
            Demands::Listed { .. } => None,
        };
        own.into_iter().chain(listed).filter_map(Signer::key)
    }

    /// Whether a signature with a certificate may be accepted: not if whoever may sign has a key.
    pub(crate) fn takes_certificates(&self) -> bool {
        let signers = match (&self.policy.demands, self.listed) {
            (Demands::Signer(signer), _) => std::slice::from_ref(signer),
            (Demands::Listed { .. }, Some((_, _, entry))) => entry.signers.as_slice(),
            (Demands::Listed { .. }, None) => &[],
        };
        signers.is_empty() || signers.iter().any(|signer| signer.key().is_none())
    }

    /// The digest of the policy file that lists this one: such a file needs no signature, unless the
    /// command line asks something of signatures, which must hold too. One that has any is judged by
    /// them.
    pub(crate) fn pinned(&self, sha256: &Sha256) -> Option<Sha256> {
        let (file, _, entry) = self.listed?;
        let is_enough = !self.policy.asks_for_signatures();
        (is_enough && entry.pins.contains(sha256)).then(|| file.sha256())
    }

    /// Refuses a proven signature that is not as it must be. `file` is what messages call the file.
    pub(crate) fn accepts(&self, file: &Path, proof: &Proof) -> Result<(), Failure> {
        self.accepts_signer(file, &proof.signer)?;
        self.policy.conditions.check_time(file, proof.signed_at, proof.timestamps)?;
        Ok(())
    }

    fn accepts_signer(&self, file: &Path, found: &Found) -> Result<(), Failure> {
        let version = self.version.as_ref();
        match (&self.policy.demands, self.listed) {
            (Demands::Signer(signer), _) => signer.check(file, found, version, &[]),
            (Demands::Listed { also, claims, .. }, Some(listed)) => {
                self.one_of(listed, file, found, claims)?;
                also.iter().try_for_each(|signer| signer.check(file, found, version, claims))
            }
            // A rule of a policy file has its entry; without one, nobody may sign.
            (Demands::Listed { file: policy, .. }, None) => Err(PolicyError::Uncovered {
                file: file.into(),
                policy: policy.path().into(),
                name: file.display().to_string(),
            }
            .into()),
        }
    }

    /// Refuses a signer that is none of those that are listed. One signer that is listed alone says
    /// itself what does not fit.
    fn one_of(
        &self,
        (policy, pattern, entry): (&PolicyFile, &Pattern, &Entry),
        file: &Path,
        found: &Found,
        claims: &[(ClaimName, Text)],
    ) -> Result<(), Failure> {
        let check = |signer: &Signer| signer.check(file, found, self.version.as_ref(), claims);
        let entry_name = || format!("'{pattern}' in '{}'", policy.path().display());
        if let [only] = entry.signers.as_slice() {
            // What the file says is changed in the file; the command line's claims, by their flag.
            only.check(file, found, self.version.as_ref(), &[]).map_err(|failure| {
                failure
                    .map(|cause| Box::new(PolicyError::OtherSigner { cause, entry: entry_name() }))
            })?;
            return check(only);
        }
        if entry.signers.iter().any(|signer| check(signer).is_ok()) {
            return Ok(());
        }
        let names: Vec<String> = entry.signers.iter().map(Signer::to_string).collect();
        let nobody = || "nobody: the files are pinned".to_owned();
        Err(PolicyError::SignerUnlisted {
            file: file.into(),
            entry: entry_name(),
            expected: if names.is_empty() { nobody() } else { names.join("; or ") },
            found: signer::described(found),
        }
        .into())
    }

    /// Refuses a file whose proven signatures, each of which is accepted, are not all that it takes.
    pub(crate) fn satisfied(
        &self,
        file: &Path,
        proven: &[(SignatureKind, Option<&Statement>)],
    ) -> Result<(), Failure> {
        let kinds: Vec<SignatureKind> = proven.iter().map(|(kind, _)| *kind).collect();
        let statements = proven.iter().filter_map(|(_, statement)| *statement);
        let types: Vec<&str> = statements.map(|one| one.predicate_type.as_str()).collect();
        let required = self.listed.iter().flat_map(|(_, _, entry)| &entry.require);
        let asked = self.policy.conditions.predicate_types.iter();
        let asked: Vec<Requirement> = asked.cloned().map(Requirement::Predicate).collect();
        let missing = required.chain(&asked).filter_map(|requirement| match requirement {
            Requirement::Kind(kind) if kinds.contains(kind) => None,
            Requirement::Kind(kind) => {
                Some(PolicyError::KindMissing { file: file.into(), kind: *kind })
            }
            Requirement::Predicate(kind) if types.contains(&kind.as_str()) => None,
            Requirement::Predicate(kind) => Some(PolicyError::PredicateMissing {
                file: file.into(),
                expected: kind.clone(),
                found: if types.is_empty() { "no statement".to_owned() } else { types.join(", ") },
            }),
        });
        Failure::collect(missing.map(|error| Err::<(), Failure>(error.into()))).map(drop)
    }
}

#[cfg(test)]
mod tests;
