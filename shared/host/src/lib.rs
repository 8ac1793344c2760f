//! What a program may ask of the machine it runs on: environment, clock, notes to the user, files.
//!
//! No other crate reads the environment or the clock, and no other crate puts a file in its place,
//! so what a test controls and what an auditor reads is all here.

mod address;
mod clock;
mod copy;
mod digest;
mod env;
mod file;
mod jobs;
mod network;
mod notes;
mod private;
mod problem;
mod secret;
mod staging;
mod text;

pub use address::{METADATA_SERVER, is_loopback, is_metadata_server};
pub use clock::Clock;
pub use copy::{copy_hashed, hash_regular};
pub use digest::{HashingReader, HashingWriter, ParseDigestError, Sha256};
pub use env::Env;
pub use file::{FileError, open_regular, read_named, read_regular};
pub use jobs::Jobs;
pub use network::Network;
pub use notes::{Note, Notes};
pub use private::distrusted;
pub use problem::{Evidence, Facts, Failure, Problem, Status, causes};
pub use secret::Secret;
pub use staging::{Draft, Group, NewDirectory, Staged, Staging, remove_abandoned};
pub use text::{SECRET, percent_encode, shell_quoted, shell_word, without_passwords, without_user};

/// Everything outside of its arguments and its input that a run may use. Threads share it.
#[derive(Debug)]
pub struct Host {
    /// The program as manifests and servers see it: its name, a slash, its version.
    pub tool: String,
    /// The environment as it was when the process started.
    pub env: Env,
    /// The system's clock.
    pub clock: Clock,
    /// Where warnings, progress and the closing line go.
    pub notes: Notes,
    /// Where files wait until they are whole.
    pub out: Staging,
}

impl Host {
    /// A host for tests: these variables alone, nothing shown, no file replaced.
    pub fn test(pairs: &[(&str, &str)]) -> Self {
        Self {
            tool: "test/1".to_owned(),
            env: Env::from_pairs(pairs),
            clock: Clock::system(),
            notes: Notes::silent(),
            out: Staging::new(false),
        }
    }
}
