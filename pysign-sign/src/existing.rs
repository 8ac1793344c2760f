//! Existing signatures under the names that are to be written: each is kept, replaced, or an error.

use std::io::ErrorKind;
use std::path::Path;

use pysign_attest::{Attestation, Bundle};
use pysign_host::{Failure, FileError, Host};
use pysign_manifest::{Manifest, Sidecar, SignatureKind};
use pysign_sigstore::{Proof, Verifier};

use crate::error::Error;
use crate::expected::ExpectedSigner;
use crate::plan::Planned;
use crate::sidecars::Signed;
use crate::statement::Content;

/// Looks for existing signatures. One is kept if it is by this signer, over the same bytes.
pub(crate) struct Existing<'a> {
    pub(crate) verifier: &'a Verifier,
    pub(crate) signer: &'a ExpectedSigner,
    pub(crate) release: &'a Manifest,
    pub(crate) host: &'a Host,
}

impl Existing<'_> {
    /// The signature that is kept; `None` if there is none or it is to be replaced. Another signer's,
    /// or one of other bytes, is an error without `--force`.
    pub(crate) fn find(&self, planned: &Planned<'_>) -> Result<Option<Signed>, Failure> {
        let found = self.read_all(planned)?;
        let missing = |path: &&Path| found.is_none() || !is_there(path);
        planned.outputs().filter(missing).try_for_each(|path| self.check_writable(path))?;
        Ok(found)
    }

    fn read_all(&self, planned: &Planned<'_>) -> Result<Option<Signed>, Failure> {
        let force = self.host.out.force();
        let there = planned.places.iter().filter(|place| is_there(place));
        let read = there.map(|place| self.read(planned, place)).filter(|one| !force || one.is_ok());
        let found = Failure::collect(read.collect::<Vec<_>>())?.into_iter().next();
        // A signature and certificate without their bundle prove nothing.
        let mut halves = planned.pair.iter().flatten().filter(|half| is_there(half));
        match halves.next() {
            Some(half) if found.is_none() && !force => {
                Err(FileError::Exists { file: half.clone() }.into())
            }
            _ => Ok(found),
        }
    }

    /// The signature in the file at `place`.
    fn read(&self, planned: &Planned<'_>, place: &Path) -> Result<Signed, Failure> {
        let document = self.listed(planned, place).read()?;
        let malformed = |cause| {
            let cause = pysign_sigstore::Error::Malformed { file: place.into(), cause };
            Error::InTheWay { file: place.into(), cause: Box::new(cause) }
        };
        let bundle = match planned.kind {
            SignatureKind::Attestation => {
                Attestation::parse(&document).map_err(malformed)?.to_bundle()
            }
            _ => document.clone(),
        };
        let proof = self.prove(planned, place, &bundle)?;
        let parts = Bundle::parse(&bundle).map_err(malformed)?;
        if !is_over(&parts, &planned.content) {
            return Err(Error::OtherContent { file: place.into() }.into());
        }
        self.host.notes.detail(format!("'{}' is signed already", place.display()));
        Ok(Signed::kept(document, &proof))
    }

    /// Proves that `bundle` is about the signed files, and by this signer. The whole
    /// payload of a statement is compared afterwards, so one file is enough here.
    fn prove(&self, planned: &Planned<'_>, place: &Path, bundle: &[u8]) -> Result<Proof, Failure> {
        let subject = planned.subject();
        let by_another = |found| Error::SignedByAnother {
            file: place.into(),
            expected: self.signer.to_string(),
            found,
        };
        let proof = match self.verifier.prove(&subject, bundle, self.signer.key()) {
            Ok(proof) => proof,
            Err(cause) => {
                let parts = Bundle::parse(bundle).ok();
                let parts = parts.filter(|parts| is_over(parts, &planned.content));
                return Err(match self.other_signer(bundle, &cause) {
                    Some(other) => by_another(other),
                    None => match (&cause, parts.map(|parts| parts.certificate())) {
                        (pysign_sigstore::Error::LogUnknown { log, .. }, Some(Ok(certificate))) => {
                            let found = self.signer.found(&certificate);
                            Error::OtherInstance { file: place.into(), found, log: *log }
                        }
                        _ => Error::InTheWay { file: place.into(), cause: Box::new(cause) },
                    },
                }
                .into());
            }
        };
        match proof.certificate() {
            Some(certificate) if self.signer.check(subject.file, &proof).is_err() => {
                let found = self.signer.found(certificate);
                Err(by_another(found).into())
            }
            _ => Ok(proof),
        }
    }

    /// Who signed what is not proven to be by us: someone with a certificate, or with another key.
    fn other_signer(&self, bundle: &[u8], cause: &pysign_sigstore::Error) -> Option<String> {
        use pysign_sigstore::Error as Cause;
        match (cause, self.signer) {
            (Cause::SignerKind { .. }, ExpectedSigner::Certificate(_)) => Some("a key".to_owned()),
            (Cause::SignerKind { .. }, ExpectedSigner::Key(_)) => {
                let certificate = Bundle::parse(bundle).ok()?.certificate().ok()?;
                Some(self.signer.found(&certificate))
            }
            (Cause::Key { .. }, ExpectedSigner::Key(_)) => Some("a different key".to_owned()),
            _ => None,
        }
    }

    /// The sidecar at `path` as the manifest lists it, with the digest that it must have then.
    fn listed(&self, planned: &Planned<'_>, path: &Path) -> Sidecar {
        let signatures = self.release.artifacts.iter().flat_map(|artifact| &artifact.signatures);
        let mut files = signatures.flat_map(|signature| &signature.files);
        let listed = files.find(|file| file.path == path);
        listed.cloned().unwrap_or_else(|| Sidecar::new(planned.role(), path.to_owned(), None))
    }

    /// Refuses a name that is too long or a directory's, and a place that takes no files: after the
    /// signing it would be too late.
    fn check_writable(&self, file: &Path) -> Result<(), FileError> {
        match std::fs::symlink_metadata(file) {
            Ok(facts) if facts.is_dir() => Err(FileError::NotRegular { file: file.into() }),
            Err(cause) if cause.kind() != ErrorKind::NotFound => {
                Err(FileError::Unwritable { file: file.into(), cause })
            }
            _ => self.host.out.draft(file).map(drop),
        }
    }
}

/// Whether a bundle says that it is over the file itself, or over the very bytes of this statement.
fn is_over(bundle: &Bundle, content: &Content) -> bool {
    match (&bundle.content, content) {
        (pysign_attest::Content::Message { digest, .. }, Content::File(expected)) => {
            digest.as_ref().is_none_or(|(_, found)| found == expected.as_bytes())
        }
        (pysign_attest::Content::Envelope(envelope), Content::Statement { payload, .. }) => {
            envelope.payload == *payload
        }
        _ => false,
    }
}

fn is_there(path: &Path) -> bool {
    std::fs::symlink_metadata(path).is_ok()
}
