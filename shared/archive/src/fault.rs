//! The facts that speak against an archive, without the name of the file.

use std::fmt;
use std::io;

use pysign_host::Evidence;

/// The two containers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// An sdist's, compressed with gzip.
    Tar,
    /// A wheel's.
    Zip,
}

/// One fact about the inside of an archive.
#[derive(Debug)]
#[non_exhaustive]
pub enum Fault {
    /// It changed while it was read. (Reported as the file's.)
    Changed,
    /// Its only directory should have had another name.
    Directory {
        /// Which directory, as a code.
        code: &'static str,
        /// The name it should have.
        expected: String,
        /// What is there.
        found: String,
    },
    /// A link that leaves the sdist, or goes through another link.
    Link {
        /// The link.
        member: String,
        /// Where it points.
        target: String,
    },
    /// The container breaks the rules of its format.
    Malformed {
        /// The format.
        format: Format,
        /// The rule.
        what: &'static str,
    },
    /// Something that is there, but breaks its rules: METADATA, PKG-INFO, WHEEL or RECORD.
    Member {
        /// Which document, as a code.
        code: &'static str,
        /// The member.
        member: String,
        /// The rule.
        what: &'static str,
    },
    /// A document says something else than the file's name.
    Mismatch {
        /// Which document, as a code.
        code: &'static str,
        /// The member.
        member: String,
        /// The field.
        field: &'static str,
        /// What the file's name says.
        expected: String,
        /// What the document says.
        found: String,
    },
    /// A member that must be there is not.
    Missing {
        /// Which kind of archive, as a code.
        code: &'static str,
        /// The member.
        member: String,
    },
    /// A member's name that is dangerous, ambiguous or used twice.
    Name {
        /// The format.
        format: Format,
        /// The name.
        member: String,
        /// The rule.
        what: &'static str,
    },
    /// The system refuses to read it. (Reported as the file's.)
    Read(io::Error),
    /// RECORD lists a file that is not there.
    RecordAbsent {
        /// The file.
        member: String,
    },
    /// RECORD lists another digest or size.
    RecordMismatch {
        /// The file.
        member: String,
        /// What RECORD says.
        expected: String,
        /// What is there.
        found: String,
    },
    /// RECORD leaves out a file.
    RecordUnlisted {
        /// The file.
        member: String,
    },
    /// More than any honest archive holds.
    TooLarge {
        /// The format.
        format: Format,
        /// What there is too much of.
        what: &'static str,
        /// The limit.
        cap: u64,
    },
    /// A member that is neither file nor directory (nor, in an sdist, a symbolic link).
    Type {
        /// The format.
        format: Format,
        /// The member.
        member: String,
        /// What it is.
        what: &'static str,
    },
    /// The system refuses to write the output. (Reported as the file's.)
    Write(io::Error),
}

impl Fault {
    /// What an error from reading a container means: the system's own reasons are the file's, all
    /// others are the decoders' way to say that the bytes are wrong.
    pub(crate) fn on_read(format: Format, cause: io::Error) -> Self {
        if cause.raw_os_error().is_some() {
            return Self::Read(cause);
        }
        let what = match cause.kind() {
            io::ErrorKind::UnexpectedEof => "it ends too early",
            _ => "its bytes are not what its headers announce",
        };
        Self::Malformed { format, what }
    }

    pub(crate) const fn zip(what: &'static str) -> Self {
        Self::Malformed { format: Format::Zip, what }
    }

    pub(crate) const fn tar(what: &'static str) -> Self {
        Self::Malformed { format: Format::Tar, what }
    }

    pub(crate) fn code(&self) -> &'static str {
        match self {
            Self::Changed => "file-changed",
            Self::Directory { code, .. }
            | Self::Member { code, .. }
            | Self::Mismatch { code, .. }
            | Self::Missing { code, .. } => code,
            Self::Link { .. } => "tar-link",
            Self::Malformed { format, .. } => format.pick("zip-malformed", "tar-malformed"),
            Self::Name { format, .. } => format.pick("zip-name", "tar-name"),
            Self::Read(_) => "file-unreadable",
            Self::RecordAbsent { .. } => "record-absent",
            Self::RecordMismatch { .. } => "record-mismatch",
            Self::RecordUnlisted { .. } => "record-unlisted",
            Self::TooLarge { format, .. } => format.pick("zip-too-large", "tar-too-large"),
            Self::Type { format, .. } => format.pick("zip-type", "tar-type"),
            Self::Write(_) => "output-unwritable",
        }
    }

    pub(crate) fn evidence(&self) -> Option<Evidence> {
        match self {
            Self::Directory { expected, found, .. }
            | Self::Mismatch { expected, found, .. }
            | Self::RecordMismatch { expected, found, .. } => {
                Some(Evidence { expected: expected.clone(), found: found.clone() })
            }
            _ => None,
        }
    }
}

impl Format {
    const fn pick(self, zip: &'static str, tar: &'static str) -> &'static str {
        match self {
            Self::Tar => tar,
            Self::Zip => zip,
        }
    }
}

/// The rest of a sentence that begins with the file's name.
impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Changed => f.write_str("changed while it was read"),
            Self::Directory { .. } => {
                f.write_str("holds a directory that its name does not announce")
            }
            Self::Link { member, target } => {
                write!(
                    f,
                    "holds the link '{member}' to '{target}', outside of it or through a link"
                )
            }
            Self::Malformed { format, what } => {
                write!(f, "is not a sound {}: {what}", format.pick("zip archive", "tar.gz archive"))
            }
            Self::Member { member, what, .. } => write!(f, "holds a malformed '{member}': {what}"),
            Self::Mismatch { member, field, .. } => {
                write!(f, "is not what its name says: {field} in '{member}' differs")
            }
            Self::Missing { member, .. } => write!(f, "does not hold '{member}'"),
            Self::Name { member, what, .. } => write!(f, "holds the name '{member}', {what}"),
            Self::Read(_) => f.write_str("can't be read"),
            Self::RecordAbsent { member } => {
                write!(f, "lists '{member}' in RECORD but does not hold it")
            }
            Self::RecordMismatch { member, .. } => {
                write!(f, "holds '{member}' with other bytes than RECORD lists")
            }
            Self::RecordUnlisted { member } => {
                write!(f, "holds '{member}' but does not list it in RECORD")
            }
            Self::TooLarge { what, cap, .. } => write!(f, "holds more than {cap} {what}"),
            Self::Type { member, what, .. } => write!(f, "holds '{member}', which is {what}"),
            Self::Write(_) => f.write_str("can't be written"),
        }
    }
}
