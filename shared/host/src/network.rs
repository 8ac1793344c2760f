//! How the network may be used.

use std::path::PathBuf;
use std::time::Duration;

/// What the command line says about every request. The command line is read by one crate and
/// requests are made by another, and neither knows of the other: this is what they share.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Network {
    /// How long a request may make no progress (`--timeout`).
    pub timeout: Duration,
    /// Whether every request is an error (`--offline`).
    pub offline: bool,
    /// A PEM file of authorities to trust in addition to the platform's (`--cacert`).
    pub cacert: Option<PathBuf>,
}

impl Default for Network {
    fn default() -> Self {
        Self { timeout: Duration::from_secs(30), offline: false, cacert: None }
    }
}
