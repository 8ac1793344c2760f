//! Prove who signed each file of a release.
