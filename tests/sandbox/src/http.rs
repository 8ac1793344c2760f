//! What the services see of HTTP: a request that has been read, a response to be sent, and the
//! refusal that becomes one.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::{Value, json};

/// Headers that carry a secret, in lower case.
pub(crate) const CREDENTIALS: [&str; 5] =
    ["authorization", "cookie", "deploy-token", "job-token", "private-token"];

/// A request, read whole.
#[derive(Clone, Default)]
pub(crate) struct Request {
    pub(crate) method: String,
    /// The path as it was sent, still percent-encoded.
    pub(crate) path: String,
    /// The query's pairs, decoded.
    pub(crate) query: Vec<(String, String)>,
    /// Names in lower case.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Request {
    /// Splits a request target.
    pub(crate) fn new(method: &str, target: &str) -> Self {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let pair = |pair: &str| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (decode(&name.replace('+', " ")), decode(&value.replace('+', " ")))
        };
        let pairs = query.split('&').filter(|pair| !pair.is_empty());
        Self {
            method: method.to_owned(),
            path: path.to_owned(),
            query: pairs.map(pair).collect(),
            ..Self::default()
        }
    }

    /// `GET`, also for `HEAD`, whose answer only lacks the body.
    pub(crate) fn verb(&self) -> &str {
        if self.method == "HEAD" { "GET" } else { &self.method }
    }

    /// The path's segments, each decoded by itself: `%2F` stays within one.
    pub(crate) fn segments(&self) -> Vec<String> {
        self.path.split('/').skip(1).map(decode).collect()
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    pub(crate) fn query(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    pub(crate) fn json(&self) -> Result<Value, Refused> {
        Ok(serde_json::from_slice(&self.body)?)
    }

    /// The names of the headers that carry a secret.
    pub(crate) fn credentials(&self) -> Vec<String> {
        let names = self.headers.iter().map(|(name, _)| name);
        names.filter(|name| CREDENTIALS.contains(&name.as_str())).cloned().collect()
    }

    /// User and password of HTTP basic authentication (RFC 7617).
    pub(crate) fn basic(&self) -> Option<(String, String)> {
        let (scheme, encoded) = self.header("authorization")?.split_once(' ')?;
        let text = String::from_utf8(BASE64.decode(encoded.trim()).ok()?).ok()?;
        let (user, password) = text.split_once(':')?;
        let found = (user.to_owned(), password.to_owned());
        scheme.eq_ignore_ascii_case("basic").then_some(found)
    }

    /// The token of `Authorization: Bearer`.
    pub(crate) fn bearer(&self) -> Option<&str> {
        let (scheme, token) = self.header("authorization")?.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then_some(token)
    }

    /// Whether the client prefers JSON of the simple API to its HTML (PEP 691).
    pub(crate) fn accepts_simple_json(&self) -> bool {
        self.header("accept").is_some_and(|accept| accept.contains(SIMPLE_JSON))
    }
}

/// The content type of PEP 691.
pub(crate) const SIMPLE_JSON: &str = "application/vnd.pypi.simple.v1+json";

/// What is sent back.
#[derive(Clone)]
pub(crate) struct Response {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: Vec<u8>,
}

impl Response {
    pub(crate) fn new(status: u16, content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        let headers = vec![("Content-Type", content_type.to_owned())];
        Self { status, headers, body: body.into() }
    }

    pub(crate) fn json(status: u16, value: &Value) -> Self {
        Self::new(status, "application/json", value.to_string())
    }

    pub(crate) fn html(status: u16, page: impl Into<Vec<u8>>) -> Self {
        Self::new(status, "text/html; charset=utf-8", page)
    }

    pub(crate) fn redirect(status: u16, location: impl Into<String>) -> Self {
        Self::new(status, "text/plain", "").with("Location", location)
    }

    /// `{"message": …}`, the form of GitLab's errors and confirmations.
    pub(crate) fn message(status: u16, message: &str) -> Self {
        Self::json(status, &json!({"message": message}))
    }

    /// The error document of Rekor v1.
    pub(crate) fn problem(status: u16, message: &str) -> Self {
        Self::json(status, &json!({"code": status, "message": message}))
    }

    /// The error document of gRPC behind HTTP (Fulcio, Rekor v2), with gRPC's own code.
    pub(crate) fn grpc(status: u16, code: u8, message: &str) -> Self {
        Self::json(status, &json!({"code": code, "details": [], "message": message}))
    }

    #[must_use]
    pub(crate) fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }
}

/// What a service answers.
pub(crate) type Reply = Result<Response, Refused>;

/// A request that is wrong, in words for the client: status 400 unless the service says other.
#[derive(Debug)]
pub(crate) struct Refused(pub(crate) String);

/// A refusal in one's own words.
pub(crate) fn refused(message: impl Into<String>) -> Refused {
    Refused(message.into())
}

impl<E: std::error::Error> From<E> for Refused {
    fn from(error: E) -> Self {
        Self(error.to_string())
    }
}

/// A member that has to be a text.
pub(crate) fn text<'a>(value: &'a Value, name: &str) -> Result<&'a str, Refused> {
    let found = value.get(name).and_then(Value::as_str);
    found.ok_or_else(|| refused(format!("'{name}' is not a text")))
}

/// A member that has to be bytes in base64.
pub(crate) fn base64(value: &Value, name: &str) -> Result<Vec<u8>, Refused> {
    let decoded = BASE64.decode(text(value, name)?);
    decoded.map_err(|_| refused(format!("'{name}' is not base64")))
}

/// `%XX` as bytes; a broken escape stays as it is.
pub(crate) fn decode(text: &str) -> String {
    let (mut bytes, mut rest) = (Vec::with_capacity(text.len()), text.as_bytes());
    while let [first, tail @ ..] = rest {
        let escaped = tail.split_at_checked(2).filter(|_| *first == b'%');
        let byte = escaped.and_then(|(digits, tail)| Some((hex::decode(digits).ok()?, tail)));
        if let Some((byte, tail)) = byte {
            bytes.extend(byte);
            rest = tail;
        } else {
            bytes.push(*first);
            rest = tail;
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// As one segment of a path (RFC 3986, section 2.3).
pub(crate) fn encode(text: &str) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    let encode = |byte: u8| {
        if is_plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }
    };
    text.bytes().map(encode).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_segment_may_hold_a_slash() {
        let request = Request::new("GET", "/projects/acme%2Fdemo/a%2Bb?x=1+2&y");
        assert_eq!(request.segments(), ["projects", "acme/demo", "a+b"]);
        assert_eq!((request.query("x"), request.query("y")), (Some("1 2"), Some("")));
        assert_eq!(decode("100%"), "100%");
        assert_eq!(encode("a/b: é"), "a%2Fb%3A%20%C3%A9");
    }

    #[test]
    fn credentials_are_read_and_named() {
        let mut request = Request::new("GET", "/");
        request.headers.push(("authorization".into(), format!("Basic {}", BASE64.encode("u:p:q"))));
        request.headers.push(("job-token".into(), "secret".into()));
        assert_eq!(request.basic(), Some(("u".into(), "p:q".into())));
        assert_eq!(request.bearer(), None);
        assert_eq!(request.credentials(), ["authorization", "job-token"]);
    }
}
