//! Whether a signature is about its file, as far as its form tells: no key is looked at and nothing
//! is proven here. It keeps a signature of another file from being published beside this one.

use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use pysign_attest::{
    Attestation, Bundle, Certificate, Content, Envelope, Subject, signature_from_text,
};
use pysign_host::{Failure, Notes, Sha256};
use pysign_manifest::{Artifact, Role, SignatureKind};
use pysign_names::DistName;

use crate::Error;
use crate::release::{Beside, Package, Part};

/// The files of an artifact's signatures.
pub(crate) struct Bound {
    /// Each once; bundles first, because the rest can be made from them.
    pub(crate) files: Vec<Beside>,
    /// Whether one of the signatures names the file's digest.
    pub(crate) signed: bool,
}

/// Reads every signature of `artifact`, whose bytes have the digest `sha256`, and takes note of the
/// digests of their files. One that is about another file is an error.
pub(crate) fn bind(
    artifact: &mut Artifact,
    place: usize,
    name: &DistName,
    sha256: Sha256,
    notes: &Notes,
) -> Result<Bound, Failure> {
    let mut files: Vec<Beside> = Vec::new();
    let mut bundles: Vec<Bundle> = Vec::new();
    let mut pairs = Vec::new();
    let mut stated = false;
    let results = artifact.signatures.iter_mut().map(|signature| {
        let kind = signature.kind;
        let mut read = Vec::new();
        for sidecar in &mut signature.files {
            let bytes = sidecar.load()?;
            read.push(beside((place, kind, sidecar.role), name, &sidecar.path, bytes));
        }
        match kind {
            SignatureKind::Bundle => {
                for file in &read {
                    bundles.push(bundle(file, sha256)?);
                }
            }
            SignatureKind::Pair => {
                read.iter().try_for_each(half)?;
                pairs.push(read.clone());
            }
            SignatureKind::Attestation | SignatureKind::Release | SignatureKind::Statement => {
                for file in &read {
                    statement(file, artifact.filename.as_str(), sha256)?;
                    stated = true;
                }
            }
            SignatureKind::Provenance => {
                let file = read.first().map(|file| file.path().to_owned()).unwrap_or_default();
                return Err(Error::UnsupportedSignature { file, kind }.into());
            }
        }
        files.extend(read);
        Ok(())
    });
    Failure::collect::<()>(results.collect::<Vec<_>>())?;
    for pair in pairs {
        let is_of = |bundle: &Bundle| pair.iter().all(|file| file.is_of(bundle, &file.bytes));
        if !bundles.iter().any(is_of) {
            let names: Vec<_> = pair.iter().map(|file| format!("'{}'", file.filename)).collect();
            let message = format!("{} are of no bundle beside them", names.join(" and "));
            notes.warn("pair-unbound", message);
        }
    }
    files.sort_by(|a, b| (!a.is_bundle(), &a.filename).cmp(&(!b.is_bundle(), &b.filename)));
    files.dedup_by(|a, b| a.filename == b.filename);
    Ok(Bound { files, signed: stated || !bundles.is_empty() })
}

fn beside(
    (artifact, kind, role): (usize, SignatureKind, Role),
    name: &DistName,
    path: &Path,
    bytes: Vec<u8>,
) -> Beside {
    Beside {
        project: name.project().clone(),
        version: name.version().clone(),
        // The manifest has seen to it that it is the artifact's name and a suffix.
        filename: path.file_name().unwrap_or_default().to_string_lossy().into_owned(),
        bytes,
        part: Part::Signature { artifacts: vec![artifact], kind, role, path: path.to_owned() },
    }
}

impl Beside {
    fn is_bundle(&self) -> bool {
        self.kind() == Some(SignatureKind::Bundle)
    }

    /// The bundle that it is or stands for, if it is one over a statement.
    fn envelope(&self, bytes: &[u8]) -> Option<(Bundle, Envelope)> {
        let bundle = match self.kind()? {
            SignatureKind::Attestation => Attestation::parse(bytes).ok()?.to_bundle(),
            SignatureKind::Release | SignatureKind::Statement => bytes.to_owned(),
            _ => return None,
        };
        let bundle = Bundle::parse(&bundle).ok()?;
        match &bundle.content {
            Content::Envelope(envelope) => {
                let envelope = envelope.clone();
                Some((bundle, envelope))
            }
            Content::Message { .. } => None,
        }
    }

    /// Whether `bytes` would be that half of a pair that `bundle` holds.
    fn is_of(&self, bundle: &Bundle, bytes: &[u8]) -> bool {
        match self.role() {
            Some(Role::Signature) => {
                signature_from_text(bytes).is_ok_and(|signature| signature == bundle.signature())
            }
            Some(Role::Certificate) => {
                match (Certificate::from_text(bytes), bundle.certificate()) {
                    (Ok(found), Ok(expected)) => found == expected,
                    _ => false,
                }
            }
            _ => false,
        }
    }
}

/// A bundle that names the digest of its file.
fn bundle(file: &Beside, expected: Sha256) -> Result<Bundle, Failure> {
    let bundle = Bundle::parse(&file.bytes).map_err(|error| error.at(file.path()))?;
    let found = bundle.digest();
    if found == Some(expected) {
        return Ok(bundle);
    }
    let found = found.map_or("no digest".to_owned(), |found| format!("sha256:{found}"));
    Err(Error::OtherSubject { file: file.path().to_owned(), expected, found }.into())
}

/// An attestation or a bundle over a statement that has the file of this name and digest among its
/// subjects.
fn statement(file: &Beside, name: &str, expected: Sha256) -> Result<(), Failure> {
    let at = |error: pysign_attest::Error| error.at(file.path());
    let bundle = match file.kind() {
        Some(SignatureKind::Attestation) => {
            Attestation::parse(&file.bytes).map_err(at)?.to_bundle()
        }
        _ => file.bytes.clone(),
    };
    let bundle = Bundle::parse(&bundle).map_err(at)?;
    let other =
        |found: String| Error::OtherSubject { file: file.path().to_owned(), expected, found };
    let Content::Envelope(envelope) = bundle.content else {
        return Err(other("no statement".to_owned()).into());
    };
    let statement = envelope.statement().map_err(at)?;
    let named = statement.subjects.iter().filter(|subject| subject.name == name);
    let found: Vec<_> = named.map(Subject::sha256).collect();
    match found.as_slice() {
        [] => Err(other(format!("nothing of the name '{name}'")).into()),
        all if all.iter().all(|found| *found == Some(expected)) => Ok(()),
        [found, ..] => {
            let found = found.map_or("no digest".to_owned(), |found| format!("sha256:{found}"));
            Err(other(found).into())
        }
    }
}

/// A detached signature or its certificate: they name no file, and can only be well-formed.
fn half(file: &Beside) -> Result<(), Failure> {
    let at = |error: pysign_attest::Error| error.at(file.path());
    if file.role() == Some(Role::Signature) {
        signature_from_text(&file.bytes).map_err(at)?;
    } else {
        Certificate::from_text(&file.bytes).map_err(at)?;
    }
    Ok(())
}

fn signer(bundle: &Bundle) -> Option<(String, String)> {
    let certificate = bundle.certificate().ok()?;
    Some((certificate.identity().to_owned(), certificate.issuer().to_owned()))
}

/// The signatures of a package at a place that has some of its own.
pub(crate) struct Standing {
    ours: Option<Bundle>,
    /// A bundle of the same bytes and the same signer, other than ours.
    theirs: Option<Bundle>,
}

impl Standing {
    /// `theirs` is what the place has under the names of the package's sidecars, in their order.
    pub(crate) fn of(package: &Package, theirs: &[Option<Vec<u8>>]) -> Self {
        let mut files = package.sidecars.iter().zip(theirs);
        let Some((file, found)) = files.find(|(file, _)| file.is_bundle()) else {
            return Self { ours: None, theirs: None };
        };
        let ours = Bundle::parse(&file.bytes).ok();
        let theirs = found.as_ref().filter(|bytes| **bytes != file.bytes);
        let theirs = theirs.and_then(|bytes| Bundle::parse(bytes).ok()).filter(|theirs| {
            let same_signer = || ours.as_ref().and_then(signer) == signer(theirs);
            theirs.digest() == Some(package.sha256) && same_signer()
        });
        Self { ours, theirs }
    }

    /// Whether `bytes`, found under the name of `file`, are as good as what we have.
    pub(crate) fn holds(&self, file: &Beside, bytes: &[u8]) -> bool {
        if file.is_bundle() {
            return self.theirs.is_some();
        }
        if let Some((ours, statement)) = file.envelope(&file.bytes) {
            // The same statement by the same signer.
            return file.envelope(bytes).is_some_and(|(theirs, other)| {
                statement.payload == other.payload && signer(&ours) == signer(&theirs)
            });
        }
        self.theirs.as_ref().or(self.ours.as_ref()).is_some_and(|bundle| file.is_of(bundle, bytes))
    }

    /// What belongs under the name of `file`, where nothing is, beside the bundle that the place
    /// has; nothing, if that is what we have.
    pub(crate) fn completed(&self, file: &Beside) -> Option<Vec<u8>> {
        let (ours, theirs) = (self.ours.as_ref()?, self.theirs.as_ref()?);
        if !file.is_of(ours, &file.bytes) {
            return None;
        }
        if file.role() == Some(Role::Signature) {
            return Some(STANDARD.encode(theirs.signature()).into_bytes());
        }
        Some(theirs.certificate().ok()?.pem().into_bytes())
    }
}

#[cfg(test)]
mod tests;
