//! Timestamps by their form (RFC 3161 §2.4.2 over RFC 5652). The library proves what the authority
//! has signed and passes over what stands around that; here nothing stands around it but the
//! authority's certificates, which are taken from the trusted root instead.

use std::collections::BTreeSet;

use cms::content_info::{CmsVersion, ContentInfo};
use cms::signed_data::{SignedData, SignerIdentifier, SignerInfo};
use der::asn1::ObjectIdentifier;
use der::{Any, Decode as _, Encode as _, Sequence, Tag, Tagged as _};

use crate::error::Cause;

/// `id-signedData` (RFC 5652 §5.1).
const SIGNED_DATA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.7.2");
/// `id-ct-TSTInfo` (RFC 3161 §2.4.2).
const TST_INFO: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.16.1.4");
/// `id-contentType` (RFC 5652 §11.1).
const CONTENT_TYPE: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.3");

/// Digest algorithms (RFC 5754 §2), and ECDSA with each (RFC 5758 §3.2): what the library verifies.
const ALGORITHMS: [(ObjectIdentifier, ObjectIdentifier); 3] = [
    (
        ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.1"),
        ObjectIdentifier::new_unwrap("1.2.840.10045.4.3.2"),
    ),
    (
        ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.2"),
        ObjectIdentifier::new_unwrap("1.2.840.10045.4.3.3"),
    ),
    (
        ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.3"),
        ObjectIdentifier::new_unwrap("1.2.840.10045.4.3.4"),
    ),
];

/// `TimeStampResp`, which is what a bundle holds (protobuf-specs, `RFC3161SignedTimestamp`).
#[derive(Sequence)]
struct Response {
    /// Not signed: whoever has a token was granted it, and the library asks that it says so.
    status: Any,
    token: ContentInfo,
}

/// Refuses timestamps with parts that nobody has signed, and one that is given twice: it would count
/// twice.
pub(crate) fn check(stamps: &[Vec<u8>]) -> Result<(), Cause> {
    let mut seen = BTreeSet::new();
    for stamp in stamps {
        if !seen.insert(signed(stamp)?) {
            return Err("a timestamp is given twice".into());
        }
    }
    Ok(())
}

/// What the authority has signed (`TSTInfo`, with the authority's own number in it): two signatures
/// over the same are one timestamp.
fn signed(stamp: &[u8]) -> Result<Vec<u8>, Cause> {
    let content = Response::from_der(stamp)?.token;
    if content.content_type != SIGNED_DATA {
        return Err("a timestamp's token is not signed data".into());
    }
    let data: SignedData = content.content.decode_as()?;
    // RFC 5652 §5.1: this one, where the content is not bare data.
    if data.version != CmsVersion::V3 {
        return Err("a timestamp's signed data has another version than 3".into());
    }
    let [signer] = data.signer_infos.0.as_slice() else {
        return Err("a timestamp doesn't have exactly one signer".into());
    };
    // The reader sorts what is in the signer's sets; the authority has done so, or it is not DER.
    if !content.content.value().ends_with(&data.signer_infos.to_der()?) {
        return Err("a timestamp's signer is in another order than DER's".into());
    }
    let [algorithm] = data.digest_algorithms.as_slice() else {
        return Err("a timestamp doesn't have exactly one digest algorithm".into());
    };
    if *algorithm != signer.digest_alg || data.crls.is_some() {
        return Err("a timestamp contains more than its signer needs".into());
    }
    check_signer(signer)?;
    let info = data.encap_content_info;
    match info.econtent {
        Some(content) if info.econtent_type == TST_INFO && content.tag() == Tag::OctetString => {
            Ok(content.value().to_vec())
        }
        _ => Err("a timestamp's content is not a TSTInfo".into()),
    }
}

fn check_signer(signer: &SignerInfo) -> Result<(), Cause> {
    // RFC 5652 §5.3: by how the signer is named.
    let version = match signer.sid {
        SignerIdentifier::IssuerAndSerialNumber(_) => CmsVersion::V1,
        SignerIdentifier::SubjectKeyIdentifier(_) => CmsVersion::V3,
    };
    if signer.version != version {
        return Err("a timestamp's signer is named in another version".into());
    }
    let algorithms = (signer.digest_alg.oid, signer.signature_algorithm.oid);
    let bare = signer.signature_algorithm.parameters.is_none();
    if !bare || !ALGORITHMS.contains(&algorithms) {
        return Err("a timestamp has another algorithm than ECDSA over its digest".into());
    }
    if signer.unsigned_attrs.is_some() {
        return Err("a timestamp has unsigned attributes".into());
    }
    // What the digest among the attributes is of is said by the type among them.
    let types: Vec<_> = signer
        .signed_attrs
        .iter()
        .flat_map(|attributes| attributes.iter())
        .filter(|attribute| attribute.oid == CONTENT_TYPE)
        .flat_map(|attribute| attribute.values.iter())
        .collect();
    match types.as_slice() {
        [only] if only.decode_as::<ObjectIdentifier>()? == TST_INFO => Ok(()),
        _ => Err("a timestamp's signer has signed something else than a TSTInfo".into()),
    }
}

#[cfg(test)]
mod tests;
