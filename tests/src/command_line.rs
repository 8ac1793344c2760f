//! What all programs have in common on the command line, seen from outside.

use serde_json::Value;

use crate::golden::furnish;
use crate::place::Place;

fn stderr(place: &Place, script: &str) -> String {
    String::from_utf8(place.sh(script).stderr).unwrap()
}

#[test]
fn stages_that_share_a_directory_need_not_be_started_in_it() {
    let place = Place::new();
    furnish(&place, "signed");
    place.ok("mkdir elsewhere");
    let here = place.ok("pysign-verify -m signed.json $VERIFY $IDENTITY -o one");
    let there = place.ok("cd elsewhere
        pysign-sign -C .. -m signed.json $SIGN | pysign-verify -C .. $VERIFY $IDENTITY -o two");
    let paths = |line: &str| -> Vec<String> {
        let proof: Value = serde_json::from_str(line).unwrap();
        let artifacts = proof["artifacts"].as_array().unwrap().clone();
        artifacts.iter().map(|artifact| artifact["path"].as_str().unwrap().to_owned()).collect()
    };
    let moved: Vec<String> =
        paths(&here).iter().map(|path| path.replacen("one/", "two/", 1)).collect();
    assert_eq!(paths(&there), moved);
    assert!(place.work().join("two/requirements.txt").exists());
    assert_eq!(place.sh("pysign-verify -C nowhere $VERIFY $IDENTITY x").status.code(), Some(3));
}

#[test]
fn a_saved_manifest_is_relative_to_the_directory_it_lies_in() {
    let place = Place::new();
    furnish(&place, "signed");
    let line = place.ok("mkdir elsewhere; cd elsewhere
        pysign-verify -m ../signed.json $VERIFY $IDENTITY");
    let proof: Value = serde_json::from_str(&line).unwrap();
    let path = proof["artifacts"][0]["path"].as_str().unwrap();
    assert!(path.starts_with(place.work().to_str().unwrap()), "{path}");
}

#[test]
fn nobody_else_can_write_what_was_proven_whatever_the_umask() {
    let place = Place::new();
    furnish(&place, "signed");
    for (umask, directory, file) in
        [("000", "755", "644"), ("027", "750", "640"), ("077", "700", "600")]
    {
        let modes = place.ok(&format!(
            "umask {umask}
            pysign-verify -m signed.json $VERIFY $IDENTITY -o new{umask}/proven >proof.json
            stat -c %a new{umask} new{umask}/proven new{umask}/proven/* | uniq"
        ));
        assert_eq!(modes, format!("{directory}\n{file}\n"), "{umask}");
    }
}

#[test]
fn a_file_that_an_earlier_job_left_empty_is_that_jobs_fault() {
    let place = Place::new();
    for content in ["", "\n"] {
        let output = place.sh(&format!(
            "printf '{content}' >build.json; pysign-verify -m build.json $VERIFY $IDENTITY"
        ));
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(6), "{said}");
        assert!(said.contains("[upstream-failed]: 'build.json' is empty"), "{said}");
    }
}

#[test]
fn files_with_one_cause_are_told_once() {
    let place = Place::new();
    let said = stderr(&place, "pysign-verify a.whl b.whl $VERIFY $IDENTITY");
    let expected =
        "pysign-verify: error[file-missing]: 'a.whl' does not exist\n  | also     'b.whl'\n";
    assert_eq!(said, expected);
}

#[test]
fn a_pattern_is_shown_as_it_was_given_and_an_address_without_its_password() {
    let place = Place::new();
    let pattern = "^https://a.example/demo//.gitlab-ci.yml@refs/tags/(?!x).*";
    let said = stderr(
        &place,
        &format!("pysign-verify x --identity-regexp '{pattern}' --issuer https://a.example"),
    );
    assert!(said.contains(pattern), "{said}");
    let said = stderr(&place, "pysign-fetch x==1 --index 'http://user:canary@a.example'");
    assert!(said.contains("[secret]@a.example") && !said.contains("canary"), "{said}");
}

#[test]
fn a_terminal_gets_what_has_room_on_it() {
    let place = Place::new();
    furnish(&place, "signed");
    let verify = "pysign-verify -m signed.json $VERIFY $IDENTITY >proof.json";
    let shown = |terminal: &str, columns: u16| {
        let script = format!("stty cols {columns}; TERM={terminal} {verify}");
        place.ok(&format!("script -qec \"{script}\" /dev/null </dev/null"))
    };
    let narrow = shown("xterm", 20);
    let mut lines = narrow.split("\r\u{1b}[K").skip(1).filter(|line| line.contains("verifying"));
    assert!(lines.clone().count() > 0 && lines.all(|line| line.len() < 20), "{narrow:?}");
    let dumb = shown("dumb", 20);
    assert!(!dumb.contains('\u{1b}') && dumb.contains("pysign-verify: "), "{dumb:?}");
    let help = place.ok("script -qec 'stty cols 40; pysign-verify -h' /dev/null </dev/null");
    // A line may be longer where one word is: a command's or a flag's.
    let long = |line: &&str| line.trim_end().len() > 40 && line.trim().contains(' ');
    let long: Vec<&str> =
        help.lines().filter(long).filter(|line| !line.ends_with(" \\\r")).collect();
    assert!(long.len() < 4, "{long:?}");
}

#[test]
fn colour_is_for_terminals_or_on_demand() {
    let place = Place::new();
    let fails = "pysign-verify missing.whl $VERIFY $IDENTITY";
    let plain = stderr(&place, fails);
    assert!(plain.starts_with("pysign-verify: error[file-missing]: "), "{plain}");
    assert_eq!(stderr(&place, &format!("{fails} --color never")), plain);
    let coloured = stderr(&place, &format!("{fails} --color always"));
    assert!(
        coloured.starts_with("pysign-verify: \u{1b}[1;31merror[file-missing]:\u{1b}[0m "),
        "{coloured}"
    );
    assert_eq!(place.sh(&format!("{fails} --color sometimes")).status.code(), Some(2));
}

#[test]
fn quiet_and_verbose_never_change_standard_output() {
    let place = Place::new();
    furnish(&place, "signed");
    let verify = "pysign-verify -m signed.json $VERIFY $IDENTITY";
    let normal = place.sh(verify);
    for (flag, lines) in [("-q", 0), ("-v", 3)] {
        let output = place.sh(&format!("{verify} {flag}"));
        assert_eq!(output.stdout, normal.stdout, "{flag}");
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(said.lines().count(), lines, "{flag}: {said}");
    }
    let quiet_error = stderr(&place, "pysign-verify -q missing.whl $VERIFY $IDENTITY");
    assert!(quiet_error.contains("error["), "{quiet_error}");
}

#[test]
fn a_name_that_plays_with_the_terminal_is_shown_and_not_obeyed() {
    let place = Place::new();
    let said = stderr(&place, "pysign-verify \"$(printf 'a\\033[2Jb')\" $VERIFY $IDENTITY");
    assert!(!said.contains('\u{1b}'), "{said:?}");
    assert!(said.contains("\\u{1b}[2J"), "{said}");
}

#[test]
fn diagnostics_are_one_object_a_line_when_a_program_reads_them() {
    let place = Place::new();
    let said = stderr(&place, "pysign-verify --error-format=json a.whl b.whl $VERIFY $IDENTITY");
    let objects: Vec<Value> =
        said.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(objects.len(), 2, "every bad file is named: {said}");
    for (object, file) in objects.iter().zip(["a.whl", "b.whl"]) {
        assert_eq!(object["schema"], "pysign-diagnostic/1");
        assert_eq!(object["tool"], "pysign-verify");
        assert_eq!(object["level"], "error");
        assert_eq!(object["code"], "file-missing");
        assert_eq!(object["file"], file);
    }
}
