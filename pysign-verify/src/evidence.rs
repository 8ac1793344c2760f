//! A signature's files, read once, and the Sigstore bundles that they stand for: whatever form a
//! signature has, one verifier judges it.
//!
//! What they lack, a log is asked for: a pair has no log entry, and cosign's first bundles have no
//! proof that theirs was logged. Nothing that a log answers is believed: it becomes part of a bundle,
//! and a bundle holds or does not.

use std::path::{Path, PathBuf};

use pysign_attest::{Attestation, Certificate, LegacyBundle, Provenance, signature_from_text};
use pysign_host::Failure;
use pysign_http::{Client, Url};
use pysign_manifest::{Role, Signature, SignatureKind, Value};
use pysign_sigstore::{Verifier, rekor};

use crate::Error;

/// A signature's files, read once.
pub(crate) struct Evidence {
    pub(crate) kind: SignatureKind,
    /// Never empty: every kind has files.
    pub(crate) files: Vec<(Role, PathBuf, Vec<u8>)>,
}

/// A signature and the certificate of its key, without anything that a log says of them.
pub(crate) struct Pair {
    pub(crate) signature: Vec<u8>,
    pub(crate) certificate: Certificate,
}

impl Evidence {
    pub(crate) fn read(signature: &mut Signature) -> Result<Self, Failure> {
        let files = signature.files.iter_mut().map(|file| {
            let bytes = file.load()?;
            Ok((file.role, file.path.clone(), bytes))
        });
        let files = Failure::collect(files)?;
        Ok(Self { kind: signature.kind, files })
    }

    /// What messages call it: its first file.
    pub(crate) fn path(&self) -> &Path {
        self.files.first().map_or(Path::new(""), |(_, path, _)| path)
    }

    /// Says which of a file's signatures a failure is about, unless that goes without saying: it is
    /// the bundle over the file, and can be read.
    pub(crate) fn names(&self, failure: Failure) -> Failure {
        let is_usual = matches!(self.kind, SignatureKind::Bundle | SignatureKind::Pair);
        failure.map(|cause| {
            if is_usual && !cause.facts().code.ends_with("-malformed") {
                return cause;
            }
            Box::new(Error::Within { sidecar: self.path().into(), cause })
        })
    }

    /// The bundles: one, but for each attestation of a provenance object. A pair has none: it is
    /// [`Evidence::pair`].
    pub(crate) fn bundles(&self, logs: &Logs<'_>) -> Result<Vec<Vec<u8>>, Failure> {
        let mut bundles = Vec::new();
        for (role, path, bytes) in &self.files {
            match role {
                Role::Bundle
                    if self.kind == SignatureKind::Bundle && LegacyBundle::is_legacy(bytes) =>
                {
                    let legacy = LegacyBundle::parse(bytes).map_err(|error| error.at(path))?;
                    bundles.push(logs.complete(&legacy, path)?);
                }
                Role::Bundle => bundles.push(bytes.clone()),
                Role::Attestation => {
                    let attestation = Attestation::parse(bytes).map_err(|error| error.at(path))?;
                    bundles.push(attestation.to_bundle());
                }
                Role::Provenance => {
                    let provenance = Provenance::parse(bytes).map_err(|error| error.at(path))?;
                    bundles.extend(provenance.attestations().iter().map(Attestation::to_bundle));
                }
                Role::Certificate | Role::Signature => {}
            }
        }
        Ok(bundles)
    }

    /// The halves of a pair.
    pub(crate) fn pair(&self) -> Result<Pair, Failure> {
        let half = |wanted: Role| {
            let found = self.files.iter().find(|(role, _, _)| *role == wanted);
            found.map_or((Path::new(""), &[][..]), |(_, path, bytes)| (path, bytes))
        };
        let (path, bytes) = half(Role::Signature);
        let signature = signature_from_text(bytes).map_err(|error| error.at(path))?;
        let (path, bytes) = half(Role::Certificate);
        let certificate = Certificate::from_text(bytes).map_err(|error| error.at(path))?;
        Ok(Pair { signature, certificate })
    }
}

/// The logs that may be asked.
pub(crate) struct Logs<'a> {
    pub(crate) client: &'a Client,
    pub(crate) verifier: &'a Verifier,
    /// The one to ask in the place of the trusted root's. What it answers must come from one of
    /// those all the same.
    pub(crate) named: Option<&'a Url>,
}

impl Logs<'_> {
    /// The bundles that the logs' entries make of a signature and its certificate, log by log. With
    /// `None` a log has no such entry.
    pub(crate) fn bundles(
        &self,
        signed: rekor::Signed<'_>,
    ) -> impl Iterator<Item = Result<Vec<Vec<u8>>, Failure>> {
        self.addresses().map(move |log| {
            let entries = rekor::search(self.client, &log, signed)?;
            Ok(entries
                .iter()
                .map(|entry| text(&signed.to_bundle(std::slice::from_ref(entry), None)))
                .collect())
        })
    }

    /// The bundle that the log's proof makes of one without.
    pub(crate) fn complete(&self, legacy: &LegacyBundle, path: &Path) -> Result<Vec<u8>, Failure> {
        let own = || self.verifier.log_url(&legacy.log()).and_then(|url| url.parse().ok());
        let missing = || Error::NotLogged { file: path.into() };
        let log: Url = self.named.cloned().or_else(own).ok_or_else(missing)?;
        let entry = rekor::entry(self.client, &log, legacy.log_index())
            .map_err(|error| asked_for(path, error.into()))?
            .ok_or_else(missing)?;
        let proof = entry.get("inclusionProof").ok_or_else(missing)?;
        Ok(legacy.to_bundle(proof))
    }

    /// The named log, or else those of the trusted root that can be searched.
    fn addresses(&self) -> impl Iterator<Item = Url> {
        let known = self.verifier.searchable_logs().filter_map(|url| url.parse().ok());
        let known = known.filter(|_| self.named.is_none());
        self.named.cloned().into_iter().chain(known)
    }
}

/// Says for which signature a log was asked: of many files, few may need one.
pub(crate) fn asked_for(path: &Path, failure: Failure) -> Failure {
    failure.map(|cause| Box::new(Error::Within { sidecar: path.into(), cause }))
}

fn text(bundle: &Value) -> Vec<u8> {
    bundle.to_string().into_bytes()
}
