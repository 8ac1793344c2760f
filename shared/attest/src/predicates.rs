//! The types of predicates that mean something here.

/// Who published a file to an index (docs.pypi.org/attestations/publish/v1); it says no more than its
/// signature does, so its predicate is empty.
pub const PUBLISH: &str = "https://docs.pypi.org/attestations/publish/v1";

/// How a file was built (slsa.dev/spec/v1.0/provenance).
pub const SLSA: &str = "https://slsa.dev/provenance/v1";

/// Which files a release has (in-toto, `spec/predicates/release.md`, version 0.2).
pub const RELEASE: &str = "https://in-toto.io/attestation/release/v0.2";
