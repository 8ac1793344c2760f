//! Documents that say whom to trust, or which files there are.

use std::fs;
use std::path::Path;

use pysign_attest::Marker;
use pysign_host::Host;
use pysign_sigstore::{Error, TrustedRoot, Verifier};
use pysign_verify::PolicyFile;
use serde_json::json;

use crate::seeds;
use crate::target::{Seed, Target};

/// The reader takes a file, which is written anew for each input; what is read is used as well, or
/// its keys and certificates would not be looked at.
pub(crate) fn trusted_root() -> Target {
    let name = format!("pysign-fuzz-trusted-root-{}.json", std::process::id());
    let file = std::env::temp_dir().join(name);
    let read = move |document: &[u8]| -> Result<Verifier, String> {
        fs::write(&file, document).map_err(|error| error.to_string())?;
        let verifier =
            TrustedRoot::read(&file).and_then(|root| Verifier::new(root, &Host::test(&[])));
        let _ = fs::remove_file(&file);
        verifier.map_err(|error: Error| super::text(&error))
    };
    Target::reading(seeds::trusted_roots(), read, |_| Ok(()))
}

/// Regular expressions are compiled as they are read.
pub(crate) fn policy() -> Target {
    let read = |document: &[u8]| {
        let policy = PolicyFile::parse(Path::new("policy.json"), document);
        policy.map_err(|failure| {
            failure.problems().map(|problem| super::text(problem)).collect::<String>()
        })
    };
    Target::reading(seeds::policies(), read, |_| Ok(()))
}

pub(crate) fn marker() -> Target {
    let hash = "0".repeat(64);
    let name = "demo_pkg-1.2.0-py3-none-any.whl";
    let marker = json!({
        "schema": "pysign-release/1",
        "project": "demo-pkg",
        "version": "1.2.0",
        "files": [{
            "filename": name,
            "size": 7,
            "sha256": hash,
            "sidecars": [{"filename": format!("{name}.sigstore.json"), "sha256": hash}],
        }],
    });
    let seed = Seed::new("marker", marker.to_string());
    Target::reading(vec![seed], Marker::parse, |marker| {
        let again = Marker::parse(marker.encode().as_bytes());
        super::unless(
            again.is_ok_and(|again| again.encode() == marker.encode()),
            "another marker when it is read again",
        )
    })
}
