//! One HTTP client: what goes out, to whom, how often, and how much may come back.
//!
//! The transport is ureq; redirects, retries, credentials and limits are decided here, because
//! they decide who sees a secret and how a release fails.

mod client;
mod credential;
mod deadline;
mod error;
mod hidden;
mod progress;
mod redirect;
mod request;
mod retry;
mod tls;
mod transport;
mod url;

pub use client::Client;
pub use credential::{Credential, read_token};
pub use error::Error;
pub use hidden::without_secrets;
pub use request::{Body, Downloaded, Part, Request, Response};
pub use retry::Attempts;
pub use url::{Origin, ParseUrlError, Url};

#[cfg(test)]
mod tests;
