//! One signature: made, stamped, logged, put together, and verified as a stranger would.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use pysign_attest::{Certificate, Envelope};
use pysign_host::{Failure, FileError, Host, Sha256};
use pysign_http::Client;
use pysign_manifest::SignatureKind;
use pysign_sigstore::rekor::{self, LogService, RekorError};
use pysign_sigstore::signing_config::Services;
use pysign_sigstore::{Unlogged, Verifier};

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

/// Rekor v2 does not return an entry again whose answer was lost, and a new signature is a new entry.
/// So often a signature of one file is made anew.
const MAX_LOST: u32 = 2;

/// Signs with one key and one certificate, which are asked for when the first file needs them, and
/// again when the certificate nears its end. Threads share it.
pub(crate) struct Signer<'a> {
    client: &'a Client,
    services: &'a Services,
    method: &'a SigningMethod<'a>,
    trust: &'a Trust<'a>,
    host: &'a Host,
    /// Locked while a certificate is requested: whoever needs one meanwhile waits for the same one.
    held: Mutex<Held>,
}

/// What the services' answers are judged by: before anything is logged, and in the end.
pub(crate) struct Trust<'a> {
    pub(crate) unlogged: &'a Unlogged,
    pub(crate) verifier: &'a Verifier,
    pub(crate) signer: &'a ExpectedSigner,
}

/// The certificate that the run has at the moment.
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
    /// Before the certificate was requested.
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
        Self { client, services, method, trust, host, held: Mutex::new(Held::Nothing) }
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
            let mut made = Made::unsigned(&planned.content);
            made.sign(key)?;
            let stamp = match planned.kind {
                // An attestation has no place for a timestamp.
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
                    let bundle = signed.to_bundle(&[entry?], stamp.as_deref());
                    break bundle.to_string().into_bytes();
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
            Err(untrusted("the certificate is not valid at its time".into()).into())
        }
    }

    /// The key that was given; else the key and certificate of the run, or new ones when the certificate
    /// nears its end.
    fn credentials(&self) -> Result<Arc<Credentials>, Unsigned> {
        let now = self.host.clock.instant();
        let identity = match self.method {
            SigningMethod::Keyless(identity) => identity,
            SigningMethod::Key { key, .. } => {
                let key = Arc::clone(key);
                return Ok(Arc::new(Credentials { key, certificate: None, since: now }));
            }
        };
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        match &*held {
            Held::Credentials(credentials) if credentials.last(now) => {
                return Ok(Arc::clone(credentials));
            }
            Held::Refused => return Err(Unsigned::Skipped),
            Held::Nothing | Held::Credentials(_) => {}
        }
        let new = self.certify(identity).map(Arc::new);
        *held = new.as_ref().map_or(Held::Refused, |new| Held::Credentials(Arc::clone(new)));
        Ok(new?)
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

/// What is signed, with its signature.
enum Made {
    File { digest: Sha256, signature: Vec<u8> },
    Statement(Envelope),
}

impl Made {
    fn unsigned(content: &Content) -> Self {
        match content {
            Content::File(digest) => Self::File { digest: *digest, signature: Vec::new() },
            Content::Statement { payload, .. } => {
                Self::Statement(Envelope::unsigned(payload.clone()))
            }
        }
    }

    fn sign(&mut self, key: &Key) -> Result<(), FileError> {
        match self {
            Self::File { digest, signature } => *signature = key.sign_digest(*digest)?,
            Self::Statement(envelope) => envelope.signature = key.sign(&envelope.pae())?,
        }
        Ok(())
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

/// An attestation has no place for a timestamp (PEP 740, "Attestation objects"), so its log must say
/// when it was made: Rekor v1 does.
fn log_for(services: &Services, kind: SignatureKind) -> Result<&LogService, Error> {
    let log = match kind {
        SignatureKind::Attestation => services.log_v1.as_ref(),
        _ => Some(&services.log),
    };
    log.ok_or(Error::NoLogV1)
}

/// Refuses, before any request, what no log would take of this signer or no verifier accept.
pub(crate) fn check(
    services: &Services,
    planned: &Planned<'_>,
    signer: &ExpectedSigner,
) -> Result<(), Failure> {
    let log = log_for(services, planned.kind)?;
    let Some(key) = signer.key() else { return Ok(()) };
    if rekor::is_provable(log.version, key.kind(), Made::unsigned(&planned.content).content()) {
        Ok(())
    } else {
        Err(RekorError::Key { log: log.url.clone(), key: Some(key.kind()) }.into())
    }
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
