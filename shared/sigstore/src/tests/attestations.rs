//! Attestations as indexes serve them (PEP 740), made by others: each holds for its file and name,
//! and for nothing else.

use std::fs;
use std::path::{Path, PathBuf};

use pysign_attest::{Attestation, Bundle, Provenance};
use pysign_host::{Host, Problem as _, Sha256};

use crate::tests::vectors::set;
use crate::{Error, Instance, Proof, Subject, TrustedRoot, Verifier};

const GITLAB: &str = "gitlab_oidc_project-0.0.3.tar.gz";
const GITHUB: &str = "pypi_attestations-0.0.19.tar.gz";
const PERSON: &str = "rfc8785-0.1.2-py3-none-any.whl";
/// Signed before PEP 740 was final, when the predicate of a publication was empty and not `null`.
const EARLY: &str = "pypi_attestation_models-0.0.4a2.tar.gz";
/// Its file is not among the vectors.
const LARGE: &str = "spt3g-1.0-cp310-cp310-manylinux_2_17_x86_64.manylinux2014_x86_64.whl";

/// What each attestation of the set is named beside its file's name, and where it was signed.
const ALL: [(&str, &str, Instance); 7] = [
    (GITLAB, ".publish.attestation", Instance::Production),
    (GITHUB, ".publish.attestation", Instance::Production),
    (GITHUB, ".slsa.attestation", Instance::Production),
    (EARLY, ".attestation", Instance::Production),
    (PERSON, ".attestation", Instance::Staging),
    (PERSON, ".publish.attestation", Instance::Staging),
    (LARGE, ".publish.attestation", Instance::Staging),
];

/// The set of attestations.
struct Vectors(PathBuf);

impl Vectors {
    fn find() -> Option<Self> {
        set("attestations").map(Self)
    }

    fn read(&self, name: &str) -> Vec<u8> {
        fs::read(self.0.join(name)).unwrap()
    }

    fn digest(&self, file: &str) -> Sha256 {
        match file {
            LARGE => "d2772f9a5199f05ed1be8d9aa78b879e51772e3ead9d73fe8057257b1aec7cf8".parse(),
            _ => return Sha256::of(&self.read(file)),
        }
        .unwrap()
    }

    fn bundle(&self, file: &str, suffix: &str) -> Vec<u8> {
        let name = format!("{file}{suffix}");
        let attestation = Attestation::parse(&self.read(&name));
        attestation.unwrap_or_else(|error| panic!("{name}: {error}")).to_bundle()
    }
}

fn verifier(instance: Instance) -> Verifier {
    Verifier::new(TrustedRoot::embedded(instance).unwrap(), &Host::test(&[])).unwrap()
}

fn prove(verifier: &Verifier, bundle: &[u8], name: &str, digest: Sha256) -> Result<Proof, Error> {
    let subject = Subject { file: Path::new(name), digest, filename: Some(name) };
    verifier.prove(&subject, bundle, None)
}

/// The code of the refusal.
fn refused(verifier: &Verifier, bundle: &[u8], name: &str, digest: Sha256) -> &'static str {
    prove(verifier, bundle, name, digest).unwrap_err().facts().code
}

#[test]
fn every_attestation_of_the_set_is_among_them() {
    let Some(vectors) = Vectors::find() else { return };
    let mut found: Vec<String> = fs::read_dir(&vectors.0)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.ends_with(".attestation"))
        .collect();
    found.sort();
    let mut expected: Vec<String> =
        ALL.iter().map(|(file, suffix, _)| format!("{file}{suffix}")).collect();
    expected.sort();
    assert_eq!(found, expected);
}

#[test]
fn each_is_a_signature_of_its_file_under_its_name() {
    let Some(vectors) = Vectors::find() else { return };
    for (file, suffix, instance) in ALL {
        let (verifier, bundle) = (verifier(instance), vectors.bundle(file, suffix));
        let digest = vectors.digest(file);
        let proof = prove(&verifier, &bundle, file, digest);
        let proof = proof.unwrap_or_else(|error| panic!("{file}{suffix}: {error}"));
        assert_eq!(proof.statement.unwrap().subjects[0].name, file);

        // Renamed; another file under the name; and another file, under its own name.
        let (version, _) = file.split_once('-').unwrap();
        let renamed = format!("{version}-99.0.tar.gz");
        assert_eq!(refused(&verifier, &bundle, &renamed, digest), "statement-other-name");
        let other = Sha256::of(b"another file");
        assert_eq!(refused(&verifier, &bundle, file, other), "statement-other-file");
        let neighbour = if file == GITLAB { GITHUB } else { GITLAB };
        let of_neighbour = vectors.digest(neighbour);
        let code = refused(&verifier, &bundle, neighbour, of_neighbour);
        assert_eq!(code, "statement-other-file");
    }
}

/// The one instance knows nothing of the other's authorities and logs.
#[test]
fn each_is_of_one_instance() {
    let Some(vectors) = Vectors::find() else { return };
    for (file, suffix, instance) in ALL {
        let other = match instance {
            Instance::Production => Instance::Staging,
            Instance::Staging => Instance::Production,
        };
        let (bundle, digest) = (vectors.bundle(file, suffix), vectors.digest(file));
        assert_eq!(refused(&verifier(other), &bundle, file, digest), "log-unknown", "{file}");
    }
}

#[test]
fn each_says_who_has_signed() {
    let Some(vectors) = Vectors::find() else { return };
    let signer = |file: &str, suffix: &str, instance| {
        let bundle = vectors.bundle(file, suffix);
        let proof = prove(&verifier(instance), &bundle, file, vectors.digest(file)).unwrap();
        let certificate = proof.certificate().unwrap();
        (certificate.issuer().to_owned(), certificate.identity().to_owned())
    };
    let (issuer, identity) = signer(GITLAB, ".publish.attestation", Instance::Production);
    assert_eq!(issuer, "https://gitlab.com");
    assert!(identity.starts_with("https://gitlab.com/facutuesca/gitlab-oidc-project//"));
    let (issuer, identity) = signer(GITHUB, ".slsa.attestation", Instance::Production);
    assert_eq!(issuer, "https://token.actions.githubusercontent.com");
    assert!(identity.starts_with("https://github.com/trailofbits/pypi-attestations/.github/"));
    let (issuer, identity) = signer(PERSON, ".publish.attestation", Instance::Staging);
    assert_eq!(issuer, "https://github.com/login/oauth");
    assert_eq!(identity, "william@yossarian.net");
}

/// The index gives the same attestation that was sent to it.
#[test]
fn a_provenance_object_holds_what_was_published() {
    let Some(vectors) = Vectors::find() else { return };
    let provenance = Provenance::parse(&vectors.read(&format!("{GITHUB}.provenance"))).unwrap();
    let [attestation] = provenance.attestations() else { panic!("{provenance:?}") };
    let bundle = attestation.to_bundle();
    assert_eq!(bundle, vectors.bundle(GITHUB, ".publish.attestation"));
    let verifier = verifier(Instance::Production);
    assert!(prove(&verifier, &bundle, GITHUB, vectors.digest(GITHUB)).is_ok());
}

/// The set has the bundles that two of the attestations were made of.
#[test]
fn an_attestation_becomes_the_bundle_that_it_was_made_of() {
    let Some(vectors) = Vectors::find() else { return };
    for (file, instance) in [(EARLY, Instance::Production), (PERSON, Instance::Staging)] {
        let original = vectors.read(&format!("{file}.sigstore"));
        let made = vectors.bundle(file, ".attestation");
        let signature = |bundle: &[u8]| Bundle::parse(bundle).unwrap().signature().to_vec();
        assert_eq!(signature(&original), signature(&made));
        let verifier = verifier(instance);
        for bundle in [original, made] {
            assert!(prove(&verifier, &bundle, file, vectors.digest(file)).is_ok(), "{file}");
        }
    }
}
