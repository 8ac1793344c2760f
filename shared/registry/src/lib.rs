//! Places to publish to and to fetch from: how a command line names one, who we are there, where the
//! sidecars and the marker of a release are, and how long to look for what was just sent.
//!
//! Publish and fetch share it, so that what one of them sends the other one finds, and so that a
//! token has one way to a server: bound to the origin it is for.

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
