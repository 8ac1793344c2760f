//! Why a release can't be fetched, apart from the errors of the index, HTTP and files.

use pysign_manifest::Kind;
use pysign_names::Pin;

/// Why something was not fetched. Claims and facts are texts, a digest or a size.
#[derive(Debug)]
pub(crate) enum Error {
    /// A file that the manifest lists is not where it should be: an index, or its own address.
    Absent { filename: String, place: String },
    /// Several files fit, and none is better than the others.
    Ambiguous { pin: Box<Pin>, kind: Kind, found: Vec<String> },
    /// The index lists a file with a different digest or size than the manifest does.
    Contradiction { filename: String, expected: String, found: String },
    /// A page came where a signature was asked for.
    Html { place: String },
    /// The manifest has an artifact that is in no index.
    Kind { filename: String },
    /// Nobody says what the bytes of a file should be.
    NoDigest { filename: String, index: String },
    /// The release has no file of a kind that was asked for.
    NoKind { pin: Box<Pin>, kind: Kind, index: String },
    /// The index doesn't have the project.
    NoProject { pin: Box<Pin>, index: String },
    /// The index has the project, and not this version of it; `found` are the newest that it has.
    NoVersion { pin: Box<Pin>, index: String, found: Vec<String> },
    /// What came has a different digest or size than `claimant` says.
    OtherBytes { place: String, claimant: &'static str, expected: String, found: String },
    /// The index lists a name twice, with different digests.
    Twice { filename: String, index: String },
}

pysign_host::problem! { Error {
    Self::Ambiguous { pin, kind, found } => Input "fetch-ambiguous"
        ("'{pin}' has {} {kind}s to choose from", found.len()),
        hint("to fetch all of them: --all"), evidence(format!("one {kind}"), found.join(", "));
    Self::Contradiction { filename, expected, found } => Refused "digest-mismatch"
        ("the index lists '{filename}' with a different digest or size than the manifest"),
        file(filename), evidence(expected, found);
    Self::Html { place } => Input "fetch-html"
        ("'{place}' answered with an HTML page instead of a signature");
    Self::Kind { filename } => Input "artifact-kind"
        ("'{filename}' is neither a wheel nor an sdist, and only these can be fetched"),
        file(filename);
    Self::NoDigest { filename, index } => Input "fetch-no-digest"
        ("'{index}' lists '{filename}' without a SHA-256"),
        file(filename);
    Self::Absent { filename, place } => Input "fetch-absent"
        ("the manifest lists '{filename}', but it is not at '{place}'"),
        file(filename);
    Self::NoKind { pin, kind, index } => Input "fetch-absent" ("'{pin}' has no {kind} in '{index}'");
    Self::NoProject { pin, index } => Input "fetch-absent"
        ("'{index}' has no project '{}'", pin.project);
    Self::NoVersion { pin, index, found } if found.is_empty() => Input "fetch-absent"
        ("'{index}' lists no files for '{}'", pin.project);
    Self::NoVersion { pin, index, found } => Input "fetch-absent" ("'{index}' has no '{pin}'"),
        evidence(&pin.version, found.join(", "));
    Self::OtherBytes { place, claimant, expected, found } => Refused "digest-mismatch"
        ("'{place}' does not match the {claimant}"),
        evidence(expected, found);
    Self::Twice { filename, index } => Refused "other-bytes"
        ("'{index}' lists '{filename}' twice, with different digests"),
        file(filename);
} }
