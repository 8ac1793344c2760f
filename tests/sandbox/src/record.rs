//! What was asked of the sandbox, for tests that assert where a credential went and how often a
//! client tried.

use std::fs::File;
use std::io::Write as _;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use serde_json::json;

use crate::Error;
use crate::fault::Service;
use crate::http::Request;

/// A request and what became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Exchange {
    /// The service that was asked, by its name in the grammar of faults.
    pub service: &'static str,
    /// The request's method.
    pub method: String,
    /// The request's path as it was sent, without its query.
    pub path: String,
    /// The names, in lower case, of its headers that carry a secret; never their values.
    pub credentials: Vec<String>,
    /// The answer's status; nothing where a fault left none.
    pub status: Option<u16>,
}

/// All requests so far, also as lines of JSON in a file.
pub(crate) struct Record(Mutex<(Vec<Exchange>, File)>);

impl Record {
    pub(crate) fn new(file: &Path) -> Result<Self, Error> {
        let file = File::create(file).map_err(Error::io("write the record of requests"))?;
        Ok(Self(Mutex::new((Vec::new(), file))))
    }

    /// Adds a request, before its answer is sent.
    pub(crate) fn add(&self, service: Service, request: &Request, status: Option<u16>) {
        let exchange = Exchange {
            service: service.name(),
            method: request.method.clone(),
            path: request.path.clone(),
            credentials: request.credentials(),
            status,
        };
        let line = json!({
            "credentials": exchange.credentials,
            "method": exchange.method,
            "path": exchange.path,
            "service": exchange.service,
            "status": exchange.status,
        });
        let mut both = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (list, file) = &mut *both;
        list.push(exchange);
        // The list is what counts; the file is for scripts, and its directory may be gone.
        let _ = file.write_all(format!("{line}\n").as_bytes());
    }

    pub(crate) fn list(&self) -> Vec<Exchange> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).0.clone()
    }
}
