//! The headers in front of a member that carry what its own header has no room for: pax records
//! (POSIX.1-2001) and GNU's long names.

use std::io::Read;

use ::tar::{EntryType, Header};

use super::on_read;
use crate::blocks::size;
use crate::error::{Fault, Format};

/// Room for two paths and the odd attribute.
const MAX_EXTENSION: u64 = 1 << 20;

/// What the extension headers in front of a member say about it.
#[derive(Debug, Default)]
pub(crate) struct Extensions {
    pub(crate) path: Option<Vec<u8>>,
    pub(crate) link: Option<Vec<u8>>,
    pub(crate) size: Option<u64>,
    pub(crate) sparse: bool,
    seen: bool,
}

impl Extensions {
    pub(crate) fn is_empty(&self) -> bool {
        !self.seen
    }

    /// Reads `entry` if it is an extension header; says whether it was one.
    pub(crate) fn take(&mut self, header: &Header, entry: &mut impl Read) -> Result<bool, Fault> {
        let kind = header.entry_type();
        match kind {
            EntryType::XGlobalHeader => {
                let mut global = Self::default();
                global.records(&content(header, entry)?)?;
                // Git writes a comment there. A name for every file is no honest use.
                if global.path.is_some() || global.link.is_some() || global.size.is_some() {
                    return Err(Fault::tar("a global header sets a name or a size"));
                }
                self.sparse |= global.sparse;
            }
            EntryType::XHeader => {
                self.seen = true;
                self.records(&content(header, entry)?)?;
            }
            EntryType::GNULongName | EntryType::GNULongLink => {
                self.seen = true;
                let mut name = content(header, entry)?;
                // GNU tar ends it with one zero byte.
                if name.last() == Some(&0) {
                    name.pop();
                }
                let long_name = kind == EntryType::GNULongName;
                set(if long_name { &mut self.path } else { &mut self.link }, name)?;
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// Records `{length} {key}={value}\n`, the length in decimal and counting itself.
    fn records(&mut self, mut rest: &[u8]) -> Result<(), Fault> {
        while !rest.is_empty() {
            let (record, after) = split(rest).ok_or(Fault::tar("a pax record is malformed"))?;
            let equals = record.iter().position(|&byte| byte == b'=');
            let (key, value) = equals
                .and_then(|at| Some((record.get(..at)?, record.get(at + 1..)?)))
                .ok_or(Fault::tar("a pax record is malformed"))?;
            match key {
                b"path" => set(&mut self.path, value.to_vec())?,
                b"linkpath" => set(&mut self.link, value.to_vec())?,
                b"size" => {
                    let text = std::str::from_utf8(value).unwrap_or_default();
                    let size = text.parse().map_err(|_| Fault::tar("a size is malformed"))?;
                    set(&mut self.size, size)?;
                }
                key => self.sparse |= key.starts_with(b"GNU.sparse."),
            }
            rest = after;
        }
        Ok(())
    }
}

/// Two words for one thing are two readers' two archives.
fn set<T>(slot: &mut Option<T>, value: T) -> Result<(), Fault> {
    match slot.replace(value) {
        None => Ok(()),
        Some(_) => Err(Fault::tar("a member has two names or sizes")),
    }
}

/// The first record without length and newline, and what follows it.
fn split(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let space = bytes.iter().position(|&byte| byte == b' ')?;
    let length: usize = std::str::from_utf8(bytes.get(..space)?).ok()?.parse().ok()?;
    let (record, after) = bytes.split_at_checked(length)?;
    Some((record.get(space + 1..)?.strip_suffix(b"\n")?, after))
}

fn content(header: &Header, entry: &mut impl Read) -> Result<Vec<u8>, Fault> {
    let length = header.entry_size().map_err(on_read)?;
    if length > MAX_EXTENSION {
        return Err(Fault::too_large(Format::Tar, "bytes of extension header", MAX_EXTENSION));
    }
    let mut bytes = Vec::new();
    entry.take(length).read_to_end(&mut bytes).map_err(on_read)?;
    if size(bytes.len()) == length { Ok(bytes) } else { Err(Fault::tar("it is truncated")) }
}
