//! The lies of the TUF repository. Each is the honest repository's next version but for one thing,
//! signed by those who would sign it: by the role's own keys, where the attack is that these are in
//! the wrong hands, and else by a stranger's. A client that has seen the honest one before, and a
//! new one, must both refuse it, but for those that are marked as good.
//!
//! | lie | |
//! |---|---|
//! | `rollback-timestamp`, `-snapshot`, `-targets` | the version is lower than before, by the role itself or by the one that pins it |
//! | `replay` | all is as it was before the keys were rotated |
//! | `drop-targets` | the snapshot pins the targets no more |
//! | `expired-root`, `-timestamp`, `-snapshot`, `-targets` | the role has expired |
//! | `mix-snapshot`, `mix-targets` | a signed file of the same version that is not the pinned one |
//! | `other-snapshot`, `other-targets` | a signed file of another version under the pinned one's name, the pin without hashes |
//! | `unsigned-timestamp`, `-snapshot`, `-targets` | the role has no signature |
//! | `broken-timestamp`, `-snapshot`, `-targets` | the role's signature is broken |
//! | `other-key` | the snapshot's key signs for the timestamp |
//! | `bad-root` | a stranger's root, signed by the stranger, and all the rest by its keys |
//! | `threshold-root` | the same, signed by one of the old root's keys as well |
//! | `self-root` | new keys that have not signed |
//! | `skipped-root`, `old-root` | the next root has the version after it, or the one before |
//! | `endless-roots` | after each root comes another |
//! | `duplicate-signature` | two must sign for the timestamp, and one does twice |
//! | `duplicate-key` | two must sign, and one does under two ids |
//! | `duplicate-id` | two must sign, and the root lists one twice |
//! | `threshold-0` | nobody must sign |
//! | `many-signatures` | the targets have 100,000 |
//! | `null`, `deep` | the timestamp is `null`, or lists in lists |
//! | `text-version`, `negative-version`, `fraction-version`, `huge-version` | its version is no number, or none that counts |
//! | `no-meta`, `null-meta` | it pins nothing |
//! | `next-spec` | it is of a TUF that is still to come |
//! | `other-role` | it says that it is a snapshot |
//! | `no-target` | the targets are others |
//! | `changed-target` | a target's last byte is another |
//! | `long-target` | a target is larger than any |
//! | `odd-digest` | a target's digest is `../../../evil` |
//! | `odd-names` | good: other targets and roles have names that lead elsewhere |
//! | `delegated` | good: another role vouches for the targets |
//! | `delegated-unsigned`, `delegated-expired` | so it does, without a signature, or too long ago |
//! | `delegated-taken` | so it does, with the name of a role that there is |
//! | `delegation-loop`, `delegation-depth` | roles that delegate to each other, or one to the next |

use serde_json::{Value, json};

use crate::Error;
use crate::clock::Clock;
use crate::http::Request;
use crate::pki::Key;
use crate::tuf::{Files, State, target_path};
use crate::tuf_delegation as delegation;
use crate::tuf_metadata::{Keys, Role, envelope, key_id, pin, set, sign, signature, signed};

mod root;

/// What is wrong: see the module's table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lie {
    BadRoot,
    Broken(Role),
    ChangedTarget,
    Deep,
    Delegated,
    DelegatedExpired,
    DelegatedTaken,
    DelegatedUnsigned,
    DelegationDepth,
    DelegationLoop,
    DropTargets,
    DuplicateId,
    DuplicateKey,
    DuplicateSignature,
    EndlessRoots,
    Expired(Role),
    LongTarget,
    ManySignatures,
    Mix(Role),
    NoTarget,
    Null,
    OddDigest,
    OddNames,
    OldRoot,
    Other(Role),
    OtherKey,
    Replay,
    Rollback(Role),
    SelfRoot,
    SkippedRoot,
    ThresholdRoot,
    ThresholdZero,
    Timestamp(&'static str, &'static str),
    Unsigned(Role),
}

/// All lies by their names.
pub(crate) const LIES: [(&str, Lie); 52] = [
    ("bad-root", Lie::BadRoot),
    ("broken-snapshot", Lie::Broken(Role::Snapshot)),
    ("broken-targets", Lie::Broken(Role::Targets)),
    ("broken-timestamp", Lie::Broken(Role::Timestamp)),
    ("changed-target", Lie::ChangedTarget),
    ("deep", Lie::Deep),
    ("delegated", Lie::Delegated),
    ("delegated-expired", Lie::DelegatedExpired),
    ("delegated-taken", Lie::DelegatedTaken),
    ("delegated-unsigned", Lie::DelegatedUnsigned),
    ("delegation-depth", Lie::DelegationDepth),
    ("delegation-loop", Lie::DelegationLoop),
    ("drop-targets", Lie::DropTargets),
    ("duplicate-id", Lie::DuplicateId),
    ("duplicate-key", Lie::DuplicateKey),
    ("duplicate-signature", Lie::DuplicateSignature),
    ("endless-roots", Lie::EndlessRoots),
    ("expired-root", Lie::Expired(Role::Root)),
    ("expired-snapshot", Lie::Expired(Role::Snapshot)),
    ("expired-targets", Lie::Expired(Role::Targets)),
    ("expired-timestamp", Lie::Expired(Role::Timestamp)),
    ("fraction-version", Lie::Timestamp("version", "4.5")),
    ("huge-version", Lie::Timestamp("version", "18446744073709551616")),
    ("long-target", Lie::LongTarget),
    ("many-signatures", Lie::ManySignatures),
    ("mix-snapshot", Lie::Mix(Role::Snapshot)),
    ("mix-targets", Lie::Mix(Role::Targets)),
    ("negative-version", Lie::Timestamp("version", "-4")),
    ("next-spec", Lie::Timestamp("spec_version", "\"2.0.0\"")),
    ("no-meta", Lie::Timestamp("meta", "{}")),
    ("no-target", Lie::NoTarget),
    ("null", Lie::Null),
    ("null-meta", Lie::Timestamp("meta", "null")),
    ("odd-digest", Lie::OddDigest),
    ("odd-names", Lie::OddNames),
    ("old-root", Lie::OldRoot),
    ("other-key", Lie::OtherKey),
    ("other-role", Lie::Timestamp("_type", "\"snapshot\"")),
    ("other-snapshot", Lie::Other(Role::Snapshot)),
    ("other-targets", Lie::Other(Role::Targets)),
    ("replay", Lie::Replay),
    ("rollback-snapshot", Lie::Rollback(Role::Snapshot)),
    ("rollback-targets", Lie::Rollback(Role::Targets)),
    ("rollback-timestamp", Lie::Rollback(Role::Timestamp)),
    ("self-root", Lie::SelfRoot),
    ("skipped-root", Lie::SkippedRoot),
    ("threshold-0", Lie::ThresholdZero),
    ("threshold-root", Lie::ThresholdRoot),
    ("text-version", Lie::Timestamp("version", "\"4\"")),
    ("unsigned-snapshot", Lie::Unsigned(Role::Snapshot)),
    ("unsigned-targets", Lie::Unsigned(Role::Targets)),
    ("unsigned-timestamp", Lie::Unsigned(Role::Timestamp)),
];

/// More than any client needs to look at.
const MANY: usize = 100_000;

/// Deeper than any parser goes.
const DEEP: usize = 8_000;

/// A second id for a key.
const SECOND_ID: &str = "00";

/// A time that is over.
pub(crate) const OVER: &str = "2020-01-01T00:00:00Z";

impl Lie {
    /// The root after the repository's, if the lie is in it or needs one.
    pub(crate) fn next_root(
        self,
        state: &State,
        clock: &Clock,
        request: &Request,
    ) -> Result<Option<(String, Vec<u8>)>, Error> {
        root::next(self, state, clock, request)
    }

    /// The repository under this lie, without that root.
    pub(crate) fn files(self, state: &State, clock: &Clock) -> Result<Files, Error> {
        if self == Self::Replay {
            return Ok(state.before.clone());
        }
        let version = state.version + 1;
        let mut files = state.files.clone();
        let keys = match self {
            Self::BadRoot | Self::ThresholdRoot | Self::SelfRoot => &state.strangers,
            _ => &state.keys,
        };
        let mut meta = json!({});
        let mut targets = state.targets_role(version, clock)?;
        for (name, role) in delegation::roles(self, &mut targets, keys, clock)? {
            set(&mut meta, &[&format!("{name}.json")], pin(1, &role));
            files.insert(format!("1.{}.json", delegation::quoted(&name)), role);
        }
        let targets = self.file(Role::Targets, &mut targets, keys, state)?;
        set(&mut meta, &["targets.json"], pin(version, &targets));
        files.insert(format!("{version}.targets.json"), targets);

        let mut snapshot = signed(Role::Snapshot, version, clock)?;
        set(&mut snapshot, &["meta"], meta);
        let snapshot = self.file(Role::Snapshot, &mut snapshot, keys, state)?;
        let mut timestamp = signed(Role::Timestamp, version, clock)?;
        set(&mut timestamp, &["meta"], json!({"snapshot.json": pin(version, &snapshot)}));
        files.insert(format!("{version}.snapshot.json"), snapshot);
        let timestamp = self.file(Role::Timestamp, &mut timestamp, keys, state)?;
        files.insert("timestamp.json".to_owned(), timestamp);
        self.swap(&mut files, state, clock)?;
        Ok(files)
    }

    fn file(
        self,
        role: Role,
        signed: &mut Value,
        keys: &Keys,
        state: &State,
    ) -> Result<Vec<u8>, Error> {
        self.change(role, signed, state);
        self.sign(role, signed, keys)
    }

    /// Changes what a role says before it is signed.
    fn change(self, role: Role, signed: &mut Value, state: &State) {
        let before = state.version - 1;
        let pinned = json!({"version": before});
        match (self, role) {
            (Self::Rollback(Role::Timestamp), Role::Timestamp) => {
                set(signed, &["version"], json!(before));
            }
            (Self::Rollback(Role::Snapshot), Role::Timestamp) => {
                set(signed, &["meta", "snapshot.json"], pinned);
            }
            (Self::Rollback(Role::Targets), Role::Snapshot) => {
                set(signed, &["meta", "targets.json"], pinned);
            }
            (Self::Other(Role::Snapshot), Role::Timestamp) => {
                set(signed, &["meta", "snapshot.json"], json!({"version": state.version + 1}));
            }
            (Self::Other(Role::Targets), Role::Snapshot) => {
                set(signed, &["meta", "targets.json"], json!({"version": state.version + 1}));
            }
            (Self::DropTargets, Role::Snapshot) => {
                set(signed, &["meta"], json!({"other.json": pinned}));
            }
            (Self::Expired(expired), role) if expired == role => {
                set(signed, &["expires"], json!(OVER));
            }
            (Self::Timestamp(member, value), Role::Timestamp) => {
                // What serde_json can't hold exactly is written as the float that it becomes.
                set(signed, &[member], serde_json::from_str(value).unwrap_or_default());
            }
            (Self::NoTarget, Role::Targets) => set(signed, &["targets"], json!({})),
            (Self::OddDigest, Role::Targets) => {
                set(
                    signed,
                    &["targets", "trusted_root.json", "hashes", "sha256"],
                    json!("../../../evil"),
                );
            }
            (Self::LongTarget, Role::Targets) => {
                set(
                    signed,
                    &["targets", "trusted_root.json", "length"],
                    json!(u64::from(u32::MAX)),
                );
            }
            _ => {}
        }
    }

    fn sign(self, role: Role, signed: &Value, keys: &Keys) -> Result<Vec<u8>, Error> {
        let by = |key: &Key, id: &str| signature(signed, key, id);
        let key = keys.of(role).into_iter().next().ok_or(Error::Crypto)?;
        let id = key_id(key)?;
        let signatures = match (self, role) {
            (Self::Null, Role::Timestamp) => return Ok(b"null".to_vec()),
            (Self::Deep, Role::Timestamp) => return Ok(vec![b'['; DEEP]),
            (Self::Unsigned(unsigned), role) if unsigned == role => json!([]),
            (Self::ThresholdZero, Role::Timestamp) => json!([]),
            (Self::Broken(broken), role) if broken == role => {
                let mut signature = by(key, &id)?;
                let hex = signature.get("sig").and_then(Value::as_str);
                let mut text = hex.unwrap_or_default().to_owned();
                let last = if text.pop() == Some('0') { '1' } else { '0' };
                text.push(last);
                set(&mut signature, &["sig"], json!(text));
                json!([signature])
            }
            (Self::OtherKey, Role::Timestamp) => {
                json!([by(&keys.snapshot, &id)?, by(&keys.snapshot, &key_id(&keys.snapshot)?)?])
            }
            (Self::DuplicateSignature, Role::Timestamp) => json!([by(key, &id)?, by(key, &id)?]),
            (Self::DuplicateKey, Role::Timestamp) => json!([by(key, &id)?, by(key, SECOND_ID)?]),
            (Self::ManySignatures, Role::Targets) => {
                let mut many = vec![json!({"keyid": "", "sig": ""}); MANY];
                many.push(by(key, &id)?);
                many.into()
            }
            _ => json!([by(key, &id)?]),
        };
        Ok(envelope(signed, &signatures))
    }

    /// Puts something else in the place of a file that is pinned.
    fn swap(self, files: &mut Files, state: &State, clock: &Clock) -> Result<(), Error> {
        let version = state.version + 1;
        match self {
            Self::Mix(role) | Self::Other(role) => {
                let shown = if matches!(self, Self::Mix(_)) { version } else { version + 1 };
                let mut other = match role {
                    Role::Targets => state.targets_role(shown, clock)?,
                    _ => signed(role, shown, clock)?,
                };
                if role == Role::Snapshot {
                    let targets = files.get(&format!("{version}.targets.json"));
                    let pinned = pin(version, targets.map_or(&[], Vec::as_slice));
                    set(&mut other, &["meta"], json!({"targets.json": pinned}));
                }
                set(&mut other, &["x-another"], json!(true));
                let other = sign(&other, &state.keys.of(role))?;
                files.insert(format!("{version}.{}.json", role.name()), other);
            }
            Self::ChangedTarget => {
                let name = "trusted_root.json";
                let bytes = state.targets.get(name).cloned().unwrap_or_default();
                let mut changed = bytes.clone();
                if let Some(last) = changed.last_mut() {
                    *last ^= 1;
                }
                files.insert(target_path(name, &bytes), changed);
            }
            _ => {}
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_lie_has_a_name_of_its_own_and_a_line_in_the_table() {
        let names: BTreeSet<&str> = LIES.iter().map(|(name, _)| *name).collect();
        assert_eq!(names.len(), LIES.len());
        let table = include_str!("tuf_lie.rs").split("\nuse ").next().unwrap();
        for name in names {
            let (_, last) = name.rsplit_once('-').unwrap_or(("", name));
            let listed =
                table.contains(&format!("`{name}`")) || table.contains(&format!("`-{last}`"));
            assert!(listed, "{name}");
        }
    }
}
