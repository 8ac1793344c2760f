//! Fetch a release with its signatures.
//!
//! Nothing that is fetched is executed, unpacked or believed: a file is stored if its bytes have the
//! digest that was claimed, and a signature is stored for `pysign-verify` to judge. No process is
//! started here.

mod credentials;
mod download;
mod error;
mod flags;
mod marker;
mod place;
mod run;
mod select;
mod signatures;
mod source;

pub use error::Error;
pub use flags::{Args, Fetch};
