//! The simple index: which files of a project exist, where they are, and their digests.
//!
//! One page type for both forms, HTML (PEP 503) and JSON (PEP 691), read from a server or from a
//! directory, and written for the latter. A page is not trusted: names are parsed, addresses are
//! resolved or refused, and digests are there to be compared with what is downloaded.

mod directory;
mod error;
mod html;
mod json;
mod location;
mod page;
mod read;
mod server;

pub use directory::{Directory, Form};
pub use error::Error;
pub use html::write_projects as projects_html;
pub use json::write_projects as projects_json;
pub use location::Location;
pub use page::{File, Ignored, Page};
pub use server::Index;
