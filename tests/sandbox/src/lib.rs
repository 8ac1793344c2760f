//! A GitLab job with a whole Sigstore on one machine, for tests.
