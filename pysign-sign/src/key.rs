//! A private key: one that is generated for the run and never stored, or the user's own.

use aws_lc_rs::digest::{Digest, SHA256, SHA384};
use aws_lc_rs::encoding::{AsDer as _, PublicKeyX509Der};
use aws_lc_rs::error::Unspecified;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1_SIGNING, ECDSA_P384_SHA384_ASN1_SIGNING, EcdsaKeyPair, Ed25519KeyPair,
    KeyPair as _,
};
use pysign_attest::PublicKey;
use pysign_host::{FileError, Sha256};

/// A private key, of a kind whose signatures verifiers accept.
pub(crate) struct Key {
    pair: Pair,
    public: PublicKey,
}

enum Pair {
    P256(EcdsaKeyPair),
    P384(EcdsaKeyPair),
    Ed25519(Ed25519KeyPair),
}

impl Key {
    /// A new P-256 key.
    pub(crate) fn generate() -> Result<Self, FileError> {
        let pair =
            EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING).map_err(no_randomness)?;
        Self::with(Pair::P256(pair)).ok_or_else(|| no_randomness(Unspecified))
    }

    /// The key in a PKCS #8 document (RFC 5958), if it is of one of the three kinds. A document with
    /// the public half of another key is refused.
    pub(crate) fn from_pkcs8(der: &[u8]) -> Option<Self> {
        let ecdsa = |algorithm| EcdsaKeyPair::from_pkcs8(algorithm, der).ok();
        let pair = ecdsa(&ECDSA_P256_SHA256_ASN1_SIGNING)
            .map(Pair::P256)
            .or_else(|| ecdsa(&ECDSA_P384_SHA384_ASN1_SIGNING).map(Pair::P384))
            .or_else(|| Ed25519KeyPair::from_pkcs8(der).ok().map(Pair::Ed25519))?;
        Self::with(pair)
    }

    fn with(pair: Pair) -> Option<Self> {
        let der: PublicKeyX509Der<'_> = match &pair {
            Pair::P256(pair) | Pair::P384(pair) => pair.public_key().as_der().ok()?,
            Pair::Ed25519(pair) => pair.public_key().as_der().ok()?,
        };
        let public = PublicKey::from_der(der.as_ref()).ok()?;
        Some(Self { pair, public })
    }

    /// The public half.
    pub(crate) fn public(&self) -> &PublicKey {
        &self.public
    }

    /// The `SubjectPublicKeyInfo`, in DER.
    pub(crate) fn spki(&self) -> &[u8] {
        self.public.spki()
    }

    /// A signature over `message`: ECDSA in DER over the digest that goes with the curve, or Ed25519.
    pub(crate) fn sign(&self, message: &[u8]) -> Result<Vec<u8>, FileError> {
        match &self.pair {
            Pair::P256(pair) | Pair::P384(pair) => {
                let signature = pair.sign(&SystemRandom::new(), message);
                Ok(signature.map_err(no_randomness)?.as_ref().to_vec())
            }
            Pair::Ed25519(pair) => Ok(pair.sign(message).as_ref().to_vec()),
        }
    }

    /// An ECDSA signature over the bytes that have this digest, in DER. Ed25519 signs no digests: its
    /// signature is one over these 32 bytes, and nobody has a log for that.
    pub(crate) fn sign_digest(&self, digest: Sha256) -> Result<Vec<u8>, FileError> {
        let (pair, digest) = match &self.pair {
            Pair::P256(pair) => (pair, Digest::import_less_safe(digest.as_bytes(), &SHA256)),
            // The library signs with this curve over SHA-384 only. What is signed is the number that
            // the digest is (FIPS 186-5 §6.4.1), and with zeros before it it is the same number.
            Pair::P384(pair) => {
                let wide = [&[0; 16], digest.as_bytes().as_slice()].concat();
                (pair, Digest::import_less_safe(&wide, &SHA384))
            }
            Pair::Ed25519(pair) => return Ok(pair.sign(digest.as_bytes()).as_ref().to_vec()),
        };
        let digest = digest.map_err(no_randomness)?;
        Ok(pair.sign_digest(&digest).map_err(no_randomness)?.as_ref().to_vec())
    }
}

/// With a key of a known kind and a digest of the right length, the library has one way to fail: the
/// system gives no random numbers.
pub(crate) fn no_randomness(_: Unspecified) -> FileError {
    let cause = std::io::Error::other("no random numbers");
    FileError::Unreadable { file: "/dev/urandom".into(), cause }
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::signature::{
        ECDSA_P256_SHA256_ASN1, ECDSA_P384_SHA256_ASN1, ECDSA_P384_SHA384_ASN1, ED25519,
        UnparsedPublicKey, VerificationAlgorithm,
    };
    use pysign_attest::KeyKind;

    use super::*;

    fn verifies(
        algorithm: &'static dyn VerificationAlgorithm,
        key: &Key,
        message: &[u8],
        signature: &[u8],
    ) -> bool {
        UnparsedPublicKey::new(algorithm, key.spki()).verify(message, signature).is_ok()
    }

    fn p384() -> Key {
        let pair = EcdsaKeyPair::generate(&ECDSA_P384_SHA384_ASN1_SIGNING).unwrap();
        Key::from_pkcs8(pair.to_pkcs8v1().unwrap().as_ref()).unwrap()
    }

    #[test]
    fn a_signature_over_a_digest_is_one_over_the_bytes() {
        let keys: [(Key, &'static dyn VerificationAlgorithm); 2] = [
            (Key::generate().unwrap(), &ECDSA_P256_SHA256_ASN1),
            (p384(), &ECDSA_P384_SHA256_ASN1),
        ];
        for (key, algorithm) in keys {
            let signature = key.sign_digest(Sha256::of(b"wheel")).unwrap();
            assert!(verifies(algorithm, &key, b"wheel", &signature));
            assert!(!verifies(algorithm, &key, b"other", &signature));
        }
    }

    #[test]
    fn each_kind_signs_messages_in_its_own_way() {
        let ed25519 = Ed25519KeyPair::generate().unwrap();
        let ed25519 = Key::from_pkcs8(ed25519.to_pkcs8v1().unwrap().as_ref()).unwrap();
        let keys: [(Key, KeyKind, &'static dyn VerificationAlgorithm); 3] = [
            (Key::generate().unwrap(), KeyKind::P256, &ECDSA_P256_SHA256_ASN1),
            (p384(), KeyKind::P384, &ECDSA_P384_SHA384_ASN1),
            (ed25519, KeyKind::Ed25519, &ED25519),
        ];
        for (key, kind, algorithm) in keys {
            assert_eq!(key.public().kind(), kind);
            // Of Ed25519 the library takes the 32 bytes of the key and nothing around them.
            let public = match kind {
                KeyKind::Ed25519 => key.spki().split_at(12).1,
                _ => key.spki(),
            };
            let public = UnparsedPublicKey::new(algorithm, public);
            let signature = key.sign(b"subject").unwrap();
            assert!(public.verify(b"subject", &signature).is_ok(), "{kind:?}");
            assert!(public.verify(b"other", &signature).is_err(), "{kind:?}");
        }
    }

    #[test]
    fn every_run_has_its_own_key() {
        assert_ne!(Key::generate().unwrap().spki(), Key::generate().unwrap().spki());
    }

    #[test]
    fn other_documents_hold_no_key() {
        assert!(Key::from_pkcs8(b"").is_none());
        assert!(Key::from_pkcs8(Key::generate().unwrap().spki()).is_none());
    }
}
