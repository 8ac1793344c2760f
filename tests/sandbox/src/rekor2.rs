//! Rekor v2: one call that logs an entry and answers with its proof. There is no promise and no
//! time: these come from a time-stamp authority. All entries are hashedrekord, an envelope's too
//! (by the hash of what it signs), as in Rekor 2.3; the dsse entries of older clients are
//! refused.

use std::sync::{Mutex, PoisonError};

use aws_lc_rs::encoding::AsDer as _;
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use der::Decode as _;
use serde_json::{Value, json};
use x509_cert::spki::SubjectPublicKeyInfoOwned;

use crate::Error;
use crate::clock::Clock;
use crate::http::{Refused, Reply, Request, Response, base64, refused};
use crate::log::{Added, Log, certified_key};
use crate::merkle::Hash;
use crate::pki::{self, Signed, sha256};

/// The checkpoint's origin: sigstore-go wants the host of the log's URL, without its port.
const ORIGIN: &str = "127.0.0.1";
/// gRPC's code for a duplicate.
const ALREADY_EXISTS: u8 = 6;

/// The log.
pub(crate) struct Rekor2 {
    key: Ed25519KeyPair,
    log: Mutex<Log>,
    clock: Clock,
}

impl Rekor2 {
    pub(crate) fn new(clock: Clock) -> Result<Self, Error> {
        let log = Mutex::new(Log::new(clock.unix()));
        Ok(Self { key: Ed25519KeyPair::generate()?, log, clock })
    }

    /// The public key as DER `SubjectPublicKeyInfo`.
    pub(crate) fn spki(&self) -> Result<Vec<u8>, Error> {
        Ok(self.key.public_key().as_der()?.as_ref().to_vec())
    }

    /// The id of the log: the hash of a note's key name, type and key (C2SP signed-note).
    pub(crate) fn id(&self) -> Hash {
        sha256(&[ORIGIN.as_bytes(), b"\n\x01", self.key.public_key().as_ref()].concat())
    }

    pub(crate) fn answer(&self, request: &Request) -> Reply {
        match (request.verb(), request.path.as_str()) {
            ("POST", "/api/v2/log/entries") => self.add(request),
            ("GET", "/api/v2/checkpoint") => {
                let log = self.log.lock().unwrap_or_else(PoisonError::into_inner);
                Ok(Response::new(200, "text/plain", self.checkpoint(&log)?))
            }
            _ => Ok(Response::grpc(404, 5, "Not Found")),
        }
    }

    fn add(&self, request: &Request) -> Reply {
        let body = canonical(&request.json()?)?;
        let mut log = self.log.lock().unwrap_or_else(PoisonError::into_inner);
        match log.add(body, Vec::new(), self.clock.unix()) {
            Added::New(index) => Ok(Response::json(201, &self.entry(&log, index)?)),
            Added::Known(index) => {
                let message = "an equivalent entry already exists in the transparency log";
                let message = format!("{message} with index {index}");
                let answer = Response::grpc(409, ALREADY_EXISTS, &message);
                Ok(answer.with("X-Log-Index", index.to_string()))
            }
        }
    }

    /// Logs a body as it is, unchecked, and gives its entry.
    pub(crate) fn enter(&self, body: String) -> Result<Value, Error> {
        let mut log = self.log.lock().unwrap_or_else(PoisonError::into_inner);
        let (Added::New(index) | Added::Known(index)) =
            log.add(body, Vec::new(), self.clock.unix());
        self.entry(&log, index)
    }

    /// An entry with its proof.
    fn entry(&self, log: &Log, index: usize) -> Result<Value, Error> {
        let encoded = log.entry(index).map(|entry| BASE64.encode(&entry.body));
        let hashes: Vec<_> =
            log.tree.inclusion(index).iter().map(|hash| BASE64.encode(hash)).collect();
        Ok(json!({
            "canonicalizedBody": encoded,
            "inclusionPromise": null,
            "inclusionProof": {
                "checkpoint": {"envelope": self.checkpoint(log)?},
                "hashes": hashes,
                "logIndex": index.to_string(),
                "rootHash": BASE64.encode(log.tree.root()),
                "treeSize": log.tree.size().to_string(),
            },
            "integratedTime": "0",
            "kindVersion": {"kind": "hashedrekord", "version": "0.0.2"},
            "logId": {"keyId": BASE64.encode(self.id())},
            "logIndex": index.to_string(),
        }))
    }

    fn checkpoint(&self, log: &Log) -> Result<String, Error> {
        log.checkpoint(ORIGIN, &self.id(), |text| Ok(self.key.sign(text).as_ref().to_vec()))
    }
}

/// The body that is logged for a proposal; members in the order of their names.
fn canonical(proposed: &Value) -> Result<String, Refused> {
    let request = proposed.get("hashedRekordRequestV002");
    let request = request.ok_or_else(|| refused("there are only hashedrekord entries here"))?;
    let signature = request.get("signature").unwrap_or(&Value::Null);
    let verifier = signature.get("verifier").unwrap_or(&Value::Null);
    let (kind, raw, key) = match (verifier.get("x509Certificate"), verifier.get("publicKey")) {
        (Some(certificate), None) => {
            let raw = base64(certificate, "rawBytes")?;
            ("x509Certificate", BASE64.encode(&raw), certified_key(&raw)?)
        }
        (None, Some(key)) => {
            let raw = base64(key, "rawBytes")?;
            ("publicKey", BASE64.encode(&raw), SubjectPublicKeyInfoOwned::from_der(&raw)?)
        }
        _ => return Err(refused("there is not one verifier")),
    };
    let details = verifier.get("keyDetails").and_then(Value::as_str);
    let details = details.ok_or_else(|| refused("the verifier's keyDetails are missing"))?;
    let digest = base64(request, "digest")?;
    let algorithm = match digest.len() {
        48 => "SHA2_384",
        64 => "SHA2_512",
        _ => "SHA2_256",
    };
    let content = base64(signature, "content")?;
    if !pki::verifies(&key, &Signed::Digest(&digest), &content) {
        return Err(refused("invalid signature"));
    }
    let mut verified_by = serde_json::Map::new();
    // "keyDetails" sorts before both kinds.
    verified_by.insert("keyDetails".to_owned(), json!(details));
    verified_by.insert(kind.to_owned(), json!({"rawBytes": raw}));
    let spec = json!({"hashedRekordV002": {
        "data": {"algorithm": algorithm, "digest": BASE64.encode(digest)},
        "signature": {"content": BASE64.encode(content), "verifier": verified_by},
    }});
    Ok(json!({"apiVersion": "0.0.2", "kind": "hashedrekord", "spec": spec}).to_string())
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::merkle::leaf_hash;
    use crate::merkle::tests::climb;
    use crate::pki::Key;
    use aws_lc_rs::signature::{ED25519, UnparsedPublicKey};
    use der::Encode as _;

    pub(crate) fn proposal(key: &Key, text: &[u8]) -> Value {
        json!({"hashedRekordRequestV002": {
            "digest": BASE64.encode(sha256(text)),
            "signature": {
                "content": BASE64.encode(key.sign(text).unwrap()),
                "verifier": {
                    "keyDetails": "PKIX_ECDSA_P256_SHA_256",
                    "publicKey": {"rawBytes": BASE64.encode(key.spki().to_der().unwrap())},
                },
            },
        }})
    }

    fn post(rekor: &Rekor2, body: &Value) -> Response {
        let mut request = Request::new("POST", "/api/v2/log/entries");
        request.body = body.to_string().into_bytes();
        rekor.answer(&request).unwrap_or_else(|Refused(reason)| Response::problem(400, &reason))
    }

    fn bytes(value: &Value) -> Vec<u8> {
        BASE64.decode(value.as_str().unwrap()).unwrap()
    }

    #[test]
    fn an_entry_is_proven_against_a_signed_checkpoint() {
        let (rekor, key) = (Rekor2::new(Clock::default()).unwrap(), Key::generate().unwrap());
        for text in [b"a", b"b", b"c"] {
            let answer = post(&rekor, &proposal(&key, text));
            assert_eq!(answer.status, 201);
            let entry: Value = serde_json::from_slice(&answer.body).unwrap();
            let proof = &entry["inclusionProof"];
            let number = |name: &str| proof[name].as_str().unwrap().parse().unwrap();
            let hashes = proof["hashes"].as_array().unwrap();
            let path: Vec<Hash> =
                hashes.iter().map(|hash| bytes(hash).try_into().unwrap()).collect();
            let leaf = leaf_hash(&bytes(&entry["canonicalizedBody"]));
            let root = climb(leaf, number("logIndex"), number("treeSize"), &path).unwrap();
            assert_eq!(root.to_vec(), bytes(&proof["rootHash"]));
            let checkpoint = proof["checkpoint"]["envelope"].as_str().unwrap();
            let (text, signature) = checkpoint.split_once("\n\n").unwrap();
            let signature = signature.strip_prefix("\u{2014} 127.0.0.1 ").unwrap().trim();
            let signature = BASE64.decode(signature).unwrap();
            assert_eq!(signature[..4], rekor.id()[..4]);
            UnparsedPublicKey::new(&ED25519, rekor.key.public_key().as_ref())
                .verify(format!("{text}\n").as_bytes(), &signature[4..])
                .unwrap();
        }
    }

    #[test]
    fn a_second_time_is_409() {
        let (rekor, key) = (Rekor2::new(Clock::default()).unwrap(), Key::generate().unwrap());
        let proposal = proposal(&key, b"a");
        assert_eq!(post(&rekor, &proposal).status, 201);
        assert_eq!(post(&rekor, &proposal).status, 409);
    }

    #[test]
    fn an_entry_whose_parts_do_not_fit_is_refused() {
        let (rekor, key) = (Rekor2::new(Clock::default()).unwrap(), Key::generate().unwrap());
        let mut bad = proposal(&key, b"a");
        bad["hashedRekordRequestV002"]["digest"] = json!(BASE64.encode(sha256(b"b")));
        assert_eq!(post(&rekor, &bad).status, 400);
        let mut bad = proposal(&key, b"a");
        bad["hashedRekordRequestV002"]["signature"]["verifier"] = json!({});
        assert_eq!(post(&rekor, &bad).status, 400);
        assert_eq!(post(&rekor, &json!({"dsseRequestV002": {}})).status, 400);
    }
}
