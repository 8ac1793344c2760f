//! Sign the files of a release with Sigstore.
//!
//! Keyless: an OIDC token says who we are, Fulcio writes it into a certificate for a key that lives
//! as long as this run, and every signature is logged. What the services answered is verified, as
//! a stranger would, before any of it is written.

mod batch;
mod error;
mod existing;
mod expected;
mod file;
mod flags;
mod forms;
mod fulcio;
mod identity;
mod instance;
mod key;
mod key_file;
mod method;
mod plan;
mod run;
mod sidecars;
mod signer;
mod statement;
mod timestamp;

pub use flags::{Args, Sign};
