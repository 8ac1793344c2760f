//! The life of a process, the same for all five programs.
//!
//! A program is a table of flags and a recipe. Everything between the system and the recipe is
//! here: the command line, help, man page and completions, the manifest on standard input,
//! diagnostics, the exit status, and the single write to standard output.

mod complete;
mod driver;
mod flag;
mod help;
mod input;
mod man;
mod matches;
mod parse;
mod report;
mod suggest;
mod terminal;
pub mod trust;
mod usage;

pub use driver::{OutputError, main};
pub use flag::{Flag, Repeat, Spec, Takes, flags};
pub use input::{Input, InputError};
pub use matches::Matches;
pub use pysign_host::{Evidence, Failure, Host, Problem, Status};
pub use pysign_manifest::Manifest;
pub use trust::Trust;
pub use usage::Usage;

/// One of the five programs.
pub trait Tool {
    /// All that `--help` and the man page say.
    const SPEC: Spec;

    /// The command line, understood.
    type Args;

    /// Turns what was given into what is meant; the last place for a usage error.
    fn args(matches: &Matches) -> Result<Self::Args, Usage>;

    /// The work. It returns the manifest to print, or nothing when there is none to print
    /// (`--dry-run`, `--check`), and can't print itself.
    fn run(args: Self::Args, input: Input, host: &Host) -> Result<Option<Manifest>, Failure>;
}

/// The exit code of a status: an interface, see the man page's EXIT STATUS.
pub const fn exit_code(status: Status) -> u8 {
    match status {
        Status::Refused => 1,
        Status::Usage => 2,
        Status::Input => 3,
        Status::Unavailable => 4,
        Status::Denied => 5,
        Status::Upstream => 6,
    }
}
