//! Fulcio: a checked token and a proven key become a certificate for ten minutes, from an
//! intermediate authority, with an embedded SCT. Version 2 of its call, and version 1, which cosign 2
//! makes.

use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use der::oid::db::rfc5280::ID_KP_CODE_SIGNING;
use der::{DecodePem as _, Encode as _};
use serde_json::{Value, json};
use x509_cert::Certificate;
use x509_cert::ext::Extension;
use x509_cert::ext::pkix::name::GeneralName;
use x509_cert::ext::pkix::{KeyUsage, KeyUsages, SubjectAltName};
use x509_cert::request::CertReq;
use x509_cert::spki::SubjectPublicKeyInfoOwned;

use crate::Error;
use crate::clock::Clock;
use crate::ct::CtLog;
use crate::http::{Refused, Reply, Request, Response, base64, refused, text};
use crate::identity::Identity;
use crate::oidc::Oidc;
use crate::pki::{self, Authority, Role, Signed};

/// How long a certificate is valid.
const LIFE: Duration = Duration::from_secs(10 * 60);

/// When a certificate is valid.
#[derive(Clone, Copy)]
pub(crate) struct Window {
    /// How long after it was asked for it begins.
    delay: Duration,
    life: Duration,
}

impl Window {
    const HONEST: Self = Self { delay: Duration::ZERO, life: LIFE };
    /// Long enough for one file, and never for a second.
    pub(crate) const SHORT: Self = Self { delay: Duration::ZERO, life: Duration::from_secs(100) };
    /// In an hour.
    pub(crate) const LATER: Self = Self { delay: Duration::from_secs(3600), life: LIFE };
}
/// The paths of both versions' call.
const V1: &str = "/api/v1/signingCert";
const V2: &str = "/api/v2/signingCert";
/// gRPC's codes for what is wrong with a request.
const INVALID_ARGUMENT: u8 = 3;

/// The certificate authority.
pub(crate) struct Fulcio {
    pub(crate) root: Authority,
    pub(crate) intermediate: Authority,
    oidc: Arc<Oidc>,
    ct: Arc<CtLog>,
    clock: Clock,
}

impl Fulcio {
    pub(crate) fn new(oidc: Arc<Oidc>, ct: Arc<CtLog>, clock: Clock) -> Result<Self, Error> {
        let role = Role::Ca { path_len: 1, purpose: None };
        let root = Authority::new("sandbox-fulcio-root", None, role)?;
        let role = Role::Ca { path_len: 0, purpose: Some(ID_KP_CODE_SIGNING) };
        let intermediate = Authority::new("sandbox-fulcio", Some(&root), role)?;
        Ok(Self { root, intermediate, oidc, ct, clock })
    }

    pub(crate) fn answer(&self, request: &Request) -> Reply {
        self.answer_for(request, Window::HONEST)
    }

    /// The same, with certificates that are valid then.
    pub(crate) fn answer_for(&self, request: &Request, window: Window) -> Reply {
        match (request.verb(), request.path.as_str()) {
            ("POST", V1 | V2) => self.signing_cert(request, window),
            ("GET", "/api/v2/trustBundle") => {
                let chain = [self.intermediate.pem()?, self.root.pem()?];
                Ok(Response::json(200, &json!({"chains": [{"certificates": chain}]})))
            }
            _ => Ok(Response::grpc(404, 5, "Not Found")),
        }
    }

    /// The key is proven by a signature over the token's
    /// subject or by a certificate request.
    fn signing_cert(&self, request: &Request, window: Window) -> Reply {
        let body = request.json()?;
        let identified = Self::token(request).and_then(|token| self.identify(&token));
        let Ok(identity) = identified else {
            // Fulcio's log has the reason, and its clients never learn it.
            let message = "There was an error processing the identity token";
            return Ok(Response::grpc(400, INVALID_ARGUMENT, message));
        };
        match proven_key(&body, &identity) {
            Ok(key) if request.path == V1 => {
                let chain = self.issue(key, &identity, window)?.concat();
                Ok(Response::new(201, "application/pem-certificate-chain", chain))
            }
            Ok(key) => {
                let chain = json!({"certificates": self.issue(key, &identity, window)?});
                Ok(Response::json(200, &json!({"signedCertificateEmbeddedSct": {"chain": chain}})))
            }
            Err(Refused(reason)) => Ok(Response::grpc(400, INVALID_ARGUMENT, &reason)),
        }
    }

    /// The token of a request, in the body or the header.
    pub(crate) fn token(request: &Request) -> Result<String, Refused> {
        let body = request.json()?;
        let credentials = member(&body, "credentials", "credentials");
        let token = member(credentials, "oidcIdentityToken", "oidc_identity_token").as_str();
        let token = token.or(request.bearer()).map(str::to_owned);
        token.ok_or_else(|| refused("there is no token"))
    }

    /// Whom a token is about, once it was checked.
    pub(crate) fn identify(&self, token: &str) -> Result<Identity, Refused> {
        Identity::new(&self.oidc.verify(token, self.clock.unix())?)
    }

    /// The chain in PEM: a new leaf, the intermediate, the root.
    fn issue(
        &self,
        key: SubjectPublicKeyInfoOwned,
        identity: &Identity,
        window: Window,
    ) -> Result<[String; 3], Error> {
        let names = vec![identity.san.clone()];
        let leaf = self.certify_for(window, key, names, identity.extensions()?)?;
        Ok([pki::pem(&leaf)?, self.intermediate.pem()?, self.root.pem()?])
    }

    /// A new leaf of these names, with these extensions among those that every leaf has.
    pub(crate) fn certify(
        &self,
        key: SubjectPublicKeyInfoOwned,
        names: Vec<GeneralName>,
        claims: Vec<Extension>,
    ) -> Result<Certificate, Error> {
        self.certify_for(Window::HONEST, key, names, claims)
    }

    fn certify_for(
        &self,
        window: Window,
        key: SubjectPublicKeyInfoOwned,
        names: Vec<GeneralName>,
        claims: Vec<Extension>,
    ) -> Result<Certificate, Error> {
        let mut extensions = vec![
            pki::extension(&KeyUsage(KeyUsages::DigitalSignature.into()))?,
            pki::purpose_extension(ID_KP_CODE_SIGNING, false)?,
        ];
        extensions.extend(pki::key_identifiers(&key, Some(&self.intermediate))?);
        // Critical, because the subject is empty (RFC 5280, section 4.2.1.6).
        let names = pki::extension(&SubjectAltName(names))?;
        extensions.push(Extension { critical: true, ..names });
        extensions.extend(claims);
        let (issuer, signed_by) = (self.intermediate.subject().clone(), &self.intermediate.key);
        let validity = (self.clock.now() + window.delay, window.life);
        let tbs = pki::tbs(issuer, signed_by, key, validity, extensions)?;
        let sct = self.ct.submit(signed_by.id(), &tbs.to_der()?)?;
        let tbs = pki::with_extensions(tbs, vec![sct]);
        pki::certificate(tbs, signed_by)
    }
}

fn proven_key(body: &Value, identity: &Identity) -> Result<SubjectPublicKeyInfoOwned, Refused> {
    let request = member(body, "publicKeyRequest", "public_key_request");
    if let (true, Some(key)) = (request.is_null(), body.get("publicKey")) {
        // Version 1: the same in base64, and by other names.
        let key = SubjectPublicKeyInfoOwned::from_pem(base64(key, "content")?)?;
        return proven_by(key, body, "signedEmailAddress", identity);
    }
    if request.is_null() {
        return requested_key(member(
            body,
            "certificateSigningRequest",
            "certificate_signing_request",
        ));
    }
    let key = text(member(request, "publicKey", "public_key"), "content")?;
    let key = SubjectPublicKeyInfoOwned::from_pem(key)
        .map_err(|_| refused("The public key supplied in the request could not be parsed"))?;
    let proof = member(request, "proofOfPossession", "proof_of_possession");
    proven_by(key, &json!({"proof": proof}), "proof", identity)
}

/// The key, if a member is its signature over the identity's challenge.
fn proven_by(
    key: SubjectPublicKeyInfoOwned,
    request: &Value,
    proof: &str,
    identity: &Identity,
) -> Result<SubjectPublicKeyInfoOwned, Refused> {
    let proof = base64(request, proof)?;
    if !pki::verifies(&key, &Signed::Message(identity.challenge.as_bytes()), &proof) {
        return Err(refused("The signature supplied in the request could not be verified"));
    }
    Ok(key)
}

/// The key of a PKCS #10 request (base64 of PEM), which proves itself; nothing else in it counts.
fn requested_key(request: &Value) -> Result<SubjectPublicKeyInfoOwned, Refused> {
    let encoded = request.as_str().ok_or_else(|| refused("there is no public key"))?;
    let request = CertReq::from_pem(BASE64.decode(encoded)?)?;
    let signed = request.info.to_der()?;
    let signature = request.signature.raw_bytes();
    if !pki::verifies(&request.info.public_key, &Signed::Message(&signed), signature) {
        return Err(refused("The certificate signing request could not be verified"));
    }
    Ok(request.info.public_key)
}

/// A member in either spelling of protobuf's JSON; null when it is missing.
fn member<'a>(value: &'a Value, camel: &str, snake: &str) -> &'a Value {
    value.get(camel).or_else(|| value.get(snake)).unwrap_or(&Value::Null)
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::claims::TokenClaims;
    use crate::oidc::tests::oidc;
    use crate::pki::Key;
    use der::EncodePem as _;
    use der::asn1::{BitString, SetOfVec};
    use der::pem::LineEnding;
    use x509_cert::name::Name;
    use x509_cert::request::{CertReqInfo, Version};

    fn fulcio() -> Fulcio {
        let ct = CtLog::new(Clock::default()).unwrap();
        Fulcio::new(Arc::new(oidc()), Arc::new(ct), Clock::default()).unwrap()
    }

    /// A request with a token, and a key that signed `challenge`.
    pub(crate) fn request(key: &Key, token: &str, challenge: &str) -> Request {
        let body = json!({
            "credentials": {"oidcIdentityToken": token},
            "publicKeyRequest": {
                "publicKey": {
                    "algorithm": "ECDSA",
                    "content": key.spki().to_pem(LineEnding::LF).unwrap(),
                },
                "proofOfPossession": BASE64.encode(key.sign(challenge.as_bytes()).unwrap()),
            },
        });
        let mut request = Request::new("POST", V2);
        request.body = body.to_string().into_bytes();
        request
    }

    /// The same in the first version of the call.
    fn request_v1(key: &Key, token: &str, challenge: &str) -> Request {
        let body = json!({
            "publicKey": {"content": BASE64.encode(key.spki().to_pem(LineEnding::LF).unwrap())},
            "signedEmailAddress": BASE64.encode(key.sign(challenge.as_bytes()).unwrap()),
        });
        let mut request = Request::new("POST", V1);
        request.headers.push(("authorization".into(), format!("Bearer {token}")));
        request.body = body.to_string().into_bytes();
        request
    }

    fn asked(fulcio: &Fulcio, claims: &TokenClaims, challenge: &str) -> Response {
        let token = fulcio.oidc.mint(claims).unwrap();
        let request = request(&Key::generate().unwrap(), &token, challenge);
        fulcio.answer(&request).unwrap()
    }

    pub(crate) const SUBJECT: &str = "project_path:acme/demo:ref_type:branch:ref:main";

    #[test]
    fn a_pipeline_gets_a_certificate_of_the_intermediate() {
        let fulcio = fulcio();
        let answer = asked(&fulcio, &TokenClaims::gitlab(), SUBJECT);
        assert_eq!(answer.status, 200);
        let body: Value = serde_json::from_slice(&answer.body).unwrap();
        let chain = &body["signedCertificateEmbeddedSct"]["chain"]["certificates"];
        assert_eq!(chain.as_array().unwrap().len(), 3);
        let leaf = Certificate::from_pem(chain[0].as_str().unwrap()).unwrap();
        let tbs = leaf.tbs_certificate.to_der().unwrap();
        let issuer = fulcio.intermediate.key.spki();
        assert!(pki::verifies(issuer, &Signed::Message(&tbs), leaf.signature.raw_bytes()));
        // Usage, purpose, two key identifiers, the name, 17 of Fulcio's, the SCT.
        assert_eq!(leaf.tbs_certificate.extensions.unwrap().len(), 23);
    }

    #[test]
    fn a_bad_token_and_a_bad_proof_are_400() {
        let fulcio = fulcio();
        let said = |claims: &TokenClaims| {
            let answer = asked(&fulcio, claims, SUBJECT);
            (answer.status, String::from_utf8(answer.body).unwrap().contains("identity token"))
        };
        for claims in [
            TokenClaims::gitlab().audience("pypi"),
            TokenClaims::gitlab().expired(),
            TokenClaims::gitlab().forged(),
            TokenClaims::gitlab().issued_by("https://gitlab.com"),
            TokenClaims::gitlab().without("sha"),
        ] {
            assert_eq!(said(&claims), (400, true), "{claims:?}");
        }
        assert_eq!(asked(&fulcio, &TokenClaims::gitlab(), "another").status, 400);
        assert_eq!(asked(&fulcio, &TokenClaims::email("a@b"), "a@b").status, 200);
        assert_eq!(asked(&fulcio, &TokenClaims::email("a@b"), "login-7").status, 400);
    }

    #[test]
    fn the_first_version_checks_the_same_and_answers_in_pem() {
        let fulcio = fulcio();
        let (key, push) = (Key::generate().unwrap(), TokenClaims::gitlab());
        let ask = |claims: &TokenClaims, challenge: &str| {
            let token = fulcio.oidc.mint(claims).unwrap();
            fulcio.answer(&request_v1(&key, &token, challenge)).unwrap()
        };
        let answer = ask(&push, SUBJECT);
        assert_eq!(answer.status, 201);
        let chain = String::from_utf8(answer.body).unwrap();
        assert_eq!(chain.matches("BEGIN CERTIFICATE").count(), 3);
        assert_eq!(ask(&push, "another").status, 400);
        assert_eq!(ask(&push.expired(), SUBJECT).status, 400);
    }

    #[test]
    fn a_certificate_request_proves_its_key() {
        let fulcio = fulcio();
        let key = Key::generate().unwrap();
        let ask = |signer: &Key| {
            let request = CertReqInfo {
                version: Version::V1,
                subject: Name::default(),
                public_key: key.spki().clone(),
                attributes: SetOfVec::new(),
            };
            let signature = signer.sign(&request.to_der().unwrap()).unwrap();
            let request = CertReq {
                info: request,
                algorithm: key.signs_as(),
                signature: BitString::from_bytes(&signature).unwrap(),
            };
            let mut ask = Request::new("POST", V2);
            ask.body = json!({
                "certificateSigningRequest": BASE64.encode(request.to_pem(LineEnding::LF).unwrap()),
                "credentials":
                    {"oidcIdentityToken": fulcio.oidc.mint(&TokenClaims::gitlab()).unwrap()},
            })
            .to_string()
            .into_bytes();
            fulcio.answer(&ask).unwrap().status
        };
        assert_eq!(ask(&key), 200);
        assert_eq!(ask(&Key::generate().unwrap()), 400);
    }

    #[test]
    fn a_request_without_a_token_or_a_key_is_refused() {
        let fulcio = fulcio();
        let mut request = Request::new("POST", "/api/v2/signingCert");
        request.body = b"{}".to_vec();
        assert_eq!(fulcio.answer(&request).unwrap().status, 400);
        let token = fulcio.oidc.mint(&TokenClaims::gitlab()).unwrap();
        request.headers.push(("authorization".into(), format!("Bearer {token}")));
        assert_eq!(fulcio.answer(&request).unwrap().status, 400);
        request.body = b"{".to_vec();
        assert!(fulcio.answer(&request).is_err());
    }
}
