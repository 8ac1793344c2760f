//! Sign the files of a release with Sigstore.
