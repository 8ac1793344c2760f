//! The forms beside bundle and pair, each with what can go wrong at each service.

use std::fs;

use pysign_host::Sha256;
use serde_json::{Value, json};

use super::{Case, Desk, Row, Shape, check, row};
use crate::golden::dist;

/// What is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// Bundle and pair.
    Files,
    /// One for each package.
    Attestation,
    /// One over all files, beside each.
    Statement,
    /// One over all packages.
    Release,
}

/// The demo project's.
const PACKAGES: [&str; 2] = ["demo_offline-1.0.0-py3-none-any.whl", "demo_offline-1.0.0.tar.gz"];

impl Form {
    pub(super) fn files(self) -> &'static [&'static str] {
        match self {
            Self::Files | Self::Statement => &["a", "b", "c"],
            Self::Attestation | Self::Release => &PACKAGES,
        }
    }

    /// Whether it is signed once, however many files there are.
    pub(super) fn is_for_all_files(self) -> bool {
        [Self::Statement, Self::Release].contains(&self)
    }

    /// The names that a file's signature has, the one that says most first.
    pub(super) fn sidecars(self, file: &str) -> Vec<String> {
        let suffixes: &[&str] = match self {
            Self::Files => &[".sigstore.json", ".sig", ".crt"],
            Self::Attestation => &[".publish.attestation"],
            Self::Statement => &[".statement.sigstore.json"],
            Self::Release => return vec!["demo-offline-1.0.0.release.sigstore.json".to_owned()],
        };
        suffixes.iter().map(|suffix| format!("{file}{suffix}")).collect()
    }

    /// How `pysign-sign` is asked for it.
    pub(super) fn flags(self) -> &'static str {
        match self {
            Self::Files => "",
            Self::Attestation => "--emit attestation",
            Self::Statement => "--emit statement --statement $PWD.statement",
            Self::Release => "--emit release",
        }
    }

    /// How `pysign-verify` is asked for it.
    pub(super) fn policy(self) -> &'static str {
        match self {
            Self::Files => "",
            Self::Attestation => "--predicate-type https://docs.pypi.org/attestations/publish/v1",
            Self::Statement => "--predicate-type https://example.org/review/v1",
            Self::Release => "--complete",
        }
    }

    /// Puts what is to be signed in its place.
    pub(super) fn prepare(self, desk: &Desk<'_>) {
        match self {
            Self::Files => {}
            Self::Attestation | Self::Release => {
                for file in desk.files {
                    fs::copy(dist().join("dist").join(file), desk.path(file)).unwrap();
                }
            }
            Self::Statement => {
                let path = desk.place.work().join(format!("{}.statement", desk.name));
                fs::write(path, statement(desk).to_string()).unwrap();
            }
        }
    }
}

/// A statement about the files in the directory, which is beside it.
fn statement(desk: &Desk<'_>) -> Value {
    let subject = |file: &&str| -> Value {
        let digest = Sha256::of(&fs::read(desk.path(file)).unwrap()).to_string();
        json!({"name": file, "digest": {"sha256": digest}})
    };
    json!({
        "_type": "https://in-toto.io/Statement/v1",
        "subject": desk.files.iter().map(subject).collect::<Vec<_>>(),
        "predicateType": "https://example.org/review/v1",
        "predicate": {},
    })
}

/// A lie of each service, and one of each that does not answer.
const FAULTS: [Row; 7] = [
    row("fulcio:wrong-key", 1, "certificate-key"),
    row("fulcio/post:reset", 4, "http-truncated"),
    row("rekor:bad-set", 1, "log-invalid"),
    row("rekor:other-entry", 1, "log-invalid"),
    row("rekor/post:lost-reply*1", 0, ""),
    row("rekor/post:reset", 4, "http-truncated"),
    row("rekor:behind", 4, "rekor-behind"),
];

const TSA: [Row; 2] =
    [row("tsa:wrong-imprint", 1, "timestamp-mismatch"), row("tsa:reset", 4, "http-truncated")];

const REKOR2: [Row; 3] = [
    row("rekor2:other-entry", 1, "signature-invalid"),
    row("rekor2/post:lost-reply*1", 0, ""),
    row("rekor2/post:reset", 4, "http-truncated"),
];

fn cases(rows: &[Row], services: &'static str, form: Form) -> Vec<Case> {
    let case = |row: &Row| Case { form, ..Case::new(*row, Shape::SecondAtOnce, services) };
    rows.iter().map(case).collect()
}

#[test]
fn an_attestation_while_a_service_fails() {
    // It has no place for a timestamp: none is asked for.
    let timeless = TSA.map(|known| row(known.fault, 0, ""));
    let cases = [&FAULTS[..], &timeless].map(|rows| cases(rows, "$SIGN", Form::Attestation));
    check(cases.into_iter().flatten());
}

#[test]
fn a_statement_or_release_while_a_service_fails() {
    let of = |form| {
        let both = [&FAULTS[..], &TSA].map(|rows| cases(rows, "$SIGN", form));
        both.into_iter().flatten().chain(cases(&REKOR2, "$SIGN2", form))
    };
    check(of(Form::Statement).chain(of(Form::Release)));
}
