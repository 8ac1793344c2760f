"""A whole Sigstore instance of the real services on this machine's loopback, for as long as one
command runs."""
