//! Keys of the kinds that Sigstore's clients sign with, each by the one algorithm that goes with it.

use aws_lc_rs::digest::{self, Digest};
use aws_lc_rs::encoding::AsDer as _;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    self as algorithm, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _, RsaKeyPair,
};
use der::pem::LineEnding;
use der::{Decode as _, EncodePem as _};
use x509_cert::spki::SubjectPublicKeyInfoOwned;

use super::unmakeable;
use crate::Error;

/// A kind of key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyKind {
    /// NIST P-256 with SHA-256.
    P256,
    /// NIST P-384 with SHA-384.
    P384,
    /// Ed25519 over the message itself.
    Ed25519,
    /// RSA of 2048 bits, PKCS #1 v1.5 with SHA-256.
    Rsa,
}

/// A key of any kind.
pub(crate) struct SigningKey {
    pair: Pair,
    pub(crate) kind: KeyKind,
    pub(crate) spki: SubjectPublicKeyInfoOwned,
}

enum Pair {
    Ecdsa(EcdsaKeyPair),
    Ed25519(Ed25519KeyPair),
    Rsa(RsaKeyPair),
}

impl SigningKey {
    pub(crate) fn generate(kind: KeyKind) -> Result<Self, Error> {
        let ecdsa = |algorithm| Ok::<_, Error>(Pair::Ecdsa(EcdsaKeyPair::generate(algorithm)?));
        let pair = match kind {
            KeyKind::P256 => ecdsa(&algorithm::ECDSA_P256_SHA256_ASN1_SIGNING)?,
            KeyKind::P384 => ecdsa(&algorithm::ECDSA_P384_SHA384_ASN1_SIGNING)?,
            KeyKind::Ed25519 => Pair::Ed25519(Ed25519KeyPair::generate()?),
            KeyKind::Rsa => Pair::Rsa(RsaKeyPair::generate(KeySize::Rsa2048)?),
        };
        let der = match &pair {
            Pair::Ecdsa(pair) => pair.public_key().as_der()?,
            Pair::Ed25519(pair) => pair.public_key().as_der()?,
            Pair::Rsa(pair) => pair.public_key().as_der()?,
        };
        let spki = SubjectPublicKeyInfoOwned::from_der(der.as_ref())?;
        Ok(Self { pair, kind, spki })
    }

    pub(crate) fn sign(&self, message: &[u8]) -> Result<Vec<u8>, Error> {
        Ok(match &self.pair {
            Pair::Ecdsa(pair) => pair.sign(&SystemRandom::new(), message)?.as_ref().to_vec(),
            Pair::Ed25519(pair) => pair.sign(message).as_ref().to_vec(),
            Pair::Rsa(pair) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                let random = SystemRandom::new();
                pair.sign(&algorithm::RSA_PKCS1_SHA256, &random, message, &mut signature)?;
                signature
            }
        })
    }

    /// Signs a message of which only the SHA-256 is known.
    pub(crate) fn sign_sha256(&self, digest: &[u8; 32]) -> Result<Vec<u8>, Error> {
        match (&self.pair, self.kind) {
            (Pair::Ecdsa(pair), KeyKind::P256) => {
                let digest = Digest::import_less_safe(digest, &digest::SHA256)?;
                Ok(pair.sign_digest(&digest)?.as_ref().to_vec())
            }
            _ => unmakeable("only a P-256 key signs a SHA-256 here"),
        }
    }

    pub(crate) fn pem(&self) -> Result<String, Error> {
        Ok(self.spki.to_pem(LineEnding::LF)?)
    }

    /// What a bundle and Rekor v2 call the algorithm.
    pub(crate) fn details(&self) -> &'static str {
        match self.kind {
            KeyKind::P256 => "PKIX_ECDSA_P256_SHA_256",
            KeyKind::P384 => "PKIX_ECDSA_P384_SHA_384",
            KeyKind::Ed25519 => "PKIX_ED25519",
            KeyKind::Rsa => "PKIX_RSA_PKCS1V15_2048_SHA256",
        }
    }
}
