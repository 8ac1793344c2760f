//! A signature says which bytes were signed, and a file's name says what they are installed as: a
//! good signature under another name is refused. The count is printed.

use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;

use pysign_sandbox::Forge;
use serde_json::Value;

use crate::golden::furnish;
use crate::place::Place;

const WHEEL: &str = "demo_offline-1.0.0-py3-none-any.whl";
const SDIST: &str = "demo_offline-1.0.0.tar.gz";
const STATEMENT: &str = ".statement.sigstore.json";

/// A file, a name that it does not deserve, and what in the file says so.
const OTHERS: [(&str, &str, &str, &str); 8] = [
    ("another version", WHEEL, "demo_offline-2.0.0-py3-none-any.whl", "wheel-directory"),
    ("another version of an sdist", SDIST, "demo_offline-2.0.0.tar.gz", "sdist-directory"),
    ("a local version", WHEEL, "demo_offline-1.0.0+evil-py3-none-any.whl", "wheel-directory"),
    ("another platform", WHEEL, "demo_offline-1.0.0-py3-none-win_amd64.whl", "wheel-tags"),
    ("another interpreter", WHEEL, "demo_offline-1.0.0-cp312-none-any.whl", "wheel-tags"),
    ("a build tag", WHEEL, "demo_offline-1.0.0-1-py3-none-any.whl", "wheel-tags"),
    (
        "another project of the repository",
        WHEEL,
        "demo_other-1.0.0-py3-none-any.whl",
        "wheel-directory",
    ),
    ("another project's sdist", SDIST, "demo_other-1.0.0.tar.gz", "sdist-directory"),
];

/// The status, and the code of each error with its file.
fn verify(place: &Place, file: &str) -> (Option<i32>, Vec<(String, String)>) {
    let output = place.sh(&format!("pysign-verify --error-format=json $VERIFY $IDENTITY {file}"));
    let status = output.status.code();
    assert_eq!(output.stdout.is_empty(), status != Some(0));
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let errors = String::from_utf8_lossy(&output.stderr)
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .filter(|line| line["level"] == "error")
        .map(|line| (text(&line["code"]), text(&line["file"])))
        .collect();
    (status, errors)
}

/// What is wrong with `bad`, a change of the accepted `good`, which is refused by this code.
fn difference(place: &Place, [good, bad]: [&str; 2], code: &str) -> Option<String> {
    let accepted = verify(place, good);
    if accepted != (Some(0), Vec::new()) {
        return Some(format!("'{good}' is not accepted: {accepted:?}"));
    }
    let (status, errors) = verify(place, bad);
    let right = !errors.is_empty() && errors.iter().all(|(found, _)| found == code);
    (status != Some(1) || !right).then(|| format!("'{bad}': {status:?}, {errors:?}"))
}

/// All of the file's signatures go with it to its new name.
fn renamed(place: &Place) -> Vec<(&'static str, Option<String>)> {
    let rename = |(about, file, name, code): (&'static str, &str, &str, &str)| {
        let script = "rm -rf other && cp -R dist other && cd other";
        place
            .ok(&format!("{script} && for old in {file}*; do mv $old {name}${{old#{file}}}; done"));
        let files = [format!("dist/{file}"), format!("other/{name}")];
        (about, difference(place, files.each_ref().map(String::as_str), code))
    };
    OTHERS.map(rename).to_vec()
}

/// The file keeps its name; the statement beside it has the right digest and another.
fn attested(place: &Place, suffix: &str) -> Vec<(&'static str, Option<String>)> {
    let others = OTHERS.map(|(about, file, name, _)| (about, file, name));
    let more =
        [("a path", WHEEL, "dist/demo_offline-1.0.0-py3-none-any.whl"), ("no name", SDIST, "")];
    let attest = |(about, file, other): (&'static str, &str, &str)| {
        let bytes = fs::read(place.work().join("dist").join(file)).unwrap();
        let files = [("own", file), ("other", other)].map(|(directory, name)| {
            let forged = place.sandbox.forge(&Forge::publish_attestation(name, &bytes)).unwrap();
            let is_bundle = suffix == STATEMENT;
            let json = if is_bundle { forged.bundle() } else { forged.attestation() };
            place.ok(&format!(
                "rm -rf {directory} && mkdir {directory} && cp dist/{file} {directory}"
            ));
            let path = place.work().join(directory).join(format!("{file}{suffix}"));
            fs::write(path, json.unwrap().to_string()).unwrap();
            format!("{directory}/{file}")
        });
        (about, difference(place, files.each_ref().map(String::as_str), "statement-other-name"))
    };
    others.into_iter().chain(more).map(attest).collect()
}

#[test]
fn a_good_signature_does_not_carry_over_to_another_name() {
    let place = Place::new();
    furnish(&place, "signed");
    let mut all = renamed(&place);
    all.extend(attested(&place, ".publish.attestation"));
    all.extend(attested(&place, STATEMENT));
    let good = all.iter().filter(|(_, wrong)| wrong.is_none()).count();
    // Straight to the stream: what a test prints otherwise is shown only if it fails.
    let _ = writeln!(std::io::stderr(), "names: {good}/{}", all.len());
    let mut report = String::new();
    for (about, wrong) in &all {
        if let Some(wrong) = wrong {
            let _ = writeln!(report, "{about}: {wrong}");
        }
    }
    assert!(report.is_empty(), "\n{report}");
}
