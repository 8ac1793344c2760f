//! What a program works on: a manifest, files, or other operands.

use std::ffi::OsString;
use std::fs::File;
use std::io::{self, IsTerminal as _, Read};
use std::path::{Path, PathBuf};

use pysign_host::{Failure, FileError, Notes};
use pysign_manifest::{MAX_BYTES, Manifest, discover};

use crate::parse::stands_in;
use crate::{Matches, Spec, Takes, Usage};

/// What a program was given to work on.
#[derive(Debug)]
pub enum Input {
    /// Files and directories.
    Files(Vec<PathBuf>),
    /// A manifest, or several made one.
    Manifest(Manifest),
    /// Nothing: a program that has a default, or a flag in the place of operands.
    None,
    /// Other operands.
    Operands(Vec<OsString>),
}

impl Input {
    /// The release that was given: the manifest, or one made up from files and what lies beside
    /// them. One without artifacts is an error.
    pub fn release(self, notes: &Notes) -> Result<Manifest, Failure> {
        let manifest = match self {
            Self::Manifest(manifest) => manifest,
            Self::Files(files) => discover(&files, notes)?,
            Self::None | Self::Operands(_) => Manifest::new(),
        };
        Ok(manifest.require_artifacts()?)
    }

    /// Reads what the command line names.
    pub(crate) fn read(spec: &Spec, matches: &Matches) -> Result<Self, Failure> {
        let operands = matches.operands();
        let operand = spec.operands.unwrap_or_default();
        if matches.is_set("manifest") {
            let given = matches.values("manifest").chain(operands.iter().map(OsString::as_os_str));
            let parts: Result<Vec<Manifest>, Failure> =
                given.map(|name| manifest(Path::new(name), operand)).collect();
            return Ok(Self::Manifest(Manifest::merge(parts?)?));
        }
        match spec.input {
            Takes::Nothing if operands.is_empty() => Ok(Self::None),
            _ if stands_in(spec, matches) => Ok(Self::None),
            Takes::Files if !operands.is_empty() => {
                Ok(Self::Files(operands.iter().map(PathBuf::from).collect()))
            }
            _ if !operands.is_empty() => Ok(Self::Operands(operands.to_vec())),
            _ if io::stdin().is_terminal() => Err(Usage::Terminal { operand }.into()),
            _ => manifest(Path::new("-"), operand).map(Self::Manifest),
        }
    }
}

fn manifest(name: &Path, operand: &'static str) -> Result<Manifest, Failure> {
    if name == Path::new("-") {
        let document = read(name, io::stdin().lock())?;
        if document.trim_ascii().is_empty() {
            return Err(InputError::Upstream { operand }.into());
        }
        return Ok(Manifest::parse(&document, Path::new(""))?);
    }
    let file = File::open(name).map_err(|cause| FileError::on_open(name, cause))?;
    let document = read(name, file)?;
    if document.trim_ascii().is_empty() {
        return Err(InputError::Empty { file: name.into() }.into());
    }
    let base = name.parent().unwrap_or(Path::new(""));
    Ok(Manifest::parse(&document, base).map_err(|error| error.in_file(name))?)
}

/// One byte past the limit is enough for the parser to refuse it.
fn read(name: &Path, reader: impl Read) -> Result<Vec<u8>, FileError> {
    let mut document = Vec::new();
    match reader.take(MAX_BYTES + 1).read_to_end(&mut document) {
        Ok(_) => Ok(document),
        Err(cause) => Err(FileError::on_open(name, cause)),
    }
}

/// Why there is nothing to work on.
#[derive(Debug)]
#[non_exhaustive]
pub enum InputError {
    /// A file that was given by `-m` is empty.
    Empty {
        /// The file.
        file: PathBuf,
    },
    /// Standard input was empty.
    Upstream {
        /// What an operand is called.
        operand: &'static str,
    },
}

pysign_host::problem! { InputError {
    Self::Empty { file } => Upstream "upstream-failed"
        ("'{}' is empty: the job that wrote it failed", file.display()),
        file(file);
    Self::Upstream { operand } => Upstream "upstream-failed"
        ("no manifest on standard input: the stage before failed; without a pipe, give {operand}");
} }
