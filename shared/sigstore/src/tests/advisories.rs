//! What has gone wrong in other verifiers, by the identifiers of its advisories: for each there is a
//! test of that name, or a test elsewhere, or a reason why it can't happen here.

mod entries;
mod statements;
mod trust;

use std::path::Path;

use pysign_host::Problem as _;
use serde_json::Value;

use crate::tests::vectors::say;
use crate::{Error, Proof};

/// Where the parts of a bundle are.
const ENTRIES: &str = "/verificationMaterial/tlogEntries";
const ENTRY: &str = "/verificationMaterial/tlogEntries/0";
const PROOF: &str = "/verificationMaterial/tlogEntries/0/inclusionProof";
const CHECKPOINT: &str = "/verificationMaterial/tlogEntries/0/inclusionProof/checkpoint/envelope";
const CERTIFICATE: &str = "/verificationMaterial/certificate/rawBytes";
const STAMPS: &str = "/verificationMaterial/timestampVerificationData/rfc3161Timestamps";

fn at<'v>(bundle: &'v mut Value, pointer: &str) -> &'v mut Value {
    bundle.pointer_mut(pointer).unwrap()
}

/// The code of the refusal.
fn code(proven: Result<Proof, Error>) -> &'static str {
    proven.map_or_else(|error| error.facts().code, |_| "proven")
}

/// Advisories of one fault, and what is done about it here.
struct Row(&'static [&'static str], Covered);

enum Covered {
    /// A test in this module has the first identifier as its name.
    Here,
    /// A golden case.
    Golden(&'static str),
    /// A test in that file.
    There(&'static str, &'static str),
    /// It can't happen, because…
    Not(&'static str),
}

use Covered::{Golden, Here, Not, There};

const STATEMENTS: &str = "shared/sigstore/src/statement/tests.rs";
const TUF: &str = "tests/src/tuf.rs";
const TUF_CACHE: &str = "tests/src/tuf/cache.rs";
const REDIRECTS: &str = "shared/http/src/tests/redirects.rs";
const POLICY: &str = "pysign-verify/src/policy/tests.rs";

/// In the order of their projects: cosign, the clients, the logs and authorities, TUF, others.
const ROWS: [Row; 49] = [
    Row(&["GHSA-ccxc-vr6p-4858", "CVE-2022-23649"], Here),
    Row(
        &["GHSA-vjxv-45g9-9296", "CVE-2022-35929", "GHSA-739f-hw6h-7wq8", "CVE-2022-35930"],
        There(POLICY, "a_predicate_type_that_is_asked_for_is_proven"),
    ),
    Row(&["GHSA-8gw7-4j42-w388", "CVE-2022-36056"], Here),
    Row(&["GHSA-vfp6-jrw2-99g9", "CVE-2023-46737"], Here),
    Row(
        &["GHSA-88jx-383q-w4qc", "CVE-2024-29902", "GHSA-95pr-fxf5-86gv", "CVE-2024-29903"],
        Golden("tests/cmd/verify/bundle_too_large.toml"),
    ),
    Row(&["GHSA-whqx-f9j3-ch6m", "CVE-2026-22703"], Here),
    Row(
        &["GHSA-wfqv-66vq-46rm", "CVE-2026-24122"],
        There(
            "shared/sigstore/src/tests/validity_windows.rs",
            "an_authority_certifies_only_while_its_own_certificate_is_valid",
        ),
    ),
    Row(&["GHSA-w6c6-c85g-mmv6", "CVE-2026-39395"], Here),
    Row(&["GHSA-fx35-mq7g-6g98"], Golden("tests/cmd/verify/certificate_key.toml")),
    Row(&["GHSA-cq38-jh5f-37mq", "CVE-2024-45395"], Here),
    Row(&["GHSA-9vcr-p3rj-q5q6", "CVE-2026-49834", "sigstore-js adbe253"], Here),
    Row(&["GHSA-wqqc-jjcq-vfxm", "CVE-2026-54787"], Here),
    Row(
        &["GHSA-hm8f-75xx-w2vr", "CVE-2026-24408"],
        Not("no program takes a callback: tokens come from files, variables and CI systems"),
    ),
    Row(
        &["GHSA-52v5-jr5w-gjxr", "CVE-2026-48815"],
        There("tests/src/policies/options.rs", "every_option_alone_can_refuse"),
    ),
    Row(&["sigstore-js 3.1.1 f074710"], Here),
    Row(
        &["sigstore-js 3.1.1 b5aa4f1"],
        There("shared/attest/src/envelope.rs", "lengths_are_counted_in_bytes"),
    ),
    Row(
        &["@sigstore/oci 0.7.1 85c5838"],
        There("shared/http/src/credential.rs", "only_its_own_origin_sees_it"),
    ),
    Row(&["GHSA-q4xm-6fjc-5f6w", "CVE-2024-53267"], Here),
    Row(&["GHSA-jp26-88mw-89qr", "CVE-2024-54140"], Here),
    Row(&["GHSA-mhg6-2q2v-9h2c"], Here),
    Row(&["TOB-SIGSTORE-2-and-3"], Here),
    Row(&["TOB-SIGSTORE-4"], Here),
    Row(&["TOB-SIGSTORE-7"], Here),
    Row(&["TOB-SIGSTORE-9"], Here),
    Row(
        &["TOB-SIGSTORE-10"],
        There(TUF_CACHE, "what_was_edited_is_refused_offline_and_fetched_anew_otherwise"),
    ),
    Row(&["TOB-SIGSTORE-11"], Here),
    Row(&["sigstore-rust 119 and 122"], Here),
    Row(&["sigstore-rust 154"], Here),
    Row(
        &["GHSA-2h5h-59f5-c5x9", "CVE-2023-30551", "GHSA-47q9-m4ww-924m", "CVE-2026-48702"],
        There("shared/archive/src/zip/tests.rs", "a_bomb_is_refused_before_it_is_unpacked"),
    ),
    Row(
        &[
            "GHSA-frqx-jfcm-6jjr",
            "GHSA-273p-m2cw-6833",
            "GHSA-843x-px86-vq42",
            "CVE-2023-33199",
            "CVE-2026-23831",
        ],
        Here,
    ),
    Row(
        &["GHSA-4c4x-jm2x-pf9j", "CVE-2026-24117"],
        Not("no program asks an address that stands in a signature or an artifact"),
    ),
    Row(
        &["GHSA-59jp-pj84-45mr", "CVE-2026-22772"],
        There("shared/sigstore/src/expected/regexp.rs", "the_whole_value_matches"),
    ),
    Row(
        &["GHSA-f5mr-q85p-6hh6", "CVE-2026-49478"],
        There(REDIRECTS, "a_credential_is_not_carried_to_another_origin_and_not_regained"),
    ),
    Row(
        &["GHSA-f83f-xpx7-ffpw", "CVE-2025-66506"],
        There("pysign-sign/src/identity/tests.rs", "what_is_no_token_is_refused"),
    ),
    Row(&["GHSA-4qg8-fj49-pxjh", "CVE-2025-66564"], Here),
    Row(&["GHSA-xm5m-wgh2-rrg3", "CVE-2026-39984"], Here),
    Row(&["GHSA-9c54-x2g4-v92j", "CVE-2026-49835"], Not("only a server keeps metrics")),
    Row(
        &["GHSA-fcv2-xgw5-pqxf", "CVE-2026-24137", "GHSA-jqc5-w2xx-5vq4", "CVE-2026-24686"],
        There("shared/sigstore/src/tuf/remote.rs", "a_name_leads_nowhere_else"),
    ),
    Row(
        &["GHSA-wjw6-2cqr-j4qr", "CVE-2021-41131"],
        There("shared/sigstore/src/tuf/remote.rs", "a_name_leads_nowhere_else"),
    ),
    Row(&["GHSA-xvrc-2wvh-49vc", "CVE-2023-47122"], Here),
    Row(
        &["GHSA-8pmp-678w-c8xx", "CVE-2024-51746"],
        Golden("tests/cmd/verify/pair_other_entry.toml"),
    ),
    Row(
        &["GHSA-7c37-gx6w-8vc5", "CVE-2026-44310"],
        There("shared/attest/src/bundle/tests.rs", "a_chain_has_a_leaf"),
    ),
    Row(&["GHSA-7rmh-48mx-2vwc", "CVE-2026-44309"], Here),
    Row(&["GHSA-r2xv-vpr2-42m9"], There(STATEMENTS, "a_wheel_is_meant_by_digest_and_name")),
    Row(
        &["pypi-attestations 0.0.23"],
        There(STATEMENTS, "a_certificate_that_names_no_source_has_no_provenance"),
    ),
    Row(
        &["GHSA-66x3-6cw3-v5gj", "CVE-2022-29173", "GHSA-f8mr-jv2c-v8mg", "CVE-2020-15163"],
        There(TUF, "a_repository_that_lies_is_refused"),
    ),
    Row(
        &[
            "GHSA-3633-5h82-39pq",
            "CVE-2020-6174",
            "GHSA-fphv-w9fq-2525",
            "CVE-2026-23992",
            "GHSA-pwqf-9h7j-7mv8",
        ],
        There("shared/sigstore/src/tuf/metadata.rs", "a_role_needs_different_keys"),
    ),
    Row(
        &[
            "GHSA-4f8r-qqr9-fq8j",
            "CVE-2024-47534",
            "GHSA-77hh-43cm-v8j6",
            "GHSA-846p-jg2w-w324",
            "CVE-2026-23991",
            "CVE-2020-6173",
            "GHSA-2828-9vh6-9m6j",
        ],
        There(TUF, "a_repository_that_lies_is_refused"),
    ),
    Row(
        &["CVE-2021-41087", "GHSA-pmwq-pjrm-6p5r", "CVE-2023-32076"],
        Not("a policy is never read from the tree that it judges: only from the command line"),
    ),
];

/// The name of the test for an identifier.
fn test_name(id: &str) -> String {
    let letter = |c: char| if c.is_ascii_alphanumeric() { c } else { '_' };
    id.to_lowercase().chars().map(letter).collect()
}

#[test]
fn every_advisory_has_a_test_or_a_reason() {
    const TESTS: [&str; 3] = [
        include_str!("advisories/entries.rs"),
        include_str!("advisories/statements.rs"),
        include_str!("advisories/trust.rs"),
    ];
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let (mut here, mut there, mut not) = (0, 0, 0);
    for Row(ids, covered) in &ROWS {
        let found = match covered {
            Here => {
                here += 1;
                TESTS.iter().any(|text| text.contains(&format!("fn {}()", test_name(ids[0]))))
            }
            Golden(file) => {
                there += 1;
                root.join(file).exists()
            }
            There(file, name) => {
                there += 1;
                let text = std::fs::read_to_string(root.join(file)).unwrap_or_default();
                text.contains(&format!("fn {name}()"))
            }
            Not(reason) => {
                not += 1;
                reason.contains(' ')
            }
        };
        assert!(found, "{ids:?}: {}", test_name(ids[0]));
    }
    let written: usize = TESTS.iter().map(|text| text.matches("#[test]").count()).sum();
    assert_eq!(written, here);
    let (rows, ids) = (ROWS.len(), ROWS.iter().map(|Row(ids, _)| ids.len()).sum::<usize>());
    say(&format!(
        "advisories: {rows} ({ids} identifiers): {here} have their test here, {there} elsewhere, \
         {not} can't apply, each with its reason"
    ));
}
