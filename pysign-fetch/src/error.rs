//! What can go wrong with a release on its way in, beside what the index, HTTP and files say
//! themselves.

use pysign_manifest::Kind;
use pysign_names::Pin;

/// Why something was not fetched.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// A file that the manifest lists is not where it should be.
    Absent {
        /// The file's name.
        filename: String,
        /// The index, or the address of a signature.
        place: String,
    },
    /// Several files fit, and none is better than the others.
    Ambiguous {
        /// What was asked for.
        pin: Box<Pin>,
        /// What they are.
        kind: Kind,
        /// Their names.
        found: Vec<String>,
    },
    /// The index lists a file with another digest or size than the manifest does.
    Contradiction {
        /// The file's name.
        filename: String,
        /// What the manifest says.
        expected: String,
        /// What the index says.
        found: String,
    },
    /// A page came where a signature was asked for.
    Html {
        /// Where it came from.
        place: String,
    },
    /// The manifest has something that is in no index.
    Kind {
        /// The artifact.
        filename: String,
        /// What it is.
        kind: Kind,
    },
    /// Nobody says what the bytes of a file should be.
    NoDigest {
        /// The file.
        filename: String,
        /// The index.
        index: String,
    },
    /// The release has no file of a kind that was asked for.
    NoKind {
        /// What was asked for.
        pin: Box<Pin>,
        /// The kind.
        kind: Kind,
        /// The index.
        index: String,
    },
    /// The index doesn't have the project.
    NoProject {
        /// What was asked for.
        pin: Box<Pin>,
        /// The index.
        index: String,
    },
    /// The index has the project, and not this version of it.
    NoVersion {
        /// What was asked for.
        pin: Box<Pin>,
        /// The index.
        index: String,
        /// The newest versions that it has.
        found: Vec<String>,
    },
    /// What came has another digest or size than was claimed.
    OtherBytes {
        /// Where it came from.
        place: String,
        /// Who made the claim.
        claimant: &'static str,
        /// The claim.
        expected: String,
        /// The fact, as far as it was looked at.
        found: String,
    },
    /// The index lists a name twice, with different digests.
    Twice {
        /// The file's name.
        filename: String,
        /// The index.
        index: String,
    },
}

pysign_host::problem! { Error {
    Self::Ambiguous { pin, kind, found } => Input "fetch-ambiguous"
        ("'{pin}' has {} {kind}s to choose from", found.len()),
        hint("to fetch all of them: --all"), evidence(format!("one {kind}"), found.join(", "));
    Self::Contradiction { filename, expected, found } => Refused "digest-mismatch"
        ("the index lists another '{filename}' than the manifest"),
        file(filename), evidence(expected, found);
    Self::Html { place } => Input "fetch-html"
        ("'{place}' answered with an HTML page instead of a signature");
    Self::Kind { filename, kind } => Input "artifact-kind"
        ("'{filename}' is a {kind}, and only wheels and sdists can be fetched"),
        file(filename);
    Self::NoDigest { filename, index } => Input "fetch-no-digest"
        ("'{index}' lists '{filename}' without a SHA-256"),
        file(filename);
    Self::Absent { filename, place } => Input "fetch-absent" ("'{filename}' is not at '{place}'"),
        file(filename);
    Self::NoKind { pin, kind, index } => Input "fetch-absent" ("'{pin}' has no {kind} in '{index}'");
    Self::NoProject { pin, index } => Input "fetch-absent"
        ("'{index}' has no project '{}'", pin.project);
    Self::NoVersion { pin, index, found } if found.is_empty() => Input "fetch-absent"
        ("'{index}' lists no files for '{}'", pin.project);
    Self::NoVersion { pin, index, found } => Input "fetch-absent" ("'{index}' has no '{pin}'"),
        evidence(&pin.version, found.join(", "));
    Self::OtherBytes { place, claimant, expected, found } => Refused "digest-mismatch"
        ("'{place}' has other bytes than the {claimant} says"),
        evidence(expected, found);
    Self::Twice { filename, index } => Refused "other-bytes"
        ("'{index}' lists '{filename}' twice, with different digests"),
        file(filename);
} }
