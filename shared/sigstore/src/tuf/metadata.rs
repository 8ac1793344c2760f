//! What `sigstore-tuf` would let pass in metadata. It counts signatures by the ids of their keys,
//! and an id is whatever the metadata says: one key under two ids would be two signers. And it does
//! all the work that a document asks for.

use std::collections::BTreeSet;
use std::fmt;

use serde_json::{Map, Value};
use sigstore_tuf::Key;

/// The public instance's root has 7 keys and 5 signatures.
const MAX_KEYS: usize = 64;

/// What is wrong with a document before anything in it counts.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// No JSON: more likely a page of something on the way than an attack.
    NotJson,
    /// A file name that is none.
    Name(String),
    /// A role lists a key twice.
    RepeatedId(String),
    /// One key under two ids.
    SameKey(String, String),
    /// A role that anyone can sign for.
    Threshold,
    /// More than anyone needs.
    TooMany(&'static str),
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotJson => f.write_str("it is not JSON"),
            Self::Name(name) => write!(f, "{name:?} is no file name"),
            Self::RepeatedId(id) => write!(f, "a role lists the key {id:?} twice"),
            Self::SameKey(one, other) => write!(f, "{one:?} and {other:?} are one key"),
            Self::Threshold => f.write_str("a role needs no signature"),
            Self::TooMany(what) => write!(f, "it has more than {MAX_KEYS} {what}"),
        }
    }
}

impl std::error::Error for Fault {}

/// Refuses metadata by its form, before anyone looks at its signatures.
pub(crate) fn check(document: &[u8]) -> Result<(), Fault> {
    let document: Value = serde_json::from_slice(document).map_err(|_| Fault::NotJson)?;
    let signatures = document.get("signatures").and_then(Value::as_array);
    if signatures.is_some_and(|list| list.len() > MAX_KEYS) {
        return Err(Fault::TooMany("signatures"));
    }
    let Some(signed) = document.get("signed") else { return Ok(()) };
    // Root metadata has keys and roles; so has what a targets role delegates.
    for giver in [Some(signed), signed.get("delegations")].into_iter().flatten() {
        if let Some(keys) = giver.get("keys").and_then(Value::as_object) {
            check_keys(keys)?;
        }
        match giver.get("roles") {
            Some(Value::Object(roles)) => roles.values().try_for_each(check_role)?,
            Some(Value::Array(roles)) => roles.iter().try_for_each(check_role)?,
            _ => {}
        }
    }
    Ok(())
}

fn check_keys(keys: &Map<String, Value>) -> Result<(), Fault> {
    if keys.len() > MAX_KEYS {
        return Err(Fault::TooMany("keys"));
    }
    let mut seen: Vec<(&String, Vec<u8>)> = Vec::new();
    for (id, key) in keys {
        // A key of a kind that is unknown here signs nothing here.
        let Ok(key) = serde_json::from_value::<Key>(key.clone()) else { continue };
        let Ok(key) = key.verification_key() else { continue };
        if let Some((other, _)) = seen.iter().find(|(_, known)| known == key.as_bytes()) {
            return Err(Fault::SameKey((*other).clone(), id.clone()));
        }
        seen.push((id, key.as_bytes().to_vec()));
    }
    Ok(())
}

fn check_role(role: &Value) -> Result<(), Fault> {
    if role.get("threshold").and_then(Value::as_u64) == Some(0) {
        return Err(Fault::Threshold);
    }
    let ids = role.get("keyids").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    if ids.len() > MAX_KEYS {
        return Err(Fault::TooMany("keys of a role"));
    }
    let mut seen = BTreeSet::new();
    match ids.iter().filter_map(Value::as_str).find(|id| !seen.insert(*id)) {
        Some(id) => Err(Fault::RepeatedId(id.to_owned())),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// The staging instance's root after `change`.
    fn changed(change: impl FnOnce(&mut Value)) -> Result<(), Fault> {
        let mut root = serde_json::from_slice(include_bytes!("roots/staging.json")).unwrap();
        change(&mut root);
        check(root.to_string().as_bytes())
    }

    fn some_key(root: &Value) -> (String, Value) {
        let (id, key) = root["signed"]["keys"].as_object().unwrap().iter().next().unwrap();
        (id.clone(), key.clone())
    }

    #[test]
    fn good_metadata_passes() {
        assert_eq!(changed(|_| ()), Ok(()));
        assert_eq!(check(b"{}"), Ok(()));
        assert_eq!(check(b"null"), Ok(()));
    }

    #[test]
    fn one_key_is_one_signer() {
        let result = changed(|root| {
            let (_, key) = some_key(root);
            root["signed"]["keys"]["0"] = key;
        });
        assert!(matches!(result, Err(Fault::SameKey(..))), "{result:?}");
    }

    #[test]
    fn a_key_is_known_again_in_another_spelling() {
        let result = changed(|root| {
            let (_, mut key) = some_key(root);
            let text = key["keyval"]["public"].as_str().unwrap();
            key["keyval"]["public"] = json!(text.replacen('\n', "\r\n", 1));
            key["x-owner"] = json!("someone else");
            root["signed"]["keys"]["0"] = key;
        });
        assert!(matches!(result, Err(Fault::SameKey(..))), "{result:?}");
    }

    #[test]
    fn a_role_needs_different_keys() {
        let result = changed(|root| {
            let ids = root["signed"]["roles"]["root"]["keyids"].as_array_mut().unwrap();
            ids.push(ids[0].clone());
        });
        assert!(matches!(result, Err(Fault::RepeatedId(_))), "{result:?}");
        let threshold = changed(|root| root["signed"]["roles"]["snapshot"]["threshold"] = json!(0));
        assert_eq!(threshold, Err(Fault::Threshold));
        let delegated = json!({"signed": {"delegations": {"roles": [{"threshold": 0}]}}});
        assert_eq!(check(delegated.to_string().as_bytes()), Err(Fault::Threshold));
    }

    #[test]
    fn what_is_too_much_is_not_looked_at() {
        let many = |root: &mut Value, count| {
            root["signatures"] = vec![json!({"keyid": "a", "sig": ""}); count].into();
        };
        assert_eq!(changed(|root| many(root, MAX_KEYS)), Ok(()));
        assert_eq!(changed(|root| many(root, 100_000)), Err(Fault::TooMany("signatures")));
        let ids: Vec<String> = (0..=MAX_KEYS).map(|id| id.to_string()).collect();
        assert_eq!(
            changed(|root| root["signed"]["roles"]["root"]["keyids"] = json!(ids)),
            Err(Fault::TooMany("keys of a role"))
        );
        let keys: Map<String, Value> = ids.into_iter().map(|id| (id, Value::Null)).collect();
        assert_eq!(
            changed(|root| root["signed"]["keys"] = keys.into()),
            Err(Fault::TooMany("keys"))
        );
    }

    #[test]
    fn no_json_is_no_metadata() {
        let deep = "[".repeat(100_000);
        for document in [&b""[..], b"<html>", b"{", b"\xff", deep.as_bytes()] {
            assert_eq!(check(document), Err(Fault::NotJson));
        }
    }
}
