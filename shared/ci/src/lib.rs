//! What a CI job says of itself in its variables: parsed once, pure, no I/O. And what
//! projects of GitLab and GitHub are called when they sign.

mod error;
mod job;
mod project;
mod repository;
mod san;
mod sources;
mod system;
mod tokens;
mod url;

pub use error::Error;
pub use job::{Job, JobToken};
pub use project::{ParseProjectError, Project};
pub use repository::{ParseRepositoryError, Repository};
pub use san::san_uri;
pub use sources::{Command, NoSource, Request, Source};
pub use system::System;
pub use tokens::{SIGSTORE_AUDIENCE, TOKEN_VARIABLES, holds_token, id_token_variable, tokens_in};
