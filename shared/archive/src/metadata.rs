//! METADATA, PKG-INFO and WHEEL are headers as of an e-mail, and a description behind them. Whoever
//! needs one of these headers asks here: two ways to read them would be two documents.

use std::path::Path;
use std::str::FromStr;

use pysign_names::{ProjectName, Version};

use crate::error::{Document, Error, Fault};

/// The largest README on PyPI is a few megabytes and stands in here.
pub(crate) const MAX_METADATA: u64 = 16 << 20;

/// What METADATA (or PKG-INFO) says about the release.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Metadata {
    /// `Name`
    pub project: ProjectName,
    /// `Version`
    pub version: Version,
    /// The whole document. An upload repeats it.
    pub headers: Headers,
}

impl Metadata {
    /// Reads the headers (core metadata specification), each of `Metadata-Version`, `Name` and
    /// `Version` exactly once.
    pub(crate) fn parse(member: &str, bytes: &[u8]) -> Result<Self, Fault> {
        let refused = malformed(Document::Metadata, member);
        let headers = Headers::of(bytes).map_err(&refused)?;
        let number = headers.only("metadata-version").map_err(&refused)?;
        if !number.starts_with("1.") && !number.starts_with("2.") {
            return Err(refused("its Metadata-Version is not supported"));
        }
        let name = headers.only("name").map_err(&refused)?;
        let version = headers.only("version").map_err(&refused)?;
        Ok(Self {
            project: name.parse().map_err(|_| refused("its Name is not a valid project name"))?,
            version: version.parse().map_err(|_| refused("its Version is not a valid version"))?,
            headers,
        })
    }

    /// Refuses another project or version than those of the file's name.
    pub(crate) fn agrees(
        &self,
        member: &str,
        project: &ProjectName,
        version: &Version,
    ) -> Result<(), Fault> {
        let differs = |field, expected: &str, found: &str| Fault::MetadataMismatch {
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

/// What the name of the file at `path` says.
pub(crate) fn file_name<T: FromStr<Err = pysign_names::Error>>(path: &Path) -> Result<T, Error> {
    // A name that is not UTF-8 is not a name of PEP 427 or PEP 625 under any reading.
    let text = path.file_name().unwrap_or_default().to_string_lossy();
    text.parse().map_err(|cause| Error::of(path)(Fault::Layout(cause)))
}

/// The fault of a document that breaks its rules.
pub(crate) fn malformed(document: Document, member: &str) -> impl Fn(&'static str) -> Fault {
    move |what| Fault::Document { document, member: member.to_owned(), what }
}

/// Headers and what follows them (RFC 5322 as Python's parser reads it). They end at an empty line,
/// or before the first line that is not a header.
///
/// ```
/// let text = "Name: demo\nLicense: one\n        two\n\n# Demo\n";
/// let headers = pysign_archive::Headers::parse(text).unwrap();
/// assert_eq!(headers.all("license").collect::<Vec<_>>(), ["one\ntwo"]);
/// assert_eq!(headers.body(), "# Demo\n");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Headers {
    fields: Vec<(String, String)>,
    body: String,
}

impl Headers {
    pub(crate) fn of(bytes: &[u8]) -> Result<Self, &'static str> {
        Self::parse(std::str::from_utf8(bytes).map_err(|_| "it is not UTF-8")?)
    }

    /// Reads a document; the error is the rule that it breaks.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        let mut fields: Vec<(String, String)> = Vec::new();
        let mut rest = text;
        while !rest.is_empty() {
            let (line, after) = rest.split_once('\n').unwrap_or((rest, ""));
            let line = line.strip_suffix('\r').unwrap_or(line);
            // Python's parser takes a lone carriage return for the end of a line: two readers, two
            // documents.
            if line.contains('\r') {
                return Err("a line in it ends in a lone carriage return");
            }
            match (line.split_once(':'), fields.last_mut()) {
                (_, Some((_, value))) if line.starts_with([' ', '\t']) => {
                    value.push('\n');
                    value.push_str(unfolded(line));
                }
                (Some((name, value)), _) if is_name(name) => {
                    fields.push((name.to_ascii_lowercase(), value.trim().to_owned()));
                }
                _ => {
                    rest = if line.is_empty() { after } else { rest };
                    break;
                }
            }
            rest = after;
        }
        Ok(Self { fields, body: rest.to_owned() })
    }

    /// Every header in the order of the document, its name in lower case.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.fields.iter().map(|(name, value)| (&**name, &**value))
    }

    /// Every value of `name`, which is in lower case.
    pub fn all(&self, name: &str) -> impl Iterator<Item = &str> {
        self.iter().filter(move |(found, _)| *found == name).map(|(_, value)| value)
    }

    /// The value of a header that must be there exactly once.
    pub(crate) fn only(&self, name: &str) -> Result<&str, &'static str> {
        let mut values = self.all(name);
        match (values.next(), values.next()) {
            (Some(value), None) => Ok(value),
            (Some(_), Some(_)) => Err("a header that must occur once occurs several times"),
            (None, _) => Err("a required header is missing"),
        }
    }

    /// What follows the headers: the description.
    pub fn body(&self) -> &str {
        &self.body
    }
}

fn is_name(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic())
}

/// A continued line without what the specification's writers put before it: seven spaces and a
/// bar, or eight spaces.
fn unfolded(line: &str) -> &str {
    ["       |", "        "]
        .iter()
        .find_map(|indent| line.strip_prefix(indent))
        .unwrap_or_else(|| line.trim_start())
}

#[cfg(test)]
mod tests {
    use pysign_host::Problem as _;

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
        assert_eq!(metadata.headers.all("summary").collect::<Vec<_>>(), ["a\nb"]);
        assert_eq!(metadata.headers.body(), "Name: x\n");
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
            ("Demo_Pkg", "Demo_Pkg\n other"),
            ("Summary: a", "Version: 2.0"),
            ("Summary: a", "Summary: a\rName: other"),
            ("Demo_Pkg", "-demo"),
            ("Version: 1.0", "Version: one"),
        ] {
            let refused = parse(&GOOD.replace(from, to)).unwrap_err();
            assert_eq!(refused.facts().code, "metadata-malformed", "{from} -> {to}");
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
        assert_eq!(agrees("demo", "1.0").unwrap_err().facts().code, "metadata-mismatch");
        assert_eq!(agrees("demo-pkg", "1.1").unwrap_err().facts().code, "metadata-mismatch");
    }
}
