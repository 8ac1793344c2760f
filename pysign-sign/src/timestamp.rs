//! A timestamp (RFC 3161) for a signature: it proves that the certificate was still valid.

use aws_lc_rs::error::Unspecified;
use aws_lc_rs::rand::{SecureRandom as _, SystemRandom};
use cms::content_info::ContentInfo;
use cms::signed_data::SignedData;
use der::asn1::{Any, AnyRef, Int, Null, ObjectIdentifier, OctetString};
use der::{
    Decode as _, DecodeValue, Encode as _, FixedTag, Header, Reader, Sequence, Tag, Tagged as _,
};
use pysign_host::{Failure, FileError, Sha256};
use pysign_http::{Body, Client, Request, Url};

use crate::error::{Error, TimestampFault as Fault};
use crate::key::no_randomness;

/// A token with the chain of its authority has some 3 kB.
const MAX_ANSWER: u64 = 1 << 18;

/// id-sha256 (RFC 5754, section 2.2).
const SHA256: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.1");
/// id-ct-TSTInfo (RFC 3161, section 2.4.2).
const TST_INFO: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.16.1.4");

/// Asks the authority at `url` to stamp `signature`; gives its whole answer in DER, as bundles hold
/// it. That the token is about this signature and this question is checked here; who signed it is
/// the verifier's business.
pub(crate) fn stamp(client: &Client, url: &Url, signature: &[u8]) -> Result<Vec<u8>, Failure> {
    let query = Query::new(signature)?;
    let request = Request::post(url.clone())
        .header("Content-Type", "application/timestamp-query")
        .header("Accept", "application/timestamp-reply")
        .body(Body::Bytes(&query.der))
        .no_redirects();
    let answer = client.send(&request, MAX_ANSWER)?.body;
    match query.check(&answer) {
        Ok(()) => Ok(answer),
        Err(fault) => Err(Error::Timestamp { authority: url.clone(), fault }.into()),
    }
}

/// A question and what its answer must repeat.
struct Query {
    imprint: MessageImprint,
    nonce: Int,
    der: Vec<u8>,
}

impl Query {
    fn new(signature: &[u8]) -> Result<Self, FileError> {
        let mut nonce = [0_u8; 8];
        SystemRandom::new().fill(&mut nonce).map_err(no_randomness)?;
        // Positive and of full length, so that there is one encoding of it.
        let [first, ..] = &mut nonce;
        *first = *first & 0x7f | 0x40;
        Self::with(signature, &nonce).map_err(|_| no_randomness(Unspecified))
    }

    fn with(signature: &[u8], nonce: &[u8]) -> der::Result<Self> {
        let algorithm = HashAlgorithm { oid: SHA256, parameters: Some(Any::from(Null)) };
        let digest = OctetString::new(*Sha256::of(signature).as_bytes())?;
        let request = TimeStampReq {
            version: 1,
            imprint: MessageImprint { algorithm, digest },
            nonce: Int::new(nonce)?,
            certificates: true,
        };
        let der = request.to_der()?;
        Ok(Self { imprint: request.imprint, nonce: request.nonce, der })
    }

    fn check(&self, answer: &[u8]) -> Result<(), Fault> {
        let response = TimeStampResp::from_der(answer).map_err(|_| Fault::Syntax)?;
        // granted or grantedWithMods (RFC 3161, section 2.4.2).
        let StatusInfo { status, .. } = response.status;
        if status > 1 {
            return Err(Fault::Status(status));
        }
        let info = token_info(response.token).map_err(|_| Fault::Syntax)?;
        if info.algorithm != SHA256 || info.digest != self.imprint.digest {
            return Err(Fault::Imprint);
        }
        if info.nonce.as_ref() == Some(&self.nonce) { Ok(()) } else { Err(Fault::Nonce) }
    }
}

/// What a token says, from the CMS `SignedData` that it is.
fn token_info(token: Option<ContentInfo>) -> der::Result<TokenInfo> {
    let value = || Tag::Sequence.value_error();
    let data: SignedData = token.ok_or_else(value)?.content.decode_as()?;
    let content = data.encap_content_info;
    if content.econtent_type != TST_INFO {
        return Err(value());
    }
    let bytes: OctetString = content.econtent.ok_or_else(value)?.decode_as()?;
    TokenInfo::from_der(bytes.as_bytes())
}

/// RFC 3161, section 2.4.1, without the policy and extensions, which are not asked for.
#[derive(Sequence)]
struct TimeStampReq {
    version: u8,
    imprint: MessageImprint,
    nonce: Int,
    certificates: bool,
}

#[derive(Clone, Sequence)]
struct MessageImprint {
    algorithm: HashAlgorithm,
    digest: OctetString,
}

#[derive(Clone, Sequence)]
struct HashAlgorithm {
    oid: ObjectIdentifier,
    parameters: Option<Any>,
}

/// RFC 3161, section 2.4.2.
#[derive(Sequence)]
struct TimeStampResp {
    status: StatusInfo,
    token: Option<ContentInfo>,
}

/// The texts about a status are passed over.
#[derive(Sequence)]
struct StatusInfo {
    status: u8,
    texts: Option<Any>,
    failure: Option<Any>,
}

/// The members of a `TSTInfo` that a question determines; the time has fractions that not every
/// reader takes, and is the verifier's business.
struct TokenInfo {
    algorithm: ObjectIdentifier,
    digest: OctetString,
    nonce: Option<Int>,
}

impl FixedTag for TokenInfo {
    const TAG: Tag = Tag::Sequence;
}

impl<'a> DecodeValue<'a> for TokenInfo {
    fn decode_value<R: Reader<'a>>(reader: &mut R, header: Header) -> der::Result<Self> {
        reader.read_nested(header.length, |reader| {
            let _version = u8::decode(reader)?;
            let _policy = ObjectIdentifier::decode(reader)?;
            let imprint = MessageImprint::decode(reader)?;
            let _serial = AnyRef::decode(reader)?;
            let _time = AnyRef::decode(reader)?;
            let mut nonce = None;
            while !reader.is_finished() {
                let member = AnyRef::decode(reader)?;
                // The only integer among accuracy, ordering, nonce, tsa and extensions.
                if member.tag() == Tag::Integer {
                    nonce = Some(member.decode_as()?);
                }
            }
            Ok(Self { algorithm: imprint.algorithm.oid, digest: imprint.digest, nonce })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use cms::content_info::CmsVersion;
    use cms::signed_data::{EncapsulatedContentInfo, SignerInfos};
    use der::asn1::{GeneralizedTime, SetOfVec};
    use std::time::Duration;

    const NONCE: [u8; 8] = [0x40, 1, 2, 3, 4, 5, 6, 7];

    #[derive(Sequence)]
    struct Info {
        version: u8,
        policy: ObjectIdentifier,
        imprint: MessageImprint,
        serial: u8,
        time: GeneralizedTime,
        nonce: Option<Int>,
    }

    #[derive(Sequence)]
    struct Status {
        status: u8,
    }

    #[derive(Sequence)]
    struct Answer {
        status: Status,
        token: Option<ContentInfo>,
    }

    fn answer(status: u8, signature: &[u8], nonce: Option<&[u8]>) -> Vec<u8> {
        let query = Query::with(signature, &NONCE).unwrap();
        let info = Info {
            version: 1,
            policy: TST_INFO,
            imprint: query.imprint,
            serial: 7,
            time: GeneralizedTime::from_unix_duration(Duration::from_secs(1_700_000_000)).unwrap(),
            nonce: nonce.map(|nonce| Int::new(nonce).unwrap()),
        };
        let info = OctetString::new(info.to_der().unwrap()).unwrap();
        let data = SignedData {
            version: CmsVersion::V3,
            digest_algorithms: SetOfVec::new(),
            encap_content_info: EncapsulatedContentInfo {
                econtent_type: TST_INFO,
                econtent: Some(Any::encode_from(&info).unwrap()),
            },
            certificates: None,
            crls: None,
            signer_infos: SignerInfos(SetOfVec::new()),
        };
        let content_type = ObjectIdentifier::new_unwrap("1.2.840.113549.1.7.2");
        let token = ContentInfo { content_type, content: Any::encode_from(&data).unwrap() };
        Answer { status: Status { status }, token: Some(token) }.to_der().unwrap()
    }

    fn verdict(answer: &[u8]) -> Result<(), Fault> {
        Query::with(b"signature", &NONCE).unwrap().check(answer)
    }

    #[test]
    fn an_answer_to_the_question_is_taken() {
        assert_eq!(verdict(&answer(0, b"signature", Some(&NONCE))), Ok(()));
        assert_eq!(verdict(&answer(1, b"signature", Some(&NONCE))), Ok(()));
    }

    #[test]
    fn a_token_about_other_bytes_is_refused() {
        assert_eq!(verdict(&answer(0, b"other", Some(&NONCE))), Err(Fault::Imprint));
    }

    #[test]
    fn a_token_for_another_question_is_refused() {
        assert_eq!(verdict(&answer(0, b"signature", Some(&[1]))), Err(Fault::Nonce));
        assert_eq!(verdict(&answer(0, b"signature", None)), Err(Fault::Nonce));
    }

    #[test]
    fn a_refusal_is_no_timestamp() {
        assert_eq!(verdict(&answer(2, b"signature", Some(&NONCE))), Err(Fault::Status(2)));
    }

    #[test]
    fn anything_else_is_no_answer() {
        let whole = answer(0, b"signature", Some(&NONCE));
        assert_eq!(verdict(&whole[..whole.len() - 1]), Err(Fault::Syntax));
        assert_eq!(verdict(b"<html>"), Err(Fault::Syntax));
        assert_eq!(verdict(b""), Err(Fault::Syntax));
    }

    #[test]
    fn a_question_has_a_new_nonce_each_time() {
        let [one, two] = [0; 2].map(|_| Query::new(b"signature").map(|query| query.der).ok());
        assert_ne!(one, two);
    }

    /// `openssl ts -query -digest HEX -sha256 -cert` writes the same, nonce aside.
    #[test]
    fn a_question_is_encoded_as_rfc_3161_wants_it() {
        let query = Query::with(b"abc", &NONCE).unwrap();
        let digest = Sha256::of(b"abc");
        let head = b"\x30\x43\x02\x01\x01\x30\x31\x30\x0d\x06\x09\x60\x86\x48\x01\x65\
                     \x03\x04\x02\x01\x05\x00\x04\x20";
        let tail = b"\x02\x08\x40\x01\x02\x03\x04\x05\x06\x07\x01\x01\xff";
        assert_eq!(query.der, [&head[..], digest.as_bytes(), tail].concat());
    }
}
