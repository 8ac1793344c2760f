//! One signature: made, stamped, logged, put together, and verified as a stranger would.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use pysign_attest::{Certificate, Envelope};
use pysign_host::{Failure, FileError, Host, Sha256};
use pysign_http::Client;
use pysign_manifest::SignatureKind;
use pysign_sigstore::rekor::{self, LogService, RekorError};
use pysign_sigstore::signing_config::Services;
use pysign_sigstore::{Unlogged, Verifier};
use serde_json::{Value, json};

use crate::batch::Unsigned;
use crate::error::Error;
use crate::expected::ExpectedSigner;
use crate::fulcio::Authority;
use crate::identity::Identity;
use crate::key::Key;
use crate::method::SigningMethod;
use crate::plan::Planned;
use crate::sidecars::Signed;
use crate::statement::Content;
use crate::timestamp;

/// A log of version 2 does not give an entry again whose answer was lost; a new signature is a new
/// entry. It is made so often for one file.
const MAX_LOST: u32 = 2;

/// Signs with one key and one certificate, which are asked for when the first file needs them, and
/// again when the certificate nears its end. Threads share it.
pub(crate) struct Signer<'a> {
    client: &'a Client,
    services: &'a Services,
    /// What gives a certificate; nothing where a key is used without.
    identity: Option<&'a Identity<'a>>,
    trust: &'a Trust<'a>,
    host: &'a Host,
    /// Locked while they are asked for: whoever needs them meanwhile waits for the same ones.
    credentials: Mutex<Held>,
}

/// What the services' answers are judged by: before anything is logged, and in the end.
pub(crate) struct Trust<'a> {
    pub(crate) unlogged: &'a Unlogged,
    pub(crate) verifier: &'a Verifier,
    pub(crate) signer: &'a ExpectedSigner,
}

/// What is there to sign with.
enum Held {
    Nothing,
    Credentials(Arc<Credentials>),
    /// There will be none: whoever has waited does not ask again.
    Refused,
}

/// A key, and the certificate that names it.
struct Credentials {
    key: Arc<Key>,
    certificate: Option<Certificate>,
    /// Before it was asked for.
    since: Instant,
}

impl<'a> Signer<'a> {
    /// A signer by `method`. Nothing is asked for yet.
    pub(crate) fn new(
        client: &'a Client,
        services: &'a Services,
        method: &'a SigningMethod<'a>,
        trust: &'a Trust<'a>,
        host: &'a Host,
    ) -> Self {
        let (identity, held) = match method {
            SigningMethod::Keyless(identity) => (Some(&**identity), Held::Nothing),
            SigningMethod::Key { key, .. } => {
                let (key, since) = (Arc::clone(key), host.clock.instant());
                let credentials = Credentials { key, certificate: None, since };
                (None, Held::Credentials(Arc::new(credentials)))
            }
        };
        let credentials = Mutex::new(held);
        Self { client, services, identity, trust, host, credentials }
    }

    /// The log that signatures of this kind go into.
    pub(crate) fn log(&self, kind: SignatureKind) -> Result<&'a LogService, Error> {
        log_for(self.services, kind)
    }

    /// The signature that is wanted. The log comes last of the services: what is in it can't be
    /// taken back.
    pub(crate) fn sign(&self, planned: &Planned<'_>) -> Result<Signed, Unsigned> {
        let credentials = self.credentials()?;
        Ok(self.sign_with(&credentials, planned)?)
    }

    fn sign_with(
        &self,
        Credentials { key, certificate, .. }: &Credentials,
        planned: &Planned<'_>,
    ) -> Result<Signed, Failure> {
        let certificate = certificate.as_ref();
        if let Some(certificate) = certificate {
            planned.check_against(certificate)?;
        }
        let log = self.log(planned.kind)?;
        let mut lost = 0;
        let bundle = loop {
            let made = Made::by(key, &planned.content)?;
            let stamp = match planned.kind {
                // It has no place for one.
                SignatureKind::Attestation => None,
                _ => self.stamp(made.signature(), certificate)?,
            };
            let signed = rekor::Signed {
                content: made.content(),
                signer: match certificate {
                    Some(certificate) => rekor::Signer::Certificate(certificate.der()),
                    None => rekor::Signer::Key(key.public()),
                },
            };
            match log.submit(self.client, signed) {
                Err(RekorError::Known { .. }) if lost < MAX_LOST => lost += 1,
                entry => {
                    let entry = entry?;
                    let bundle = bundle(signed, &entry, stamp).to_string().into_bytes();
                    break bundle;
                }
            }
        };
        let subject = planned.subject();
        let unproven =
            |cause| Error::Unproven { file: subject.file.into(), cause: Box::new(cause) };
        let Trust { verifier, signer, .. } = self.trust;
        let proof = verifier.prove(&subject, &bundle, signer.key()).map_err(unproven)?;
        signer.check(subject.file, &proof).map_err(unproven)?;
        Ok(Signed::made(planned.kind, bundle, &proof)?)
    }

    /// When the signature was made, by the timestamp authority if there is one.
    fn stamp(
        &self,
        signature: &[u8],
        by: Option<&Certificate>,
    ) -> Result<Option<Vec<u8>>, Failure> {
        let Some(authority) = &self.services.timestamp else { return Ok(None) };
        let answer = timestamp::stamp(self.client, authority, signature)?;
        let untrusted = |cause| Error::TimestampUntrusted { authority: authority.clone(), cause };
        let time = self.trust.unlogged.check_timestamp(&answer, signature).map_err(untrusted)?;
        if by.is_none_or(|certificate| certificate.is_valid_at(time)) {
            Ok(Some(answer))
        } else {
            Err(untrusted("its time is not one at which the certificate is valid".into()).into())
        }
    }

    /// Those of the run, or new ones where these come to their end.
    fn credentials(&self) -> Result<Arc<Credentials>, Unsigned> {
        let mut held = self.credentials.lock().unwrap_or_else(PoisonError::into_inner);
        match &*held {
            Held::Credentials(credentials) if credentials.last(self.host.clock.instant()) => {
                return Ok(Arc::clone(credentials));
            }
            Held::Refused => return Err(Unsigned::Skipped),
            Held::Nothing | Held::Credentials(_) => {}
        }
        // Those of a key don't end.
        let Some(identity) = self.identity else { return Err(Unsigned::Skipped) };
        match self.certify(identity) {
            Ok(new) => {
                let new = Arc::new(new);
                *held = Held::Credentials(Arc::clone(&new));
                Ok(new)
            }
            Err(failure) => {
                *held = Held::Refused;
                Err(failure.into())
            }
        }
    }

    fn certify(&self, identity: &Identity<'_>) -> Result<Credentials, Failure> {
        let since = self.host.clock.instant();
        let key = Key::generate()?;
        let authority = Authority {
            client: self.client,
            url: &self.services.fulcio,
            trust: self.trust.unlogged,
            host: self.host,
        };
        let certificate = authority.certify(&identity.token()?, &key)?;
        Ok(Credentials { key: Arc::new(key), certificate: Some(certificate), since })
    }
}

/// A signature, with what it is over.
enum Made {
    File { digest: Sha256, signature: Vec<u8> },
    Statement(Envelope),
}

impl Made {
    fn by(key: &Key, content: &Content) -> Result<Self, FileError> {
        match content {
            Content::File(digest) => {
                Ok(Self::File { digest: *digest, signature: key.sign_digest(*digest)? })
            }
            Content::Statement { payload, .. } => {
                let mut envelope = Envelope::unsigned(payload.clone());
                envelope.signature = key.sign(&envelope.pae())?;
                Ok(Self::Statement(envelope))
            }
        }
    }

    /// As logs take it.
    fn content(&self) -> rekor::Content<'_> {
        match self {
            Self::File { digest, signature } => rekor::Content::File { digest: *digest, signature },
            Self::Statement(envelope) => rekor::Content::Envelope(envelope),
        }
    }

    fn signature(&self) -> &[u8] {
        match self {
            Self::File { signature, .. } => signature,
            Self::Statement(envelope) => &envelope.signature,
        }
    }
}

impl Credentials {
    fn last(&self, now: Instant) -> bool {
        let age = now.saturating_duration_since(self.since);
        let lifetime = self.certificate.as_ref().map(Certificate::lifetime);
        lifetime.is_none_or(|lifetime| is_good_for_another(lifetime, age))
    }
}

/// What is left of a certificate's ten minutes for services that let us wait.
const RESERVE: Duration = Duration::from_secs(150);

/// Whether a certificate of this age is taken for one more file. The age is measured here, because
/// the clocks of this machine and of the authority may differ.
fn is_good_for_another(lifetime: Duration, age: Duration) -> bool {
    age.saturating_add(RESERVE) < lifetime
}

/// An attestation has no place for a timestamp (PEP 740, "Attestation objects"), so that its log must
/// say when it was made: one of version 1 does.
fn log_for(services: &Services, kind: SignatureKind) -> Result<&LogService, Error> {
    let log = match kind {
        SignatureKind::Attestation => services.log_v1.as_ref(),
        _ => Some(&services.log),
    };
    log.ok_or(Error::NoLogV1)
}

/// Refuses what no log would take, or no verifier know, of this signer: before anything is asked of
/// anyone.
pub(crate) fn check(
    services: &Services,
    planned: &Planned<'_>,
    signer: &ExpectedSigner,
) -> Result<(), Failure> {
    let log = log_for(services, planned.kind)?;
    let Some(key) = signer.key() else { return Ok(()) };
    let envelope;
    let content = match &planned.content {
        Content::File(digest) => rekor::Content::File { digest: *digest, signature: &[] },
        Content::Statement { payload, .. } => {
            envelope = Envelope::unsigned(payload.clone());
            rekor::Content::Envelope(&envelope)
        }
    };
    if rekor::is_provable(log.version, key.kind(), content) {
        Ok(())
    } else {
        Err(RekorError::Key { log: log.url.clone(), key: Some(key.kind()) }.into())
    }
}

/// The whole of it, with the timestamp where protobuf-specs has it
/// (`VerificationMaterial.timestamp_verification_data`).
fn bundle(signed: rekor::Signed<'_>, entry: &Value, stamp: Option<Vec<u8>>) -> Value {
    let mut bundle = signed.bundle(entry);
    let material = bundle.get_mut("verificationMaterial").and_then(Value::as_object_mut);
    if let (Some(stamp), Some(members)) = (stamp, material) {
        let stamp = json!({"rfc3161Timestamps": [{"signedTimestamp": STANDARD.encode(stamp)}]});
        members.insert("timestampVerificationData".to_owned(), stamp);
    }
    bundle
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_certificate_is_renewed_before_it_ends() {
        let taken = |lifetime, age| {
            is_good_for_another(Duration::from_secs(lifetime), Duration::from_secs(age))
        };
        assert!(taken(600, 0) && taken(600, 449));
        assert!(!taken(600, 450) && !taken(600, 601));
        assert!(!taken(100, 0) && !taken(0, 0));
    }
}
