//! Keys and certificates: `x509-cert` values signed by hand, so that any field can be what a test
//! needs and no library corrects it.

use std::str::FromStr as _;
use std::time::{Duration, SystemTime};

use aws_lc_rs::digest::{self, Digest};
use aws_lc_rs::encoding::AsDer as _;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{
    self as algorithm, EcdsaKeyPair, EcdsaSigningAlgorithm, KeyPair as _, UnparsedPublicKey,
    VerificationAlgorithm,
};
use der::asn1::{BitString, ObjectIdentifier, OctetString, UtcTime};
use der::oid::db::rfc5912::{
    ECDSA_WITH_SHA_256, ECDSA_WITH_SHA_384, ID_EC_PUBLIC_KEY, RSA_ENCRYPTION, SECP_256_R_1,
    SECP_384_R_1,
};
use der::oid::db::rfc8410::ID_ED_25519;
use der::pem::LineEnding;
use der::{Decode as _, Encode as _, EncodePem as _};
use x509_cert::certificate::Version;
use x509_cert::ext::pkix::{
    AuthorityKeyIdentifier, BasicConstraints, ExtendedKeyUsage, KeyUsage, KeyUsages,
    SubjectKeyIdentifier,
};
use x509_cert::ext::{AsExtension, Extension};
use x509_cert::name::Name;
use x509_cert::serial_number::SerialNumber;
use x509_cert::spki::{AlgorithmIdentifierOwned, SubjectPublicKeyInfoOwned};
use x509_cert::time::{Time, Validity};
use x509_cert::{Certificate, TbsCertificate};

use crate::Error;

/// How long before the start of the sandbox its authorities and logs begin: a clock may be moved
/// back by a year.
pub(crate) const PAST: Duration = Duration::from_secs(400 * 24 * 3600);
/// How long its authorities live: a clock may be moved ahead by years.
const LIFE: Duration = Duration::from_secs(10 * 365 * 24 * 3600);

pub(crate) fn sha256(data: &[u8]) -> [u8; 32] {
    let mut hash = [0; 32];
    hash.copy_from_slice(digest::digest(&digest::SHA256, data).as_ref());
    hash
}

pub(crate) fn random<const N: usize>() -> Result<[u8; N], Error> {
    let mut bytes = [0; N];
    aws_lc_rs::rand::fill(&mut bytes)?;
    Ok(bytes)
}

/// A P-256 key that signs with SHA-256, or a P-384 key that signs with SHA-384.
pub(crate) struct Key {
    pair: EcdsaKeyPair,
    signs_as: ObjectIdentifier,
    spki: SubjectPublicKeyInfoOwned,
    id: [u8; 32],
}

impl Key {
    /// P-256: logs and leaves have such keys.
    pub(crate) fn generate() -> Result<Self, Error> {
        Self::of(&algorithm::ECDSA_P256_SHA256_ASN1_SIGNING, ECDSA_WITH_SHA_256)
    }

    /// P-384: the authorities of the public instance have such keys.
    fn of_authority() -> Result<Self, Error> {
        Self::of(&algorithm::ECDSA_P384_SHA384_ASN1_SIGNING, ECDSA_WITH_SHA_384)
    }

    fn of(
        algorithm: &'static EcdsaSigningAlgorithm,
        signs_as: ObjectIdentifier,
    ) -> Result<Self, Error> {
        let pair = EcdsaKeyPair::generate(algorithm)?;
        let der = pair.public_key().as_der()?;
        let spki = SubjectPublicKeyInfoOwned::from_der(der.as_ref())?;
        Ok(Self { pair, signs_as, spki, id: sha256(der.as_ref()) })
    }

    /// What a certificate calls the algorithm of the signatures.
    pub(crate) fn signs_as(&self) -> AlgorithmIdentifierOwned {
        AlgorithmIdentifierOwned { oid: self.signs_as, parameters: None }
    }

    pub(crate) fn sign(&self, message: &[u8]) -> Result<Vec<u8>, Error> {
        Ok(self.pair.sign(&SystemRandom::new(), message)?.as_ref().to_vec())
    }

    pub(crate) fn spki(&self) -> &SubjectPublicKeyInfoOwned {
        &self.spki
    }

    /// The hash of the key, by which CT, Rekor v1 and a precertificate name it.
    pub(crate) fn id(&self) -> [u8; 32] {
        self.id
    }
}

/// What a certificate's key is for.
#[derive(Clone, Copy)]
pub(crate) enum Role {
    /// Signs certificates; so many authorities may follow, for one purpose or for any.
    Ca { path_len: u8, purpose: Option<ObjectIdentifier> },
    /// Signs for one purpose.
    Leaf { purpose: ObjectIdentifier },
}

/// A key with its certificate.
pub(crate) struct Authority {
    pub(crate) key: Key,
    pub(crate) cert: Certificate,
}

impl Authority {
    /// A new authority below `issuer`, or a root.
    pub(crate) fn new(name: &str, issuer: Option<&Self>, role: Role) -> Result<Self, Error> {
        let key = match role {
            Role::Ca { .. } => Key::of_authority()?,
            Role::Leaf { .. } => Key::generate()?,
        };
        let signed_by = issuer.map_or(&key, |issuer| &issuer.key);
        let subject = Name::from_str(&format!("CN={name},O={ORGANIZATION}"))?;
        let issuer_name = issuer.map_or(&subject, Self::subject).clone();
        let start = SystemTime::now().checked_sub(PAST).ok_or(Error::Crypto)?;
        let extensions = authority_extensions(role)?;
        let tbs = TbsCertificate {
            subject,
            ..tbs(issuer_name, signed_by, key.spki.clone(), (start, LIFE), extensions)?
        };
        let tbs = with_extensions(tbs, key_identifiers(&key.spki, issuer)?);
        let cert = certificate(tbs, signed_by)?;
        Ok(Self { key, cert })
    }

    pub(crate) fn subject(&self) -> &Name {
        &self.cert.tbs_certificate.subject
    }

    pub(crate) fn pem(&self) -> Result<String, Error> {
        pem(&self.cert)
    }
}

/// The organisation in every subject here.
pub(crate) const ORGANIZATION: &str = "sandbox";

/// One PEM block with LF.
pub(crate) fn pem(cert: &Certificate) -> Result<String, Error> {
    Ok(cert.to_pem(LineEnding::LF)?)
}

fn authority_extensions(role: Role) -> Result<Vec<Extension>, Error> {
    let (ca, path_len_constraint, usage, purpose) = match role {
        Role::Ca { path_len, purpose } => {
            (true, Some(path_len), KeyUsages::KeyCertSign | KeyUsages::CRLSign, purpose)
        }
        Role::Leaf { purpose } => (false, None, KeyUsages::DigitalSignature.into(), Some(purpose)),
    };
    let mut extensions = vec![
        extension(&BasicConstraints { ca, path_len_constraint })?,
        extension(&KeyUsage(usage))?,
    ];
    if let Some(purpose) = purpose {
        // RFC 3161, section 2.3: a time stamper's purpose is critical. A certificate authority's
        // must not be, or sigstore-python refuses it.
        extensions.push(purpose_extension(purpose, !ca)?);
    }
    Ok(extensions)
}

/// A certificate of the empty name, to be signed by `signed_by`; from when, and for how long.
pub(crate) fn tbs(
    issuer: Name,
    signed_by: &Key,
    key: SubjectPublicKeyInfoOwned,
    (start, life): (SystemTime, Duration),
    extensions: Vec<Extension>,
) -> Result<TbsCertificate, Error> {
    Ok(TbsCertificate {
        version: Version::V3,
        serial_number: SerialNumber::new(&serial()?)?,
        signature: signed_by.signs_as(),
        issuer,
        validity: Validity { not_before: utc(start)?, not_after: utc(start + life)? },
        subject: Name::default(),
        subject_public_key_info: key,
        issuer_unique_id: None,
        subject_unique_id: None,
        extensions: Some(extensions),
    })
}

/// Years before 2050 are `UTCTime` (RFC 5280, section 4.1.2.5); `Time::try_from` would disagree.
fn utc(time: SystemTime) -> Result<Time, Error> {
    Ok(UtcTime::from_system_time(time)?.into())
}

/// A random serial number: positive, and without a byte that DER would drop or add.
pub(crate) fn serial() -> Result<[u8; 16], Error> {
    let mut bytes = random::<16>()?;
    if let Some(first) = bytes.first_mut() {
        *first = *first & 0x3f | 0x40;
    }
    Ok(bytes)
}

pub(crate) fn with_extensions(mut tbs: TbsCertificate, more: Vec<Extension>) -> TbsCertificate {
    tbs.extensions.get_or_insert_default().extend(more);
    tbs
}

/// Signs a certificate.
pub(crate) fn certificate(tbs: TbsCertificate, key: &Key) -> Result<Certificate, Error> {
    let signature = key.sign(&tbs.to_der()?)?;
    Ok(Certificate {
        tbs_certificate: tbs,
        signature_algorithm: key.signs_as(),
        signature: BitString::from_bytes(&signature)?,
    })
}

/// An extension, critical where `x509-cert` says that its kind is.
pub(crate) fn extension(value: &impl AsExtension) -> Result<Extension, Error> {
    Ok(value.to_extension(&Name::default(), &[])?)
}

pub(crate) fn purpose_extension(
    purpose: ObjectIdentifier,
    critical: bool,
) -> Result<Extension, Error> {
    Ok(Extension { critical, ..extension(&ExtendedKeyUsage(vec![purpose]))? })
}

/// Who is certified and who certifies: 20 bytes of the key's SHA-256 (RFC 7093, section 2).
pub(crate) fn key_identifiers(
    subject: &SubjectPublicKeyInfoOwned,
    issuer: Option<&Authority>,
) -> Result<Vec<Extension>, Error> {
    let mut both = vec![extension(&SubjectKeyIdentifier(key_identifier(subject)?))?];
    if let Some(issuer) = issuer {
        both.push(extension(&AuthorityKeyIdentifier {
            key_identifier: Some(key_identifier(&issuer.key.spki)?),
            ..AuthorityKeyIdentifier::default()
        })?);
    }
    Ok(both)
}

fn key_identifier(key: &SubjectPublicKeyInfoOwned) -> Result<OctetString, Error> {
    let hash = sha256(key.subject_public_key.raw_bytes());
    Ok(OctetString::new(hash.first_chunk::<20>().map_or(&hash[..], |start| &start[..]))?)
}

/// What a signature is over.
pub(crate) enum Signed<'a> {
    Message(&'a [u8]),
    /// Its digest alone, by the hash that goes with the key.
    Digest(&'a [u8]),
}

/// Whether `signature` is the key's, by the algorithm that Sigstore ties to its kind and the digest. There is
/// no Ed25519ph, so a digest is never signed by an Ed25519 key.
pub(crate) fn verifies(
    key: &SubjectPublicKeyInfoOwned,
    signed: &Signed<'_>,
    signature: &[u8],
) -> bool {
    let parameters = key.algorithm.parameters.as_ref();
    let curve = parameters.and_then(|any| any.decode_as::<ObjectIdentifier>().ok());
    let (algorithm, hash): (&'static dyn VerificationAlgorithm, _) =
        match (key.algorithm.oid, curve) {
            (ID_EC_PUBLIC_KEY, Some(SECP_256_R_1)) => {
                (&algorithm::ECDSA_P256_SHA256_ASN1, &digest::SHA256)
            }
            (ID_EC_PUBLIC_KEY, Some(SECP_384_R_1)) => match signed {
                // The digest of a file that a log has by its SHA-256.
                Signed::Digest(digest) if digest.len() == digest::SHA256_OUTPUT_LEN => {
                    (&algorithm::ECDSA_P384_SHA256_ASN1, &digest::SHA256)
                }
                _ => (&algorithm::ECDSA_P384_SHA384_ASN1, &digest::SHA384),
            },
            (RSA_ENCRYPTION, _) => (&algorithm::RSA_PKCS1_2048_8192_SHA256, &digest::SHA256),
            (ID_ED_25519, _) => (&algorithm::ED25519, &digest::SHA512),
            _ => return false,
        };
    let key = UnparsedPublicKey::new(algorithm, key.subject_public_key.raw_bytes());
    match signed {
        Signed::Message(message) => key.verify(message, signature).is_ok(),
        Signed::Digest(digest) => Digest::import_less_safe(digest, hash)
            .is_ok_and(|digest| key.verify_digest(&digest, signature).is_ok()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_is_one_keys_over_one_message() {
        let (key, other) = (Key::generate().unwrap(), Key::generate().unwrap());
        let signature = key.sign(b"text").unwrap();
        assert!(verifies(key.spki(), &Signed::Message(b"text"), &signature));
        assert!(verifies(key.spki(), &Signed::Digest(&sha256(b"text")), &signature));
        assert!(!verifies(key.spki(), &Signed::Message(b"Text"), &signature));
        assert!(!verifies(other.spki(), &Signed::Message(b"text"), &signature));
    }

    #[test]
    fn an_authority_signs_the_one_below_it() {
        let root = Authority::new("root", None, Role::Ca { path_len: 1, purpose: None }).unwrap();
        let role = Role::Ca { path_len: 0, purpose: None };
        let below = Authority::new("below", Some(&root), role).unwrap();
        let tbs = below.cert.tbs_certificate.to_der().unwrap();
        let signature = below.cert.signature.raw_bytes();
        assert_eq!(below.cert.tbs_certificate.issuer, *root.subject());
        assert!(verifies(root.key.spki(), &Signed::Message(&tbs), signature));
        assert!(!verifies(below.key.spki(), &Signed::Message(&tbs), signature));
    }
}
