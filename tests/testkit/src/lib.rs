//! What tests of several crates share: scratch directories, numbers that look random, and documents
//! that were good before they were changed. It knows none of the crates that it helps to test.

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
