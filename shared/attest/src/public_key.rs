//! A public key that the user names: the other way to say who must have signed. A file with more
//! than one key, or with something that only looks like one, would be a policy of two readings.

use der::asn1::{AnyRef, ObjectIdentifier, UintRef};
use der::{Decode as _, Encode as _, Sequence};
use pysign_host::Sha256;
use x509_cert::spki::SubjectPublicKeyInfoRef;

use crate::error::{Error, Fault, Form};
use crate::pem;

/// An RSA key of 8192 bits has 1.4 kB in PEM.
const MAX_BYTES: usize = 16 << 10;

/// A PEM block of a public key (RFC 7468 §13).
const BLOCK: pem::Block = pem::Block {
    label: "PUBLIC KEY",
    missing: "not one PEM block of a public key and nothing else",
};

/// `id-ecPublicKey` (RFC 5480 §2.1.1).
const EC: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
/// `secp256r1` (RFC 5480 §2.1.1.1).
const P256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.3.1.7");
/// `secp384r1` (RFC 5480 §2.1.1.1).
const P384: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.132.0.34");
/// `id-Ed25519` (RFC 8410 §3).
const ED25519: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.101.112");
/// `rsaEncryption` (RFC 8017, appendix A.1).
const RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");

/// Below, a modulus is not approved (FIPS 186-5 §5.1); above, the library has no verifier.
const RSA_BITS: std::ops::RangeInclusive<u32> = 2048..=8192;
/// The least public exponent (FIPS 186-5 §5.1): with a small one, padding is a matter of luck.
const LEAST_EXPONENT: [u8; 3] = [1, 0, 1];

/// What kind of key it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyKind {
    /// ECDSA on NIST's curve P-256.
    P256,
    /// ECDSA on NIST's curve P-384.
    P384,
    /// `EdDSA` on Curve25519, over the message and not over its digest.
    Ed25519,
    /// RSA with the padding of PKCS #1, version 1.5.
    Rsa,
}

/// A public key: `SubjectPublicKeyInfo` (RFC 5280 §4.1.2.7) of a kind that can be verified with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicKey {
    spki: Vec<u8>,
    kind: KeyKind,
}

/// RFC 8017, appendix A.1.1.
#[derive(Sequence)]
struct RsaPublicKey<'a> {
    modulus: UintRef<'a>,
    exponent: UintRef<'a>,
}

impl PublicKey {
    /// Reads one `PUBLIC KEY` block (RFC 7468 §13) and nothing else: a certificate, a private key
    /// or a second key beside it is an error.
    pub fn from_pem(text: &[u8]) -> Result<Self, Error> {
        let read = || {
            Fault::if_larger(text, MAX_BYTES)?;
            Self::read(&pem::decode(text, BLOCK)?)
        };
        read().map_err(|fault| Form::PublicKey.error(fault))
    }

    /// Reads a `SubjectPublicKeyInfo` in DER and nothing after it.
    pub fn from_der(spki: &[u8]) -> Result<Self, Error> {
        let read = || {
            Fault::if_larger(spki, MAX_BYTES)?;
            Self::read(spki)
        };
        read().map_err(|fault| Form::PublicKey.error(fault))
    }

    /// The key in DER.
    pub fn spki(&self) -> &[u8] {
        &self.spki
    }

    /// The digest of the key in DER: what it is called where it must be short.
    pub fn sha256(&self) -> Sha256 {
        Sha256::of(&self.spki)
    }

    /// What kind of key it is.
    pub fn kind(&self) -> KeyKind {
        self.kind
    }

    fn read(der: &[u8]) -> Result<Self, Fault> {
        let spki = SubjectPublicKeyInfoRef::from_der(der)?;
        let bits = spki.subject_public_key.as_bytes().unwrap_or_default();
        let parameters = spki.algorithm.parameters;
        let kind = match (spki.algorithm.oid, parameters) {
            (EC, Some(curve)) => match (curve.decode_as(), bits) {
                // Points are not compressed (RFC 5480 §2.2 leaves it to us): one spelling.
                (Ok(P256), [4, point @ ..]) if point.len() == 64 => KeyKind::P256,
                (Ok(P384), [4, point @ ..]) if point.len() == 96 => KeyKind::P384,
                _ => return Err(Fault::Rule("an ECDSA key on neither P-256 nor P-384")),
            },
            (ED25519, None) if bits.len() == 32 => KeyKind::Ed25519,
            (RSA, Some(AnyRef::NULL)) => rsa(bits)?,
            _ => return Err(Fault::Rule("none of P-256, P-384, Ed25519 and RSA")),
        };
        if spki.to_der()? != der {
            return Err(Fault::Rule("a key in another spelling than DER's"));
        }
        Ok(Self { spki: der.to_owned(), kind })
    }
}

fn rsa(bits: &[u8]) -> Result<KeyKind, Fault> {
    let key = RsaPublicKey::from_der(bits)?;
    let (modulus, exponent) = (key.modulus.as_bytes(), key.exponent.as_bytes());
    let unused = modulus.first().map_or(0, |byte| byte.leading_zeros());
    let bits = u32::try_from(modulus.len() * 8).ok().and_then(|bits| bits.checked_sub(unused));
    if !bits.is_some_and(|bits| RSA_BITS.contains(&bits)) {
        return Err(Fault::Rule("an RSA key of less than 2048 or more than 8192 bits"));
    }
    let odd = exponent.last().is_some_and(|byte| byte % 2 == 1);
    if !odd || (exponent.len(), exponent) < (LEAST_EXPONENT.len(), &LEAST_EXPONENT) {
        return Err(Fault::Rule("an RSA key with an even exponent, or one below 65537"));
    }
    Ok(KeyKind::Rsa)
}

#[cfg(test)]
mod tests;
