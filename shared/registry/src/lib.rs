//! Places to publish to and to fetch from: how a command line names one, the login for it, where the
//! sidecars and the marker of a release are, and how long to look for what was just sent.
//!
//! Publish and fetch share it, so that fetch finds what publish has sent, and so that a token reaches a
//! server in one way only: bound to the origin that it is for.

mod error;
mod gitlab;
mod login;
mod place;
mod poll;
mod sidecars;

pub use error::Error;
pub use gitlab::GitlabProject;
pub use login::{Login, Logins, TokenFile};
pub use place::{DIRECTORY, GITLAB, LEGACY, Place, PlaceKind, Resolved};
pub use poll::poll;
pub use sidecars::{MAX_MARKER, Sidecars, Signatures};
