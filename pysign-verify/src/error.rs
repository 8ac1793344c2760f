//! What keeps a file from being proven, beside what files, archives and signatures say themselves.

use std::path::{Path, PathBuf};

use pysign_attest::Bundle;
use pysign_host::{Problem, shell_quoted};
use pysign_manifest::{SIDECARS, SignatureKind};

/// Why nothing was proven.
#[derive(Debug)]
pub(crate) enum Error {
    /// A file that begins like what a signature over a statement is made of.
    Ambiguous { file: PathBuf },
    /// A signature of another instance of Sigstore than the trusted root's, by its certificate.
    Instance { authority: String, cause: Box<dyn Problem> },
    /// A wheel or an sdist under a name that is neither's.
    Misnamed { file: PathBuf },
    /// No log has an entry for a signature that comes without one.
    NotLogged { file: PathBuf },
    /// A sidecar whose name is for another kind of signature, this one.
    OtherKind { file: PathBuf, kind: SignatureKind },
    /// The directory of the output is that of a file that is read.
    OutputIsInput { directory: PathBuf },
    /// A pair is not that of any bundle of its file.
    PairMismatch { file: PathBuf },
    /// A file without any signature; `beside` it they were looked for, by their names.
    Unsigned { file: PathBuf, beside: bool },
    /// What is wrong with a signature, and in which sidecar: the file may have several.
    Within { sidecar: PathBuf, cause: Box<dyn Problem> },
}

/// Whether signatures of this kind are over a statement about the file, and not over the file.
pub(crate) fn is_over_statement(kind: SignatureKind) -> bool {
    !matches!(kind, SignatureKind::Bundle | SignatureKind::Pair)
}

pysign_host::problem! { Error {
    Self::Ambiguous { file } => Refused "signature-ambiguous"
        ("'{}' begins with 'DSSEv1 ': its signature could be taken for one over a statement",
         file.display()),
        file(file);
    Self::Misnamed { file } => Refused "layout-renamed"
        ("'{}' holds a wheel's METADATA or an sdist's PKG-INFO, and has the name of neither",
         file.display()),
        file(file);
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
    Self::Instance { authority, cause } => &**cause,
        ("{cause}; its certificate says that it is from {authority}");
    Self::Within { sidecar, cause } => &**cause, ("{cause} ('{}')", sidecar.display());
} }

/// The keys of the authorities of the public instances, which have one name.
const PUBLIC: [([u8; 4], &str); 2] = [
    ([0xdf, 0xd3, 0xe9, 0xcf], "Sigstore's public instance"),
    ([0x71, 0x86, 0x30, 0xa6], "Sigstore's staging instance"),
];

/// Says whose certificate is in the bundle if the trusted root does not know its authority or log, or
/// there is no log: most often, another instance of Sigstore has signed.
pub(crate) fn with_instance(cause: Box<dyn Problem>, bundle: &Bundle) -> Box<dyn Problem> {
    let is_foreign = match cause.facts().code {
        "certificate-untrusted" | "log-unknown" => true,
        "log-entries" => bundle.entries.is_empty(),
        _ => false,
    };
    let Some(certificate) = bundle.certificate().ok().filter(|_| is_foreign) else { return cause };
    let (name, key) = certificate.authority();
    let public = PUBLIC.iter().find(|(begin, _)| key.starts_with(begin));
    let instance = public.map(|(_, instance)| format!(" ({instance})")).unwrap_or_default();
    Box::new(Error::Instance { authority: format!("'{name}'{instance}"), cause })
}

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
