use std::sync::atomic::{AtomicUsize, Ordering};

use sigstore_verify::crypto::{Error, KeyPair};

use super::*;

/// Computes as aws-lc does, and counts how often.
#[derive(Debug, Default)]
struct Counting(AtomicUsize);

impl CryptoProvider for Counting {
    fn hash(&self, algorithm: HashAlgorithm) -> Result<Box<dyn HashContext>> {
        aws_lc_provider().hash(algorithm)
    }

    fn verify_raw(
        &self,
        scheme: SigningScheme,
        key: &[u8],
        message: &[u8],
        signature: &[u8],
    ) -> Result<()> {
        self.0.fetch_add(1, Ordering::Relaxed);
        aws_lc_provider().verify_raw(scheme, key, message, signature)
    }

    fn verify_prehashed(
        &self,
        scheme: SigningScheme,
        key: &[u8],
        digest: &[u8],
        signature: &[u8],
    ) -> Result<()> {
        self.0.fetch_add(1, Ordering::Relaxed);
        aws_lc_provider().verify_prehashed(scheme, key, digest, signature)
    }
}

/// A provider that remembers, how often it has computed, and a good signature.
struct Case {
    provider: CachingProvider,
    counting: &'static Counting,
    key: Vec<u8>,
    signature: Vec<u8>,
}

const SCHEME: SigningScheme = SigningScheme::EcdsaP256Sha256;
const MESSAGE: &[u8] = b"message";

impl Case {
    fn new() -> Self {
        let pair = KeyPair::generate_ecdsa_p256().unwrap();
        let spki = pair.public_key_der().unwrap();
        // The point is the end of a SubjectPublicKeyInfo.
        let key = spki.as_bytes()[spki.as_bytes().len() - 65..].to_vec();
        let signature = pair.sign(MESSAGE).unwrap().as_bytes().to_vec();
        let counting: &Counting = Box::leak(Box::default());
        Self { provider: CachingProvider(counting), counting, key, signature }
    }

    fn computed(&self) -> usize {
        self.counting.0.load(Ordering::Relaxed)
    }
}

#[test]
fn what_was_good_is_not_computed_again() {
    let case = Case::new();
    for _ in 0..3 {
        case.provider.verify_raw(SCHEME, &case.key, MESSAGE, &case.signature).unwrap();
    }
    assert_eq!(case.computed(), 1);
    // The digest of the same message is another thing to verify.
    let digest = case.provider.sha256(MESSAGE);
    for _ in 0..3 {
        case.provider.verify_prehashed(SCHEME, &case.key, &digest, &case.signature).unwrap();
    }
    assert_eq!(case.computed(), 2);
}

#[test]
fn whatever_differs_is_computed() {
    let (case, other) = (Case::new(), Case::new());
    let verify = |scheme, key: &[u8], message: &[u8], signature: &[u8]| -> Option<Error> {
        case.provider.verify_raw(scheme, key, message, signature).err()
    };
    assert!(verify(SCHEME, &case.key, MESSAGE, &case.signature).is_none());
    let mut wrong = case.signature.clone();
    *wrong.last_mut().unwrap() ^= 1;
    let longer = [&case.signature[..], &[0]].concat();
    let other_scheme = SigningScheme::EcdsaP256Sha384;
    let changes = [
        (other_scheme, &case.key[..], MESSAGE, &case.signature[..]),
        (SCHEME, &other.key, MESSAGE, &case.signature),
        (SCHEME, &case.key, b"massage", &case.signature),
        (SCHEME, &case.key, b"", &case.signature),
        (SCHEME, &case.key, MESSAGE, &wrong),
        (SCHEME, &case.key, MESSAGE, &longer),
    ];
    for (number, (scheme, key, message, signature)) in (1..).zip(changes) {
        // Twice: a refusal is not remembered.
        for _ in 0..2 {
            assert!(verify(scheme, key, message, signature).is_some(), "{number}");
        }
        assert_eq!(case.computed(), 1 + 2 * number);
    }
    assert!(case.provider.verify_prehashed(SCHEME, &case.key, MESSAGE, &case.signature).is_err());
}

/// Where one part ends and the next begins is part of what is known.
#[test]
fn no_two_are_written_alike() {
    let name = |key: &[u8], over, signature: &[u8]| name(SCHEME, key, over, signature);
    let one = name(b"ab", Over::Message(b"c"), b"d");
    assert_eq!(one, name(b"ab", Over::Message(b"c"), b"d"));
    for other in [
        name(b"a", Over::Message(b"bc"), b"d"),
        name(b"ab", Over::Message(b"cd"), b""),
        name(b"ab", Over::Message(b""), b"cd"),
        name(b"ab", Over::Digest(b"c"), b"d"),
    ] {
        assert_ne!(one, other);
    }
}

#[test]
fn the_memory_is_small_and_its_threads_are_strangers() {
    assert!(size_of::<[Option<Sha256>; PLACES]>() <= 16 << 10);
    let case = Case::new();
    let verify = || case.provider.verify_raw(SCHEME, &case.key, MESSAGE, &case.signature).unwrap();
    verify();
    std::thread::scope(|scope| scope.spawn(verify).join().unwrap());
    assert_eq!(case.computed(), 2);
}
