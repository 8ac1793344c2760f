//! What keeps a file from being proven, beside what files, archives and signatures say themselves.

use std::path::{Path, PathBuf};

use pysign_host::{Problem, shell_quoted};
use pysign_manifest::{SIDECARS, SignatureKind};

use crate::proof::is_over_statement;

/// Why nothing was proven.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// No log has an entry for a signature that comes without one.
    NotLogged {
        /// The signature.
        file: PathBuf,
    },
    /// A sidecar whose name promises another kind of signature.
    OtherKind {
        /// The sidecar.
        file: PathBuf,
        /// The kind that its name is for.
        kind: SignatureKind,
    },
    /// The directory of the output is that of a file that is read.
    OutputIsInput {
        /// The directory.
        directory: PathBuf,
    },
    /// A pair is not that of any bundle of its file.
    PairMismatch {
        /// The signature.
        file: PathBuf,
    },
    /// A file without any signature.
    Unsigned {
        /// The file.
        file: PathBuf,
        /// Whether signatures were looked for beside the file, by their names.
        beside: bool,
    },
    /// What is wrong with a signature, and where that is: the file may have several.
    Within {
        /// The sidecar.
        sidecar: PathBuf,
        /// What is wrong; it is about the signed file.
        cause: Box<dyn Problem>,
    },
}

pysign_host::problem! { Error {
    Self::NotLogged { file } => Refused "not-logged"
        ("no log has an entry for the signature '{}'", file.display()),
        file(file);
    Self::OtherKind { file, kind } => Refused "signature-kind"
        ("the signature '{}' is over {}, not over {} as its name says",
         file.display(), signed(!is_over_statement(*kind)), signed(is_over_statement(*kind))),
        file(file), hint_if(bundle_hint(file, *kind));
    Self::OutputIsInput { directory } => Input "output-is-input"
        ("'{}' can't be the output: files that are verified lie in it", directory.display()),
        file(directory);
    Self::PairMismatch { file } => Refused "pair-mismatch"
        ("'{}' and its certificate are not those of the bundle beside them", file.display()),
        file(file);
    Self::Unsigned { file, beside } => Refused "unsigned" ("{}", unsigned(file, *beside)),
        file(file);
} from {
    Self::Within { sidecar, cause } => &**cause, ("{cause} ('{}')", sidecar.display());
} }

fn signed(is_statement: bool) -> &'static str {
    if is_statement { "a statement about the file" } else { "the file itself" }
}

/// A bundle over a statement, under the name of one over the file (`sigstore attest` writes that),
/// is read by what it is when it is named.
fn bundle_hint(file: &Path, kind: SignatureKind) -> Option<String> {
    let hint = || {
        format!(
            "to verify it as a statement: --bundle {}",
            shell_quoted(&file.display().to_string())
        )
    };
    (kind == SignatureKind::Bundle).then(hint)
}

fn unsigned(file: &Path, beside: bool) -> String {
    let file = file.display();
    if !beside {
        return format!("'{file}' has no signature");
    }
    let names = SIDECARS.map(|row| row.text).join(", ");
    format!("'{file}' has no signature; looked for files of the same name with {names} at the end")
}
