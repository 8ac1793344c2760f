//! An ID token that is fit for Fulcio as far as one can tell from here: for its audience, in its
//! time, of a kind whose certificates are known.

use pysign_ci::SIGSTORE_AUDIENCE;
use pysign_host::Secret;
use serde_json::Value;

use super::error::{Span, Unfit};
use super::holder::Holder;
use super::jwt::{self, Claims};
use crate::means::signer;

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
    /// What the certificate's issuer extension must say.
    pub(crate) issuer: String,
    /// What the certificate's only subject alternative name must say.
    pub(crate) identity: String,
    /// The repository that its certificate must name, where the identity is not one repository's.
    pub(crate) source: Option<String>,
    /// What the proof of possession signs.
    pub(crate) subject: String,
    /// Whether the project is hidden from the public.
    pub(super) private: bool,
}

impl Token {
    /// Looks at a token at `now`, in seconds since 1970.
    pub(super) fn parse(secret: Secret, now: i64) -> Result<Self, Unfit> {
        let claims = jwt::claims(secret.expose()).ok_or_else(|| shape(secret.expose()))?;
        let audiences = jwt::audiences(&claims);
        if !audiences.iter().any(|audience| audience == SIGSTORE_AUDIENCE) {
            return Err(Unfit::Audience(audiences));
        }
        let span = span(&claims)?;
        span.check(now)?;
        let Holder { identity, subject, source, visibility } = Holder::of(&claims)?;
        Ok(Self {
            issuer: issuer(&claims)?,
            identity,
            source,
            subject,
            private: visibility.is_some_and(|visibility| visibility != "public"),
            secret,
            span,
        })
    }

    /// The token itself, for the Fulcio that was named.
    pub(crate) fn secret(&self) -> &Secret {
        &self.secret
    }

    /// As messages name its holder.
    pub(crate) fn signer(&self) -> String {
        signer(&self.identity, &self.issuer, self.source.as_deref())
    }

    /// Whom it speaks for, in words that differ when they do.
    pub(super) fn holder(&self) -> String {
        let hidden = if self.private { ", not public" } else { "" };
        format!("{}{hidden}", self.signer())
    }

    /// Whether it is still good at this time.
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

/// What no JSON Web Token is, told as the other thing where it is one that people mistake for it.
fn shape(text: &str) -> Unfit {
    let is_github = |text: &str| text.as_bytes().get(3) == Some(&b'_');
    let known = ACCESS_TOKENS
        .iter()
        .find(|(prefix, _)| text.starts_with(prefix) && (*prefix != "gh" || is_github(text)));
    known.map_or(Unfit::Shape, |(_, owner)| Unfit::Access(owner))
}

/// Its time. `iat` stands in for a missing `nbf`: nobody makes a token before its time.
fn span(claims: &Claims) -> Result<Span, Unfit> {
    let until = claims.get("exp").and_then(jwt::seconds).ok_or(Unfit::Claim("exp"))?;
    let time = |name| match claims.get(name) {
        Some(value) => jwt::seconds(value).map(Some).ok_or(Unfit::Claim(name)),
        None => Ok(None),
    };
    let from = time("nbf")?.or(time("iat")?);
    Ok(Span { from, until })
}

/// The issuer as Fulcio writes it: for a token of Dex, the one that it stands for. It is an address
/// (`OpenID` Connect Core 1.0, section 2): in the job tokens that GitLab gave before there were ID
/// tokens it is a bare host.
fn issuer(claims: &Claims) -> Result<String, Unfit> {
    let own = jwt::text(claims, "iss")?;
    if !["https://", "http://"].iter().any(|scheme| own.starts_with(scheme)) {
        return Err(Unfit::Claim("iss"));
    }
    let behind = claims.get("federated_claims").and_then(|inner| inner.get("connector_id"));
    match behind.and_then(Value::as_str) {
        Some(issuer) if claims.contains_key("email") => Ok(issuer.to_owned()),
        _ => Ok(own.to_owned()),
    }
}
