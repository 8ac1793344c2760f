//! Certificates for the tests of those who judge them: well-formed, and signed by nobody.

use std::time::Duration;

use der::Encode as _;
use der::asn1::{BitString, Ia5String, ObjectIdentifier, OctetString, UtcTime};
use x509_cert::ext::Extension;
use x509_cert::ext::pkix::SubjectAltName;
use x509_cert::ext::pkix::name::GeneralName;
use x509_cert::name::Name;
use x509_cert::serial_number::SerialNumber;
use x509_cert::spki::{AlgorithmIdentifierOwned, SubjectPublicKeyInfoOwned};
use x509_cert::time::{Time, Validity};
use x509_cert::{TbsCertificate, Version};

use crate::{CLAIMS, Certificate};

/// A certificate of this identity (an e-mail address if there is an `@` and no `:`), issuer and
/// claims, by their names.
///
/// # Panics
/// On a name that is no claim's, or a value that no certificate can hold.
#[allow(clippy::expect_used, reason = "only tests call it")]
pub fn certificate(identity: &str, issuer: &str, claims: &[(&str, &str)]) -> Certificate {
    let id = |text: &str| text.parse::<ObjectIdentifier>().expect("an identifier");
    let extension = |extn_id, value: Vec<u8>| {
        let extn_value = OctetString::new(value).expect("a short value");
        Extension { extn_id, critical: false, extn_value }
    };
    let fulcio = |arc: u32, text: &str| {
        let typed = || text.to_owned().to_der().expect("a text");
        let value = if arc < 8 { text.as_bytes().to_vec() } else { typed() };
        extension(id(&format!("1.3.6.1.4.1.57264.1.{arc}")), value)
    };
    let name = Ia5String::new(identity).expect("ASCII");
    let name = if identity.contains('@') && !identity.contains(':') {
        GeneralName::Rfc822Name(name)
    } else {
        GeneralName::UniformResourceIdentifier(name)
    };
    let subject = SubjectAltName(vec![name]).to_der().expect("a name");
    let mut extensions = vec![extension(id("2.5.29.17"), subject), fulcio(8, issuer)];
    extensions.extend(claims.iter().map(|(claim, value)| {
        let known = CLAIMS.iter().find(|(_, known)| known == claim);
        fulcio(known.expect("a claim's name").0, value)
    }));
    let algorithm = AlgorithmIdentifierOwned { oid: id("1.2.840.10045.4.3.2"), parameters: None };
    let time = |seconds| {
        Time::UtcTime(UtcTime::from_unix_duration(Duration::from_secs(seconds)).expect("a time"))
    };
    let bits = |byte| BitString::from_bytes(&[byte]).expect("a byte");
    let tbs_certificate = TbsCertificate {
        version: Version::V3,
        serial_number: SerialNumber::new(&[7]).expect("a number"),
        signature: algorithm.clone(),
        issuer: Name::default(),
        validity: Validity { not_before: time(1_700_000_000), not_after: time(1_700_000_600) },
        subject: Name::default(),
        subject_public_key_info: SubjectPublicKeyInfoOwned {
            algorithm: algorithm.clone(),
            subject_public_key: bits(4),
        },
        issuer_unique_id: None,
        subject_unique_id: None,
        extensions: Some(extensions),
    };
    let whole = x509_cert::Certificate {
        tbs_certificate,
        signature_algorithm: algorithm,
        signature: bits(0),
    };
    let der = whole.to_der().expect("a certificate");
    Certificate::from_der(&der).expect("a certificate of Fulcio's form")
}
