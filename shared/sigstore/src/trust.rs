//! The trusted root: the only place that keys come from.

use std::path::{Path, PathBuf};

use pysign_host::{Host, Sha256, read_named};
use pysign_http::{Client, Url};
use sigstore_verify::trust_root;

use crate::error::said;
use crate::tuf::{self, Instance, TufSource};
use crate::{Error, TrustError};

/// The public instance's has 7 kB; it grows by some hundred bytes with each log.
const MAX_ROOT: u64 = 1 << 20;

/// The forms of protobuf-specs, `sigstore_trustroot.proto`.
const MEDIA_TYPES: [&str; 2] = [
    "application/vnd.dev.sigstore.trustedroot+json;version=0.1",
    "application/vnd.dev.sigstore.trustedroot.v0.2+json",
];

/// Where the trusted root is taken from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TrustSource {
    /// A file that the user names.
    File(PathBuf),
    /// A repository, by TUF.
    Tuf(TufSource),
}

impl TrustSource {
    /// A file, else a repository with the root metadata to begin with, else the public instance for
    /// trying things or for real.
    pub fn new(file: Option<PathBuf>, staging: bool, repository: Option<(Url, PathBuf)>) -> Self {
        let public = if staging { Instance::Staging } else { Instance::Production };
        match (file, repository) {
            (Some(file), _) => Self::File(file),
            (None, Some((url, root))) => Self::Tuf(TufSource::Private { url, root }),
            (None, None) => Self::Tuf(TufSource::Public(public)),
        }
    }

    /// The file of the user's that it begins with.
    pub fn file(&self) -> Option<&Path> {
        match self {
            Self::File(file) | Self::Tuf(TufSource::Private { root: file, .. }) => Some(file),
            Self::Tuf(TufSource::Public(_)) => None,
        }
    }
}

/// Which trusted root was used, for whoever reads the result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Trust {
    /// `tuf`: fetched now; `cache`: kept since an earlier run; `embedded`: part of the program;
    /// `file`: named by the user.
    pub source: &'static str,
    /// The digest of its bytes.
    pub sha256: Sha256,
}

/// Authorities and logs with their keys, and when each was valid.
#[derive(Clone, Debug)]
pub struct TrustedRoot {
    /// What messages call it.
    pub(crate) name: PathBuf,
    pub(crate) trust: Trust,
    pub(crate) root: trust_root::TrustedRoot,
}

impl TrustedRoot {
    /// The trusted root of `source`. One that comes by TUF is fetched with `client`, at most once a
    /// day, unless that is offline; then it is what is kept, or part of the program, with a warning.
    pub fn load(source: &TrustSource, client: &Client, host: &Host) -> Result<Self, TrustError> {
        match source {
            TrustSource::File(file) => Ok(Self::read(file)?),
            TrustSource::Tuf(source) => {
                let [target] = tuf::targets(source, [tuf::TRUSTED_ROOT], client, host)?;
                Ok(Self::parse(target.name, target.source, &target.bytes)?)
            }
        }
    }

    /// The one in a file.
    pub fn read(file: &Path) -> Result<Self, Error> {
        let bytes = read_named(file, MAX_ROOT).map_err(Error::File)?;
        Self::parse(file.to_owned(), "file", &bytes)
    }

    /// The one of a public instance, as it was when this program was made.
    pub fn embedded(instance: Instance) -> Result<Self, Error> {
        let bytes = instance.embedded(tuf::TRUSTED_ROOT).unwrap_or_default().as_bytes();
        Self::parse(PathBuf::from("the embedded trusted_root.json"), "embedded", bytes)
    }

    pub(crate) fn parse(name: PathBuf, source: &'static str, bytes: &[u8]) -> Result<Self, Error> {
        let refused = |cause| Error::TrustedRoot { file: name.clone(), cause };
        let text = std::str::from_utf8(bytes).map_err(|cause| refused(said(&cause)))?;
        let root =
            trust_root::TrustedRoot::from_json(text).map_err(|cause| refused(said(&cause)))?;
        if !MEDIA_TYPES.contains(&root.media_type.as_str()) {
            return Err(refused(format!("its mediaType is '{}'", root.media_type).into()));
        }
        Ok(Self { name, trust: Trust { source, sha256: Sha256::of(bytes) }, root })
    }
}
