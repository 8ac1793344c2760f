//! TUF metadata: what each role says, and the form in which it is signed.

use std::time::Duration;

use der::DateTime;
use der::EncodePem as _;
use der::pem::LineEnding;
use serde_json::{Map, Value, json};

use crate::Error;
use crate::clock::Clock;
use crate::pki::{Key, sha256};

/// How long metadata is good: as the public instance's timestamp.
const LIFE: Duration = Duration::from_secs(7 * 24 * 3600);

/// How many of the root's keys must sign.
const THRESHOLD: usize = 2;

/// The four roles of every repository.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    Root,
    Targets,
    Snapshot,
    Timestamp,
}

impl Role {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Root => "root",
            Self::Targets => "targets",
            Self::Snapshot => "snapshot",
            Self::Timestamp => "timestamp",
        }
    }
}

/// The keys of all roles.
pub(crate) struct Keys {
    pub(crate) root: Vec<Key>,
    pub(crate) targets: Key,
    pub(crate) snapshot: Key,
    pub(crate) timestamp: Key,
}

impl Keys {
    pub(crate) fn generate() -> Result<Self, Error> {
        Ok(Self {
            root: (0..=THRESHOLD).map(|_| Key::generate()).collect::<Result<_, _>>()?,
            targets: Key::generate()?,
            snapshot: Key::generate()?,
            timestamp: Key::generate()?,
        })
    }

    /// Who signs for a role.
    pub(crate) fn of(&self, role: Role) -> Vec<&Key> {
        match role {
            Role::Root => self.root.iter().collect(),
            Role::Targets => vec![&self.targets],
            Role::Snapshot => vec![&self.snapshot],
            Role::Timestamp => vec![&self.timestamp],
        }
    }

    /// What the root says of these keys.
    pub(crate) fn root(&self, version: u64, clock: &Clock) -> Result<Value, Error> {
        let mut root = signed(Role::Root, version, clock)?;
        set(&mut root, &["consistent_snapshot"], json!(true));
        set(&mut root, &["keys"], json!({}));
        set(&mut root, &["roles"], json!({}));
        for role in [Role::Root, Role::Targets, Role::Snapshot, Role::Timestamp] {
            let keys = self.of(role);
            let threshold = if role == Role::Root { THRESHOLD } else { 1 };
            let ids = keys.iter().map(|key| key_id(key)).collect::<Result<Vec<_>, _>>()?;
            for (id, key) in ids.iter().zip(keys) {
                set(&mut root, &["keys", id], public(key)?);
            }
            set(&mut root, &["roles", role.name()], json!({"keyids": ids, "threshold": threshold}));
        }
        Ok(root)
    }
}

/// What every role says.
pub(crate) fn signed(role: Role, version: u64, clock: &Clock) -> Result<Value, Error> {
    let expires = clock.now().checked_add(LIFE).ok_or(Error::Crypto)?;
    Ok(json!({
        "_type": role.name(),
        "expires": DateTime::from_system_time(expires)?.to_string(),
        "spec_version": "1.0.31",
        "version": version,
    }))
}

/// What a role says of another's file.
pub(crate) fn pin(version: u64, file: &[u8]) -> Value {
    json!({
        "hashes": {"sha256": hex::encode(sha256(file))},
        "length": file.len(),
        "version": version,
    })
}

/// A key as metadata has it.
pub(crate) fn public(key: &Key) -> Result<Value, Error> {
    let pem = key.spki().to_pem(LineEnding::LF)?;
    Ok(json!({"keytype": "ecdsa", "keyval": {"public": pem}, "scheme": "ecdsa-sha2-nistp256"}))
}

/// The usual id of a key: the digest of its canonical form.
pub(crate) fn key_id(key: &Key) -> Result<String, Error> {
    Ok(hex::encode(sha256(&canonical(&public(key)?))))
}

/// Gives a member within objects a value; those that are missing are made.
pub(crate) fn set(value: &mut Value, path: &[&str], new: Value) {
    let mut place = value;
    for name in path {
        if !place.is_object() {
            *place = json!({});
        }
        let Value::Object(members) = place else { return };
        place = members.entry(*name).or_insert(Value::Null);
    }
    *place = new;
}

/// A file of metadata.
pub(crate) fn sign(signed: &Value, keys: &[&Key]) -> Result<Vec<u8>, Error> {
    let signatures = keys.iter().map(|key| signature(signed, key, &key_id(key)?));
    let signatures = signatures.collect::<Result<Vec<_>, Error>>()?;
    Ok(envelope(signed, &signatures.into()))
}

/// One signature, under this id.
pub(crate) fn signature(signed: &Value, key: &Key, id: &str) -> Result<Value, Error> {
    Ok(json!({"keyid": id, "sig": hex::encode(key.sign(&canonical(signed))?)}))
}

/// A file with whatever signatures.
pub(crate) fn envelope(signed: &Value, signatures: &Value) -> Vec<u8> {
    json!({"signatures": signatures, "signed": signed}).to_string().into_bytes()
}

/// Canonical JSON as securesystemslib writes it: sorted keys, no spaces, and of all characters only
/// quotation mark and backslash escaped.
pub(crate) fn canonical(value: &Value) -> Vec<u8> {
    let mut text = String::new();
    write(value, &mut text);
    text.into_bytes()
}

fn write(value: &Value, text: &mut String) {
    match value {
        Value::String(string) => write_string(string, text),
        Value::Array(items) => {
            text.push('[');
            for (at, item) in items.iter().enumerate() {
                text.push_str(if at == 0 { "" } else { "," });
                write(item, text);
            }
            text.push(']');
        }
        Value::Object(members) => write_object(members, text),
        simple => text.push_str(&simple.to_string()),
    }
}

fn write_object(members: &Map<String, Value>, text: &mut String) {
    let mut names: Vec<&String> = members.keys().collect();
    names.sort();
    text.push('{');
    for (at, name) in names.into_iter().enumerate() {
        text.push_str(if at == 0 { "" } else { "," });
        write_string(name, text);
        text.push(':');
        write(members.get(name).unwrap_or(&Value::Null), text);
    }
    text.push('}');
}

fn write_string(string: &str, text: &mut String) {
    text.push('"');
    text.push_str(&string.replace('\\', r"\\").replace('"', "\\\""));
    text.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_canonical_form_is_sorted_and_keeps_line_ends() {
        let value = json!({"b": [1, true, null], "a": "x\n\"\\é"});
        assert_eq!(canonical(&value), "{\"a\":\"x\n\\\"\\\\é\",\"b\":[1,true,null]}".as_bytes());
    }
}
