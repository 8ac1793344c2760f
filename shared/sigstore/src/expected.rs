//! Whose signature it must be.

use std::path::Path;

use crate::{Error, Proof};

/// An identity and the issuer that must have vouched for it. Both are compared byte for byte: a
/// name without its issuer is anyone's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expected {
    /// The certificate's one subject alternative name.
    pub identity: String,
    /// The OIDC issuer.
    pub issuer: String,
}

impl Expected {
    /// Refuses the proof of another signer. `file` is what the message calls the signed file.
    pub fn check(&self, file: &Path, proof: &Proof) -> Result<(), Error> {
        let found = Self { identity: proof.identity.clone(), issuer: proof.issuer.clone() };
        if found == *self {
            return Ok(());
        }
        Err(Error::Signer { file: file.into(), expected: self.clone(), found })
    }
}
