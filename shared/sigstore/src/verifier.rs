//! The verifier: a bundle and a digest become a proof, or an error.

use std::collections::BTreeMap;

use jiff::Timestamp;
use pysign_attest::{Bundle, Content, LogEntry, PublicKey};
use pysign_host::{Clock, Host, Notes, Sha256};
use sigstore_verify::types::{DerPublicKey, Sha256Hash, TimeRange};
use sigstore_verify::{
    PublicKeyVerificationPolicy, TransparencyLogError, VerificationPolicy, VerificationResult,
};

use crate::error::said;
use crate::tuf::timestamp;
use crate::{
    Error, Proof, Signer, Subject, Trust, TrustedRoot, authorities, check_statement,
    signature_cache, strict,
};

/// Verifies against one trusted root.
pub struct Verifier {
    trust: Trust,
    logs: BTreeMap<Sha256, Log>,
    clock: Clock,
    notes: Notes,
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
    /// Loads the keys of `root`. An unusable key is an error; it is not skipped.
    pub fn new(root: TrustedRoot, host: &Host) -> Result<Self, Error> {
        signature_cache::install();
        let TrustedRoot { name, trust, mut root } = root;
        let verifier = |root: &_| {
            sigstore_verify::Verifier::new(root)
                .map_err(|cause| Error::TrustedRoot { file: name.clone(), cause: said(&cause) })
        };
        authorities::narrow(&mut root)
            .map_err(|cause| Error::TrustedRoot { file: name.clone(), cause })?;
        // The complete root once: a verifier for one log can't notice two logs with the same id.
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
        Ok(Self { trust, logs, clock: host.clock, notes: host.notes.clone() })
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
            check_statement(statement, subject, signer.certificate())?;
        }
        let log = self
            .logs
            .get(&entry.log)
            .ok_or_else(|| Error::LogUnknown { file: file.into(), log: entry.log })?;
        let disagreement = || Error::Disagreement { file: file.into() };
        let text = std::str::from_utf8(bundle).map_err(|_| disagreement())?;
        let result = self.verify(log, entry, subject, text, &signer)?;
        let times = times(&result, &signer).ok_or_else(disagreement)?;
        let signed_at = times.iter().min().copied();
        // Without a proven time the entry may be recent: the log's key must be valid now.
        let logged_at = signed_at.unwrap_or_else(|| timestamp(self.clock));
        if log.window.is_some_and(|window| !window.contains(logged_at)) {
            let cause = "the log's key was not valid at that time".into();
            return Err(Error::Log { file: file.into(), cause });
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

    /// What the library proves, or why it does not.
    fn verify(
        &self,
        log: &Log,
        entry: &LogEntry,
        subject: &Subject<'_>,
        bundle: &str,
        signer: &Signer,
    ) -> Result<VerificationResult, Error> {
        use sigstore_verify::Error::TransparencyLog;
        let file = subject.file;
        let verify = |signer: &Signer| log.verify(subject.digest, bundle, signer);
        let result = match verify(signer) {
            // The log has signed its time: nobody else can make us wait for it.
            Err(TransparencyLog(TransparencyLogError::IntegratedTime(_))) => {
                let time = i64::try_from(entry.integrated_time).unwrap_or(i64::MAX);
                let whose = format!("'{}'", log.url);
                self.clock
                    .wait_until(time, &whose, &self.notes)
                    .map_err(|seconds| Error::ClockBehind { file: file.into(), seconds })?;
                verify(signer)
            }
            result => result,
        };
        result.map_err(|cause| match (signer, strict::logged_key(entry)) {
            // All of it holds, only not by the key that was given.
            (Signer::Key(key), Some(logged)) if verify(&Signer::Key(logged.clone())).is_ok() => {
                let (expected, found) = (key.sha256(), logged.sha256());
                Error::Key { file: file.into(), expected, found }
            }
            _ => Error::from_library(file, cause),
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
