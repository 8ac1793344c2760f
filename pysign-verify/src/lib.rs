//! Prove who signed each file of a release.
//!
//! A manifest is a claim: what it says was proven is dropped, every file is hashed again, and every
//! signature that it lists must hold, be in the log, and be of the signer that the command line
//! names. What comes out is what was proven, or nothing.

mod copy;
mod detached;
mod error;
mod evidence;
mod flags;
mod manual;
mod policy;
mod proof;
mod report;
mod run;
mod subject;

use error::Error;
pub use flags::{Args, Verify};
use policy::PolicyError;
pub use policy::PolicyFile;
