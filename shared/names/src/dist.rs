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
    fn the_error_says_what_it_claimed_to_be() {
        let refused = |text: &str| text.parse::<DistName>().unwrap_err();
        assert!(matches!(refused("demo.whl"), Error::Wheel { .. }));
        assert!(matches!(refused("demo.tar.gz"), Error::Sdist { .. }));
        assert!(matches!(refused("demo-1.0.zip"), Error::Dist { .. }));
    }
}
