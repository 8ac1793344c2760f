//! Strict verification of Sigstore bundles.
