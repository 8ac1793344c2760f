//! What the sandbox forges is what the verifier takes: every form, signer and log, so that a test
//! that changes one thing changes nothing else. Where clients do not sign so, or the library does
//! not verify it, the table says why.

use std::path::Path;

use pysign_attest::PublicKey;
use pysign_host::{Host, Problem as _, Sha256};
use pysign_sandbox::{Forge, Forged, KeyKind, Sandbox};
use pysign_sigstore::{Subject, TrustedRoot, Verifier};

const NAME: &str = "demo-1.0.0.tar.gz";
const BYTES: &[u8] = b"file\n";

fn verifier(sandbox: &Sandbox) -> Verifier {
    let root = sandbox.directory().join("trusted_root.json");
    Verifier::new(TrustedRoot::read(&root).unwrap(), &Host::test(&[])).unwrap()
}

/// The code of the refusal, or nothing; by the key in this PEM, or a certificate.
fn refusal(verifier: &Verifier, forged: &Forged, key: Option<String>) -> Option<&'static str> {
    let key = key.map(|pem| PublicKey::from_pem(pem.as_bytes()).unwrap());
    let subject =
        Subject { file: Path::new(NAME), digest: Sha256::of(BYTES), filename: Some(NAME) };
    let bundle = forged.bundle().unwrap().to_string();
    let proof = verifier.prove(&subject, bundle.as_bytes(), key.as_ref());
    proof.err().map(|error| error.facts().code)
}

fn contents() -> [(&'static str, Forge); 3] {
    let statement = || Forge::publish_attestation(NAME, BYTES);
    [("file", Forge::file(BYTES)), ("dsse", statement()), ("intoto", statement().intoto_entry())]
}

#[test]
fn every_form_is_proven_by_a_certificate() {
    let sandbox = Sandbox::start().unwrap();
    let verifier = verifier(&sandbox);
    for (what, content) in contents() {
        for log in [1, 2] {
            // Rekor v2 has no such kind.
            if (what, log) == ("intoto", 2) {
                continue;
            }
            for timestamps in [log - 1, 2] {
                let forge = content.clone().log(log).timestamps(timestamps.into());
                let forged = sandbox.forge(&forge).unwrap();
                let refused = refusal(&verifier, &forged, None);
                assert_eq!(refused, None, "{what} in Rekor v{log}, {timestamps} timestamps");
            }
            let other = sandbox.forge(&content.clone().log(log).signed(b"other")).unwrap();
            assert_eq!(refusal(&verifier, &other, None), Some("signature-invalid"), "{what}");
        }
    }
    let digest: [u8; 32] = *Sha256::of(BYTES).as_bytes();
    let forged = sandbox.forge(&Forge::digest(digest)).unwrap();
    assert_eq!(refusal(&verifier, &forged, None), None);
}

/// Whether a key's signature can be proven from the file's SHA-256 and the entry alone.
fn is_provable(kind: KeyKind, what: &str, log: u8) -> bool {
    match kind {
        KeyKind::P256 => true,
        // Entries of Rekor v2 are for P-256 alone in the library.
        _ if log == 2 => false,
        // PKCS #1 signs the digest.
        KeyKind::Rsa => true,
        // Of a file, the SHA-384 or the bytes themselves would be needed; an envelope is there.
        KeyKind::P384 | KeyKind::Ed25519 => what != "file",
    }
}

#[test]
fn every_kind_of_key_proves_what_can_be_proven() {
    let sandbox = Sandbox::start().unwrap();
    let verifier = verifier(&sandbox);
    for kind in [KeyKind::P256, KeyKind::P384, KeyKind::Ed25519, KeyKind::Rsa] {
        for (what, content) in contents() {
            for log in [1, 2] {
                if (what, log) == ("intoto", 2) {
                    continue;
                }
                let forged = sandbox.forge(&content.clone().key(kind).log(log)).unwrap();
                let expected =
                    if is_provable(kind, what, log) { None } else { Some("signature-unsupported") };
                let own = forged.public_key().unwrap();
                let found = refusal(&verifier, &forged, Some(own));
                assert_eq!(found, expected, "{kind:?}, {what}, Rekor v{log}");
                let other = sandbox.forge(&content.clone().key(kind)).unwrap();
                let other = other.public_key().unwrap();
                let found = refusal(&verifier, &forged, Some(other));
                assert!(found.is_some(), "{kind:?}, {what}, Rekor v{log}, another key");
            }
        }
    }
}
