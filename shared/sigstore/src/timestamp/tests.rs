use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use cms::cert::CertificateChoices;
use cms::revocation::RevocationInfoChoices;
use cms::signed_data::{CertificateSet, SignerInfos};
use der::asn1::{OctetString, SetOfVec};

use super::*;
use crate::tests::vectors::{Vector, set};

/// The timestamp of a case of the conformance suite.
fn stamp(case: &str) -> Option<Vec<u8>> {
    let vector = Vector::read(&set("conformance/bundle-verify")?.join(case)).unwrap();
    let place =
        "/verificationMaterial/timestampVerificationData/rfc3161Timestamps/0/signedTimestamp";
    let bundle = vector.json();
    Some(STANDARD.decode(bundle.pointer(place).unwrap().as_str().unwrap()).unwrap())
}

/// What is said of the timestamp after `change`.
fn changed(stamp: &[u8], change: impl FnOnce(&mut SignedData)) -> Result<Vec<u8>, String> {
    let mut response = Response::from_der(stamp).unwrap();
    let mut data: SignedData = response.token.content.decode_as().unwrap();
    change(&mut data);
    response.token.content = Any::encode_from(&data).unwrap();
    signed(&response.to_der().unwrap()).map_err(|cause| cause.to_string())
}

fn signer(data: &mut SignedData, change: impl FnOnce(&mut SignerInfo)) {
    let mut signer = data.signer_infos.0.as_slice()[0].clone();
    change(&mut signer);
    data.signer_infos = SignerInfos(SetOfVec::try_from(vec![signer]).unwrap());
}

const OTHER: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.4.1.57264.2");

#[test]
fn certificates_are_all_that_may_stand_around_a_timestamp() {
    let Some(stamp) = stamp("rekor2-timestamp-with-embedded-cert") else { return };
    let good = signed(&stamp).unwrap();
    assert_eq!(changed(&stamp, |_| ()), Ok(good.clone()));
    assert_eq!(changed(&stamp, |data| data.certificates = None), Ok(good.clone()));
    let other = |data: &mut SignedData| {
        let CertificateSet(certificates) = data.certificates.as_ref().unwrap();
        let CertificateChoices::Certificate(mut one) = certificates.as_slice()[0].clone() else {
            panic!()
        };
        one.tbs_certificate.issuer = x509_cert::name::Name::default();
        let certificates = SetOfVec::try_from(vec![CertificateChoices::Certificate(one)]);
        data.certificates = Some(CertificateSet(certificates.unwrap()));
    };
    assert_eq!(changed(&stamp, other), Ok(good));

    let refused = |change: &dyn Fn(&mut SignedData)| changed(&stamp, change).unwrap_err();
    let text = refused(&|data| data.crls = Some(RevocationInfoChoices(SetOfVec::new())));
    assert!(text.contains("more than its signer needs"), "{text}");
    let text = refused(&|data| data.version = CmsVersion::V1);
    assert!(text.contains("another version than 3"), "{text}");
    let text = refused(&|data| {
        let mut one = data.digest_algorithms.as_slice()[0].clone();
        one.oid = OTHER;
        data.digest_algorithms = SetOfVec::try_from(vec![one]).unwrap();
    });
    assert!(text.contains("more than its signer needs"), "{text}");
    let text = refused(&|data| {
        let mut more = data.digest_algorithms.as_slice()[0].clone();
        more.oid = OTHER;
        data.digest_algorithms.insert(more).unwrap();
    });
    assert!(text.contains("exactly one digest algorithm"), "{text}");
    let text = refused(&|data| {
        let mut more = data.signer_infos.0.as_slice()[0].clone();
        more.signature = OctetString::new(vec![0]).unwrap();
        data.signer_infos.0.insert(more).unwrap();
    });
    assert!(text.contains("exactly one signer"), "{text}");
}

#[test]
fn a_signer_says_what_was_signed_and_how() {
    let Some(stamp) = stamp("rekor2-happy-path") else { return };
    let refused = |change: &dyn Fn(&mut SignerInfo)| {
        changed(&stamp, |data| signer(data, change)).unwrap_err()
    };
    let text = refused(&|signer| signer.signature_algorithm.oid = OTHER);
    assert!(text.contains("ECDSA over its digest"), "{text}");
    // ECDSA with SHA-384, over a digest that is SHA-256.
    let text = refused(&|signer| signer.signature_algorithm.oid = ALGORITHMS[1].1);
    assert!(text.contains("ECDSA over its digest"), "{text}");
    let text = refused(&|signer| signer.version = CmsVersion::V3);
    assert!(text.contains("another version"), "{text}");
    let text = refused(&|signer| signer.unsigned_attrs = signer.signed_attrs.clone());
    assert!(text.contains("unsigned"), "{text}");
    let text = refused(&|signer| {
        let kept = signer.signed_attrs.as_ref().unwrap().iter().cloned();
        let kept: Vec<_> = kept.filter(|attribute| attribute.oid != CONTENT_TYPE).collect();
        signer.signed_attrs = Some(SetOfVec::try_from(kept).unwrap());
    });
    assert!(text.contains("something else than a TSTInfo"), "{text}");
}

#[test]
fn what_was_signed_is_a_string_of_octets() {
    let Some(stamp) = stamp("rekor2-happy-path") else { return };
    let text = changed(&stamp, |data| {
        let value = data.encap_content_info.econtent.as_ref().unwrap().value().to_vec();
        data.encap_content_info.econtent = Some(Any::new(Tag::Utf8String, value).unwrap());
    });
    assert!(text.unwrap_err().contains("not a TSTInfo"));
    assert!(changed(&stamp, |data| data.encap_content_info.econtent = None).is_err());
    assert!(changed(&stamp, |data| data.encap_content_info.econtent_type = OTHER).is_err());
    // The token alone, which the library takes as well.
    let token = Response::from_der(&stamp).unwrap().token.to_der().unwrap();
    assert!(signed(&token).is_err());
    for end in [0, 1, stamp.len() - 1] {
        assert!(signed(&stamp[..end]).is_err());
    }
}

/// Whatever stands around it.
#[test]
fn a_timestamp_is_there_once() {
    let Some(stamp) = stamp("rekor2-timestamp-with-embedded-cert") else { return };
    let mut other = stamp.clone();
    other[500] ^= 1;
    assert!(check(std::slice::from_ref(&stamp)).is_ok());
    let text = check(&[stamp.clone(), stamp.clone()]).unwrap_err().to_string();
    assert_eq!(text, "a timestamp is given twice");
    assert!(check(&[stamp, other]).is_err());
}
