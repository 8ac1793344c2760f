//! Canonical bytes: archives of equal content become equal, whoever built them, when and where.
//!
//! What the content doesn't decide is fixed by the profile [`CANON`]: order, times, modes, owners,
//! compression, and RECORD, which is written anew after the old one was found right.

mod sdist;
mod wheel;

pub use sdist::sdist;
pub use wheel::wheel;

/// The profile's name, as a manifest records it. Other bytes for the same content are another name.
pub const CANON: &str = "pysign-canon/0";
