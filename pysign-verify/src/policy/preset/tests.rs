use pysign_attest::samples::certificate;
use pysign_host::Problem as _;

use super::*;

const GITLAB: &str = "https://gitlab.com";
const GITHUB: &str = "https://token.actions.githubusercontent.com";

fn gitlab(git_ref: &str) -> Preset {
    Preset {
        source: Source::GitLab {
            project: "acme/demo".parse().unwrap(),
            config: Project::DEFAULT_CONFIG.to_owned(),
        },
        git_ref: git_ref.parse().unwrap(),
        issuer: None,
    }
}

fn github(workflow: Option<&str>) -> Preset {
    Preset {
        source: Source::GitHub {
            repository: "acme/demo".parse().unwrap(),
            workflow: workflow.map(str::to_owned),
        },
        git_ref: "refs/tags/v{version}".parse().unwrap(),
        issuer: None,
    }
}

/// A certificate as the public Fulcio writes it: name, issuer, repository, ref and trigger.
fn signed([name, issuer, source, git_ref, trigger]: [&str; 5]) -> Certificate {
    let claims = [
        ("source-repository-uri", source),
        ("source-repository-ref", git_ref),
        ("build-trigger", trigger),
    ];
    let said: Vec<_> = claims.into_iter().filter(|(_, value)| !value.is_empty()).collect();
    certificate(name, issuer, &said)
}

const TAG: [&str; 5] = [
    "https://gitlab.com/acme/demo//.gitlab-ci.yml@refs/tags/v1.0",
    GITLAB,
    "https://gitlab.com/acme/demo",
    "refs/tags/v1.0",
    "push",
];

const RELEASE: [&str; 5] = [
    "https://github.com/acme/demo/.github/workflows/release.yml@refs/tags/v1.0",
    GITHUB,
    "https://github.com/acme/demo",
    "refs/tags/v1.0",
    "release",
];

/// The code and the hint of a refusal; two empty texts without one.
fn refusal(preset: &Preset, parts: [&str; 5], claims: &[(ClaimName, Text)]) -> (String, String) {
    let version = "1.0".parse().unwrap();
    let settled = preset.of(Some(&version)).unwrap();
    match settled.check(Path::new("a.whl"), &signed(parts), claims) {
        Ok(()) => (String::new(), String::new()),
        Err(error) => (error.facts().code.to_owned(), error.facts().hint.unwrap_or_default()),
    }
}

fn refused(preset: &Preset, parts: [&str; 5], code: &str, hint: &str) {
    let another = "the pipeline ran on another ref of this project:";
    let hint = if hint.is_empty() { String::new() } else { format!("{another} {hint}") };
    assert_eq!(refusal(preset, parts, &[]), (code.to_owned(), hint), "{parts:?}");
}

/// `parts` with others in some places.
fn but<'a>(mut parts: [&'a str; 5], others: &[(usize, &'a str)]) -> [&'a str; 5] {
    for (place, other) in others {
        parts[*place] = other;
    }
    parts
}

#[test]
fn the_pipeline_of_the_project_on_the_ref_is_accepted() {
    for preset in ["refs/tags/v1.0", "refs/tags/v{version}", "refs/tags/v*", "refs/tags/*"] {
        refused(&gitlab(preset), TAG, "", "");
    }
    for trigger in ["push", "web", "api", "schedule"] {
        refused(&gitlab("refs/tags/v1.0"), but(TAG, &[(4, trigger)]), "", "");
    }
    for preset in [github(None), github(Some("release.yml"))] {
        for trigger in ["push", "release", "workflow_dispatch", "schedule"] {
            refused(&preset, but(RELEASE, &[(4, trigger)]), "", "");
        }
    }
}

#[test]
fn another_ref_is_refused_and_the_hint_names_it() {
    let main = "https://gitlab.com/acme/demo//.gitlab-ci.yml@refs/heads/main";
    let branch = but(TAG, &[(0, main), (3, "refs/heads/main")]);
    refused(&gitlab("refs/heads/next"), branch, "identity-mismatch", "--ref refs/heads/main");
    refused(&gitlab("refs/heads/main"), branch, "", "");
    // Not a branch where a tag was asked for.
    for preset in ["refs/tags/v1.0", "refs/tags/v*", "refs/tags/v{version}"] {
        refused(&gitlab(preset), branch, "identity-mismatch", "");
    }
    // A tag that is called as the branch is.
    let tag = "https://gitlab.com/acme/demo//.gitlab-ci.yml@refs/tags/main";
    let tag = but(TAG, &[(0, tag), (3, "refs/tags/main")]);
    refused(&gitlab("refs/heads/main"), tag, "identity-mismatch", "--ref refs/tags/main");
    let other = "https://github.com/acme/demo/.github/workflows/release.yml@refs/tags/v2.0";
    let other = but(RELEASE, &[(0, other), (3, "refs/tags/v2.0")]);
    refused(&github(None), other, "identity-mismatch", "--ref refs/tags/v2.0");
    // Nothing is named where more than the ref is another.
    refused(&github(Some("ci.yml")), other, "identity-mismatch", "");
    let request = but(other, &[(4, "pull_request")]);
    refused(&github(None), request, "identity-mismatch", "");
    refused(&github(None), but(other, &[(1, GITLAB)]), "identity-mismatch", "");
}

#[test]
fn a_name_on_one_ref_and_a_build_of_another_contradict_each_other() {
    let open = gitlab("refs/tags/v*");
    refused(&open, but(TAG, &[(3, "refs/tags/v2.0")]), "identity-mismatch", "");
    refused(&open, but(TAG, &[(3, "refs/heads/main")]), "identity-mismatch", "");
    refused(&open, but(TAG, &[(3, "")]), "identity-mismatch", "");
    refused(&gitlab("refs/tags/v1.0"), but(TAG, &[(3, "refs/heads/main")]), "claim-mismatch", "");
    refused(&gitlab("refs/tags/v1.0"), but(TAG, &[(3, "")]), "claim-mismatch", "");
    // What follows the file in a name is the ref, however it is written.
    let odd = "https://gitlab.com/acme/demo//.gitlab-ci.yml@refs/tags/v1@refs/heads/evil";
    let odd = but(TAG, &[(0, odd), (3, "refs/heads/evil")]);
    refused(&open, odd, "identity-mismatch", "");
}

#[test]
fn another_project_is_refused() {
    for url in [
        "https://gitlab.com/evil/demo",
        "https://gitlab.com/acme/demo-evil",
        "https://gitlab.com/acme/demo/sub",
        "https://gitlab.example/acme/demo",
    ] {
        let name = format!("{url}//.gitlab-ci.yml@refs/tags/v1.0");
        let parts = but(TAG, &[(0, &name), (2, url)]);
        refused(&gitlab("refs/tags/v1.0"), parts, "identity-mismatch", "");
    }
    let name = "https://github.com/evil/demo/.github/workflows/release.yml@refs/tags/v1.0";
    let parts = but(RELEASE, &[(0, name), (2, "https://github.com/evil/demo")]);
    refused(&github(None), parts, "identity-mismatch", "");
}

#[test]
fn a_fork_is_refused_whichever_name_its_pipeline_has() {
    let fork = "https://gitlab.com/evil/demo";
    let request = [(2, fork), (4, "merge_request_event")];
    refused(&gitlab("refs/tags/v1.0"), but(TAG, &request), "claim-mismatch", "");
    refused(&gitlab("refs/tags/v1.0"), but(TAG, &[(2, fork)]), "claim-mismatch", "");
    refused(&gitlab("refs/tags/v1.0"), but(TAG, &[(2, "")]), "claim-mismatch", "");
    // With the path of the parent, only the trigger tells.
    let parent = but(TAG, &[(4, "merge_request_event")]);
    refused(&gitlab("refs/tags/v1.0"), parent, "claim-mismatch", "");
}

#[test]
fn a_trigger_is_one_of_the_usual_ones_unless_one_is_named() {
    let preset = gitlab("refs/tags/v1.0");
    for trigger in ["parent_pipeline", "pipeline", "external", "release", "Push", "pushed"] {
        refused(&preset, but(TAG, &[(4, trigger)]), "claim-mismatch", "");
    }
    refused(&preset, but(TAG, &[(4, "")]), "claim-mismatch", "");
    for trigger in ["pull_request", "pull_request_target", "workflow_run", "web", "api"] {
        refused(&github(None), but(RELEASE, &[(4, trigger)]), "claim-mismatch", "");
    }
    let named = [(ClaimName::TRIGGER, Text::exact("parent_pipeline"))];
    assert_eq!(refusal(&preset, but(TAG, &[(4, "parent_pipeline")]), &named).0, "");
    assert_eq!(refusal(&preset, TAG, &named).0, "claim-mismatch");
}

#[test]
fn a_claim_narrows_and_never_replaces() {
    let preset = gitlab("refs/tags/v1.0");
    let source = |url| [(ClaimName::SOURCE, Text::exact(url))];
    assert_eq!(refusal(&preset, TAG, &source("https://gitlab.com/acme/demo")).0, "");
    let fork = "https://gitlab.com/evil/demo";
    assert_eq!(refusal(&preset, TAG, &source(fork)).0, "claim-mismatch");
    assert_eq!(refusal(&preset, but(TAG, &[(2, fork)]), &source(fork)).0, "claim-mismatch");
}

#[test]
fn another_issuer_is_refused_unless_it_takes_the_place_of_the_usual_one() {
    let parts = but(TAG, &[(1, "https://gitlab.example")]);
    refused(&gitlab("refs/tags/v1.0"), parts, "issuer-mismatch", "");
    let issuer = Some(Text::exact("https://gitlab.example"));
    let private = Preset { issuer, ..gitlab("refs/tags/v1.0") };
    refused(&private, parts, "", "");
    refused(&private, TAG, "issuer-mismatch", "");
}

#[test]
fn another_definition_is_refused() {
    let name = "https://gitlab.com/acme/demo//ci/evil.yml@refs/tags/v1.0";
    let parts = but(TAG, &[(0, name)]);
    refused(&gitlab("refs/tags/v1.0"), parts, "identity-mismatch", "");
    let name = "https://github.com/acme/demo/.github/workflows/evil.yml@refs/tags/v1.0";
    let parts = but(RELEASE, &[(0, name)]);
    refused(&github(Some("release.yml")), parts, "identity-mismatch", "");
    // Any workflow was allowed, and no other file.
    refused(&github(None), parts, "", "");
    for name in [
        "https://github.com/acme/demo/.github/workflows/a/b.yml@refs/tags/v1.0",
        "https://github.com/acme/demo/.github/workflows/@refs/tags/v1.0",
        "https://github.com/acme/demo/evil.yml@refs/tags/v1.0",
    ] {
        refused(&github(None), but(RELEASE, &[(0, name)]), "identity-mismatch", "");
    }
}

#[test]
fn a_reusable_workflow_is_refused_whether_ours_or_theirs() {
    let preset = github(None);
    // Another repository's workflow, called from ours.
    let name = "https://github.com/evil/shared/.github/workflows/release.yml@refs/tags/v1.0";
    refused(&preset, but(RELEASE, &[(0, name)]), "identity-mismatch", "");
    // Ours, called from another repository.
    let parts = but(RELEASE, &[(2, "https://github.com/evil/demo")]);
    refused(&preset, parts, "claim-mismatch", "");
}
