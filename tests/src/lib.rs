//! The tests of the five programs.
