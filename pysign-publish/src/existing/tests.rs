use pysign_attest::signature_from_text;

use super::*;
use crate::samples;

fn signed(bundle: &[u8]) -> Package {
    let mut package = samples::package("demo-1.0-py3-none-any.whl", b"wheel");
    package.sidecars = vec![
        samples::sidecar(&package, Role::Bundle, ".sigstore.json", bundle),
        samples::sidecar(&package, Role::Certificate, ".crt", samples::WHEEL_CERTIFICATE),
        samples::sidecar(&package, Role::Signature, ".sig", samples::WHEEL_SIGNATURE),
    ];
    package
}

#[test]
fn another_signature_by_the_same_signer_is_as_good() {
    let package = signed(samples::WHEEL);
    let [bundle, certificate, signature] = package.sidecars.as_slice() else { panic!("three") };
    let theirs = Bundle::parse(samples::WHEEL_AGAIN).unwrap();
    let existing = Existing::of(&package, &[Some(samples::WHEEL_AGAIN.to_vec()), None, None]);
    assert!(existing.accepts(bundle, samples::WHEEL_AGAIN));

    let made = existing.completed(signature).unwrap();
    assert_eq!(signature_from_text(&made).unwrap(), theirs.signature());
    assert!(existing.accepts(signature, &made) && !existing.accepts(signature, &signature.bytes));
    let made = existing.completed(certificate).unwrap();
    assert_eq!(made, theirs.certificate().unwrap().pem().into_bytes());
    assert!(existing.accepts(certificate, &made) && !existing.accepts(certificate, b"other"));
}

#[test]
fn a_signature_by_someone_else_or_of_something_else_is_not() {
    let package = signed(samples::WHEEL);
    for theirs in [samples::WHEEL_OTHER_SIGNER, samples::SDIST, b"{}"] {
        let existing = Existing::of(&package, &[Some(theirs.to_vec()), None, None]);
        assert!(!existing.accepts(&package.sidecars[0], theirs));
        assert_eq!(existing.completed(&package.sidecars[2]), None);
    }
}

#[test]
fn without_another_bundle_a_pair_is_as_good_if_it_is_ours_in_another_spelling() {
    let package = signed(samples::WHEEL);
    let signature = &package.sidecars[2];
    let existing = Existing::of(&package, &[None, None, None]);
    assert_eq!(existing.completed(signature), None);
    assert!(existing.accepts(signature, &[&signature.bytes, &b"\n"[..]].concat()));
    assert!(!existing.accepts(signature, b"AAAA"));
}

#[test]
fn a_pair_that_was_not_the_bundles_is_not_made_from_another_one() {
    let package = signed(samples::WHEEL_AGAIN);
    let existing = Existing::of(&package, &[Some(samples::WHEEL.to_vec()), None, None]);
    assert_eq!(existing.completed(&package.sidecars[2]), None);
}
