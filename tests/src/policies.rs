//! Policies against certificates that the sandbox's authority issued: for every way to come near a
//! signer without being it, the policy that refuses it beside the one that accepts, and the
//! certificate that passes beside the one that does not. The count is printed.

use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;

use pysign_sandbox::{Forge, Leaf, TokenClaims};
use serde_json::Value;

use crate::place::Place;

mod options;

/// GitLab's project on the sandbox's instance, whose issuer is not at its host's https.
const GITLAB: &str = "--gitlab https://$CI_SERVER_FQDN/acme/demo --issuer $CI_SERVER_URL";
/// A GitHub repository, whose tokens are the sandbox's.
const GITHUB: &str = "--github acme/demo --issuer $CI_SERVER_URL/github";
const MAIN: &str = "--ref refs/heads/main";
/// What a pipeline of gitlab.com is called, which no token of the sandbox gets.
const GOOD: &str = "https://gitlab.com/acme/demo//.gitlab-ci.yml@refs/heads/main";

/// A signer and a policy.
type Meeting = (Leaf, String);

/// Two meetings that differ in one thing: the first is accepted, the second refused by this code.
struct Pair {
    about: &'static str,
    good: Meeting,
    bad: Meeting,
    code: &'static str,
}

/// One policy, and two signers.
fn signers(about: &'static str, policy: &str, [good, bad]: [Leaf; 2], code: &'static str) -> Pair {
    let policy = policy.to_owned();
    Pair { about, good: (good, policy.clone()), bad: (bad, policy), code }
}

/// One signer, and two policies.
fn policies(about: &'static str, leaf: Leaf, [good, bad]: [&str; 2], code: &'static str) -> Pair {
    Pair { about, good: (leaf.clone(), good.to_owned()), bad: (leaf, bad.to_owned()), code }
}

fn push() -> TokenClaims {
    TokenClaims::gitlab().branch("main")
}

fn leaf() -> Leaf {
    Leaf::of(push())
}

/// `policy`, and the same with another ending.
fn either(policy: &str, [good, bad]: [&str; 2]) -> [String; 2] {
    [format!("{policy} {good}"), format!("{policy} {bad}")]
}

fn refs() -> Vec<Pair> {
    let of = |about, leaf, endings, code| {
        let [good, bad] = either(GITLAB, endings);
        policies(about, leaf, [&good, &bad], code)
    };
    let main = format!("{GITLAB} {MAIN}");
    let tag = |name: &str| Leaf::of(TokenClaims::gitlab().tag(name));
    vec![
        of("no ref", leaf(), [MAIN, ""], "usage-missing"),
        of("a short ref, of a branch", leaf(), [MAIN, "--ref main"], "usage-invalid"),
        of("a short ref, of a tag", tag("v1"), ["--ref refs/tags/v1", "--ref v1"], "usage-invalid"),
        of("any branch", leaf(), [MAIN, "--ref 'refs/heads/*'"], "usage-invalid"),
        signers(
            "a feature branch",
            &main,
            [leaf(), Leaf::of(TokenClaims::gitlab().branch("feature"))],
            "identity-mismatch",
        ),
        signers("a tag named main", &main, [leaf(), tag("main")], "identity-mismatch"),
        signers(
            "a branch named like the tag",
            &format!("{GITLAB} --ref refs/tags/v1"),
            [tag("v1"), Leaf::of(TokenClaims::gitlab().branch("v1"))],
            "identity-mismatch",
        ),
        signers(
            "a tag of another series",
            &format!("{GITLAB} --ref 'refs/tags/v1.*'"),
            [tag("v1.2"), tag("v10.2")],
            "identity-mismatch",
        ),
        signers(
            "another ref in the claims than in the name",
            &main,
            [leaf(), leaf().extension(14, "refs/heads/feature")],
            "claim-mismatch",
        ),
        signers("no ref in the claims", &main, [leaf(), leaf().without(14)], "claim-mismatch"),
    ]
}

fn pipelines() -> Vec<Pair> {
    let main = format!("{GITLAB} {MAIN}");
    let fork = push().fork_merge_request("main");
    let of =
        |about, claims: TokenClaims, code| signers(about, &main, [leaf(), Leaf::of(claims)], code);
    let allowed = |about, claims: TokenClaims, trigger: &str| {
        let good = format!("{main} --claim build-trigger={trigger}");
        policies(about, Leaf::of(claims), [&good, &main], "claim-mismatch")
    };
    vec![
        of(
            "a fork's merge request, by the fork's path",
            fork.clone().project("mallory/demo"),
            "identity-mismatch",
        ),
        of("a fork's merge request, by the parent's path", fork.clone(), "claim-mismatch"),
        allowed("a merge request that is asked for", fork, "merge_request_event"),
        of("a child pipeline", push().child_pipeline(), "claim-mismatch"),
        allowed("a child pipeline that is asked for", push().child_pipeline(), "parent_pipeline"),
        signers("no trigger", &main, [leaf(), leaf().without(20)], "claim-mismatch"),
        of("another project of the group", push().project("acme/other"), "identity-mismatch"),
        of("P-evil", push().project("acme/demo-evil"), "identity-mismatch"),
        of("evil-P", push().project("evil/acme/demo"), "identity-mismatch"),
        of("another definition", push().config("evil.yml"), "identity-mismatch"),
        signers(
            "the definition that is asked for, and the usual one",
            &format!("{main} --config ci/release.yml"),
            [Leaf::of(push().config("ci/release.yml")), leaf()],
            "identity-mismatch",
        ),
        policies(
            "another environment",
            Leaf::of(push().environment("pypi")),
            either(
                &main,
                ["--claim deployment-environment=pypi", "--claim deployment-environment=test"],
            )
            .each_ref()
            .map(String::as_str),
            "claim-mismatch",
        ),
    ]
}

fn instances() -> Vec<Pair> {
    let main = format!("{GITLAB} {MAIN}");
    let com = format!("--gitlab acme/demo {MAIN}");
    let on_com = || leaf().on_gitlab_com();
    let second = Leaf::of(TokenClaims::second_gitlab().branch("main"));
    vec![
        signers("a second instance", &main, [leaf(), second.clone()], "issuer-mismatch"),
        signers(
            "a second instance that claims gitlab.com",
            &com,
            [on_com(), on_com().issuer("https://git.mallory.example")],
            "issuer-mismatch",
        ),
        signers(
            "gitlab.com's issuer for another host",
            &com,
            [on_com(), leaf().issuer("https://gitlab.com")],
            "identity-mismatch",
        ),
        signers(
            "an issuer that begins like gitlab.com",
            &com,
            [on_com(), on_com().issuer("https://gitlab.com.evil.example")],
            "issuer-mismatch",
        ),
        policies(
            "the second instance's issuer, asked for beside the preset",
            second,
            [
                &format!("{} {MAIN}", GITLAB.replace("$CI_SERVER_URL", "$CI_SERVER_URL/second")),
                &main,
            ],
            "issuer-mismatch",
        ),
    ]
}

fn workflows() -> Vec<Pair> {
    const WORKFLOW: &str = "acme/demo/.github/workflows/release.yml@refs/heads/main";
    let own = TokenClaims::github().branch("main");
    let elsewhere = own.clone().project("mallory/repo").reusable_workflow(WORKFLOW);
    let main = format!("{GITHUB} {MAIN}");
    let named = format!("--identity https://github.com/{WORKFLOW} --issuer $CI_SERVER_URL/github");
    let of = |about, policy: &str, bad: &TokenClaims, code| {
        signers(about, policy, [Leaf::of(own.clone()), Leaf::of(bad.clone())], code)
    };
    vec![
        of("a reusable workflow called from elsewhere", &main, &elsewhere, "claim-mismatch"),
        of("the same, by its name", &named, &elsewhere, "source-mismatch"),
        policies(
            "the same, from where it may be called",
            Leaf::of(elsewhere),
            either(
                &named,
                [
                    "--claim source-repository-uri=https://github.com/mallory/repo",
                    "--claim source-repository-uri=https://github.com/acme/demo",
                ],
            )
            .each_ref()
            .map(String::as_str),
            "claim-mismatch",
        ),
        of("a pull request", &main, &own.clone().trigger("pull_request"), "claim-mismatch"),
        of(
            "a pull request's target",
            &main,
            &own.clone().trigger("pull_request_target"),
            "claim-mismatch",
        ),
        of(
            "another repository",
            &main,
            &own.clone().project("acme/demo-evil"),
            "identity-mismatch",
        ),
        of(
            "another workflow",
            &format!("{main} --workflow release.yml"),
            &own.clone().config(".github/workflows/test.yml"),
            "identity-mismatch",
        ),
        of("another branch", &main, &own.clone().branch("feature"), "identity-mismatch"),
        of("GitLab's token for the same path", &main, &push(), "identity-mismatch"),
    ]
}

/// The trigger of a pipeline counts under every policy, and only for GitLab's and GitHub's.
fn triggers() -> Vec<Pair> {
    let exact = format!("--identity {GOOD} --issuer https://gitlab.com");
    let matched = r"--identity-regexp 'https://gitlab\.com/acme/demo//.*' --issuer-regexp 'https://gitlab\.com'";
    let on_com = || leaf().on_gitlab_com();
    let by = |trigger: &str| on_com().extension(20, trigger);
    let of = |about, policy: &str, bad| signers(about, policy, [on_com(), bad], "claim-mismatch");
    let claim = |about, name: &str| {
        let good = format!("{exact} --claim build-trigger={name}");
        policies(about, by(name), [&good, &exact], "claim-mismatch")
    };
    let named = "--identity https://github.com/acme/demo/.github/workflows/release.yml@refs/heads/main --issuer $CI_SERVER_URL/github";
    let hub = |trigger: &str| Leaf::of(TokenClaims::github().branch("main").trigger(trigger));
    vec![
        of("a merge request by its name", &exact, by("merge_request_event")),
        of("a merge request by an expression", matched, by("merge_request_event")),
        of("a merge request by a policy file", "--policy named.policy", by("merge_request_event")),
        of("a child pipeline by its name", &exact, by("parent_pipeline")),
        of("no trigger by its name", &exact, on_com().without(20)),
        claim("a merge request by its name, that is asked for", "merge_request_event"),
        signers(
            "a pull request by its name",
            named,
            [hub("release"), hub("pull_request")],
            "claim-mismatch",
        ),
        signers(
            "a pull request whose trigger only the older extension has",
            named,
            [hub("push").without(20), hub("pull_request").without(20)],
            "claim-mismatch",
        ),
        signers(
            "another system's word for a trigger, and GitLab's pipeline",
            "--identity-regexp '(https://gitlab\\.com|https://ci\\.example)/acme/.*' --issuer https://gitlab.com",
            [by("ui").names(&["https://ci.example/acme/demo"]).without(12), by("ui")],
            "claim-mismatch",
        ),
    ]
}

/// Fulcio escapes names, so that two refs can have one: what the claims say as it is decides.
fn escapes() -> Vec<Pair> {
    let tag = |name: &str| Leaf::of(TokenClaims::gitlab().tag(name));
    let named = |name: &str| {
        format!(
            "--identity https://$CI_SERVER_FQDN/acme/demo//.gitlab-ci.yml@refs/tags/{name} --issuer $CI_SERVER_URL"
        )
    };
    let of = |about, policy: &str, [good, bad]: [&str; 2]| {
        signers(about, policy, [tag(good), tag(bad)], "claim-mismatch")
    };
    let config = |name: &str| Leaf::of(push().config(name));
    vec![
        of("a ref with a letter", &format!("{GITLAB} --ref refs/tags/vé"), ["vé", "v%C3%A9"]),
        of("its escape", &format!("{GITLAB} --ref refs/tags/v%C3%A9"), ["v%C3%A9", "vé"]),
        of("a letter in a name", &named("vé"), ["vé", "v%C3%A9"]),
        of("its escape in a name", &named("v%C3%A9"), ["v%C3%A9", "vé"]),
        signers(
            "any ref that begins with a letter",
            &format!("{GITLAB} --ref 'refs/tags/vé*'"),
            [tag("vé1"), tag("v%C3%A91")],
            "identity-mismatch",
        ),
        signers(
            "a definition with a letter",
            &format!("{GITLAB} {MAIN} --config é.yml"),
            [config("é.yml"), config("%C3%A9.yml")],
            "claim-mismatch",
        ),
    ]
}

/// Names that are compared or matched without a preset.
fn spellings() -> Vec<Pair> {
    let on_com = || leaf().on_gitlab_com();
    let named = |name: &str| on_com().names(&[name]);
    let exact = format!("--identity {GOOD} --issuer https://gitlab.com");
    let matched = r"--identity-regexp 'https://gitlab\.com/acme/demo//.*@refs/heads/main' --issuer https://gitlab.com";
    let of = |about, policy: &str, bad, code| signers(about, policy, [on_com(), bad], code);
    let issuer = |end: &str| format!("--identity {GOOD} --issuer-regexp '{end}'");
    let query = format!("https://evil.example/?x={GOOD}");
    vec![
        of("a good name in a query", matched, named(&query), "identity-mismatch"),
        of("a good name in a query, exactly", &exact, named(&query), "identity-mismatch"),
        of("more after a good name", matched, named(&format!("{GOOD}-evil")), "identity-mismatch"),
        of("a line before a good name", matched, named(&format!("x\n{GOOD}")), "identity-mismatch"),
        of("another case", &exact, named(&GOOD.replace("acme", "Acme")), "identity-mismatch"),
        of("a slash less", &exact, named(&GOOD.replace("demo//", "demo/")), "identity-mismatch"),
        policies(
            "an expression for a part of the issuer",
            on_com(),
            [&issuer(r"https://gitlab\.com"), &issuer("gitlab")],
            "issuer-mismatch",
        ),
        policies(
            "an expression for everything",
            on_com(),
            [matched, "--identity-regexp '.*' --issuer https://gitlab.com"],
            "usage-invalid",
        ),
        policies(
            "an empty expression",
            on_com(),
            [matched, "--identity-regexp '' --issuer https://gitlab.com"],
            "usage-invalid",
        ),
    ]
}

/// A policy that names no signer is none.
fn halves() -> Vec<Pair> {
    let exact = format!("--identity {GOOD} --issuer https://gitlab.com");
    let of = |about, policy: &str| {
        policies(about, leaf().on_gitlab_com(), [&exact, policy], "usage-missing")
    };
    vec![
        of("only a name", &format!("--identity {GOOD}")),
        of(
            "only an expression for a name",
            r"--identity-regexp 'https://gitlab\.com/acme/demo//.*'",
        ),
        of("only an issuer", "--issuer https://gitlab.com"),
        of("only an expression for an issuer", r"--issuer-regexp 'https://gitlab\.com'"),
        of("only a claim", "--claim source-repository-uri=https://gitlab.com/acme/demo"),
        of("only a ref", MAIN),
        of("only a time", "--signed-after 2020-01-01T00:00:00Z"),
        of("nothing", ""),
    ]
}

/// Certificates that no authority should issue, each of the expected signer too.
fn certificates() -> Vec<Pair> {
    let exact = format!("--identity {GOOD} --issuer https://gitlab.com");
    let on_com = || leaf().on_gitlab_com();
    let of = |about, bad| signers(about, &exact, [on_com(), bad], "certificate-malformed");
    vec![
        of("two names, the good one first", on_com().names(&[GOOD, "https://evil.example"])),
        of("two names, the good one last", on_com().names(&["https://evil.example", GOOD])),
        of("the same name twice", on_com().names(&[GOOD, GOOD])),
        of("a name and an address", on_com().names(&[GOOD, "dev@acme.example"])),
        of("the issuer of .8 is another", on_com().extension(8, "https://evil.example")),
        of("the issuer of .1 is another", on_com().extension(1, "https://evil.example")),
        of("an extension is there twice", on_com().another_extension(14, "refs/heads/main")),
        of("an issuer is there twice", on_com().another_extension(8, "https://gitlab.com")),
        of("an extension is no text", on_com().raw_extension(12, b"https://gitlab.com/acme/demo")),
        of("an extension has more after its text", on_com().raw_extension(14, b"\x0c\x01ab")),
    ]
}

/// What is wrong with a meeting that should end with this code, or well.
fn difference(place: &Place, (leaf, policy): &Meeting, expected: Option<&str>) -> Option<String> {
    let forged = place.sandbox.forge(&Forge::file(b"file\n").certificate(leaf.clone())).unwrap();
    fs::write(place.work().join("bundle.json"), forged.bundle().unwrap().to_string()).unwrap();
    let flags = "--error-format=json $VERIFY --bundle bundle.json";
    let output = place.sh(&format!("pysign-verify {flags} {policy} file"));
    let status = output.status.code();
    let stderr = String::from_utf8_lossy(&output.stderr);
    let codes: Vec<String> = stderr
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .filter(|line| line["level"] == "error")
        .map(|line| line["code"].as_str().unwrap_or_default().to_owned())
        .collect();
    let right = match expected {
        None => status == Some(0) && codes.is_empty() && !output.stdout.is_empty(),
        Some(code) => {
            let is_usage = code.starts_with("usage-");
            status == Some(if is_usage { 2 } else { 1 })
                && codes == [code]
                && output.stdout.is_empty()
        }
    };
    let expected = expected.unwrap_or("acceptance");
    (!right)
        .then(|| format!("{policy}\n  expected {expected}, found {status:?} {codes:?}\n{stderr}"))
}

#[test]
fn whoever_comes_near_a_signer_is_refused_beside_the_signer() {
    let all = [
        refs(),
        pipelines(),
        instances(),
        workflows(),
        triggers(),
        escapes(),
        spellings(),
        halves(),
        certificates(),
    ];
    let pairs: Vec<Pair> = all.into_iter().flatten().collect();
    let place = Place::new();
    let signers = format!(r#"[{{"identity":"{GOOD}","issuer":"https://gitlab.com"}}]"#);
    let projects = format!(r#"[{{"file":"*","signers":{signers}}}]"#);
    let policy = format!(r#"{{"schema":"pysign-policy/1","projects":{projects}}}"#);
    fs::write(place.work().join("named.policy"), policy).unwrap();
    fs::write(place.work().join("file"), "file\n").unwrap();
    let (mut good, mut report) = (0, String::new());
    for pair in &pairs {
        let accepted = difference(&place, &pair.good, None);
        let refused = difference(&place, &pair.bad, Some(pair.code));
        good += usize::from(accepted.is_none() && refused.is_none());
        for wrong in accepted.iter().chain(&refused) {
            let _ = writeln!(report, "== {}: {wrong}", pair.about);
        }
    }
    // Straight to the stream: what a test prints otherwise is shown only if it fails.
    let _ = writeln!(std::io::stderr(), "policies: {good}/{}", pairs.len());
    assert!(report.is_empty(), "\n{report}");
}
