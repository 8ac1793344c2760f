//! Archives for the tests, written by other hands than ours: the `zip` and `tar` crates.

use std::fmt::Write as _;
use std::io::{Cursor, Write as _};

use ::tar::{Builder, EntryType, Header};
use ::zip::write::SimpleFileOptions;
use ::zip::{CompressionMethod, DateTime, ZipWriter};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use flate2::Compression;
use flate2::write::GzEncoder;
use pysign_host::Sha256;

/// `demo_pkg` 1.0 as a wheel. RECORD is made to fit when the bytes are asked for, unless it is
/// among the files.
#[derive(Clone)]
pub(crate) struct Wheel {
    pub(crate) files: Vec<(String, Vec<u8>)>,
    pub(crate) mode: u32,
    pub(crate) level: i64,
    pub(crate) directories: bool,
    pub(crate) year: u16,
}

pub(crate) const WHEEL: &str = "demo_pkg-1.0-py3-none-any.whl";
pub(crate) const INFO: &str = "demo_pkg-1.0.dist-info";

impl Wheel {
    pub(crate) fn new() -> Self {
        let wheel =
            Self { files: Vec::new(), mode: 0o644, level: 6, directories: false, year: 2020 };
        wheel
            .with("demo_pkg/__init__.py", "x = 1\n")
            .with("demo_pkg/data.txt", &"data ".repeat(200))
            .with("demo_pkg-1.0.dist-info/METADATA", METADATA)
            .with("demo_pkg-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
    }

    pub(crate) fn with(mut self, path: &str, content: &str) -> Self {
        self.files.retain(|(found, _)| found != path);
        self.files.push((path.to_owned(), content.as_bytes().to_vec()));
        self
    }

    pub(crate) fn without(mut self, path: &str) -> Self {
        self.files.retain(|(found, _)| found != path);
        self
    }

    pub(crate) fn renamed(mut self, from: &str, to: &str) -> Self {
        for (path, _) in &mut self.files {
            *path = path.replacen(from, to, 1);
        }
        self
    }

    pub(crate) fn record(&self) -> String {
        let mut record = String::new();
        for (path, content) in &self.files {
            let digest = URL_SAFE_NO_PAD.encode(Sha256::of(content).as_bytes());
            writeln!(record, "{path},sha256={digest},{}", content.len()).unwrap();
        }
        record + INFO + "/RECORD,,\n"
    }

    pub(crate) fn bytes(&self) -> Vec<u8> {
        if self.files.iter().any(|(path, _)| path.ends_with("/RECORD")) {
            return self.bytes_as_they_are();
        }
        self.clone().with(&format!("{INFO}/RECORD"), &self.record()).bytes_as_they_are()
    }

    pub(crate) fn bytes_as_they_are(&self) -> Vec<u8> {
        let time = DateTime::from_date_and_time(self.year, 5, 6, 7, 8, 10).unwrap();
        let options = SimpleFileOptions::default()
            .unix_permissions(self.mode)
            .compression_method(CompressionMethod::Deflated)
            .compression_level(Some(self.level))
            .last_modified_time(time);
        let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
        if self.directories {
            zip.add_directory("demo_pkg/", options).unwrap();
        }
        for (path, content) in &self.files {
            zip.start_file(path.as_str(), options).unwrap();
            zip.write_all(content).unwrap();
        }
        zip.finish().unwrap().into_inner()
    }
}

pub(crate) const METADATA: &str = "Metadata-Version: 2.1\nName: demo-pkg\nVersion: 1.0\n";

/// `bytes` with every `from` replaced by `to`, which is as long.
pub(crate) fn patched(bytes: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    assert_eq!(from.len(), to.len());
    let mut bytes = bytes.to_vec();
    let mut at = 0;
    while let Some(found) = bytes[at..].windows(from.len()).position(|part| part == from) {
        at += found;
        bytes[at..at + to.len()].copy_from_slice(to);
        at += to.len();
    }
    bytes
}

/// `demo_pkg` 1.0 as an sdist, or any other gzipped tar.
pub(crate) struct Sdist {
    tar: Builder<Vec<u8>>,
    pub(crate) mode: u32,
    pub(crate) mtime: u64,
}

pub(crate) const SDIST: &str = "demo_pkg-1.0.tar.gz";

impl Sdist {
    /// Nothing yet.
    pub(crate) fn empty() -> Self {
        Self { tar: Builder::new(Vec::new()), mode: 0o664, mtime: 1_600_000_000 }
    }

    pub(crate) fn new() -> Self {
        Self::empty()
            .file("demo_pkg-1.0/PKG-INFO", METADATA.as_bytes())
            .file("demo_pkg-1.0/pyproject.toml", b"[project]\n")
    }

    pub(crate) fn file(self, path: &str, content: &[u8]) -> Self {
        self.member(EntryType::Regular, path, "", content)
    }

    pub(crate) fn directory(self, path: &str) -> Self {
        self.member(EntryType::Directory, path, "", b"")
    }

    pub(crate) fn link(self, path: &str, target: &str) -> Self {
        self.member(EntryType::Symlink, path, target, b"")
    }

    /// Any member, its path as it is given: what a hostile writer could do.
    pub(crate) fn member(
        mut self,
        kind: EntryType,
        path: &str,
        target: &str,
        content: &[u8],
    ) -> Self {
        let mut header = Header::new_gnu();
        header.set_entry_type(kind);
        header.set_mode(self.mode);
        header.set_mtime(self.mtime);
        header.set_uid(1000);
        header.set_username("me").unwrap();
        header.set_size(content.len().try_into().unwrap());
        let name = &mut header.as_gnu_mut().unwrap().name;
        name[..path.len()].copy_from_slice(path.as_bytes());
        header.set_link_name_literal(target).unwrap();
        header.set_cksum();
        self.tar.append(&header, content).unwrap();
        self
    }

    /// A pax header for the next member.
    pub(crate) fn pax(mut self, records: &[(&str, &str)]) -> Self {
        let records = records.iter().map(|(key, value)| (*key, value.as_bytes()));
        self.tar.append_pax_extensions(records).unwrap();
        self
    }

    pub(crate) fn bytes(self) -> Vec<u8> {
        gzip(&self.tar.into_inner().unwrap())
    }
}

pub(crate) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
    gzip.write_all(bytes).unwrap();
    gzip.finish().unwrap()
}
