//! The verifier: a bundle and a digest become a proof, or an error.

use std::collections::BTreeMap;

use jiff::Timestamp;
use pysign_attest::{Bundle, Content, PublicKey};
use pysign_host::Sha256;
use sigstore_verify::types::{DerPublicKey, Sha256Hash, TimeRange};
use sigstore_verify::{PublicKeyVerificationPolicy, VerificationPolicy, VerificationResult};

use crate::error::said;
use crate::{
    Error, LogFault, Proof, Signer, Subject, Trust, TrustedRoot, authorities, remembered,
    statement, strict,
};

/// Verifies against one trusted root.
pub struct Verifier {
    trust: Trust,
    logs: BTreeMap<Sha256, Log>,
}

/// A log of the trusted root, and a verifier that knows no other.
struct Log {
    url: String,
    /// When its key was valid, both ends included (protobuf-specs, `TimeRange`).
    window: Option<TimeRange>,
    searchable: bool,
    verifier: sigstore_verify::Verifier,
}

impl Verifier {
    /// Takes the keys of `root`. One that can't be used is an error, and not one trust less.
    pub fn new(root: TrustedRoot) -> Result<Self, Error> {
        remembered::install();
        let TrustedRoot { name, trust, mut root } = root;
        let verifier = |root: &_| {
            sigstore_verify::Verifier::new(root)
                .map_err(|cause| Error::TrustedRoot { file: name.clone(), cause: said(&cause) })
        };
        authorities::narrow(&mut root)
            .map_err(|cause| Error::TrustedRoot { file: name.clone(), cause })?;
        // The whole of it once: two logs of one id would not meet below.
        verifier(&root)?;
        let mut logs = BTreeMap::new();
        for log in &root.tlogs {
            let mut only = root.clone();
            only.tlogs = vec![log.clone()];
            // The verifier has refused any id that is no digest.
            if let Ok(id) = log.log_id.key_id.as_bytes().try_into() {
                let id = Sha256::from_bytes(id);
                let known = Log {
                    url: log.base_url.clone(),
                    window: log.public_key.valid_for,
                    searchable: id == Sha256::of(log.public_key.raw_bytes.as_bytes()),
                    verifier: verifier(&only)?,
                };
                logs.insert(id, known);
            }
        }
        Ok(Self { trust, logs })
    }

    /// Which trusted root it is.
    pub fn trust(&self) -> Trust {
        self.trust
    }

    /// The address of a log of the trusted root, by its id.
    pub fn log_url(&self, id: &Sha256) -> Option<&str> {
        self.logs.get(id).map(|log| log.url.as_str())
    }

    /// The addresses of the logs that answer searches: those of Rekor v1, whose id is the digest of
    /// the key. Of a tiled log (v2) it is that of name and key (C2SP `signed-note`).
    pub fn searchable_logs(&self) -> impl Iterator<Item = &str> {
        self.logs.values().filter(|log| log.searchable).map(|log| log.url.as_str())
    }

    /// Proves that `bundle` is a signature of `subject`, or of a statement about it, and logged: by
    /// `key`, or without one by the key of a certificate from an authority of the trusted root, at a
    /// time when that was valid. Whose certificate it is, [`Proof`] says; whether that is enough,
    /// [`crate::Expected::check`].
    pub fn prove(
        &self,
        subject: &Subject<'_>,
        bundle: &[u8],
        key: Option<&PublicKey>,
    ) -> Result<Proof, Error> {
        let file = subject.file;
        let malformed = |cause| Error::Malformed { file: file.into(), cause };
        let parts = Bundle::parse(bundle).map_err(malformed)?;
        let entry = strict::check(&parts, subject, key)?;
        let signer = match key {
            Some(key) => Signer::Key(key.clone()),
            None => Signer::Certificate(parts.certificate().map_err(malformed)?),
        };
        let statement = match &parts.content {
            Content::Envelope(envelope) => Some(envelope.statement().map_err(malformed)?),
            Content::Message { .. } => None,
        };
        if let Some(statement) = &statement {
            statement::check(statement, subject, &signer)
                .map_err(|fault| Error::Statement { file: file.into(), fault })?;
        }
        let log = self
            .logs
            .get(&entry.log)
            .ok_or_else(|| Error::LogUnknown { file: file.into(), log: entry.log })?;
        let disagreement = || Error::Disagreement { file: file.into() };
        let text = std::str::from_utf8(bundle).map_err(|_| disagreement())?;
        let result = log
            .verify(subject.digest, text, &signer)
            .map_err(|cause| Error::from_library(file, cause))?;
        let times = times(&result, &signer).ok_or_else(disagreement)?;
        let signed_at = times.iter().min().copied();
        if signed_at.is_some_and(|time| log.window.is_some_and(|window| !window.contains(time))) {
            return Err(Error::Log { file: file.into(), fault: LogFault::Window });
        }
        Ok(Proof {
            signer,
            signature: parts.signature().to_vec(),
            signed_at,
            times,
            timestamps: parts.timestamps.len(),
            log: log.url.clone(),
            log_index: entry.index,
            statement,
        })
    }
}

impl Log {
    fn verify(
        &self,
        digest: Sha256,
        bundle: &str,
        signer: &Signer,
    ) -> Result<VerificationResult, sigstore_verify::Error> {
        let bundle = sigstore_verify::types::Bundle::from_json(bundle)?;
        let digest = Sha256Hash::new(*digest.as_bytes());
        match signer {
            Signer::Certificate(_) => {
                self.verifier.verify(digest, &bundle, &VerificationPolicy::any_identity())
            }
            Signer::Key(key) => {
                let key = DerPublicKey::new(key.spki().to_vec());
                self.verifier.verify(digest, &bundle, &PublicKeyVerificationPolicy::new(key))
            }
        }
    }
}

/// The proven times, if the library has proven everything that it was asked for, about the signer
/// that we read from the certificate ourselves. For a certificate there is always one.
fn times(result: &VerificationResult, signer: &Signer) -> Option<Vec<Timestamp>> {
    let times = result.verified_timestamps().to_vec();
    let same = match signer {
        Signer::Certificate(certificate) => {
            result.certificate_verified()
                && result.sct_verified()
                && result.identity().is_some_and(|name| name.as_str() == certificate.identity())
                && result.issuer() == Some(certificate.issuer())
                && !times.is_empty()
        }
        Signer::Key(_) => result.certificate().is_none(),
    };
    (result.tlog_verified() && same).then_some(times)
}

/// Threads share one verifier.
const _: () = {
    const fn shared<T: Send + Sync>() {}
    shared::<Verifier>();
};
