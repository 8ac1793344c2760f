//! A walk over every member of a good bundle: without it, with it twice, and with another value,
//! the bundle is refused. What is accepted nonetheless stands in a list, with the reason.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::vectors::{Vector, set};

/// The changes that are accepted, each with its reason; any other is a failure, and so is one of
/// these that is refused.
const ACCEPTED: [(&str, &str, &str); 5] = [
    (LOG_1, "null as /messageSignature/messageDigest", "null is absence"),
    (LOG_1, "without /messageSignature/messageDigest", "the log entry has the digest"),
    (
        LOG_2,
        "another middle of /verificationMaterial/timestampVerificationData/rfc3161Timestamps/0/\
         signedTimestamp",
        "it is in the authority's certificate, which is taken from the trusted root instead",
    ),
    (LOG_2, "null as /messageSignature/messageDigest", "null is absence"),
    (LOG_2, "without /messageSignature/messageDigest", "the log entry has the digest"),
];

const LOG_1: &str = "happy-path-v0.3";
const LOG_2: &str = "rekor2-happy-path";

/// The places of all members and items below `value`.
fn places(value: &Value, place: &str, found: &mut Vec<String>) {
    let mut visit = |name: &str, inner: &Value| {
        let place = format!("{place}/{name}");
        places(inner, &place, found);
        found.push(place);
    };
    match value {
        Value::Object(members) => members.iter().for_each(|(name, inner)| visit(name, inner)),
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(index, inner)| visit(&index.to_string(), inner));
        }
        _ => {}
    }
}

fn parent<'v>(bundle: &'v mut Value, place: &str) -> (&'v mut Value, String) {
    let (above, name) = place.rsplit_once('/').unwrap();
    (bundle.pointer_mut(above).unwrap(), name.to_owned())
}

fn without(bundle: &mut Value, place: &str) {
    match parent(bundle, place) {
        (Value::Object(members), name) => drop(members.remove(&name)),
        (Value::Array(items), index) => drop(items.remove(index.parse().unwrap())),
        _ => unreachable!(),
    }
}

/// The document with the member at `place` there twice; items of a list are no members.
fn twice(bundle: &mut Value, place: &str) -> Option<String> {
    const COPY: &str = "the member again";
    let (Value::Object(members), name) = parent(bundle, place) else { return None };
    members.insert(COPY.to_owned(), members[&name].clone());
    Some(bundle.to_string().replace(COPY, &name))
}

/// Other values, and what they are.
fn others(value: &Value) -> Vec<(&'static str, Value)> {
    let mut others = match value {
        Value::String(text) => texts(text),
        Value::Object(members) => {
            let more = members.clone().into_iter().chain([("more".to_owned(), json!(1))]);
            vec![("a member more in", Value::Object(more.collect())), ("nothing in", json!({}))]
        }
        Value::Array(items) => lists(items),
        _ => Vec::new(),
    };
    others.extend([("a text as", json!("x")), ("a number as", json!(7)), ("null as", json!(null))]);
    others.retain(|(_, other)| other != value);
    others
}

/// Another letter of base64 is another bit.
fn texts(text: &str) -> Vec<(&'static str, Value)> {
    let mut others = vec![("no text as", json!("")), ("more text in", json!(format!("{text}x")))];
    if let Ok(number) = text.parse::<i64>() {
        others.push(("one more than", json!((number + 1).to_string())));
        others.push(("one less than", json!((number - 1).to_string())));
    }
    let end = text.trim_end_matches(['=', '\n']).len().saturating_sub(2);
    for (what, at) in
        [("another start of", 0), ("another middle of", text.len() / 2), ("another end of", end)]
    {
        if let Some(letter) = text.get(at..=at) {
            let other = if letter == "A" { "B" } else { "A" };
            let changed = format!("{}{other}{}", &text[..at], &text[at + 1..]);
            others.push((what, json!(changed)));
        }
    }
    others
}

fn lists(items: &[Value]) -> Vec<(&'static str, Value)> {
    let reversed: Value = items.iter().rev().cloned().collect();
    let longer: Value = items.iter().chain(items.last()).cloned().collect();
    let shorter: Value = items.iter().skip(1).cloned().collect();
    vec![("another order of", reversed), ("the last twice in", longer), ("fewer in", shorter)]
}

fn walk(name: &str) {
    let Some(set) = set("conformance/bundle-verify") else { return };
    let good = Vector::read(&set.join(name)).unwrap();
    assert!(good.prove().is_ok());
    let bundle = good.json();
    let mut all = Vec::new();
    places(&bundle, "", &mut all);
    assert!(all.len() > 20);
    let mut accepted = BTreeSet::new();
    for place in &all {
        if good.changed(|bundle| without(bundle, place)).is_ok() {
            accepted.insert(format!("without {place}"));
        }
        if let Some(document) = twice(&mut good.json(), place)
            && good.prove_bytes(document.as_bytes()).is_ok()
        {
            accepted.insert(format!("twice {place}"));
        }
        for (what, other) in others(bundle.pointer(place).unwrap()) {
            if good.changed(|bundle| *bundle.pointer_mut(place).unwrap() = other).is_ok() {
                accepted.insert(format!("{what} {place}"));
            }
        }
    }
    let listed = ACCEPTED.iter().filter(|(of, _, _)| *of == name);
    assert_eq!(accepted, listed.map(|(_, change, _)| (*change).to_owned()).collect(), "{name}");
}

#[test]
fn nothing_in_a_bundle_of_rekor_v1_can_change() {
    walk(LOG_1);
}

#[test]
fn nothing_in_a_bundle_of_rekor_v2_can_change() {
    walk(LOG_2);
}
