//! What only a log can tell: a pair has no log entry, and cosign's first bundles have no proof that
//! theirs was logged. Nothing that a log answers is believed: it becomes part of a bundle, and a
//! bundle holds or does not.

use std::path::Path;

use pysign_attest::LegacyBundle;
use pysign_host::Failure;
use pysign_http::{Client, Url};
use pysign_manifest::Value;
use pysign_sigstore::{Verifier, rekor};

use crate::Error;

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
            Ok(entries.iter().map(|entry| text(&signed.bundle(entry))).collect())
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
