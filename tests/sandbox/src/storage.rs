//! The object store on another origin, to which registries redirect a download: a signed URL is
//! all it takes, and a request that brings a credential as well is refused.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use crate::Error;
use crate::http::{Request, Response};
use crate::pki::random;

/// Objects by their random names.
pub(crate) struct Storage {
    url: String,
    objects: Mutex<BTreeMap<String, Object>>,
}

struct Object {
    signature: String,
    bytes: Arc<Vec<u8>>,
}

impl Storage {
    pub(crate) fn new(url: String) -> Self {
        Self { url, objects: Mutex::default() }
    }

    /// A new signed URL for some bytes.
    pub(crate) fn sign(&self, bytes: &Arc<Vec<u8>>) -> Result<String, Error> {
        let (key, signature) = (hex::encode(random::<16>()?), hex::encode(random::<32>()?));
        let url = format!("{}/bucket/{key}?X-Amz-Signature={signature}", self.url);
        let object = Object { signature, bytes: Arc::clone(bytes) };
        self.objects.lock().unwrap_or_else(PoisonError::into_inner).insert(key, object);
        Ok(url)
    }

    pub(crate) fn answer(&self, request: &Request) -> Response {
        if !request.credentials().is_empty() {
            let code = "<Error><Code>InvalidArgument</Code><Message>Only one auth mechanism \
                        allowed</Message></Error>";
            return Response::new(400, "application/xml", code);
        }
        let objects = self.objects.lock().unwrap_or_else(PoisonError::into_inner);
        let object = request.path.strip_prefix("/bucket/").and_then(|key| objects.get(key));
        match object {
            Some(object) if request.query("X-Amz-Signature") == Some(&object.signature) => {
                Response::new(200, "application/octet-stream", object.bytes.as_slice())
            }
            _ => {
                let code = "<Error><Code>AccessDenied</Code></Error>";
                Response::new(403, "application/xml", code)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signed_url_is_enough_and_a_credential_too_much() {
        let storage = Storage::new(String::new());
        let url = storage.sign(&Arc::new(b"bytes".to_vec())).unwrap();
        let mut request = Request::new("GET", &url);
        assert_eq!(storage.answer(&request).body, b"bytes");
        for name in ["authorization", "job-token", "private-token", "deploy-token", "cookie"] {
            request.headers = vec![(name.to_owned(), "secret".to_owned())];
            assert_eq!(storage.answer(&request).status, 400, "{name}");
        }
    }

    #[test]
    fn another_signature_opens_nothing() {
        let storage = Storage::new(String::new());
        let url = storage.sign(&Arc::new(Vec::new())).unwrap();
        let (path, _) = url.split_once('?').unwrap();
        assert_eq!(storage.answer(&Request::new("GET", path)).status, 403);
        let other = format!("{path}?X-Amz-Signature=00");
        assert_eq!(storage.answer(&Request::new("GET", &other)).status, 403);
    }
}
