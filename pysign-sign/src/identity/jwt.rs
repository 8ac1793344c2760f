//! A JSON Web Token from the outside: its claims are read, its signature is for Fulcio to check.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value};

use super::error::Unfit;

/// The claims of a token.
pub(super) type Claims = Map<String, Value>;

/// The claims of a JWS in its compact form: header, claims and signature (RFC 7515, section 3.1).
pub(super) fn claims(token: &str) -> Option<Claims> {
    let [header, claims, signature] = token.splitn(4, '.').collect::<Vec<_>>().try_into().ok()?;
    let object = |part: &str| {
        let bytes = URL_SAFE_NO_PAD.decode(part).ok()?;
        serde_json::from_slice::<Claims>(&bytes).ok()
    };
    let header = object(header)?;
    let is_signed = URL_SAFE_NO_PAD.decode(signature).is_ok_and(|bytes| !bytes.is_empty());
    (is_signed && header.get("alg").is_some_and(Value::is_string)).then(|| object(claims))?
}

/// `aud` is one text or a list of them (RFC 7519, section 4.1.3).
pub(super) fn audiences(claims: &Claims) -> Vec<String> {
    let one = |value: &Value| value.as_str().map(str::to_owned);
    match claims.get("aud") {
        Some(Value::Array(many)) => many.iter().filter_map(one).collect(),
        Some(value) => one(value).into_iter().collect(),
        None => Vec::new(),
    }
}

/// A `NumericDate` (RFC 7519, section 2), which may have a fraction.
pub(super) fn seconds(value: &Value) -> Option<i64> {
    let whole = value.to_string();
    whole.split('.').next()?.parse().ok()
}

/// A claim that must be there, and a text.
pub(super) fn text<'a>(claims: &'a Claims, name: &'static str) -> Result<&'a str, Unfit> {
    let text = claims.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
    text.ok_or(Unfit::Claim(name))
}
