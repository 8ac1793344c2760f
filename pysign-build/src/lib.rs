//! Build a Python project into canonical archives.
//!
//! Any backend of PEP 517 builds a private copy of a commit, in an environment of its own and
//! without the user's secrets. What it makes is rewritten so that equal content is equal bytes.

mod archives;
mod builder;
mod environment;
mod error;
mod flags;
mod hooks;
mod installer;
mod overrides;
mod project;
mod python;
mod run;
mod stage;
mod tail;
mod workspace;

pub use flags::{Args, Build};

use error::Error;
