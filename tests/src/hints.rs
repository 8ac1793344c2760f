//! A hint never widens trust: whoever pastes it must not come to trust whoever was just refused.
//!
//! Held over every diagnostic of every golden case, so that a new hint is looked at too. A hint may
//! complete a command line, by what the value looks like and never by a value; and where a preset
//! refuses another ref of the same project, it may name that ref.

use regex_lite::Regex;

use crate::golden::{Case, cases};

/// What decides whom or what to trust. `--allow-` and `--signed-` are the beginnings of several.
const TRUST: [&str; 24] = [
    "--allow-",
    "--bundle-",
    "--cacert",
    "--cert-",
    "--certificate-",
    "--claim",
    "--config",
    "--github",
    "--gitlab",
    "--identity",
    "--index",
    "--isolate",
    "--issuer",
    "--key",
    "--no-",
    "--only",
    "--policy",
    "--predicate-type",
    "--project",
    "--require-",
    "--signed-",
    "--staging",
    "--workflow",
    "add to",
];

/// What is wrong with a hint; `code` is that of its diagnostic, `run` the command line.
fn fault(hint: &str, code: &str, run: &str) -> Option<String> {
    let named = TRUST.into_iter().find(|word| hint.contains(word));
    if let Some(word) = named
        && !(["usage-missing", "gitlab-job-missing"].contains(&code) && is_completion(hint, word))
    {
        return Some(format!("it names '{word}'"));
    }
    // In a form of the command line, the version of each file stands in a tag.
    let git_ref = hint.split_once("--ref ").map(|(_, rest)| rest);
    if let Some(git_ref) = git_ref
        && !(code == "usage-missing" && git_ref == "'refs/tags/v{version}'")
    {
        let is_plain = Regex::new(r"^refs/(tags|heads)/[A-Za-z0-9._/+@!-]+$").unwrap();
        let asked_for_tag = run.contains("refs/tags/");
        if !is_plain.is_match(git_ref) || asked_for_tag && git_ref.starts_with("refs/heads/") {
            return Some(format!("it names the ref '{git_ref}'"));
        }
    }
    let by_policy = Regex::new(r"pysign-verify.* --policy ").unwrap();
    if by_policy.is_match(run) && !code.starts_with("usage-") && !code.starts_with("output-") {
        return Some("a policy file refuses, and it shows a way around".to_owned());
    }
    None
}

/// Whether the flag is followed by the form of its value in capitals, or by the word for the job's
/// own project.
fn is_completion(hint: &str, flag: &str) -> bool {
    let rest = hint.split_once(flag).map(|(_, rest)| rest).unwrap_or_default();
    let is_form = Regex::new(
        r"^ ((gitlab:)?https://gitlab\.com/api/v4#)?[A-Z/]+( --ref 'refs/tags/v\{version\}')?$",
    )
    .unwrap();
    is_form.is_match(rest) || flag == "--index" && (rest == " gitlab" || is_form.is_match(rest))
}

/// The hints of a case, each with its diagnostic's code.
fn hints(case: &Case) -> Vec<(String, String)> {
    let text = case.text("stderr").unwrap_or_default();
    let error = Regex::new(r"^pysign-[a-z]+: error\[([a-z-]+)\]: ").unwrap();
    let hint = Regex::new(r"^pysign-[a-z]+: hint: (.*)$").unwrap();
    let json = Regex::new(r#""code":"([a-z-]+)".*"hint":"([^"]*)""#).unwrap();
    let (mut code, mut found) = (String::new(), Vec::new());
    for line in text.lines() {
        if let Some(error) = error.captures(line) {
            error[1].clone_into(&mut code);
        } else if let Some(hint) = hint.captures(line) {
            found.push((hint[1].to_owned(), code.clone()));
        } else if let Some(both) = json.captures(line) {
            found.push((both[2].to_owned(), both[1].to_owned()));
        }
    }
    found
}

#[test]
fn no_hint_of_any_golden_case_widens_trust() {
    let programs = ["build", "sign", "verify", "publish", "fetch"];
    let cases: Vec<Case> = programs.into_iter().flat_map(cases).collect();
    let mut seen = 0;
    let mut wrong = Vec::new();
    for case in &cases {
        let run = case.text("run").unwrap_or_default();
        for (hint, code) in hints(case) {
            seen += 1;
            if let Some(why) = fault(&hint, &code, run) {
                wrong.push(format!("{}: {why}: {hint}", case.name()));
            }
        }
    }
    assert!(seen > 60, "only {seen} hints: the cases are read wrongly");
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn each_way_to_widen_trust_is_noticed() {
    let tag = "pysign-verify a --gitlab acme/demo --ref 'refs/tags/v*'";
    let file = "pysign-verify --trusted-root t --policy p.json a";
    for (hint, code, run) in [
        ("to accept it: --identity 'https://evil.example'", "identity-mismatch", ""),
        ("to accept it: --issuer https://evil.example", "issuer-mismatch", ""),
        ("to accept it: --claim 'build-trigger=merge_request_event'", "claim-mismatch", ""),
        ("to accept it: --signed-after 2020-01-01T00:00:00Z", "signed-too-early", ""),
        ("to accept it: --project demo==1.0", "project-mismatch", ""),
        ("to accept it, add to these signers: {}", "signer-unlisted", file),
        ("to publish it nonetheless: --allow-unsigned", "unsigned", ""),
        ("or trust the build with them: --isolate=none", "isolation", ""),
        ("to trust an authority of your own: --cacert FILE", "tls", ""),
        ("to try it out: --staging", "log-unknown", ""),
        ("to fetch it from there: --index https://evil.example", "index-missing", ""),
        ("to name it: --issuer https://gitlab.com", "usage-missing", ""),
        ("it ran on another ref: --ref refs/heads/main", "identity-mismatch", tag),
        ("it ran on another ref: --ref refs/tags/*", "identity-mismatch", tag),
        ("it ran on another ref: --ref refs/tags/v1.1", "identity-mismatch", file),
    ] {
        assert!(fault(hint, code, run).is_some(), "{hint}");
    }
    for (hint, code) in [
        ("it ran on another ref: --ref refs/tags/v1.1", "identity-mismatch"),
        (
            "to name the signer: --gitlab GROUP/PROJECT --ref 'refs/tags/v{version}'",
            "usage-missing",
        ),
        ("to replace it: --force", "output-exists"),
    ] {
        assert_eq!(fault(hint, code, tag), None, "{hint}");
    }
}
