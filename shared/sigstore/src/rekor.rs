//! Rekor: an entry is submitted to a transparency log or looked up in it, and comes back in the form
//! that bundles hold (`TransparencyLogEntry`). Nothing is believed here: the verifier judges what the
//! log said.

mod error;
mod logged;
mod search;
mod signed;

use std::error::Error;

use pysign_http::{Body, Client, Request, Response, Url};
use serde_json::Value;
use sigstore_verify::types::TransparencyLogEntry;

pub use error::RekorError;
use logged::Logged;
pub use search::{entry, search};
pub use signed::{Content, Signed, Signer, is_provable};

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
        let log = &self.url;
        let entries = log.with_path_segments(&["api", "v1", "log", "entries"]);
        let answer = post(client, entries.clone(), &signed.proposal_v1(), &[409])?;
        let (place, found) = if answer.status == 409 {
            // The log has this entry: the answer to an earlier try was lost on its way.
            let place = self.named_place(&entries, &answer)?;
            let found = self.ask(client, &place)?;
            (place, found)
        } else {
            let found = Logged::read(log, parse(log, &answer.body)?)?;
            (log.with_path_segments(&["api", "v1", "log", "entries", found.id()]), Some(found))
        };
        self.proven(client, &place, found)?.in_bundles(log, signed.content.kind())
    }

    /// Where the entry is that a 409 names in its `Location`, at this log only.
    fn named_place(&self, entries: &Url, answer: &Response) -> Result<Url, RekorError> {
        answer
            .header("location")
            .and_then(|place| entries.join(place).ok())
            .filter(|place| place.origin() == self.url.origin())
            .ok_or_else(|| {
                nonsense(&self.url, "a conflict, without saying where the other entry is")
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
        let answer = post(client, url, &signed.proposal_v2(), &[409])?;
        if answer.status == 409 {
            // rekor-tiles, `duplicateEntryHeader`.
            let index = answer.header("x-log-index").and_then(|index| index.parse().ok());
            return Err(RekorError::Known { log: log.clone(), index });
        }
        // Read and written again, so that a bundle has no member that is unknown to verifiers.
        let entry: TransparencyLogEntry = serde_json::from_value(parse(log, &answer.body)?)
            .map_err(|cause| unreadable(log, cause))?;
        serde_json::to_value(entry).map_err(|cause| unreadable(log, cause))
    }
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
