//! Publish a release with its signatures.
//!
//! Every file is looked at, and every target asked what it holds, before the first byte is sent.
//! Signatures go first, packages next, and the marker that says "complete" last. So a reader never sees
//! a package without its signature, and an interrupted run is repeated safely.

mod delivery;
mod directory;
mod error;
mod existing;
mod flags;
mod form;
mod gitlab;
mod legacy;
mod lock;
mod marker;
mod plan;
mod receipt;
mod release;
mod run;
#[cfg(test)]
mod samples;
mod sidecar;
mod step;
mod target;

pub(crate) use error::Error;
pub use flags::{Args, Publish};
