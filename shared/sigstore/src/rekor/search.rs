//! Looking an entry up: by what it says, or by its index. A log may answer with anything; what it
//! answers becomes a bundle, and the verifier refuses one whose entry is another's.

use pysign_http::{Client, Request, Url};
use serde_json::{Value, json};
use sigstore_verify::types::KindVersion;

use super::logged::Logged;
use super::{MAX_ANSWER, RekorError, Signed, malformed, parse, post};

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
    let query = json!({"entries": [signed.proposal_v1()]});
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
    let kind = signed.content.kind();
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
