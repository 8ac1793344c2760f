//! Whether a file whose name is neither a wheel's nor an sdist's holds one all the same: an installer
//! that is given the file looks inside, and never asks for the name. It is read as leniently as an
//! installer reads; what no installer can unpack holds no distribution.

use std::io::{self, Read, Seek, SeekFrom};

use flate2::bufread::MultiGzDecoder;

/// The end of a zip archive (APPNOTE 4.3.16), and the longest comment behind it.
const END: (&[u8], u64) = (b"PK\x05\x06", 22 + 0xffff);
/// The head of an entry in the central directory, before its name (APPNOTE 4.3.12).
const ENTRY: usize = 46;
/// A wheel of 100,000 files has a directory of 15 MB.
const MAX_DIRECTORY: u64 = 64 << 20;

/// What an index takes unpacks to at most fifty times its size, beyond the first 64 MiB.
const FREE_UNPACKED: u64 = 64 << 20;
const MAX_RATIO: u64 = 50;

/// Whether `source` is an archive with a wheel's METADATA or an sdist's PKG-INFO in its place. A
/// tarball that unpacks to more than is read of it is an error: what stands behind is not known.
pub fn holds_distribution(source: &mut (impl Read + Seek)) -> io::Result<bool> {
    let size = source.seek(SeekFrom::End(0))?;
    if let Some(directory) = central_directory(source, size)? {
        return Ok(names(&directory).any(is_metadata));
    }
    source.rewind()?;
    let mut head = Vec::new();
    source.by_ref().take(262).read_to_end(&mut head)?;
    source.rewind()?;
    if head.starts_with(b"\x1f\x8b") {
        let unpacked = FREE_UNPACKED.max(size.saturating_mul(MAX_RATIO));
        let mut gzip = MultiGzDecoder::new(io::BufReader::new(source)).take(unpacked);
        let holds = tar_holds(&mut gzip);
        if !holds && gzip.limit() == 0 {
            let what = "it unpacks to more than fifty times its size, so its members can't be read";
            return Err(io::Error::other(what));
        }
        return Ok(holds);
    }
    Ok(head.get(257..) == Some(b"ustar") && tar_holds(io::BufReader::new(source)))
}

/// The directory of a zip archive; `None` if it is none. What stands before the archive (a program
/// that unpacks itself) changes nothing.
fn central_directory(source: &mut (impl Read + Seek), size: u64) -> io::Result<Option<Vec<u8>>> {
    let (signature, longest) = END;
    let mut tail = Vec::new();
    let start = source.seek(SeekFrom::Start(size.saturating_sub(longest)))?;
    source.by_ref().take(longest).read_to_end(&mut tail)?;
    let Some(end) = tail.windows(signature.len()).rposition(|bytes| bytes == signature) else {
        return Ok(None);
    };
    let length = u64::from(number(&tail, end + 12, 4));
    // Longer, or with its length elsewhere (zip64): no index takes such a wheel.
    let begin = u64::try_from(end).ok().and_then(|end| (start + end).checked_sub(length));
    let Some(begin) = begin.filter(|_| length <= MAX_DIRECTORY) else { return Ok(None) };
    let mut directory = Vec::new();
    source.seek(SeekFrom::Start(begin))?;
    source.by_ref().take(length).read_to_end(&mut directory)?;
    Ok(Some(directory))
}

/// The names of the entries of a central directory.
fn names(mut directory: &[u8]) -> impl Iterator<Item = &[u8]> {
    std::iter::from_fn(move || {
        let lengths =
            [28, 30, 32].map(|at| usize::try_from(number(directory, at, 2)).unwrap_or_default());
        let (name, rest) = directory.get(ENTRY..)?.split_at_checked(lengths[0])?;
        directory = rest.get(lengths[1] + lengths[2]..).unwrap_or_default();
        Some(name)
    })
}

/// A little-endian number; 0 where there are no such bytes.
fn number(bytes: &[u8], at: usize, length: usize) -> u32 {
    let bytes = bytes.get(at..at + length).unwrap_or_default();
    bytes.iter().rev().fold(0, |number, byte| number << 8 | u32::from(*byte))
}

/// Whether a tar has such a member before it ends or breaks off.
fn tar_holds(tar: impl Read) -> bool {
    let mut archive = tar::Archive::new(tar);
    let Ok(entries) = archive.entries() else { return false };
    entries.map_while(Result::ok).any(|entry| is_metadata(&entry.path_bytes()))
}

/// Whether a member's name is `NAME-VERSION/PKG-INFO`, or `PKG-INFO` where there is no directory, or
/// `NAME-VERSION.dist-info/METADATA`, in any spelling of the path.
fn is_metadata(name: &[u8]) -> bool {
    let parts = name.split(|byte| [b'/', b'\\'].contains(byte));
    let parts: Vec<&[u8]> = parts.filter(|part| !part.is_empty() && *part != b".").collect();
    match parts.as_slice() {
        [directory, b"METADATA"] => directory.ends_with(b".dist-info"),
        [b"PKG-INFO"] | [_, b"PKG-INFO"] => true,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Cursor, Write as _};

    use super::*;

    fn tar(names: &[&str]) -> Vec<u8> {
        let mut archive = ::tar::Builder::new(Vec::new());
        for name in names {
            let mut header = ::tar::Header::new_ustar();
            header.set_size(1);
            archive.append_data(&mut header, name, &b"x"[..]).unwrap();
        }
        archive.into_inner().unwrap()
    }

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    fn zip(names: &[&str]) -> Vec<u8> {
        let mut archive = ::zip::ZipWriter::new(Cursor::new(Vec::new()));
        for name in names {
            archive.start_file(*name, ::zip::write::SimpleFileOptions::default()).unwrap();
        }
        archive.finish().unwrap().into_inner()
    }

    fn holds(bytes: Vec<u8>) -> bool {
        holds_distribution(&mut Cursor::new(bytes)).unwrap()
    }

    #[test]
    fn a_distribution_is_one_in_whatever_container() {
        for name in ["demo-1.0/PKG-INFO", "PKG-INFO", "demo-1.0.dist-info/METADATA"] {
            let names = ["other", name];
            for bytes in [tar(&names), gzip(&tar(&names)), zip(&names)] {
                assert!(holds(bytes), "{name}");
            }
        }
        assert!(holds([b"#!/bin/sh\n".to_vec(), zip(&["a.dist-info/METADATA"])].concat()));
        assert!(holds([zip(&["a.dist-info/METADATA"]), b"more".to_vec()].concat()));
    }

    #[test]
    fn an_archive_of_something_else_is_a_file() {
        for name in ["demo-1.0/README", "a/b/PKG-INFO", "lib/a.dist-info/METADATA"] {
            for bytes in [tar(&[name]), gzip(&tar(&[name])), zip(&[name])] {
                assert!(!holds(bytes), "{name}");
            }
        }
        for bytes in
            [&b""[..], b"text", b"\x1f\x8b", b"\x1f\x8btext", b"PK\x05\x06", b"PK\x03\x04x"]
        {
            assert!(!holds(bytes.to_vec()), "{bytes:?}");
        }
        assert!(!holds(gzip(b"a demo-1.0/PKG-INFO")));
    }

    #[test]
    fn what_is_not_read_to_its_end_is_refused() {
        let mut archive = ::tar::Builder::new(Vec::new());
        let mut header = ::tar::Header::new_ustar();
        header.set_size(FREE_UNPACKED);
        let zeros = io::repeat(0).take(FREE_UNPACKED);
        archive.append_data(&mut header, "zeros", zeros).unwrap();
        let bytes = gzip(&archive.into_inner().unwrap());
        assert!(holds_distribution(&mut Cursor::new(bytes)).is_err());
    }
}
