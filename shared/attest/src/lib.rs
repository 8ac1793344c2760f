//! Formats of signatures and attestations.
