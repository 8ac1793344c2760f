//! The pipe: six stages, and what happens to the rest when one of them fails.

use serde_json::Value;

use crate::golden::furnish;
use crate::place::Place;

/// The six stages under plain `sh`, without `pipefail`. `$1` to `$6` are further flags of a stage.
const PIPE: &str = r#"
build_job() { env -u SIGSTORE_ID_TOKEN -u CI_JOB_TOKEN pysign-build "$@"; }
build_job . $B | pysign-sign $SIGN $S | pysign-verify $VERIFY $IDENTITY $V |
    pysign-publish --to gitlab --to dir:index $P | pysign-fetch --index gitlab -o got $F |
    pysign-verify $VERIFY $IDENTITY -o proven $W
"#;

fn project() -> Place {
    let place = Place::new();
    furnish(&place, "project");
    place
}

#[test]
fn six_stages_end_in_a_proof() {
    let place = project();
    let line = place.ok(PIPE);
    let proof: Value = serde_json::from_str(&line).unwrap();
    let artifacts = proof["artifacts"].as_array().unwrap();
    assert_eq!(artifacts.len(), 2);
    for artifact in artifacts {
        assert_eq!(artifact["verified"].as_array().unwrap().len(), 2, "{artifact}");
        assert!(artifact["path"].as_str().unwrap().starts_with("proven/"), "{artifact}");
        assert!(!artifact["published"].as_array().unwrap().is_empty(), "{artifact}");
        assert!(!artifact["fetched"].as_array().unwrap().is_empty(), "{artifact}");
    }
    let tools: Vec<&str> =
        proof["tools"].as_array().unwrap().iter().map(|tool| tool.as_str().unwrap()).collect();
    let names = ["build", "sign", "verify", "publish", "fetch", "verify"];
    let expected: Vec<String> =
        names.iter().map(|name| format!("pysign-{name}/{}", env!("CARGO_PKG_VERSION"))).collect();
    assert_eq!(tools, expected);
    assert_eq!(line.matches('\n').count(), 1);
    assert!(place.litter().is_empty(), "{:?}", place.litter());
}

/// Breaks one stage by an unknown flag and by its work failing; the pipe must fail with nothing on
/// its standard output, and the stages after it say that it wasn't them.
fn breaks(variable: &str, flags: &str, later: usize) {
    let mut place = project();
    place.set(variable, flags);
    let output = place.sh(PIPE);
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success(), "{variable}: {stderr}");
    assert!(output.stdout.is_empty(), "{variable}: {stderr}");
    assert_eq!(stderr.matches("the stage before failed").count(), later, "{stderr}");
    assert!(!place.work().join("proven").exists(), "{variable}");
}

#[test]
fn a_broken_build_breaks_the_pipe() {
    breaks("B", "--expect-version 9.9", 5);
}

#[test]
fn a_broken_sign_breaks_the_pipe() {
    breaks("S", "--token-file missing", 4);
}

#[test]
fn a_broken_verify_breaks_the_pipe() {
    breaks("V", "--trusted-root missing", 3);
}

#[test]
fn a_broken_publish_breaks_the_pipe() {
    breaks("P", "--token-file missing", 2);
}

#[test]
fn a_broken_fetch_breaks_the_pipe() {
    breaks("F", "--token-file missing", 1);
}

#[test]
fn a_broken_last_verify_breaks_the_pipe() {
    breaks("W", "--trusted-root missing", 0);
}

#[test]
fn a_saved_manifest_joins_jobs_as_the_pipe_does() {
    let place = project();
    let script = "set -e
        env -u SIGSTORE_ID_TOKEN -u CI_JOB_TOKEN pysign-build . >build.json
        pysign-sign -m build.json $SIGN >signed.json
        pysign-verify -m signed.json $VERIFY $IDENTITY >verified.json
        pysign-publish -m verified.json --to dir:index >release.json
        pysign-fetch -m release.json --index dir:index -o got >got.json
        pysign-verify -m got.json $VERIFY $IDENTITY";
    let proof: Value = serde_json::from_str(&place.ok(script)).unwrap();
    assert_eq!(proof["artifacts"].as_array().unwrap().len(), 2);
}

#[test]
fn a_second_run_of_every_stage_is_success_and_changes_nothing() {
    let place = project();
    let script = "set -e
        env -u SIGSTORE_ID_TOKEN -u CI_JOB_TOKEN pysign-build . >build.json
        pysign-sign -m build.json $SIGN >signed.json
        pysign-verify -m signed.json $VERIFY $IDENTITY >verified.json
        pysign-publish -m verified.json --to gitlab --to dir:index >release.json
        pysign-fetch -m release.json --index gitlab -o got >got.json
        pysign-verify -m got.json $VERIFY $IDENTITY -o proven";
    let first = place.ok(script);
    let listing = "find dist index got proven -type f -exec sha256sum {} + | sort";
    let before = place.ok(listing);
    let second = place.ok(script);
    assert_eq!(place.ok(listing), before);
    let kept = |line: &str| line.replace("\"outcome\":\"stored\"", "\"outcome\":\"kept\"");
    assert_eq!(kept(&first), kept(&second));
}

/// A pipeline that runs again makes other signatures, and the targets keep those that they have:
/// these are what is fetched and proven, however the place is named.
#[test]
fn signatures_that_were_kept_are_fetched_and_proven() {
    let place = Place::new();
    furnish(&place, "dist");
    let publish = "pysign-sign -m build.json $SIGN | pysign-verify $VERIFY $IDENTITY |
        pysign-publish --to gitlab --to dir:index --base-url https://example.org/pypi";
    place.ok(&format!("{publish} >first.json && mkdir first && mv dist/*.sigstore.json first"));
    place.ok(&format!("rm dist/*.sig dist/*.crt && {publish} >release.json"));
    for (output, index) in [
        ("a", "gitlab"),
        ("b", "\"gitlab:$CI_API_V4_URL#$CI_PROJECT_PATH\""),
        ("c", "dir:index"),
        ("d", "dir:../work/index"),
    ] {
        let fetch = format!("pysign-fetch --index {index} -o got-{output}");
        let verify = format!("pysign-verify $VERIFY $IDENTITY -o {output}");
        place.ok(&format!("{fetch} <release.json | {verify} >{output}.json"));
        place.ok(&format!("{fetch}-again <{output}.json | {verify}-again"));
    }
    place.ok("for bundle in first/*; do
        ! cmp -s $bundle dist/${bundle#first/} || exit 1
        for proven in a b c d; do cmp $bundle $proven/${bundle#first/} || exit 1; done
    done");
    // A digest that publish did not note for the place is still refused.
    place.ok("for file in first/*; do cp dist/${file#first/} index/files/demo-offline/1.0.0; done");
    let fetch = "pysign-fetch -m release.json --index dir:index -o other";
    assert_eq!(place.sh(fetch).status.code(), Some(1));
}

#[test]
fn rekor_v2_and_a_timestamp_make_a_release_too() {
    let place = Place::new();
    furnish(&place, "dist");
    let line = place
        .ok("pysign-sign -m build.json $SIGN2 --emit bundle | pysign-verify $VERIFY $IDENTITY");
    let proof: Value = serde_json::from_str(&line).unwrap();
    assert_eq!(proof["artifacts"][0]["verified"][0]["kind"], "bundle");
}
