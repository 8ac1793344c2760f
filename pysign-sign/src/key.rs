//! The key of one run: made for it, never stored, gone with it.

use aws_lc_rs::digest::{Digest, SHA256};
use aws_lc_rs::encoding::{AsDer as _, PublicKeyX509Der};
use aws_lc_rs::error::Unspecified;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair as _};
use pysign_host::{FileError, Sha256};

/// A P-256 key.
pub(crate) struct Key {
    pair: EcdsaKeyPair,
    spki: Vec<u8>,
}

impl Key {
    pub(crate) fn generate() -> Result<Self, FileError> {
        let pair =
            EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING).map_err(no_randomness)?;
        let der: PublicKeyX509Der<'_> = pair.public_key().as_der().map_err(no_randomness)?;
        let spki = der.as_ref().to_vec();
        Ok(Self { pair, spki })
    }

    /// The `SubjectPublicKeyInfo`, in DER.
    pub(crate) fn spki(&self) -> &[u8] {
        &self.spki
    }

    /// An ECDSA signature over `message`, in DER.
    pub(crate) fn sign(&self, message: &[u8]) -> Result<Vec<u8>, FileError> {
        let signature = self.pair.sign(&SystemRandom::new(), message).map_err(no_randomness)?;
        Ok(signature.as_ref().to_vec())
    }

    /// An ECDSA signature over the bytes that have this digest, in DER.
    pub(crate) fn sign_digest(&self, digest: Sha256) -> Result<Vec<u8>, FileError> {
        let digest = Digest::import_less_safe(digest.as_bytes(), &SHA256).map_err(no_randomness)?;
        Ok(self.pair.sign_digest(&digest).map_err(no_randomness)?.as_ref().to_vec())
    }
}

/// With a key of its own making and a digest of the right length, the library has one way to fail:
/// the system gives no random numbers.
pub(crate) fn no_randomness(_: Unspecified) -> FileError {
    let cause = std::io::Error::other("no random numbers");
    FileError::Unreadable { file: "/dev/urandom".into(), cause }
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1, UnparsedPublicKey};

    use super::*;

    #[test]
    fn a_signature_over_a_digest_is_one_over_the_bytes() {
        let key = Key::generate().unwrap();
        let public = UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, key.spki());
        let signature = key.sign_digest(Sha256::of(b"wheel")).unwrap();
        assert!(public.verify(b"wheel", &signature).is_ok());
        assert!(public.verify(b"other", &signature).is_err());
        assert!(public.verify(b"subject", &key.sign(b"subject").unwrap()).is_ok());
    }

    #[test]
    fn every_run_has_its_own_key() {
        assert_ne!(Key::generate().unwrap().spki(), Key::generate().unwrap().spki());
    }
}
