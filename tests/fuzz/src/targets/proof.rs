//! The verifier itself: a mutated bundle is refused, or proves the very same by what is left of it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use pysign_attest::{Attestation, LegacyBundle, PublicKey, Statement};
use pysign_host::{Host, Sha256};
use pysign_sigstore::{Error, Instance, Proof, Subject, TrustedRoot, Verifier};
use pysign_testkit::{places, unsigned};
use serde_json::Value;

use crate::seeds;
use crate::target::{Seed, Target, Verdict};

/// What a bundle is verified by, and what it proves.
struct Case {
    verifier: Verifier,
    key: Option<PublicKey>,
    digest: Sha256,
    filename: Option<String>,
    /// What a bundle of cosign's lacks.
    inclusion_proof: Value,
    document: Value,
    proven: Option<Proven>,
}

/// Everything that a proof says.
#[derive(Debug)]
struct Proven {
    /// By whom, what and where.
    facts: String,
    times: BTreeSet<String>,
}

impl Proven {
    fn of(proof: &Proof) -> Self {
        let Proof { signer, signature, times, log, log_index, statement, .. } = proof;
        Self {
            facts: format!("{signer:?} {signature:?} {log} {log_index} {statement:?}"),
            times: times.iter().map(ToString::to_string).collect(),
        }
    }

    /// Whether it says nothing that `other` does not say; of several times it may prove fewer.
    fn is_part_of(&self, other: &Self) -> bool {
        self.facts == other.facts
            && self.times.is_subset(&other.times)
            && (other.times.is_empty() || !self.times.is_empty())
    }
}

impl Case {
    /// Nothing if the bundle itself is refused; the worker will say so of the seed.
    fn new(
        root: TrustedRoot,
        key: Option<PublicKey>,
        digest: Sha256,
        filename: Option<String>,
    ) -> Option<Self> {
        let verifier = Verifier::new(root, &Host::test(&[])).ok()?;
        Some(Self {
            verifier,
            key,
            digest,
            filename,
            inclusion_proof: Value::Null,
            document: Value::Null,
            proven: None,
        })
    }

    fn with(mut self, seed: &[u8], bundle: &[u8]) -> Self {
        self.document = seeds::json(seed);
        self.proven = self.prove(bundle).ok().as_ref().map(Proven::of);
        self
    }

    fn prove(&self, bundle: &[u8]) -> Result<Proof, Error> {
        let filename = self.filename.as_deref();
        let subject = Subject { file: Path::new("file"), digest: self.digest, filename };
        self.verifier.prove(&subject, bundle, self.key.as_ref())
    }

    /// The places at which `input` differs, if what it proves is nothing that this case does not.
    fn differences(&self, input: &Value, proven: &Proven) -> Option<BTreeSet<String>> {
        let known = self.proven.as_ref()?;
        proven.is_part_of(known).then(|| places(&self.document, input))
    }
}

/// What is said of a bundle that proves something: it must be what a good one proves, and say so in
/// the same words. Parts of two seeds may have become the other one again.
fn accepted(cases: &BTreeMap<String, Case>, input: &[u8], proof: &Proof) -> Verdict {
    let proven = Proven::of(proof);
    let input = seeds::json(input);
    let differences = cases.values().filter_map(|case| case.differences(&input, &proven));
    let Some(places) = differences.min_by_key(BTreeSet::len) else {
        return Verdict::Wrong(format!("another proof: {proven:?}"));
    };
    if places.is_empty() {
        return Verdict::Accepted("in another spelling".to_owned());
    }
    let mut known = BTreeSet::new();
    for place in places {
        match unsigned(&place) {
            Some(place) => known.insert(place),
            None => return Verdict::Wrong(format!("accepted with another {place}")),
        };
    }
    Verdict::Accepted(known.into_iter().collect::<Vec<_>>().join(" "))
}

fn target(
    seeds: Vec<(Seed, Case)>,
    bundle: impl Fn(&Case, &[u8]) -> Result<Vec<u8>, String> + 'static,
) -> Target {
    let (seeds, cases): (Vec<Seed>, Vec<Case>) = seeds.into_iter().unzip();
    let cases: BTreeMap<String, Case> =
        seeds.iter().map(|seed| seed.name.clone()).zip(cases).collect();
    Target::new(seeds, move |seed, input| {
        let Some(case) = cases.get(&seed.name) else {
            return Verdict::Wrong(format!("no seed '{}'", seed.name));
        };
        let bundle = match bundle(case, input) {
            Ok(bundle) => bundle,
            Err(refused) => return Verdict::Refused(refused),
        };
        match case.prove(&bundle) {
            Ok(proof) => accepted(&cases, input, &proof),
            Err(error) => Verdict::Refused(super::text(&error)),
        }
    })
}

/// The conformance suite's good cases.
fn conformance() -> Vec<(Seed, Case)> {
    let read = |(name, directory): (String, PathBuf)| {
        let own = |name: &str| fs::read(directory.join(name)).ok();
        let bundle = own("bundle.sigstore.json")?;
        let root = match directory.join("trusted_root.json") {
            root if root.exists() => TrustedRoot::read(&root).ok()?,
            _ => TrustedRoot::embedded(Instance::Production).ok()?,
        };
        let key = own("key.pub").map(|pem| PublicKey::from_pem(&pem)).transpose().ok()?;
        let digest = Sha256::of(&own("artifact").or_else(|| own("../a.txt"))?);
        let case = Case::new(root, key, digest, None)?.with(&bundle, &bundle);
        Some((Seed::new(name, bundle), case))
    };
    seeds::good_cases().into_iter().filter_map(read).collect()
}

pub(crate) fn bundle() -> Target {
    target(conformance(), |_, input| Ok(input.to_vec()))
}

pub(crate) fn attestation() -> Target {
    let seeds = seeds::attestations(".attestation").into_iter().filter_map(attested).collect();
    target(seeds, |_, input| {
        Attestation::parse(input)
            .map(|attestation| attestation.to_bundle())
            .map_err(|error| error.to_string())
    })
}

/// The seeds are of both public instances.
fn attested(seed: Seed) -> Option<(Seed, Case)> {
    let bundle = Attestation::parse(&seed.bytes).ok()?.to_bundle();
    let document = seeds::json(&seed.bytes);
    let statement = seeds::base64(seeds::text(&document, "/envelope/statement")?)?;
    let subject = Statement::parse(&statement).ok()?.subjects.into_iter().next()?;
    let case = |instance| {
        let root = TrustedRoot::embedded(instance).ok()?;
        Case::new(root, None, subject.sha256()?, Some(subject.name.clone()))
    };
    let production = case(Instance::Production)?;
    let case = match production.prove(&bundle) {
        Ok(_) => production,
        Err(_) => case(Instance::Staging)?,
    };
    let case = case.with(&seed.bytes, &bundle);
    Some((seed, case))
}

pub(crate) fn legacy() -> Target {
    let made = |(seed, mut case): (Seed, Case)| {
        let (document, proof) = seeds::legacy(&seed.bytes)?;
        let bundle = LegacyBundle::parse(&document).ok()?.to_bundle(&proof);
        case.inclusion_proof = proof;
        Some((Seed::new(seed.name, document.clone()), case.with(&document, &bundle)))
    };
    let seeds = conformance().into_iter().filter_map(made).collect();
    target(seeds, |case, input| {
        LegacyBundle::parse(input)
            .map(|legacy| legacy.to_bundle(&case.inclusion_proof))
            .map_err(|error| error.to_string())
    })
}
