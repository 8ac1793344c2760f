//! Publish a release with its signatures.
