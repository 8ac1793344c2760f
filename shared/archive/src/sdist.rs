//! Sdists: the one directory they hold, its PKG-INFO, and unpacking them.

mod unpack;

use std::io::{Read, Seek};
use std::ops::ControlFlow;
use std::path::Path;

use pysign_names::SdistName;

pub use unpack::unpack;

use crate::error::{Fault, Format};
use crate::metadata::MAX_METADATA;
use crate::tar::{self, Kind, Member, Repeats};
use crate::{Error, Metadata};

/// Reads PKG-INFO from the sdist at `path`, open as `source`. Refuses an sdist whose PKG-INFO names
/// another project or version than its file name does, or that holds anything beside its one
/// directory `{name}-{version}`.
pub(crate) fn identity(source: &mut (impl Read + Seek), path: &Path) -> Result<Metadata, Error> {
    let name = crate::metadata::file_name(path)?;
    let contents = contents(source, &name, Repeats::None).map_err(Error::of(path))?;
    Ok(contents.metadata)
}

/// What is in an sdist that has passed every check.
pub(crate) struct Contents {
    /// Its one directory.
    pub(crate) top: String,
    /// Its members in the order of the archive.
    pub(crate) members: Vec<Member>,
    pub(crate) metadata: Metadata,
}

/// Reads the whole sdist and keeps its table of contents. Of what may be there more than once, the
/// last is kept.
pub(crate) fn contents(
    source: &mut (impl Read + Seek),
    name: &SdistName,
    repeats: Repeats,
) -> Result<Contents, Fault> {
    let mut members: Vec<Member> = Vec::new();
    let mut info: Option<(usize, Vec<u8>)> = None;
    tar::walk(source, repeats, &mut |member, bytes| {
        if member.path.is_pkg_info() {
            let read = read_info(member, bytes)?;
            let first = info.as_ref().and_then(|(at, _)| Some((*at, members.get_mut(*at)?)));
            if let Some((at, first)) = first.filter(|(_, first)| first.path == member.path) {
                first.clone_from(member);
                info = Some((at, read));
                return Ok(ControlFlow::Continue(()));
            }
            info = Some((members.len(), read));
        }
        members.push(member.clone());
        Ok(ControlFlow::Continue(()))
    })?;
    let top = top(&members, name)?;
    let member = format!("{top}/PKG-INFO");
    let Some((_, info)) = info else {
        return Err(Fault::Missing { format: Format::Tar, member });
    };
    let metadata = Metadata::parse(&member, &info)?;
    metadata.agrees(&member, name.project(), name.version())?;
    Ok(Contents { top, members, metadata })
}

fn read_info(member: &Member, bytes: &mut dyn Read) -> Result<Vec<u8>, Fault> {
    let Kind::File { size, .. } = member.kind else {
        return Err(Fault::kind(Format::Tar, &member.path, "not a file"));
    };
    if size > MAX_METADATA {
        return Err(Fault::too_large(Format::Tar, "bytes of metadata", MAX_METADATA));
    }
    let mut info = Vec::new();
    crate::blocks::copy(Format::Tar, &mut { bytes }, &mut info)?;
    Ok(info)
}

/// The one directory `{name}-{version}` (PEP 625), in any spelling of the two.
fn top(members: &[Member], name: &SdistName) -> Result<String, Fault> {
    let mut tops: Vec<&str> = members.iter().map(|member| member.path.split_top().0).collect();
    tops.sort_unstable();
    tops.dedup();
    let is_release = |top: &str| {
        let parsed: Result<SdistName, _> = format!("{top}.tar.gz").parse();
        parsed.is_ok_and(|found| {
            found.project() == name.project() && found.version() == name.version()
        })
    };
    if let [only] = tops.as_slice()
        && is_release(only)
    {
        return Ok((*only).to_owned());
    }
    Err(Fault::Directory {
        format: Format::Tar,
        expected: name.stem().to_owned(),
        found: match tops.as_slice() {
            [] => "nothing".to_owned(),
            [only] => (*only).to_owned(),
            [first, second, ..] => format!("{first} beside {second}"),
        },
    })
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use pysign_host::Problem as _;

    use super::*;
    use crate::samples::{METADATA, SDIST, Sdist};

    fn code(sdist: Sdist, name: &str) -> &'static str {
        identity(&mut Cursor::new(sdist.bytes()), Path::new(name)).unwrap_err().facts().code
    }

    #[test]
    fn an_sdist_is_what_its_name_says() {
        let mut source = Cursor::new(Sdist::new().bytes());
        let metadata = identity(&mut source, Path::new(SDIST)).unwrap();
        assert_eq!(metadata.project.as_str(), "demo-pkg");
        assert!(crate::identity(&mut source, Path::new("dir/demo-pkg-1.0.tar.gz")).is_ok());
    }

    #[test]
    fn a_renamed_sdist_is_refused() {
        assert_eq!(code(Sdist::new(), "demo_pkg-1.1.tar.gz"), "sdist-directory");
        assert_eq!(code(Sdist::new(), "other-1.0.tar.gz"), "sdist-directory");
        assert_eq!(code(Sdist::new(), "demo_pkg-1.0.zip"), "layout-name");
        assert_eq!(code(Sdist::new(), "demo_pkg-1.0-py3-none-any.whl"), "layout-name");
    }

    #[test]
    fn pkg_info_is_there_and_says_the_same() {
        let with = |text: String| Sdist::empty().file("demo_pkg-1.0/PKG-INFO", text.as_bytes());
        assert_eq!(code(with(METADATA.replace("1.0", "1.1")), SDIST), "metadata-mismatch");
        assert_eq!(code(with(String::new()), SDIST), "metadata-malformed");
        let elsewhere = Sdist::empty().file("demo_pkg-1.0/sub/PKG-INFO", METADATA.as_bytes());
        assert_eq!(code(elsewhere, SDIST), "sdist-missing");
        let link = Sdist::empty().link("demo_pkg-1.0/PKG-INFO", "other");
        assert_eq!(code(link, SDIST), "tar-type");
    }

    #[test]
    fn a_second_pkg_info_is_refused() {
        let twice = Sdist::new().file("demo_pkg-1.0/PKG-INFO", METADATA.as_bytes());
        assert_eq!(code(twice, SDIST), "tar-name");
    }

    #[test]
    fn a_second_directory_or_a_file_beside_it_is_refused() {
        assert_eq!(code(Sdist::new().file("x", b""), SDIST), "sdist-directory");
        assert_eq!(code(Sdist::new().directory("x/"), SDIST), "sdist-directory");
        assert_eq!(code(Sdist::empty(), SDIST), "sdist-directory");
    }
}
