//! Where a page says that a file is: addresses are resolved, and refused where they lead out of a
//! directory.

use std::fmt;

use pysign_host::percent_encode;
use pysign_http::Url;

/// From a project's page to the root.
const UP: &str = "../../";

/// Where a file is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Location {
    /// On a server.
    Url(Url),
    /// In a directory with an index: below its root, `/` between the names.
    Within(String),
}

impl Location {
    /// Its address on a project's page: relative for what is in the directory.
    pub(crate) fn link(&self) -> String {
        match self {
            Self::Url(url) => url.to_string(),
            Self::Within(path) => format!("{UP}{}", encode_path(path)),
        }
    }
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Url(url) => url.without_query().fmt(f),
            Self::Within(path) => f.write_str(path),
        }
    }
}

/// What addresses on a page are relative to.
pub(crate) enum Base<'a> {
    /// A page of a directory, by its path.
    Directory(&'a str),
    /// The address of the page.
    Url(&'a Url),
}

impl fmt::Display for Base<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Directory(page) => f.write_str(page),
            Self::Url(url) => url.without_query().fmt(f),
        }
    }
}

/// The place that `address` means.
pub(crate) fn locate(
    address: &str,
    base_href: Option<&str>,
    base: &Base<'_>,
) -> Result<Location, String> {
    match base {
        Base::Directory(_) if base_href.is_some() => {
            Err("a page in a directory can't have a base address".to_owned())
        }
        Base::Directory(_) => within(address).map(Location::Within),
        Base::Url(url) => {
            let base = base_href.map_or_else(|| Ok((*url).clone()), |href| url.join(href));
            let url =
                base.and_then(|base| base.join(address)).map_err(|error| error.to_string())?;
            Ok(Location::Url(url))
        }
    }
}

/// The path below the root that `address`, on a project's page, leads to.
fn within(address: &str) -> Result<String, String> {
    let refused = |reason: &str| Err(reason.to_owned());
    let relative = address.strip_prefix("./").unwrap_or(address);
    let Some(path) = relative.strip_prefix(UP) else {
        return refused("in a directory it must begin with ../../");
    };
    let mut names = Vec::new();
    for segment in path.split('/') {
        let name = decode(segment).ok_or("it is not percent-encoded UTF-8")?;
        if matches!(name.as_str(), "" | "." | "..") || name.chars().any(is_special) {
            return refused("it leads out of the directory, or nowhere");
        }
        names.push(name);
    }
    Ok(names.join("/"))
}

fn is_special(c: char) -> bool {
    c.is_control() || "/\\?".contains(c)
}

/// Undoes percent-encoding (RFC 3986 §2.1).
fn decode(segment: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(segment.len());
    let mut parts = segment.split('%');
    bytes.extend(parts.next()?.bytes());
    for part in parts {
        let (hex, rest) = part.split_at_checked(2)?;
        let is_hex = hex.bytes().all(|byte| byte.is_ascii_hexdigit());
        bytes.push(is_hex.then(|| u8::from_str_radix(hex, 16).ok())??);
        bytes.extend(rest.bytes());
    }
    String::from_utf8(bytes).ok()
}

pub(crate) fn encode_path(path: &str) -> String {
    path.split('/').map(percent_encode).collect::<Vec<_>>().join("/")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Directory;

    #[test]
    fn a_location_is_written_and_read_as_a_relative_link() {
        let file = Directory::file(
            &"Demo_Pkg".parse().unwrap(),
            &"1!2.0+local.1".parse().unwrap(),
            "demo_pkg-1!2.0+local.1.tar.gz",
        );
        let link = Location::Within(file.clone()).link();
        assert_eq!(
            link,
            "../../files/demo-pkg/1%212.0%2Blocal.1/demo_pkg-1%212.0%2Blocal.1.tar.gz"
        );
        assert_eq!(within(&link), Ok(file));
    }

    #[test]
    fn a_link_that_leaves_the_directory_is_refused() {
        assert!(within("../../files/a").is_ok());
        for address in [
            "",
            "files/a",
            "/etc/passwd",
            "../../",
            "../../../a",
            "../../files/../../a",
            "../../files/%2e%2e/a",
            "../../files/..%2fa",
            "../../files//a",
            "../../files/a%0ab",
            "../../files/a?b",
            "../../files/%",
            "../../files/%+1",
            "../../files/%ff",
            "https://example.org/a",
            "file:///a",
        ] {
            assert!(within(address).is_err(), "{address}");
        }
    }
}
