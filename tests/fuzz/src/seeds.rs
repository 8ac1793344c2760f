//! Good documents to begin with: the external vectors, and what can be made of them.

use std::fs;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use pysign_host::Sha256;
use serde_json::{Value, json};

use crate::target::Seed;

/// A directory of the external vectors, beside the workspace or where `PYSIGN_TESTDATA` says.
pub(crate) fn set(name: &str) -> Option<PathBuf> {
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/testdata");
    let root = std::env::var_os("PYSIGN_TESTDATA").map_or_else(beside, PathBuf::from);
    Some(root.join(name)).filter(|set| set.is_dir())
}

/// The paths in a directory of the vectors, in the order of their names.
fn paths(name: &str) -> Vec<PathBuf> {
    let entries = set(name).and_then(|set| fs::read_dir(set).ok());
    let mut paths: Vec<PathBuf> =
        entries.into_iter().flatten().filter_map(|entry| Some(entry.ok()?.path())).collect();
    paths.sort();
    paths
}

fn name(path: &Path) -> String {
    path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

/// The cases of the conformance suite that must be accepted, as directories.
pub(crate) fn good_cases() -> Vec<(String, PathBuf)> {
    let named = |path: PathBuf| (name(&path), path);
    let mut cases: Vec<_> = paths("conformance/bundle-verify").into_iter().map(named).collect();
    cases.retain(|(name, path)| {
        !name.ends_with("_fail") && path.join("bundle.sigstore.json").exists()
    });
    cases
}

/// Their bundles.
pub(crate) fn bundles() -> Vec<Seed> {
    let read = |(name, path): (String, PathBuf)| {
        fs::read(path.join("bundle.sigstore.json")).ok().map(|bytes| Seed::new(name, bytes))
    };
    good_cases().into_iter().filter_map(read).collect()
}

/// Files of the attestations' set.
pub(crate) fn attestations(end: &str) -> Vec<Seed> {
    let mut seeds: Vec<Seed> = paths("attestations")
        .into_iter()
        .filter_map(|path| Some(Seed::new(name(&path), fs::read(path).ok()?)))
        .collect();
    seeds.retain(|seed| seed.name.ends_with(end));
    seeds
}

/// The statements in them and in bundles.
pub(crate) fn statements() -> Vec<Seed> {
    let read = |seed: Seed| {
        let document = json(&seed.bytes);
        let places = ["/dsseEnvelope/payload", "/envelope/statement"];
        let payload = places.iter().find_map(|place| text(&document, place))?;
        Some(Seed::new(seed.name, base64(payload)?))
    };
    bundles().into_iter().chain(attestations(".attestation")).filter_map(read).collect()
}

/// The trusted roots of the public instances and of the conformance suite.
pub(crate) fn trusted_roots() -> Vec<Seed> {
    let public = ["production", "staging"]
        .map(|name| (name.to_owned(), set("trust").unwrap_or_default().join(name)));
    let read = |(name, directory): (String, PathBuf)| {
        fs::read(directory.join("trusted_root.json")).ok().map(|bytes| Seed::new(name, bytes))
    };
    public.into_iter().chain(good_cases()).filter_map(read).collect()
}

/// One of each kind, made with openssl.
pub(crate) fn public_keys() -> Vec<Seed> {
    [
        ("p256", include_str!("seeds/p256.pem")),
        ("p384", include_str!("seeds/p384.pem")),
        ("ed25519", include_str!("seeds/ed25519.pem")),
        ("rsa", include_str!("seeds/rsa2048.pem")),
    ]
    .map(|(name, pem)| Seed::new(name, pem))
    .into()
}

/// The leaf certificates of bundles and attestations, in each of the forms that files have.
pub(crate) fn certificates() -> Vec<Seed> {
    const PLACES: [&str; 3] = [
        "/verificationMaterial/certificate/rawBytes",
        "/verificationMaterial/x509CertificateChain/certificates/0/rawBytes",
        "/verification_material/certificate",
    ];
    let mut ders: Vec<(String, String)> = Vec::new();
    for seed in bundles().into_iter().chain(attestations(".publish.attestation")) {
        let document = json(&seed.bytes);
        let found = PLACES.iter().find_map(|place| text(&document, place));
        ders.extend(found.map(|found| (seed.name, found.to_owned())));
    }
    ders.dedup_by(|one, other| one.1 == other.1);
    ders.into_iter()
        .flat_map(|(name, base64)| {
            let pem = pem("CERTIFICATE", &base64);
            [
                Seed::new(format!("{name}.der"), STANDARD.decode(&base64).unwrap_or_default()),
                Seed::new(format!("{name}.pem.b64"), STANDARD.encode(&pem)),
                Seed::new(format!("{name}.b64"), base64),
                Seed::new(format!("{name}.pem"), pem),
            ]
        })
        .collect()
}

/// One block of PEM (RFC 7468).
pub(crate) fn pem(label: &str, base64: &str) -> String {
    let mut block = format!("-----BEGIN {label}-----\n");
    for line in base64.as_bytes().chunks(64) {
        block.extend(line.iter().copied().map(char::from));
        block.push('\n');
    }
    block + &format!("-----END {label}-----\n")
}

/// The document, or `null` for what is none.
pub(crate) fn json(document: &[u8]) -> Value {
    serde_json::from_slice(document).unwrap_or_default()
}

/// The text at a place in it.
pub(crate) fn text<'v>(document: &'v Value, place: &str) -> Option<&'v str> {
    document.pointer(place)?.as_str()
}

/// What a text in base64 stands for.
pub(crate) fn base64(text: &str) -> Option<Vec<u8>> {
    STANDARD.decode(text).ok()
}

/// What cosign would have written for a bundle of Rekor v1 over a file, and the proof that it would
/// have left out.
pub(crate) fn legacy(bundle: &[u8]) -> Option<(Vec<u8>, Value)> {
    const ENTRY: &str = "/verificationMaterial/tlogEntries/0";
    let bundle = json(bundle);
    let entry = bundle.pointer(ENTRY)?;
    let certificate = text(&bundle, "/verificationMaterial/certificate/rawBytes")?;
    let log: Sha256 = STANDARD
        .decode(text(entry, "/logId/keyId")?)
        .ok()?
        .try_into()
        .ok()
        .map(Sha256::from_bytes)?;
    let number = |place: &str| text(entry, place)?.parse::<u64>().ok();
    let document = json!({
        "base64Signature": text(&bundle, "/messageSignature/signature")?,
        "cert": STANDARD.encode(pem("CERTIFICATE", certificate)),
        "rekorBundle": {
            "SignedEntryTimestamp": text(entry, "/inclusionPromise/signedEntryTimestamp")?,
            "Payload": {
                "body": text(entry, "/canonicalizedBody")?,
                "integratedTime": number("/integratedTime")?,
                "logIndex": number("/logIndex")?,
                "logID": log.to_string(),
            },
        },
    });
    Some((document.to_string().into_bytes(), entry.get("inclusionProof")?.clone()))
}

/// A manifest with something of everything.
pub(crate) fn manifests() -> Vec<Seed> {
    let hash = "0".repeat(64);
    let entry = json!({"backend": "hatchling.build", "python": "3.11.7"});
    let full = json!({
        "schema": "pysign-manifest/1",
        "artifacts": [{
            "filename": "demo_pkg-1.2.0-py3-none-any.whl",
            "path": "dist/demo_pkg-1.2.0-py3-none-any.whl",
            "kind": "wheel",
            "project": "demo-pkg",
            "version": "1.2.0",
            "size": 18234,
            "digests": {"sha256": hash},
            "signatures": [
                {"kind": "bundle", "files": [{
                    "role": "bundle",
                    "path": "dist/demo_pkg-1.2.0-py3-none-any.whl.sigstore.json",
                    "digests": {"sha256": hash},
                    "published": [{"target": "gitlab", "url": "https://x/y", "outcome": "stored"}],
                    "fetched": [{"url": "https://x/y"}],
                }]},
                {"kind": "pair", "files": [
                    {
                        "role": "signature",
                        "path": "dist/demo_pkg-1.2.0-py3-none-any.whl.sig",
                        "digests": {"sha256": hash},
                    },
                    {
                        "role": "certificate",
                        "path": "dist/demo_pkg-1.2.0-py3-none-any.whl.crt",
                        "digests": {"sha256": hash},
                    },
                ]},
            ],
            "verified": [{"kind": "bundle", "signature_sha256": hash, "log_index": 7}],
            "fetched": [{"index": "pypi", "url": "https://x/y", "hash_sources": ["index"]}],
        }, {
            "filename": "demo_pkg-1.2.0.tar.gz",
            "path": "/tmp/demo_pkg-1.2.0.tar.gz",
            "kind": "sdist",
            "project": "demo-pkg",
            "version": "1.2.0",
            "size": 7,
            "digests": {"sha256": hash},
            "signatures": [],
        }],
        "builds": {},
        "tools": ["pysign-build/0.1.0"],
        "more": {"carried": [entry, null, "\u{e9}"]},
    });
    let digest = json!({
        "schema": "pysign-manifest/1",
        "artifacts": [{
            "filename": format!("sha256:{hash}"),
            "kind": "digest",
            "digests": {"sha256": hash},
        }],
        "builds": {},
        "tools": [],
    });
    vec![Seed::new("full", full.to_string()), Seed::new("digest", digest.to_string())]
}

/// A policy with every member that there is.
pub(crate) fn policies() -> Vec<Seed> {
    let hash = "0".repeat(64);
    let policy = json!({"schema": "pysign-policy/1", "projects": [
        {"project": "demo", "require": ["bundle", "https://slsa.dev/provenance/v1"],
         "sha256": [hash], "signers": [
            {"gitlab": "acme/demo", "ref": "refs/tags/v{version}", "config": "ci.yml",
             "issuer": "https://gitlab.example", "claims": {"build-trigger": ["push", "web"]}},
            {"github": "acme/demo", "ref": "refs/tags/*", "workflow": "release.yml"},
            {"identity_regexp": "https://gitlab\\.com/acme/.*", "issuer": "https://gitlab.com"},
            {"identity": "dev@example.org", "issuer_regexp": "https://login\\.example\\..+"},
            {"key": include_str!("seeds/p256.pem")}]},
        {"project": "demo-*", "signers": [{"identity": "a@example.org", "issuer": "https://b.org"}]},
        {"file": "notes.txt", "sha256": [hash]},
    ]});
    vec![Seed::new("whole", policy.to_string())]
}
