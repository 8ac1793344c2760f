//! Rekor: an entry is submitted to a transparency log or looked up in it, and comes back in the form
//! that bundles hold (`TransparencyLogEntry`). Nothing is believed here: the verifier judges what the
//! log said.

mod search;

use std::collections::BTreeMap;
use std::error::Error;
use std::fmt;

use pysign_host::{Problem, Sha256, Status};
use pysign_http::{Body, Client, Request, Response, Url};
use serde_json::{Value, json};
use sigstore_verify::rekor::{HashedRekord, HashedRekordV2, LogEntry, RekorV2KeyDetails};
use sigstore_verify::types::{
    DerCertificate, KindVersion, Sha256Hash, SignatureBytes, TransparencyLogEntry,
};

pub use search::{entry, search};

/// An entry with its proof is some 5 kB, and a proof grows by 44 bytes when a log doubles.
const MAX_ANSWER: u64 = 1 << 20;

/// The API that a log speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogVersion {
    /// Entries are stamped by the log itself (its `integratedTime` and promise).
    V1,
    /// Entries have no time: a timestamp authority gives one.
    V2,
}

/// A log to submit to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogService {
    /// Its base address.
    pub url: Url,
    /// Its API.
    pub version: LogVersion,
}

/// A signature over a file's digest, by the P-256 key of a certificate.
#[derive(Clone, Copy, Debug)]
pub struct Signed<'a> {
    /// The file's digest.
    pub digest: Sha256,
    /// The ECDSA signature, in DER.
    pub signature: &'a [u8],
    /// The leaf certificate, in DER.
    pub certificate: &'a [u8],
}

impl LogService {
    /// Logs `signed` as a hashedrekord; gives the entry as bundles hold it.
    pub fn submit(&self, client: &Client, signed: Signed<'_>) -> Result<Value, RekorError> {
        match self.version {
            LogVersion::V1 => self.submit_v1(client, signed),
            LogVersion::V2 => self.submit_v2(client, signed),
        }
    }

    fn submit_v1(&self, client: &Client, signed: Signed<'_>) -> Result<Value, RekorError> {
        let (digest, signature, certificate) = signed.parts();
        let body = serde_json::to_vec(&HashedRekord::new(&digest, &signature, &certificate))
            .map_err(|cause| self.unreadable(cause))?;
        let url = self.url.with_path_segments(&["api", "v1", "log", "entries"]);
        let answer = post(client, url.clone(), &body, &[409])?;
        let answer = match answer.status {
            // The log has this entry: the answer to an earlier try was lost on its way.
            409 => self.follow(client, &url, &answer)?,
            _ => answer,
        };
        self.entry_v1(&answer.body)
    }

    /// Gets the entry that a 409 names in its `Location`, from this log only.
    fn follow(
        &self,
        client: &Client,
        url: &Url,
        answer: &Response,
    ) -> Result<Response, RekorError> {
        let place = answer
            .header("location")
            .and_then(|place| url.join(place).ok())
            .filter(|place| place.origin() == self.url.origin())
            .ok_or_else(|| self.nonsense("a conflict, without saying where the other entry is"))?;
        let request = Request::get(place).no_redirects();
        client.send(&request, MAX_ANSWER).map_err(RekorError::Http)
    }

    /// The one entry of an answer.
    fn entry_v1(&self, body: &[u8]) -> Result<Value, RekorError> {
        let answer = parse(&self.url, body)?;
        as_in_bundles(&self.url, answer)
    }

    fn submit_v2(&self, client: &Client, signed: Signed<'_>) -> Result<Value, RekorError> {
        let (digest, signature, certificate) = signed.parts();
        let key = RekorV2KeyDetails::PkixEcdsaP256Sha256;
        let entry = HashedRekordV2::new_with_certificate(&digest, &signature, &certificate, key);
        let body = serde_json::to_vec(&entry).map_err(|cause| self.unreadable(cause))?;
        let url = self.url.with_path_segments(&["api", "v2", "log", "entries"]);
        let answer = post(client, url, &body, &[])?;
        // Read and written again, so that a bundle has no member that is unknown to verifiers.
        let entry: TransparencyLogEntry = serde_json::from_value(self.json(&answer.body)?)
            .map_err(|cause| self.unreadable(cause))?;
        serde_json::to_value(entry).map_err(|cause| self.unreadable(cause))
    }

    fn json(&self, answer: &[u8]) -> Result<Value, RekorError> {
        parse(&self.url, answer)
    }

    fn nonsense(&self, fact: &'static str) -> RekorError {
        nonsense(&self.url, fact)
    }

    fn unreadable(&self, cause: impl Error + Send + Sync + 'static) -> RekorError {
        unreadable(&self.url, cause)
    }
}

/// The one entry of `answer`, an object with the entry's id as its only name, as bundles hold it.
fn as_in_bundles(log: &Url, answer: Value) -> Result<Value, RekorError> {
    let entries: BTreeMap<String, LogEntry> =
        serde_json::from_value(answer).map_err(|cause| unreadable(log, cause))?;
    let mut entries = entries.into_values();
    let (Some(entry), None) = (entries.next(), entries.next()) else {
        return Err(nonsense(log, "it has not exactly one entry"));
    };
    let entry = entry
        .to_bundle_entry(KindVersion::HashedRekordV001)
        .map_err(|cause| unreadable(log, cause))?;
    serde_json::to_value(entry).map_err(|cause| unreadable(log, cause))
}

fn parse(log: &Url, answer: &[u8]) -> Result<Value, RekorError> {
    serde_json::from_slice(answer).map_err(|_| nonsense(log, "it is not JSON"))
}

fn nonsense(log: &Url, fact: &'static str) -> RekorError {
    RekorError::Answer { log: log.clone(), cause: fact.into() }
}

fn unreadable(log: &Url, cause: impl Error + Send + Sync + 'static) -> RekorError {
    RekorError::Answer { log: log.clone(), cause: Box::new(cause) }
}

fn post(client: &Client, url: Url, body: &[u8], accepted: &[u16]) -> Result<Response, RekorError> {
    let request = Request::post(url)
        .header("Content-Type", "application/json")
        .header("Accept", "application/json")
        .body(Body::Bytes(body))
        .accept(accepted)
        .no_redirects();
    client.send(&request, MAX_ANSWER).map_err(RekorError::Http)
}

impl Signed<'_> {
    /// The bundle that says so, with an entry as [`LogService::submit`] and [`search`] give it
    /// (sigstore protobuf-specs, `Bundle`, version 0.3).
    pub fn bundle(&self, entry: &Value) -> Value {
        let (digest, signature, certificate) = self.parts();
        json!({
            "mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json",
            "verificationMaterial": {
                "certificate": {"rawBytes": certificate},
                "tlogEntries": [entry],
            },
            "messageSignature": {
                "messageDigest": {"algorithm": "SHA2_256", "digest": digest},
                "signature": signature,
            },
        })
    }

    fn parts(&self) -> (Sha256Hash, SignatureBytes, DerCertificate) {
        (
            Sha256Hash::new(*self.digest.as_bytes()),
            SignatureBytes::from_bytes(self.signature),
            DerCertificate::from_bytes(self.certificate),
        )
    }
}

/// What can go wrong between us and a log.
#[derive(Debug)]
#[non_exhaustive]
pub enum RekorError {
    /// The answer is not what a log says.
    Answer {
        /// The log.
        log: Url,
        /// What is wrong with it.
        cause: Box<dyn Error + Send + Sync>,
    },
    /// The request failed.
    Http(pysign_http::Error),
}

impl RekorError {
    /// Every code of this type, beside those of HTTP.
    pub const CODES: &'static [&'static str] = &["rekor-answer"];
}

impl fmt::Display for RekorError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Answer { log, .. } => {
                write!(f, "the answer of the log '{log}' holds no entry")
            }
            Self::Http(error) => error.fmt(f),
        }
    }
}

impl Error for RekorError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Answer { cause, .. } => Some(&**cause),
            Self::Http(error) => error.source(),
        }
    }
}

impl Problem for RekorError {
    fn code(&self) -> &'static str {
        match self {
            Self::Answer { .. } => "rekor-answer",
            Self::Http(error) => error.code(),
        }
    }

    /// An answer that makes no sense is what a proxy's or a balancer's page looks like: worth a
    /// retry. One that makes sense and is false is found by the verifier.
    fn status(&self) -> Status {
        match self {
            Self::Answer { .. } => Status::Unavailable,
            Self::Http(error) => error.status(),
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::Answer { .. } => None,
            Self::Http(error) => error.hint(),
        }
    }
}
