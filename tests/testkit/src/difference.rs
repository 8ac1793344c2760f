//! What one document says and another does not, past how it is spelled: down to the value of DER in
//! base64 that is another, since what a timestamp's signature leaves out is no more than a part of it.

use std::collections::BTreeSet;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use crate::der;

/// The places at which they differ, lists' items as `*`. `null`, zero and an empty list are absence, and a number
/// may stand in quotes (protobuf's JSON mapping).
pub fn places(one: &Value, other: &Value) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    compare(one, other, "", &mut found);
    found
}

fn compare(one: &Value, other: &Value, place: &str, found: &mut BTreeSet<String>) {
    match (one, other) {
        (Value::Object(left), Value::Object(right)) => {
            let names: BTreeSet<&String> = left.keys().chain(right.keys()).collect();
            for name in names {
                let of = |members: &serde_json::Map<String, Value>| {
                    members.get(name).cloned().unwrap_or_default()
                };
                compare(&of(left), &of(right), &format!("{place}/{name}"), found);
            }
        }
        (Value::Array(left), Value::Array(right)) if left.len() == right.len() => {
            for (left, right) in left.iter().zip(right) {
                compare(left, right, &format!("{place}/*"), found);
            }
        }
        _ if plain(one) == plain(other) => {}
        _ => match (der(one), der(other)) {
            (Some(one), Some(other)) => compare_der(&one, &other, &format!("{place}#"), found),
            _ => drop(found.insert(place.to_owned())),
        },
    }
}

/// Values of DER are numbered from 0; one with more or fewer values in it than the other is itself
/// what differs.
fn compare_der(one: &[u8], other: &[u8], place: &str, found: &mut BTreeSet<String>) {
    match (der::split(one), der::split(other)) {
        _ if one == other => {}
        (Some(left), Some(right)) if left.len() == right.len() => {
            for (number, (left, right)) in left.iter().zip(&right).enumerate() {
                let place = format!("{place}/{number}");
                if left.tag == right.tag && left.is_nested() {
                    compare_der(left.content, right.content, &place, found);
                } else if (left.tag, left.content) != (right.tag, right.content) {
                    found.insert(place);
                }
            }
        }
        _ => drop(found.insert(place.to_owned())),
    }
}

/// The DER that a text stands for.
fn der(value: &Value) -> Option<Vec<u8>> {
    let bytes = STANDARD.decode(value.as_str()?).ok()?;
    der::split(&bytes).is_some_and(|values| !values.is_empty()).then_some(bytes)
}

fn plain(value: &Value) -> Value {
    match value {
        Value::Number(number) => plain(&number.to_string().into()),
        Value::String(text) if text == "0" => Value::Null,
        Value::Array(items) if items.is_empty() => Value::Null,
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn spelling_makes_no_difference() {
        let one = json!({"a": [1, {"b": "x"}], "c": null});
        assert!(places(&one, &json!({"a": ["1", {"b": "x"}], "e": "0"})).is_empty());
        let other = json!({"a": ["1", {"b": "y"}], "c": 7, "d": {}});
        let found: Vec<String> = places(&one, &other).into_iter().collect();
        assert_eq!(found, ["/a/*/b", "/c", "/d"]);
        assert_eq!(places(&one, &json!({"a": [1]})).into_iter().collect::<Vec<_>>(), ["/a"]);
    }
    #[test]
    fn a_difference_in_der_has_its_place() {
        let text = |inner: u8| {
            let values = [der::encode(2, &[1]), der::encode(0x31, &der::encode(2, &[inner]))];
            json!({"t": STANDARD.encode(der::encode(0x30, &values.concat()))})
        };
        let found: Vec<String> = places(&text(1), &text(2)).into_iter().collect();
        assert_eq!(found, ["/t#/0/1/0"]);
        assert!(places(&text(1), &text(1)).is_empty());
    }
}
