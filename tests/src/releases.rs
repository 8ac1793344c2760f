//! Many files at once: one statement over a release, and the files of many projects in one manifest.

use std::collections::BTreeSet;
use std::fs;

use pysign_host::Sha256;
use pysign_sandbox::Forge;
use serde_json::{Value, json};

use crate::place::{Place, names_below};

/// A release of a wheel for each build number, and one sdist for each of as many projects: more than
/// there are jobs, so that several meet at the same statement.
const FILES: usize = 60;
const JOBS: usize = 8;

/// Both, in `release` and `mirror`.
const MAKE: &str = r#"
import io, os, sys, tarfile, zipfile
os.mkdir("release"), os.mkdir("mirror")
for number in range(1, int(sys.argv[1]) + 1):
    with zipfile.ZipFile(f"release/demo-1.0-{number}-py3-none-any.whl", "w") as wheel:
        info = "demo-1.0.dist-info"
        wheel.writestr(f"{info}/METADATA", "Metadata-Version: 2.1\nName: demo\nVersion: 1.0\n")
        wheel.writestr(f"{info}/WHEEL", f"Wheel-Version: 1.0\nTag: py3-none-any\nBuild: {number}\n")
        wheel.writestr(f"{info}/RECORD", "")
    with tarfile.open(f"mirror/p{number}-1.0.tar.gz", "w:gz") as sdist:
        text = f"Metadata-Version: 2.1\nName: p{number}\nVersion: 1.0\n".encode()
        member = tarfile.TarInfo(f"p{number}-1.0/PKG-INFO")
        member.size = len(text)
        sdist.addfile(member, io.BytesIO(text))
"#;

/// Makes the files; gives those in `directory` with their bytes.
fn files(place: &Place, directory: &str) -> Vec<(String, Vec<u8>)> {
    fs::write(place.work().join("make.py"), MAKE).unwrap();
    place.ok(&format!("python3 make.py {FILES}"));
    let read = |path: std::path::PathBuf| {
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        (name, fs::read(path).unwrap())
    };
    names_below(&place.work().join(directory)).into_iter().map(read).collect()
}

fn artifacts(line: &str) -> Vec<Value> {
    let manifest: Value = serde_json::from_str(line).unwrap();
    manifest["artifacts"].as_array().unwrap().clone()
}

#[test]
fn a_release_statement_is_copied_once_and_proves_each_of_its_files() {
    let place = Place::new();
    let subject = |(name, bytes): &(String, Vec<u8>)| json!({"name": name, "digest": {"sha256": Sha256::of(bytes).to_string()}});
    let statement = json!({
        "_type": "https://in-toto.io/Statement/v1",
        "predicateType": "https://in-toto.io/attestation/release/v0.2",
        "predicate": {},
        "subject": files(&place, "release").iter().map(subject).collect::<Value>(),
    });
    let forged = place.sandbox.forge(&Forge::statement(&statement.to_string())).unwrap();
    let bundle = forged.bundle().unwrap().to_string();
    fs::write(place.work().join("release/demo-1.0.release.sigstore.json"), bundle).unwrap();

    let verify = format!("pysign-verify $VERIFY $IDENTITY --jobs {JOBS} --complete --offline");
    let proven = artifacts(&place.ok(&format!("{verify} release -o proven")));
    assert_eq!(proven.len(), FILES);
    for artifact in proven {
        assert_eq!(artifact["verified"][0]["kind"], "release", "{artifact}");
        let path = &artifact["signatures"][0]["files"][0]["path"];
        assert_eq!(path, "proven/demo-1.0.release.sigstore.json");
    }
    let there = names_below(&place.work().join("proven"));
    assert_eq!(there.len(), FILES + 2, "{there:?}");
    place.ok(&format!("{verify} proven"));

    place.ok("rm proven/demo-1.0-7-py3-none-any.whl");
    let said = place.sh(&format!("{verify} proven"));
    assert_eq!(said.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&said.stderr).contains("'demo-1.0-7-py3-none-any.whl'"));
}

#[test]
fn the_files_of_many_projects_are_proven_at_once_and_every_bad_one_is_named() {
    let place = Place::new();
    for (name, bytes) in files(&place, "mirror") {
        let bundle = place.sandbox.forge(&Forge::file(&bytes)).unwrap().bundle().unwrap();
        let path = place.work().join(format!("mirror/{name}.sigstore.json"));
        fs::write(path, bundle.to_string()).unwrap();
    }
    let verify = format!("pysign-verify $VERIFY $IDENTITY --offline --jobs {JOBS}");
    fs::write(place.work().join("m.json"), place.ok(&format!("{verify} mirror"))).unwrap();
    let names = |line: &str| -> Vec<String> {
        artifacts(line).iter().map(|one| one["filename"].to_string()).collect()
    };
    let listed = names(&fs::read_to_string(place.work().join("m.json")).unwrap());
    assert_eq!(listed.iter().collect::<BTreeSet<_>>().len(), FILES);
    assert_eq!(names(&place.ok(&format!("{verify} -m m.json"))), listed);

    // Every third is another's, by its bundle; in the order of the manifest, each is named.
    place.ok("rm m.json; cp mirror/p1-1.0.tar.gz.sigstore.json other");
    for number in (2..=FILES).step_by(3) {
        place.ok(&format!("cp other mirror/p{number}-1.0.tar.gz.sigstore.json"));
    }
    let output = place.sh(&format!("{verify} --error-format=json mirror"));
    let said = String::from_utf8(output.stderr).unwrap();
    let lines: Vec<Value> = said.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let found: Vec<&str> = lines.iter().filter_map(|line| line["file"].as_str()).collect();
    let mut expected: Vec<String> =
        (2..=FILES).step_by(3).map(|number| format!("mirror/p{number}-1.0.tar.gz")).collect();
    expected.sort();
    assert_eq!(found, expected);
    assert_eq!((output.status.code(), output.stdout.as_slice()), (Some(1), &b""[..]));
}
