//! METADATA and PKG-INFO: the two fields that say which release an archive belongs to, and the text
//! of all.

use pysign_names::{ProjectName, Version};

use crate::fault::Fault;

/// The largest README on PyPI is a few megabytes and stands in here.
pub(crate) const MAX_METADATA: u64 = 16 << 20;

/// What METADATA (or PKG-INFO) says about the release.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Metadata {
    /// `Name`
    pub project: ProjectName,
    /// `Version`
    pub version: Version,
    /// The whole document: headers, and the description after them. An upload repeats it.
    pub text: String,
}

impl Metadata {
    /// Reads the headers (core metadata specification), each of `Metadata-Version`, `Name` and
    /// `Version` exactly once.
    pub(crate) fn parse(member: &str, bytes: &[u8]) -> Result<Self, Fault> {
        let refused = malformed("metadata-malformed", member);
        let headers = Headers::parse(bytes).map_err(&refused)?;
        let number = headers.only("metadata-version").map_err(&refused)?;
        if !number.starts_with("1.") && !number.starts_with("2.") {
            return Err(refused("its Metadata-Version is unknown"));
        }
        let name = headers.only("name").map_err(&refused)?;
        let version = headers.only("version").map_err(&refused)?;
        let text = std::str::from_utf8(bytes).map_err(|_| refused("it is not UTF-8"))?;
        Ok(Self {
            text: text.to_owned(),
            project: name.parse().map_err(|_| refused("its Name is not a project name"))?,
            version: version.parse().map_err(|_| refused("its Version is not a version"))?,
        })
    }

    /// Refuses another project or version than those of the file's name.
    pub(crate) fn agrees(
        &self,
        member: &str,
        project: &ProjectName,
        version: &Version,
    ) -> Result<(), Fault> {
        let differs = |field, expected: &str, found: &str| Fault::Mismatch {
            code: "metadata-mismatch",
            member: member.to_owned(),
            field,
            expected: expected.to_owned(),
            found: found.to_owned(),
        };
        if self.project != *project {
            return Err(differs("Name", project.as_str(), self.project.as_str()));
        }
        if self.version != *version {
            return Err(differs("Version", &version.to_string(), &self.version.to_string()));
        }
        Ok(())
    }
}

/// The fault of a document that breaks its rules.
pub(crate) fn malformed(code: &'static str, member: &str) -> impl Fn(&'static str) -> Fault {
    move |what| Fault::Member { code, member: member.to_owned(), what }
}

/// E-mail headers (RFC 5322 as Python's parser reads it): names in lower case, values on one line
/// as they stand. They end at the first line that is no header.
pub(crate) struct Headers<'a>(Vec<(String, &'a str)>);

impl<'a> Headers<'a> {
    pub(crate) fn parse(bytes: &'a [u8]) -> Result<Self, &'static str> {
        let text = std::str::from_utf8(bytes).map_err(|_| "it is not UTF-8")?;
        let mut headers = Vec::new();
        for line in text.split('\n') {
            let line = line.strip_suffix('\r').unwrap_or(line);
            // Python's parser takes a lone carriage return for the end of a line: two readers, two
            // documents.
            if line.contains('\r') {
                return Err("it has a line that ends in a lone carriage return");
            }
            if line.starts_with([' ', '\t']) && !headers.is_empty() {
                continue;
            }
            let Some((name, value)) = line.split_once(':') else { break };
            if name.is_empty() || !name.bytes().all(|byte| byte.is_ascii_graphic()) {
                break;
            }
            headers.push((name.to_ascii_lowercase(), value.trim()));
        }
        Ok(Self(headers))
    }

    /// Every value of `name`, which is in lower case.
    pub(crate) fn all(&self, name: &str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(found, _)| found == name).map(|(_, value)| *value)
    }

    /// The value of a header that must be there exactly once.
    pub(crate) fn only(&self, name: &str) -> Result<&'a str, &'static str> {
        let mut values = self.all(name);
        match (values.next(), values.next()) {
            (Some(value), None) => Ok(value),
            (Some(_), Some(_)) => Err("a header that may be there once is there twice"),
            (None, _) => Err("a header that must be there is missing"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str =
        "Metadata-Version: 2.1\nName: Demo_Pkg\nVersion: 1.0\nSummary: a\n b\n\nName: x\n";

    fn parse(text: &str) -> Result<Metadata, Fault> {
        Metadata::parse("METADATA", text.as_bytes())
    }

    #[test]
    fn name_and_version_are_read_from_the_headers_alone() {
        let metadata = parse(GOOD).unwrap();
        assert_eq!(metadata.project.as_str(), "demo-pkg");
        assert_eq!(metadata.version.to_string(), "1.0");
        assert_eq!(metadata.text, GOOD);
        for spelled in [GOOD.replace('\n', "\r\n"), GOOD.replace("Name:", "name:")] {
            let other = parse(&spelled).unwrap();
            assert_eq!((&other.project, &other.version), (&metadata.project, &metadata.version));
        }
    }

    #[test]
    fn ambiguous_or_unknown_documents_are_refused() {
        for (from, to) in [
            ("Name: Demo_Pkg\n", ""),
            ("Version: 1.0\n", ""),
            ("Metadata-Version: 2.1\n", ""),
            ("Version: 2.1", "Version: 3.0"),
            ("Summary: a", "name: other"),
            ("Summary: a", "Version: 2.0"),
            ("Summary: a", "Summary: a\rName: other"),
            ("Demo_Pkg", "-demo"),
            ("Version: 1.0", "Version: one"),
        ] {
            let refused = parse(&GOOD.replace(from, to)).unwrap_err();
            assert_eq!(refused.code(), "metadata-malformed", "{from} -> {to}");
        }
        assert!(Metadata::parse("METADATA", b"Name: \xff\n").is_err());
    }

    #[test]
    fn another_release_than_the_name_says_is_a_mismatch() {
        let metadata = parse(GOOD).unwrap();
        let agrees = |project: &str, version: &str| {
            metadata.agrees("METADATA", &project.parse().unwrap(), &version.parse().unwrap())
        };
        assert!(agrees("demo-pkg", "1.0.0").is_ok());
        assert_eq!(agrees("demo", "1.0").unwrap_err().code(), "metadata-mismatch");
        assert_eq!(agrees("demo-pkg", "1.1").unwrap_err().code(), "metadata-mismatch");
    }
}
