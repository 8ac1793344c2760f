//! The trusted root: the only place that keys come from.

use std::path::PathBuf;

use pysign_host::{Sha256, read_named};
use sigstore_verify::trust_root::{self, SIGSTORE_PRODUCTION_TRUSTED_ROOT};

use crate::Error;
use crate::error::said;

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
    /// The public instance's, as it was when this program was made.
    Embedded,
    /// A file that the user names.
    File(PathBuf),
}

/// Which trusted root was used, for whoever reads the result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Trust {
    /// `embedded` or `file`.
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
    /// Reads a trusted root.
    pub fn load(source: &TrustSource) -> Result<Self, Error> {
        match source {
            TrustSource::Embedded => {
                let bytes = SIGSTORE_PRODUCTION_TRUSTED_ROOT.as_bytes();
                Self::parse(PathBuf::from("the embedded one"), "embedded", bytes)
            }
            TrustSource::File(file) => {
                let bytes = read_named(file, MAX_ROOT).map_err(Error::File)?;
                Self::parse(file.clone(), "file", &bytes)
            }
        }
    }

    fn parse(name: PathBuf, source: &'static str, bytes: &[u8]) -> Result<Self, Error> {
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
