//! An entry of a log of version 1 as the log answers it, and whether the answer proves it yet.

use std::collections::BTreeMap;

use pysign_http::Url;
use serde_json::Value;
use sigstore_verify::rekor::LogEntry;
use sigstore_verify::types::{Checkpoint, KindVersion};

use super::{RekorError, malformed};

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
