//! Sign the files of a release with Sigstore.
//!
//! Keyless: an OIDC token says who we are, Fulcio writes it into a certificate for a key that lives
//! as long as this run, and every signature is logged. What the services answered is verified, as
//! a stranger would, before any of it is written.

mod batch;
mod content;
mod error;
mod flags;
mod forms;
mod fulcio;
mod identity;
mod instance;
mod key;
mod key_file;
mod means;
mod plan;
mod run;
mod sidecars;
mod signer;
mod standing;
mod statement;
mod timestamp;

pub use error::{Error, TimestampFault};
pub use flags::{Args, Sign};
pub use forms::{FormError, SubjectFault};
pub use identity::IdentityError;
pub use key_file::KeyError;
