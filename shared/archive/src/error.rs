//! What can be wrong with an archive.

use std::io;
use std::path::{Path, PathBuf};

use pysign_host::FileError;

/// Why an archive was not taken. Codes are an interface: see the man page's DIAGNOSTICS.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// The file that should hold it can't be read, or the output can't be written.
    File(FileError),
    /// Its name, or something in it, breaks a rule.
    Refused(Refusal),
}

/// The fact that speaks against the archive of a name.
#[derive(Debug)]
pub struct Refusal {
    file: PathBuf,
    fault: Box<Fault>,
}

impl Error {
    /// Attaches the file to what was found in it.
    pub(crate) fn of(file: &Path) -> impl FnOnce(Fault) -> Self {
        move |fault| match fault {
            Fault::Changed => Self::File(FileError::Changed { file: file.into() }),
            Fault::Read(cause) => Self::File(FileError::on_open(file, cause)),
            Fault::Write(cause) => Self::File(FileError::Unwritable { file: file.into(), cause }),
            fault => Self::Refused(Refusal { file: file.into(), fault: Box::new(fault) }),
        }
    }
}

impl From<FileError> for Error {
    fn from(error: FileError) -> Self {
        Self::File(error)
    }
}

/// The two containers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    /// An sdist's, compressed with gzip.
    Tar,
    /// A wheel's.
    Zip,
}

/// The documents inside of an archive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Document {
    /// METADATA of a wheel, PKG-INFO of an sdist.
    Metadata,
    Record,
    Wheel,
}

/// One fact. Of a member, the path is given; `what` is the rest of the sentence.
#[derive(Debug)]
pub(crate) enum Fault {
    /// The file changed while it was read.
    Changed,
    /// The directory that the archive's name calls for is missing, or not the only one.
    Directory { format: Format, expected: String, found: String },
    /// The file's name is not one of a wheel or sdist.
    Layout(pysign_names::Error),
    /// A link that leaves the sdist, or goes through another link.
    Link { member: String, target: String },
    /// The container breaks the rules of its format.
    Malformed { format: Format, what: &'static str },
    /// A document breaks its rules.
    Document { document: Document, member: String, what: &'static str },
    /// METADATA or PKG-INFO says something else than the file's name.
    MetadataMismatch { member: String, field: &'static str, expected: String, found: String },
    /// A member that must be there is not.
    Missing { format: Format, member: String },
    /// A member's name is dangerous, ambiguous or used twice.
    Name { format: Format, member: String, what: &'static str },
    /// The system refuses to read the file.
    Read(io::Error),
    /// RECORD lists a file that is not there.
    RecordAbsent { member: String },
    /// RECORD lists another digest or size.
    RecordMismatch { member: String, expected: String, found: String },
    /// RECORD leaves out a file.
    RecordUnlisted { member: String },
    /// There is more than any honest archive holds.
    TooLarge { format: Format, what: &'static str, cap: u64 },
    /// A member is neither file nor directory (nor, in an sdist, a symbolic link).
    Type { format: Format, member: String, what: &'static str },
    /// WHEEL says something else than the file's name.
    WheelMismatch { member: String, field: &'static str, expected: String, found: String },
    /// The system refuses to write the output.
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
            io::ErrorKind::UnexpectedEof => "it is truncated",
            _ => "its contents do not match its headers",
        };
        Self::Malformed { format, what }
    }

    pub(crate) fn too_large(format: Format, what: &'static str, cap: u64) -> Self {
        Self::TooLarge { format, what, cap }
    }

    pub(crate) fn name(format: Format, member: &impl ToString, what: &'static str) -> Self {
        Self::Name { format, member: member.to_string(), what }
    }

    pub(crate) fn kind(format: Format, member: &impl ToString, what: &'static str) -> Self {
        Self::Type { format, member: member.to_string(), what }
    }

    pub(crate) const fn zip(what: &'static str) -> Self {
        Self::Malformed { format: Format::Zip, what }
    }

    pub(crate) const fn tar(what: &'static str) -> Self {
        Self::Malformed { format: Format::Tar, what }
    }
}

pysign_host::problem! { Error {} from {
    Self::File(error) => error;
    Self::Refused(refusal) => refusal;
} codes Fault::CODES }

pysign_host::problem! { Refusal {} from {
    Self { file, fault } if matches!(**fault, Fault::Layout(_)) => &**fault, file(file);
    Self { file, fault } => &**fault, ("'{}' {fault}", file.display()), file(file);
} }

// The rest of a sentence that begins with the file's name.
pysign_host::problem! { Fault {
    // `Error::of` makes them errors of the file.
    Self::Changed | Self::Read(_) | Self::Write(_) => Refused "file-changed" ("can't be used");
    Self::Directory { format: Format::Tar, expected, found } => Refused "sdist-directory"
        ("must contain the directory that its name calls for, and nothing beside it"),
        evidence(expected, found);
    Self::Directory { format: Format::Zip, expected, found } => Refused "wheel-directory"
        ("must contain the .dist-info directory that its name calls for, and no other"),
        evidence(expected, found);
    Self::Document { document: Document::Metadata, member, what } => Refused "metadata-malformed"
        ("contains a malformed '{member}': {what}");
    Self::Document { document: Document::Record, member, what } => Refused "record-malformed"
        ("contains a malformed '{member}': {what}");
    Self::Document { document: Document::Wheel, member, what } => Refused "wheel-malformed"
        ("contains a malformed '{member}': {what}");
    // Of a name the whole sentence.
    Self::Layout(cause) => Refused "layout-name" ("{cause}");
    Self::Link { member, target } => Refused "tar-link"
        ("contains the link '{member}' to '{target}', which leaves it or leads through another link");
    Self::Malformed { format: Format::Tar, what } => Refused "tar-malformed"
        ("is not a valid tar.gz archive: {what}");
    Self::Malformed { format: Format::Zip, what } => Refused "zip-malformed"
        ("is not a valid zip archive: {what}");
    Self::MetadataMismatch { member, field, expected, found } => Refused "metadata-mismatch"
        ("has another {field} in '{member}' than in its name"), evidence(expected, found);
    Self::Missing { format: Format::Tar, member } => Refused "sdist-missing"
        ("does not contain '{member}'");
    Self::Missing { format: Format::Zip, member } => Refused "wheel-missing"
        ("does not contain '{member}'");
    Self::Name { format: Format::Tar, member, what } => Refused "tar-name"
        ("contains '{member}', {what}");
    Self::Name { format: Format::Zip, member, what } => Refused "zip-name"
        ("contains '{member}', {what}");
    Self::RecordAbsent { member } => Refused "record-absent"
        ("lists '{member}' in RECORD but does not contain it");
    Self::RecordMismatch { member, expected, found } => Refused "record-mismatch"
        ("contains '{member}' with other bytes than RECORD lists"), evidence(expected, found);
    Self::RecordUnlisted { member } => Refused "record-unlisted"
        ("contains '{member}' but does not list it in RECORD");
    Self::TooLarge { format: Format::Tar, what, cap } => Refused "tar-too-large"
        ("contains more than {cap} {what}");
    Self::TooLarge { format: Format::Zip, what, cap } => Refused "zip-too-large"
        ("contains more than {cap} {what}");
    Self::Type { format: Format::Tar, member, what } => Refused "tar-type"
        ("contains '{member}', which is {what}");
    Self::Type { format: Format::Zip, member, what } => Refused "zip-type"
        ("contains '{member}', which is {what}");
    Self::WheelMismatch { member, field, expected, found } => Refused "wheel-tags"
        ("has another {field} in '{member}' than in its name"), evidence(expected, found);
} }
