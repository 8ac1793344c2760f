//! Sigstore: strict verification of what was signed, against a trusted root and nothing else; and
//! the services that signing needs. The only crate that knows the libraries of sigstore-rust.
//!
//! A bundle and a digest become a [`Proof`], and the certificate in that is compared with what is
//! [`Expected`]:
//!
//! ```
//! use pysign_host::{Host, Sha256};
//! use pysign_sigstore::{Error, Expected, Instance, Subject, Text, TrustedRoot, Verifier};
//!
//! fn prove(bundle: &[u8], bytes: &[u8]) -> Result<(), Error> {
//!     let root = TrustedRoot::embedded(Instance::Production)?;
//!     let verifier = Verifier::new(root, &Host::test(&[]))?;
//!     let file = "demo-1.0.tar.gz".as_ref();
//!     let subject = Subject { file, digest: Sha256::of(bytes), filename: Some("demo-1.0.tar.gz") };
//!     let proof = verifier.prove(&subject, bundle, None)?;
//!     let identity = "https://gitlab.com/acme/demo//.gitlab-ci.yml@refs/tags/v1.0";
//!     let issuer = Text::exact("https://gitlab.com");
//!     Expected::new(Text::exact(identity), issuer).check_proof(file, &proof)
//! }
//! assert!(prove(b"{}", b"not signed").is_err());
//! ```

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
pub use expected::{ClaimName, Expected, Mismatch, Part, Regexp, Text, usual_triggers};
pub use proof::{Proof, Signer, Subject};
pub use statement::check_statement;
pub use trust::{Trust, TrustSource, TrustedRoot};
pub use tuf::{Instance, TrustError, TufSource};
pub use unlogged::Unlogged;
pub use verifier::Verifier;

#[cfg(test)]
mod tests;
