//! The name of a member: a path that stays where it belongs on every system.

use std::borrow::Borrow;
use std::fmt;

use crate::error::{Fault, Format};

/// The longest path that Linux takes; no honest project comes near.
const MAX_PATH: usize = 4096;

/// All names of an archive together: 100,000 of a generous length. In a tar, names of zeros pack a
/// thousandfold.
pub(crate) const MAX_NAMES: usize = 32 << 20;

/// A relative path of UTF-8 components with `/` between them; none is empty, `.` or `..`, and none
/// holds a backslash or a control character (PEP 427, PEP 721, and what PyPI refuses).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct MemberPath(String);

impl MemberPath {
    pub(crate) fn parse(format: Format, raw: &[u8]) -> Result<Self, Fault> {
        match std::str::from_utf8(raw).map_err(|_| "which is not UTF-8").and_then(check) {
            Ok(path) => Ok(Self(path.to_owned())),
            Err(what) => {
                let member = String::from_utf8_lossy(raw).into_owned();
                Err(Fault::Name { format, member, what })
            }
        }
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// The first component and what is beneath it; nothing beneath is the empty string.
    pub(crate) fn split_top(&self) -> (&str, &str) {
        self.0.split_once('/').unwrap_or((&self.0, ""))
    }

    /// Whether it is PKG-INFO in the top directory, which describes an sdist.
    pub(crate) fn is_pkg_info(&self) -> bool {
        self.split_top().1 == "PKG-INFO"
    }

    /// Every directory that the path lies in, the outermost first.
    pub(crate) fn parents(&self) -> impl Iterator<Item = &str> {
        self.0.match_indices('/').filter_map(|(end, _)| self.0.get(..end))
    }
}

fn check(path: &str) -> Result<&str, &'static str> {
    if path.len() > MAX_PATH {
        return Err("which is too long");
    }
    if path.starts_with('/') {
        return Err("which is absolute");
    }
    if path.contains('\\') || path.chars().any(char::is_control) {
        return Err("which has a backslash or a control character");
    }
    if path.split('/').any(|part| part == "..") {
        return Err("which leaves the archive");
    }
    if path.split('/').any(|part| part.is_empty() || part == ".") {
        return Err("which is not a normalised path");
    }
    Ok(path)
}

impl fmt::Display for MemberPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Borrow<str> for MemberPath {
    fn borrow(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use pysign_host::Problem as _;

    use super::*;

    fn parse(raw: &[u8]) -> Result<MemberPath, Fault> {
        MemberPath::parse(Format::Zip, raw)
    }

    #[test]
    fn a_plain_relative_path_is_taken_as_it_is() {
        let path = parse("demo/sub/é .py".as_bytes()).unwrap();
        assert_eq!(path.as_str(), "demo/sub/é .py");
        assert_eq!(path.split_top(), ("demo", "sub/é .py"));
        assert_eq!(path.parents().collect::<Vec<_>>(), ["demo", "demo/sub"]);
        assert_eq!(parse(b"..a/b..").unwrap().as_str(), "..a/b..");
    }

    #[test]
    fn whatever_could_mean_another_place_is_refused() {
        for raw in [
            &b"/etc/x"[..],
            b"../x",
            b"a/../b",
            b"a/..",
            b"a\\b",
            b"a\nb",
            b"a\x00b",
            b"a\x7f",
            b"a//b",
            b"./a",
            b"a/.",
            b"a/",
            b"",
            b"\xff",
        ] {
            let refused = parse(raw).unwrap_err();
            assert_eq!(refused.facts().code, "zip-name", "{raw:?}");
        }
        assert!(parse(&[b'a'; MAX_PATH]).is_ok() && parse(&[b'a'; MAX_PATH + 1]).is_err());
    }
}
