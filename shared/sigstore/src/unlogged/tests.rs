use std::path::PathBuf;

use pysign_attest::Bundle;
use pysign_sandbox::{Forge, Sandbox};

use super::*;
use crate::tests::vectors::trusted_root;

/// What a signer has before anything is logged.
struct Made {
    certificate: Certificate,
    signature: Vec<u8>,
    timestamp: Vec<u8>,
}

fn made(sandbox: &Sandbox) -> Made {
    let forged = sandbox.forge(&Forge::file(b"wheel").log(2)).unwrap();
    let bundle = Bundle::parse(forged.bundle().unwrap().to_string().as_bytes()).unwrap();
    Made {
        certificate: bundle.certificate().unwrap(),
        signature: bundle.signature().to_vec(),
        timestamp: bundle.timestamps[0].clone(),
    }
}

fn unlogged(sandbox: &Sandbox, change: impl FnOnce(&mut Value)) -> Unlogged {
    let mut root = trusted_root(sandbox);
    change(&mut root);
    let root = TrustedRoot::parse(PathBuf::new(), "file", root.to_string().as_bytes()).unwrap();
    Unlogged::new(&root).unwrap()
}

#[test]
fn a_certificate_is_judged_without_a_log() {
    let sandbox = Sandbox::start().unwrap();
    let Made { certificate, signature, .. } = made(&sandbox);
    let digest = Sha256::of(b"wheel");
    let judged = |change: fn(&mut Value)| {
        unlogged(&sandbox, change).check_certificate(&certificate, digest, &signature)
    };
    judged(|_| ()).unwrap();
    // No log is asked, and none is needed.
    judged(|root| root["tlogs"] = json!([])).unwrap();
    for (member, said) in [("certificateAuthorities", "no trusted"), ("ctlogs", "no CT log keys")] {
        let mut root = trusted_root(&sandbox);
        root[member] = json!([]);
        let refused = unlogged(&sandbox, |all| *all = root)
            .check_certificate(&certificate, digest, &signature)
            .unwrap_err();
        assert!(refused.to_string().contains(said), "{refused}");
    }
    let other = Sandbox::start().unwrap();
    assert!(unlogged(&other, |_| ()).check_certificate(&certificate, digest, &signature).is_err());
}

#[test]
fn the_certificate_is_that_of_the_key_that_signed() {
    let sandbox = Sandbox::start().unwrap();
    let unlogged = unlogged(&sandbox, |_| ());
    let [one, other] = [made(&sandbox), made(&sandbox)];
    let check = |signature: &[u8], bytes: &[u8]| {
        unlogged.check_certificate(&one.certificate, Sha256::of(bytes), signature)
    };
    check(&one.signature, b"wheel").unwrap();
    assert!(check(&other.signature, b"wheel").is_err());
    assert!(check(&one.signature, b"other").is_err());
}

#[test]
fn a_timestamp_is_judged_without_a_log() {
    let sandbox = Sandbox::start().unwrap();
    let good = unlogged(&sandbox, |_| ());
    let Made { certificate, signature, timestamp } = made(&sandbox);
    let time = good.check_timestamp(&timestamp, &signature).unwrap();
    assert!(certificate.is_valid_at(time));
    assert!(good.check_timestamp(&timestamp, b"other").is_err());
    let mut broken = timestamp.clone();
    if let Some(last) = broken.last_mut() {
        *last ^= 1;
    }
    assert!(good.check_timestamp(&broken, &signature).is_err());
    assert!(good.check_timestamp(&timestamp[1..], &signature).is_err());
    let none = unlogged(&sandbox, |root| root["timestampAuthorities"] = json!([]));
    assert!(none.check_timestamp(&timestamp, &signature).is_err());
    let other = Sandbox::start().unwrap();
    assert!(unlogged(&other, |_| ()).check_timestamp(&timestamp, &signature).is_err());
}
