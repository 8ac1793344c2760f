//! The file name of an sdist.

use std::fmt;
use std::str::FromStr;

use crate::{Error, ProjectName, Version};

pub(crate) const SUFFIX: &str = ".tar.gz";

/// An sdist's file name, `{name}-{version}.tar.gz` (PEP 625). Compared as text.
///
/// Names from before PEP 625 may have hyphens in the name (`my-pkg-1.0.tar.gz`) or in the version
/// (`pkg-1.0-1.tar.gz`). One that splits in exactly one way is taken; one that could be two releases
/// is refused (`pkg-1.0-1.tar.gz` is 1.0.post1 of `pkg` or 1 of `pkg-1.0`), as are `.zip` and others.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SdistName {
    text: String,
    project: ProjectName,
    version: Version,
}

impl SdistName {
    /// The file name as it was given.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The project.
    pub fn project(&self) -> &ProjectName {
        &self.project
    }

    /// The version.
    pub fn version(&self) -> &Version {
        &self.version
    }

    /// The name of its one directory: the file name without `.tar.gz`.
    pub fn stem(&self) -> &str {
        self.text.strip_suffix(SUFFIX).unwrap_or(&self.text)
    }
}

impl FromStr for SdistName {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let refused = || Error::Sdist { text: text.to_owned() };
        let stem = text.strip_suffix(SUFFIX).filter(|stem| !stem.contains(".."));
        let stem = stem.ok_or_else(refused)?;
        let mut splits = stem.match_indices('-').filter_map(|(at, hyphen)| {
            let name = stem.get(..at)?.parse::<ProjectName>().ok()?;
            let version = stem.get(at + hyphen.len()..)?.parse::<Version>().ok()?;
            Some((name, version))
        });
        match (splits.next(), splits.next()) {
            (Some((project, version)), None) => {
                Ok(Self { text: text.to_owned(), project, version })
            }
            _ => Err(refused()),
        }
    }
}

impl fmt::Display for SdistName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn name_and_version_are_told_apart() {
        for (text, project, version) in [
            ("demo_pkg-1.0.0.tar.gz", "demo-pkg", "1.0.0"),
            ("my-old-pkg-1.0.tar.gz", "my-old-pkg", "1.0"),
            ("pkg-1.0-beta2.tar.gz", "pkg", "1.0b2"),
            ("py3-demo-1.0.tar.gz", "py3-demo", "1.0"),
            ("demo-1!2.0+a.1.tar.gz", "demo", "1!2.0+a.1"),
        ] {
            let name: SdistName = text.parse().unwrap();
            assert_eq!(name.project().as_str(), project);
            assert_eq!(name.version().to_string(), version);
            assert_eq!(format!("{}.tar.gz", name.stem()), text);
        }
    }

    #[test]
    fn a_name_of_two_releases_is_refused() {
        assert!("pkg-1.0.tar.gz".parse::<SdistName>().is_ok());
        assert!("pkg-1.0-1.tar.gz".parse::<SdistName>().is_err());
    }

    #[test]
    fn other_texts_are_refused() {
        for text in [
            "demo-1.0.zip",
            "demo-1.0.tgz",
            "demo-1.0.tar.GZ",
            "demo.tar.gz",
            "1.0.tar.gz",
            "-1.0.tar.gz",
            "demo-.tar.gz",
            "demo-one.tar.gz",
            "de..mo-1.0.tar.gz",
            "../demo-1.0.tar.gz",
            "demo-1.0\n.tar.gz",
            "demo-1.0 .tar.gz",
        ] {
            assert_eq!(text.parse::<SdistName>(), Err(Error::Sdist { text: text.to_owned() }));
        }
    }
}
