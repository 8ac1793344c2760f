//! The sidecars and the marker of a release, and the check that each signature names its own file.
//!
//! The check keeps a signature of another file from being published beside this one. It looks at no
//! key and proves nothing: that is what `pysign-verify` is for.

use std::path::PathBuf;

use pysign_attest::{
    Attestation, Bundle, Certificate, Content, Envelope, Subject, signature_from_text,
};
use pysign_host::{Failure, Notes, Sha256};
use pysign_manifest::{
    Artifact, ProjectName, Publish, Role, Sidecar, SignatureKind, Suffix, Version,
};
use pysign_names::DistName;

use crate::Error;

/// A sidecar, or the marker of a release.
#[derive(Clone, Debug)]
pub(crate) struct SidecarFile {
    pub(crate) project: ProjectName,
    /// As the package's file name says it: `1.0` and `1.0.0` are one version and two spellings.
    pub(crate) version: Version,
    pub(crate) filename: String,
    /// Where it is on this machine.
    pub(crate) path: PathBuf,
    pub(crate) bytes: Vec<u8>,
    /// The artifacts that it is a signature of, by their places in the manifest: one, or for the
    /// statement of a release each of its files.
    pub(crate) artifacts: Vec<usize>,
    /// Which part of a signature of which kind it is; the marker is none.
    pub(crate) part: Option<(SignatureKind, Role)>,
}

impl SidecarFile {
    /// Reads a file of a signature of this kind of the artifact at `place`, which has this name.
    fn read(
        sidecar: &mut Sidecar,
        kind: SignatureKind,
        place: usize,
        name: &DistName,
    ) -> Result<Self, Failure> {
        let (bytes, path) = (sidecar.load()?, sidecar.path.clone());
        Ok(Self {
            project: name.project().clone(),
            version: name.version().clone(),
            // The manifest's reader has checked that it is the artifact's name and a suffix.
            filename: path.file_name().unwrap_or_default().to_string_lossy().into_owned(),
            path,
            bytes,
            artifacts: vec![place],
            part: Some((kind, sidecar.role)),
        })
    }

    pub(crate) fn sha256(&self) -> Sha256 {
        Sha256::of(&self.bytes)
    }

    pub(crate) fn is_marker(&self) -> bool {
        self.part.is_none()
    }

    pub(crate) fn kind(&self) -> Option<SignatureKind> {
        self.part.map(|(kind, _)| kind)
    }

    pub(crate) fn is_bundle(&self) -> bool {
        self.kind() == Some(SignatureKind::Bundle)
    }

    /// Reads `bytes` as a bundle; an attestation (PEP 740) is converted to one.
    fn bundle(&self, bytes: &[u8]) -> Result<Bundle, pysign_attest::Error> {
        match self.kind() {
            Some(SignatureKind::Attestation) => {
                Bundle::parse(&Attestation::parse(bytes)?.to_bundle())
            }
            _ => Bundle::parse(bytes),
        }
    }

    /// Reads `bytes` as a bundle over a statement, if this file is of a kind that is one.
    pub(crate) fn envelope(&self, bytes: &[u8]) -> Option<(Bundle, Envelope)> {
        if matches!(self.kind()?, SignatureKind::Bundle | SignatureKind::Pair) {
            return None;
        }
        let bundle = self.bundle(bytes).ok()?;
        match &bundle.content {
            Content::Envelope(envelope) => {
                let envelope = envelope.clone();
                Some((bundle, envelope))
            }
            Content::Message { .. } => None,
        }
    }

    /// Whether this file is half of a pair and `bytes` are what `bundle` has for that half.
    pub(crate) fn is_half_of(&self, bundle: &Bundle, bytes: &[u8]) -> bool {
        match self.part {
            Some((_, Role::Signature)) => {
                signature_from_text(bytes).is_ok_and(|signature| signature == bundle.signature())
            }
            Some((_, Role::Certificate)) => {
                match (Certificate::from_text(bytes), bundle.certificate()) {
                    (Ok(found), Ok(expected)) => found == expected,
                    _ => false,
                }
            }
            _ => false,
        }
    }

    /// A detached signature and its certificate name no file: they are checked to be well-formed.
    fn check_half(&self) -> Result<(), Failure> {
        let checked = match self.part {
            Some((_, Role::Signature)) => signature_from_text(&self.bytes).map(drop),
            _ => Certificate::from_text(&self.bytes).map(drop),
        };
        Ok(checked.map_err(|error| error.at(&self.path))?)
    }

    /// Refuses a signature that names another digest than `expected`, or none for the given reason.
    fn check_subject(
        &self,
        expected: Sha256,
        found: Result<Sha256, String>,
    ) -> Result<(), Failure> {
        let found = match found {
            Ok(found) if found == expected => return Ok(()),
            Ok(found) => format!("sha256:{found}"),
            Err(reason) => reason,
        };
        Err(Error::OtherSubject { file: self.path.clone(), expected, found }.into())
    }

    /// Reads the bundle, which must be over the file with the digest `expected`.
    fn check_bundle(&self, expected: Sha256) -> Result<Bundle, Failure> {
        let bundle = self.bundle(&self.bytes).map_err(|error| error.at(&self.path))?;
        self.check_subject(expected, bundle.digest().ok_or("no digest".to_owned()))?;
        Ok(bundle)
    }

    /// Checks that the statement has the file of this name and digest among its subjects.
    fn check_statement(&self, name: &str, expected: Sha256) -> Result<(), Failure> {
        let at = |error: pysign_attest::Error| error.at(&self.path);
        let Content::Envelope(envelope) = self.bundle(&self.bytes).map_err(at)?.content else {
            return self.check_subject(expected, Err("no statement".to_owned()));
        };
        let statement = envelope.statement().map_err(at)?;
        let named = statement.subjects.iter().filter(|subject| subject.is_named(name));
        let found: Vec<_> = named.map(Subject::sha256).collect();
        if found.is_empty() {
            return self.check_subject(expected, Err(format!("nothing of the name '{name}'")));
        }
        found
            .into_iter()
            .try_for_each(|found| self.check_subject(expected, found.ok_or("no digest".to_owned())))
    }
}

/// The files of an artifact's signatures.
pub(crate) struct Bound {
    /// Each once; bundles first, because the rest can be made from them.
    pub(crate) files: Vec<SidecarFile>,
    /// Whether one of the signatures names the file's digest.
    pub(crate) signed: bool,
}

/// Reads every signature of `artifact`, which is at `place` in the manifest and whose bytes have the
/// digest `sha256`, and notes the digests of their files. One that is about another file is an error.
pub(crate) fn bind(
    artifact: &mut Artifact,
    place: usize,
    name: &DistName,
    sha256: Sha256,
    notes: &Notes,
) -> Result<Bound, Failure> {
    let mut files: Vec<SidecarFile> = Vec::new();
    let mut bundles: Vec<Bundle> = Vec::new();
    let mut pairs = Vec::new();
    let mut has_statement = false;
    let results = artifact.signatures.iter_mut().map(|signature| {
        let kind = signature.kind;
        let mut read = Vec::new();
        for sidecar in &mut signature.files {
            let file = SidecarFile::read(sidecar, kind, place, name)?;
            match Suffix::of(&file.path).map_or(Publish::Send, |row| row.publish) {
                Publish::Leave => {
                    let shown = file.path.display();
                    let message =
                        format!("'{shown}' is not published: it has the old name of a bundle");
                    notes.warn("sidecar-left-out", message);
                }
                Publish::Refuse => {
                    return Err(Error::UnsupportedSignature { file: file.path, kind }.into());
                }
                Publish::Send => read.push(file),
            }
        }
        for file in &read {
            match kind {
                SignatureKind::Bundle => bundles.push(file.check_bundle(sha256)?),
                SignatureKind::Pair => file.check_half()?,
                _ => {
                    file.check_statement(&artifact.filename, sha256)?;
                    has_statement = true;
                }
            }
        }
        if kind == SignatureKind::Pair {
            pairs.push(read.clone());
        }
        files.extend(read);
        Ok(())
    });
    Failure::collect::<()>(results.collect::<Vec<_>>())?;
    for pair in pairs {
        let is_of = |bundle: &Bundle| pair.iter().all(|file| file.is_half_of(bundle, &file.bytes));
        if !bundles.iter().any(is_of) {
            let names: Vec<_> = pair.iter().map(|file| format!("'{}'", file.filename)).collect();
            let message = format!("{} match no bundle of the same file", names.join(" and "));
            notes.warn("pair-unbound", message);
        }
    }
    files.sort_by(|a, b| (!a.is_bundle(), &a.filename).cmp(&(!b.is_bundle(), &b.filename)));
    files.dedup_by(|a, b| a.filename == b.filename);
    Ok(Bound { files, signed: has_statement || !bundles.is_empty() })
}

#[cfg(test)]
mod tests;
