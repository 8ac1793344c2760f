//! Names as Fulcio writes them into certificates: it reads the URL of a pipeline with Go's
//! `url.Parse` and writes `URL.String()` as the subject alternative name. A blank or a letter that is
//! not ASCII is percent-encoded there, and stands as it is in the other extensions, so that two refs
//! (`vé` and `v%C3%A9`) can share one name: whoever compares names compares the claims too.

use std::fmt::Write as _;

use crate::url::is_authority;

/// What Go writes into a path as it is (`net/url`, `encodePath`), and what else it leaves there if
/// the whole path is made of both (`validEncoded`).
const PATH: [&str; 2] = ["$&+,-./:;=@_~", "!'()*[]%"];

/// The same of a fragment.
const FRAGMENT: [&str; 2] = ["$&+,-./:;=@_~!()*?", "'[]%"];

/// The subject alternative name in a certificate for `uri`; `None` where there is no certificate,
/// because Go can't read the URI or the name would not be ASCII.
///
/// ```
/// let name = |tag: &str| pysign_ci::san_uri(&format!("https://gitlab.com/a/b//c.yml@refs/tags/{tag}"));
/// assert_eq!(name("v1").unwrap(), "https://gitlab.com/a/b//c.yml@refs/tags/v1");
/// assert_eq!(name("vé"), name("v%C3%A9"));
/// assert_eq!(name("v%zz"), None);
/// ```
pub fn san_uri(uri: &str) -> Option<String> {
    let (rest, fragment) = uri.split_once('#').unwrap_or((uri, ""));
    let (rest, query) = rest.split_at(rest.find('?').unwrap_or(rest.len()));
    let (scheme, rest) = rest.split_once("://")?;
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let is_readable = scheme.bytes().all(|byte| byte.is_ascii_lowercase())
        && is_authority(authority)
        && query.is_ascii()
        && !uri.contains(|c: char| c.is_ascii_control());
    let path = escaped(path, PATH).filter(|_| is_readable)?;
    let fragment = match fragment {
        "" => String::new(),
        text => format!("#{}", escaped(text, FRAGMENT)?),
    };
    Some(format!("{scheme}://{authority}{path}{query}{fragment}"))
}

/// `text` as it is where all of it may stay, else decoded and escaped anew; `None` where a `%` begins
/// no escape.
fn escaped(text: &str, [plain, valid]: [&str; 2]) -> Option<String> {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || plain.as_bytes().contains(&byte);
    let (mut decoded, mut rest) = (Vec::new(), text.as_bytes());
    while let [first, tail @ ..] = rest {
        let (byte, tail) = match (first, tail) {
            (b'%', [high, low, tail @ ..]) => {
                let digit = |byte: u8| char::from(byte).to_digit(16);
                (u8::try_from(digit(*high)? << 4 | digit(*low)?).ok()?, tail)
            }
            (b'%', _) => return None,
            (byte, tail) => (*byte, tail),
        };
        decoded.push(byte);
        rest = tail;
    }
    if text.bytes().all(|byte| is_plain(byte) || valid.as_bytes().contains(&byte)) {
        return Some(text.to_owned());
    }
    Some(decoded.into_iter().fold(String::new(), |mut escaped, byte| {
        if is_plain(byte) {
            escaped.push(char::from(byte));
        } else {
            // A String takes all that is written to it.
            let _ = write!(escaped, "%{byte:02X}");
        }
        escaped
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What Go 1.26 prints for `url.Parse(base + name).String()`; nothing where it refuses the URL or
    /// the name is not ASCII.
    const GO: &[(&str, Option<&str>)] = &[
        ("v1.0", Some("v1.0")),
        ("vé", Some("v%C3%A9")),
        ("v%C3%A9", Some("v%C3%A9")),
        ("v%c3%a9", Some("v%c3%a9")),
        ("日本", Some("%E6%97%A5%E6%9C%AC")),
        ("v 1", Some("v%201")),
        ("v%20 x", Some("v%20%20x")),
        ("v{1}", Some("v%7B1%7D")),
        ("v|1", Some("v%7C1")),
        ("v\"1\"", Some("v%221%22")),
        ("v<1>", Some("v%3C1%3E")),
        ("v^1", Some("v%5E1")),
        ("v`1", Some("v%601")),
        ("v\\1", Some("v%5C1")),
        ("v;1", Some("v;1")),
        ("v+1", Some("v+1")),
        ("v=1&2,3$~_-.:@", Some("v=1&2,3$~_-.:@")),
        ("v!(1)*'", Some("v!(1)*'")),
        ("v!é", Some("v%21%C3%A9")),
        ("v[1]", Some("v[1]")),
        ("v[é]", Some("v%5B%C3%A9%5D")),
        ("v%2F1", Some("v%2F1")),
        ("v%2Fé", Some("v/%C3%A9")),
        ("v%41", Some("v%41")),
        ("é%41?a b", Some("%C3%A9A?a b")),
        ("v%FFé", Some("v%FF%C3%A9")),
        ("v?x", Some("v?x")),
        ("v?", Some("v?")),
        ("v??", Some("v??")),
        ("v?é", None),
        ("v#x", Some("v#x")),
        ("v#é!'[]", Some("v#%C3%A9!%27%5B%5D")),
        ("v#", Some("v")),
        ("v##", Some("v#%23")),
        ("v?a?b#c#d", Some("v?a?b#c%23d")),
        ("v%zz", None),
        ("v%", None),
        ("v\u{1}", None),
        ("v\u{7f}", None),
    ];

    #[test]
    fn a_name_is_what_go_makes_of_it() {
        for base in ["https://gitlab.com/acme/demo//.gitlab-ci.yml@refs/tags/", "spiffe://a.b:1/c"]
        {
            for (name, expected) in GO {
                let expected = expected.map(|expected| format!("{base}{expected}"));
                assert_eq!(san_uri(&format!("{base}{name}")), expected, "{name:?}");
            }
        }
    }

    #[test]
    fn another_uri_has_no_name() {
        for uri in ["", "a:b", "HTTPS://h/a", "https://ü/a", "https://u@h/a", "https://h:x/a"] {
            assert_eq!(san_uri(uri), None, "{uri}");
        }
        assert_eq!(san_uri("https://h:80").as_deref(), Some("https://h:80"));
    }
}
