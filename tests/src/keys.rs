//! Signatures by a key of one's own, from `pysign-sign --key` to `pysign-verify --key`: every kind of
//! key in every kind of log that takes it.

use serde_json::Value;

use crate::golden::furnish;
use crate::place::Place;

fn job(algorithm: &str) -> Place {
    let place = Place::new();
    furnish(&place, "dist");
    place.ok(&format!(
        "openssl genpkey -quiet -algorithm {algorithm} -out key.pem
        openssl pkey -in key.pem -pubout -out key.pub"
    ));
    place
}

const P256: &str = "EC -pkeyopt ec_paramgen_curve:P-256";
const P384: &str = "EC -pkeyopt ec_paramgen_curve:P-384";
const ED25519: &str = "ED25519";

/// Signs without any token, in the forms and with the services that are named, and verifies.
fn sign_and_verify(place: &Place, arguments: &str) -> Value {
    place.ok(&format!(
        "unset SIGSTORE_ID_TOKEN; pysign-sign -q --key key.pem {arguments} -m build.json >signed.json"
    ));
    let proof = place.ok("pysign-verify -q --key key.pub $VERIFY -m signed.json");
    assert_eq!(place.sandbox.exchanges().iter().filter(|one| one.service == "fulcio").count(), 0);
    serde_json::from_str(&proof).unwrap()
}

#[test]
fn keys_sign_files() {
    for (algorithm, services) in [(P256, "$SIGN"), (P256, "$SIGN2"), (P384, "$SIGN")] {
        let place = job(algorithm);
        let proof = sign_and_verify(&place, services);
        for artifact in proof["artifacts"].as_array().unwrap() {
            let verified = artifact["verified"].as_array().unwrap();
            assert_eq!(verified.len(), 1, "{algorithm} {services}");
            assert_eq!(verified[0]["kind"], "bundle");
            assert_eq!(verified[0]["key_sha256"].as_str().unwrap().len(), 64);
        }
        // The pair of another key says nothing for these files.
        place.ok(
            "openssl genpkey -quiet -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out other.pem
            openssl pkey -in other.pem -pubout -out other.pub",
        );
        let refused = place.sh("pysign-verify -q --key other.pub $VERIFY -m signed.json");
        assert_eq!(refused.status.code(), Some(1), "{algorithm} {services}");
    }
}

#[test]
fn keys_sign_statements() {
    for (algorithm, services) in [(P256, "$SIGN"), (P256, "$SIGN2"), (ED25519, "$SIGN")] {
        let place = job(algorithm);
        let proof = sign_and_verify(&place, &format!("{services} --emit release"));
        for artifact in proof["artifacts"].as_array().unwrap() {
            assert_eq!(artifact["verified"][0]["kind"], "release", "{algorithm} {services}");
        }
    }
}

/// No part of the key is in what is said, written or sent.
#[test]
fn a_key_stays_where_it_is() {
    let place = job(P256);
    let said = place.sh("pysign-sign -vv --key key.pem $SIGN -m build.json");
    assert!(said.status.success());
    let secret = place.ok("grep -v -e ----- key.pem | head -1");
    let secret = secret.trim();
    let found = place.sh(&format!("grep -rl '{secret}' . \"$PYSIGN_SANDBOX\" | grep -v key.pem"));
    assert!(found.stdout.is_empty(), "{}", String::from_utf8_lossy(&found.stdout));
    for text in [said.stdout, said.stderr] {
        assert!(!String::from_utf8_lossy(&text).contains(secret));
    }
}
