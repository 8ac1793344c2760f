//! The marker of a release: a file beside its packages that lists them and their sidecars. It is
//! written last, so its presence says that the release is complete. It is no evidence of anything.

use std::collections::BTreeSet;

use pysign_host::Sha256;
use pysign_json::{Fault, Members, Numbers, Value, json, parse};
use pysign_names::{DistName, ProjectName, Version};

use crate::error::{Error, Form};
use crate::protobuf::HEX;

/// The schema that is written, and the only one that is read.
pub const MARKER_SCHEMA: &str = "pysign-release/1";

/// What [`Marker::filename`] ends in.
const SUFFIX: &str = ".pysign.json";

/// The list of the largest release there is (10,000 files, some 600 bytes with four sidecars each).
const MAX_BYTES: usize = 8 << 20;
/// As many as a manifest has artifacts.
const MAX_FILES: usize = 10_000;
/// The table of sidecars has nine suffixes.
const MAX_SIDECARS: usize = 16;

/// What a complete release consists of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Marker {
    /// The project.
    pub project: ProjectName,
    /// The version.
    pub version: Version,
    /// The packages.
    pub files: Vec<MarkedFile>,
}

/// A package, and what lies beside it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MarkedFile {
    /// Its file name.
    pub filename: DistName,
    /// Its number of bytes.
    pub size: u64,
    /// Its digest.
    pub sha256: Sha256,
    /// Its signatures' files.
    pub sidecars: Vec<MarkedSidecar>,
}

/// A file of a signature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MarkedSidecar {
    /// Its file name: the package's with a suffix, or the release statement's.
    pub filename: String,
    /// Its digest.
    pub sha256: Sha256,
}

impl Marker {
    /// The marker's own file name.
    pub fn filename(&self) -> String {
        format!("{}-{}{SUFFIX}", self.project, self.version)
    }

    /// The document: keys and files sorted, so that the same release gives the same bytes.
    pub fn encode(&self) -> String {
        let mut files: Vec<&MarkedFile> = self.files.iter().collect();
        files.sort_by_key(|file| file.filename.as_str());
        let files: Vec<Value> = files.into_iter().map(MarkedFile::encode).collect();
        let document = json!({
            "schema": MARKER_SCHEMA,
            "project": self.project.as_str(),
            "version": self.version.to_string(),
            "files": files,
        });
        format!("{document}\n")
    }

    /// Reads a marker.
    pub fn parse(document: &[u8]) -> Result<Self, Error> {
        parse(document, MAX_BYTES, Numbers::Exact)
            .and_then(Members::document)
            .and_then(Self::read)
            .map_err(|fault| Form::Marker.error(fault))
    }

    fn read(mut marker: Members) -> Result<Self, Fault> {
        if marker.text("schema")? != MARKER_SCHEMA {
            return Err(marker.wrong("schema", MARKER_SCHEMA));
        }
        let project: ProjectName = marker.parsed("project", "a project name")?;
        let version: Version = marker.parsed("version", "a version")?;
        let files = marker
            .objects("files", MAX_FILES, |file| MarkedFile::read(file, &project, &version))?;
        let names: BTreeSet<&str> = files.iter().map(|file| file.filename.as_str()).collect();
        if names.len() != files.len() {
            return Err(marker.wrong("files", "a list of different files"));
        }
        marker.end()?;
        Ok(Self { project, version, files })
    }
}

impl MarkedFile {
    fn encode(&self) -> Value {
        let mut sidecars: Vec<&MarkedSidecar> = self.sidecars.iter().collect();
        sidecars.sort_by_key(|sidecar| &sidecar.filename);
        let sidecar = |one: &MarkedSidecar| json!({"filename": one.filename, "sha256": one.sha256.to_string()});
        let sidecars: Vec<Value> = sidecars.into_iter().map(sidecar).collect();
        json!({
            "filename": self.filename.as_str(),
            "size": self.size,
            "sha256": self.sha256.to_string(),
            "sidecars": sidecars,
        })
    }

    fn read(mut file: Members, project: &ProjectName, version: &Version) -> Result<Self, Fault> {
        let name = file.text("filename")?;
        let filename: DistName = name
            .parse()
            .ok()
            .filter(|name: &DistName| name.project() == project && name.version() == version)
            .ok_or_else(|| file.wrong("filename", "the name of a package of this release"))?;
        let release = format!("{project}-{version}.");
        let own = format!("{name}.");
        let sidecars = file.objects("sidecars", MAX_SIDECARS, |mut sidecar| {
            let filename = sidecar.text("filename")?;
            let plain = !filename.contains(['/', '\\']) && !filename.chars().any(char::is_control);
            let beside = filename.starts_with(&own) || filename.starts_with(&release);
            if !plain || !beside {
                return Err(sidecar.wrong("filename", "the name of a sidecar of this file"));
            }
            let sha256 = sidecar.parsed("sha256", HEX)?;
            sidecar.end()?;
            Ok(MarkedSidecar { filename, sha256 })
        })?;
        let (size, sha256) = (file.number("size")?, file.parsed("sha256", HEX)?);
        let read = Self { filename, size, sha256, sidecars };
        file.end()?;
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn marker() -> Marker {
        let file = |name: &str| MarkedFile {
            filename: name.parse().unwrap(),
            size: 3,
            sha256: Sha256::of(b"abc"),
            sidecars: [".sigstore.json", ".sig"]
                .map(|suffix| MarkedSidecar {
                    filename: format!("{name}{suffix}"),
                    sha256: Sha256::of(b"s"),
                })
                .into(),
        };
        Marker {
            project: "Demo_Pkg".parse().unwrap(),
            version: "1.0".parse().unwrap(),
            files: vec![file("demo_pkg-1.0.tar.gz"), file("demo_pkg-1.0-py3-none-any.whl")],
        }
    }

    fn refused(from: &str, to: &str) -> String {
        let text = marker().encode();
        assert!(text.contains(from), "{from}");
        Marker::parse(text.replacen(from, to, 1).as_bytes()).unwrap_err().to_string()
    }

    #[test]
    fn what_is_written_is_read_and_written_the_same() {
        let text = marker().encode();
        let read = Marker::parse(text.as_bytes()).unwrap();
        assert_eq!(read.encode(), text);
        assert_eq!(read.filename(), "demo-pkg-1.0.pysign.json");
        assert_eq!(read.files.len(), 2);
        let first = r#"{"files":[{"filename":"demo_pkg-1.0-py3-none-any.whl","sha256":"ba7816bf"#;
        assert!(text.starts_with(first), "{text}");
        assert!(text.ends_with("\"version\":\"1.0\"}\n"));
    }

    #[test]
    fn names_that_lie_are_refused() {
        for to in ["demo_pkg-1.1.tar.gz", "other-1.0.tar.gz", "../demo_pkg-1.0.tar.gz", "x"] {
            let text = refused("\"demo_pkg-1.0.tar.gz\"", &format!("\"{to}\""));
            assert!(text.contains("files[1].filename"), "{text}");
        }
        for to in ["demo_pkg-1.0.tar.gz./../x", "other.sig", "demo_pkg-1.0.tar.gz\\n.sig"] {
            let text = refused("\"demo_pkg-1.0.tar.gz.sig\"", &format!("\"{to}\""));
            assert!(text.contains("files[1].sidecars[0].filename"), "{text}");
        }
    }

    #[test]
    fn other_documents_are_refused() {
        assert!(refused("release/1", "release/2").contains("'schema'"));
        assert!(refused("\"size\":3", "\"size\":3,\"x\":1").contains("'files[0].x'"));
        assert!(refused("\"size\":3", "\"size\":-3").contains("'files[0].size'"));
        assert!(refused("ba78", "BA78").contains("sha256"));
        assert!(
            refused("demo_pkg-1.0.tar.gz\"", "demo_pkg-1.0-py3-none-any.whl\"").contains("files")
        );
        assert!(refused("\"project\":\"demo-pkg\",", "").contains("'project'"));
    }
}
