//! Environment, clock, secrets, notes, digests and the staging of files.
