//! Documents that say whom to trust, or which files there are.

use std::fs;

use pysign_attest::Marker;
use pysign_sigstore::{Error, TrustedRoot, Verifier};

use crate::seeds;
use crate::target::{Seed, Target};

/// The reader takes a file, which is written anew for each input; what is read is used as well, or
/// its keys and certificates would not be looked at.
pub(crate) fn trusted_root() -> Target {
    let name = format!("pysign-fuzz-trusted-root-{}.json", std::process::id());
    let file = std::env::temp_dir().join(name);
    let read = move |document: &[u8]| -> Result<Verifier, String> {
        fs::write(&file, document).map_err(|error| error.to_string())?;
        let verifier = TrustedRoot::read(&file).and_then(Verifier::new);
        let _ = fs::remove_file(&file);
        verifier.map_err(|error: Error| super::text(&error))
    };
    Target::reading(seeds::trusted_roots(), read, |_| Ok(()))
}

pub(crate) fn marker() -> Target {
    let marker = r#"{"files":[{"filename":"demo_pkg-1.2.0-py3-none-any.whl","sha256":"HASH","sidecars":[{"filename":"demo_pkg-1.2.0-py3-none-any.whl.sigstore.json","sha256":"HASH"}],"size":7}],"project":"demo-pkg","schema":"pysign-release/1","version":"1.2.0"}"#;
    let seed = Seed::new("marker", marker.replace("HASH", &"0".repeat(64)));
    Target::reading(vec![seed], Marker::parse, |marker| {
        let again = Marker::parse(marker.encode().as_bytes());
        super::unless(
            again.is_ok_and(|again| again.encode() == marker.encode()),
            "another marker when it is read again",
        )
    })
}
