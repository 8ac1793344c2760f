//! Rekor: an entry is submitted to a transparency log or looked up in it, and comes back in the form
//! that bundles hold (`TransparencyLogEntry`). Nothing is believed here: the verifier judges what the
//! log said.

mod error;
mod search;
mod signed;

use std::collections::BTreeMap;
use std::error::Error;

use pysign_http::{Body, Client, Request, Response, Url};
use serde_json::Value;
use sigstore_verify::rekor::LogEntry;
use sigstore_verify::types::{KindVersion, TransparencyLogEntry};

pub use error::RekorError;
pub use search::{entry, search};
pub use signed::{Content, Signed, Signer, is_provable};

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
        let key = signed.signer.key_kind();
        if !key.is_some_and(|key| is_provable(self.version, key, signed.content)) {
            return Err(RekorError::Key { log: self.url.clone(), key });
        }
        match self.version {
            LogVersion::V1 => self.submit_v1(client, signed),
            LogVersion::V2 => self.submit_v2(client, signed),
        }
    }

    fn submit_v1(&self, client: &Client, signed: Signed<'_>) -> Result<Value, RekorError> {
        let url = self.url.with_path_segments(&["api", "v1", "log", "entries"]);
        let answer = post(client, url.clone(), &signed.proposal_v1(), &[409])?;
        let answer = match answer.status {
            // The log has this entry: the answer to an earlier try was lost on its way.
            409 => self.follow(client, &url, &answer)?,
            _ => answer,
        };
        as_in_bundles(&self.url, parse(&self.url, &answer.body)?, signed.content.kind())
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
            .ok_or_else(|| {
                nonsense(&self.url, "a conflict, without saying where the other entry is")
            })?;
        let request = Request::get(place).no_redirects();
        client.send(&request, MAX_ANSWER).map_err(RekorError::Http)
    }

    fn submit_v2(&self, client: &Client, signed: Signed<'_>) -> Result<Value, RekorError> {
        let url = self.url.with_path_segments(&["api", "v2", "log", "entries"]);
        let answer = post(client, url, &signed.proposal_v2(), &[])?;
        // Read and written again, so that a bundle has no member that is unknown to verifiers.
        let entry: TransparencyLogEntry = serde_json::from_value(parse(&self.url, &answer.body)?)
            .map_err(|cause| unreadable(&self.url, cause))?;
        serde_json::to_value(entry).map_err(|cause| unreadable(&self.url, cause))
    }
}

/// The one entry of `answer`, an object with the entry's id as its only name, as bundles hold it.
fn as_in_bundles(log: &Url, answer: Value, kind: KindVersion) -> Result<Value, RekorError> {
    let entries: BTreeMap<String, LogEntry> =
        serde_json::from_value(answer).map_err(|cause| unreadable(log, cause))?;
    let mut entries = entries.into_values();
    let (Some(entry), None) = (entries.next(), entries.next()) else {
        return Err(nonsense(log, "it has not exactly one entry"));
    };
    let entry = entry.to_bundle_entry(kind).map_err(|cause| unreadable(log, cause))?;
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
