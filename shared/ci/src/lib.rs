//! What a CI job says of itself in its variables: parsed once, pure, no I/O. GitLab's, so far.

mod error;
mod job;
mod login;
mod project;
mod registry;
mod tokens;
mod url;

pub use error::Error;
pub use job::{Job, JobToken};
pub use login::Login;
pub use project::{ParseProjectError, Project};
pub use registry::Registry;
pub use tokens::{SIGSTORE_AUDIENCE, TOKEN_VARIABLES, holds_token, id_token_variable, tokens_in};
