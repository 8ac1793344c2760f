//! The certificate transparency log (RFC 6962): Fulcio submits a precertificate before it signs,
//! and embeds the log's promise.

use std::sync::{Mutex, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use der::Encode as _;
use der::asn1::{ObjectIdentifier, OctetString};
use serde_json::json;
use x509_cert::ext::Extension;

use crate::Error;
use crate::clock::Clock;
use crate::http::{Reply, Request, Response};
use crate::merkle::{Tree, leaf_hash};
use crate::pki::Key;

/// RFC 6962, section 3.3.
pub(crate) const SCT_LIST: ObjectIdentifier =
    ObjectIdentifier::new_unwrap("1.3.6.1.4.1.11129.2.4.2");

/// The log.
pub(crate) struct CtLog {
    pub(crate) key: Key,
    tree: Mutex<Tree>,
    clock: Clock,
}

impl CtLog {
    pub(crate) fn new(clock: Clock) -> Result<Self, Error> {
        Ok(Self { key: Key::generate()?, tree: Mutex::default(), clock })
    }

    /// Logs a certificate that has no SCT yet (its TBS is then the precertificate's, section 3.2)
    /// and gives the extension that completes it.
    pub(crate) fn submit(&self, issuer_key_hash: [u8; 32], tbs: &[u8]) -> Result<Extension, Error> {
        let time = self.clock.unix_millis().to_be_bytes();
        let entry = [&issuer_key_hash, opaque24(tbs)?.as_slice()].concat();
        // Version 1; the time; a precertificate; no extensions.
        let tail = [time.as_slice(), &[0, 1], &entry, &[0, 0]].concat();
        let leaf = [[0, 0].as_slice(), &tail].concat();
        // The signed text has the type of signature, certificate_timestamp, where the leaf of the
        // tree has its own type: both are 0.
        let signature = self.key.sign(&leaf)?;
        self.tree.lock().unwrap_or_else(PoisonError::into_inner).push(leaf_hash(&leaf));
        let head = [[0].as_slice(), &self.key.id(), &time, &[0, 0]].concat();
        // SHA-256 and ECDSA (RFC 5246, section 7.4.1.4.1).
        let sct = [head.as_slice(), &[4, 3], &opaque16(&signature)?].concat();
        let list = opaque16(&opaque16(&sct)?)?;
        let extn_value = OctetString::new(OctetString::new(list)?.to_der()?)?;
        Ok(Extension { extn_id: SCT_LIST, critical: false, extn_value })
    }

    /// `GET /ct/v1/get-sth` (section 4.3), all that is read here without Fulcio.
    pub(crate) fn answer(&self, request: &Request) -> Reply {
        if (request.verb(), request.path.as_str()) != ("GET", "/ct/v1/get-sth") {
            return Ok(Response::problem(404, "no such page"));
        }
        let (size, root) = {
            let tree = self.tree.lock().unwrap_or_else(PoisonError::into_inner);
            (u64::try_from(tree.size())?, tree.root())
        };
        let time = self.clock.unix_millis();
        // Version 1, tree_hash (section 3.5).
        let head = [[0, 1].as_slice(), &time.to_be_bytes(), &size.to_be_bytes(), &root].concat();
        let signature = [[4, 3].as_slice(), &opaque16(&self.key.sign(&head)?)?].concat();
        Ok(Response::json(
            200,
            &json!({
                "sha256_root_hash": BASE64.encode(root),
                "timestamp": time,
                "tree_head_signature": BASE64.encode(signature),
                "tree_size": size,
            }),
        ))
    }
}

/// A TLS vector with a length of two bytes.
fn opaque16(bytes: &[u8]) -> Result<Vec<u8>, Error> {
    let length =
        u16::try_from(bytes.len()).map_err(|_| der::Error::from(der::ErrorKind::Overflow))?;
    Ok([&length.to_be_bytes(), bytes].concat())
}

/// A TLS vector with a length of three bytes.
fn opaque24(bytes: &[u8]) -> Result<Vec<u8>, Error> {
    let length =
        u32::try_from(bytes.len()).map_err(|_| der::Error::from(der::ErrorKind::Overflow))?;
    match length.to_be_bytes() {
        [0, length @ ..] => Ok([&length, bytes].concat()),
        _ => Err(der::Error::from(der::ErrorKind::Overflow).into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pki::{Signed, verifies};

    #[test]
    fn a_promise_is_signed_over_the_precertificate() {
        let log = CtLog::new(Clock::default()).unwrap();
        let extension = log.submit([7; 32], b"tbs").unwrap();
        let list = <OctetString as der::Decode>::from_der(extension.extn_value.as_bytes()).unwrap();
        let sct = &list.as_bytes()[4..];
        assert_eq!(sct[1..33], log.key.id());
        let (time, signature) = (&sct[33..41], &sct[47..]);
        let text = [&[0, 0], time, &[0, 1], &[7; 32], &[0, 0, 3], b"tbs", &[0, 0]].concat();
        assert!(verifies(log.key.spki(), &Signed::Message(&text), signature));
        assert!(!verifies(log.key.spki(), &Signed::Message(&text[1..]), signature));
    }

    #[test]
    fn the_tree_head_counts_what_was_submitted() {
        let log = CtLog::new(Clock::default()).unwrap();
        log.submit([7; 32], b"tbs").unwrap();
        let answer = log.answer(&Request::new("GET", "/ct/v1/get-sth")).unwrap();
        assert!(String::from_utf8(answer.body).unwrap().contains(r#""tree_size":1"#));
        assert_eq!(log.answer(&Request::new("GET", "/")).unwrap().status, 404);
    }
}
