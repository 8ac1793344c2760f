//! Every change of one member of a JSON document: without the member, with it twice, and with other
//! values.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

/// The document with one member or item left out or with another value, and what was changed.
///
/// ```
/// let changes = pysign_testkit::changes(&serde_json::json!({"a": 1}));
/// assert!(changes.contains(&("without /a".to_owned(), serde_json::json!({}))));
/// assert!(changes.contains(&("one more than /a".to_owned(), serde_json::json!({"a": 2}))));
/// ```
pub fn changes(document: &Value) -> Vec<(String, Value)> {
    let mut changes = Vec::new();
    for place in places(document) {
        for (what, other) in others(document.pointer(&place).unwrap()) {
            changes.push((format!("{what} {place}"), with(document, &place, other)));
        }
        let mut without = document.clone();
        match parent(&mut without, &place) {
            (Value::Object(members), name) => drop(members.remove(name)),
            (Value::Array(items), index) => drop(items.remove(index.parse().unwrap())),
            _ => unreachable!(),
        }
        changes.push((format!("without {place}"), without));
    }
    changes
}

/// The document with another byte in what one text stands for in base64, or with one byte fewer or
/// more: one document for each byte.
pub fn bytes(document: &Value) -> Vec<(String, Value)> {
    let mut changes = Vec::new();
    for place in places(document) {
        let Some(text) = document.pointer(&place).and_then(Value::as_str) else { continue };
        let Ok(good) = STANDARD.decode(text) else { continue };
        let mut change = |what: &str, bytes: &[u8]| {
            let other = with(document, &place, json!(STANDARD.encode(bytes)));
            changes.push((format!("{what} {place}"), other));
        };
        for at in 0..good.len() {
            let mut other = good.clone();
            other[at] ^= 1;
            change("another byte in", &other);
        }
        change("a byte less in", &good[..good.len().saturating_sub(1)]);
        change("a byte more in", &[good.as_slice(), b"\n"].concat());
    }
    changes.retain(|(_, other)| other != document);
    changes
}

/// The document's text with one member in it twice.
pub fn twice(document: &Value) -> Vec<(String, String)> {
    const COPY: &str = "the member again";
    let mut changes = Vec::new();
    for place in places(document) {
        let mut copy = document.clone();
        if let (Value::Object(members), name) = parent(&mut copy, &place) {
            let name = name.to_owned();
            members.insert(COPY.to_owned(), members[&name].clone());
            changes.push((format!("twice {place}"), copy.to_string().replace(COPY, &name)));
        }
    }
    changes
}

fn with(document: &Value, place: &str, value: Value) -> Value {
    let mut copy = document.clone();
    *copy.pointer_mut(place).unwrap() = value;
    copy
}

fn parent<'v, 'p>(document: &'v mut Value, place: &'p str) -> (&'v mut Value, &'p str) {
    let (above, name) = place.rsplit_once('/').unwrap();
    (document.pointer_mut(above).unwrap(), name)
}

/// The places of all members and items, the innermost first.
fn places(document: &Value) -> Vec<String> {
    fn below(value: &Value, place: &str, found: &mut Vec<String>) {
        let mut visit = |name: &str, inner: &Value| {
            let place = format!("{place}/{name}");
            below(inner, &place, found);
            found.push(place);
        };
        match value {
            Value::Object(members) => members.iter().for_each(|(name, one)| visit(name, one)),
            Value::Array(items) => {
                items.iter().enumerate().for_each(|(index, one)| visit(&index.to_string(), one));
            }
            _ => {}
        }
    }
    let mut found = Vec::new();
    below(document, "", &mut found);
    found
}

/// Other values, and what they are.
fn others(value: &Value) -> Vec<(&'static str, Value)> {
    let mut others = match value {
        Value::String(text) => texts(text),
        Value::Number(number) => vec![
            ("one more than", json!(number.as_u64().unwrap() + 1)),
            ("a text of", json!(number.to_string())),
        ],
        Value::Object(members) => {
            let more = members.clone().into_iter().chain([("more".to_owned(), json!(null))]);
            vec![("a member more in", Value::Object(more.collect()))]
        }
        Value::Array(items) => lists(items),
        _ => Vec::new(),
    };
    others.extend([
        ("a text as", json!("x")),
        ("no text as", json!("")),
        ("a number as", json!(77)),
        ("null as", json!(null)),
        ("nothing in", json!({})),
        ("no item in", json!([])),
    ]);
    others.retain(|(_, other)| other != value);
    others
}

/// Another letter of base64 is another bit.
fn texts(text: &str) -> Vec<(&'static str, Value)> {
    let more = |end: &str| json!(format!("{text}{end}"));
    let mut others = vec![("more text in", more("x")), ("white space in", more("\n"))];
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
            others.push((what, json!(format!("{}{other}{}", &text[..at], &text[at + 1..]))));
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
