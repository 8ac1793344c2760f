//! What lies beside a file already, and what is put there.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use pysign_host::{Failure, FileError, Host, Sha256, Staging};
use pysign_manifest::{Artifact, Role, Sidecar, Signature, SignatureKind, sidecar_path};
use pysign_sigstore::{Expected, Subject, Verifier};

use crate::Error;

/// A verified signature in all its forms.
pub(crate) struct Signed {
    /// The Sigstore bundle, JSON.
    pub(crate) bundle: Vec<u8>,
    /// The signature itself, DER.
    pub(crate) signature: Vec<u8>,
    /// The certificate of its key, one PEM block with LF.
    pub(crate) certificate: String,
    /// Whether it lay there before this run.
    pub(crate) kept: bool,
}

/// What a signature must be to be kept.
pub(crate) struct Wanted<'a> {
    pub(crate) verifier: &'a Verifier,
    pub(crate) expected: &'a Expected,
    /// Whether a pair is written beside the bundle.
    pub(crate) pair: bool,
}

/// The names that are written beside one file.
struct Names {
    bundle: PathBuf,
    signature: PathBuf,
    certificate: PathBuf,
}

impl Names {
    fn beside(file: &Path) -> Self {
        Self {
            bundle: sidecar_path(file, ".sigstore.json"),
            signature: sidecar_path(file, ".sig"),
            certificate: sidecar_path(file, ".crt"),
        }
    }
}

impl Wanted<'_> {
    /// The signature that lies beside `artifact` if it is to stay; nothing if there is none or it
    /// is to be replaced; an error if it is in the way.
    pub(crate) fn look(
        &self,
        artifact: &mut Artifact,
        host: &Host,
    ) -> Result<Option<Signed>, Failure> {
        let digest = artifact.hash()?;
        let found = self.find(artifact, &digest, host)?;
        if found.is_none() {
            self.check_writable(&Names::beside(artifact.path()?), host)?;
        }
        let is_rewritten = |kind| match kind {
            SignatureKind::Bundle => true,
            SignatureKind::Pair => self.pair || found.is_none(),
            _ => false,
        };
        // What is handed on as it is must be what the manifest says, before anything is logged.
        for signature in artifact.signatures.iter_mut().filter(|one| !is_rewritten(one.kind)) {
            for file in &mut signature.files {
                file.load()?;
            }
        }
        Ok(found)
    }

    /// Refuses a name that is too long or a directory's, and a place that takes no files: after the
    /// signing it would be too late.
    fn check_writable(&self, names: &Names, host: &Host) -> Result<(), FileError> {
        let pair = [&names.signature, &names.certificate].into_iter().filter(|_| self.pair);
        for file in pair.chain([&names.bundle]) {
            match std::fs::symlink_metadata(file) {
                Ok(facts) if facts.is_dir() => {
                    return Err(FileError::NotRegular { file: file.into() });
                }
                Err(cause) if cause.kind() != ErrorKind::NotFound => {
                    return Err(FileError::Unwritable { file: file.into(), cause });
                }
                _ => {}
            }
        }
        host.out.draft(&names.bundle).map(drop)
    }

    fn find(
        &self,
        artifact: &Artifact,
        digest: &Sha256,
        host: &Host,
    ) -> Result<Option<Signed>, Failure> {
        let names = Names::beside(artifact.path()?);
        if !is_there(&names.bundle) {
            let halves = [names.signature, names.certificate];
            let mut in_the_way = halves.into_iter().filter(|half| self.pair && is_there(half));
            return match in_the_way.next() {
                Some(file) if !host.out.force() => Err(FileError::Exists { file }.into()),
                _ => Ok(None),
            };
        }
        match self.judge(artifact, digest, names.bundle, host) {
            Err(_) if host.out.force() => Ok(None),
            judged => judged.map(Some),
        }
    }

    /// The signature in `bundle`, if it is for these bytes by this identity.
    fn judge(
        &self,
        artifact: &Artifact,
        digest: &Sha256,
        bundle: PathBuf,
        host: &Host,
    ) -> Result<Signed, Failure> {
        let file = artifact.path()?;
        let bytes = listed(artifact, &bundle).read()?;
        let in_the_way = |cause| Error::InTheWay { file: bundle.clone(), cause: Box::new(cause) };
        let subject = Subject { file, digest: *digest, filename: None };
        let proof = self.verifier.prove(&subject, &bytes, None).map_err(in_the_way)?;
        let Some(certificate) = proof.certificate() else {
            let cause = pysign_sigstore::Error::SignerKind { file: file.into(), key: true };
            return Err(in_the_way(cause).into());
        };
        if self.expected.check(file, certificate).is_err() {
            let (identity, issuer) = (self.expected.identity(), self.expected.issuer());
            return Err(Error::SignedByAnother {
                file: bundle,
                expected: format!("{identity} by {issuer}"),
                found: format!("{} by {}", certificate.identity(), certificate.issuer()),
            }
            .into());
        }
        host.notes.detail(format!("'{}' is signed already", file.display()));
        let (certificate, signature) = (certificate.pem(), proof.signature);
        Ok(Signed { bundle: bytes, signature, certificate, kept: true })
    }

    /// Writes the forms of `signed` that are wanted beside `artifact`, and lists them. A pair is a
    /// copy of what a bundle holds, so one that is not equal to a kept bundle is replaced.
    pub(crate) fn put(
        &self,
        artifact: &mut Artifact,
        signed: &Signed,
        host: &Host,
    ) -> Result<(), Failure> {
        let names = Names::beside(artifact.path()?);
        let mut group = if signed.kept { Staging::new(true).group() } else { host.out.group() };
        let bundle = group.write(&names.bundle, &signed.bundle)?;
        let mut signatures = vec![Signature::new(
            SignatureKind::Bundle,
            vec![Sidecar::new(Role::Bundle, names.bundle, Some(bundle))],
        )];
        if self.pair {
            let text = STANDARD.encode(&signed.signature);
            let signature = group.write(&names.signature, text.as_bytes())?;
            let certificate = group.write(&names.certificate, signed.certificate.as_bytes())?;
            signatures.push(Signature::new(
                SignatureKind::Pair,
                vec![
                    Sidecar::new(Role::Signature, names.signature, Some(signature)),
                    Sidecar::new(Role::Certificate, names.certificate, Some(certificate)),
                ],
            ));
        } else if !signed.kept {
            artifact.signatures.retain(|old| old.kind != SignatureKind::Pair);
        }
        group.commit()?;
        for signature in signatures {
            list(artifact, signature);
        }
        Ok(())
    }
}

/// In the place of one of its kind, unless that is this very one and something is known of it.
fn list(artifact: &mut Artifact, new: Signature) {
    let is_new = |old: &Signature| {
        new.files.iter().all(|file| {
            let old = old.file(file.role);
            old.is_some_and(|old| old.path == file.path && old.sha256 == file.sha256)
        })
    };
    if !artifact.signatures.iter().any(|old| old.kind == new.kind && is_new(old)) {
        artifact.signatures.retain(|old| old.kind != new.kind);
        artifact.signatures.push(new);
        artifact.signatures.sort_by_key(|signature| signature.kind);
    }
}

fn is_there(path: &Path) -> bool {
    std::fs::symlink_metadata(path).is_ok()
}

/// The sidecar at `path` as the manifest lists it, with the digest that it must have then.
fn listed(artifact: &Artifact, path: &Path) -> Sidecar {
    let mut files = artifact.signatures.iter().flat_map(|signature| &signature.files);
    let listed = files.find(|file| file.path == path);
    listed.cloned().unwrap_or_else(|| Sidecar::new(Role::Bundle, path.to_owned(), None))
}
