//! Fulcio: a token and a proof that we hold a key become a certificate of ten minutes
//! (sigstore protobuf-specs, `fulcio/v2/fulcio.proto`, `CreateSigningCertificate`).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use der::pem::{self, LineEnding};
use pysign_attest::Certificate;
use pysign_host::{Failure, Host, Sha256};
use pysign_http::{Body, Client, Request, Url};
use pysign_json::{Numbers, Value, json, parse};
use pysign_sigstore::Unlogged;

use crate::error::Error;
use crate::expected::Holder;
use crate::identity::Token;
use crate::key::Key;

/// A chain of three certificates has some 3 kB.
const MAX_ANSWER: u64 = 1 << 18;

/// The certificate authority, and what its answers are judged by.
pub(crate) struct Authority<'a> {
    pub(crate) client: &'a Client,
    pub(crate) url: &'a Url,
    pub(crate) trust: &'a Unlogged,
    pub(crate) host: &'a Host,
}

impl Authority<'_> {
    /// A certificate for `key`: for that key, for the identity that the token speaks of, and one that
    /// verifiers will trust. Nothing is logged for any other.
    pub(crate) fn certify(&self, token: &Token, key: &Key) -> Result<Certificate, Failure> {
        let proof = key.sign(token.subject.as_bytes())?;
        let body = request(token, key, &proof).to_string();
        // The token is in the body: it goes to this address or nowhere.
        let request = Request::post(self.url.with_path_segments(&["api", "v2", "signingCert"]))
            .header("Content-Type", "application/json")
            .header("Accept", "application/json")
            .body(Body::Bytes(body.as_bytes()))
            .hide(token.secret())
            .no_redirects();
        let answer = self.client.send(&request, MAX_ANSWER)?.body;
        let fulcio = || self.url.clone();
        let certificate =
            leaf(&answer).map_err(|cause| Error::FulcioAnswer { fulcio: fulcio(), cause })?;
        check(&certificate, self.url, token, key)?;
        let Host { clock, notes, .. } = self.host;
        clock
            .wait_until(certificate.not_before(), &format!("'{}'", self.url), notes)
            .map_err(|seconds| Error::ClockBehind { service: fulcio(), seconds })?;
        // The proof of possession is a signature by the key, and any will do.
        let subject = Sha256::of(token.subject.as_bytes());
        self.trust
            .check_certificate(&certificate, subject, &proof)
            .map_err(|cause| Error::CertificateUntrusted { fulcio: fulcio(), cause })?;
        Ok(certificate)
    }
}

fn request(token: &Token, key: &Key, proof: &[u8]) -> Value {
    let public = pem::encode_string("PUBLIC KEY", LineEnding::LF, key.spki()).unwrap_or_default();
    json!({
        "credentials": {"oidcIdentityToken": token.secret().expose()},
        "publicKeyRequest": {
            "publicKey": {"algorithm": "ECDSA", "content": public},
            "proofOfPossession": STANDARD.encode(proof),
        },
    })
}

/// The first certificate of the chain. A chain with a detached SCT is not taken: a bundle has no
/// place for it.
fn leaf(answer: &[u8]) -> Result<Certificate, Box<dyn std::error::Error + Send + Sync>> {
    let answer = parse(answer, answer.len(), Numbers::Any).map_err(|_| "it is not JSON")?;
    let leaf = answer.pointer("/signedCertificateEmbeddedSct/chain/certificates/0");
    let leaf = leaf.and_then(Value::as_str).ok_or("it has no 'signedCertificateEmbeddedSct'")?;
    Ok(Certificate::from_pem(leaf.as_bytes())?)
}

fn check(certificate: &Certificate, fulcio: &Url, token: &Token, key: &Key) -> Result<(), Error> {
    if certificate.spki() != key.spki() {
        return Err(Error::CertificateKey { fulcio: fulcio.clone() });
    }
    let found = Holder::of(certificate, token.holder.source.is_some());
    if found == token.holder {
        return Ok(());
    }
    let (expected, found) = (token.holder.to_string(), found.to_string());
    Err(Error::CertificateIdentity { fulcio: fulcio.clone(), expected, found })
}
