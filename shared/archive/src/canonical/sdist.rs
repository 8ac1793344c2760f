//! The canonical sdist.

use std::io::{Read, Seek, Write};
use std::ops::ControlFlow;
use std::path::Path;

use flate2::GzBuilder;
use pysign_names::SdistName;

use super::UnixTime;
use crate::blocks;
use crate::fault::{Fault, Format};
use crate::tar::{self, Kind, Member, TarWriter};
use crate::zip::level;
use crate::{Error, sdist};

/// Files up to this many bytes together are read in one pass over the archive, and sorted in
/// memory. A larger file is copied in a pass of its own.
const MAX_BATCH: u64 = 64 << 20;

/// "Unknown", RFC 1952 section 2.3.1.
const UNKNOWN_SYSTEM: u8 = 255;

/// Writes the canonical form of the sdist at `path`, open as `source`, to `out`; `epoch` is in
/// seconds since 1970. First come the checks of [`identity`](crate::sdist::identity).
///
/// Files and links only (directories are where files are), sorted by bytes; ustar with pax headers
/// only for names without room; owner 0, no names, modes 0644 and 0755, one time; one gzip member
/// at level 9 without name or time.
pub fn sdist(
    source: &mut (impl Read + Seek),
    path: &Path,
    out: &mut impl Write,
    epoch: u64,
) -> Result<(), Error> {
    let name = sdist::file_name(path)?;
    rewrite(source, &name, out, epoch, MAX_BATCH).map_err(Error::of(path))
}

fn rewrite(
    source: &mut (impl Read + Seek),
    name: &SdistName,
    out: &mut impl Write,
    epoch: u64,
    cap: u64,
) -> Result<(), Fault> {
    let mut members = sdist::contents(source, name)?.members;
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
    tar::walk(source, &mut |member, bytes| {
        if member.path != wanted.path {
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
    tar::walk(source, &mut |member, bytes| {
        let at = batch.binary_search_by(|wanted| wanted.path.cmp(&member.path));
        if let Some(content) = at.ok().and_then(|at| contents.get_mut(at)) {
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
