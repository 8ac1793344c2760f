use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use der::asn1::{BitString, Ia5String, OctetString, OctetStringRef, UtcTime};
use x509_cert::name::Name;
use x509_cert::serial_number::SerialNumber;
use x509_cert::spki::{AlgorithmIdentifierOwned, SubjectPublicKeyInfoOwned};
use x509_cert::time::{Time, Validity};
use x509_cert::{TbsCertificate, Version};

use super::*;

const SUBJECT: &str = "https://gitlab.com/acme/demo//.gitlab-ci.yml@refs/heads/main";

fn extension(arcs: &str, value: Vec<u8>) -> Extension {
    let extn_value = OctetString::new(value).unwrap();
    Extension { extn_id: arcs.parse().unwrap(), critical: false, extn_value }
}

fn fulcio_utf8(arc: u32, text: &str) -> Extension {
    extension(&format!("{FULCIO}.{arc}"), text.to_owned().to_der().unwrap())
}

fn fulcio_bare(arc: u32, text: &[u8]) -> Extension {
    extension(&format!("{FULCIO}.{arc}"), text.to_vec())
}

fn uri(text: &str) -> GeneralName {
    GeneralName::UniformResourceIdentifier(Ia5String::new(text).unwrap())
}

fn subject(names: Vec<GeneralName>) -> Extension {
    extension("2.5.29.17", SubjectAltName(names).to_der().unwrap())
}

/// A certificate with these extensions; who signed it is not asked here.
pub(crate) fn certificate(extensions: Vec<Extension>) -> Vec<u8> {
    let algorithm =
        AlgorithmIdentifierOwned { oid: "1.2.840.10045.4.3.2".parse().unwrap(), parameters: None };
    let time =
        |seconds| Time::UtcTime(UtcTime::from_unix_duration(Duration::from_secs(seconds)).unwrap());
    let tbs_certificate = TbsCertificate {
        version: Version::V3,
        serial_number: SerialNumber::new(&[7]).unwrap(),
        signature: algorithm.clone(),
        issuer: Name::default(),
        validity: Validity { not_before: time(1_700_000_000), not_after: time(1_700_000_600) },
        subject: Name::default(),
        subject_public_key_info: SubjectPublicKeyInfoOwned {
            algorithm: algorithm.clone(),
            subject_public_key: BitString::from_bytes(&[4]).unwrap(),
        },
        issuer_unique_id: None,
        subject_unique_id: None,
        extensions: Some(extensions),
    };
    let signature = BitString::from_bytes(&[0]).unwrap();
    x509_cert::Certificate { tbs_certificate, signature_algorithm: algorithm, signature }
        .to_der()
        .unwrap()
}

/// The two extensions that every certificate has.
pub(crate) fn least() -> Vec<Extension> {
    vec![subject(vec![uri(SUBJECT)]), fulcio_utf8(8, "https://gitlab.com")]
}

fn with(more: Extension) -> Result<Certificate, Error> {
    let mut extensions = least();
    extensions.push(more);
    Certificate::from_der(&certificate(extensions))
}

/// What is said of a certificate with these extensions.
fn refused(extensions: Vec<Extension>) -> String {
    Certificate::from_der(&certificate(extensions)).unwrap_err().to_string()
}

#[test]
fn a_certificate_names_signer_issuer_and_key() {
    let der = certificate(least());
    let read = Certificate::from_der(&der).unwrap();
    assert_eq!((read.identity(), read.issuer()), (SUBJECT, "https://gitlab.com"));
    assert!(read.claims().is_empty());
    assert_eq!(read.der(), der);
    assert!(der.windows(read.spki().len()).any(|window| window == read.spki()));
}

#[test]
fn there_is_one_name() {
    let address = || GeneralName::Rfc822Name(Ia5String::new("dev@example.org").unwrap());
    let issuer = || fulcio_utf8(8, "https://gitlab.com");
    let read = Certificate::from_der(&certificate(vec![subject(vec![address()]), issuer()]));
    assert_eq!(read.unwrap().identity(), "dev@example.org");
    for names in [vec![], vec![uri(SUBJECT), address()], vec![uri(SUBJECT), uri(SUBJECT)]] {
        assert!(refused(vec![subject(names), issuer()]).contains("exactly one subject"));
    }
    assert!(refused(vec![issuer()]).contains("no subject alternative name"));
    assert!(refused(vec![subject(vec![uri("")]), issuer()]).contains("is empty"));
    let host = GeneralName::DnsName(Ia5String::new("example.org").unwrap());
    assert!(refused(vec![subject(vec![host]), issuer()]).contains("neither by a URI"));
    let junk = extension("2.5.29.17", b"junk".to_vec());
    assert!(Certificate::from_der(&certificate(vec![junk, issuer()])).is_err());
}

#[test]
fn an_authority_is_named_by_the_certificate_and_by_its_key() {
    let plain = Certificate::from_der(&certificate(least())).unwrap();
    assert_eq!(plain.authority().1, b"");
    // A sequence of the key's identifier alone (RFC 5280 §4.2.1.1).
    let key = with(extension("2.5.29.35", b"\x30\x06\x80\x04\xdf\xd3\xe9\xcf".to_vec())).unwrap();
    assert_eq!(key.authority(), (plain.authority().0, &b"\xdf\xd3\xe9\xcf"[..]));
}

#[test]
fn both_spellings_of_the_issuer_agree() {
    let name = || subject(vec![uri(SUBJECT)]);
    let old = |text: &str| fulcio_bare(1, text.as_bytes());
    assert!(with(old("https://gitlab.com")).is_ok());
    assert!(with(old("https://gitlab.com.example")).is_err());
    let only_old = Certificate::from_der(&certificate(vec![name(), old("https://gitlab.com")]));
    assert_eq!(only_old.unwrap().issuer(), "https://gitlab.com");
    assert!(refused(vec![name()]).contains("no issuer"));
    let bare = fulcio_bare(8, b"https://gitlab.com");
    assert!(Certificate::from_der(&certificate(vec![name(), bare])).is_err());
}

#[test]
fn an_extension_is_there_once() {
    for again in [subject(vec![uri(SUBJECT)]), fulcio_utf8(8, "https://gitlab.com")] {
        assert!(with(again).unwrap_err().to_string().contains("there twice"));
    }
    // One that nobody reads, too.
    let unread = || extension("2.5.29.15", vec![3, 2, 7, 128]);
    let mut extensions = least();
    extensions.extend([unread(), unread()]);
    assert!(refused(extensions).contains("there twice"));
}

#[test]
fn claims_have_their_names_and_encodings() {
    for (claim, name) in [
        (fulcio_bare(6, b"refs/heads/main"), "github-workflow-ref"),
        (fulcio_utf8(14, "refs/heads/main"), "source-repository-ref"),
        (fulcio_utf8(99, "refs/heads/main"), "1.3.6.1.4.1.57264.1.99"),
    ] {
        let read = with(claim).unwrap();
        let claims: Vec<_> = read.claims().iter().collect();
        assert_eq!(claims, [(&name.to_owned(), &"refs/heads/main".to_owned())]);
    }
    let padded = OctetStringRef::new(b"main").unwrap().to_der().unwrap();
    for malformed in [
        fulcio_bare(14, b"refs/heads/main"),
        fulcio_bare(14, &padded),
        fulcio_bare(14, &[&"main".to_owned().to_der().unwrap()[..], &[0]].concat()),
        fulcio_bare(6, b"\xff"),
        fulcio_bare(6, b""),
    ] {
        assert!(with(malformed).is_err());
    }
    // A claim of the future, in an encoding of the future, and one of another arc.
    assert!(with(fulcio_bare(99, b"\xff")).unwrap().claims().is_empty());
    let deeper = extension("1.3.6.1.4.1.57264.1.14.1", "x".to_owned().to_der().unwrap());
    assert!(with(deeper).unwrap().claims().is_empty());
}

#[test]
fn a_pem_block_is_written_and_read_in_one_spelling() {
    let der = certificate(least());
    let read = Certificate::from_der(&der).unwrap();
    let pem = read.pem();
    assert_eq!(Certificate::from_pem(pem.as_bytes()).unwrap(), read);
    assert_eq!(Certificate::from_pem(pem.trim_end().as_bytes()).unwrap(), read);
    assert!(pem.lines().all(|line| line.len() <= 64));
    for text in [
        format!("{pem}{pem}"),
        format!("{pem}\n"),
        format!("{pem} "),
        format!("# a comment\n{pem}"),
        format!(" {pem}"),
        pem.replacen('\n', "\r\n", 1),
        pem.replace('\n', "\r"),
        pem.replacen("\nMI", "\nM\nI", 1),
        pem.replace("CERTIFICATE", "TRUSTED CERTIFICATE"),
        pem.replace("CERTIFICATE", "PUBLIC KEY"),
        pem.replace("END", "FIN"),
        String::new(),
    ] {
        assert!(Certificate::from_pem(text.as_bytes()).is_err(), "{text}");
    }
}

#[test]
fn every_form_of_a_file_is_the_same_certificate() {
    let der = certificate(least());
    let read = Certificate::from_der(&der).unwrap();
    let pem = read.pem();
    let encoded = STANDARD.encode(&der);
    for text in [
        pem.clone().into_bytes(),
        format!("{pem}\n").into_bytes(),
        pem.replace('\n', "\r\n").into_bytes(),
        pem.trim_end().replace('\n', "\r\n").into_bytes(),
        der.clone(),
        STANDARD.encode(&pem).into_bytes(),
        encoded.clone().into_bytes(),
        format!("{encoded}\n").into_bytes(),
        format!("{encoded}\r\n").into_bytes(),
    ] {
        assert_eq!(Certificate::from_text(&text).unwrap(), read);
    }
    for text in [
        [&der[..], b"\n"].concat(),
        format!("{pem}\n\n").into_bytes(),
        format!("{encoded}\n\n").into_bytes(),
        STANDARD.encode(&encoded).into_bytes(),
        STANDARD.encode(format!("{pem}{pem}")).into_bytes(),
        encoded[1..].to_owned().into_bytes(),
        vec![b'A'; MAX_BYTES + 1],
        vec![0x80; MAX_BYTES + 1],
    ] {
        assert!(Certificate::from_text(&text).is_err());
    }
}

#[test]
fn a_certificate_is_der_and_nothing_else() {
    let der = certificate(least());
    for at in 0..der.len() {
        assert!(Certificate::from_der(&der[..at]).is_err(), "{at}");
    }
    assert!(Certificate::from_der(&[&der[..], &[0]].concat()).is_err());
}

#[test]
fn a_lifetime_is_from_beginning_to_end() {
    let read = Certificate::from_der(&certificate(least())).unwrap();
    assert_eq!(read.lifetime(), Duration::from_secs(600));
}
