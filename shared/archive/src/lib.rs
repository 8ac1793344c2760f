//! Wheels and sdists as bytes: reading, checking, canonical writing.
