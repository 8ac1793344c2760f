//! A walk over every member of a good bundle: without it, with it twice, and with another value,
//! the bundle is refused. What is accepted nonetheless stands in a list, with the reason.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::tests::vectors::{Vector, good, say, set};

/// Changes that are accepted: in which bundles, which, and why.
struct Accepted {
    of: &'static [&'static str],
    changes: &'static [&'static str],
    why: &'static str,
}

/// All of them; any other is a failure, and so is one of these that is refused.
const ACCEPTED: [Accepted; 8] = [
    Accepted {
        of: &[good::FILE_1, good::FILE_2, good::KEY],
        changes: &["null as /messageSignature/messageDigest"],
        why: "null is absence",
    },
    Accepted {
        of: &[good::FILE_1, good::FILE_2, good::KEY],
        changes: &["without /messageSignature/messageDigest"],
        why: "the log entry has the digest, and the signature is over it",
    },
    Accepted {
        of: &[good::FILE_2],
        changes: &["another middle of /verificationMaterial/\
             timestampVerificationData/rfc3161Timestamps/0/signedTimestamp"],
        why: "it is in the authority's certificate, which is taken from the trusted root instead",
    },
    Accepted {
        of: &[good::STATEMENT_2],
        changes: &[
            "another middle of /verificationMaterial/\
             tlogEntries/0/inclusionProof/checkpoint/envelope",
            "another end of /verificationMaterial/\
             tlogEntries/0/inclusionProof/checkpoint/envelope",
        ],
        why: "it is in the signature of a witness, whose key the trusted root does not have",
    },
    Accepted {
        of: &[good::INTOTO],
        changes: &[
            "a text as /dsseEnvelope/signatures/0/keyid",
            "more text in /dsseEnvelope/signatures/0/keyid",
            "without /dsseEnvelope/signatures/0/keyid",
        ],
        why: "it is a hint that nobody signs (DSSE, `envelope.md`), and is not used",
    },
    Accepted {
        of: &[good::INTOTO],
        changes: &[
            "without /verificationMaterial/tlogEntries/0/inclusionProof/hashes",
            "without /verificationMaterial/tlogEntries/0/inclusionProof/logIndex",
        ],
        why: "absence is nothing and zero (protobuf), as it is in a log of one entry",
    },
    Accepted {
        of: &[good::INTOTO, good::KEY],
        changes: &[
            "fewer in /verificationMaterial/timestampVerificationData/rfc3161Timestamps",
            "nothing in /verificationMaterial/timestampVerificationData",
            "null as /verificationMaterial/timestampVerificationData",
            "without /verificationMaterial/timestampVerificationData",
            "without /verificationMaterial/timestampVerificationData/rfc3161Timestamps",
            "without /verificationMaterial/timestampVerificationData/rfc3161Timestamps/0",
        ],
        why: "the log's promise proves a time as well, and no policy asked for a timestamp",
    },
    Accepted {
        of: &[good::KEY],
        changes: &[
            "a text as /verificationMaterial/publicKey/hint",
            "another start of /verificationMaterial/publicKey/hint",
            "another middle of /verificationMaterial/publicKey/hint",
            "another end of /verificationMaterial/publicKey/hint",
            "more text in /verificationMaterial/publicKey/hint",
            "no text as /verificationMaterial/publicKey/hint",
            "without /verificationMaterial/publicKey/hint",
            "nothing in /verificationMaterial/publicKey",
        ],
        why: "it is a hint (protobuf-specs): the key is the one that the user names",
    },
];

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

/// Every change of `good`, and whether it is accepted.
fn changes(good: &Vector) -> Vec<(String, bool)> {
    let bundle = good.json();
    let mut all = Vec::new();
    places(&bundle, "", &mut all);
    let mut changes = Vec::new();
    for place in &all {
        let gone = good.changed(|bundle| without(bundle, place));
        changes.push((format!("without {place}"), gone.is_ok()));
        if let Some(document) = twice(&mut good.json(), place) {
            let again = good.prove_bytes(document.as_bytes());
            changes.push((format!("twice {place}"), again.is_ok()));
        }
        for (what, other) in others(bundle.pointer(place).unwrap()) {
            let other = good.changed(|bundle| *bundle.pointer_mut(place).unwrap() = other);
            changes.push((format!("{what} {place}"), other.is_ok()));
        }
    }
    changes
}

#[test]
fn nothing_in_a_bundle_can_change() {
    let Some(set) = set("conformance/bundle-verify") else { return };
    let (mut count, mut kept) = (0, 0);
    for name in good::ALL {
        let good = Vector::read(&set.join(name)).unwrap();
        assert!(good.prove().is_ok(), "{name}");
        let changes = changes(&good);
        assert!(changes.len() > 200, "{name}: {}", changes.len());
        count += changes.len();
        let accepted = changes.into_iter().filter(|(_, accepted)| *accepted);
        let accepted: BTreeSet<String> = accepted.map(|(change, _)| change).collect();
        let listed = ACCEPTED.iter().filter(|one| one.of.contains(&name));
        let listed = listed.flat_map(|one| one.changes).map(|change| (*change).to_owned());
        kept += accepted.len();
        assert_eq!(accepted, listed.collect(), "{name}");
    }
    assert!(ACCEPTED.iter().all(|one| one.why.contains(' ')));
    say(&format!("mutations: {count}, of which {kept} are accepted, each with its reason"));
}
