//! A wheel's container, opened only if both readers agree about it.

mod walk;
mod write;

use std::collections::{BTreeMap, BTreeSet};
use std::io::{Read, Seek, SeekFrom, Write};

use ::zip::result::ZipError;
use ::zip::{CompressionMethod, ZipArchive};

pub(crate) use write::{Packer, ZipWriter, level};

use crate::blocks;
use crate::error::{Fault, Format};
use crate::member::MemberPath;
use walk::Local;

/// Unpacked, the largest wheels are a third of this.
const MAX_UNPACKED: u64 = 16 << 30;

/// PyPI's rule against bombs: beyond 64 MiB, fifty times the size of the file and no more.
const FREE_UNPACKED: u64 = 64 << 20;
const MAX_RATIO: u64 = 50;

/// The file types of a Unix mode.
const S_IFMT: u32 = 0o170_000;
const S_IFREG: u32 = 0o100_000;
const S_IFDIR: u32 = 0o040_000;

/// A file in the archive.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Member {
    index: usize,
    size: u64,
    /// Whether anyone may execute it.
    pub(crate) executable: bool,
}

/// A zip archive without surprises. Its directories are checked and forgotten.
pub(crate) struct Zip<R> {
    archive: ZipArchive<R>,
    /// The files by their paths.
    pub(crate) members: BTreeMap<MemberPath, Member>,
}

impl<R: Read + Seek> Zip<R> {
    /// Walks over the archive, reads its directory and compares.
    pub(crate) fn open(mut source: R) -> Result<Self, Fault> {
        let locals = walk::walk(&mut source)?;
        let paths = paths(&locals)?;
        limit(&mut source, &locals)?;
        let archive = ZipArchive::new(source).map_err(on_zip)?;
        let disagree = || Fault::zip("its entries and its central directory disagree");
        if archive.offset() != 0 || archive.len() != locals.len() {
            return Err(disagree());
        }
        let mut members = BTreeMap::new();
        for index in 0..archive.len() {
            let entry = archive.by_index_data(index).map_err(on_zip)?;
            let at = locals.binary_search_by_key(&entry.header_start(), |local| local.offset);
            let (local, path) =
                at.ok().and_then(|at| locals.get(at).zip(paths.get(at))).ok_or_else(disagree)?;
            let method = match entry.compression() {
                CompressionMethod::Stored => 0,
                CompressionMethod::Deflated => 8,
                _ => return Err(Fault::zip("a file is neither stored nor deflated")),
            };
            let agree = entry.name_raw() == local.name
                && (method, entry.crc32()) == (local.method, local.crc)
                && (entry.compressed_size(), entry.size()) == (local.compressed, local.size);
            if !agree {
                return Err(disagree());
            }
            let mode = entry.external_attributes() >> 16;
            regular(path, mode, local)?;
            if !local.is_directory() {
                let executable = mode & 0o111 != 0;
                members.insert(path.clone(), Member { index, size: local.size, executable });
            }
        }
        Ok(Self { archive, members })
    }

    /// Unpacks one file into `sink`. Its checksum and its size are verified.
    pub(crate) fn copy(&mut self, member: Member, sink: &mut impl Write) -> Result<(), Fault> {
        let reader = self.archive.by_index(member.index).map_err(on_zip)?;
        // One byte more than announced, so that the reader comes to its end and compares checksums.
        let mut reader = reader.take(member.size.saturating_add(1));
        let copied = blocks::copy(Format::Zip, &mut reader, sink)?;
        if copied == member.size {
            Ok(())
        } else {
            Err(Fault::zip("a file does not have the size that is announced"))
        }
    }

    /// The bytes of the file at `path`, at most `cap`.
    pub(crate) fn read(&mut self, path: &str, cap: u64) -> Result<Vec<u8>, Fault> {
        let Some(&member) = self.members.get(path) else {
            return Err(Fault::Missing { format: Format::Zip, member: path.to_owned() });
        };
        if member.size > cap {
            return Err(Fault::too_large(Format::Zip, "bytes of metadata", cap));
        }
        let mut bytes = Vec::new();
        self.copy(member, &mut bytes)?;
        Ok(bytes)
    }
}

/// The paths of the entries, each once, and none beneath a file.
fn paths(locals: &[Local]) -> Result<Vec<MemberPath>, Fault> {
    let refused = |path: &MemberPath, what| Err(Fault::name(Format::Zip, path, what));
    let mut paths = Vec::new();
    let (mut seen, mut files) = (BTreeSet::new(), BTreeSet::new());
    for local in locals {
        let path = MemberPath::parse(Format::Zip, local.path())?;
        if !seen.insert(path.clone()) {
            return refused(&path, "which occurs twice");
        }
        if !local.is_directory() {
            files.insert(path.clone());
        }
        paths.push(path);
    }
    match paths.iter().find(|path| path.parents().any(|parent| files.contains(parent))) {
        Some(path) => refused(path, "where a file would have to be a directory"),
        None => Ok(paths),
    }
}

/// Refuses bombs before anything is unpacked.
fn limit(source: &mut impl Seek, locals: &[Local]) -> Result<(), Fault> {
    let packed = source.seek(SeekFrom::End(0)).map_err(Fault::Read)?;
    let cap = packed.saturating_mul(MAX_RATIO).clamp(FREE_UNPACKED, MAX_UNPACKED);
    let size = locals.iter().fold(0, |sum: u64, local| sum.saturating_add(local.size));
    let fault = Fault::too_large(Format::Zip, "bytes", cap);
    if size > cap { Err(fault) } else { Ok(()) }
}

/// Refuses links, devices and directories with content. Windows leaves the mode 0.
fn regular(path: &MemberPath, mode: u32, local: &Local) -> Result<(), Fault> {
    let what = match (mode & S_IFMT, local.is_directory()) {
        (0 | S_IFDIR, true) if local.size == 0 => return Ok(()),
        (0 | S_IFREG, false) => return Ok(()),
        (_, true) => "named like a directory but is none",
        (_, false) => "neither a file nor a directory",
    };
    Err(Fault::kind(Format::Zip, path, what))
}

fn on_zip(error: ZipError) -> Fault {
    match error {
        ZipError::Io(cause) => Fault::on_read(Format::Zip, cause),
        _ => Fault::zip("its central directory can't be read"),
    }
}

#[cfg(test)]
mod tests;
