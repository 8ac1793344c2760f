//! Fetch a release with its signatures, executing nothing.
