//! Names of Python's packages: projects, versions, wheels, sdists, pins, requirements.
//!
//! Names lie. Each type here is made by `FromStr` and by nothing else, so a value of it has been
//! parsed: it holds no slash, no control character and no `..`, and means one thing only.

mod dist;
mod error;
mod pin;
mod project;
mod requirement;
mod sdist;
mod version;
mod wheel;

pub use dist::{DistName, is_installable};
pub use error::Error;
pub use pin::Pin;
pub use project::ProjectName;
pub use requirement::Requirement;
pub use sdist::SdistName;
pub use version::Version;
pub use wheel::{BuildTag, WheelName};
