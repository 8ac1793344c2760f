//! What the man page says of signatures: which forms there are, and what holds when one does.

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

/// The forms by their names beside a file, and what of each is proven by what.
pub(crate) const SIGNATURES: &str = "\
A signature is found by its name beside its file F, or is listed in the manifest under that name. \
Each must be of the kind (in brackets) that its name is for; each must hold; and each file must have one:

  F.sigstore.json          a Sigstore bundle over F (bundle)
  F.sig, F.crt or F.pem    a signature and its certificate (pair)
  F.publish.attestation    an attestation of PEP 740 (attestation)
  F.slsa.attestation       another one (attestation)
  F.provenance             an index's provenance object of PEP 740 (provenance)
  F.statement.sigstore.json
                           a bundle over a statement about F (statement)
  NAME-VERSION.release.sigstore.json
                           a bundle over a statement about all files of a release (release)

All but pairs have their proof with them: the entry of a log, and that it is in the log. A pair that \
holds the signature and the certificate of the bundle beside it is proven by that; with any other it is \
refused. With no bundle beside it, the log is asked for the entry of these two and the file's digest. \
What cosign up to version 2 writes for --bundle has an entry without the proof that it is in the log, \
which the log is then asked for. It is taken wherever a bundle over F is. What a log answers is verified \
like what came with the file; under --offline it is exit 4.

In a provenance object every attestation counts, and what the index says of the publisher does not.

Of each signature that is proven, the manifest's verified has the kind; the digest of the signature; \
identity, issuer and claims of the certificate, or the digest of the key; the earliest time that is \
proven, and all that are; log and index; the predicate type of a statement; and where the trusted root \
came from.";

#[cfg(test)]
mod tests {
    use pysign_manifest::SIDECARS;

    use super::*;

    #[test]
    fn every_name_and_kind_of_a_sidecar_is_there() {
        for row in &SIDECARS {
            let kind = row.kind.to_string();
            assert!(
                SIGNATURES.contains(&format!("F{} ", row.text)) || has_line(row.text),
                "{kind}"
            );
            assert!(SIGNATURES.contains(&format!("({kind})")), "{kind}");
        }
    }

    /// Alone in a line, or before a comma.
    fn has_line(suffix: &str) -> bool {
        let alone = |end| SIGNATURES.contains(&format!("F{suffix}{end}"));
        alone("\n") || alone(",")
    }
}
