//! The file name of a wheel.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use crate::{Error, ProjectName, Version};

pub(crate) const SUFFIX: &str = ".whl";

/// A wheel's file name: `{name}-{version}[-{build}]-{python}-{abi}-{platform}.whl` (PEP 427, the
/// binary distribution format of packaging.python.org). Compared as text: two names are two files.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct WheelName {
    text: String,
    project: ProjectName,
    version: Version,
    build: Option<BuildTag>,
    python: String,
    abi: String,
    platform: String,
}

impl WheelName {
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

    /// The build tag, which breaks ties between wheels of one version.
    pub fn build(&self) -> Option<&BuildTag> {
        self.build.as_ref()
    }

    /// The Python tags of the compressed set `py2.py3`, one by one.
    pub fn python_tags(&self) -> impl Iterator<Item = &str> {
        self.python.split('.')
    }

    /// The ABI tags, one by one.
    pub fn abi_tags(&self) -> impl Iterator<Item = &str> {
        self.abi.split('.')
    }

    /// The platform tags, one by one.
    pub fn platform_tags(&self) -> impl Iterator<Item = &str> {
        self.platform.split('.')
    }

    /// Every `{python}-{abi}-{platform}` that the compressed sets stand for (PEP 425).
    pub fn tags(&self) -> impl Iterator<Item = String> {
        self.python_tags().flat_map(move |python| {
            self.abi_tags().flat_map(move |abi| {
                self.platform_tags().map(move |platform| format!("{python}-{abi}-{platform}"))
            })
        })
    }

    /// Whether both have the same build and the same set of tags, whose case does not count (the
    /// binary distribution format).
    pub(crate) fn has_same_tags(&self, other: &Self) -> bool {
        let build = |one: &Self| one.build().map(|tag| (tag.number, tag.rest.to_ascii_lowercase()));
        let tags = |one: &Self| -> BTreeSet<String> {
            one.tags().map(|tag| tag.to_ascii_lowercase()).collect()
        };
        build(self) == build(other) && tags(self) == tags(other)
    }

    /// What the names of its directories begin with: `{name}-{version}`, spelled as here.
    pub fn stem(&self) -> &str {
        let parts = self.text.match_indices('-').nth(1);
        parts.and_then(|(end, _)| self.text.get(..end)).unwrap_or(&self.text)
    }
}

/// A compressed set (PEP 425): tags of letters, digits and underscores, joined by dots.
fn is_tag_set(text: &str) -> bool {
    let is_tag = |tag: &str| {
        !tag.is_empty() && tag.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
    };
    text.split('.').all(is_tag)
}

impl FromStr for WheelName {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let refused = || Error::Wheel { text: text.to_owned() };
        let stem = text.strip_suffix(SUFFIX).ok_or_else(refused)?;
        let parts: Vec<&str> = stem.split('-').collect();
        let (name, version, build, tags) = match parts.as_slice() {
            [name, version, tags @ ..] if tags.len() == 3 => (name, version, None, tags),
            [name, version, build, tags @ ..] if tags.len() == 3 => {
                (name, version, Some(build.parse().map_err(|_| refused())?), tags)
            }
            _ => return Err(refused()),
        };
        let &[python, abi, platform] = tags else { return Err(refused()) };
        if name.contains("..") || !tags.iter().all(|tag| is_tag_set(tag)) {
            return Err(refused());
        }
        Ok(Self {
            text: text.to_owned(),
            project: name.parse().map_err(|_| refused())?,
            version: version.parse().map_err(|_| refused())?,
            build,
            python: python.to_owned(),
            abi: abi.to_owned(),
            platform: platform.to_owned(),
        })
    }
}

impl fmt::Display for WheelName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// A build tag: a number, then any text. It sorts as that pair (PEP 427).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BuildTag {
    number: u64,
    rest: String,
    text: String,
}

impl FromStr for BuildTag {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let refused = || Error::Wheel { text: text.to_owned() };
        let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
        let (digits, rest) = text.split_at(end);
        let number = digits.parse().map_err(|_| refused())?;
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.');
        if rest.contains("..") || !rest.bytes().all(plain) {
            return Err(refused());
        }
        Ok(Self { number, rest: rest.to_owned(), text: text.to_owned() })
    }
}

impl fmt::Display for BuildTag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wheel(text: &str) -> WheelName {
        text.parse().unwrap()
    }

    #[test]
    fn the_parts_are_told_apart() {
        let name = wheel("Demo_Pkg-1.0+cu_12-7b-py2.py3-none-any.whl");
        assert_eq!(name.project().as_str(), "demo-pkg");
        assert_eq!(name.version().to_string(), "1.0+cu.12");
        assert_eq!(name.build().unwrap().to_string(), "7b");
        assert_eq!(name.stem(), "Demo_Pkg-1.0+cu_12");
        assert_eq!(name.tags().collect::<Vec<_>>(), ["py2-none-any", "py3-none-any"]);
        assert_eq!(name.to_string(), name.as_str());
        assert!(wheel("demo-1.0-py3-none-any.whl").build().is_none());
    }

    #[test]
    fn a_platform_set_is_expanded() {
        let name = wheel("a-1-cp311-cp311-manylinux_2_17_x86_64.manylinux2014_x86_64.whl");
        assert_eq!(
            name.platform_tags().collect::<Vec<_>>(),
            ["manylinux_2_17_x86_64", "manylinux2014_x86_64"]
        );
    }

    #[test]
    fn build_tags_sort_by_number_first() {
        let mut tags: Vec<BuildTag> = ["10", "9z", "9"].map(|tag| tag.parse().unwrap()).into();
        tags.sort();
        assert_eq!(tags.iter().map(ToString::to_string).collect::<Vec<_>>(), ["9", "9z", "10"]);
    }

    #[test]
    fn other_texts_are_refused() {
        for text in [
            "demo-1.0-py3-none-any.zip",
            "demo-1.0-py3-none-any.WHL",
            "demo-1.0-py3-none.whl",
            "demo-1.0-1-2-py3-none-any.whl",
            "demo-1.0-b1-py3-none-any.whl",
            "demo-1.0-1..2-py3-none-any.whl",
            "demo-1.0-py3-none-any..whl",
            "demo-1.0-py3--any.whl",
            "demo-one-py3-none-any.whl",
            "_demo-1.0-py3-none-any.whl",
            "de..mo-1.0-py3-none-any.whl",
            "../demo-1.0-py3-none-any.whl",
            "demo-1.0-py3-none-any/x.whl",
            "demo-1.0-py3-none-an\ny.whl",
            "demo-1.0-py3-none-äny.whl",
            ".whl",
        ] {
            assert!(text.parse::<WheelName>().is_err(), "{text}");
        }
    }
}
