//! Help, man pages and completions of all programs: complete, and what their readers accept.

use pysign_cli::{Flag, Spec, Tool as _, flags};

use crate::place::Place;

const SPECS: [Spec; 5] = [
    pysign_build::Build::SPEC,
    pysign_sign::Sign::SPEC,
    pysign_verify::Verify::SPEC,
    pysign_publish::Publish::SPEC,
    pysign_fetch::Fetch::SPEC,
];

fn all(spec: &Spec) -> impl Iterator<Item = &Flag> {
    spec.flags.iter().chain(flags::COMMON)
}

#[test]
fn help_and_version_win_over_everything_else() {
    let place = Place::new();
    for spec in SPECS {
        let name = spec.name;
        let help = place.ok(&format!("{name} -v --help"));
        assert!(help.starts_with(&format!("{name}: {}\n", spec.about)), "{help}");
        for flag in all(&spec) {
            assert!(help.contains(&format!("--{}", flag.name)), "{name} --{}", flag.name);
        }
        let version = place.ok(&format!("{name} -V"));
        assert_eq!(version, format!("{name} {}\n", env!("CARGO_PKG_VERSION")));
    }
}

#[test]
fn the_man_page_has_every_flag_variable_and_code() {
    let place = Place::new();
    for spec in SPECS {
        let man = place.ok(&format!("{} --generate man", spec.name));
        let plain = man.replace("\\%", "").replace("\\-", "-");
        for flag in all(&spec) {
            assert!(plain.contains(&format!("--{}", flag.name)), "{} --{}", spec.name, flag.name);
        }
        for (variable, _) in spec.environment {
            assert!(plain.contains(variable), "{} {variable}", spec.name);
        }
        for code in spec.all_codes() {
            assert!(plain.contains(code), "{} {code}", spec.name);
        }
        let stray: Vec<&str> = man
            .lines()
            .filter(|line| line.starts_with(['.', '\'']))
            .filter(|line| {
                let request = line.split(' ').next().unwrap();
                ![".TH", ".SH", ".PP", ".TP", ".nf", ".fi", ".RS", ".RE"].contains(&request)
            })
            .collect();
        assert!(stray.is_empty(), "{}: {stray:?}", spec.name);
    }
}

#[test]
fn completions_are_bash_and_complete_a_flag() {
    let place = Place::new();
    for spec in SPECS {
        let name = spec.name;
        let function = name.replace('-', "_");
        let found = place.ok(&format!(
            "{name} --generate bash >{name}.bash
            bash -c '. ./{name}.bash; COMP_WORDS=({name} --err) COMP_CWORD=1; _{function}; echo $COMPREPLY'"
        ));
        assert_eq!(found, "--error-format\n", "{name}");
    }
}

#[test]
fn other_shells_are_not_offered_yet() {
    let place = Place::new();
    for shell in ["zsh", "fish"] {
        let output = place.sh(&format!("pysign-verify --generate {shell}"));
        assert_eq!(output.status.code(), Some(2));
        assert!(output.stdout.is_empty());
    }
}

#[test]
fn a_broken_standard_output_is_no_success() {
    let place = Place::new();
    let output = place.sh("pysign-verify --help >/dev/full");
    assert_eq!(output.status.code(), Some(3));
}
