//! Every kind of signature goes to each log that takes it, and comes back as a bundle that holds.

use std::time::Duration;

use pysign_attest::{Bundle, Content as Parts, KeyKind, Material};
use pysign_host::{Host, Network, Problem as _, Status};
use pysign_http::Client;
use pysign_sandbox::{Forge, KeyKind as Kind, Sandbox};
use serde_json::Value;

use super::{Content, LogService, LogVersion, RekorError, Signed, Signer, is_provable};
use crate::tests::vectors::Vector;

const NAME: &str = "demo-1.0.0-py3-none-any.whl";
const KINDS: [(Kind, KeyKind); 4] = [
    (Kind::P256, KeyKind::P256),
    (Kind::P384, KeyKind::P384),
    (Kind::Ed25519, KeyKind::Ed25519),
    (Kind::Rsa, KeyKind::Rsa),
];

fn log(sandbox: &Sandbox, version: LogVersion) -> LogService {
    let name = if version == LogVersion::V1 { "rekor" } else { "rekor2" };
    LogService { url: sandbox.url(name).unwrap().parse().unwrap(), version }
}

fn client() -> Client {
    let network = Network { timeout: Duration::from_secs(1), ..Network::default() };
    Client::new(&Host::test(&[]), &network).unwrap()
}

/// What the sandbox has signed and logged elsewhere, submitted to a log of this version `times`
/// times: the bundle of the last answer.
fn submitted(
    sandbox: &Sandbox,
    forge: &Forge,
    version: LogVersion,
    times: usize,
) -> Result<Vector, RekorError> {
    let elsewhere = if version == LogVersion::V1 { 2 } else { 1 };
    let forge = forge.clone().log(elsewhere).timestamps(1);
    let mut vector = Vector::forged(sandbox, &forge, b"wheel", |_| ());
    let parts = Bundle::parse(&vector.bundle).unwrap();
    let content = match &parts.content {
        Parts::Envelope(envelope) => Content::Envelope(envelope),
        Parts::Message { signature, .. } => Content::File { digest: vector.digest, signature },
    };
    let by = match (&parts.material, &vector.key) {
        (Material::Certificates(leaf, _), _) => Signer::Certificate(leaf),
        (Material::PublicKey, key) => Signer::Key(key.as_ref().unwrap()),
    };
    let signed = Signed { content, signer: by };
    let mut entry = Value::Null;
    for _ in 0..times {
        entry = log(sandbox, version).submit(&client(), signed)?;
    }
    let mut bundle = signed.to_bundle(&[entry], None);
    let stamps = "timestampVerificationData";
    let stamp = vector.json()["verificationMaterial"][stamps].clone();
    bundle["verificationMaterial"][stamps] = stamp;
    vector.bundle = bundle.to_string().into_bytes();
    Ok(vector)
}

fn contents() -> [Forge; 2] {
    [Forge::file(b"wheel"), Forge::statement_about(NAME, b"wheel", "p")]
}

#[test]
fn what_a_certificate_signs_is_logged_and_proven() {
    let sandbox = Sandbox::start().unwrap();
    for version in [LogVersion::V1, LogVersion::V2] {
        for forge in contents() {
            let vector = submitted(&sandbox, &forge, version, 1).unwrap();
            let entry = &vector.json()["verificationMaterial"]["tlogEntries"][0];
            assert!(entry["inclusionProof"]["hashes"].is_array(), "{entry}");
            let proof = vector.prove().unwrap();
            assert_eq!(proof.log, log(&sandbox, version).url.to_string().trim_end_matches('/'));
        }
    }
}

#[test]
fn what_a_key_signs_is_logged_and_proven_or_refused_before_it_is_sent() {
    let sandbox = Sandbox::start().unwrap();
    for version in [LogVersion::V1, LogVersion::V2] {
        for (kind, key) in KINDS {
            for (forge, is_file) in contents().into_iter().zip([true, false]) {
                let what = format!("{kind:?} {version:?} {is_file}");
                let sent = sandbox.exchanges().len();
                let answer = submitted(&sandbox, &forge.key(kind), version, 1);
                let content =
                    Content::File { digest: pysign_host::Sha256::of(b""), signature: b"" };
                let provable = match (is_file, version) {
                    (true, _) => is_provable(version, key, content),
                    (false, LogVersion::V1) => key != KeyKind::P384,
                    (false, LogVersion::V2) => key == KeyKind::P256,
                };
                match answer {
                    Ok(vector) => {
                        assert!(provable, "{what}");
                        let hint = &vector.json()["verificationMaterial"]["publicKey"]["hint"];
                        assert_eq!(hint.as_str().unwrap().len(), 44);
                        vector.prove().unwrap();
                    }
                    // The log's own no: it was not told to take P-384 over SHA-256.
                    Err(error) if provable => {
                        assert_eq!(
                            (key, error.facts().status),
                            (KeyKind::P384, Status::Denied),
                            "{what}"
                        );
                    }
                    Err(error) => {
                        assert_eq!(
                            (error.facts().code, error.facts().status),
                            ("rekor-key", Status::Usage)
                        );
                        assert_eq!(sandbox.exchanges().len(), sent, "{what}");
                    }
                }
            }
        }
    }
}

/// As after an answer that was lost.
#[test]
fn an_entry_that_is_there_is_fetched_or_at_least_named() {
    let sandbox = Sandbox::start().unwrap();
    for forge in contents() {
        submitted(&sandbox, &forge, LogVersion::V1, 2).unwrap().prove().unwrap();
        let Err(error) = submitted(&sandbox, &forge, LogVersion::V2, 2) else {
            panic!("a log of version 2 gives an entry again")
        };
        assert!(matches!(error, RekorError::Known { index: Some(_), .. }), "{error}");
        assert_eq!(error.facts().status, Status::Unavailable);
    }
}
