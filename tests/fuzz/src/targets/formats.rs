//! Readers of one form each. What they take, they must take again in the spelling that they write.

use std::path::Path;

use pysign_attest::{
    Attestation, Bundle, Certificate, LegacyBundle, Provenance, PublicKey, Statement,
    signature_from_text,
};
use pysign_manifest::Manifest;
use serde_json::json;

use super::unless;
use crate::seeds;
use crate::target::{Seed, Target};

/// What a bundle holds at most, by its own reader; one made of something shorter may be longer.
const MAX_BUNDLE: usize = 1 << 20;

pub(crate) fn bundle() -> Target {
    Target::reading(seeds::bundles(), Bundle::parse, |bundle| {
        // Neither may panic; a bundle with a key has no certificate.
        let _ = (bundle.digest(), bundle.certificate());
        unless(bundle.entries.len() <= 32 && bundle.timestamps.len() <= 32, "more than its caps")
    })
}

pub(crate) fn certificate() -> Target {
    Target::reading(seeds::certificates(), Certificate::from_text, |certificate| {
        let again = [
            Certificate::from_der(certificate.der()),
            Certificate::from_pem(certificate.pem().as_bytes()),
            Certificate::from_text(certificate.pem().as_bytes()),
        ];
        let same = again.iter().all(|again| again.as_ref().is_ok_and(|one| one == certificate));
        let named = !certificate.identity().is_empty() && !certificate.issuer().is_empty();
        unless(same, "another certificate when it is read again")?;
        unless(named, "a certificate without a name or an issuer")
    })
}

pub(crate) fn attestation() -> Target {
    Target::reading(seeds::attestations(".attestation"), Attestation::parse, is_bundle)
}

fn is_bundle(attestation: &Attestation) -> Result<(), String> {
    let bundle = attestation.to_bundle();
    let read = Bundle::parse(&bundle);
    unless(read.is_ok() || bundle.len() > MAX_BUNDLE, "an attestation that is no bundle")
}

pub(crate) fn provenance() -> Target {
    Target::reading(seeds::attestations(".provenance"), Provenance::parse, |provenance| {
        let attestations = provenance.attestations();
        unless((1..=32).contains(&attestations.len()), "none, or more than its cap")?;
        attestations.iter().try_for_each(is_bundle)
    })
}

pub(crate) fn legacy() -> Target {
    let made = |seed: Seed| Some(Seed::new(seed.name, seeds::legacy(&seed.bytes)?.0));
    let seeds: Vec<Seed> = seeds::bundles().into_iter().filter_map(made).collect();
    let hash = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
    let proof = json!({
        "logIndex": "6", "rootHash": hash, "treeSize": "9", "hashes": [hash],
        "checkpoint": {"envelope": "x"},
    });
    let read = |document: &[u8]| match LegacyBundle::parse(document) {
        Ok(read) => Ok((read, LegacyBundle::is_legacy(document))),
        Err(error) => Err(error),
    };
    Target::reading(seeds, read, move |(legacy, known)| {
        unless(*known, "one that is not known as one")?;
        let bundle = legacy.to_bundle(&proof);
        let read = Bundle::parse(&bundle).map_err(|error| error.to_string())?;
        unless(read.digest() == Some(legacy.digest()), "another digest in the bundle")?;
        let entry = read.entries.first().ok_or("no entry in the bundle")?;
        let same = (entry.index, entry.log) == (legacy.log_index(), legacy.log());
        unless(same, "another log entry in the bundle")
    })
}

pub(crate) fn manifest() -> Target {
    let read = |document: &[u8]| Manifest::parse(document, Path::new(""));
    Target::reading(seeds::manifests(), read, move |manifest| {
        let written = manifest.encode().map_err(|error| error.to_string())?;
        let again = read(written.as_bytes()).and_then(|again| again.encode());
        unless(again.is_ok_and(|again| again == written), "another manifest when it is read again")
    })
}

pub(crate) fn signature() -> Target {
    let signatures = seeds::bundles().into_iter().filter_map(|seed| {
        let bundle = seeds::json(&seed.bytes);
        let text = seeds::text(&bundle, "/messageSignature/signature")?;
        Some(Seed::new(seed.name, format!("{text}\n")))
    });
    Target::reading(signatures.collect(), signature_from_text, |signature| {
        unless(!signature.is_empty() && signature.len() <= 16 << 10, "none, or more than its cap")
    })
}

pub(crate) fn statement() -> Target {
    Target::reading(seeds::statements(), Statement::parse, |statement| {
        let digests = |count: usize| (1..=32).contains(&count);
        let within = (1..=1024).contains(&statement.subjects.len())
            && statement.subjects.iter().all(|subject| digests(subject.digests.len()));
        unless(within, "none, or more than its caps")?;
        unless(statement.predicate.is_object(), "a predicate that is no object")
    })
}

pub(crate) fn public_key() -> Target {
    Target::reading(seeds::public_keys(), PublicKey::from_pem, |key| {
        let again = PublicKey::from_der(key.spki());
        unless(again.is_ok_and(|again| again == *key), "another key when it is read again")
    })
}
