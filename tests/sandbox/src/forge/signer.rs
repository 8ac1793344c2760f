//! Who signs.

use std::fmt;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use der::Encode as _;
use serde_json::{Value, json};
use x509_cert::Certificate;

use super::key::{KeyKind, SigningKey};
use super::leaf::Leaf;
use crate::Error;
use crate::pki::{self, sha256};
use crate::world::World;

#[derive(Clone, Debug)]
pub(crate) enum Signer {
    Leaf(Box<Leaf>),
    Key(KeyKind),
    Known(Arc<Credential>),
}

/// A key, and the certificate for it if there is one.
pub(crate) struct Credential {
    pub(crate) key: SigningKey,
    pub(crate) certificate: Option<Certificate>,
}

impl Signer {
    pub(crate) fn credential(&self, world: &World) -> Result<Arc<Credential>, Error> {
        Ok(match self {
            Self::Leaf(leaf) => {
                let key = SigningKey::generate(KeyKind::P256)?;
                let certificate = Some(leaf.issue(&key.spki, world)?);
                Arc::new(Credential { key, certificate })
            }
            Self::Key(kind) => {
                Arc::new(Credential { key: SigningKey::generate(*kind)?, certificate: None })
            }
            Self::Known(credential) => Arc::clone(credential),
        })
    }
}

impl Credential {
    /// The certificate, or else the public key, in PEM: what Rekor v1 calls a verifier.
    pub(crate) fn pem(&self) -> Result<String, Error> {
        match &self.certificate {
            Some(certificate) => pki::pem(certificate),
            None => self.key.pem(),
        }
    }

    /// The same in DER, under the name that Rekor v2 has for it.
    pub(crate) fn der(&self) -> Result<(&'static str, Vec<u8>), Error> {
        Ok(match &self.certificate {
            Some(certificate) => ("x509Certificate", certificate.to_der()?),
            None => ("publicKey", self.key.spki.to_der()?),
        })
    }

    /// What a bundle, version 0.3, says of the signer. A key is only hinted at.
    pub(crate) fn material(&self) -> Result<(&'static str, Value), Error> {
        Ok(match self.der()? {
            ("publicKey", key) => ("publicKey", json!({"hint": BASE64.encode(sha256(&key))})),
            (_, certificate) => ("certificate", json!({"rawBytes": BASE64.encode(certificate)})),
        })
    }
}

impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credential").field("key", &self.key.kind).finish_non_exhaustive()
    }
}
