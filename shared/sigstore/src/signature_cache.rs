//! A cache of good signatures, which are not computed again.
//!
//! Whether a signature is that of a key over a message depends on nothing else, so what was found
//! once stays true: the second look at a log's promise within one bundle, the authority's own
//! certificate in each timestamp, one certificate for all files of a release. Only the outcome of
//! that computation is remembered. What it means (windows, names, logs) is asked anew each time.
//!
//! A signature is known by a digest over its scheme, key, message and bytes. What was refused is
//! not remembered. Each thread remembers for itself: nothing is shared, and nothing waits.

use std::cell::RefCell;
use std::io::{self, Write as _};
use std::sync::LazyLock;

use pysign_host::{HashingWriter, Sha256};
use sigstore_verify::crypto::{
    CryptoProvider, HashContext, KeyAlgorithm, Result, SigningKeyPair, SigningScheme,
    aws_lc_provider, install_default_provider,
};
use sigstore_verify::types::HashAlgorithm;

/// How many signatures a thread remembers: those of some fifty bundles, in 8 KiB.
const PLACES: usize = 256;

thread_local! {
    /// Each signature has one place, by the first byte of its digest, and the last one keeps it.
    static GOOD: RefCell<[Option<Sha256>; PLACES]> = const { RefCell::new([None; PLACES]) };
}

/// Lets all cryptography of the library go through the cache. Whoever comes first decides, and that
/// is always the same.
pub(crate) fn install() {
    static PROVIDER: LazyLock<CachingProvider> =
        LazyLock::new(|| CachingProvider(aws_lc_provider()));
    // An error says that there is a provider already.
    let _ = install_default_provider(&*PROVIDER);
}

/// The provider that computes.
#[derive(Debug)]
struct CachingProvider(&'static dyn CryptoProvider);

/// What is verified: a message, or its digest.
#[derive(Clone, Copy)]
enum Over<'a> {
    Message(&'a [u8]),
    Digest(&'a [u8]),
}

impl CachingProvider {
    fn verify(
        &self,
        scheme: SigningScheme,
        key: &[u8],
        over: Over<'_>,
        signature: &[u8],
    ) -> Result<()> {
        let known = name(scheme, key, over, signature);
        let place = usize::from(known.as_bytes()[0]);
        if GOOD.with_borrow(|good| good.get(place) == Some(&Some(known))) {
            return Ok(());
        }
        match over {
            Over::Message(message) => self.0.verify_raw(scheme, key, message, signature),
            Over::Digest(digest) => self.0.verify_prehashed(scheme, key, digest, signature),
        }?;
        GOOD.with_borrow_mut(|good| good.get_mut(place).map(|place| *place = Some(known)));
        Ok(())
    }
}

/// The digest of all that decides, each part after its length: no two are written alike.
fn name(scheme: SigningScheme, key: &[u8], over: Over<'_>, signature: &[u8]) -> Sha256 {
    let (kind, content) = match over {
        Over::Message(message) => (&b"message"[..], message),
        Over::Digest(digest) => (&b"digest"[..], digest),
    };
    let parts = [scheme.name().as_bytes(), key, kind, content, signature];
    let mut writer = HashingWriter::new(io::sink());
    for part in parts {
        // Into nothing: that can't fail.
        let _ = writer.write_all(&part.len().to_be_bytes()).and_then(|()| writer.write_all(part));
    }
    let (_, digest, _) = writer.finish();
    digest
}

impl CryptoProvider for CachingProvider {
    fn verify_raw(
        &self,
        scheme: SigningScheme,
        key: &[u8],
        message: &[u8],
        signature: &[u8],
    ) -> Result<()> {
        self.verify(scheme, key, Over::Message(message), signature)
    }

    fn verify_prehashed(
        &self,
        scheme: SigningScheme,
        key: &[u8],
        digest: &[u8],
        signature: &[u8],
    ) -> Result<()> {
        self.verify(scheme, key, Over::Digest(digest), signature)
    }

    fn hash(&self, algorithm: HashAlgorithm) -> Result<Box<dyn HashContext>> {
        self.0.hash(algorithm)
    }

    fn sha256(&self, data: &[u8]) -> [u8; 32] {
        self.0.sha256(data)
    }

    fn sha384(&self, data: &[u8]) -> [u8; 48] {
        self.0.sha384(data)
    }

    fn sha512(&self, data: &[u8]) -> [u8; 64] {
        self.0.sha512(data)
    }

    fn generate_key_pair(&self, algorithm: KeyAlgorithm) -> Result<Box<dyn SigningKeyPair>> {
        self.0.generate_key_pair(algorithm)
    }

    fn key_pair_from_pkcs8_der(&self, pkcs8: &[u8]) -> Result<Box<dyn SigningKeyPair>> {
        self.0.key_pair_from_pkcs8_der(pkcs8)
    }
}

#[cfg(test)]
mod tests;
