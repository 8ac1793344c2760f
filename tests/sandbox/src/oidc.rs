//! The OIDC issuers: GitLab's at the server's own address, the others' below it, with what GitHub
//! and Google answer to their jobs; and the check of a token that Fulcio makes with their key.

use std::sync::Arc;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{self as algorithm, KeyPair as _, RsaKeyPair, UnparsedPublicKey};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL;
use serde_json::{Value, json};

use crate::Error;
use crate::claims::{Issuer, TokenClaims};
use crate::clock::Clock;
use crate::http::{Refused, Reply, Request, Response, refused, text};
use crate::job::Job;

/// The audience that Fulcio's tokens are for.
const AUDIENCE: &str = "sigstore";
/// How far ahead of ours an issuer's clock may be, in seconds.
const SKEW: u64 = 300;

/// All issuers, with one key.
pub(crate) struct Oidc {
    key: RsaKeyPair,
    job: Arc<Job>,
    clock: Clock,
    /// What GitHub's runner gives a job to ask for its token with.
    pub(crate) request_token: String,
}

/// The claims of a token whose signature, issuer, audience and times were checked.
#[derive(Debug)]
pub(crate) struct Token {
    pub(crate) issuer: Issuer,
    claims: Value,
}

impl Token {
    /// A claim that has to be there.
    pub(crate) fn claim(&self, name: &str) -> Result<&str, Refused> {
        text(&self.claims, name).map_err(|_| refused(format!("the token has no claim '{name}'")))
    }

    /// A number that has to be there, in digits.
    pub(crate) fn number(&self, name: &str) -> Result<String, Refused> {
        let number = self.claims.get(name).filter(|value| value.is_u64());
        number.map(Value::to_string).ok_or_else(|| refused(format!("the token has no '{name}'")))
    }

    pub(crate) fn email_is_verified(&self) -> bool {
        self.claims.get("email_verified") == Some(&Value::Bool(true))
    }
}

impl Oidc {
    /// Where GitHub's jobs ask for their token.
    pub(crate) const GITHUB_TOKEN: &str = "/github/token";

    pub(crate) fn new(job: Arc<Job>, clock: Clock, request_token: String) -> Result<Self, Error> {
        Ok(Self { key: RsaKeyPair::generate(KeySize::Rsa2048)?, job, clock, request_token })
    }

    /// Whether a path is one of the issuers'.
    pub(crate) fn owns(path: &str) -> bool {
        path == METADATA
            || Issuer::ALL.iter().any(|(_, prefix)| {
                let page = path.strip_prefix(prefix);
                page.is_some_and(|page| [DISCOVERY, KEYS, TOKEN].contains(&page))
            })
    }

    pub(crate) fn answer(&self, request: &Request) -> Reply {
        if request.path == METADATA {
            return self.metadata(request);
        }
        let found = Issuer::ALL.iter().find_map(|(issuer, prefix)| {
            let page = request.path.strip_prefix(prefix)?;
            [DISCOVERY, KEYS, TOKEN].contains(&page).then_some((*issuer, page))
        });
        match (request.verb(), found) {
            ("GET", Some((issuer, DISCOVERY))) => Ok(Response::json(200, &self.discovery(issuer))),
            ("GET", Some((_, KEYS))) => Ok(Response::json(200, &self.keys())),
            ("GET", Some((Issuer::GitHub, TOKEN))) => self.github_token(request),
            _ => Ok(Response::message(404, "404 Not Found")),
        }
    }

    /// `OpenID` Connect Discovery 1.0, section 3.
    fn discovery(&self, issuer: Issuer) -> Value {
        let base = format!("{}{}", self.job.server_url, issuer.path());
        json!({
            "authorization_endpoint": format!("{base}/oauth/authorize"),
            "id_token_signing_alg_values_supported": ["RS256"],
            "issuer": base,
            "jwks_uri": format!("{base}{KEYS}"),
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "token_endpoint": format!("{base}/oauth/token"),
        })
    }

    fn keys(&self) -> Value {
        let key = self.key.public_key();
        let number = |big_endian: &[u8]| BASE64URL.encode(big_endian);
        json!({"keys": [{
            "alg": "RS256",
            "e": number(key.exponent().big_endian_without_leading_zero()),
            "kid": KEY_ID,
            "kty": "RSA",
            "n": number(key.modulus().big_endian_without_leading_zero()),
            "use": "sig",
        }]})
    }

    /// What a job asks at `ACTIONS_ID_TOKEN_REQUEST_URL` (GitHub's documentation, "`OpenID` Connect").
    fn github_token(&self, request: &Request) -> Reply {
        if request.bearer() != Some(&self.request_token) {
            return Ok(Response::message(401, "Unauthorized"));
        }
        let claims = TokenClaims::github().audience(request.query("audience").unwrap_or_default());
        let token = self.mint(&claims)?;
        Ok(Response::json(200, &json!({"count": token.len(), "value": token})))
    }

    /// What a machine of Google's asks its metadata server (Google's documentation, "Verify VM
    /// identity"). The header keeps a page in a browser from asking.
    fn metadata(&self, request: &Request) -> Reply {
        if request.header("metadata-flavor") != Some("Google") {
            return Ok(Response::new(403, "text/plain", "missing Metadata-Flavor"));
        }
        if request.query("format") != Some("full") {
            return Err(refused("the token would be without the account's address"));
        }
        let claims = TokenClaims::google().audience(request.query("audience").unwrap_or_default());
        let answer = Response::new(200, "text/html", self.mint(&claims)?);
        Ok(answer.with("Metadata-Flavor", "Google"))
    }

    /// A signed token.
    pub(crate) fn mint(&self, claims: &TokenClaims) -> Result<String, Error> {
        let header = json!({"alg": "RS256", "kid": KEY_ID, "typ": "JWT"}).to_string();
        let payload = claims.resolve(&self.job, self.clock.unix()).to_string();
        self.sign(&header, &payload, claims.forged)
    }

    /// A token with other claims than `token` and a good signature.
    pub(crate) fn changed(
        &self,
        token: &str,
        change: impl FnOnce(&mut Value),
    ) -> Result<String, Refused> {
        let parts: Vec<_> = token.splitn(3, '.').collect();
        let [header, payload, _] = parts.as_slice() else {
            return Err(refused("the token is not a JWT"));
        };
        let mut claims = section(payload)?;
        change(&mut claims);
        let header = String::from_utf8(BASE64URL.decode(header)?)?;
        Ok(self.sign(&header, &claims.to_string(), false)?)
    }

    fn sign(&self, header: &str, payload: &str, forged: bool) -> Result<String, Error> {
        let text = format!("{}.{}", BASE64URL.encode(header), BASE64URL.encode(payload));
        let signed = if forged { "another text" } else { &text };
        let mut signature = vec![0; self.key.public_modulus_len()];
        let random = SystemRandom::new();
        self.key.sign(&algorithm::RSA_PKCS1_SHA256, &random, signed.as_bytes(), &mut signature)?;
        Ok(format!("{text}.{}", BASE64URL.encode(signature)))
    }

    /// Checks a token at `now`, for the only audience there is.
    pub(crate) fn verify(&self, token: &str, now: u64) -> Result<Token, Refused> {
        let parts: Vec<_> = token.splitn(4, '.').collect();
        let [header, payload, signature] = parts.as_slice() else {
            return Err(refused("the token is not a JWT"));
        };
        // The algorithm is never the token's to choose.
        if text(&section(header)?, "alg")? != "RS256" {
            return Err(refused("the token's algorithm is not RS256"));
        }
        UnparsedPublicKey::new(
            &algorithm::RSA_PKCS1_2048_8192_SHA256,
            self.key.public_key().as_ref(),
        )
        .verify(format!("{header}.{payload}").as_bytes(), &BASE64URL.decode(signature)?)
        .map_err(|_| refused("the token's signature does not verify"))?;
        let claims = section(payload)?;
        let path = text(&claims, "iss")?.strip_prefix(&self.job.server_url);
        let issuer = Issuer::ALL.iter().find(|(_, known)| Some(*known) == path);
        let (issuer, _) = issuer.ok_or_else(|| refused("the token's issuer is not known"))?;
        check_times_and_audience(&claims, now)?;
        Ok(Token { issuer: *issuer, claims })
    }
}

const DISCOVERY: &str = "/.well-known/openid-configuration";
const KEYS: &str = "/oauth/discovery/keys";
const TOKEN: &str = "/token";
const METADATA: &str = "/computeMetadata/v1/instance/service-accounts/default/identity";
const KEY_ID: &str = "sandbox";

fn section(encoded: &str) -> Result<Value, Refused> {
    Ok(serde_json::from_slice(&BASE64URL.decode(encoded)?)?)
}

fn check_times_and_audience(claims: &Value, now: u64) -> Result<(), Refused> {
    let audience = claims.get("aud");
    let listed = audience.and_then(Value::as_array);
    if audience != Some(&json!(AUDIENCE))
        && !listed.is_some_and(|all| all.contains(&json!(AUDIENCE)))
    {
        return Err(refused("the token is for another audience"));
    }
    let time = |name: &str| claims.get(name).and_then(Value::as_u64);
    if time("exp").is_none_or(|end| end <= now) {
        return Err(refused("the token has expired"));
    }
    if time("nbf").is_some_and(|start| start > now + SKEW) {
        return Err(refused("the token is not valid yet"));
    }
    Ok(())
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn job() -> Arc<Job> {
        Arc::new(job_facts())
    }

    pub(crate) fn job_facts() -> Job {
        Job {
            server_url: "http://127.0.0.1:4000".into(),
            fqdn: "127.0.0.1:4000".into(),
            project: "acme/demo".into(),
            visibility: "public".into(),
            git_ref: "refs/heads/main".into(),
            commit: Job::COMMIT.into(),
            token: "job-secret".into(),
            private_token: "private-secret".into(),
        }
    }

    pub(crate) fn oidc() -> Oidc {
        Oidc::new(job(), Clock::default(), "request-secret".into()).unwrap()
    }

    #[test]
    fn a_token_is_refused_for_each_thing_that_is_wrong() {
        let oidc = oidc();
        let now = Clock::default().unix();
        let refusal = |claims: TokenClaims| match oidc.verify(&oidc.mint(&claims).unwrap(), now) {
            Ok(_) => String::new(),
            Err(Refused(message)) => message,
        };
        let push = TokenClaims::gitlab;
        assert_eq!(refusal(push()), "");
        assert_eq!(refusal(TokenClaims::github()), "");
        assert_eq!(refusal(TokenClaims::email("a@b")), "");
        assert_eq!(refusal(push().claim("aud", json!(["x", "sigstore"]))), "");
        assert!(refusal(push().audience("pypi")).contains("audience"));
        assert!(refusal(push().expired()).contains("expired"));
        assert!(refusal(push().without("exp")).contains("expired"));
        assert!(refusal(push().claim("nbf", now + 600)).contains("not valid yet"));
        assert!(refusal(push().forged()).contains("signature"));
        assert!(refusal(push().issued_by("https://gitlab.com")).contains("issuer"));
    }

    #[test]
    fn a_token_can_not_choose_its_algorithm() {
        let oidc = oidc();
        let token = oidc.mint(&TokenClaims::gitlab()).unwrap();
        let (_, rest) = token.split_once('.').unwrap();
        let none = BASE64URL.encode(r#"{"alg":"none"}"#);
        let error = oidc.verify(&format!("{none}.{rest}"), 0).unwrap_err();
        assert!(error.0.contains("RS256"));
        assert!(oidc.verify("a.b", 0).is_err());
    }

    #[test]
    fn a_moved_clock_ends_a_token() {
        let oidc = oidc();
        let token = oidc.mint(&TokenClaims::gitlab()).unwrap();
        let now = Clock::default().unix();
        assert!(oidc.verify(&token, now + 3500).is_ok());
        assert!(oidc.verify(&token, now + 3700).is_err());
    }

    #[test]
    fn discovery_names_the_issuer_and_its_keys() {
        let oidc = oidc();
        for (_, prefix) in Issuer::ALL {
            let page = format!("{prefix}/.well-known/openid-configuration");
            let found = oidc.answer(&Request::new("GET", &page)).unwrap();
            let document: Value = serde_json::from_slice(&found.body).unwrap();
            assert_eq!(document["issuer"], format!("http://127.0.0.1:4000{prefix}"));
            let keys = document["jwks_uri"].as_str().unwrap();
            let keys = keys.strip_prefix("http://127.0.0.1:4000").unwrap();
            let keys = oidc.answer(&Request::new("GET", keys)).unwrap();
            assert!(String::from_utf8(keys.body).unwrap().contains(r#""kty":"RSA""#));
        }
    }

    #[test]
    fn github_gives_a_token_only_to_its_job() {
        let oidc = oidc();
        let mut request = Request::new("GET", "/github/token?audience=sigstore");
        assert_eq!(oidc.answer(&request).unwrap().status, 401);
        request.headers.push(("authorization".into(), "bearer request-secret".into()));
        let answer: Value = serde_json::from_slice(&oidc.answer(&request).unwrap().body).unwrap();
        let token = oidc.verify(answer["value"].as_str().unwrap(), Clock::default().unix());
        assert_eq!(token.unwrap().issuer, Issuer::GitHub);
    }

    #[test]
    fn google_gives_a_token_to_its_machine() {
        let oidc = oidc();
        let mut request = Request::new("GET", &format!("{METADATA}?audience=sigstore&format=full"));
        assert_eq!(oidc.answer(&request).unwrap().status, 403);
        request.headers.push(("metadata-flavor".into(), "Google".into()));
        let answer = oidc.answer(&request).unwrap();
        let token = String::from_utf8(answer.body).unwrap();
        let token = oidc.verify(&token, Clock::default().unix()).unwrap();
        assert_eq!(token.issuer, Issuer::Google);
        assert!(Oidc::owns(METADATA));
    }

    #[test]
    fn a_merge_request_of_a_fork_differs_in_its_trigger_alone() {
        let resolve = |claims: TokenClaims| claims.resolve(&job(), 0);
        let mut fork = resolve(TokenClaims::gitlab().fork_merge_request("main"));
        assert_eq!(fork["pipeline_source"], "merge_request_event");
        fork["pipeline_source"] = json!("push");
        assert_eq!(fork, resolve(TokenClaims::gitlab().branch("main")));
    }
}
