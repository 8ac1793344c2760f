use super::*;
use pysign_host::{Problem as _, Status};

const WHEEL: &str = "demo_pkg-1.2.0-py3-none-any.whl";
const HEX: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

fn artifact() -> Value {
    json!({
        "digests": {"md5": "kept", "sha256": HEX},
        "filename": WHEEL,
        "kind": "wheel",
        "new": {"deep": [1, null]},
        "path": format!("dist/{WHEEL}"),
        "project": "demo-pkg",
        "signatures": [{
            "files": [{
                "digests": {"sha256": HEX},
                "path": format!("dist/{WHEEL}.sigstore.json"),
                "role": "bundle",
                "unknown": true,
            }],
            "kind": "bundle",
        }],
        "size": 3,
        "version": "1.2.0",
    })
}

fn document(artifact: &Value) -> Value {
    json!({"artifacts": [artifact], "later": "kept", "schema": SCHEMA, "tools": ["a/1"]})
}

fn parse(document: &Value) -> Result<Manifest, Error> {
    Manifest::parse(document.to_string().as_bytes(), Path::new(""))
}

/// The good artifact with `value` at `pointer`.
fn with(pointer: &str, value: Value) -> Value {
    let mut artifact = artifact();
    *artifact.pointer_mut(pointer).unwrap() = value;
    document(&artifact)
}

fn code(document: &Value) -> &'static str {
    parse(document).unwrap_err().facts().code
}

#[test]
fn what_was_read_is_written_unknown_members_included() {
    let document = document(&artifact());
    assert_eq!(parse(&document).unwrap().encode().unwrap(), format!("{document}\n"));
}

#[test]
fn the_file_name_decides_kind_project_and_version() {
    for (pointer, value) in [("/kind", "sdist"), ("/project", "other"), ("/version", "1.2.1")] {
        assert_eq!(code(&with(pointer, json!(value))), "manifest-malformed", "{pointer}");
    }
    assert!(parse(&with("/version", json!("1.2"))).is_ok());
}

#[test]
fn a_file_has_a_limited_number_of_signatures() {
    let many = |count| {
        let one = artifact().pointer("/signatures/0").unwrap().clone();
        parse(&with("/signatures", vec![one; count].into()))
    };
    assert!(many(64).is_ok());
    assert_eq!(many(65).unwrap_err().facts().code, "manifest-too-large");
}

#[test]
fn a_newer_schema_is_refused() {
    let mut newer = document(&artifact());
    *newer.pointer_mut("/schema").unwrap() = json!("pysign-manifest/2");
    assert_eq!(code(&newer), "manifest-schema");
}

#[test]
fn a_path_ends_in_the_file_name_and_stays_below() {
    for path in ["dist/other.whl", &format!("../{WHEEL}"), &format!("a/../{WHEEL}")] {
        assert_eq!(code(&with("/path", json!(path))), "manifest-path", "{path}");
    }
}

#[test]
fn a_sidecar_lies_beside_its_artifact_under_a_known_suffix() {
    for path in [
        format!("other/{WHEEL}.sigstore.json"),
        format!("dist/{WHEEL}.sig"),
        "dist/other.sigstore.json".to_owned(),
        "/etc/passwd".to_owned(),
    ] {
        let lying = with("/signatures/0/files/0/path", json!(path));
        assert_eq!(code(&lying), "sidecar-path", "{path}");
    }
}

#[test]
fn a_file_name_is_one_component_without_control_characters() {
    for name in ["..", "a/b.whl", "a\\b.whl", "a\u{1b}.whl", ""] {
        assert_eq!(code(&with("/filename", json!(name))), "manifest-filename", "{name:?}");
    }
}

#[test]
fn a_digest_stands_without_a_file() {
    let name = format!("sha256:{HEX}");
    let digest = json!({"digests": {"sha256": HEX}, "filename": name, "kind": "digest"});
    let manifest = parse(&document(&digest)).unwrap();
    assert_eq!(manifest.artifacts[0].open().unwrap_err().facts().code, "manifest-no-file");
    let lying =
        json!({"digests": {"sha256": HEX.replace('b', "c")}, "filename": name, "kind": "digest"});
    assert_eq!(code(&document(&lying)), "manifest-malformed");
}

#[test]
fn a_build_is_named_by_the_digest_of_its_text() {
    let mut manifest = Manifest::new();
    let key = manifest.add_build(Build {
        python: Some("3.11".to_owned()),
        backend: Some("é".to_owned()),
        ..Build::default()
    });
    let text = r#"{"backend":"é","python":"3.11"}"#;
    assert_eq!(key, pysign_host::Sha256::of(text.as_bytes()).to_string());
    let written = manifest.encode().unwrap();
    assert!(Manifest::parse(written.as_bytes(), Path::new("")).is_ok());
    let edited = written.replace("3.11", "3.12");
    let error = Manifest::parse(edited.as_bytes(), Path::new("")).unwrap_err();
    assert_eq!(error.facts().code, "build-key");
}

#[test]
fn other_bytes_than_claimed_are_refused() {
    let mut artifact = parse(&document(&artifact())).unwrap().artifacts.remove(0);
    artifact.record(HEX.parse().unwrap(), 3).unwrap();
    let other = artifact.record(pysign_host::Sha256::of(b"abd"), 3).unwrap_err();
    assert_eq!((other.facts().code, other.facts().status), ("digest-mismatch", Status::Refused));
    assert_eq!(
        artifact.record(HEX.parse().unwrap(), 4).unwrap_err().facts().code,
        "digest-mismatch"
    );
}

#[test]
fn equal_manifests_merge_and_other_bytes_do_not() {
    let one = parse(&document(&artifact())).unwrap();
    assert_eq!(Manifest::merge(vec![one.clone(), one.clone()]).unwrap(), one);
    let other = parse(&with("/digests/sha256", json!("0".repeat(64)))).unwrap();
    let error = Manifest::merge(vec![one.clone(), other]).unwrap_err();
    assert_eq!((error.facts().code, error.facts().status), ("other-bytes", Status::Refused));
    let moved = parse(&with("/size", json!(4))).unwrap();
    assert_eq!(Manifest::merge(vec![one, moved]).unwrap_err().facts().code, "manifest-conflict");
}

#[test]
fn what_two_manifests_know_of_a_signature_is_one_signature() {
    let known = |target: &str| {
        let mut artifact = artifact();
        let file = artifact.pointer_mut("/signatures/0/files/0").unwrap();
        file["published"] = json!([{"target": target}]);
        parse(&document(&artifact)).unwrap()
    };
    let whole = Manifest::merge(vec![known("gitlab"), known("dir:index"), known("gitlab")]);
    let [signature] = &whole.unwrap().artifacts[0].signatures[..] else { panic!() };
    let published = json!([{"target": "gitlab"}, {"target": "dir:index"}]);
    assert_eq!(signature.files[0].published.write(), published);

    let one = parse(&document(&artifact())).unwrap();
    let bytes = with("/signatures/0/files/0/digests/sha256", json!("0".repeat(64)));
    let error = Manifest::merge(vec![one.clone(), parse(&bytes).unwrap()]).unwrap_err();
    assert_eq!((error.facts().code, error.facts().status), ("other-bytes", Status::Refused));
    let contrary = parse(&with("/signatures/0/files/0/unknown", json!(false))).unwrap();
    assert_eq!(Manifest::merge(vec![one, contrary]).unwrap_err().facts().code, "manifest-conflict");
}

/// Absent and empty members, and those of other versions, come back as they were.
#[test]
fn evidence_is_written_as_it_was_read() {
    let mut artifact = artifact();
    artifact["verified"] = json!([
        {"claims": {"build-trigger": "push"}, "kind": "bundle", "log_index": 7, "new": [1],
         "signature_sha256": HEX, "times": [], "trust": {"sha256": HEX, "source": "tuf", "x": 1}},
        {"kind": "pin", "policy_sha256": HEX},
    ]);
    artifact["published"] = json!([
        {"allowed": ["unsigned"], "digests": {"md5": "x", "sha256": HEX}, "outcome": "stored",
         "target": "gitlab", "url": "u"},
        {},
    ]);
    artifact["fetched"] = json!([{"hash_sources": ["index"], "index": "i", "url": "u"}]);
    let entry = json!({"canon": "c", "locked": false, "requires": [{"name": "a", "y": null}],
        "source": {"dirty": true, "epoch": 0, "overrides": {"v": [1]}, "z": {}}});
    let key = pysign_host::Sha256::of(entry.to_string().as_bytes()).to_string();
    artifact["build"] = json!(key);
    let mut document = document(&artifact);
    document["builds"] = json!({key: entry});
    assert_eq!(parse(&document).unwrap().encode().unwrap(), format!("{document}\n"));
}

#[test]
fn evidence_of_another_type_is_refused() {
    for (list, entry) in [
        ("verified", json!({"log_index": "7"})),
        ("verified", json!({"key_sha256": "x"})),
        ("verified", json!({"claims": {"a": 1}})),
        ("published", json!({"url": null})),
        ("published", json!({"digests": {"sha256": HEX.to_uppercase()}})),
        ("fetched", json!({"hash_sources": "index"})),
        ("fetched", json!("x")),
    ] {
        let mut artifact = artifact();
        artifact[list] = json!([entry]);
        assert_eq!(code(&document(&artifact)), "manifest-malformed", "{list} {entry}");
    }
}

#[test]
fn several_releases_are_told_apart() {
    let mut manifest = parse(&document(&artifact())).unwrap();
    manifest.single_release().unwrap();
    manifest.artifacts.push(Artifact::named("demo_pkg-2.0.tar.gz").unwrap());
    assert_eq!(manifest.single_release().unwrap_err().facts().code, "several-releases");
}

#[test]
fn several_commits_of_one_release_are_told_apart() {
    let mut manifest = parse(&document(&artifact())).unwrap();
    let [first, second] = ["a", "b"].map(|commit| {
        let source = Source { commit: Some(commit.to_owned()), ..Source::default() };
        manifest.add_build(Build { source: Some(source), ..Build::default() })
    });
    manifest.artifacts[0].build = Some(first);
    manifest.single_release().unwrap();
    let mut sdist = Artifact::named("demo_pkg-1.2.0.tar.gz").unwrap();
    sdist.build = Some(second);
    manifest.artifacts.push(sdist);
    assert_eq!(manifest.single_release().unwrap_err().facts().code, "several-commits");
}

#[test]
fn a_file_name_is_there_once() {
    let mut elsewhere = artifact();
    elsewhere["path"] = json!(format!("other/{WHEEL}"));
    elsewhere["signatures"] = json!([]);
    let twice = json!({"artifacts": [artifact(), elsewhere], "schema": SCHEMA});
    assert_eq!(code(&twice), "manifest-conflict");
    let mut other = artifact();
    other["filename"] = json!("demo_pkg-1.2.0.tar.gz");
    other["path"] = json!("dist/demo_pkg-1.2.0.tar.gz");
    other["kind"] = json!("sdist");
    other["signatures"] = json!([]);
    assert!(parse(&json!({"artifacts": [artifact(), other], "schema": SCHEMA})).is_ok());
}

#[test]
fn every_row_of_the_table_is_found_beside_its_file() {
    let scratch = std::env::temp_dir().join(format!("pysign-sidecars-{}", std::process::id()));
    std::fs::create_dir_all(&scratch).unwrap();
    let path = scratch.join(WHEEL);
    let mut artifact = Artifact::from_path(&path).unwrap();
    for row in &SIDECARS {
        std::fs::write(sidecar_path(&path, row.text), "x").unwrap();
    }
    std::fs::write(artifact.release_path().unwrap(), "x").unwrap();
    artifact.signatures = find_sidecars(&artifact);
    std::fs::remove_dir_all(&scratch).unwrap();
    let files = artifact.signatures.iter().flat_map(|one| &one.files);
    let found: BTreeSet<&str> =
        files.filter_map(|file| Some(Suffix::of(&file.path)?.text)).collect();
    // Of the two names of a certificate the first counts.
    let all = SIDECARS.iter().chain([&RELEASE]).map(|row| row.text);
    assert_eq!(found, all.filter(|text| *text != ".pem").collect());
    assert!(artifact.signatures.iter().all(|signature| artifact.can_list(signature)));
}
