use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use pysign_host::Network;
use pysign_json::{Value, json};
use pysign_sigstore::rekor::{LogService, LogVersion};

use super::error::{Span, Unfit};
use super::*;

const NOW: i64 = 1_700_000_000;

fn gitlab() -> Value {
    json!({
        "iss": "https://gitlab.com", "aud": "sigstore", "exp": NOW + 60, "nbf": NOW - 5,
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

/// The token of another kind, with the claims that every token has.
fn of_kind(mut claims: Value) -> Result<Token, Unfit> {
    for (name, value) in [
        ("iss", json!("https://issuer.example")),
        ("aud", json!(["sigstore"])),
        ("exp", json!(NOW + 60)),
        ("sub", json!("subject")),
    ] {
        let members = claims.as_object_mut().unwrap();
        members.entry(name).or_insert(value);
    }
    parse(&claims)
}

#[test]
fn a_gitlab_token_names_the_pipeline_definition() {
    let token = parse(&gitlab()).ok().unwrap();
    assert_eq!(token.holder.identity, "https://gitlab.com/acme/demo//.gitlab-ci.yml@refs/tags/v1");
    assert_eq!(token.holder.issuer, "https://gitlab.com");
    assert_eq!(token.subject, "project_path:acme/demo:ref_type:tag:ref:v1");
    assert!(!token.private);
}

#[test]
fn a_name_is_the_one_that_fulcio_writes() {
    let name = |git_ref: &str| {
        let uri = format!("gitlab.com/acme/demo//.gitlab-ci.yml@{git_ref}");
        let mut claims = gitlab();
        claims["ci_config_ref_uri"] = json!(uri);
        parse(&claims).map(|token| token.holder.identity)
    };
    let expected = "https://gitlab.com/acme/demo//.gitlab-ci.yml@refs/tags/v%C3%A9%201";
    assert_eq!(name("refs/tags/vé 1").as_deref(), Ok(expected));
    assert!(matches!(name("refs/tags/v%zz"), Err(Unfit::Name(_))));
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
fn a_github_token_names_the_workflow_that_runs() {
    let token = of_kind(json!({
        "repository": "acme/demo", "repository_visibility": "private",
        "workflow_ref": "acme/demo/w.yml@refs/tags/v1",
        "job_workflow_ref": "acme/shared/w.yml@refs/heads/main",
    }))
    .ok()
    .unwrap();
    assert_eq!(token.holder.identity, "https://github.com/acme/shared/w.yml@refs/heads/main");
    assert!(token.private);
}

#[test]
fn every_other_kind_has_the_name_that_fulcio_gives_it() {
    let circleci = |project: &str, definition: &str| {
        json!({"oidc.circleci.com/project-id": project,
               "oidc.circleci.com/pipeline-definition-id": definition})
    };
    for (claims, identity) in [
        (
            json!({"organization_slug": "acme", "pipeline_slug": "demo"}),
            "https://buildkite.com/acme/demo",
        ),
        (circleci("p", "d"), "https://circleci.com/api/v2/projects/p/pipeline-definitions/d"),
        (
            json!({"account_name": "acme", "pipeline_name": "demo/release", "account_id": "1",
                   "pipeline_id": "2"}),
            "https://g.codefresh.io/acme/demo/release:1/2",
        ),
        (
            json!({"kubernetes.io": {"namespace": "ci", "serviceaccount": {"name": "signer"}}}),
            "https://kubernetes.io/namespaces/ci/serviceaccounts/signer",
        ),
        (json!({"sub": "spiffe://acme.example/ci"}), "spiffe://acme.example/ci"),
    ] {
        let token = of_kind(claims.clone()).ok().unwrap();
        assert_eq!(token.holder.identity, identity);
        assert_eq!(token.subject, claims.get("sub").map_or("subject", |sub| sub.as_str().unwrap()));
        assert!(!token.private);
    }
    let name = "oidc.circleci.com/pipeline-definition-id";
    assert_eq!(of_kind(circleci("p", "")).err(), Some(Unfit::Claim(name)));
}

#[test]
fn an_address_counts_when_it_is_verified() {
    let login = |verified: Value| {
        of_kind(json!({
            "email": "dev@example.org", "email_verified": verified,
            "federated_claims": {"connector_id": "https://login.example"},
        }))
    };
    let token = login(json!(true)).ok().unwrap();
    assert_eq!(token.holder.identity, "dev@example.org");
    assert_eq!(token.holder.issuer, "https://login.example");
    assert_eq!(token.subject, "dev@example.org");
    assert!(login(json!("true")).is_ok());
    for unverified in [json!(false), json!("false"), json!(null), json!(1)] {
        assert_eq!(login(unverified).err(), Some(Unfit::EmailUnverified));
    }
}

#[test]
fn an_unknown_kind_of_token_is_refused() {
    assert_eq!(of_kind(json!({})).err(), Some(Unfit::Kind));
    assert_eq!(of_kind(json!({"sub": "https://acme.example/ci"})).err(), Some(Unfit::Kind));
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
    let expired = |until| {
        let span = Span { from: Some(NOW - 5), until };
        Some(Unfit::Expired { span, now: NOW })
    };
    assert_eq!(fault(|claims| claims["exp"] = json!(NOW)), expired(NOW));
    assert_eq!(fault(|claims| claims["exp"] = json!(NOW - 5)), expired(NOW - 5));
    assert_eq!(fault(|claims| claims["exp"] = json!(1_700_000_001.5)), None);
    assert_eq!(fault(|claims| claims["exp"] = json!("soon")), Some(Unfit::Claim("exp")));
}

#[test]
fn a_token_begins_at_its_time_with_five_minutes_for_the_clocks() {
    let not_yet = |from| {
        let span = Span { from: Some(from), until: NOW + 7200 };
        Some(Unfit::NotYet { span, now: NOW })
    };
    let times = |from: i64| {
        move |claims: &mut Value| {
            claims["nbf"] = json!(from);
            claims["exp"] = json!(NOW + 7200);
        }
    };
    assert_eq!(fault(times(NOW + 300)), None);
    assert_eq!(fault(times(NOW + 301)), not_yet(NOW + 301));
    assert_eq!(fault(|claims| claims["nbf"] = json!("soon")), Some(Unfit::Claim("nbf")));
}

#[test]
fn a_missing_claim_is_named() {
    for name in ["iss", "sub", "ci_config_ref_uri"] {
        let without = |claims: &mut Value| claims[name] = json!(null);
        assert_eq!(fault(without), Some(Unfit::Claim(name)));
    }
    assert_eq!(fault(|claims| claims["iss"] = json!("gitlab.com")), Some(Unfit::Claim("iss")));
}

#[test]
fn what_is_no_token_is_refused() {
    let good = encode(&gitlab());
    let [header, claims] = [0, 1].map(|part| good.split('.').nth(part).unwrap());
    let twice = gitlab().to_string().replacen('{', r#"{"aud":"sigstore","#, 1);
    for text in [
        format!("{header}.{}.AAAA", URL_SAFE_NO_PAD.encode(twice)),
        String::new(),
        "canary".to_owned(),
        "ghost".to_owned(),
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

#[test]
fn an_access_token_is_told_from_an_id_token() {
    for (text, owner) in
        [("glcbt-64_abc", "GitLab"), ("ghs_abc", "GitHub"), ("github_pat_abc", "GitHub")]
    {
        let parsed = Token::parse(Secret::new(text.to_owned()), NOW);
        assert_eq!(parsed.err(), Some(Unfit::Access(owner)));
    }
}

/// A token of GitLab's that lasts so long from now on.
fn host(lifetime: i64, change: impl Fn(&mut Value)) -> Host {
    let mut claims = gitlab();
    let now = Host::test(&[]).clock.unix();
    claims["exp"] = json!(now + lifetime);
    change(&mut claims);
    Host::test(&[("SIGSTORE_ID_TOKEN", &encode(&claims))])
}

fn client(host: &Host) -> Client {
    Client::new(host, &Network { offline: true, ..Network::default() }).unwrap()
}

#[test]
fn a_token_that_was_handed_over_is_used_to_its_end_and_not_longer() {
    let host = host(MARGIN - 1, |_| ());
    let client = client(&host);
    let identity = Identity::find(None, &host, &client).unwrap();
    assert!(identity.token().is_ok());
    let token = identity.latest.into_inner().unwrap();
    assert!(token.still_valid(host.clock.unix() + MARGIN).is_err());
}

#[test]
fn a_hidden_project_is_named_in_a_public_log_only_with_consent() {
    let is_refused = |visibility: &str, services: &Services, consent: bool| {
        let host = host(3600, |claims| claims["project_visibility"] = json!(visibility));
        let client = client(&host);
        let identity = Identity::find(None, &host, &client).unwrap();
        identity.check_consent(services, consent).is_err()
    };
    let services = |fulcio: &str, log: &str| Services {
        fulcio: fulcio.parse().unwrap(),
        log: LogService { url: log.parse().unwrap(), version: LogVersion::V1 },
        log_v1: None,
        timestamp: None,
    };
    for public in [
        services("https://fulcio.acme.org", "https://log2025-1.rekor.sigstore.dev"),
        services("https://fulcio.acme.org", "https://rekor.sigstore.dev."),
        services("https://fulcio.acme.org", "https://rekor.sigstage.dev"),
        services("https://fulcio.sigstore.dev", "https://rekor.acme.org"),
    ] {
        assert!(is_refused("private", &public, false) && is_refused("internal", &public, false));
        assert!(!is_refused("private", &public, true));
        assert!(!is_refused("public", &public, false));
    }
    let own = services("https://fulcio.acme.org", "https://rekor.acme.org");
    assert!(!is_refused("private", &own, false));
    let public = services("https://fulcio.acme.org", "https://rekor.sigstore.dev").log;
    assert!(is_refused("private", &Services { log_v1: Some(public), ..own }, false));
}
