//! Help, man pages and completions of all programs: complete, and what their readers accept.

use pysign_cli::{Flag, Spec, Tool as _, flags};
use std::io::Write as _;

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

/// Help wraps examples at their blanks, and a shell reads the lines as one command.
#[test]
fn no_example_has_a_blank_in_quotes() {
    for (_, command) in SPECS.iter().flat_map(|spec| spec.examples) {
        for quote in ['\'', '"'] {
            let quoted = command.split(quote).skip(1).step_by(2);
            let blank: Vec<&str> = quoted.filter(|text| text.contains(' ')).collect();
            assert!(blank.is_empty(), "{command}: {blank:?}");
        }
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

/// Whether the shell is on this machine; one that is not is named.
fn has(place: &Place, shell: &str) -> bool {
    let found = place.sh(&format!("command -v {shell}")).status.success();
    if !found {
        let _ = writeln!(std::io::stderr(), "skipped: no {shell} on this machine");
    }
    found
}

#[test]
fn bash_completes_flags_choices_files_and_directories() {
    let place = Place::new();
    place.ok("touch 'a file.json'; mkdir dir");
    for spec in SPECS {
        let name = spec.name;
        let function = name.replace('-', "_");
        place.ok(&format!("{name} --generate bash >{name}.bash"));
        let completed = |words: &str| {
            place.ok(&format!(
                "bash -c '. ./{name}.bash; COMP_WORDS=({name} {words}); \
                 COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1)); _{function}; echo \"${{COMPREPLY[*]}}\"'"
            ))
        };
        assert_eq!(completed("--err"), "--error-format\n", "{name}");
        assert_eq!(completed("--color a"), "auto always\n", "{name}");
        assert_eq!(completed("--color = ne"), "never\n", "{name}");
        assert_eq!(completed("-C \"\""), "dir\n", "{name}");
        if all(&spec).any(|flag| flag.name == "manifest") {
            assert_eq!(completed("-m a"), "a file.json\n", "{name}");
        }
    }
}

#[test]
fn zsh_and_fish_take_their_completions() {
    let place = Place::new();
    for spec in SPECS {
        let name = spec.name;
        place.ok(&format!("{name} --generate zsh >_{name}; {name} --generate fish >{name}.fish"));
        if has(&place, "zsh") {
            place.ok(&format!("zsh -n _{name}"));
        }
        if has(&place, "fish") {
            let completed = place.ok(&format!(
                "HOME=$PWD fish -c 'source {name}.fish; complete -C \"{name} --color a\"'"
            ));
            let words: Vec<&str> =
                completed.lines().filter_map(|line| line.split('\t').next()).collect();
            assert_eq!(words, ["always", "auto"], "{name}");
        }
    }
}

#[test]
fn a_broken_standard_output_is_no_success_and_says_so() {
    let place = Place::new();
    let output = place.sh("pysign-verify --help >/dev/full");
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(3));
    assert!(said.contains("error[stdout-unwritable]: standard output can't be written"), "{said}");
}

#[test]
fn whoever_closes_the_pipe_is_told_nothing() {
    let place = Place::new();
    // Nobody reads: the reader has left before the program begins to write.
    let output = place.sh("mkfifo pipe; exec 3<>pipe; exec 4>pipe; exec 3<&-
        pysign-verify --generate man >&4; echo $?");
    assert_eq!(String::from_utf8(output.stdout).unwrap(), "3\n");
    assert!(output.stderr.is_empty(), "{:?}", String::from_utf8(output.stderr));
}
