//! RECORD: a wheel's list of its own files with their digests, as CSV (PEP 376, PEP 427).

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use pysign_host::Sha256;

use crate::error::{Document, Fault};
use crate::member::MemberPath;
use crate::metadata::malformed;

/// A line for each of 100,000 files, of a generous length.
pub(crate) const MAX_RECORD: u64 = 64 << 20;

/// What RECORD says about the files beside it.
#[derive(Debug)]
pub(crate) struct Record {
    lines: BTreeMap<String, Line>,
}

#[derive(Debug)]
struct Line {
    sha256: String,
    size: String,
}

impl Record {
    /// Parses RECORD at `member`. Every file but RECORD itself has an SHA-256.
    pub(crate) fn parse(member: &str, bytes: &[u8]) -> Result<Self, Fault> {
        let refused = malformed(Document::Record, member);
        let text = std::str::from_utf8(bytes).map_err(|_| refused("it is not UTF-8"))?;
        let mut lines = BTreeMap::new();
        for row in rows(text).map_err(&refused)? {
            let [path, hash, size] = row.as_slice() else {
                return Err(refused("a line does not have three fields"));
            };
            let sha256 = hash.strip_prefix("sha256=").unwrap_or_default();
            if path != member && sha256.is_empty() {
                return Err(refused("a file has no SHA-256"));
            }
            let line = Line { sha256: sha256.to_owned(), size: size.clone() };
            if lines.insert(path.clone(), line).is_some() {
                return Err(refused("it lists a file twice"));
            }
        }
        lines.remove(member);
        Ok(Self { lines })
    }

    /// Compares one file with its line, and strikes the line.
    pub(crate) fn strike(
        &mut self,
        path: &MemberPath,
        sha256: Sha256,
        size: u64,
    ) -> Result<(), Fault> {
        let member = || path.to_string();
        let Some(line) = self.lines.remove(path.as_str()) else {
            return Err(Fault::RecordUnlisted { member: member() });
        };
        let found = encode(sha256);
        // Some writers pad the digest, which PEP 427 forbids and installers take. The size may be
        // left out (PEP 376).
        if line.sha256.trim_end_matches('=') != found
            || !(line.size.is_empty() || line.size == size.to_string())
        {
            return Err(Fault::RecordMismatch {
                member: member(),
                expected: format!("sha256={}, {} bytes", line.sha256, line.size),
                found: format!("sha256={found}, {size} bytes"),
            });
        }
        Ok(())
    }

    /// Strikes a line that may be there, for a file that isn't looked at.
    pub(crate) fn forget(&mut self, path: &str) {
        self.lines.remove(path);
    }

    /// Refuses lines that no file has struck.
    pub(crate) fn finish(self) -> Result<(), Fault> {
        match self.lines.into_keys().next() {
            Some(member) => Err(Fault::RecordAbsent { member }),
            None => Ok(()),
        }
    }
}

/// A line of a new RECORD; without a digest it is RECORD's own.
pub(crate) fn line(path: &str, content: Option<(Sha256, u64)>) -> String {
    let quoted = path.contains([',', '"']);
    let path = if quoted { format!("\"{}\"", path.replace('"', "\"\"")) } else { path.to_owned() };
    match content {
        Some((sha256, size)) => format!("{path},sha256={},{size}\n", encode(sha256)),
        None => format!("{path},,\n"),
    }
}

fn encode(sha256: Sha256) -> String {
    URL_SAFE_NO_PAD.encode(sha256.as_bytes())
}

/// The rows of a CSV (RFC 4180); blank lines are passed over.
fn rows(text: &str) -> Result<Vec<Vec<String>>, &'static str> {
    let mut rows = Vec::new();
    for line in text.split('\n') {
        let mut rest = line.strip_suffix('\r').unwrap_or(line);
        if rest.is_empty() {
            continue;
        }
        let mut row = Vec::new();
        loop {
            let (field, after) = field(rest)?;
            row.push(field);
            match after.strip_prefix(',') {
                Some(next) => rest = next,
                None if after.is_empty() => break,
                None => return Err("text follows a quoted field"),
            }
        }
        rows.push(row);
    }
    Ok(rows)
}

/// The first field and what follows it.
fn field(text: &str) -> Result<(String, &str), &'static str> {
    let Some(mut rest) = text.strip_prefix('"') else {
        let (field, after) = text.split_at(text.find(',').unwrap_or(text.len()));
        return Ok((field.to_owned(), after));
    };
    let mut field = String::new();
    loop {
        let (part, after) = rest.split_once('"').ok_or("a quoted field is not closed")?;
        field.push_str(part);
        match after.strip_prefix('"') {
            Some(more) => {
                field.push('"');
                rest = more;
            }
            None => return Ok((field, after)),
        }
    }
}

#[cfg(test)]
mod tests {
    use pysign_host::Problem as _;

    use super::*;
    use crate::error::Format;

    const DIGEST: &str = "ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0";

    fn path(text: &str) -> MemberPath {
        MemberPath::parse(Format::Zip, text.as_bytes()).unwrap()
    }

    fn strike(record: &str) -> Result<(), Fault> {
        let mut record = Record::parse("d/RECORD", record.as_bytes())?;
        record.strike(&path("a,\"b"), Sha256::of(b"abc"), 3)?;
        record.finish()
    }

    #[test]
    fn a_new_line_is_read_back() {
        let own = line("d/RECORD", None);
        let record = line("a,\"b", Some((Sha256::of(b"abc"), 3))) + &own;
        assert_eq!(record, format!("\"a,\"\"b\",sha256={DIGEST},3\nd/RECORD,,\n"));
        assert!(strike(&record).is_ok());
        assert!(strike(&record.replace('\n', "\r\n")).is_ok());
        assert!(strike(&record.replace(",3", ",")).is_ok());
        assert!(strike(&record.replace(DIGEST, &format!("{DIGEST}="))).is_ok());
    }

    #[test]
    fn each_difference_has_its_code() {
        let good = line("a,\"b", Some((Sha256::of(b"abc"), 3)));
        for (record, code) in [
            (good.replace(",3", ",4"), "record-mismatch"),
            (good.replace("ungW", "xngW"), "record-mismatch"),
            (String::new(), "record-unlisted"),
            (format!("{good}x,sha256={DIGEST},3\n"), "record-absent"),
            (good.replace("sha256=", "sha512="), "record-malformed"),
            (good.replace(",3", ",3,4"), "record-malformed"),
            (good.replace("b\",", "b\"x,"), "record-malformed"),
            (good.replace("b\",", "b,"), "record-malformed"),
            (format!("{good}{good}"), "record-malformed"),
            (format!("{good}x,,\n"), "record-malformed"),
        ] {
            assert_eq!(strike(&record).unwrap_err().facts().code, code, "{record}");
        }
    }
}
