//! What the man page says of proofs.

/// What holds when a signature does.
pub(crate) const PROOFS: &str = "\
A signature holds if its key has made it over the file, or over an in-toto statement about the file; \
if that key is the one of --key, or that of a certificate from an authority of the trusted root, which \
was valid then; and if it is in a log of the trusted root: with a proof, a checkpoint and, of Rekor v1, \
the log's promise. Every time that is there is proven, and is one at which certificate, authority and \
log were valid, the first and the last second included. What is there and not proven is refused.

A statement is about a file by its SHA-256. About a wheel or an sdist it is by the name too, both in \
one subject. Other algorithms prove nothing, and deny nothing.

SLSA provenance (https://slsa.dev/provenance/v1) of a wheel or an sdist names the repository and the \
commit of its certificate: among the resolvedDependencies, or as externalParameters.source, and by no \
other name in externalParameters. A certificate that lacks either has no provenance. With --key, the key \
speaks for itself.

Keys of P-256 and RSA (2048 to 8192 bits, PKCS #1 version 1.5, SHA-256) sign files and statements; keys \
of P-384 and Ed25519 sign statements: what they sign of a file is not its SHA-256, and of Ed25519 no log \
takes it. In Rekor v2 a key is one of P-256.";
