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
pub mod sdist;
mod tar;
#[cfg(test)]
mod vectors;
pub mod wheel;
mod zip;

use std::io::{Read, Seek};
use std::path::Path;

use pysign_names::DistName;

pub use canonical::CANON;
pub use distribution::holds_distribution;
pub use error::{Error, Refusal};
pub use metadata::{Headers, Metadata};
pub use sdist::unpack as unpack_sdist;

/// Checks that the wheel or sdist at `path`, open as `source`, is what its name says: project and
/// version as in its METADATA or PKG-INFO, a wheel's tags and build as in its WHEEL. A name that is
/// no wheel's or sdist's is refused too.
pub fn check_name(source: &mut (impl Read + Seek), path: &Path) -> Result<(), Error> {
    match file_name(path)? {
        DistName::Sdist(_) => sdist::identity(source, path)?,
        DistName::Wheel(_) => wheel::identity(source, path)?,
    };
    Ok(())
}

/// What the name of the file at `path` says.
fn file_name(path: &Path) -> Result<DistName, Error> {
    // A name that is not UTF-8 is no name of PEP 427 or PEP 625 under any reading.
    let text = path.file_name().unwrap_or_default().to_string_lossy();
    text.parse().map_err(|cause| Error::of(path)(error::Fault::Layout(cause)))
}
