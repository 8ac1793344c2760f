//! The canonical wheel.

use std::io::{Read, Seek, Write};
use std::path::Path;

use pysign_names::WheelName;

use super::DosTime;
use crate::Error;
use crate::fault::{Fault, Format};
use crate::member::MemberPath;
use crate::wheel::{self, MAX_RECORD, Record, record_line};
use crate::zip::{Packer, Zip, ZipWriter};

/// Writes the canonical form of the wheel at `path`, open as `source`, to `out`; `epoch` is in
/// seconds since 1970. After the checks of [`identity`](crate::wheel::identity), every file must be
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
) -> Result<(), Error> {
    let name = wheel::file_name(path)?;
    rewrite(source, &name, out, epoch).map_err(Error::of(path))
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
    let old = zip.read(&record_path, MAX_RECORD, "wheel-missing")?;
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
