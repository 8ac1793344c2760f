//! What a CI job says of itself in its variables: parsed once, pure, no I/O. And what
//! projects of GitLab and GitHub are called when they sign.

mod error;
mod job;
mod project;
mod repository;
mod san;
mod source;
mod system;
mod systems;
mod tokens;
mod url;

pub use error::Error;
pub use job::{Job, JobToken};
pub use project::{ParseProjectError, Project};
pub use repository::Repository;
pub use san::san_uri;
pub use source::{Command, Request, SIGSTORE_AUDIENCE, Source, id_token_variable};
pub use system::{Claims, System};
pub use systems::{
    BUILDKITE, CIRCLECI, Found, GITHUB, GITLAB, GOOGLE, NoSource, PRODUCT_NAME, SYSTEMS,
};
pub use tokens::{holds_token, tokens_in};
