//! Wheels: what their `.dist-info` directory says, and whether the file's name says the same.

mod record;

use std::collections::BTreeSet;
use std::io::{Read, Seek};
use std::path::Path;

use pysign_names::{SdistName, WheelName};

pub(crate) use record::{MAX_RECORD, Record, line as record_line};

use crate::error::{Document, Fault, Format};
use crate::metadata::{Headers, MAX_METADATA, malformed};
use crate::zip::Zip;
use crate::{Error, Metadata};

const DIST_INFO: &str = ".dist-info";

/// A tag for each interpreter and platform: some hundred bytes each.
const MAX_WHEEL: u64 = 1 << 20;

/// Reads METADATA from the wheel at `path`, open as `source`. Refuses a wheel whose METADATA names
/// another project or version than its file name does, whose WHEEL has other tags or another build
/// number, or whose one `.dist-info` directory is named otherwise.
pub(crate) fn identity(source: &mut (impl Read + Seek), path: &Path) -> Result<Metadata, Error> {
    let name = crate::metadata::file_name(path)?;
    let mut zip = Zip::open(source).map_err(Error::of(path))?;
    let (_, metadata) = describe(&mut zip, &name).map_err(Error::of(path))?;
    Ok(metadata)
}

/// The `.dist-info` directory and what METADATA in it says, after all checks of [`identity`].
pub(crate) fn describe<R: Read + Seek>(
    zip: &mut Zip<R>,
    name: &WheelName,
) -> Result<(String, Metadata), Fault> {
    let directory = dist_info(zip, name)?;
    let member = format!("{directory}/METADATA");
    let bytes = zip.read(&member, MAX_METADATA)?;
    let metadata = Metadata::parse(&member, &bytes)?;
    metadata.agrees(&member, name.project(), name.version())?;
    let member = format!("{directory}/WHEEL");
    let bytes = zip.read(&member, MAX_WHEEL)?;
    tags(&member, &bytes, name)?;
    Ok((directory, metadata))
}

/// The one directory `{name}-{version}.dist-info` (PEP 427), in any spelling of the two.
fn dist_info<R>(zip: &Zip<R>, name: &WheelName) -> Result<String, Fault> {
    let tops: BTreeSet<&str> = zip.members.keys().map(|path| path.split_top().0).collect();
    let found: Vec<&str> = tops.into_iter().filter(|top| top.ends_with(DIST_INFO)).collect();
    if let [only] = found.as_slice()
        && is_release(only.strip_suffix(DIST_INFO).unwrap_or_default(), name)
    {
        return Ok((*only).to_owned());
    }
    Err(Fault::Directory {
        format: Format::Zip,
        expected: format!("{}{DIST_INFO}", name.stem()),
        found: if found.is_empty() { "none".to_owned() } else { found.join(", ") },
    })
}

/// Whether `stem` is `{name}-{version}` of the wheel. An sdist's name is made of the same two.
fn is_release(stem: &str, name: &WheelName) -> bool {
    let parsed: Result<SdistName, _> = format!("{stem}.tar.gz").parse();
    parsed.is_ok_and(|found| found.project() == name.project() && found.version() == name.version())
}

/// WHEEL must know the format's version, and say the tags and the build number of the file's name.
fn tags(member: &str, bytes: &[u8], name: &WheelName) -> Result<(), Fault> {
    let refused = malformed(Document::Wheel, member);
    let headers = Headers::of(bytes).map_err(&refused)?;
    if !headers.only("wheel-version").map_err(&refused)?.starts_with("1.") {
        return Err(refused("its Wheel-Version is not supported"));
    }
    let differs = |field, expected, found| {
        let member = member.to_owned();
        Err(Fault::WheelMismatch { member, field, expected, found })
    };
    let expected: BTreeSet<String> = name.tags().collect();
    let found: BTreeSet<String> = headers.all("tag").map(str::to_owned).collect();
    if expected != found {
        return differs("Tag", join(expected), join(found));
    }
    let build: Vec<&str> = headers.all("build").collect();
    let expected = name.build().map_or_else(String::new, ToString::to_string);
    if build.join(" ") != expected {
        return differs("Build", or_none(expected), or_none(build.join(" ")));
    }
    Ok(())
}

fn join(tags: BTreeSet<String>) -> String {
    or_none(tags.into_iter().collect::<Vec<_>>().join(" "))
}

fn or_none(text: String) -> String {
    if text.is_empty() { "none".to_owned() } else { text }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use pysign_host::Problem as _;

    use super::*;
    use crate::samples::{self, INFO, METADATA, WHEEL, Wheel};

    fn identify(wheel: &Wheel, name: &str) -> Result<Metadata, Error> {
        identity(&mut Cursor::new(wheel.bytes()), Path::new(name))
    }

    fn code(wheel: &Wheel, name: &str) -> &'static str {
        identify(wheel, name).unwrap_err().facts().code
    }

    fn member(name: &str) -> String {
        format!("{INFO}/{name}")
    }

    #[test]
    fn a_wheel_is_what_its_name_says() {
        let metadata = identify(&Wheel::new(), WHEEL).unwrap();
        assert_eq!(metadata.project.as_str(), "demo-pkg");
        assert!(identify(&Wheel::new(), "dir/Demo.Pkg-1.0.0-py3-none-any.whl").is_ok());
    }

    #[test]
    fn a_renamed_wheel_is_refused() {
        for (name, expected) in [
            ("demo_pkg-1.1-py3-none-any.whl", "wheel-directory"),
            ("other-1.0-py3-none-any.whl", "wheel-directory"),
            ("demo_pkg-1.0-py2-none-any.whl", "wheel-tags"),
            ("demo_pkg-1.0-py2.py3-none-any.whl", "wheel-tags"),
            ("demo_pkg-1.0-1-py3-none-any.whl", "wheel-tags"),
            ("demo_pkg-1.0.tar.gz", "tar-malformed"),
            ("demo_pkg.whl", "layout-name"),
        ] {
            let checked = crate::identity(&mut Cursor::new(Wheel::new().bytes()), Path::new(name));
            assert_eq!(checked.unwrap_err().facts().code, expected, "{name}");
        }
        assert_eq!(code(&Wheel::new(), "demo_pkg-1.0.tar.gz"), "layout-name");
    }

    #[test]
    fn metadata_of_another_release_is_refused() {
        for (from, to) in [("Version: 1.0", "Version: 1.1"), ("demo-pkg", "other")] {
            let wheel = Wheel::new().with(&member("METADATA"), &METADATA.replace(from, to));
            assert_eq!(code(&wheel, WHEEL), "metadata-mismatch");
        }
        let error = identify(
            &Wheel::new().with(&member("METADATA"), &METADATA.replace("demo-pkg", "other")),
            WHEEL,
        );
        let evidence = error.unwrap_err().facts().evidence.unwrap();
        assert_eq!((evidence.expected.as_str(), evidence.found.as_str()), ("demo-pkg", "other"));
    }

    #[test]
    fn a_set_of_tags_is_compared_as_a_set() {
        let text = "Wheel-Version: 1.0\nTag: py3-none-any\nTag: py2-none-any\nBuild: 7\n";
        let wheel = Wheel::new().with(&member("WHEEL"), text);
        assert!(identify(&wheel, "demo_pkg-1.0-7-py2.py3-none-any.whl").is_ok());
        assert_eq!(code(&wheel, "demo_pkg-1.0-py2.py3-none-any.whl"), "wheel-tags");
        assert_eq!(code(&wheel, "demo_pkg-1.0-7-py3-none-any.whl"), "wheel-tags");
    }

    #[test]
    fn the_dist_info_directory_is_whole_and_the_only_one() {
        for name in ["METADATA", "WHEEL"] {
            assert_eq!(code(&Wheel::new().without(&member(name)), WHEEL), "wheel-missing");
        }
        let second = Wheel::new().with("other-1.0.dist-info/METADATA", METADATA);
        assert_eq!(code(&second, WHEEL), "wheel-directory");
        let whole = Wheel::new().with(&member("RECORD"), "");
        assert_eq!(code(&whole.clone().renamed(INFO, "info"), WHEEL), "wheel-directory");
        let spelled = whole.renamed("demo_pkg-1.0.d", "Demo.Pkg-1.0.0.d");
        assert!(identify(&spelled, WHEEL).is_ok());
    }

    #[test]
    fn an_unknown_format_version_is_refused() {
        for text in ["Wheel-Version: 2.0\nTag: py3-none-any\n", "Tag: py3-none-any\n", ""] {
            let wheel = Wheel::new().with(&member("WHEEL"), text);
            assert_eq!(code(&wheel, WHEEL), "wheel-malformed");
        }
    }

    #[test]
    fn the_error_names_file_and_fact() {
        let path = Path::new("dist/demo_pkg-1.0-py3-none-any.whl");
        let renamed = samples::patched(&Wheel::new().bytes(), b"data.txt", b"../a.txt");
        let error = identity(&mut Cursor::new(renamed), path).unwrap_err();
        assert_eq!(
            error.to_string(),
            "'dist/demo_pkg-1.0-py3-none-any.whl' contains 'demo_pkg/../a.txt', which leaves \
             the archive"
        );
        assert_eq!(error.facts().file, Some(path));
    }
}
