//! The files that a signature becomes, and how a manifest lists them.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use pysign_attest::{Attestation, Certificate};
use pysign_host::{Failure, FileError, Host, Sha256, Staging, hash_regular};
use pysign_manifest::{Artifact, Manifest, Role, Sidecar, Signature, SignatureKind, sidecar_path};
use pysign_sigstore::Proof;

use crate::plan::Planned;

/// A verified signature in all its forms.
#[derive(Debug)]
pub(crate) struct Signed {
    /// What is written as it is: a Sigstore bundle, or an attestation that was made of one.
    document: Vec<u8>,
    /// The signature itself: DER in base64.
    signature: String,
    /// The certificate of its key, one PEM block with LF.
    pub(crate) certificate: String,
    /// Whether it existed before this run.
    pub(crate) kept: bool,
}

impl Signed {
    /// An existing signature: what was found in `document`, and proven.
    pub(crate) fn kept(document: Vec<u8>, proof: &Proof) -> Self {
        let signature = STANDARD.encode(&proof.signature);
        let certificate = proof.certificate().map(Certificate::pem).unwrap_or_default();
        Self { document, signature, certificate, kept: true }
    }

    /// A new signature: a proven bundle, in the form in which this kind is written.
    pub(crate) fn made(
        kind: SignatureKind,
        bundle: Vec<u8>,
        proof: &Proof,
    ) -> Result<Self, pysign_attest::Error> {
        let document = match kind {
            SignatureKind::Attestation => Attestation::from_bundle(&bundle)?.to_json(),
            _ => bundle,
        };
        Ok(Self { kept: false, ..Self::kept(document, proof) })
    }

    /// Writes the signature under every planned name. A file under a name of a kept signature is a
    /// copy of it, or is replaced by one.
    pub(crate) fn put(&self, planned: &Planned<'_>, host: &Host) -> Result<(), FileError> {
        let mut group = if self.kept { Staging::new(true).group() } else { host.out.group() };
        for (path, bytes) in self.files(planned) {
            if !(self.kept && holds(path, bytes)) {
                group.write(path, bytes)?;
            }
        }
        group.commit()
    }

    /// Every file that it is written to, and whether the file has its bytes already.
    pub(crate) fn stands<'s>(
        &'s self,
        planned: &'s Planned<'_>,
    ) -> impl Iterator<Item = (&'s Path, bool)> {
        self.files(planned).map(|(path, bytes)| (path, holds(path, bytes)))
    }

    fn files<'s>(&'s self, planned: &'s Planned<'_>) -> impl Iterator<Item = (&'s Path, &'s [u8])> {
        let documents =
            planned.places.iter().map(|place| (place.as_path(), self.document.as_slice()));
        let halves = planned.pair.iter().flat_map(|pair| self.halves(pair));
        documents.chain(halves.map(|(_, path, bytes)| (path, bytes)))
    }

    /// The two files of a pair.
    fn halves<'s>(&'s self, pair: &'s [PathBuf; 2]) -> [(Role, &'s Path, &'s [u8]); 2] {
        let [signature, certificate] = pair;
        [
            (Role::Signature, signature, self.signature.as_bytes()),
            (Role::Certificate, certificate, self.certificate.as_bytes()),
        ]
    }

    /// Lists the signature with each file that it is about, and records whether they are built from
    /// another commit than it names.
    pub(crate) fn list(&self, planned: &Planned<'_>, other_commit: bool, release: &mut Manifest) {
        let sha256 = Sha256::of(&self.document);
        let entry = |kind, files| {
            let mut signature = Signature::new(kind, files);
            signature.allowed.extend(other_commit.then(|| "other-commit".to_owned()));
            signature
        };
        for (file, place) in planned.listed() {
            let Some(artifact) = release.artifacts.get_mut(file.index) else { continue };
            let document = Sidecar::new(planned.role(), place.to_owned(), Some(sha256));
            let mut signature = entry(planned.kind, vec![document]);
            signature.predicate_type = planned.content.predicate_type().map(str::to_owned);
            list(artifact, signature);
            if let Some(pair) = &planned.pair {
                let half = |(role, path, bytes): (Role, &Path, &[u8])| {
                    Sidecar::new(role, path.to_owned(), Some(Sha256::of(bytes)))
                };
                let halves = self.halves(pair).map(half).into();
                list(artifact, entry(SignatureKind::Pair, halves));
            } else if planned.kind == SignatureKind::Bundle && !self.kept {
                artifact.signatures.retain(|old| old.kind != SignatureKind::Pair);
            }
        }
    }
}

/// Lists a signature instead of those of its kind that share a name with it. One that is listed
/// already stays, with what is known of it.
fn list(artifact: &mut Artifact, new: Signature) {
    let is_new = |old: &Signature| {
        new.files.iter().all(|file| {
            let old = old.file(file.role);
            old.is_some_and(|old| old.path == file.path && old.sha256 == file.sha256)
        })
    };
    let shares_a_name = |old: &Signature| {
        old.files.iter().any(|one| new.files.iter().any(|other| other.path == one.path))
    };
    let same_kind = |old: &&mut Signature| old.kind == new.kind;
    if let Some(old) = artifact.signatures.iter_mut().filter(same_kind).find(|old| is_new(old)) {
        old.predicate_type = new.predicate_type;
        old.allowed.retain(|known| !new.allowed.contains(known));
        old.allowed.extend(new.allowed);
        return;
    }
    artifact.signatures.retain(|old| old.kind != new.kind || !shares_a_name(old));
    artifact.signatures.push(new);
    artifact.signatures.sort_by_key(|signature| signature.kind);
}

/// Whether the file at `path` has these bytes.
fn holds(path: &Path, bytes: &[u8]) -> bool {
    let size = u64::try_from(bytes.len());
    size.is_ok_and(|size| {
        hash_regular(path, size).is_ok_and(|found| found == (Sha256::of(bytes), size))
    })
}

/// Every signature of the manifest that is not written here is handed on: it must be what the manifest
/// says, which is checked before anything is logged.
pub(crate) fn check_carried<'u>(
    release: &mut Manifest,
    plan: impl Iterator<Item = (&'u Planned<'u>, bool)>,
) -> Result<(), Failure> {
    let mut written: BTreeSet<PathBuf> = BTreeSet::new();
    for (planned, kept) in plan {
        written.extend(planned.outputs().map(Path::to_owned));
        // A pair is not handed on without its bundle, whether a new one is written or not.
        if planned.kind == SignatureKind::Bundle && !kept {
            written.extend(planned.files.iter().map(|file| sidecar_path(&file.path, ".sig")));
        }
    }
    let is_carried =
        |one: &&mut Signature| one.files.iter().all(|file| !written.contains(&file.path));
    let artifacts = release.artifacts.iter_mut();
    let signatures = artifacts.flat_map(|artifact| &mut artifact.signatures).filter(is_carried);
    let files = signatures.flat_map(|signature| &mut signature.files);
    Failure::collect(files.map(|file| Ok(file.load().map(drop)?))).map(drop)
}
