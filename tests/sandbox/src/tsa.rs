//! The time-stamp authority (RFC 3161): a token is a CMS `SignedData` over a `TSTInfo`, with the
//! hash of the signer's certificate among the signed attributes.

use cms::cert::{CertificateChoices, IssuerAndSerialNumber};
use cms::content_info::{CmsVersion, ContentInfo};
use cms::signed_data::{
    CertificateSet, EncapsulatedContentInfo, SignedData, SignerIdentifier, SignerInfo, SignerInfos,
};
use der::asn1::{Any, GeneralizedTime, Int, ObjectIdentifier, OctetString, SetOfVec};
use der::oid::db::rfc5280::ID_KP_TIME_STAMPING;
use der::oid::db::rfc5911::{
    ID_AA_SIGNING_CERTIFICATE_V_2, ID_CONTENT_TYPE, ID_MESSAGE_DIGEST, ID_SIGNED_DATA,
};
use der::oid::db::rfc5912::{ID_SHA_256, ID_SHA_384, ID_SHA_512};
use der::{Decode as _, Encode as _, EncodeValue, Sequence, Tagged};
use serde_json::Value;
use x509_cert::attr::Attribute;
use x509_cert::ext::Extensions;
use x509_cert::spki::AlgorithmIdentifierOwned;

use crate::Error;
use crate::clock::Clock;
use crate::http::{Refused, Reply, Request, Response, base64, refused, text};
use crate::pki::{self, Authority, Role, sha256};

const TST_INFO: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.16.1.4");
/// The policy of Sigstore's authority.
const POLICY: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.4.1.57264.2");

/// The authority.
pub(crate) struct Tsa {
    pub(crate) root: Authority,
    pub(crate) leaf: Authority,
    clock: Clock,
}

impl Tsa {
    /// Where queries are posted to.
    pub(crate) const PATH: &str = "/api/v1/timestamp";

    pub(crate) fn new(clock: Clock) -> Result<Self, Error> {
        let role = Role::Ca { path_len: 0, purpose: None };
        let root = Authority::new("sandbox-tsa-root", None, role)?;
        let role = Role::Leaf { purpose: ID_KP_TIME_STAMPING };
        Ok(Self { leaf: Authority::new("sandbox-tsa", Some(&root), role)?, root, clock })
    }

    pub(crate) fn answer(&self, request: &Request) -> Reply {
        match (request.verb(), request.path.as_str()) {
            ("POST", Self::PATH) => self.stamp(request),
            ("GET", "/api/v1/timestamp/certchain") => {
                let chain = self.leaf.pem()? + &self.root.pem()?;
                Ok(Response::new(200, "application/pem-certificate-chain", chain))
            }
            _ => Ok(Response::problem(404, "path was not found")),
        }
    }

    fn stamp(&self, request: &Request) -> Reply {
        let query = match request.header("content-type") {
            Some("application/timestamp-query") => TimeStampReq::from_der(&request.body)?,
            Some("application/json") => query_in_json(&request.json()?)?,
            _ => return Ok(Response::problem(415, "unsupported media type")),
        };
        let expected = match query.imprint.algorithm.oid {
            ID_SHA_256 => 32,
            ID_SHA_384 => 48,
            ID_SHA_512 => 64,
            _ => return Err(refused("the hash's algorithm is not one of SHA-2")),
        };
        if query.imprint.hash.as_bytes().len() != expected {
            return Err(refused("the hash's length is not its algorithm's"));
        }
        Ok(Response::new(201, "application/timestamp-reply", self.reply(query)?))
    }

    /// The reply to a query for the SHA-256 of a signature, without a nonce.
    pub(crate) fn token(&self, signature: &[u8]) -> Result<Vec<u8>, Error> {
        let algorithm = AlgorithmIdentifierOwned { oid: ID_SHA_256, parameters: None };
        let hash = OctetString::new(sha256(signature))?;
        self.reply(TimeStampReq {
            version: 1,
            imprint: MessageImprint { algorithm, hash },
            policy: None,
            nonce: None,
            wants_certificate: true,
            extensions: None,
        })
    }

    fn reply(&self, query: TimeStampReq) -> Result<Vec<u8>, Error> {
        let info = TstInfo {
            version: 1,
            policy: query.policy.unwrap_or(POLICY),
            imprint: query.imprint,
            serial_number: Int::new(&pki::serial()?)?,
            time: GeneralizedTime::from_system_time(self.clock.now())?,
            accuracy: Accuracy { seconds: 1 },
            nonce: query.nonce,
        };
        let token = self.sign(&info.to_der()?, query.wants_certificate)?;
        let answer = TimeStampResp { status: PkiStatusInfo { status: 0 }, token };
        Ok(answer.to_der()?)
    }

    fn sign(&self, info: &[u8], with_certificate: bool) -> Result<ContentInfo, Error> {
        let cert = &self.leaf.cert;
        let sha256_id = AlgorithmIdentifierOwned { oid: ID_SHA_256, parameters: None };
        let signer = self.signer_info(info, &sha256_id)?;
        let all = vec![CertificateChoices::Certificate(cert.clone())];
        let certificates = CertificateSet(SetOfVec::try_from(all)?);
        let data = SignedData {
            version: CmsVersion::V3,
            digest_algorithms: SetOfVec::try_from(vec![sha256_id])?,
            encap_content_info: EncapsulatedContentInfo {
                econtent_type: TST_INFO,
                econtent: Some(Any::encode_from(&OctetString::new(info)?)?),
            },
            certificates: with_certificate.then_some(certificates),
            crls: None,
            signer_infos: SignerInfos(SetOfVec::try_from(vec![signer])?),
        };
        Ok(ContentInfo { content_type: ID_SIGNED_DATA, content: Any::encode_from(&data)? })
    }

    fn signer_info(
        &self,
        info: &[u8],
        sha256_id: &AlgorithmIdentifierOwned,
    ) -> Result<SignerInfo, Error> {
        let tbs = &self.leaf.cert.tbs_certificate;
        let cert_hash = OctetString::new(sha256(&self.leaf.cert.to_der()?))?;
        let signed_by = SigningCertificateV2 { certs: vec![EssCertIdV2 { cert_hash }] };
        let attributes = SetOfVec::try_from(vec![
            attribute(ID_CONTENT_TYPE, &TST_INFO)?,
            attribute(ID_MESSAGE_DIGEST, &OctetString::new(sha256(info))?)?,
            attribute(ID_AA_SIGNING_CERTIFICATE_V_2, &signed_by)?,
        ])?;
        Ok(SignerInfo {
            version: CmsVersion::V1,
            sid: SignerIdentifier::IssuerAndSerialNumber(IssuerAndSerialNumber {
                issuer: tbs.issuer.clone(),
                serial_number: tbs.serial_number.clone(),
            }),
            digest_alg: sha256_id.clone(),
            signature_algorithm: self.leaf.key.signs_as(),
            // Over the attributes as a SET, not as the [0] that is sent (RFC 5652, section 5.4).
            signature: OctetString::new(self.leaf.key.sign(&attributes.to_der()?)?)?,
            signed_attrs: Some(attributes),
            unsigned_attrs: None,
        })
    }
}

fn attribute(
    oid: ObjectIdentifier,
    value: &(impl Tagged + EncodeValue),
) -> Result<Attribute, Error> {
    Ok(Attribute { oid, values: SetOfVec::try_from(vec![Any::encode_from(value)?])? })
}

#[derive(Sequence)]
pub(crate) struct TimeStampReq {
    version: u8,
    pub(crate) imprint: MessageImprint,
    policy: Option<ObjectIdentifier>,
    pub(crate) nonce: Option<Int>,
    #[asn1(default = "Default::default")]
    wants_certificate: bool,
    #[asn1(context_specific = "0", tag_mode = "IMPLICIT", optional = "true")]
    extensions: Option<Extensions>,
}

/// The query in the form that Sigstore's authority takes beside RFC 3161's, as sigstore-js sends it.
fn query_in_json(query: &Value) -> Result<TimeStampReq, Refused> {
    let oid = match text(query, "hashAlgorithm")? {
        "sha256" => ID_SHA_256,
        "sha384" => ID_SHA_384,
        "sha512" => ID_SHA_512,
        _ => return Err(refused("the hash's algorithm is not one of SHA-2")),
    };
    Ok(TimeStampReq {
        version: 1,
        imprint: MessageImprint {
            algorithm: AlgorithmIdentifierOwned { oid, parameters: None },
            hash: OctetString::new(base64(query, "artifactHash")?)?,
        },
        policy: None,
        nonce: None,
        wants_certificate: query.get("certificates").and_then(Value::as_bool).unwrap_or(false),
        extensions: None,
    })
}

#[derive(Sequence)]
pub(crate) struct MessageImprint {
    algorithm: AlgorithmIdentifierOwned,
    pub(crate) hash: OctetString,
}

#[derive(Sequence)]
pub(crate) struct TstInfo {
    version: u8,
    policy: ObjectIdentifier,
    pub(crate) imprint: MessageImprint,
    serial_number: Int,
    /// Whole seconds: what `GeneralizedTime` can hold here.
    time: GeneralizedTime,
    accuracy: Accuracy,
    pub(crate) nonce: Option<Int>,
}

#[derive(Sequence)]
pub(crate) struct Accuracy {
    seconds: u8,
}

#[derive(Sequence)]
struct SigningCertificateV2 {
    certs: Vec<EssCertIdV2>,
}

/// The hash algorithm is SHA-256, the default, which DER leaves out (RFC 5035, section 4).
#[derive(Sequence)]
struct EssCertIdV2 {
    cert_hash: OctetString,
}

#[derive(Sequence)]
struct TimeStampResp {
    status: PkiStatusInfo,
    token: ContentInfo,
}

#[derive(Sequence)]
struct PkiStatusInfo {
    status: u8,
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::pki::{Signed, verifies};

    pub(crate) fn query(
        algorithm: ObjectIdentifier,
        hash: &[u8],
        wants_certificate: bool,
    ) -> Request {
        let query = TimeStampReq {
            version: 1,
            imprint: MessageImprint {
                algorithm: AlgorithmIdentifierOwned { oid: algorithm, parameters: None },
                hash: OctetString::new(hash).unwrap(),
            },
            policy: None,
            nonce: Some(Int::new(&[0x7f, 1, 2, 3, 4, 5, 6, 7]).unwrap()),
            wants_certificate,
            extensions: None,
        };
        let mut request = Request::new("POST", Tsa::PATH);
        request.headers.push(("content-type".into(), "application/timestamp-query".into()));
        request.body = query.to_der().unwrap();
        request
    }

    pub(crate) fn signed_data(answer: &Response) -> SignedData {
        let answer = TimeStampResp::from_der(&answer.body).unwrap();
        answer.token.content.decode_as().unwrap()
    }

    #[test]
    fn a_token_is_signed_and_repeats_hash_and_nonce() {
        let tsa = Tsa::new(Clock::default()).unwrap();
        let data = signed_data(&tsa.answer(&query(ID_SHA_256, &[7; 32], true)).unwrap());
        let content: OctetString =
            data.encap_content_info.econtent.as_ref().unwrap().decode_as().unwrap();
        let info = TstInfo::from_der(content.as_bytes()).unwrap();
        assert_eq!(info.imprint.hash.as_bytes(), [7; 32]);
        assert_eq!(info.nonce.unwrap().as_bytes(), [0x7f, 1, 2, 3, 4, 5, 6, 7]);
        let signer = data.signer_infos.0.get(0).unwrap();
        let attributes = signer.signed_attrs.as_ref().unwrap().to_der().unwrap();
        let signature = signer.signature.as_bytes();
        assert!(verifies(tsa.leaf.key.spki(), &Signed::Message(&attributes), signature));
        assert!(!verifies(tsa.root.key.spki(), &Signed::Message(&attributes), signature));
        assert!(data.certificates.is_some());
    }

    #[test]
    fn the_certificate_comes_when_it_is_asked_for() {
        let tsa = Tsa::new(Clock::default()).unwrap();
        let data = signed_data(&tsa.answer(&query(ID_SHA_512, &[7; 64], false)).unwrap());
        assert!(data.certificates.is_none());
    }

    #[test]
    fn a_query_in_json_is_one_in_another_form() {
        let tsa = Tsa::new(Clock::default()).unwrap();
        let answer = |body: &str| {
            let mut request = Request::new("POST", Tsa::PATH);
            request.headers.push(("content-type".into(), "application/json".into()));
            request.body = body.as_bytes().to_vec();
            tsa.answer(&request)
        };
        let hash = "BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=";
        let good = format!(r#"{{"artifactHash":"{hash}","hashAlgorithm":"sha256"}}"#);
        let data = signed_data(&answer(&good).unwrap());
        let content: OctetString =
            data.encap_content_info.econtent.as_ref().unwrap().decode_as().unwrap();
        let info = TstInfo::from_der(content.as_bytes()).unwrap();
        assert_eq!(info.imprint.hash.as_bytes(), [7; 32]);
        assert!(data.certificates.is_none() && info.nonce.is_none());
        assert!(answer(&good.replace("sha256", "md5")).is_err());
        assert!(answer(&good.replace("sha256", "sha512")).is_err());
    }

    #[test]
    fn what_is_no_query_is_refused() {
        let tsa = Tsa::new(Clock::default()).unwrap();
        assert!(tsa.answer(&query(ID_SHA_256, &[7; 31], true)).is_err());
        assert!(tsa.answer(&query(POLICY, &[7; 32], true)).is_err());
        let mut other = query(ID_SHA_256, &[7; 32], true);
        other.headers.clear();
        assert_eq!(tsa.answer(&other).unwrap().status, 415);
        assert_eq!(tsa.answer(&Request::new("GET", "/")).unwrap().status, 404);
    }
}
