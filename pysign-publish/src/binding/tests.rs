use std::sync::{Arc, Mutex};

use pysign_host::{Note, Problem, Status};

use super::*;
use crate::samples::{self, Scratch};

const NAME: &str = "demo-1.0-py3-none-any.whl";

/// What a wheel with the bytes "wheel" and these files beside it is bound by, and the codes of the
/// warnings.
fn bound(sidecars: &[(&str, &[u8])]) -> (Result<Bound, Failure>, Vec<&'static str>) {
    let scratch = Scratch::new();
    let wheel = scratch.write(NAME, b"wheel");
    for (suffix, bytes) in sidecars {
        scratch.write(&format!("{NAME}{suffix}"), bytes);
    }
    let mut artifact = Artifact::from_path(&wheel).unwrap();
    artifact.signatures = pysign_manifest::find_sidecars(&artifact);
    let codes = Arc::new(Mutex::new(Vec::new()));
    let heard = Arc::clone(&codes);
    let notes = Notes::new(Box::new(move |note| {
        if let Note::Warning { code, .. } = note {
            heard.lock().unwrap().push(code);
        }
    }));
    let name = NAME.parse().unwrap();
    let bound = bind(&mut artifact, 0, &name, Sha256::of(b"wheel"), &notes);
    let codes = codes.lock().unwrap().clone();
    (bound, codes)
}

fn refused(sidecars: &[(&str, &[u8])]) -> String {
    let failure = bound(sidecars).0.map(drop).unwrap_err();
    assert_eq!(failure.status(), Status::Refused);
    failure.problems().map(Problem::code).collect::<Vec<_>>().join(" ")
}

#[test]
fn a_bundle_that_names_the_digest_of_its_file_is_bound() {
    let (found, warnings) = bound(&[(".sigstore.json", samples::WHEEL)]);
    let found = found.unwrap();
    assert!(found.signed && found.files.len() == 1 && warnings.is_empty());
    assert_eq!(found.files[0].filename, format!("{NAME}.sigstore.json"));
}

#[test]
fn a_bundle_that_names_another_digest_or_none_is_refused() {
    assert_eq!(refused(&[(".sigstore.json", samples::SDIST)]), "signature-other-file");
    let text = std::str::from_utf8(samples::WHEEL).unwrap();
    let none = text.replacen("SHA2_256", "SHA2_512", 1);
    assert_eq!(refused(&[(".sigstore.json", none.as_bytes())]), "signature-other-file");
    let cut = &samples::WHEEL[..samples::WHEEL.len() - 1];
    assert_eq!(refused(&[(".sigstore.json", cut)]), "bundle-malformed");
}

#[test]
fn a_pair_is_bound_by_its_bundle_alone() {
    let pair = [(".sig", samples::WHEEL_SIGNATURE), (".crt", samples::WHEEL_CERTIFICATE)];
    let whole = [pair[0], pair[1], (".sigstore.json", samples::WHEEL)];
    let (found, warnings) = bound(&whole);
    let found = found.unwrap();
    let names: Vec<_> = found.files.iter().map(|file| &file.filename[NAME.len()..]).collect();
    assert_eq!((names.as_slice(), found.signed), (&[".sigstore.json", ".crt", ".sig"][..], true));
    assert!(warnings.is_empty());

    let (found, warnings) = bound(&pair);
    assert!(!found.unwrap().signed);
    assert_eq!(warnings, ["pair-unbound"]);

    let (found, warnings) = bound(&[pair[0], pair[1], (".sigstore.json", samples::WHEEL_AGAIN)]);
    assert!(found.unwrap().signed);
    assert_eq!(warnings, ["pair-unbound"]);
}

#[test]
fn a_malformed_half_of_a_pair_is_refused() {
    let bundle = (".sigstore.json", samples::WHEEL);
    let signature = (".sig", samples::WHEEL_SIGNATURE);
    let certificate = (".crt", samples::WHEEL_CERTIFICATE);
    let broken = refused(&[bundle, (".sig", b"not base64"), certificate]);
    assert_eq!(broken, "signature-malformed");
    let twice = [samples::WHEEL_CERTIFICATE, samples::WHEEL_CERTIFICATE].concat();
    assert_eq!(refused(&[bundle, signature, (".crt", &twice)]), "certificate-malformed");
}

#[test]
fn a_kind_that_can_not_be_looked_into_is_refused_not_skipped() {
    for (suffix, code) in [
        (".provenance", "signature-unsupported"),
        (".publish.attestation", "attestation-malformed"),
        (".statement.sigstore.json", "bundle-malformed"),
    ] {
        let sidecars = [(".sigstore.json", samples::WHEEL), (suffix, &b"{}"[..])];
        assert_eq!(refused(&sidecars), code, "{suffix}");
    }
    let over_the_file = (".statement.sigstore.json", samples::WHEEL);
    assert_eq!(refused(&[over_the_file]), "signature-other-file");
}

fn signed(bundle: &[u8]) -> Package {
    let mut package = samples::package(NAME, b"wheel");
    package.sidecars = vec![
        samples::beside(&package, Role::Bundle, ".sigstore.json", bundle),
        samples::beside(&package, Role::Certificate, ".crt", samples::WHEEL_CERTIFICATE),
        samples::beside(&package, Role::Signature, ".sig", samples::WHEEL_SIGNATURE),
    ];
    package
}

#[test]
fn another_signature_by_the_same_signer_stands() {
    let package = signed(samples::WHEEL);
    let [bundle, certificate, signature] = package.sidecars.as_slice() else { panic!("three") };
    let theirs = Bundle::parse(samples::WHEEL_AGAIN).unwrap();
    let standing = Standing::of(&package, &[Some(samples::WHEEL_AGAIN.to_vec()), None, None]);
    assert!(standing.holds(bundle, samples::WHEEL_AGAIN));

    let made = standing.completed(signature).unwrap();
    assert_eq!(signature_from_text(&made).unwrap(), theirs.signature());
    assert!(standing.holds(signature, &made) && !standing.holds(signature, &signature.bytes));
    let made = standing.completed(certificate).unwrap();
    assert_eq!(made, theirs.certificate().unwrap().pem().into_bytes());
    assert!(standing.holds(certificate, &made) && !standing.holds(certificate, b"other"));
}

#[test]
fn a_signature_by_someone_else_or_of_something_else_does_not_stand() {
    let package = signed(samples::WHEEL);
    for theirs in [samples::WHEEL_OTHER_SIGNER, samples::SDIST, b"{}"] {
        let standing = Standing::of(&package, &[Some(theirs.to_vec()), None, None]);
        assert!(!standing.holds(&package.sidecars[0], theirs));
        assert_eq!(standing.completed(&package.sidecars[2]), None);
    }
}

#[test]
fn without_another_bundle_a_pair_stands_if_it_is_ours_in_another_spelling() {
    let package = signed(samples::WHEEL);
    let signature = &package.sidecars[2];
    let standing = Standing::of(&package, &[None, None, None]);
    assert_eq!(standing.completed(signature), None);
    assert!(standing.holds(signature, &[&signature.bytes, &b"\n"[..]].concat()));
    assert!(!standing.holds(signature, b"AAAA"));
}

#[test]
fn a_pair_that_was_not_the_bundles_is_not_made_from_another_one() {
    let package = signed(samples::WHEEL_AGAIN);
    let standing = Standing::of(&package, &[Some(samples::WHEEL.to_vec()), None, None]);
    assert_eq!(standing.completed(&package.sidecars[2]), None);
}
