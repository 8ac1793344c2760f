use super::*;
use pysign_sigstore::rekor::{LogService, LogVersion};
use serde_json::json;

const NOW: i64 = 1_700_000_000;

fn gitlab() -> Value {
    json!({
        "iss": "https://gitlab.com", "aud": "sigstore", "exp": NOW + 60,
        "sub": "project_path:acme/demo:ref_type:tag:ref:v1", "project_path": "acme/demo",
        "project_visibility": "public", "pipeline_source": "push",
        "ci_config_ref_uri": "gitlab.com/acme/demo//.gitlab-ci.yml@refs/tags/v1",
    })
}

fn encode(claims: &Value) -> String {
    let [header, claims] =
        [&json!({"alg": "RS256"}), claims].map(|part| URL_SAFE_NO_PAD.encode(part.to_string()));
    format!("{header}.{claims}.AAAA")
}

fn parse(claims: &Value) -> Result<Token, Unfit> {
    Token::parse(Secret::new(encode(claims)), NOW)
}

/// What is wrong with GitLab's token after `change`.
fn fault(change: impl Fn(&mut Value)) -> Option<Unfit> {
    let mut claims = gitlab();
    change(&mut claims);
    parse(&claims).err()
}

#[test]
fn a_gitlab_token_names_the_pipeline_definition() {
    let token = parse(&gitlab()).ok().unwrap();
    assert_eq!(token.identity, "https://gitlab.com/acme/demo//.gitlab-ci.yml@refs/tags/v1");
    assert_eq!(token.issuer, "https://gitlab.com");
    assert_eq!(token.subject, "project_path:acme/demo:ref_type:tag:ref:v1");
    assert!(!token.private);
}

#[test]
fn a_hidden_project_is_seen() {
    for visibility in ["private", "internal"] {
        let mut claims = gitlab();
        claims["project_visibility"] = json!(visibility);
        assert!(parse(&claims).is_ok_and(|token| token.private));
    }
}

#[test]
fn a_hidden_project_is_named_in_a_public_log_only_with_consent() {
    let token = |visibility: &str| {
        let mut claims = gitlab();
        claims["project_visibility"] = json!(visibility);
        parse(&claims).ok().unwrap()
    };
    let services = |fulcio: &str, log: &str| Services {
        fulcio: fulcio.parse().unwrap(),
        log: LogService { url: log.parse().unwrap(), version: LogVersion::V1 },
        log_v1: None,
        timestamp: None,
    };
    let own = services("https://fulcio.acme.org", "https://rekor.acme.org");
    for public in [
        services("https://fulcio.acme.org", "https://log2025-1.rekor.sigstore.dev"),
        services("https://fulcio.acme.org", "https://rekor.sigstore.dev."),
        services("https://fulcio.acme.org", "https://rekor.sigstage.dev"),
        services("https://fulcio.sigstore.dev", "https://rekor.acme.org"),
    ] {
        assert!(token("private").check_consent(&public, false).is_err());
        assert!(token("private").check_consent(&public, true).is_ok());
        assert!(token("public").check_consent(&public, false).is_ok());
    }
    assert!(token("private").check_consent(&own, false).is_ok());
}

#[test]
fn a_github_token_names_the_workflow_that_runs() {
    let token = parse(&json!({
        "iss": "https://token.actions.githubusercontent.com", "aud": ["sigstore"],
        "exp": NOW + 60, "sub": "repo:acme/demo:ref:refs/tags/v1", "repository": "acme/demo",
        "repository_visibility": "private", "workflow_ref": "acme/demo/w.yml@refs/tags/v1",
        "job_workflow_ref": "acme/shared/w.yml@refs/heads/main",
    }))
    .ok()
    .unwrap();
    assert_eq!(token.identity, "https://github.com/acme/shared/w.yml@refs/heads/main");
    assert!(token.private);
}

#[test]
fn an_address_counts_when_it_is_verified() {
    let mut claims = json!({
        "iss": "https://dex.example", "aud": "sigstore", "exp": NOW + 60, "sub": "x",
        "email": "dev@example.org", "email_verified": true,
        "federated_claims": {"connector_id": "https://login.example"},
    });
    let token = parse(&claims).ok().unwrap();
    assert_eq!(token.identity, "dev@example.org");
    assert_eq!(token.issuer, "https://login.example");
    assert_eq!(token.subject, "dev@example.org");
    claims["email_verified"] = json!(false);
    assert_eq!(parse(&claims).err(), Some(Unfit::EmailUnverified));
}

#[test]
fn another_audience_is_named() {
    let other = || Some(Unfit::Audience(vec!["https://gitlab.com".to_owned()]));
    assert_eq!(fault(|claims| claims["aud"] = json!("https://gitlab.com")), other());
    assert_eq!(fault(|claims| claims["aud"] = json!(["https://gitlab.com"])), other());
    assert_eq!(fault(|claims| claims["aud"] = json!(null)), Some(Unfit::Audience(vec![])));
    assert_eq!(fault(|claims| claims["aud"] = json!(["pypi", "sigstore"])), None);
}

#[test]
fn a_token_ends_at_its_expiry() {
    assert_eq!(fault(|claims| claims["exp"] = json!(NOW)), Some(Unfit::Expired(0)));
    assert_eq!(fault(|claims| claims["exp"] = json!(NOW - 5)), Some(Unfit::Expired(5)));
    assert_eq!(fault(|claims| claims["exp"] = json!(1_700_000_001.5)), None);
    assert_eq!(fault(|claims| claims["exp"] = json!("soon")), Some(Unfit::Claim("exp")));
}

#[test]
fn a_missing_claim_is_named() {
    for name in ["iss", "sub", "ci_config_ref_uri"] {
        let without = |claims: &mut Value| claims[name] = json!(null);
        assert_eq!(fault(without), Some(Unfit::Claim(name)));
    }
}

#[test]
fn an_unknown_kind_of_token_is_refused() {
    let claims = json!({"iss": "https://i.example", "aud": "sigstore", "exp": NOW + 1});
    assert_eq!(parse(&claims).err(), Some(Unfit::Kind));
}

#[test]
fn what_is_no_token_is_refused() {
    let good = encode(&gitlab());
    let claims = good.split('.').nth(1).unwrap();
    for text in [
        String::new(),
        "canary".to_owned(),
        format!("{good}.AAAA"),
        good.trim_end_matches("AAAA").to_owned(),
        format!("e30.{claims}.AAAA"),
        format!("{good}="),
        ".".repeat(1000),
    ] {
        let parsed = Token::parse(Secret::new(text), NOW);
        assert_eq!(parsed.err(), Some(Unfit::Shape));
    }
}
