//! Every code that a diagnostic can have is provoked by a golden case, and every table is in order.

use std::collections::BTreeSet;

use pysign_cli::{Flag, Spec, Tool as _};

use crate::golden::cases;

fn specs() -> [Spec; 5] {
    [
        pysign_build::Build::SPEC,
        pysign_sign::Sign::SPEC,
        pysign_verify::Verify::SPEC,
        pysign_publish::Publish::SPEC,
        pysign_fetch::Fetch::SPEC,
    ]
}

fn all_cases() -> impl Iterator<Item = crate::golden::Case> {
    ["build", "sign", "verify", "publish", "fetch"].into_iter().flat_map(cases)
}

#[test]
fn every_code_has_a_golden_case_and_no_case_names_another() {
    let documented: BTreeSet<&str> = specs().iter().flat_map(Spec::all_codes).collect();
    let cases: Vec<_> = all_cases().collect();
    let provoked: BTreeSet<&str> = cases.iter().filter_map(|case| case.text("code")).collect();
    let without: Vec<_> = documented.difference(&provoked).collect();
    let unknown: Vec<_> = provoked.difference(&documented).collect();
    assert!(without.is_empty(), "without a case: {without:?}");
    assert!(unknown.is_empty(), "in no table: {unknown:?}");
}

#[test]
fn every_flag_is_typed_in_a_golden_case() {
    let mut without = Vec::new();
    for spec in specs() {
        let program = spec.name.trim_start_matches("pysign-");
        let cases = cases(program);
        let typed = |flag: &Flag| {
            cases.iter().any(|case| {
                let run = case.text("run").unwrap_or_default();
                let long = format!("--{}", flag.name);
                let words = run.split(|c: char| c.is_whitespace() || c == '=');
                words.into_iter().any(|word| {
                    word == long || flag.short.is_some_and(|short| word == format!("-{short}"))
                })
            })
        };
        without.extend(
            spec.flags
                .iter()
                .filter(|flag| !typed(flag))
                .map(|flag| (program.to_owned(), flag.name)),
        );
    }
    assert!(without.is_empty(), "{without:?}");
}

#[test]
fn flags_are_unique_documented_and_not_promised_for_later() {
    for spec in specs() {
        let mut names = BTreeSet::new();
        for flag in spec.flags.iter().chain(pysign_cli::flags::COMMON) {
            assert!(names.insert(flag.name.to_owned()), "{}: --{}", spec.name, flag.name);
            if let Some(short) = flag.short {
                assert!(names.insert(short.to_string()), "{}: -{short}", spec.name);
            }
            assert!(!flag.about.is_empty() && !flag.about.ends_with('.'), "--{}", flag.name);
            assert!(flag.name.chars().all(|c| c.is_ascii_lowercase() || c == '-'), "{}", flag.name);
            assert!(!spec.later.contains(&flag.name), "{}: --{}", spec.name, flag.name);
        }
        assert!(spec.examples.len() >= 2, "{}", spec.name);
    }
}
