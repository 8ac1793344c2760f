//! Bundles of a hostile hand: bytes of good ones, cut, doubled, replaced and moved, in the document
//! and within what it has in base64. Nothing of it may panic, and nothing may be believed that the
//! good one does not say.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use crate::tests::vectors::{Vector, set};

/// A second's worth; two hundred thousand have found nothing more.
const ROUNDS: usize = 2_000;

/// A linear congruential generator (Knuth, MMIX): the same mutations in every run.
pub(crate) struct Random(pub(crate) u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % end.max(1)
    }

    /// Some of the bytes that parsers care for, or any.
    fn byte(&mut self) -> u8 {
        const FAVOURITES: &[u8] = b"\x00\x01\x30\x7f\x80\x82\x84\xff\n\"\\{}[],:0-=.A";
        let any = u8::try_from(self.below(256)).unwrap();
        if self.below(2) == 0 { FAVOURITES[self.below(FAVOURITES.len())] } else { any }
    }

    pub(crate) fn mutate(&mut self, bytes: &mut Vec<u8>) {
        for _ in 0..=self.below(3) {
            let at = self.below(bytes.len());
            let length = self.below(16).min(bytes.len() - at);
            match self.below(5) {
                0 => drop(bytes.drain(at..at + length)),
                1 => bytes.truncate(at),
                2 => bytes.extend_from_within(at..at + length),
                3 => bytes.insert(at, self.byte()),
                _ if at < bytes.len() => bytes[at] = self.byte(),
                _ => {}
            }
        }
    }

    /// One text of the document, or what it stands for in base64, is another.
    fn mutate_text(&mut self, value: &mut Value) {
        match value {
            Value::Object(members) => {
                let at = self.below(members.len());
                members.values_mut().nth(at).into_iter().for_each(|one| self.mutate_text(one));
            }
            Value::Array(items) => {
                let at = self.below(items.len());
                items.get_mut(at).into_iter().for_each(|one| self.mutate_text(one));
            }
            Value::String(text) => {
                let decoded = STANDARD.decode(&*text);
                let mut bytes = decoded.clone().unwrap_or_else(|_| text.clone().into_bytes());
                self.mutate(&mut bytes);
                *text = if decoded.is_ok() {
                    STANDARD.encode(bytes)
                } else {
                    String::from_utf8_lossy(&bytes).into_owned()
                };
            }
            _ => *value = self.below(1 << 20).into(),
        }
    }
}

#[test]
fn a_mutated_bundle_says_nothing_new() {
    let Some(set) = set("conformance/bundle-verify") else { return };
    for name in ["happy-path-v0.3", "rekor2-happy-path"] {
        let good = Vector::read(&set.join(name)).unwrap();
        let proof = good.prove().unwrap();
        let mut random = Random(7);
        for _ in 0..ROUNDS {
            let mut document = good.json();
            random.mutate_text(&mut document);
            let mut bytes = document.to_string().into_bytes();
            if random.below(4) == 0 {
                random.mutate(&mut bytes);
            }
            if let Ok(other) = good.prove_bytes(&bytes) {
                assert_eq!(other.signer, proof.signer);
                assert_eq!(other.signature, proof.signature);
                assert_eq!(other.signed_at, proof.signed_at);
                assert_eq!(other.log_index, proof.log_index);
            }
        }
    }
}
