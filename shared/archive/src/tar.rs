//! An sdist's container: a tar in one gzip member, read once from front to back.

mod extension;
mod links;
mod write;

use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader, Read, Seek, Take};
use std::ops::{Bound, ControlFlow};

use ::tar::{Archive, EntryType, Header};
use flate2::bufread::GzDecoder;

pub(crate) use write::TarWriter;

use crate::blocks::size;
use crate::error::{Fault, Format};
use crate::member::{MAX_NAMES, MemberPath};
use extension::Extensions;

/// Unpacked; PyPI takes 100 MiB packed, and source code shrinks to a fifth.
const MAX_UNPACKED: u64 = 4 << 30;

/// Ten times what the largest sdists hold.
const MAX_MEMBERS: u64 = 100_000;

/// What one member is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Directory,
    File { size: u64, executable: bool },
    Link { target: String },
}

/// One member of a tar.
#[derive(Clone, Debug)]
pub(crate) struct Member {
    /// Its place in the archive.
    pub(crate) index: usize,
    pub(crate) path: MemberPath,
    pub(crate) kind: Kind,
    /// Seconds since 1970.
    pub(crate) mtime: u64,
}

/// Which names may be there more than once. Any reader of tar takes the last of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Repeats {
    /// None: whoever lists an archive and whoever unpacks it see the same.
    #[default]
    None,
    /// PKG-INFO in the top directory. From a tree that was an sdist once, hatchling packs the old
    /// one with the other files, and its own behind them.
    PkgInfo,
}

/// What to do with a member: its bytes can be read now or never.
pub(crate) type Visit<'a> =
    &'a mut dyn FnMut(&Member, &mut dyn Read) -> Result<ControlFlow<()>, Fault>;

type Tarball<'a, R> = Archive<Take<GzDecoder<BufReader<&'a mut R>>>>;

/// Shows every member to `visit`, in the order of the archive, until it breaks off. Run to its end,
/// the whole archive has been checked: names, types, links, and that nothing follows it.
pub(crate) fn walk<R: Read + Seek>(
    source: &mut R,
    repeats: Repeats,
    visit: Visit<'_>,
) -> Result<(), Fault> {
    source.rewind().map_err(Fault::Read)?;
    let gzip = GzDecoder::new(BufReader::new(source)).take(MAX_UNPACKED);
    let mut archive = Archive::new(gzip);
    let walked = members(&mut archive, repeats, visit);
    let gzip = archive.into_inner();
    if gzip.limit() == 0 {
        return Err(Fault::too_large(Format::Tar, "bytes", MAX_UNPACKED));
    }
    match walked? {
        ControlFlow::Break(()) => Ok(()),
        ControlFlow::Continue(()) => nothing_follows(gzip),
    }
}

fn on_read(cause: std::io::Error) -> Fault {
    Fault::on_read(Format::Tar, cause)
}

fn members<R: Read>(
    archive: &mut Tarball<'_, R>,
    repeats: Repeats,
    visit: Visit<'_>,
) -> Result<ControlFlow<()>, Fault> {
    let mut seen = Seen { repeats, ..Seen::default() };
    let mut extensions = Extensions::default();
    // Raw: long names and sizes from extension headers are read here, with a cap.
    for (index, entry) in archive.entries().map_err(on_read)?.raw(true).enumerate() {
        let mut entry = entry.map_err(on_read)?;
        let header = entry.header().clone();
        if extensions.take(&header, &mut entry)? {
            seen.count()?;
            continue;
        }
        let before = std::mem::take(&mut extensions);
        let Some(member) = member(index, &header, before)? else { continue };
        seen.member(&member)?;
        if visit(&member, &mut entry)?.is_break() {
            return Ok(ControlFlow::Break(()));
        }
    }
    if !extensions.is_empty() {
        return Err(Fault::tar("an extension header is not followed by a member"));
    }
    links::check(&seen.links)?;
    Ok(ControlFlow::Continue(()))
}

/// The member that `header` and the extensions before it describe; none for the root itself.
fn member(index: usize, header: &Header, extensions: Extensions) -> Result<Option<Member>, Fault> {
    let raw = extensions.path.unwrap_or_else(|| header.path_bytes().into_owned());
    let size = header.entry_size().map_err(on_read)?;
    if extensions.size.is_some_and(|other| other != size) {
        return Err(Fault::tar("a member has two sizes"));
    }
    let directory = header.entry_type() == EntryType::Directory;
    let Some(path) = path(&raw, directory)? else { return Ok(None) };
    let refused = |what| Fault::kind(Format::Tar, &path, what);
    let mode = header.mode().map_err(on_read)?;
    let kind = match header.entry_type() {
        EntryType::Directory if size == 0 => Kind::Directory,
        EntryType::Regular | EntryType::Continuous if extensions.sparse => {
            return Err(refused("a sparse file"));
        }
        EntryType::Regular | EntryType::Continuous => {
            Kind::File { size, executable: mode & 0o111 != 0 }
        }
        EntryType::Symlink if size == 0 => {
            let target = extensions.link.or_else(|| header.link_name_bytes().map(Into::into));
            let target = String::from_utf8(target.unwrap_or_default());
            Kind::Link { target: target.map_err(|_| refused("a link whose target is not UTF-8"))? }
        }
        EntryType::Link => return Err(refused("a hard link")),
        EntryType::GNUSparse => return Err(refused("a sparse file")),
        EntryType::Block | EntryType::Char | EntryType::Fifo => {
            return Err(refused("a device or a pipe"));
        }
        _ => return Err(refused("of an unknown type")),
    };
    // A time before 1970, which tar can't say in every dialect, is no time.
    Ok(Some(Member { index, path, kind, mtime: header.mtime().unwrap_or_default() }))
}

/// `./` in front and, for a directory, `/` behind are tar's habits and mean nothing.
fn path(raw: &[u8], directory: bool) -> Result<Option<MemberPath>, Fault> {
    let mut path = raw;
    while let Some(rest) = path.strip_prefix(b"./") {
        path = rest;
    }
    if directory {
        path = path.strip_suffix(b"/").unwrap_or(path);
        if path.is_empty() && !raw.is_empty() && !raw.starts_with(b"/") || path == b"." {
            return Ok(None);
        }
    }
    MemberPath::parse(Format::Tar, path).map(Some)
}

/// What has been seen so far of the names.
#[derive(Default)]
struct Seen {
    repeats: Repeats,
    paths: BTreeSet<MemberPath>,
    files: BTreeSet<MemberPath>,
    links: Vec<(MemberPath, String)>,
    members: u64,
    names: usize,
}

impl Seen {
    fn count(&mut self) -> Result<(), Fault> {
        self.members += 1;
        if self.members > MAX_MEMBERS {
            return Err(Fault::too_large(Format::Tar, "members", MAX_MEMBERS));
        }
        if self.names > MAX_NAMES {
            return Err(Fault::too_large(Format::Tar, "bytes of names", size(MAX_NAMES)));
        }
        Ok(())
    }

    fn member(&mut self, member: &Member) -> Result<(), Fault> {
        let path = &member.path;
        self.names += path.as_str().len();
        self.count()?;
        let refused = |what| Fault::name(Format::Tar, path, what);
        // A directory may come again, as tar writes it when it is told to append.
        let repeated = !self.paths.insert(path.clone());
        let not_directory = member.kind != Kind::Directory;
        let may_repeat = match self.repeats {
            Repeats::PkgInfo => matches!(member.kind, Kind::File { .. }) && path.is_pkg_info(),
            Repeats::None => false,
        };
        if repeated && !may_repeat && (not_directory || self.files.contains(path)) {
            return Err(refused("which occurs twice"));
        }
        let beneath = format!("{path}/");
        let next =
            self.paths.range::<str, _>((Bound::Included(beneath.as_str()), Bound::Unbounded));
        let above = next.map(MemberPath::as_str).next().is_some_and(|p| p.starts_with(&beneath));
        if path.parents().any(|parent| self.files.contains(parent)) || (not_directory && above) {
            return Err(refused("where a file or link would have to be a directory"));
        }
        if not_directory {
            self.files.insert(path.clone());
        }
        if let Kind::Link { target } = &member.kind {
            self.names += target.len();
            self.links.push((path.clone(), target.clone()));
        }
        Ok(())
    }
}

/// After the end of the tar only zeros, to the end of the gzip member, which is the file's last.
fn nothing_follows<R: Read>(mut gzip: Take<GzDecoder<BufReader<&mut R>>>) -> Result<(), Fault> {
    let mut block = [0; 4096];
    loop {
        let read = gzip.read(&mut block).map_err(on_read)?;
        if read == 0 {
            break;
        }
        if block.iter().take(read).any(|&byte| byte != 0) {
            return Err(Fault::tar("data follows its end"));
        }
    }
    let mut file = gzip.into_inner().into_inner();
    if file.fill_buf().map_err(Fault::Read)?.is_empty() {
        Ok(())
    } else {
        Err(Fault::tar("data follows its gzip stream"))
    }
}

#[cfg(test)]
mod tests;
