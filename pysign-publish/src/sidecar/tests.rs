use std::sync::{Arc, Mutex};

use pysign_host::{Note, Status};
use pysign_testkit::Scratch;

use super::*;
use crate::samples;

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
    failure.problems().map(|problem| problem.facts().code).collect::<Vec<_>>().join(" ")
}

#[test]
fn a_bundle_that_names_the_digest_of_its_file_is_bound() {
    let (found, warnings) = bound(&[(".sigstore.json", samples::WHEEL)]);
    let found = found.unwrap();
    assert!(found.signed && found.files.len() == 1 && warnings.is_empty());
    assert_eq!(found.files[0].filename, format!("{NAME}.sigstore.json"));
}

#[test]
fn a_bundle_under_its_older_name_is_left_with_a_warning() {
    let (found, warnings) = bound(&[(".sigstore", samples::WHEEL)]);
    let found = found.unwrap();
    assert!(!found.signed && found.files.is_empty());
    assert_eq!(warnings, ["sidecar-left-out"]);
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
