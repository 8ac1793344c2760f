//! Which files beside an artifact are its sidecars: by exact name, nothing else. One row of the table
//! says all about a name.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// A word of the manifest that this version does not know.
#[derive(Clone, Copy, Debug)]
pub struct UnknownWord;

/// Makes an enum of the words that stand in a manifest: one row says variant and word.
macro_rules! words {
    ($(#[$about:meta])* $name:ident { $($(#[$doc:meta])* $variant:ident $word:literal,)* }) => {
        $(#[$about])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name { $($(#[$doc])* $variant,)* }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(match self { $(Self::$variant => $word,)* })
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::UnknownWord;

            fn from_str(text: &str) -> Result<Self, $crate::UnknownWord> {
                match text { $($word => Ok(Self::$variant),)* _ => Err($crate::UnknownWord) }
            }
        }
    };
}
pub(crate) use words;

words! {
    /// What a signature consists of, and what it says.
    SignatureKind {
        /// A PEP 740 attestation.
        Attestation "attestation",
        /// A Sigstore bundle over the file's digest.
        Bundle "bundle",
        /// A detached signature with its certificate.
        Pair "pair",
        /// A PEP 740 provenance object, as an index serves it.
        Provenance "provenance",
        /// One statement over all files of the release.
        Release "release",
        /// A bundle with an in-toto statement about the file.
        Statement "statement",
    }
}

words! {
    /// What one file is to its signature.
    Role {
        /// A PEP 740 attestation object.
        Attestation "attestation",
        /// A Sigstore bundle.
        Bundle "bundle",
        /// The signing certificate.
        Certificate "certificate",
        /// A PEP 740 provenance object.
        Provenance "provenance",
        /// The detached signature.
        Signature "signature",
    }
}

/// What publish does with a sidecar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Publish {
    /// It is not sent, and a warning says so.
    Leave,
    /// It is an error: only an index makes it.
    Refuse,
    /// It is sent.
    Send,
}

/// One row of the table of sidecars.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Suffix {
    /// What is appended to the name of the artifact, or of the release.
    pub text: &'static str,
    /// The kind of signature it belongs to.
    pub kind: SignatureKind,
    /// What it is to that signature.
    pub role: Role,
    /// What publish does with it.
    pub publish: Publish,
    /// Whether fetch asks for it by name.
    pub is_fetched: bool,
}

const fn row(
    text: &'static str,
    kind: SignatureKind,
    role: Role,
    publish: Publish,
    is_fetched: bool,
) -> Suffix {
    Suffix { text, kind, role, publish, is_fetched }
}

/// The names of sidecars. Longer suffixes stand before the ones they end in.
pub const SIDECARS: [Suffix; 9] = [
    row(".statement.sigstore.json", SignatureKind::Statement, Role::Bundle, Publish::Send, true),
    row(".sigstore.json", SignatureKind::Bundle, Role::Bundle, Publish::Send, true),
    // The name that older clients gave to a bundle.
    row(".sigstore", SignatureKind::Bundle, Role::Bundle, Publish::Leave, false),
    row(".sig", SignatureKind::Pair, Role::Signature, Publish::Send, true),
    row(".crt", SignatureKind::Pair, Role::Certificate, Publish::Send, true),
    row(".pem", SignatureKind::Pair, Role::Certificate, Publish::Send, true),
    row(".publish.attestation", SignatureKind::Attestation, Role::Attestation, Publish::Send, true),
    row(".slsa.attestation", SignatureKind::Attestation, Role::Attestation, Publish::Send, true),
    row(".provenance", SignatureKind::Provenance, Role::Provenance, Publish::Refuse, true),
];

/// The sidecar that belongs to a whole release: `NAME-VERSION.release.sigstore.json`.
pub const RELEASE: Suffix =
    row(".release.sigstore.json", SignatureKind::Release, Role::Bundle, Publish::Send, true);

impl Suffix {
    /// The row that a sidecar of this name has.
    pub fn of(path: &Path) -> Option<&'static Self> {
        let name = path.file_name()?.to_str()?;
        std::iter::once(&RELEASE).chain(&SIDECARS).find(|row| name.ends_with(row.text))
    }
}

impl SignatureKind {
    /// The roles that its files play, sorted: each once.
    pub(crate) fn roles(self) -> Vec<Role> {
        let rows = SIDECARS.iter().chain([&RELEASE]).filter(|row| row.kind == self);
        let mut roles: Vec<Role> = rows.map(|row| row.role).collect();
        roles.sort_unstable();
        roles.dedup();
        roles
    }
}

/// `artifact` with `suffix` appended to its name.
pub fn sidecar_path(artifact: &Path, suffix: &str) -> PathBuf {
    let mut name = OsString::from(artifact);
    name.push(suffix);
    name.into()
}

/// Where the sidecars of an artifact may lie.
#[derive(Clone, Debug)]
pub(crate) struct Places {
    /// The artifact itself; a mere digest has no place.
    pub(crate) artifact: Option<PathBuf>,
    /// The release statement.
    pub(crate) release: Option<PathBuf>,
}

impl Places {
    /// Whether a sidecar of this kind and role may lie at `path`.
    pub(crate) fn have(&self, path: &Path, kind: SignatureKind, role: Role) -> bool {
        if kind == RELEASE.kind {
            return self.release.as_deref() == Some(path);
        }
        let Some(artifact) = &self.artifact else { return false };
        let mut rows = SIDECARS.iter().filter(|row| row.kind == kind && row.role == role);
        rows.any(|row| sidecar_path(artifact, row.text) == path)
    }
}
