//! What tests of several crates share: scratch directories, numbers that look random, and documents
//! that were good before they were changed. It knows none of the crates that it helps to test.

// What a kit for tests can't do ends the test, as it would if it stood there.
#![allow(clippy::indexing_slicing, clippy::missing_panics_doc, clippy::unwrap_used)]

mod der;
mod difference;
mod members;
mod mutation;
mod random;
mod scratch;
mod unsigned;

pub use difference::places;
pub use members::{bytes, changes, twice};
pub use mutation::mutate;
pub use random::Random;
pub use scratch::Scratch;
pub use unsigned::unsigned;
