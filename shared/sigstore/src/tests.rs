//! Tests of the verifier as a whole: bundles that others made, forged ones, and changed ones.

mod advisories;
mod attestations;
mod conformance;
mod every_member;
mod forgery;
mod hostile;
mod legacy_bundle;
mod managed_keys;
mod validity_windows;
pub(crate) mod vectors;
