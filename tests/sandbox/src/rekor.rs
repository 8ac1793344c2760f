//! Rekor v1: entries are checked, canonicalised and logged; the answer is a promise (SET) and a
//! proof against a signed checkpoint. Entries can be looked up by id, index, hash and content.

use std::sync::{Mutex, MutexGuard, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use der::EncodePem as _;
use der::pem::LineEnding;
use serde_json::{Map, Value, json};

use crate::Error;
use crate::clock::Clock;
use crate::http::{Reply, Request, Response, refused};
use crate::log::{Added, Log};
use crate::merkle::{Hash, leaf_hash};
use crate::pki::Key;
use crate::rekor_entry::canonical;

/// The number of the active tree, in an entry's id and the checkpoint's origin.
const TREE_ID: u64 = 0x0123_4567_89ab_cdef;
/// Entries of earlier trees: `logIndex` counts them, the proof's does not.
const EARLIER: usize = 1000;
/// The host in the checkpoint's origin.
const HOST: &str = "127.0.0.1";
/// `retrieve` takes no more than this many at once, as the real one.
const MAX_QUERY: usize = 10;

/// The log.
pub(crate) struct Rekor {
    pub(crate) key: Key,
    log: Mutex<Log>,
    clock: Clock,
}

impl Rekor {
    pub(crate) fn new(clock: Clock) -> Result<Self, Error> {
        Ok(Self { key: Key::generate()?, log: Mutex::new(Log::new(clock.unix())), clock })
    }

    fn log(&self) -> MutexGuard<'_, Log> {
        self.log.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn answer(&self, request: &Request) -> Reply {
        // The real one cleans paths first; sigstore-python ends one with a slash.
        match (request.verb(), request.path.trim_end_matches('/')) {
            ("POST", ENTRIES) => self.add(request),
            ("GET", ENTRIES) => self.by_index(request),
            ("POST", "/api/v1/log/entries/retrieve") => self.by_content(request),
            ("POST", "/api/v1/index/retrieve") => self.by_hash(request),
            ("GET", "/api/v1/log") => self.state(),
            ("GET", "/api/v1/log/publicKey") => {
                let key = self.key.spki().to_pem(LineEnding::LF)?;
                Ok(Response::new(200, "application/x-pem-file", key))
            }
            ("GET", path) => match path.strip_prefix("/api/v1/log/entries/") {
                Some(uuid) => self.by_uuid(uuid),
                None => Ok(Response::problem(404, "path was not found")),
            },
            _ => Ok(Response::problem(404, "path was not found")),
        }
    }

    fn add(&self, request: &Request) -> Reply {
        let (body, names) = canonical(&request.json()?)?;
        let uuid = uuid(&body);
        let mut log = self.log();
        let answer = match log.add(body, names, self.clock.unix()) {
            // sigstore-go finds the entry in the answer by its ETag.
            Added::New(index) => Response::json(201, &json!({&uuid: self.entry(&log, index)?}))
                .with("ETag", uuid.clone()),
            Added::Known(_) => {
                let message = "An equivalent entry already exists in the transparency log";
                Response::problem(409, &format!("{message} with UUID {uuid}"))
            }
        };
        Ok(answer.with("Location", format!("{ENTRIES}/{uuid}")))
    }

    /// Logs a body as it is, unchecked, and gives its entry.
    pub(crate) fn enter(&self, body: String, names: Vec<String>) -> Result<Value, Error> {
        let mut log = self.log();
        let (Added::New(index) | Added::Known(index)) = log.add(body, names, self.clock.unix());
        self.entry(&log, index)
    }

    /// The same, where nobody asks for the entry: a proof costs a walk over the whole tree.
    pub(crate) fn log_unproven(&self, body: String, names: Vec<String>) {
        self.log().add(body, names, self.clock.unix());
    }

    /// The tree head when the log had so many entries: size, root and checkpoint.
    pub(crate) fn head_of(&self, size: usize) -> Result<(usize, Hash, String), Error> {
        let log = self.log().first(size);
        Ok((size, log.tree.root(), self.checkpoint(&log)?))
    }

    fn by_uuid(&self, uuid: &str) -> Reply {
        let log = self.log();
        match position(&log, uuid) {
            Some(index) => Ok(Response::json(200, &self.found(&log, index)?)),
            None => Ok(Response::problem(404, "")),
        }
    }

    fn by_index(&self, request: &Request) -> Reply {
        let index = request.query("logIndex").and_then(|index| index.parse::<usize>().ok());
        let index = index.ok_or_else(|| refused("logIndex in query is required"))?;
        let log = self.log();
        match index.checked_sub(EARLIER).filter(|index| log.entry(*index).is_some()) {
            Some(index) => Ok(Response::json(200, &self.found(&log, index)?)),
            None => Ok(Response::problem(404, "")),
        }
    }

    /// The entries of the given ids, indices or proposals, as far as they are logged.
    fn by_content(&self, request: &Request) -> Reply {
        let query = request.json()?;
        let list = |name: &str| query.get(name).and_then(Value::as_array).cloned();
        let [uuids, indices, proposals] =
            ["entryUUIDs", "logIndexes", "entries"].map(|name| list(name).unwrap_or_default());
        let asked = uuids.len() + indices.len() + proposals.len();
        if asked == 0 || asked > MAX_QUERY {
            return Ok(Response::problem(422, "1 to 10 entries must be asked for"));
        }
        let bodies = proposals.iter().map(canonical).collect::<Result<Vec<_>, _>>()?;
        let log = self.log();
        let by_uuid = uuids.iter().filter_map(|uuid| position(&log, uuid.as_str()?));
        let by_index = indices.iter().filter_map(|index| {
            let index = usize::try_from(index.as_u64()?).ok()?.checked_sub(EARLIER)?;
            log.entry(index).map(|_| index)
        });
        let by_body = bodies.iter().filter_map(|(body, _)| position(&log, &uuid(body)));
        let found: Result<Vec<_>, Error> =
            by_uuid.chain(by_index).chain(by_body).map(|index| self.found(&log, index)).collect();
        Ok(Response::json(200, &Value::Array(found?)))
    }

    /// The ids of the entries for an artifact's hash.
    fn by_hash(&self, request: &Request) -> Reply {
        let query = request.json()?;
        let hash = query.get("hash").and_then(Value::as_str).unwrap_or_default();
        let hash = hash.strip_prefix("sha256:").unwrap_or(hash);
        if hash.len() != 64 {
            return Ok(Response::problem(400, "the hash is not sha256:HEX"));
        }
        let log = self.log();
        let hash = hash.to_ascii_lowercase();
        let found = log.entries().iter().filter(|entry| entry.names.contains(&hash));
        Ok(Response::json(200, &found.map(|entry| json!(uuid(&entry.body))).collect()))
    }

    fn state(&self) -> Reply {
        let log = self.log();
        Ok(Response::json(
            200,
            &json!({
                "inactiveShards": [],
                "rootHash": hex::encode(log.tree.root()),
                "signedTreeHead": self.checkpoint(&log)?,
                "treeID": TREE_ID.to_string(),
                "treeSize": log.tree.size(),
            }),
        ))
    }

    fn found(&self, log: &Log, index: usize) -> Result<Value, Error> {
        let entry = log.entry(index).ok_or_else(absent)?;
        Ok(json!({uuid(&entry.body): self.entry(log, index)?}))
    }

    /// An entry with its promise and its proof.
    fn entry(&self, log: &Log, index: usize) -> Result<Value, Error> {
        let entry = log.entry(index).ok_or_else(absent)?;
        // What the promise signs: these four in this order, as RFC 8785 would write them.
        let mut answer = Map::new();
        answer.insert("body".to_owned(), json!(BASE64.encode(&entry.body)));
        answer.insert("integratedTime".to_owned(), json!(entry.time));
        answer.insert("logID".to_owned(), json!(hex::encode(self.key.id())));
        answer.insert("logIndex".to_owned(), json!(EARLIER + index));
        let promise = self.key.sign(Value::Object(answer.clone()).to_string().as_bytes())?;
        let hashes: Vec<_> = log.tree.inclusion(index).iter().map(hex::encode).collect();
        let verification = json!({
            "inclusionProof": {
                "checkpoint": self.checkpoint(log)?,
                "hashes": hashes,
                "logIndex": index,
                "rootHash": hex::encode(log.tree.root()),
                "treeSize": log.tree.size(),
            },
            "signedEntryTimestamp": BASE64.encode(promise),
        });
        answer.insert("verification".to_owned(), verification);
        Ok(Value::Object(answer))
    }

    fn checkpoint(&self, log: &Log) -> Result<String, Error> {
        let origin = format!("{HOST} - {TREE_ID}");
        log.checkpoint(&origin, &self.key.id(), |text| self.key.sign(text))
    }
}

fn absent() -> Error {
    Error::Forge { reason: "there is no such entry".to_owned() }
}

/// Where entries are proposed and looked up.
pub(crate) const ENTRIES: &str = "/api/v1/log/entries";

/// The id of an entry: the tree and the leaf.
fn uuid(body: &str) -> String {
    format!("{TREE_ID:016x}{}", hex::encode(leaf_hash(body.as_bytes())))
}

/// Where the entry of an id is, with or without the tree in front.
fn position(log: &Log, uuid: &str) -> Option<usize> {
    let leaf = uuid.strip_prefix(&format!("{TREE_ID:016x}")).unwrap_or(uuid);
    log.tree.position(&hex::decode(leaf).ok()?.try_into().ok()?)
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::http::Refused;
    use crate::merkle::tests::climb;
    use crate::pki::{Signed, sha256, verifies};

    pub(crate) fn hashedrekord(key: &Key, text: &[u8]) -> Value {
        let pem = key.spki().to_pem(LineEnding::LF).unwrap();
        json!({
            "apiVersion": "0.0.1",
            "kind": "hashedrekord",
            "spec": {
                "data": {"hash": {"algorithm": "sha256", "value": hex::encode(sha256(text))}},
                "signature": {
                    "content": BASE64.encode(key.sign(text).unwrap()),
                    "publicKey": {"content": BASE64.encode(pem)},
                },
            },
        })
    }

    fn post(rekor: &Rekor, path: &str, body: &Value) -> Response {
        let mut request = Request::new("POST", path);
        request.body = body.to_string().into_bytes();
        rekor.answer(&request).unwrap_or_else(|Refused(reason)| Response::problem(400, &reason))
    }

    fn get(rekor: &Rekor, target: &str) -> Response {
        rekor.answer(&Request::new("GET", target)).unwrap()
    }

    fn body(response: &Response) -> Value {
        serde_json::from_slice(&response.body).unwrap()
    }

    fn rekor_with(texts: &[&[u8]]) -> (Rekor, Vec<Value>) {
        let (rekor, key) = (Rekor::new(Clock::default()).unwrap(), Key::generate().unwrap());
        let add = |text: &&[u8]| body(&post(&rekor, ENTRIES, &hashedrekord(&key, text)));
        let answers = texts.iter().map(add).collect();
        (rekor, answers)
    }

    /// The one entry of an answer.
    fn entry(answer: &Value) -> &Value {
        answer.as_object().unwrap().values().next().unwrap()
    }

    fn uuid_of(answer: &Value) -> &str {
        answer.as_object().unwrap().keys().next().unwrap()
    }

    #[test]
    fn an_entry_is_promised_and_proven() {
        let (rekor, answers) = rekor_with(&[b"a", b"b", b"c"]);
        for answer in &answers {
            let entry = entry(answer);
            let logged = BASE64.decode(entry["body"].as_str().unwrap()).unwrap();
            let mut promised = entry.clone();
            promised.as_object_mut().unwrap().remove("verification");
            let promise = &entry["verification"]["signedEntryTimestamp"];
            let promise = BASE64.decode(promise.as_str().unwrap()).unwrap();
            let promised = promised.to_string();
            let signed = Signed::Message(promised.as_bytes());
            assert!(verifies(rekor.key.spki(), &signed, &promise));

            let proof = &entry["verification"]["inclusionProof"];
            let number = |name: &str| usize::try_from(proof[name].as_u64().unwrap()).unwrap();
            let hash = |hash: &Value| -> [u8; 32] {
                hex::decode(hash.as_str().unwrap()).unwrap().try_into().unwrap()
            };
            let path: Vec<_> = proof["hashes"].as_array().unwrap().iter().map(hash).collect();
            let root = climb(leaf_hash(&logged), number("logIndex"), number("treeSize"), &path);
            assert_eq!(root, Some(hash(&proof["rootHash"])));
            assert_ne!(entry["logIndex"], proof["logIndex"]);
            check_checkpoint(&rekor, proof);
        }
    }

    fn check_checkpoint(rekor: &Rekor, proof: &Value) {
        let (text, signature) = proof["checkpoint"].as_str().unwrap().split_once("\n\n").unwrap();
        let encoded = signature.strip_prefix("\u{2014} 127.0.0.1 ").unwrap().trim();
        let signature = BASE64.decode(encoded).unwrap();
        assert_eq!(signature[..4], rekor.key.id()[..4]);
        let text = format!("{text}\n");
        assert!(verifies(rekor.key.spki(), &Signed::Message(text.as_bytes()), &signature[4..]));
        let root = hex::decode(proof["rootHash"].as_str().unwrap()).unwrap();
        let lines: Vec<_> = text.lines().collect();
        assert_eq!(lines[1..], [proof["treeSize"].to_string(), BASE64.encode(root)]);
    }

    #[test]
    fn an_entry_is_found_by_each_of_its_names() {
        let (rekor, answers) = rekor_with(&[b"a", b"b"]);
        let (wanted, uuid) = (entry(&answers[1]), uuid_of(&answers[1]));
        let same = |found: &Value| assert_eq!(entry(found)["body"], wanted["body"]);
        same(&body(&get(&rekor, &format!("{ENTRIES}/{uuid}"))));
        same(&body(&get(&rekor, &format!("{ENTRIES}/{}", &uuid[16..]))));
        same(&body(&get(&rekor, &format!("{ENTRIES}?logIndex={}", wanted["logIndex"]))));
        for query in [json!({"entryUUIDs": [uuid]}), json!({"logIndexes": [wanted["logIndex"]]})] {
            same(&body(&post(&rekor, "/api/v1/log/entries/retrieve", &query))[0]);
        }
        let query = json!({"hash": format!("sha256:{}", hex::encode(sha256(b"b")))});
        for path in ["/api/v1/index/retrieve", "/api/v1/index/retrieve/"] {
            assert_eq!(body(&post(&rekor, path, &query)), json!([uuid]));
        }
    }

    #[test]
    fn what_is_not_logged_is_not_found() {
        let (rekor, _) = rekor_with(&[b"a"]);
        assert_eq!(get(&rekor, &format!("{ENTRIES}/{}", "0".repeat(64))).status, 404);
        assert_eq!(get(&rekor, &format!("{ENTRIES}?logIndex=7")).status, 404);
        let query = json!({"hash": format!("sha256:{}", "0".repeat(64))});
        assert_eq!(body(&post(&rekor, "/api/v1/index/retrieve", &query)), json!([]));
        let empty = post(&rekor, "/api/v1/log/entries/retrieve", &json!({}));
        assert_eq!(empty.status, 422);
    }

    #[test]
    fn a_second_time_is_409_and_names_the_first() {
        let (rekor, key) = (Rekor::new(Clock::default()).unwrap(), Key::generate().unwrap());
        let proposal = hashedrekord(&key, b"a");
        let first = post(&rekor, ENTRIES, &proposal);
        let second = post(&rekor, ENTRIES, &proposal);
        assert_eq!((first.status, second.status), (201, 409));
        let location = ("Location", format!("{ENTRIES}/{}", uuid_of(&body(&first))));
        assert!(first.headers.contains(&location) && second.headers.contains(&location));
    }

    #[test]
    fn an_entry_whose_parts_do_not_fit_is_refused() {
        let (rekor, key) = (Rekor::new(Clock::default()).unwrap(), Key::generate().unwrap());
        let good = hashedrekord(&key, b"a");
        for (pointer, value) in [
            ("/kind", json!("rekord")),
            ("/apiVersion", json!("0.0.2")),
            ("/spec/data/hash/value", json!(hex::encode(sha256(b"b")))),
            ("/spec/data/hash/value", json!("00")),
            ("/spec/data/hash/algorithm", json!("sha512")),
            ("/spec/signature/content", json!("AAAA")),
            ("/spec/signature/publicKey/content", json!(BASE64.encode("no key"))),
        ] {
            let mut bad = good.clone();
            *bad.pointer_mut(pointer).unwrap() = value;
            assert_eq!(post(&rekor, ENTRIES, &bad).status, 400, "{pointer}");
        }
        assert_eq!(post(&rekor, ENTRIES, &good).status, 201);
    }

    #[test]
    fn the_log_tells_its_state_and_key() {
        let (rekor, _) = rekor_with(&[b"a"]);
        assert_eq!(body(&get(&rekor, "/api/v1/log"))["treeSize"], 2);
        assert!(get(&rekor, "/api/v1/log/publicKey").body.starts_with(b"-----BEGIN PUBLIC KEY"));
        assert_eq!(get(&rekor, "/").status, 404);
    }
}
