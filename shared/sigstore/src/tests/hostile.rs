//! Bundles of a hostile hand: bytes of good ones, cut, doubled, replaced and moved, in the document
//! and within what it has in base64. Nothing of it may panic, and nothing may be believed that the
//! good one does not say.

use pysign_testkit::{Random, mutate};

use crate::tests::vectors::{Vector, set};

/// A second's worth; two hundred thousand have found nothing more.
const ROUNDS: usize = 2_000;

#[test]
fn a_mutated_bundle_says_nothing_new() {
    let Some(set) = set("conformance/bundle-verify") else { return };
    for name in ["happy-path-v0.3", "rekor2-happy-path"] {
        let good = Vector::read(&set.join(name)).unwrap();
        let proof = good.prove().unwrap();
        let mut random = Random::new(7);
        for _ in 0..ROUNDS {
            let bytes = mutate(&mut random, &good.bundle, &good.bundle);
            if let Ok(other) = good.prove_bytes(&bytes) {
                assert_eq!(other.signer, proof.signer);
                assert_eq!(other.signature, proof.signature);
                assert_eq!(other.signed_at, proof.signed_at);
                assert_eq!(other.log_index, proof.log_index);
            }
        }
    }
}
