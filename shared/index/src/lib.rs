//! The simple index, read and written.
