//! What is chosen of a signing configuration.

use std::time::Duration;

use super::*;
use pysign_host::Problem as _;
use serde_json::{Value, json};
use sigstore_verify::trust_root::SIGNING_CONFIG_MEDIA_TYPE;

fn service(url: &str, version: u32, start: u32) -> Value {
    json!({"url": url, "majorApiVersion": version, "operator": "a", "validFor":
        {"start": format!("{start}-01-01T00:00:00Z"), "end": "2030-01-01T00:00:00Z"}})
}

fn document() -> Value {
    json!({
        "mediaType": SIGNING_CONFIG_MEDIA_TYPE,
        "caUrls": [service("https://old.example", 1, 2020), service("https://ca.example", 1, 2021)],
        "rekorTlogUrls": [service("https://one.example", 1, 2022), service("https://two.example", 2, 2021)],
        "tsaUrls": [service("https://tsa.example/stamp", 1, 2020)],
        "rekorTlogConfig": {"selector": "ANY"},
        "tsaConfig": {"selector": "EXACT", "count": 1},
    })
}

/// What is chosen at the start of 2026 after `change`.
fn chosen(change: impl Fn(&mut Value)) -> Result<Services, SigningConfigError> {
    named(change, &Chosen::default())
}

/// The same, where the user has named some.
fn named(change: impl Fn(&mut Value), chosen: &Chosen) -> Result<Services, SigningConfigError> {
    let mut document = document();
    change(&mut document);
    let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_767_225_600);
    let config = SigningConfig::parse(Path::new("c.json"), document.to_string().as_bytes())?;
    config.services(now, chosen)
}

fn log(url: &str) -> Chosen {
    Chosen { log: Some(url.parse().unwrap()), ..Chosen::default() }
}

#[test]
fn the_highest_version_and_then_the_newest_service_is_chosen() {
    let services = chosen(|_| ()).unwrap();
    assert_eq!(services.fulcio.to_string(), "https://ca.example/");
    assert_eq!(services.log.url.to_string(), "https://two.example/");
    assert_eq!(services.log.version, LogVersion::V2);
    assert_eq!(services.timestamp.unwrap().to_string(), "https://tsa.example/stamp");
    assert_eq!(services.log_v1.unwrap().url.to_string(), "https://one.example/");
}

#[test]
fn a_log_that_is_named_is_of_the_version_that_is_listed() {
    for (url, version) in [
        ("https://two.example", LogVersion::V2),
        ("https://two.example/", LogVersion::V2),
        ("https://one.example", LogVersion::V1),
        ("https://other.example", LogVersion::V1),
        ("https://two.example/other", LogVersion::V1),
    ] {
        let services = named(|_| (), &log(url)).unwrap();
        assert_eq!(services.log.version, version, "{url}");
        // Nothing is logged elsewhere behind the user's back.
        let alone = (version == LogVersion::V1).then_some(services.log);
        assert_eq!(services.log_v1, alone, "{url}");
    }
    let expired = |document: &mut Value| {
        document["rekorTlogUrls"][1]["validFor"]["end"] = json!("2022-01-01T00:00:00Z");
    };
    let services = named(expired, &log("https://two.example")).unwrap();
    assert_eq!(services.log.version, LogVersion::V2);
}

#[test]
fn a_service_that_is_named_replaces_those_that_are_listed() {
    let url = |url: &str| Some(url.parse::<Url>().unwrap());
    let all = Chosen {
        fulcio: url("https://my.example"),
        log: url("https://log.example"),
        timestamp: url("https://time.example"),
    };
    let services = named(
        |document| {
            for list in ["caUrls", "rekorTlogUrls", "tsaUrls"] {
                document[list] = json!([]);
            }
            document["rekorTlogConfig"] = json!({"selector": "EXACT", "count": 2});
            document["tsaConfig"] = json!({"selector": "EXACT", "count": 2});
        },
        &all,
    );
    let services = services.unwrap();
    assert_eq!(services.fulcio.to_string(), "https://my.example/");
    assert_eq!(services.log.url.to_string(), "https://log.example/");
    assert_eq!(services.timestamp.unwrap().to_string(), "https://time.example/");
    let alone = Chosen { timestamp: None, ..all.clone() }.alone().unwrap();
    assert_eq!((alone.log_v1, alone.timestamp), (Some(alone.log), None));
    assert!(Chosen { log: None, ..all.clone() }.alone().is_none());
    assert!(Chosen { fulcio: None, ..all }.alone().is_none());
}

#[test]
fn without_a_log_of_version_1_there_is_none_for_attestations() {
    let services = chosen(|document| {
        document["rekorTlogUrls"][0] = service("https://one.example", 1, 2027);
    });
    let services = services.unwrap();
    assert_eq!((services.log.version, services.log_v1), (LogVersion::V2, None));
}

#[test]
fn the_embedded_configurations_name_services_of_both_instances() {
    for instance in [crate::Instance::Production, crate::Instance::Staging] {
        let text = instance.embedded(SIGNING_CONFIG).unwrap();
        let config = SigningConfig::parse(Path::new("c.json"), text.as_bytes()).unwrap();
        // Some days after the first of its services began.
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_790_000_000);
        let services = config.services(now, &Chosen::default()).unwrap();
        assert!(services.log_v1.is_some() && services.timestamp.is_some(), "{instance:?}");
    }
}

#[test]
fn a_service_that_is_not_valid_yet_is_passed_over() {
    let services = chosen(|document| {
        document["rekorTlogUrls"][1] = service("https://two.example", 2, 2027);
    });
    assert_eq!(services.unwrap().log.version, LogVersion::V1);
}

#[test]
fn a_version_that_is_not_spoken_here_is_passed_over() {
    let services = chosen(|document| {
        document["rekorTlogUrls"][1] = service("https://two.example", 3, 2021);
    });
    assert_eq!(services.unwrap().log.url.to_string(), "https://one.example/");
}

#[test]
fn without_a_service_there_is_nothing_to_sign_with() {
    for list in ["caUrls", "rekorTlogUrls", "tsaUrls"] {
        let error = chosen(|document| document[list] = json!([])).unwrap_err();
        assert_eq!(error.facts().code, "signing-config-no-service", "{list}");
    }
}

#[test]
fn a_log_of_version_1_needs_no_timestamps() {
    let services = chosen(|document| {
        document["tsaUrls"] = json!([]);
        document["rekorTlogUrls"][1] = json!(service("https://two.example", 3, 2021));
    });
    assert!(services.unwrap().timestamp.is_none());
}

#[test]
fn more_than_one_service_of_a_kind_is_refused() {
    for wanted in [
        json!({"selector": "ALL"}),
        json!({"selector": "EXACT", "count": 2}),
        json!({"selector": "SERVICE_SELECTOR_UNDEFINED"}),
    ] {
        let error = chosen(|document| document["rekorTlogConfig"] = wanted.clone()).unwrap_err();
        assert_eq!(error.facts().code, "signing-config-selector", "{wanted}");
    }
    assert!(chosen(|document| document["tsaConfig"] = json!({"selector": "ALL"})).is_ok());
}

#[test]
fn another_document_is_refused() {
    for change in [
        |document: &mut Value| document["mediaType"] = json!("application/json"),
        |document: &mut Value| document["caUrls"][0]["validFor"] = json!({}),
        |document: &mut Value| document["caUrls"][1]["url"] = json!("http://ca.example"),
    ] {
        assert_eq!(chosen(change).unwrap_err().facts().code, "signing-config-malformed");
    }
}
