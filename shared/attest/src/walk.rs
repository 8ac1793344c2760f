//! A walk over every member of a document: without it, and with another value in its place.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

/// Every change of one place, and what it is.
pub(crate) fn changes(document: &Value) -> Vec<(String, Value)> {
    let mut places = Vec::new();
    below(document, "", &mut places);
    let mut changes = Vec::new();
    for place in places {
        let mut change = |what: &str, change: &dyn Fn(&mut Value)| {
            let mut copy = document.clone();
            change(copy.pointer_mut(&place).unwrap());
            changes.push((format!("{what} {place}"), copy));
        };
        for (what, other) in others(document.pointer(&place).unwrap()) {
            change(what, &|value| value.clone_from(&other));
        }
        let mut without = document.clone();
        let (above, name) = place.rsplit_once('/').unwrap();
        match without.pointer_mut(above).unwrap() {
            Value::Object(members) => drop(members.remove(name)),
            Value::Array(items) => drop(items.remove(name.parse().unwrap())),
            _ => unreachable!(),
        }
        changes.push((format!("without {place}"), without));
    }
    changes
}

/// The places of all members and items below `value`.
fn below(value: &Value, place: &str, found: &mut Vec<String>) {
    let inner: Vec<(String, &Value)> = match value {
        Value::Object(members) => members.iter().map(|(name, one)| (name.clone(), one)).collect(),
        Value::Array(items) => {
            items.iter().enumerate().map(|(index, one)| (index.to_string(), one)).collect()
        }
        _ => Vec::new(),
    };
    for (name, one) in inner {
        let place = format!("{place}/{name}");
        below(one, &place, found);
        found.push(place);
    }
}

/// Values that are not `value`, and what they are.
fn others(value: &Value) -> Vec<(&'static str, Value)> {
    let mut others = vec![
        ("null as", json!(null)),
        ("no text as", json!("")),
        ("a number as", json!(77)),
        ("nothing in", json!({})),
        ("no item in", json!([])),
    ];
    match value {
        Value::String(text) => {
            others.push(("more text in", json!(format!("{text}x"))));
            others.push(("white space in", json!(format!("{text}\n"))));
            others.extend(bytes(text).map(|other| ("another byte in", json!(other))));
        }
        Value::Number(number) => {
            others.push(("one more than", json!(number.as_u64().unwrap() + 1)));
            others.push(("a text of", json!(number.to_string())));
        }
        Value::Object(members) => {
            let more = members.clone().into_iter().chain([("more".to_owned(), json!(null))]);
            others.push(("a member more in", Value::Object(more.collect())));
        }
        _ => {}
    }
    others.retain(|(_, other)| other != value);
    others
}

/// What `text` stands for in base64 with each byte in turn another, in base64 again.
fn bytes(text: &str) -> impl Iterator<Item = String> {
    let bytes = STANDARD.decode(text).unwrap_or_default();
    (0..bytes.len()).map(move |at| {
        let mut other = bytes.clone();
        other[at] ^= 1;
        STANDARD.encode(other)
    })
}
