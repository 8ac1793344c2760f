//! Rekor: an entry is submitted to a transparency log or looked up in it, and comes back in the form
//! that bundles hold (`TransparencyLogEntry`). Nothing is believed here: the verifier judges what the
//! log said.

mod entries;
mod signed;

use pysign_attest::KeyKind;
use pysign_http::{Body, Client, Request, Response, Url};
use serde_json::Value;
use sigstore_verify::types::TransparencyLogEntry;

use crate::error::Cause;

use entries::Logged;
pub use entries::{entry, search};
pub use signed::{Content, KEYS, Signed, Signer, is_provable};

#[cfg(test)]
mod tests;

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

impl LogService {
    /// Logs `signed`; gives the entry as bundles hold it: a hashedrekord or, in version 1, a dsse.
    pub fn submit(&self, client: &Client, signed: Signed<'_>) -> Result<Value, RekorError> {
        let key = signed::key_kind(signed.signer);
        if !key.is_some_and(|key| is_provable(self.version, key, signed.content)) {
            return Err(RekorError::Key { log: self.url.clone(), key });
        }
        match self.version {
            LogVersion::V1 => self.submit_v1(client, signed),
            LogVersion::V2 => self.submit_v2(client, signed),
        }
    }

    fn submit_v1(&self, client: &Client, signed: Signed<'_>) -> Result<Value, RekorError> {
        let log = &self.url;
        let entries = log.with_path_segments(&["api", "v1", "log", "entries"]);
        let answer = post(client, entries.clone(), &signed::proposal_v1(signed), &[409])?;
        let (place, found) = if answer.status == 409 {
            // The log has this entry: the answer to an earlier try was lost on its way.
            let place = self.named_place(&entries, &answer)?;
            let found = self.ask(client, &place)?;
            (place, found)
        } else {
            let found = Logged::read(log, parse(log, &answer.body)?)?;
            (log.with_path_segments(&["api", "v1", "log", "entries", found.id()]), Some(found))
        };
        self.proven(client, &place, found)?.in_bundles(log, signed::kind(signed.content))
    }

    /// Where the entry is that a 409 names in its `Location`, at this log only.
    fn named_place(&self, entries: &Url, answer: &Response) -> Result<Url, RekorError> {
        answer
            .header("location")
            .and_then(|place| entries.join(place).ok())
            .filter(|place| place.origin() == self.url.origin())
            .ok_or_else(|| {
                malformed(
                    &self.url,
                    "it reports a conflict and does not say where the other entry is",
                )
            })
    }

    /// Asks for an entry until it is proven. A log takes entries before it puts them into its tree,
    /// and a replica of it may lag behind.
    fn proven(
        &self,
        client: &Client,
        place: &Url,
        mut found: Option<Logged>,
    ) -> Result<Logged, RekorError> {
        let mut attempts = client.attempts();
        loop {
            if let Some(proven) = found.filter(Logged::is_proven) {
                return Ok(proven);
            }
            if !client.wait(&mut attempts) {
                return Err(RekorError::Behind { log: self.url.clone() });
            }
            found = self.ask(client, place)?;
        }
    }

    /// An entry; none while the log has not put it into its tree.
    fn ask(&self, client: &Client, place: &Url) -> Result<Option<Logged>, RekorError> {
        let request = Request::get(place.clone()).header("Accept", "application/json");
        let answer = client
            .send(&request.accept(&[404]).no_redirects(), MAX_ANSWER)
            .map_err(RekorError::Http)?;
        match answer.status {
            404 => Ok(None),
            _ => Logged::read(&self.url, parse(&self.url, &answer.body)?).map(Some),
        }
    }

    fn submit_v2(&self, client: &Client, signed: Signed<'_>) -> Result<Value, RekorError> {
        let log = &self.url;
        let url = log.with_path_segments(&["api", "v2", "log", "entries"]);
        let answer = post(client, url, &signed::proposal_v2(signed), &[409])?;
        if answer.status == 409 {
            // rekor-tiles, `duplicateEntryHeader`.
            let index = answer.header("x-log-index").and_then(|index| index.parse().ok());
            return Err(RekorError::Known { log: log.clone(), index });
        }
        // Read and written again, so that a bundle has no member that is unknown to verifiers.
        let entry: TransparencyLogEntry = serde_json::from_value(parse(log, &answer.body)?)
            .map_err(|cause| malformed(log, cause))?;
        serde_json::to_value(entry).map_err(|cause| malformed(log, cause))
    }
}

fn parse(log: &Url, answer: &[u8]) -> Result<Value, RekorError> {
    serde_json::from_slice(answer).map_err(|_| malformed(log, "it is not JSON"))
}

fn malformed(log: &Url, cause: impl Into<Cause>) -> RekorError {
    RekorError::Answer { log: log.clone(), cause: cause.into() }
}

fn post(client: &Client, url: Url, body: &Value, accepted: &[u16]) -> Result<Response, RekorError> {
    let body = body.to_string();
    let request = Request::post(url)
        .header("Content-Type", "application/json")
        .header("Accept", "application/json")
        .body(Body::Bytes(body.as_bytes()))
        .accept(accepted)
        .no_redirects();
    client.send(&request, MAX_ANSWER).map_err(RekorError::Http)
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
        cause: Cause,
    },
    /// The log has taken the entry, and had no proof of that for as long as we waited.
    Behind {
        /// The log.
        log: Url,
    },
    /// There is no entry for such a signature that a verifier could prove.
    Key {
        /// The log.
        log: Url,
        /// The kind of the key, if it is one that is known here.
        key: Option<KeyKind>,
    },
    /// A log of version 2 has this very entry, whose answer was lost, and has no way to give it
    /// again. Another signature is another entry.
    Known {
        /// The log.
        log: Url,
        /// Where it is.
        index: Option<u64>,
    },
    /// The request failed.
    Http(pysign_http::Error),
}

fn key_name(key: Option<KeyKind>) -> &'static str {
    match key {
        Some(KeyKind::P256) => "a P-256 key",
        Some(KeyKind::P384) => "a P-384 key",
        Some(KeyKind::Ed25519) => "an Ed25519 key",
        Some(KeyKind::Rsa) => "an RSA key",
        None => "a key of this kind",
    }
}

// An answer that makes no sense is what a proxy's or a balancer's page looks like: worth a retry. One
// that makes sense and is false is found by the verifier.
pysign_host::problem! { RekorError {
    Self::Answer { log, cause } => Unavailable "rekor-answer"
        ("the answer of the log '{log}' is not a log entry"), cause(&**cause);
    Self::Behind { log } => Unavailable "rekor-behind"
        ("the log '{log}' has accepted the entry, but has not published a proof of it yet");
    Self::Key { log, key } => Usage "rekor-key"
        ("the log '{log}' does not accept such a signature by {}", key_name(*key)),
        hint("sign with a P-256 key");
    Self::Known { log, index } => Unavailable "rekor-known"
        ("the log '{log}' already has this entry{}",
         index.map(|index| format!(", at index {index}")).unwrap_or_default());
} from {
    Self::Http(error) => error;
} }
