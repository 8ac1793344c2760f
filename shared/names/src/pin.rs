//! A request for exactly one release.

use std::fmt;
use std::str::FromStr;

use crate::{Error, ProjectName, Version};

/// `NAME==VERSION`, local part included. No extras, wildcards, markers or other operators: they
/// would leave open what is fetched.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Pin {
    /// The project.
    pub project: ProjectName,
    /// Its one version.
    pub version: Version,
}

impl FromStr for Pin {
    type Err = Error;

    /// White space is allowed around the operator, as in a requirements file.
    fn from_str(text: &str) -> Result<Self, Error> {
        let refused = || Error::Pin { text: text.to_owned() };
        let (project, version) = text.split_once("==").ok_or_else(refused)?;
        let project = project.trim_end_matches([' ', '\t']).parse().map_err(|_| refused())?;
        let version = version.trim_start_matches([' ', '\t']).parse().map_err(|_| refused())?;
        Ok(Self { project, version })
    }
}

impl fmt::Display for Pin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}=={}", self.project, self.version)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pin_is_shown_in_normal_form() {
        for text in ["demo-pkg==1.0.0+local.1", "Demo_Pkg == 1.0.0+Local-1"] {
            assert_eq!(text.parse::<Pin>().unwrap().to_string(), "demo-pkg==1.0.0+local.1");
        }
    }

    #[test]
    fn whatever_leaves_the_release_open_is_refused() {
        for text in [
            "demo",
            "demo==",
            "==1.0",
            "demo=1.0",
            "demo===1.0",
            "demo>=1.0",
            "demo~=1.0",
            "demo==1.*",
            "demo[extra]==1.0",
            "demo==1.0,!=1.1",
            "demo==1.0; python_version > '3'",
            "demo==1.0 ",
            " demo==1.0",
        ] {
            assert_eq!(text.parse::<Pin>(), Err(Error::Pin { text: text.to_owned() }));
        }
    }
}
