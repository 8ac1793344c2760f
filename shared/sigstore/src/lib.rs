//! Sigstore: strict verification of what was signed, against a trusted root and nothing else; and
//! the services that signing needs. The only crate that knows the libraries of sigstore-rust.

mod authorities;
mod error;
mod expected;
mod proof;
pub mod rekor;
mod signature_cache;
pub mod signing_config;
mod statement;
mod strict;
mod timestamp;
mod trust;
mod tuf;
mod unlogged;
mod verifier;

pub use error::Error;
pub use expected::{
    ClaimName, Expected, Mismatch, Part, Regexp, RegexpFault, Text, UnknownClaim, usual_triggers,
};
pub use proof::{Proof, Signer, Subject};
pub use statement::check_statement;
pub use trust::{Trust, TrustSource, TrustedRoot};
pub use tuf::{Instance, TrustError, TufSource};
pub use unlogged::Unlogged;
pub use verifier::Verifier;

#[cfg(test)]
mod tests;
