//! The file name of what a release consists of: wheels and sdists.

use std::fmt;
use std::str::FromStr;

use crate::{Error, ProjectName, SdistName, Version, WheelName, sdist, wheel};

/// The file name of a wheel or an sdist. The suffix decides which.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DistName {
    /// `{name}-{version}.tar.gz`
    Sdist(SdistName),
    /// `{name}-{version}-….whl`
    Wheel(WheelName),
}

impl DistName {
    /// The file name as it was given.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Sdist(name) => name.as_str(),
            Self::Wheel(name) => name.as_str(),
        }
    }

    /// The project.
    pub fn project(&self) -> &ProjectName {
        match self {
            Self::Sdist(name) => name.project(),
            Self::Wheel(name) => name.project(),
        }
    }

    /// The version.
    pub fn version(&self) -> &Version {
        match self {
            Self::Sdist(name) => name.version(),
            Self::Wheel(name) => name.version(),
        }
    }
}

impl DistName {
    /// Whether two names stand for the same file of a release, parsed: the same project, version,
    /// build and set of tags. Signers have written tags in another order, and names in other
    /// spellings (PEP 740 compares file names; pypi-attestations has compared them parsed since 0.0.27).
    ///
    /// ```
    /// let name = |text: &str| text.parse::<pysign_names::DistName>().unwrap();
    /// assert!(name("Demo.Pkg-1.0.tar.gz").is_same(&name("demo_pkg-1.0.tar.gz")));
    /// assert!(!name("demo-1.0.tar.gz").is_same(&name("demo-1.0.1.tar.gz")));
    /// ```
    pub fn is_same(&self, other: &Self) -> bool {
        let same_kind = match (self, other) {
            (Self::Sdist(_), Self::Sdist(_)) => true,
            (Self::Wheel(one), Self::Wheel(other)) => one.has_same_tags(other),
            _ => false,
        };
        same_kind && self.project() == other.project() && self.version() == other.version()
    }
}

/// What pip and uv take for an archive (pip's `filetypes.py`, uv's `SourceDistExtension`), in lower
/// case; the longer of two ends stands first.
const ARCHIVES: [&str; 12] = [
    ".tar.bz2",
    ".tar.gz",
    ".tar.lz",
    ".tar.lzma",
    ".tar.xz",
    ".tar.zst",
    ".tar",
    ".tbz",
    ".tgz",
    ".tlz",
    ".txz",
    ".zip",
];

/// Whether an installer could read a project and a version from a file name, whatever this crate
/// makes of it: installers take other suffixes, in any case, and blanks around a version. Under such
/// a name the bytes of one release would pass for another's.
///
/// ```
/// assert!(pysign_names::is_installable("demo-2.0.tgz"));
/// assert!(!pysign_names::is_installable("demo-linux.tar.gz"));
/// ```
pub fn is_installable(filename: &str) -> bool {
    // Upper case first: Python's patterns take the long s for an s, and so does this.
    let name = filename.trim().to_uppercase().to_lowercase();
    if name.ends_with(wheel::SUFFIX) {
        return true;
    }
    let Some(stem) = ARCHIVES.iter().find_map(|suffix| name.strip_suffix(suffix)) else {
        return false;
    };
    let mut ends = stem.match_indices('-').filter_map(|(at, _)| stem.get(at + 1..));
    ends.any(|end| end.trim().parse::<Version>().is_ok())
}

impl FromStr for DistName {
    type Err = Error;

    /// [`Error::Dist`] for a name that claims to be neither; the error of its kind otherwise.
    fn from_str(text: &str) -> Result<Self, Error> {
        if text.ends_with(wheel::SUFFIX) {
            text.parse().map(Self::Wheel)
        } else if text.ends_with(sdist::SUFFIX) {
            text.parse().map(Self::Sdist)
        } else {
            Err(Error::Dist { text: text.to_owned() })
        }
    }
}

impl fmt::Display for DistName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_suffix_decides() {
        let wheel: DistName = "demo-1.0-py3-none-any.whl".parse().unwrap();
        let sdist: DistName = "demo-1.0.tar.gz".parse().unwrap();
        assert!(matches!(wheel, DistName::Wheel(_)) && matches!(sdist, DistName::Sdist(_)));
        assert_eq!((wheel.project(), wheel.version()), (sdist.project(), sdist.version()));
        assert_eq!(sdist.to_string(), "demo-1.0.tar.gz");
    }

    #[test]
    fn names_are_the_same_if_they_parse_to_the_same() {
        let same = |one: &str, other: &str| {
            let [one, other] = [one, other].map(|text| text.parse::<DistName>().unwrap());
            one.is_same(&other)
        };
        for (one, other) in [
            ("Demo.Pkg-1.0.tar.gz", "demo_pkg-1.0.tar.gz"),
            ("demo-1.0.tar.gz", "demo-1.0.0.tar.gz"),
            ("demo-1.0-cp310-cp310-b.a.whl", "demo-1.0-cp310-cp310-a.b.whl"),
            ("demo-1.0-01-py2.py3-none-any.whl", "Demo-1.0-1-PY3.py2-none-any.whl"),
        ] {
            assert!(same(one, other), "{one} {other}");
        }
        for (one, other) in [
            ("demo-1.0.tar.gz", "demo-1.1.tar.gz"),
            ("demo-1.0.tar.gz", "demos-1.0.tar.gz"),
            ("demo-1.0.tar.gz", "demo-1.0+local.tar.gz"),
            ("demo-1.0.tar.gz", "demo-1.0-py3-none-any.whl"),
            ("demo-1.0-py3-none-any.whl", "demo-1.0-1-py3-none-any.whl"),
            ("demo-1.0-1-py3-none-any.whl", "demo-1.0-1a-py3-none-any.whl"),
            ("demo-1.0-py3-none-any.whl", "demo-1.0-py2.py3-none-any.whl"),
            ("demo-1.0-cp310-abi3-a.b.whl", "demo-1.0-cp310-abi3-a.whl"),
        ] {
            assert!(!same(one, other), "{one} {other}");
        }
    }

    #[test]
    fn a_name_that_an_installer_follows_is_known_by_any_of_its_suffixes() {
        for suffix in ARCHIVES {
            for name in [format!("demo-2.0{suffix}"), format!("demo-2.0{}", suffix.to_uppercase())]
            {
                assert!(is_installable(&name), "{name}");
            }
            assert!(!is_installable(&format!("demo-linux{suffix}")), "{suffix}");
        }
        for name in [
            "demo-2.0-py3-none-any.WHL",
            "demo-2.0-b1-py3-none-any.whl",
            "demo-2.0-py3-none-any.x~.whl",
            "demo.whl",
            "demo-2.0-1.tar.gz",
            "demo-linux-2.0.Tar.Gz",
            "demo- 2.0 .tar.gz",
            "demo-2.0.tar.gz ",
            " demo-2.0-py3-none-any.whl ",
            "de..mo-2.0.tar.gz",
            "-demo-2.0.tar.gz",
            "demo-2.0.po\u{17f}t1.zip",
        ] {
            assert!(is_installable(name), "{name}");
        }
        for name in ["demo.tar.gz", "demo-2.0.txt", "demo-2.0.exe", "demo_2.0.zip", "whl", ""] {
            assert!(!is_installable(name), "{name}");
        }
    }

    #[test]
    fn the_error_says_what_it_claimed_to_be() {
        let refused = |text: &str| text.parse::<DistName>().unwrap_err();
        assert!(matches!(refused("demo.whl"), Error::Wheel { .. }));
        assert!(matches!(refused("demo.tar.gz"), Error::Sdist { .. }));
        assert!(matches!(refused("demo-1.0.zip"), Error::Dist { .. }));
    }
}
