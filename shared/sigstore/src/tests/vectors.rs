//! Bundles that others made, and changes to them.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use pysign_attest::PublicKey;
use pysign_host::{Host, Sha256, read_regular};
use pysign_sandbox::{Forge, Sandbox};
use serde_json::Value;

use crate::{Error, Instance, Proof, Subject, TrustedRoot, Verifier};

/// Who signed the bundles of the conformance suite.
pub(crate) const BEACON: &str = "https://github.com/sigstore-conformance/\
    extremely-dangerous-public-oidc-beacon/.github/workflows/extremely-dangerous-oidc-beacon.yml\
    @refs/heads/main";
/// Its issuer.
pub(crate) const GITHUB: &str = "https://token.actions.githubusercontent.com";

/// A set of the external vectors, beside the workspace or where `PYSIGN_TESTDATA` says; one that is
/// not there is reported and skipped.
pub(crate) fn set(name: &str) -> Option<PathBuf> {
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/testdata");
    let root = std::env::var_os("PYSIGN_TESTDATA").map_or_else(beside, PathBuf::from);
    let set = root.join(name);
    if set.is_dir() {
        return Some(set);
    }
    say(&format!("skipped: no vectors '{name}' in '{}'", root.display()));
    None
}

/// Writes straight to the stream: what a test prints otherwise is shown only if it fails.
pub(crate) fn say(line: &str) {
    let _ = writeln!(std::io::stderr(), "{line}");
}

/// The suite's bundles that are changed in tests, one for each way in which something is signed and
/// logged.
pub(crate) mod good {
    /// A file, in Rekor v1.
    pub(crate) const FILE_1: &str = "happy-path-v0.3";
    /// A file, in Rekor v2, with a timestamp.
    pub(crate) const FILE_2: &str = "rekor2-happy-path";
    /// A statement, in Rekor v1 as `dsse`.
    pub(crate) const STATEMENT_1: &str = "happy-path-intoto-in-dsse-v3";
    /// A statement, in Rekor v1 as `intoto`, with a timestamp.
    pub(crate) const INTOTO: &str = "intoto-with-custom-trust-root";
    /// A statement, in Rekor v2, with a timestamp.
    pub(crate) const STATEMENT_2: &str = "rekor2-dsse-happy-path";
    /// A file by a key, in Rekor v1, with a timestamp.
    pub(crate) const KEY: &str = "managed-key-happy-path";

    pub(crate) const ALL: [&str; 6] = [FILE_1, FILE_2, STATEMENT_1, INTOTO, STATEMENT_2, KEY];
}

fn read_key(pem: &[u8]) -> Result<PublicKey, Error> {
    PublicKey::from_pem(pem).map_err(|cause| Error::Malformed { file: PathBuf::new(), cause })
}

/// Trusts the sandbox, after `change` of its trusted root.
pub(crate) fn verifier(
    sandbox: &Sandbox,
    change: impl FnOnce(&mut Value),
) -> Result<Verifier, Error> {
    let mut root = trusted_root(sandbox);
    change(&mut root);
    let name = PathBuf::from("trusted_root.json");
    Verifier::new(TrustedRoot::parse(name, "file", root.to_string().as_bytes())?, &Host::test(&[]))
}

/// The sandbox's trusted root.
pub(crate) fn trusted_root(sandbox: &Sandbox) -> Value {
    let root = sandbox.directory().join("trusted_root.json");
    serde_json::from_slice(&std::fs::read(root).unwrap()).unwrap()
}

/// A good bundle, and what it takes to prove it.
pub(crate) struct Vector {
    pub(crate) bundle: Vec<u8>,
    pub(crate) digest: Sha256,
    pub(crate) verifier: Verifier,
    pub(crate) key: Option<PublicKey>,
}

impl Vector {
    /// What the sandbox has forged about these bytes; it may be trusted after `change`.
    pub(crate) fn forged(
        sandbox: &Sandbox,
        forge: &Forge,
        bytes: &[u8],
        change: impl FnOnce(&mut Value),
    ) -> Self {
        let forged = sandbox.forge(forge).unwrap();
        let bundle = forged.bundle().unwrap();
        let key = forged
            .public_key()
            .ok()
            .filter(|_| bundle.pointer("/verificationMaterial/publicKey").is_some());
        Self {
            bundle: bundle.to_string().into_bytes(),
            digest: Sha256::of(bytes),
            verifier: verifier(sandbox, change).unwrap(),
            key: key.map(|pem| PublicKey::from_pem(pem.as_bytes()).unwrap()),
        }
    }

    /// The conformance suite's case in `directory`.
    pub(crate) fn read(directory: &Path) -> Result<Self, Error> {
        let bytes = |path: PathBuf| read_regular(&path, 1 << 20).unwrap();
        let root = match directory.join("trusted_root.json") {
            root if root.exists() => TrustedRoot::read(&root)?,
            _ => TrustedRoot::embedded(Instance::Production)?,
        };
        let artifact = match directory.join("artifact") {
            own if own.exists() => own,
            _ => directory.join("../../a.txt"),
        };
        let key = directory.join("key.pub");
        Ok(Self {
            bundle: bytes(directory.join("bundle.sigstore.json")),
            digest: Sha256::of(&bytes(artifact)),
            verifier: Verifier::new(root, &Host::test(&[]))?,
            key: key.exists().then(|| read_key(&bytes(key))).transpose()?,
        })
    }

    pub(crate) fn subject(&self) -> Subject<'_> {
        Subject { file: Path::new("a.txt"), digest: self.digest, filename: None }
    }

    pub(crate) fn prove(&self) -> Result<Proof, Error> {
        self.prove_bytes(&self.bundle)
    }

    pub(crate) fn prove_bytes(&self, bundle: &[u8]) -> Result<Proof, Error> {
        self.verifier.prove(&self.subject(), bundle, self.key.as_ref())
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.bundle).unwrap()
    }

    /// What is made of the bundle after `change`.
    pub(crate) fn changed(&self, change: impl FnOnce(&mut Value)) -> Result<Proof, Error> {
        let mut bundle = self.json();
        change(&mut bundle);
        self.prove_bytes(bundle.to_string().as_bytes())
    }
}
