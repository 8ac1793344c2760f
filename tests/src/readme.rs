//! What the README shows is what works: its GitLab jobs run in the sandbox, line by line, for a
//! branch and for a tag, and its two commands are the ones that CI runs.

use std::fs;

use serde_json::Value;

use crate::golden::furnish;
use crate::place::{Place, root};

fn readme() -> String {
    fs::read_to_string(root().join("README.md")).unwrap()
}

/// The fenced blocks in `language`.
fn blocks(language: &str) -> Vec<String> {
    let readme = readme();
    let fence = format!("```{language}\n");
    let parts = readme.split(&fence).skip(1);
    parts.map(|part| part.split("```").next().unwrap().to_owned()).collect()
}

/// A job of the pipeline: its name, its lines, and whether it is given an identity token.
struct Job {
    name: String,
    script: Vec<String>,
    has_token: bool,
}

/// The jobs in the form that the README writes them: a name at the margin, a list under `script`.
fn jobs(pipeline: &str) -> Vec<Job> {
    let mut jobs: Vec<Job> = Vec::new();
    let mut key = String::new();
    for line in pipeline.lines().filter(|line| !line.is_empty() && !line.starts_with("stages:")) {
        if let Some(item) = line.strip_prefix("    - ") {
            let job = jobs.last_mut().unwrap();
            if key == "script" {
                job.script.push(item.to_owned());
            }
        } else if let Some(rest) = line.strip_prefix("  ") {
            let (name, value) = rest.split_once(':').unwrap();
            key = name.trim().to_owned();
            let job = jobs.last_mut().unwrap();
            job.has_token |= key == "id_tokens" && value.contains("SIGSTORE_ID_TOKEN");
        } else {
            let name = line.split(':').next().unwrap().to_owned();
            jobs.push(Job { name, script: Vec::new(), has_token: false });
        }
    }
    jobs
}

/// Runs the jobs one after the other in a project of the name and version that they expect; each
/// has a token only if it asks for one. They must end in a proof.
fn run(mut place: Place, jobs: &[Job]) {
    furnish(&place, "project");
    let directory = place.sandbox.directory().display().to_string();
    let root = format!("--trusted-root {directory}/trusted_root.json");
    place.set("SIGSTORE_SIGN", format!("--signing-config {directory}/signing_config.json {root}"));
    place.set("SIGSTORE_VERIFY", root);
    let names: Vec<&str> = jobs.iter().map(|job| job.name.as_str()).collect();
    assert_eq!(names, ["build", "sign", "verify", "publish", "consumer_verification"]);
    let signs: Vec<bool> = jobs.iter().map(|job| job.has_token).collect();
    assert_eq!(signs, [false, true, false, false, false], "a token where none belongs");
    for job in jobs {
        let hide = if job.has_token { "" } else { "unset SIGSTORE_ID_TOKEN\n" };
        place.ok(&format!("set -e\n{hide}{}", job.script.join("\n")));
    }
    let proof: Value = serde_json::from_str(&place.ok("cat proof.json")).unwrap();
    let artifacts = proof["artifacts"].as_array().unwrap();
    assert_eq!(artifacts.len(), 2);
    assert!(artifacts.iter().all(|artifact| artifact["version"] == "1.0.0"), "{proof}");
    let name = place.ok("printf %s \"$CI_PROJECT_NAME\"");
    assert!(artifacts.iter().all(|artifact| artifact["project"] == name.as_str()), "{proof}");
    assert!(place.litter().is_empty(), "{:?}", place.litter());
}

#[test]
fn the_gitlab_jobs_run_as_printed() {
    let [pipeline, _] = blocks("yaml").try_into().unwrap();
    run(Place::new(), &jobs(&pipeline));
}

#[test]
fn the_gitlab_jobs_for_tags_run_as_printed() {
    let [pipeline, for_tags] = blocks("yaml").try_into().unwrap();
    // The other jobs take the same --ref.
    let branch = "--ref \"refs/heads/$CI_DEFAULT_BRANCH\"";
    let mut all = jobs(&pipeline.replace(branch, "--ref 'refs/tags/v{version}'"));
    for new in jobs(&for_tags) {
        let old = all.iter().position(|job| job.name == new.name).unwrap();
        all[old] = new;
    }
    run(Place::of_tag("v1.0.0"), &all);
}

#[test]
fn no_example_widens_what_is_trusted() {
    let readme = readme();
    let blocks = readme.split("```").skip(1).step_by(2);
    for block in blocks {
        for flag in ["--isolate", "--allow-", "--public-log", "--cacert"] {
            assert!(!block.contains(flag), "{flag} in\n{block}");
        }
    }
}

#[test]
fn the_two_commands_are_those_of_ci() {
    let ci = fs::read_to_string(root().join(".ci/run")).unwrap();
    let commands = blocks("sh");
    assert_eq!(commands.len(), 2);
    for command in commands {
        assert!(ci.contains(command.trim()), "{command}");
    }
}

#[test]
fn the_exit_codes_are_those_of_the_programs() {
    let place = Place::new();
    let help = place.ok("pysign-verify --help");
    let rows = help.split("Exit codes:\n").nth(1).unwrap().lines();
    let readme = readme();
    // A row that goes on in the next line has no code there.
    for row in rows.filter(|row| row.trim_start().starts_with(|c: char| c.is_ascii_digit())) {
        let words: Vec<&str> = row.split_whitespace().take(2).collect();
        let row = format!("| {} | {} |", words[0], words[1]);
        assert!(readme.contains(&row), "{row}");
    }
}
