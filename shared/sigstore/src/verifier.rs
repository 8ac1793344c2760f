//! The verifier: a bundle and a digest become a proof, or an error.

use std::collections::BTreeMap;
use std::path::Path;

use jiff::Timestamp;
use pysign_attest::{Bundle, Certificate};
use pysign_host::Sha256;
use sigstore_verify::types::Sha256Hash;
use sigstore_verify::{VerificationPolicy, VerificationResult};

use crate::error::said;
use crate::{Error, Trust, TrustedRoot, strict};

/// Verifies against one trusted root.
pub struct Verifier {
    trust: Trust,
    logs: BTreeMap<Sha256, Log>,
}

/// A log of the trusted root, and a verifier that knows no other.
struct Log {
    url: String,
    verifier: sigstore_verify::Verifier,
}

/// That a file was signed: only [`Verifier::prove`] makes one.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Proof {
    /// The certificate's one subject alternative name: a URI or an e-mail address.
    pub identity: String,
    /// The OIDC issuer that vouched for it.
    pub issuer: String,
    /// The certificate.
    pub certificate: Certificate,
    /// The signature.
    pub signature: Vec<u8>,
    /// The earliest time that is proven; its text is RFC 3339 in UTC.
    pub signed_at: Timestamp,
    /// The log's address, by the trusted root.
    pub log: String,
    /// The entry's index in that log.
    pub log_index: u64,
}

impl Verifier {
    /// Takes the keys of `root`. One that can't be used is an error, and not one trust less.
    pub fn new(root: TrustedRoot) -> Result<Self, Error> {
        let TrustedRoot { name, trust, root } = root;
        let verifier = |root: &_| {
            sigstore_verify::Verifier::new(root)
                .map_err(|cause| Error::TrustedRoot { file: name.clone(), cause: said(&cause) })
        };
        // The whole of it once: two logs of one id would not meet below.
        verifier(&root)?;
        let mut logs = BTreeMap::new();
        for log in &root.tlogs {
            let mut only = root.clone();
            only.tlogs = vec![log.clone()];
            let known = Log { url: log.base_url.clone(), verifier: verifier(&only)? };
            // The verifier has refused any id that is no digest.
            if let Ok(id) = log.log_id.key_id.as_bytes().try_into() {
                logs.insert(Sha256::from_bytes(id), known);
            }
        }
        Ok(Self { trust, logs })
    }

    /// Which trusted root it is.
    pub fn trust(&self) -> Trust {
        self.trust
    }

    /// Proves that `bundle` is a signature of the file with this digest: by the key of a
    /// certificate from an authority of the trusted root, at a time when that was valid, and logged.
    /// Whose it is, [`Proof`] says; whether that is enough, [`crate::Expected::check`].
    ///
    /// `file` is what messages call the signed file.
    pub fn prove(&self, digest: &Sha256, file: &Path, bundle: &[u8]) -> Result<Proof, Error> {
        let malformed = |cause| Error::Malformed { file: file.into(), cause };
        let parts = Bundle::parse(bundle).map_err(malformed)?;
        let entry = strict::check(&parts, digest, file)?;
        let certificate = parts.certificate().map_err(malformed)?;
        let log = self
            .logs
            .get(&entry.log)
            .ok_or_else(|| Error::LogUnknown { file: file.into(), log: entry.log })?;
        let disagreement = || Error::Disagreement { file: file.into() };
        let text = std::str::from_utf8(bundle).map_err(|_| disagreement())?;
        let result = log.verify(digest, text).map_err(|cause| Error::from_library(file, cause))?;
        let signed_at = signed_at(&result, &certificate).ok_or_else(disagreement)?;
        Ok(Proof {
            identity: certificate.identity().to_owned(),
            issuer: certificate.issuer().to_owned(),
            certificate,
            signature: parts.signature().to_vec(),
            signed_at,
            log: log.url.clone(),
            log_index: entry.index,
        })
    }
}

impl Log {
    fn verify(
        &self,
        digest: &Sha256,
        bundle: &str,
    ) -> Result<VerificationResult, sigstore_verify::Error> {
        let bundle = sigstore_verify::types::Bundle::from_json(bundle)?;
        let digest = Sha256Hash::new(*digest.as_bytes());
        self.verifier.verify(digest, &bundle, &VerificationPolicy::any_identity())
    }
}

/// The earliest proven time, if the library has proven everything that it was asked for, about the
/// signer that we read from the certificate ourselves.
fn signed_at(result: &VerificationResult, certificate: &Certificate) -> Option<Timestamp> {
    let whole = result.certificate_verified() && result.sct_verified() && result.tlog_verified();
    let same = result.identity().is_some_and(|name| name.as_str() == certificate.identity())
        && result.issuer() == Some(certificate.issuer());
    result.verified_timestamps().iter().min().copied().filter(|_| whole && same)
}
