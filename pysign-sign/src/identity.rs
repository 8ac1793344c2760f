//! The OIDC token: where it comes from, and what its certificate must say. It is looked at before
//! any request is made, so that a wrong CI file is named by us and not by a far-away service.

use std::fmt;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use pysign_ci::{SIGSTORE_AUDIENCE, id_token_variable};
use pysign_host::{Failure, FileError, Host, Secret};
use pysign_http::{Url, read_token};
use pysign_sigstore::signing_config::Services;
use serde_json::{Map, Value};

use crate::Error;
use crate::error::{TokenFault, TokenSource};

/// The public instances. Their logs are read by everyone, and so is the log of the certificates that
/// their authorities give.
const PUBLIC: [&str; 2] = [".sigstore.dev", ".sigstage.dev"];

/// Where a token was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    File(PathBuf),
    Stdin,
    Variable(String),
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(file) => write!(f, "'{}'", file.display()),
            Self::Stdin => f.write_str("standard input"),
            Self::Variable(name) => write!(f, "'{name}'"),
        }
    }
}

/// Why a token can't be used. The text of a token is never in it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Unfit {
    /// It is for someone else: these are its audiences.
    Audience(Vec<String>),
    /// The address is not one that its owner has proven.
    EmailUnverified,
    /// It ended this many seconds ago.
    Expired(i64),
    /// It lacks a claim, or has one of a wrong type.
    Claim(&'static str),
    /// It is none of the kinds whose certificates are known.
    Kind,
    /// It is no JSON Web Token (RFC 7519, section 3).
    Shape,
}

impl fmt::Display for Unfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Audience(_) => f.write_str("is for another audience"),
            Self::Claim(name) => write!(f, "has no usable claim '{name}'"),
            Self::EmailUnverified => f.write_str("is for an address that is not verified"),
            Self::Expired(ago) => write!(f, "expired {ago} seconds ago"),
            Self::Kind => f.write_str("is neither GitLab's, nor GitHub's, nor for an address"),
            Self::Shape => f.write_str("is not a JSON Web Token"),
        }
    }
}

/// A token that is fit for Fulcio as far as one can tell from here.
pub(crate) struct Token {
    secret: Secret,
    /// What the certificate's issuer extension must say.
    pub(crate) issuer: String,
    /// What the certificate's only subject alternative name must say.
    pub(crate) identity: String,
    /// What the proof of possession signs.
    pub(crate) subject: String,
    /// Whether the project is hidden from the public.
    pub(crate) private: bool,
}

impl Token {
    /// The token of `file` (`-` is standard input), else of the variable for Sigstore.
    pub(crate) fn find(file: Option<&Path>, host: &Host) -> Result<Self, Failure> {
        let (source, secret) = match file {
            Some(file) if file == Path::new("-") => (Source::Stdin, read(file)?),
            Some(file) => (Source::File(file.into()), read(file)?),
            None => {
                let name = id_token_variable(SIGSTORE_AUDIENCE);
                let secret = host.env.secret(&name).ok_or(Error::TokenMissing)?;
                (Source::Variable(name), secret)
            }
        };
        Self::parse(secret, host.clock.unix()).map_err(|unfit| {
            Error::Token { source: TokenSource(source), fault: TokenFault(unfit) }.into()
        })
    }

    /// The token itself, for the Fulcio that was named.
    pub(crate) fn secret(&self) -> &Secret {
        &self.secret
    }

    /// Refuses to name a hidden project in a log that everyone reads, unless `consent` was given.
    pub(crate) fn check_consent(&self, services: &Services, consent: bool) -> Result<(), Error> {
        let is_public = |service: &&&Url| {
            let host = service.origin().host().trim_end_matches('.');
            PUBLIC.iter().any(|domain| host.ends_with(domain))
        };
        match [&services.log.url, &services.fulcio].iter().find(is_public) {
            Some(service) if self.private && !consent => {
                Err(Error::PublicLog { service: (*service).clone() })
            }
            _ => Ok(()),
        }
    }

    fn parse(secret: Secret, now: i64) -> Result<Self, Unfit> {
        let claims = claims(secret.expose()).ok_or(Unfit::Shape)?;
        let audiences = audiences(&claims);
        if !audiences.iter().any(|audience| audience == SIGSTORE_AUDIENCE) {
            return Err(Unfit::Audience(audiences));
        }
        let expiry = claims.get("exp").and_then(seconds).ok_or(Unfit::Claim("exp"))?;
        if expiry <= now {
            return Err(Unfit::Expired(now.saturating_sub(expiry)));
        }
        let Holder { identity, subject, visibility } = Holder::of(&claims)?;
        Ok(Self {
            issuer: issuer(&claims)?,
            identity,
            subject,
            private: visibility.is_some_and(|visibility| visibility != "public"),
            secret,
        })
    }
}

/// Without the white space around it.
fn read(file: &Path) -> Result<Secret, FileError> {
    Ok(Secret::new(read_token(file)?.expose().trim().to_owned()))
}

/// The claims of a JWS in its compact form: header, claims and signature (RFC 7515, section 3.1).
fn claims(token: &str) -> Option<Map<String, Value>> {
    let [header, claims, signature] = token.splitn(4, '.').collect::<Vec<_>>().try_into().ok()?;
    let object = |part: &str| {
        let bytes = URL_SAFE_NO_PAD.decode(part).ok()?;
        serde_json::from_slice::<Map<String, Value>>(&bytes).ok()
    };
    let header = object(header)?;
    let is_signed = URL_SAFE_NO_PAD.decode(signature).is_ok_and(|bytes| !bytes.is_empty());
    (is_signed && header.get("alg").is_some_and(Value::is_string)).then(|| object(claims))?
}

/// `aud` is one text or a list of them (RFC 7519, section 4.1.3).
fn audiences(claims: &Map<String, Value>) -> Vec<String> {
    let one = |value: &Value| value.as_str().map(str::to_owned);
    match claims.get("aud") {
        Some(Value::Array(many)) => many.iter().filter_map(one).collect(),
        Some(value) => one(value).into_iter().collect(),
        None => Vec::new(),
    }
}

/// A `NumericDate` (RFC 7519, section 2), which may have a fraction.
fn seconds(value: &Value) -> Option<i64> {
    let whole = value.to_string();
    whole.split('.').next()?.parse().ok()
}

/// The issuer as Fulcio writes it: for a token of Dex, the one that it stands for.
fn issuer(claims: &Map<String, Value>) -> Result<String, Unfit> {
    let behind = claims.get("federated_claims").and_then(|inner| inner.get("connector_id"));
    match behind.and_then(Value::as_str) {
        Some(issuer) if claims.contains_key("email") => Ok(issuer.to_owned()),
        _ => claim(claims, "iss").map(str::to_owned),
    }
}

fn claim<'a>(claims: &'a Map<String, Value>, name: &'static str) -> Result<&'a str, Unfit> {
    let text = claims.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
    text.ok_or(Unfit::Claim(name))
}

/// Who a token speaks for, by the templates of Fulcio's configuration.
struct Holder<'a> {
    identity: String,
    subject: String,
    visibility: Option<&'a str>,
}

impl<'a> Holder<'a> {
    fn of(claims: &'a Map<String, Value>) -> Result<Self, Unfit> {
        let has = |name| claims.contains_key(name);
        if has("project_path") && has("pipeline_source") {
            Self::gitlab(claims)
        } else if has("repository") && has("workflow_ref") {
            Self::github(claims)
        } else if has("email") {
            Self::email(claims)
        } else {
            Err(Unfit::Kind)
        }
    }

    /// GitLab leaves `ci_config_ref_uri` out when the pipeline's definition is not in the project,
    /// and Fulcio then gives no certificate.
    fn gitlab(claims: &'a Map<String, Value>) -> Result<Self, Unfit> {
        Ok(Self {
            identity: format!("https://{}", claim(claims, "ci_config_ref_uri")?),
            subject: claim(claims, "sub")?.to_owned(),
            visibility: claims.get("project_visibility").and_then(Value::as_str),
        })
    }

    fn github(claims: &'a Map<String, Value>) -> Result<Self, Unfit> {
        Ok(Self {
            identity: format!("https://github.com/{}", claim(claims, "job_workflow_ref")?),
            subject: claim(claims, "sub")?.to_owned(),
            visibility: claims.get("repository_visibility").and_then(Value::as_str),
        })
    }

    fn email(claims: &'a Map<String, Value>) -> Result<Self, Unfit> {
        let email = claim(claims, "email")?;
        // Some providers write it as a text.
        match claims.get("email_verified").map(Value::to_string).as_deref() {
            Some("true" | "\"true\"") => {
                let (identity, subject) = (email.to_owned(), email.to_owned());
                Ok(Self { identity, subject, visibility: None })
            }
            _ => Err(Unfit::EmailUnverified),
        }
    }
}

#[cfg(test)]
mod tests;
