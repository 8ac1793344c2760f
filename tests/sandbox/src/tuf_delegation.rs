//! Roles that the repository's targets delegate to, honest ones and others.

use serde_json::{Value, json};

use crate::Error;
use crate::clock::Clock;
use crate::pki::Key;
use crate::tuf_lie::{Lie, OVER};
use crate::tuf_metadata::{Keys, Role, envelope, key_id, public, set, sign, signed};

/// More roles in a row than a client follows.
const DEPTH: usize = 40;

/// Names that lead elsewhere where they are taken for a path.
const ODD: [&str; 6] = ["../evil", "/etc/evil", "C:\\evil", "evil\0.json", "a/../../evil", ""];

/// The delegated roles under a lie, by their names; `targets` says then that there are some.
pub(crate) fn roles(
    lie: Lie,
    targets: &mut Value,
    keys: &Keys,
    clock: &Clock,
) -> Result<Vec<(String, Vec<u8>)>, Error> {
    let key = &keys.targets;
    let with = |listed: Value| -> Result<Value, Error> {
        let mut role = signed(Role::Targets, 1, clock)?;
        set(&mut role, &["targets"], listed);
        Ok(role)
    };
    let chain = |names: &[String]| -> Result<Vec<(String, Vec<u8>)>, Error> {
        let mut made = Vec::new();
        for (at, name) in names.iter().enumerate() {
            let mut role = with(json!({}))?;
            // The last one begins again.
            let next = names.get(at + 1).or(names.first()).cloned().unwrap_or_default();
            set(&mut role, &["delegations"], delegations(key, &[next])?);
            made.push((name.clone(), sign(&role, &[key])?));
        }
        Ok(made)
    };
    match lie {
        Lie::OddNames => {
            let names = ODD.map(str::to_owned);
            let trusted = targets.pointer("/targets/trusted_root.json").cloned();
            let trusted = trusted.unwrap_or_default();
            for name in ODD {
                set(targets, &["targets", name], trusted.clone());
            }
            set(targets, &["delegations"], delegations(key, &names)?);
            let role = sign(&with(json!({}))?, &[key])?;
            Ok(names.into_iter().map(|name| (name, role.clone())).collect())
        }
        Lie::Delegated | Lie::DelegatedExpired | Lie::DelegatedTaken | Lie::DelegatedUnsigned => {
            let name = if lie == Lie::DelegatedTaken { "snapshot" } else { "instances/of the day" };
            let mut role = with(targets.get("targets").cloned().unwrap_or_default())?;
            set(targets, &["targets"], json!({}));
            set(targets, &["delegations"], delegations(key, &[name.to_owned()])?);
            if lie == Lie::DelegatedExpired {
                set(&mut role, &["expires"], json!(OVER));
            }
            let file = match lie {
                Lie::DelegatedUnsigned => envelope(&role, &json!([])),
                _ => sign(&role, &[key])?,
            };
            Ok(vec![(name.to_owned(), file)])
        }
        Lie::DelegationLoop | Lie::DelegationDepth => {
            let count = if lie == Lie::DelegationLoop { 2 } else { DEPTH };
            let names: Vec<String> = (0..count).map(|number| format!("role-{number}")).collect();
            set(targets, &["targets"], json!({}));
            set(targets, &["delegations"], delegations(key, names.get(..1).unwrap_or_default())?);
            chain(&names)
        }
        _ => Ok(Vec::new()),
    }
}

fn delegations(key: &Key, names: &[String]) -> Result<Value, Error> {
    let id = key_id(key)?;
    let role = |name: &String| json!({"keyids": [id], "name": name, "paths": ["*"], "terminating": false, "threshold": 1});
    let roles: Vec<Value> = names.iter().map(role).collect();
    Ok(json!({"keys": {&id: public(key)?}, "roles": roles}))
}

/// The name of a role within that of a file: percent-encoded whole, as python-tuf asks for it.
pub(crate) fn quoted(name: &str) -> String {
    let mut quoted = String::new();
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
            quoted.push(char::from(byte));
        } else {
            quoted.extend(["%", &hex::encode_upper([byte])]);
        }
    }
    quoted
}
