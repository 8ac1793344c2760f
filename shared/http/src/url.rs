//! Addresses: absolute, of a service that may be asked, without secrets in them.

use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

use pysign_host::{is_loopback, is_metadata_server, percent_encode, without_user};
use ureq::http::Uri;

/// Longer addresses are refused by many servers, and none of ours comes near it.
const MAX_LENGTH: usize = 8 * 1024;

/// An absolute `https` address, or an `http` one of this machine: without user, password or
/// fragment, its host in lower case (RFC 3986 §3).
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Url {
    origin: Origin,
    /// Path and query, as they are sent.
    target: String,
}

/// Who answers: scheme, host and port. A credential belongs to one of them.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Origin {
    scheme: &'static str,
    host: String,
    port: u16,
}

impl Origin {
    /// The host, in lower case; an IPv6 address in its brackets.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// Whether it is on this machine.
    pub fn is_loopback(&self) -> bool {
        is_loopback(&self.host)
    }

    /// Whether what is sent there is encrypted.
    pub(crate) fn is_encrypted(&self) -> bool {
        self.scheme == "https"
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let usual = if self.is_encrypted() { 443 } else { 80 };
        write!(f, "{}://{}", self.scheme, self.host)?;
        if self.port == usual { Ok(()) } else { write!(f, ":{}", self.port) }
    }
}

impl fmt::Debug for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Url {
    /// Whom it addresses.
    pub fn origin(&self) -> &Origin {
        &self.origin
    }

    /// The path, percent-encoded, with its leading `/`.
    pub fn path(&self) -> &str {
        self.target.split('?').next().unwrap_or_default()
    }

    /// What stands after the `?`.
    pub fn query(&self) -> Option<&str> {
        self.target.split_once('?').map(|(_, query)| query)
    }

    /// The address without its query, which may hold a signature that gives access.
    #[must_use]
    pub fn without_query(&self) -> Self {
        Self { origin: self.origin.clone(), target: self.path().to_owned() }
    }

    /// This address with further path segments, each percent-encoded (RFC 3986 §2.1).
    #[must_use]
    pub fn with_path_segments(&self, segments: &[&str]) -> Self {
        let mut target = self.path().trim_end_matches('/').to_owned();
        for segment in segments {
            target.push('/');
            target.push_str(&percent_encode(segment));
        }
        Self { origin: self.origin.clone(), target }
    }

    /// This address with a path and query of its own.
    #[must_use]
    pub fn with_query(&self, query: &str) -> Self {
        let target = format!("{}?{query}", self.path());
        Self { origin: self.origin.clone(), target }
    }

    /// An address of Google's metadata server, which speaks `http` only; its network is the machine's
    /// own. No other text is taken for one, and no redirect leads there.
    pub fn of_metadata_server(text: &str) -> Result<Self, ParseUrlError> {
        Self::parse(text, is_metadata_server)
    }

    /// An address, whose host may do without encryption if it `is_near`.
    fn parse(text: &str, is_near: fn(&str) -> bool) -> Result<Self, ParseUrlError> {
        let refused = |reason| ParseUrlError::new(text, reason);
        if text.len() > MAX_LENGTH {
            return Err(refused("it is longer than 8 KiB"));
        }
        if text.contains(|c: char| !c.is_ascii_graphic() || "#\\".contains(c)) {
            return Err(refused("it holds a space, a control character, '#', '\\' or no ASCII"));
        }
        let uri: Uri = text.parse().map_err(|_| refused("it is not an absolute address"))?;
        let (scheme, usual) = match uri.scheme_str() {
            Some("https") => ("https", 443),
            Some("http") => ("http", 80),
            _ => return Err(refused("it does not begin with https://")),
        };
        let authority = uri.authority().ok_or(refused("it names no host"))?;
        if authority.as_str().contains('@') {
            return Err(refused("it holds a user name or password"));
        }
        let host = authority.host().to_ascii_lowercase();
        if !is_host(&host) {
            return Err(refused("it names no host"));
        }
        let port = match authority.as_str().get(host.len()..) {
            None | Some("") => usual,
            Some(_) => authority.port_u16().ok_or(refused("its port is not a number"))?,
        };
        let origin = Origin { scheme, host, port };
        if !origin.is_encrypted() && !is_near(&origin.host) {
            return Err(refused("http is for this machine only; use https"));
        }
        let target = uri.path_and_query().map_or("/", |target| target.as_str());
        Ok(Self { origin, target: target.to_owned() })
    }

    /// The address that `reference` means on a page at this address (RFC 3986 §5.2); its fragment
    /// is dropped.
    pub fn join(&self, reference: &str) -> Result<Self, ParseUrlError> {
        let reference = reference.split('#').next().unwrap_or_default();
        let has_scheme = reference.split_once(':').is_some_and(|(scheme, _)| {
            scheme.starts_with(|c: char| c.is_ascii_alphabetic())
                && scheme.chars().all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c))
        });
        if has_scheme {
            return reference.parse();
        }
        if reference.starts_with("//") {
            return format!("{}:{reference}", self.origin.scheme).parse();
        }
        let (path, query) = match reference.split_once('?') {
            Some((path, query)) => (path, Some(query)),
            None => (reference, None),
        };
        let target = if path.is_empty() {
            let query = query.or(self.query());
            with_query(self.path(), query)
        } else if path.starts_with('/') {
            with_query(&without_dots(path), query)
        } else {
            let directory = self.path().rsplit_once('/').map_or("", |(directory, _)| directory);
            with_query(&without_dots(&format!("{directory}/{path}")), query)
        };
        format!("{}{target}", self.origin).parse()
    }
}

fn with_query(path: &str, query: Option<&str>) -> String {
    query.map_or_else(|| path.to_owned(), |query| format!("{path}?{query}"))
}

/// Removes `.` and `..` segments (RFC 3986 §5.2.4).
fn without_dots(path: &str) -> String {
    let mut kept: Vec<&str> = Vec::new();
    let mut segments = path.split('/').skip(1).peekable();
    while let Some(segment) = segments.next() {
        let last = segments.peek().is_none();
        match segment {
            "." | ".." => {
                if segment == ".." {
                    kept.pop();
                }
                if last {
                    kept.push("");
                }
            }
            _ => kept.push(segment),
        }
    }
    format!("/{}", kept.join("/"))
}

/// Why a text is no address that may be asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParseUrlError {
    text: String,
    reason: &'static str,
}

impl ParseUrlError {
    /// The text, without what may be a password in it.
    pub fn text(&self) -> &str {
        &self.text
    }

    fn new(text: &str, reason: &'static str) -> Self {
        // A query may hold a token.
        let text = text.split(['?', '#']).next().unwrap_or_default();
        Self { text: without_user(text).chars().take(MAX_SHOWN).collect(), reason }
    }
}

/// As much of a text that is no address as helps to find it.
const MAX_SHOWN: usize = 200;

impl fmt::Display for ParseUrlError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.reason)
    }
}

impl std::error::Error for ParseUrlError {}

impl FromStr for Url {
    type Err = ParseUrlError;

    fn from_str(text: &str) -> Result<Self, ParseUrlError> {
        Self::parse(text, is_loopback)
    }
}

/// A name or IPv4 address, or an IPv6 address in brackets; nothing percent-encoded, which one
/// reader decodes and the next does not. What ends in a number is an IPv4 address (WHATWG URL §3.5),
/// and has its usual spelling: `127.1` and `0x7f.1` are this machine to some readers only.
fn is_host(text: &str) -> bool {
    if let Some(address) = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')) {
        return address.parse::<Ipv6Addr>().is_ok_and(|ip| !ip.is_unspecified());
    }
    let is_word = |c: char| c.is_ascii_alphanumeric() || "-._".contains(c);
    let last = text.trim_end_matches('.').rsplit('.').next().unwrap_or_default();
    let is_number = last.starts_with(|c: char| c.is_ascii_digit())
        && (last.starts_with("0x") || last.chars().all(|c| c.is_ascii_digit()));
    !text.is_empty()
        && text.chars().all(is_word)
        && (!is_number || text.parse::<Ipv4Addr>().is_ok_and(|ip| !ip.is_unspecified()))
}

impl fmt::Display for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.origin, self.target)
    }
}

impl fmt::Debug for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Url {
        text.parse().unwrap()
    }

    #[test]
    fn an_address_is_written_as_it_is_compared() {
        assert_eq!(url("https://Example.ORG:443").to_string(), "https://example.org/");
        assert_eq!(url("http://127.0.0.1:80/a?b=c").to_string(), "http://127.0.0.1/a?b=c");
        assert_eq!(
            url("https://example.org:8443/a").origin().to_string(),
            "https://example.org:8443"
        );
    }

    #[test]
    fn addresses_that_hide_something_are_refused() {
        for text in [
            "http://example.org/",
            "http://127.0.0.1.example.org/",
            "https://user@example.org/",
            "https://user:password@example.org/",
            "https://example.org/#fragment",
            "https://example.org\\@evil.org/",
            "https://exa mple.org/",
            "https://ex%61mple.org/",
            "https://ex\u{e4}mple.org/",
            "https://example.org/\u{e4}",
            "https://example.org:/",
            "https://example.org:99999/",
            "https://example.org:443x/",
            "https://[::1",
            "https://[example.org]/",
            "https://0.0.0.0/",
            "https://[::]/",
            "https://127.1/",
            "https://0x7f.1/",
            "https://0x7f000001/",
            "https://2130706433/",
            "https://127.0.0.1./",
            "https://1.2.3.4.5/",
            "ftp://example.org/",
            "file:///etc/passwd",
            "example.org",
            "/path",
            "https://",
            "",
        ] {
            assert!(text.parse::<Url>().is_err(), "{text}");
        }
    }

    #[test]
    fn this_machine_may_be_asked_without_encryption() {
        for text in ["http://127.0.0.1:1/", "http://localhost/", "http://[::1]:80/"] {
            assert!(text.parse::<Url>().is_ok(), "{text}");
        }
    }

    #[test]
    fn googles_metadata_server_is_the_one_exception() {
        for (text, is_taken) in [
            ("http://metadata.google.internal/a?b=c", true),
            ("http://169.254.169.254/", true),
            ("http://127.0.0.1:1/", true),
            ("http://metadata.google.internal.evil.example/", false),
            ("http://metadata/", false),
            ("http://10.0.0.1/", false),
            ("http://user@169.254.169.254/", false),
        ] {
            assert_eq!(Url::of_metadata_server(text).is_ok(), is_taken, "{text}");
        }
        assert!("http://metadata.google.internal/".parse::<Url>().is_err());
        assert!(url("https://a.example/").join("http://169.254.169.254/").is_err());
    }

    /// The examples of RFC 3986 §5.4 that have a path, in its order.
    #[test]
    fn references_are_resolved_as_the_standard_says() {
        let base = url("https://a/b/c/d;p?q");
        for (reference, expected) in [
            ("g", "https://a/b/c/g"),
            ("./g", "https://a/b/c/g"),
            ("g/", "https://a/b/c/g/"),
            ("/g", "https://a/g"),
            ("//g", "https://g/"),
            ("?y", "https://a/b/c/d;p?y"),
            ("g?y", "https://a/b/c/g?y"),
            ("g#s", "https://a/b/c/g"),
            ("", "https://a/b/c/d;p?q"),
            (".", "https://a/b/c/"),
            ("..", "https://a/b/"),
            ("../g", "https://a/b/g"),
            ("../../../g", "https://a/g"),
            ("https://b/x", "https://b/x"),
        ] {
            assert_eq!(base.join(reference).unwrap().to_string(), expected, "{reference}");
        }
    }

    #[test]
    fn what_is_refused_is_shown_without_its_password() {
        for (text, shown) in [
            ("https://user:canary@example.org/a", "https://[secret]@example.org/a"),
            ("user:canary@example.org", "[secret]@example.org"),
            ("http://example.org/?token=canary", "http://example.org/"),
            ("https://a:can@ary@example.org/", "https://[secret]@example.org/"),
        ] {
            let error = text.parse::<Url>().unwrap_err();
            assert_eq!(error.text(), shown);
            assert!(!error.to_string().contains("canary"));
        }
    }

    #[test]
    fn a_segment_stays_a_segment() {
        let built = url("https://a/api/v4/").with_path_segments(&["acme/demo", "é", "1.0+x"]);
        assert_eq!(built.to_string(), "https://a/api/v4/acme%2Fdemo/%C3%A9/1.0%2Bx");
    }
}
