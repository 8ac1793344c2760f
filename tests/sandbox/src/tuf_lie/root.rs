//! The lies that are in the next root, or begin there.

use serde_json::{Value, json};

use super::{Lie, OVER, SECOND_ID};
use crate::Error;
use crate::clock::Clock;
use crate::http::Request;
use crate::pki::Key;
use crate::tuf::State;
use crate::tuf_metadata::{Role, key_id, public, set, sign};

/// The next root, if the lie is in it or needs one.
pub(super) fn next(
    lie: Lie,
    state: &State,
    clock: &Clock,
    request: &Request,
) -> Result<Option<(String, Vec<u8>)>, Error> {
    let next = state.root_version + 1;
    let old: Vec<&Key> = state.keys.root.iter().collect();
    let strangers: Vec<&Key> = state.strangers.root.iter().collect();
    let mut version = next;
    let (keys, signers) = match lie {
        Lie::BadRoot => (&state.strangers, strangers),
        Lie::ThresholdRoot => {
            (&state.strangers, old.into_iter().take(1).chain(strangers).collect())
        }
        Lie::SelfRoot => (&state.strangers, old),
        _ => (&state.keys, old),
    };
    match lie {
        Lie::SkippedRoot => version += 1,
        Lie::OldRoot => version -= 1,
        Lie::EndlessRoots => {
            let name = request.path.trim_start_matches('/');
            let number = name.strip_suffix(".root.json").and_then(|number| number.parse().ok());
            version = number.unwrap_or(next);
        }
        _ => {}
    }
    let mut root = keys.root(version, clock)?;
    let mut say = |member: &str, new: Value| {
        set(&mut root, &["roles", "timestamp", member], new);
    };
    match lie {
        Lie::BadRoot
        | Lie::EndlessRoots
        | Lie::OldRoot
        | Lie::SelfRoot
        | Lie::SkippedRoot
        | Lie::ThresholdRoot => {}
        Lie::Expired(Role::Root) => set(&mut root, &["expires"], json!(OVER)),
        Lie::ThresholdZero => say("threshold", json!(0)),
        Lie::DuplicateSignature => {
            say("threshold", json!(2));
            say("keyids", json!([key_id(&keys.timestamp)?, key_id(&keys.snapshot)?]));
        }
        Lie::DuplicateId => {
            let id = key_id(&keys.timestamp)?;
            say("threshold", json!(2));
            say("keyids", json!([id, id]));
        }
        Lie::DuplicateKey => {
            say("threshold", json!(2));
            say("keyids", json!([key_id(&keys.timestamp)?, SECOND_ID]));
            set(&mut root, &["keys", SECOND_ID], public(&keys.timestamp)?);
        }
        _ => return Ok(None),
    }
    let number = if lie == Lie::EndlessRoots { version } else { next };
    Ok(Some((format!("{number}.root.json"), sign(&root, &signers)?)))
}
