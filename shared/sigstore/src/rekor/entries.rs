//! Entries of a log of version 1: as the log answers them, and looked up by what they say or by their
//! index. A log may answer with anything; what it answers becomes a bundle, and the verifier refuses
//! one whose entry is another's.

use std::collections::BTreeMap;

use pysign_http::{Client, Request, Url};
use serde_json::{Value, json};
use sigstore_verify::rekor::LogEntry;
use sigstore_verify::types::{Checkpoint, KindVersion};

use super::{MAX_ANSWER, RekorError, Signed, malformed, parse, post};

/// An entry and its id.
pub(super) struct Logged {
    id: String,
    entry: LogEntry,
}

impl Logged {
    /// The one entry of `answer`, an object with the entry's id as its only name.
    pub(super) fn read(log: &Url, answer: Value) -> Result<Self, RekorError> {
        let entries: BTreeMap<String, LogEntry> =
            serde_json::from_value(answer).map_err(|cause| malformed(log, cause))?;
        let mut entries = entries.into_iter();
        let (Some((id, entry)), None) = (entries.next(), entries.next()) else {
            return Err(malformed(log, "it doesn't contain exactly one entry"));
        };
        // It becomes part of an address.
        if id.is_empty() || !id.chars().all(|c| c.is_ascii_hexdigit()) {
            return Err(malformed(log, "the entry's id is not hexadecimal"));
        }
        Ok(Self { id, entry })
    }

    /// What the log calls it.
    pub(super) fn id(&self) -> &str {
        &self.id
    }

    /// Whether there is a proof with a tree head that is not from before the entry. Whether it
    /// holds, the verifier says.
    pub(super) fn is_proven(&self) -> bool {
        let proof = self.entry.verification.as_ref().and_then(|all| all.inclusion_proof.as_ref());
        proof.is_some_and(|proof| {
            // One that can't be read will not be better next time.
            let head = Checkpoint::from_text(&proof.checkpoint).ok();
            head.is_none_or(|head| head.tree_size() > proof.log_index.get())
        })
    }

    /// The entry as bundles hold it.
    pub(super) fn in_bundles(&self, log: &Url, kind: KindVersion) -> Result<Value, RekorError> {
        let entry = self.entry.to_bundle_entry(kind).map_err(|cause| malformed(log, cause))?;
        serde_json::to_value(entry).map_err(|cause| malformed(log, cause))
    }
}

/// An entry may be in each tree of a log, and the public one has had three. Each costs a
/// verification.
const MAX_FOUND: usize = 10;

/// The entries of a log of version 1 that are for this digest, signature and certificate: the log is
/// asked for the very entry that these make (`SearchLogQuery.entries` of its API), not for all that
/// name the digest, whose number anyone can make endless.
///
/// Of what is no signature by this certificate over this digest, a log says so (400) and has no
/// entry; nor has a service that does not know of this API (404).
pub fn search(client: &Client, log: &Url, signed: Signed<'_>) -> Result<Vec<Value>, RekorError> {
    let query = json!({"entries": [super::signed::proposal_v1(signed)]});
    let url = log.with_path_segments(&["api", "v1", "log", "entries", "retrieve"]);
    let answer = post(client, url, &query, &[400, 404])?;
    if answer.status != 200 {
        return Ok(Vec::new());
    }
    let Value::Array(found) = parse(log, &answer.body)? else {
        return Err(malformed(log, "it is not a list of entries"));
    };
    if found.len() > MAX_FOUND {
        return Err(malformed(log, "it has more entries than the log has trees"));
    }
    let kind = super::signed::kind(signed.content);
    found.into_iter().map(|one| Logged::read(log, one)?.in_bundles(log, kind)).collect()
}

/// The entry of a log of version 1 at this index, over all of its trees; none if it has no such
/// entry.
pub fn entry(client: &Client, log: &Url, index: u64) -> Result<Option<Value>, RekorError> {
    let url = log
        .with_path_segments(&["api", "v1", "log", "entries"])
        .with_query(&format!("logIndex={index}"));
    let request = Request::get(url).header("Accept", "application/json");
    let answer = client
        .send(&request.accept(&[404]).no_redirects(), MAX_ANSWER)
        .map_err(RekorError::Http)?;
    if answer.status == 404 {
        return Ok(None);
    }
    let found = Logged::read(log, parse(log, &answer.body)?)?;
    found.in_bundles(log, KindVersion::HashedRekordV001).map(Some)
}
