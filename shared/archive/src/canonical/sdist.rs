//! The canonical sdist.

use std::io::{Read, Seek, Write};
use std::ops::ControlFlow;
use std::path::Path;

use flate2::GzBuilder;
use pysign_names::SdistName;

use crate::blocks;
use crate::error::{Fault, Format};
use crate::tar::{self, Kind, Member, Repeats, TarWriter};
use crate::time::UnixTime;
use crate::zip::level;
use crate::{Error, sdist};

/// Files up to this many bytes together are read in one pass over the archive, and sorted in
/// memory. A larger file is copied in a pass of its own.
const MAX_BATCH: u64 = 64 << 20;

/// The canonical form holds every name once, so what a backend repeats ends here.
const REPEATS: Repeats = Repeats::PkgInfo;

/// "Unknown", RFC 1952 section 2.3.1.
const UNKNOWN_SYSTEM: u8 = 255;

/// Writes the canonical form of the sdist at `path`, open as `source`, to `out`; `epoch` is in
/// seconds since 1970. Returns what the name says. First come the checks of [`identity`](crate::identity).
///
/// Files and links only (directories are where files are), sorted by bytes; ustar with pax headers
/// only for names without room; owner 0, no names, modes 0644 and 0755, one time; one gzip member
/// at level 9 without name or time.
pub fn sdist(
    source: &mut (impl Read + Seek),
    path: &Path,
    out: &mut impl Write,
    epoch: u64,
) -> Result<SdistName, Error> {
    let name = crate::metadata::file_name(path)?;
    rewrite(source, &name, out, epoch, MAX_BATCH).map_err(Error::of(path))?;
    Ok(name)
}

fn rewrite(
    source: &mut (impl Read + Seek),
    name: &SdistName,
    out: &mut impl Write,
    epoch: u64,
    cap: u64,
) -> Result<(), Fault> {
    let mut members = sdist::contents(source, name, REPEATS)?.members;
    members.retain(|member| member.kind != Kind::Directory);
    members.sort_by(|a, b| a.path.cmp(&b.path));

    let gzip = GzBuilder::new().mtime(0).operating_system(UNKNOWN_SYSTEM).write(out, level());
    let mut writer = TarWriter::new(gzip, UnixTime::clamp(epoch));
    let mut rest = members.as_slice();
    while !rest.is_empty() {
        let (batch, after) = rest.split_at(batch(rest, cap));
        match batch {
            [large] => copy(source, large, &mut writer)?,
            _ => copy_batch(source, batch, &mut writer)?,
        }
        rest = after;
    }
    let gzip = writer.finish()?;
    gzip.finish().and_then(Write::flush).map_err(Fault::Write)
}

fn size(member: &Member) -> u64 {
    match member.kind {
        Kind::File { size, .. } => size,
        _ => 0,
    }
}

/// How many of the members go together; at least one.
fn batch(members: &[Member], cap: u64) -> usize {
    let mut sum: u64 = 0;
    let fits = |member: &&Member| {
        sum = sum.saturating_add(size(member));
        sum <= cap
    };
    members.iter().take_while(fits).count().max(1)
}

/// Copies one member straight through.
fn copy(
    source: &mut (impl Read + Seek),
    wanted: &Member,
    writer: &mut TarWriter<impl Write>,
) -> Result<(), Fault> {
    writer.header(wanted)?;
    let mut copied = 0;
    tar::walk(source, REPEATS, &mut |member, bytes| {
        if member.index != wanted.index {
            return Ok(ControlFlow::Continue(()));
        }
        copied = blocks::copy(Format::Tar, &mut { bytes }, writer)?;
        Ok(ControlFlow::Break(()))
    })?;
    if copied == size(wanted) { writer.pad(copied) } else { Err(Fault::Changed) }
}

/// Reads all members of a batch in one pass, then writes them in their order.
fn copy_batch(
    source: &mut (impl Read + Seek),
    batch: &[Member],
    writer: &mut TarWriter<impl Write>,
) -> Result<(), Fault> {
    let mut contents: Vec<Vec<u8>> = vec![Vec::new(); batch.len()];
    let mut missing = batch.len();
    tar::walk(source, REPEATS, &mut |member, bytes| {
        let at = batch.binary_search_by(|wanted| wanted.path.cmp(&member.path)).ok();
        let at = at.filter(|at| batch.get(*at).is_some_and(|w| w.index == member.index));
        if let Some(content) = at.and_then(|at| contents.get_mut(at)) {
            blocks::copy(Format::Tar, &mut { bytes }, content)?;
            missing -= 1;
        }
        Ok(if missing == 0 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
    })?;
    for (member, content) in batch.iter().zip(contents) {
        if blocks::size(content.len()) != size(member) {
            return Err(Fault::Changed);
        }
        writer.header(member)?;
        writer.data(&content)?;
        writer.pad(size(member))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use pysign_host::Sha256;

    use pysign_host::Problem as _;

    use super::*;
    use crate::samples::{METADATA, SDIST, Sdist};

    fn rewritten(bytes: Vec<u8>, cap: u64) -> Vec<u8> {
        let mut out = Vec::new();
        let name = SDIST.parse().unwrap();
        rewrite(&mut Cursor::new(bytes), &name, &mut out, 1_700_000_000, cap).unwrap();
        out
    }

    fn one() -> Vec<u8> {
        let long = format!("demo_pkg-1.0/{}/é", "long".repeat(40));
        Sdist::new()
            .file("demo_pkg-1.0/b.txt", &[b'b'; 700])
            .link("demo_pkg-1.0/a", "b.txt")
            .pax(&[("path", &long)])
            .file("short", b"")
            .bytes()
    }

    fn other() -> Vec<u8> {
        let long = format!("demo_pkg-1.0/{}/é", "long".repeat(40));
        let mut sdist = Sdist::empty();
        (sdist.mode, sdist.mtime) = (0o600, 0);
        sdist
            .directory("demo_pkg-1.0/")
            .pax(&[("path", &long), ("mtime", "1.5")])
            .file("x", b"")
            .link("demo_pkg-1.0/a", "b.txt")
            .file("demo_pkg-1.0/pyproject.toml", b"[project]\n")
            .file("demo_pkg-1.0/b.txt", &[b'b'; 700])
            .file("demo_pkg-1.0/PKG-INFO", METADATA.as_bytes())
            .bytes()
    }

    #[test]
    fn equal_content_makes_equal_bytes() {
        assert_eq!(rewritten(one(), MAX_BATCH), rewritten(other(), MAX_BATCH));
    }

    #[test]
    fn of_two_pkg_infos_the_last_counts() {
        let old = METADATA.replace("1.0", "0.9");
        let last = Sdist::new().bytes();
        for cap in [0, MAX_BATCH] {
            let both = Sdist::empty()
                .file("demo_pkg-1.0/PKG-INFO", old.as_bytes())
                .file("demo_pkg-1.0/pyproject.toml", b"[project]\n")
                .file("demo_pkg-1.0/PKG-INFO", METADATA.as_bytes());
            assert_eq!(rewritten(both.bytes(), cap), rewritten(last.clone(), cap));
        }
        let swapped = Sdist::new().file("demo_pkg-1.0/PKG-INFO", old.as_bytes()).bytes();
        let name = SDIST.parse().unwrap();
        let refused = rewrite(&mut Cursor::new(swapped), &name, &mut Vec::new(), 0, MAX_BATCH);
        assert_eq!(refused.unwrap_err().facts().code, "metadata-mismatch");
        let other = Sdist::new().file("demo_pkg-1.0/pyproject.toml", b"").bytes();
        let refused = rewrite(&mut Cursor::new(other), &name, &mut Vec::new(), 0, MAX_BATCH);
        assert_eq!(refused.unwrap_err().facts().code, "tar-name");
    }

    #[test]
    fn a_canonical_sdist_is_its_own_canonical_form() {
        let once = rewritten(one(), MAX_BATCH);
        assert_eq!(rewritten(once.clone(), MAX_BATCH), once);
    }

    /// A new compressor, or anything else that changes these bytes, is a new profile.
    #[test]
    fn the_bytes_are_those_of_the_profile() {
        assert_eq!(
            Sha256::of(&rewritten(one(), MAX_BATCH)).to_string(),
            "124850341b744f89123e68f29641ec38034f4d672ab6f9c559c40ee1d0043fbf"
        );
    }

    #[test]
    fn many_passes_make_the_bytes_of_one() {
        let at_once = rewritten(one(), MAX_BATCH);
        for cap in [0, 10, 100, 710] {
            assert_eq!(rewritten(one(), cap), at_once, "{cap}");
        }
    }

    #[test]
    fn another_reader_finds_sorted_members_without_owner() {
        let gzip = rewritten(one(), MAX_BATCH);
        assert_eq!(gzip[..10], [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 2, 255]);
        let mut archive = ::tar::Archive::new(flate2::read::GzDecoder::new(&gzip[..]));
        let mut paths = Vec::new();
        for entry in archive.entries().unwrap() {
            let entry = entry.unwrap();
            let header = entry.header();
            assert_eq!((header.uid().unwrap(), header.gid().unwrap()), (0, 0));
            assert_eq!(header.username(), Ok(Some("")));
            assert_eq!(header.mtime().unwrap(), 1_700_000_000);
            paths.push(entry.path().unwrap().display().to_string());
        }
        let names =
            ["PKG-INFO", "a", "b.txt", &format!("{}/é", "long".repeat(40)), "pyproject.toml"];
        assert_eq!(paths, names.map(|name| format!("demo_pkg-1.0/{name}")));
    }
}
