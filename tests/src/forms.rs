//! Signatures in every form: what was signed before a failure is kept, and verifies.

use std::fs;
use std::path::PathBuf;

use serde_json::Value;

use crate::golden::furnish;
use crate::place::{Place, names_below};

/// A statement about the files of the build, in `statement.json`.
const STATEMENT: &str = r#"python3 - <<'E' >statement.json
import json
files = json.load(open("build.json"))["artifacts"]
subjects = [{"name": f["filename"], "digest": {"sha256": f["digests"]["sha256"]}} for f in files]
print(json.dumps({"_type": "https://in-toto.io/Statement/v1", "subject": subjects,
    "predicateType": "https://example.org/review/v1", "predicate": {}}))
E"#;

const ALL: &str = "--emit bundle,pair,attestation,statement,release --statement statement.json";
/// A bundle and an attestation for each of two files, a statement and a release.
const SIGNATURES: usize = 6;

fn release() -> Place {
    let place = Place::new();
    furnish(&place, "dist");
    place.ok(STATEMENT);
    place
}

/// How many entries the log was asked to take.
fn logged(place: &Place) -> usize {
    let posts = place.sandbox.exchanges().into_iter();
    posts.filter(|one| one.service == "rekor" && one.method == "POST").count()
}

fn sidecars(place: &Place) -> Vec<PathBuf> {
    let is_sidecar = |path: &PathBuf| {
        !["whl", "gz"].iter().any(|end| path.extension().is_some_and(|extension| extension == *end))
    };
    names_below(&place.work().join("dist")).into_iter().filter(is_sidecar).collect()
}

fn kinds(line: &str) -> Vec<Vec<String>> {
    let manifest: Value = serde_json::from_str(line).unwrap();
    let of = |artifact: &Value| {
        let signatures = artifact["signatures"].as_array().unwrap();
        signatures.iter().map(|one| one["kind"].as_str().unwrap().to_owned()).collect()
    };
    manifest["artifacts"].as_array().unwrap().iter().map(of).collect()
}

#[test]
fn a_run_that_was_cut_off_anywhere_is_finished_by_the_next_and_signs_nothing_twice() {
    for done in 0..SIGNATURES {
        let place = release();
        let fault = format!("rekor/post:status=403@{}", done + 1);
        place.sandbox.fault(&fault).unwrap();
        let sign = format!("pysign-sign --jobs 1 -m build.json $SIGN {ALL}");
        let cut_off = place.sh(&sign);
        assert_eq!((cut_off.status.code(), cut_off.stdout.as_slice()), (Some(5), &b""[..]));
        assert_eq!(logged(&place), done + 1);
        let left: Vec<_> =
            sidecars(&place).into_iter().map(|path| (fs::read(&path).unwrap(), path)).collect();
        assert!(place.litter().is_empty());

        place.sandbox.heal();
        let line = place.ok(&sign);
        assert_eq!(logged(&place), done + 1 + SIGNATURES - done, "{fault}");
        for (bytes, path) in left {
            assert_eq!(fs::read(&path).unwrap(), bytes, "{}", path.display());
        }
        let each = ["attestation", "bundle", "pair", "release", "statement"].map(str::to_owned);
        assert_eq!(kinds(&line), [each.to_vec(), each.to_vec()]);
        fs::write(place.work().join("signed.json"), line).unwrap();
        place.ok("pysign-verify -q -m signed.json $VERIFY $IDENTITY --complete >proof.json");

        let before = logged(&place);
        let again = place.ok(&format!("pysign-sign -q --offline -m signed.json $SIGN {ALL}"));
        assert_eq!(kinds(&again), [each.to_vec(), each.to_vec()]);
        assert_eq!(logged(&place), before);
    }
}

#[test]
fn a_damaged_attestation_is_in_the_way_and_replaced_when_forced() {
    let place = release();
    place.ok(&format!("pysign-sign -q -m build.json $SIGN {ALL} >signed.json"));
    let before = logged(&place);
    place.ok("for file in dist/*.publish.attestation; do printf x >>$file; done");
    let sign = format!("pysign-sign -q $SIGN {ALL} dist");
    let refused = place.sh(&sign);
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert_eq!(
        (refused.status.code(), said.matches("already exists").count()),
        (Some(3), 2),
        "{said}"
    );
    assert_eq!(logged(&place), before);
    place.ok(&format!("{sign} -f >again.json"));
    assert_eq!(logged(&place), before + 2);
    place.ok("pysign-verify -q -m again.json $VERIFY $IDENTITY --complete >proof.json");
}

#[test]
fn the_release_statement_names_the_release_and_its_files_in_order() {
    let place = release();
    place.ok("pysign-sign -q $SIGN --emit release dist/*.whl dist/*.tar.gz >signed.json");
    let bundle = fs::read(place.work().join("dist/demo-offline-1.0.0.release.sigstore.json"));
    let bundle: Value = serde_json::from_slice(&bundle.unwrap()).unwrap();
    let payload = bundle["dsseEnvelope"]["payload"].as_str().unwrap();
    fs::write(place.work().join("payload"), payload).unwrap();
    let statement: Value = serde_json::from_str(&place.ok("base64 -d payload")).unwrap();
    assert_eq!(statement["predicateType"], "https://in-toto.io/attestation/release/v0.2");
    assert_eq!(statement["predicate"]["purl"], "pkg:pypi/demo-offline@1.0.0");
    let names: Vec<&str> = statement["subject"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["name"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["demo_offline-1.0.0-py3-none-any.whl", "demo_offline-1.0.0.tar.gz"]);
}

#[test]
fn every_form_goes_through_every_stage() {
    let place = release();
    place.ok(&format!(
        "pysign-sign -q -m build.json $SIGN {ALL} |
            pysign-verify -q $VERIFY $IDENTITY --complete >verified.json
        pysign-publish -q -m verified.json --to gitlab --to dir:index >published.json"
    ));
    let each = ["attestation", "bundle", "pair", "release", "statement"].map(str::to_owned);
    for index in ["gitlab", "dir:index"] {
        for what in ["-m published.json", "demo-offline==1.0.0"] {
            let line = place.ok(&format!(
                "rm -rf got; pysign-fetch -q {what} --index {index} -o got |
                    pysign-verify -q $VERIFY $IDENTITY --complete"
            ));
            assert_eq!(kinds(&line), [each.to_vec(), each.to_vec()], "{index} {what}");
        }
        // A second run keeps it all.
        let said = place.sh(&format!("pysign-publish -m verified.json --to {index}"));
        let said = String::from_utf8_lossy(&said.stderr).into_owned();
        assert!(said.contains(" 0 files stored"), "{said}");
    }
    // Signed again, it is what is there already.
    place.ok("rm dist/*.json dist/*.attestation dist/*.sig dist/*.crt");
    place.ok(&format!("pysign-sign -q -m build.json $SIGN {ALL} >again.json"));
    let said = place.sh("pysign-publish -q -m again.json --to gitlab >kept.json");
    assert_eq!(said.status.code(), Some(0), "{}", String::from_utf8_lossy(&said.stderr));
}
