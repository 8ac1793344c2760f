//! Wheels and sdists as bytes: reading them as if an enemy had made them, checking that they are
//! what their names say, and rewriting them so that equal content is equal bytes.

mod blocks;
pub mod canonical;
mod distribution;
mod error;
mod member;
mod metadata;
#[cfg(test)]
mod mutations;
#[cfg(test)]
mod samples;
mod sdist;
mod tar;
mod time;
#[cfg(test)]
mod vectors;
mod wheel;
mod zip;

use std::io::{Read, Seek};
use std::path::Path;

use pysign_names::DistName;

pub use canonical::CANON;
pub use distribution::holds_distribution;
pub use error::{Error, Refusal};
pub use metadata::{Headers, Metadata};
pub use sdist::unpack as unpack_sdist;

/// Reads METADATA or PKG-INFO from the wheel or sdist at `path`, open as `source`. Refuses an archive
/// that is not what its name says: project and version as in that document, a wheel's tags and build
/// as in its WHEEL. Any other name is refused too.
pub fn identity(source: &mut (impl Read + Seek), path: &Path) -> Result<Metadata, Error> {
    match metadata::file_name(path)? {
        DistName::Sdist(_) => sdist::identity(source, path),
        DistName::Wheel(_) => wheel::identity(source, path),
    }
}
