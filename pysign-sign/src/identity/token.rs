//! An ID token that is fit for Fulcio as far as one can tell from here: for its audience, in its
//! time, of a kind whose certificates are known. Its claims are read; its signature is for Fulcio to
//! check.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use pysign_ci::{Claims, SIGSTORE_AUDIENCE, System, san_uri};
use pysign_host::Secret;
use pysign_json::{Map, Numbers, Value, parse};

use super::error::{Span, Unfit};
use crate::expected::Holder;

/// How far ahead of ours an issuer's clock may be, in seconds: what Fulcio allows itself (go-oidc).
const SKEW: i64 = 300;

/// How tokens begin that give access to a service, each with whose they are. They are no ID tokens,
/// and nobody else's business.
const ACCESS_TOKENS: [(&str, &str); 8] = [
    ("bkua_", "Buildkite"),
    ("gh", "GitHub"),
    ("github_pat_", "GitHub"),
    ("glcbt-", "GitLab"),
    ("gldt-", "GitLab"),
    ("glpat-", "GitLab"),
    ("pypi-", "PyPI"),
    ("ya29.", "Google"),
];

/// A token, and what its certificate must say.
#[derive(Clone)]
pub(crate) struct Token {
    secret: Secret,
    span: Span,
    pub(crate) holder: Holder,
    /// What the proof of possession signs.
    pub(crate) subject: String,
    /// The commit that was built, if the system's tokens say it.
    pub(crate) commit: Option<String>,
    /// Whether the project is hidden from the public.
    pub(super) private: bool,
}

impl Token {
    /// Looks at a token at `now`, in seconds since 1970.
    pub(super) fn parse(secret: Secret, now: i64) -> Result<Self, Unfit> {
        let members = members(secret.expose()).ok_or_else(|| shape(secret.expose()))?;
        let audiences = audiences(&members);
        if !audiences.iter().any(|audience| audience == SIGSTORE_AUDIENCE) {
            return Err(Unfit::Audience(audiences));
        }
        let span = span(&members)?;
        span.check(now)?;
        let claims = System::claims_of_token(|name| members.contains_key(name));
        let (identity, subject) = match claims {
            Some(claims) => (uri(fill(claims.identity, &members)?)?, text(&members, "sub")?),
            None => holder_of_no_system(&members)?,
        };
        let claim = |name: fn(&Claims) -> Option<&'static str>| {
            members.get(claims.and_then(name)?)?.as_str().map(str::to_owned)
        };
        let source = claims.and_then(|claims| claims.source);
        let source = source.map(|source| fill(source, &members)).transpose()?;
        Ok(Self {
            holder: Holder { identity, issuer: issuer(&members)?, source },
            subject,
            commit: claim(|claims| claims.commit),
            private: claim(|claims| claims.visibility).is_some_and(|found| found != "public"),
            secret,
            span,
        })
    }

    /// The token itself, for the Fulcio that was named.
    pub(crate) fn secret(&self) -> &Secret {
        &self.secret
    }

    /// Whom the token speaks for, in words that differ when the signers do.
    pub(super) fn described(&self) -> String {
        let hidden = if self.private { ", not public" } else { "" };
        format!("{}{hidden}", self.holder)
    }

    /// Whether the token is still good at this time.
    pub(super) fn lasts_until(&self, time: i64) -> bool {
        self.span.until > time
    }

    /// The same token, if its time is not over.
    pub(super) fn still_valid(self, now: i64) -> Result<Self, Unfit> {
        self.span.check(now)?;
        Ok(self)
    }
}

impl Span {
    fn check(self, now: i64) -> Result<(), Unfit> {
        if self.until <= now {
            return Err(Unfit::Expired { span: self, now });
        }
        match self.from {
            Some(from) if from > now.saturating_add(SKEW) => Err(Unfit::NotYet { span: self, now }),
            _ => Ok(()),
        }
    }
}

/// The claims of a token.
type Members = Map<String, Value>;

/// The claims of a JWS in its compact form: header, claims and signature (RFC 7515, section 3.1).
fn members(token: &str) -> Option<Members> {
    let [header, claims, signature] = token.splitn(4, '.').collect::<Vec<_>>().try_into().ok()?;
    let object = |part: &str| {
        let bytes = URL_SAFE_NO_PAD.decode(part).ok()?;
        // Equal claims would be another token to Fulcio than to us.
        match parse(&bytes, bytes.len(), Numbers::Any) {
            Ok(Value::Object(members)) => Some(members),
            _ => None,
        }
    };
    let header = object(header)?;
    let is_signed = URL_SAFE_NO_PAD.decode(signature).is_ok_and(|bytes| !bytes.is_empty());
    (is_signed && header.get("alg").is_some_and(Value::is_string)).then(|| object(claims))?
}

/// Why a text is not a JSON Web Token: it may be an access token, which people mistake for one.
fn shape(text: &str) -> Unfit {
    let is_github = |text: &str| text.as_bytes().get(3) == Some(&b'_');
    let known = ACCESS_TOKENS
        .iter()
        .find(|(prefix, _)| text.starts_with(prefix) && (*prefix != "gh" || is_github(text)));
    known.map_or(Unfit::Shape, |(_, owner)| Unfit::Access(owner))
}

/// `aud` is one text or a list of them (RFC 7519, section 4.1.3).
fn audiences(members: &Members) -> Vec<String> {
    let one = |value: &Value| value.as_str().map(str::to_owned);
    match members.get("aud") {
        Some(Value::Array(many)) => many.iter().filter_map(one).collect(),
        Some(value) => one(value).into_iter().collect(),
        None => Vec::new(),
    }
}

/// The token's time. `iat` stands in for a missing `nbf`: nobody makes a token before its time. A
/// `NumericDate` (RFC 7519, section 2) may have a fraction.
fn span(members: &Members) -> Result<Span, Unfit> {
    let time = |name| {
        let seconds = |value: &Value| value.to_string().split('.').next()?.parse().ok();
        members.get(name).map(|value| seconds(value).ok_or(Unfit::Claim(name))).transpose()
    };
    let until = time("exp")?.ok_or(Unfit::Claim("exp"))?;
    Ok(Span { from: time("nbf")?.or(time("iat")?), until })
}

/// A claim that must be there, and a text.
fn text(members: &Members, name: &'static str) -> Result<String, Unfit> {
    let claim = members.get(name).or_else(|| {
        let (object, path) = name.split_once('/')?;
        members.get(object)?.pointer(&format!("/{path}"))
    });
    let text = claim.and_then(Value::as_str).filter(|text| !text.is_empty());
    text.map(str::to_owned).ok_or(Unfit::Claim(name))
}

fn fill(template: &'static str, members: &Members) -> Result<String, Unfit> {
    Claims::fill(template, |name| text(members, name))
}

/// The name that a certificate has for a URI.
fn uri(uri: String) -> Result<String, Unfit> {
    san_uri(&uri).ok_or(Unfit::Name(uri))
}

/// The name in the certificate, and what the proof of possession signs, for the address of a person
/// or of a service account of Google's, and for a SPIFFE ID, which stands for itself. A token of
/// another kind is refused: nobody could tell whether the certificate for it is the right one.
fn holder_of_no_system(members: &Members) -> Result<(String, String), Unfit> {
    if !members.contains_key("email") {
        let subject = text(members, "sub").ok().filter(|sub| sub.starts_with("spiffe://"));
        let subject = subject.ok_or(Unfit::Kind)?;
        return Ok((uri(subject.clone())?, subject));
    }
    let email = text(members, "email")?;
    // Some providers write it as a text.
    match members.get("email_verified").map(Value::to_string).as_deref() {
        Some("true" | "\"true\"") => Ok((email.clone(), email)),
        _ => Err(Unfit::EmailUnverified),
    }
}

/// The issuer as Fulcio writes it: for a token of Dex, the issuer behind it. An issuer is an address
/// (`OpenID` Connect Core 1.0, section 2): in the job tokens that GitLab gave before there were ID
/// tokens it was a bare host.
fn issuer(members: &Members) -> Result<String, Unfit> {
    let own = text(members, "iss")?;
    if !["https://", "http://"].iter().any(|scheme| own.starts_with(scheme)) {
        return Err(Unfit::Claim("iss"));
    }
    let behind = members.get("federated_claims").and_then(|inner| inner.get("connector_id"));
    match behind.and_then(Value::as_str) {
        Some(issuer) if members.contains_key("email") => Ok(issuer.to_owned()),
        _ => Ok(own),
    }
}
