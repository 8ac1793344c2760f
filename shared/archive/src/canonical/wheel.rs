//! The canonical wheel.

use std::io::{Read, Seek, Write};
use std::path::Path;

use pysign_names::WheelName;

use crate::Error;
use crate::error::{Fault, Format};
use crate::member::MemberPath;
use crate::time::DosTime;
use crate::wheel::{self, MAX_RECORD, Record, record_line};
use crate::zip::{Packer, Zip, ZipWriter};

/// Writes the canonical form of the wheel at `path`, open as `source`, to `out`; `epoch` is in
/// seconds since 1970. Returns what the name says. After the checks of [`identity`](crate::identity), every file must be
/// in RECORD with its SHA-256, and RECORD must list nothing else.
///
/// Files only, sorted by bytes with `.dist-info` behind all others and RECORD at the end; deflated
/// at level 9 or stored if that is no larger; modes 0644 and 0755; no comments, no extra fields.
/// Signatures of RECORD (RECORD.jws and RECORD.p7s, which nobody checks) are left out: they would
/// sign the old one.
pub fn wheel(
    source: &mut (impl Read + Seek),
    path: &Path,
    out: &mut impl Write,
    epoch: u64,
) -> Result<WheelName, Error> {
    let name = crate::metadata::file_name(path)?;
    rewrite(source, &name, out, epoch).map_err(Error::of(path))?;
    Ok(name)
}

fn rewrite(
    source: &mut (impl Read + Seek),
    name: &WheelName,
    out: &mut impl Write,
    epoch: u64,
) -> Result<(), Fault> {
    let mut zip = Zip::open(source)?;
    let (directory, _) = wheel::describe(&mut zip, name)?;
    let record_path = format!("{directory}/RECORD");
    let old = zip.read(&record_path, MAX_RECORD)?;
    let mut old = Record::parse(&record_path, &old)?;
    let mut new = String::new();
    let mut writer = ZipWriter::new(out, DosTime::clamp(epoch));

    for path in order(&zip, &directory) {
        let Some(&member) = zip.members.get(&path) else { continue };
        let mut packer = Packer::new();
        zip.copy(member, &mut packer)?;
        let file = packer.finish()?;
        old.strike(&path, file.sha256, file.size)?;
        new.push_str(&record_line(path.as_str(), Some((file.sha256, file.size))));
        writer.add(&path, member.executable, file, |mut sink| zip.copy(member, &mut sink))?;
    }
    for signature in [".jws", ".p7s"] {
        old.forget(&format!("{record_path}{signature}"));
    }
    old.finish()?;

    new.push_str(&record_line(&record_path, None));
    let mut packer = Packer::new();
    packer.write_all(new.as_bytes()).map_err(Fault::Write)?;
    let path = MemberPath::parse(Format::Zip, record_path.as_bytes())?;
    writer.add(&path, false, packer.finish()?, |sink| {
        sink.write_all(new.as_bytes()).map_err(Fault::Write)
    })?;
    writer.finish()
}

/// Every file but RECORD and its signatures, in canonical order.
fn order<R>(zip: &Zip<R>, directory: &str) -> Vec<MemberPath> {
    let is_info = |path: &MemberPath| path.split_top().0 == directory;
    let is_record = |path: &MemberPath| {
        is_info(path) && matches!(path.split_top().1, "RECORD" | "RECORD.jws" | "RECORD.p7s")
    };
    let mut paths: Vec<_> = zip.members.keys().filter(|path| !is_record(path)).cloned().collect();
    paths.sort_by(|a, b| (is_info(a), a).cmp(&(is_info(b), b)));
    paths
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use pysign_host::{Problem as _, Sha256};

    use super::*;
    use crate::samples::{INFO, WHEEL, Wheel};

    fn canonical(wheel: &Wheel) -> Result<Vec<u8>, Error> {
        rewritten(wheel.bytes())
    }

    fn rewritten(bytes: Vec<u8>) -> Result<Vec<u8>, Error> {
        let mut out = Vec::new();
        wheel(&mut Cursor::new(bytes), Path::new(WHEEL), &mut out, 1_700_000_000)?;
        Ok(out)
    }

    #[test]
    fn equal_content_makes_equal_bytes() {
        let one = Wheel::new();
        let mut other =
            Wheel { mode: 0o664, level: 1, directories: true, year: 1999, ..Wheel::new() };
        other.files.reverse();
        assert_ne!(one.bytes(), other.bytes());
        assert_eq!(canonical(&one).unwrap(), canonical(&other).unwrap());
    }

    #[test]
    fn a_canonical_wheel_is_its_own_canonical_form() {
        let once = canonical(&Wheel::new()).unwrap();
        assert_eq!(rewritten(once.clone()).unwrap(), once);
    }

    /// A new compressor, or anything else that changes these bytes, is a new profile.
    #[test]
    fn the_bytes_are_those_of_the_profile() {
        let bytes = canonical(&Wheel::new()).unwrap();
        assert_eq!(
            Sha256::of(&bytes).to_string(),
            "da1a787297230d7cc3d15194e844c06612dbdfd594dcbcad983d48d591cb739d"
        );
    }

    #[test]
    fn metadata_is_last_and_record_behind_it() {
        let wheel = Wheel::new().with("zzz.py", "z").with(&format!("{INFO}/RECORD.jws"), "{}");
        let mut zip = ::zip::ZipArchive::new(Cursor::new(canonical(&wheel).unwrap())).unwrap();
        let names: Vec<_> =
            (0..zip.len()).map(|i| zip.by_index(i).unwrap().name().unwrap().into_owned()).collect();
        let info = |name: &str| format!("{INFO}/{name}");
        let expected = ["demo_pkg/__init__.py", "demo_pkg/data.txt", "zzz.py"].map(str::to_owned);
        assert_eq!(names[..3], expected);
        assert_eq!(names[3..], [info("METADATA"), info("WHEEL"), info("RECORD")]);
        let mut record = String::new();
        zip.by_name(&info("RECORD")).unwrap().read_to_string(&mut record).unwrap();
        assert!(record.ends_with(&format!("{INFO}/RECORD,,\n")) && !record.contains("jws"));
    }

    #[test]
    fn the_time_is_the_epoch_and_nothing_else() {
        let at = |epoch| {
            let mut out = Vec::new();
            let mut source = Cursor::new(Wheel::new().bytes());
            wheel(&mut source, Path::new(WHEEL), &mut out, epoch).unwrap();
            out
        };
        assert_eq!(at(0), at(315_532_800));
        assert_ne!(at(0), at(1_700_000_000));
    }

    #[test]
    fn a_wheel_whose_record_is_wrong_is_refused() {
        let record = format!("{INFO}/RECORD");
        let text = Wheel::new().record();
        let mut lines: Vec<_> = text.lines().collect();
        lines.remove(0);
        for (text, code) in [
            (text.replace("sha256=", "sha256=x"), "record-mismatch"),
            (lines.join("\n"), "record-unlisted"),
            (text.replace("__init__.py", "other.py"), "record-unlisted"),
            (text.replace(&record, &format!("x.py,sha256=x,0\n{record}")), "record-absent"),
            ("demo".to_owned(), "record-malformed"),
        ] {
            let refused = canonical(&Wheel::new().with(&record, &text)).unwrap_err();
            assert_eq!(refused.facts().code, code);
        }
        let refused = rewritten(Wheel::new().bytes_as_they_are()).unwrap_err();
        assert_eq!(refused.facts().code, "wheel-missing");
    }
}
