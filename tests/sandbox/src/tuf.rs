//! A TUF repository as Sigstore's: trusted root and signing configuration are its targets, and its
//! snapshots are consistent (TUF specification, section 6.2). It remembers what it has published;
//! what it says instead when it lies is in `tuf_lie`.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde_json::{Value, json};

use crate::Error;
use crate::clock::Clock;
use crate::http::{Request, Response};
use crate::pki::{Key, sha256};
use crate::tuf_lie::Lie;
use crate::tuf_metadata::{Keys, Role, pin, set, sign, signed};
use crate::world::World;

/// Versions that the roles below the root have at the start: there are older ones to fall back to.
const FIRST: u64 = 3;

/// Files by their names.
pub(crate) type Files = BTreeMap<String, Vec<u8>>;

/// The service.
pub(crate) struct Tuf {
    clock: Clock,
    state: Mutex<State>,
}

/// All that was published.
pub(crate) struct State {
    pub(crate) keys: Keys,
    /// Those of someone else, for a lie.
    pub(crate) strangers: Keys,
    /// What the repository vouches for.
    pub(crate) targets: Files,
    pub(crate) root_version: u64,
    /// That of timestamp, snapshot and targets.
    pub(crate) version: u64,
    /// By the names of the repository.
    pub(crate) files: Files,
    /// As it was before the last rotation.
    pub(crate) before: Files,
    /// The last lie that was told, kept: a signature is another each time that it is made.
    told: Option<(Lie, Files)>,
}

impl Tuf {
    pub(crate) fn new(clock: Clock) -> Result<Self, Error> {
        let state = State {
            keys: Keys::generate()?,
            strangers: Keys::generate()?,
            targets: Files::new(),
            root_version: 0,
            version: 0,
            files: Files::new(),
            before: Files::new(),
            told: None,
        };
        Ok(Self { clock, state: Mutex::new(state) })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Begins to vouch for these files.
    fn begin(&self, targets: Files) -> Result<(), Error> {
        let mut state = self.state();
        state.targets = targets;
        state.publish_root(None, &self.clock)?;
        for _ in 0..FIRST {
            state.publish(&self.clock)?;
        }
        Ok(())
    }

    /// Signs everything anew, as a repository does before it expires.
    pub(crate) fn publish(&self) -> Result<(), Error> {
        self.state().publish(&self.clock)
    }

    /// Replaces all keys: the new root is signed by the old ones and the new.
    pub(crate) fn rotate(&self) -> Result<(), Error> {
        let mut state = self.state();
        state.before = state.files.clone();
        let old = std::mem::replace(&mut state.keys, Keys::generate()?);
        state.publish_root(Some(&old), &self.clock)?;
        state.publish(&self.clock)
    }

    pub(crate) fn answer(&self, request: &Request) -> Response {
        serve(&self.state().files, request)
    }

    /// What is answered under a lie: the same repository, but for one thing in its next version.
    pub(crate) fn lie(&self, lie: Lie, request: &Request) -> Response {
        match self.state().told(lie, &self.clock, request) {
            Ok(files) => serve(files, request),
            Err(error) => Response::message(500, &error.to_string()),
        }
    }
}

impl State {
    /// The repository under a lie.
    fn told(&mut self, lie: Lie, clock: &Clock, request: &Request) -> Result<&Files, Error> {
        let mut files = match self.told.take() {
            Some((told, files)) if told == lie => files,
            _ => lie.files(self, clock)?,
        };
        files.extend(lie.next_root(self, clock, request)?);
        Ok(&self.told.insert((lie, files)).1)
    }

    fn publish_root(&mut self, old: Option<&Keys>, clock: &Clock) -> Result<(), Error> {
        self.root_version += 1;
        let root = self.keys.root(self.root_version, clock)?;
        let mut signers: Vec<&Key> = old.into_iter().flat_map(|old| &old.root).collect();
        signers.extend(&self.keys.root);
        self.files.insert(format!("{}.root.json", self.root_version), sign(&root, &signers)?);
        Ok(())
    }

    fn publish(&mut self, clock: &Clock) -> Result<(), Error> {
        self.version += 1;
        self.told = None;
        let (version, keys) = (self.version, &self.keys);
        let targets = sign(&self.targets_role(version, clock)?, &[&keys.targets])?;
        let mut snapshot = signed(Role::Snapshot, version, clock)?;
        set(&mut snapshot, &["meta"], json!({"targets.json": pin(version, &targets)}));
        let snapshot = sign(&snapshot, &[&keys.snapshot])?;
        let mut timestamp = signed(Role::Timestamp, version, clock)?;
        set(&mut timestamp, &["meta"], json!({"snapshot.json": pin(version, &snapshot)}));
        let timestamp = sign(&timestamp, &[&keys.timestamp])?;
        let served = self.targets.iter().map(|(name, bytes)| (target_path(name, bytes), bytes));
        self.files.extend(served.map(|(name, bytes)| (name, bytes.clone())));
        self.files.insert(format!("{version}.targets.json"), targets);
        self.files.insert(format!("{version}.snapshot.json"), snapshot);
        self.files.insert("timestamp.json".to_owned(), timestamp);
        Ok(())
    }

    /// What the role of the targets says.
    pub(crate) fn targets_role(&self, version: u64, clock: &Clock) -> Result<Value, Error> {
        let mut role = signed(Role::Targets, version, clock)?;
        set(&mut role, &["targets"], json!({}));
        for (name, bytes) in &self.targets {
            set(
                &mut role,
                &["targets", name],
                json!({
                    "hashes": {"sha256": hex::encode(sha256(bytes))},
                    "length": bytes.len(),
                }),
            );
        }
        Ok(role)
    }
}

/// A target's path with consistent snapshots.
pub(crate) fn target_path(name: &str, bytes: &[u8]) -> String {
    format!("targets/{}.{name}", hex::encode(sha256(bytes)))
}

fn serve(files: &Files, request: &Request) -> Response {
    let name = request.path.trim_start_matches('/');
    match files.get(name) {
        Some(bytes) if request.verb() == "GET" => {
            Response::new(200, "application/octet-stream", bytes.as_slice())
        }
        _ => Response::message(404, "no such file"),
    }
}

/// Publishes the trust files of `directory`; leaves the first root there, to begin with.
pub(crate) fn write(directory: &Path, world: &World) -> Result<(), Error> {
    let read = |name: &str| std::fs::read(directory.join(name)).map_err(Error::io("read a file"));
    let targets = [
        ("trusted_root.json".to_owned(), read("trusted_root.json")?),
        ("signing_config.v0.2.json".to_owned(), read("signing_config.json")?),
    ];
    world.tuf.begin(targets.into())?;
    let place = directory.join("tuf");
    let root = world.tuf.state().files.get("1.root.json").cloned().unwrap_or_default();
    std::fs::create_dir(&place)
        .and_then(|()| std::fs::write(place.join("root.json"), root))
        .map_err(Error::io("write a trust file"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Sandbox;
    use crate::fault::Service;

    fn get(sandbox: &Sandbox, path: &str) -> Response {
        sandbox.world.answer(Service::Tuf, &Request::new("GET", path))
    }

    #[test]
    fn the_timestamp_leads_to_the_trusted_root() {
        let sandbox = Sandbox::start().unwrap();
        let read = |path: &str| -> Value {
            let answer = get(&sandbox, path);
            assert_eq!(answer.status, 200, "{path}");
            serde_json::from_slice(&answer.body).unwrap()
        };
        let timestamp = read("/timestamp.json");
        let snapshot = &timestamp["signed"]["meta"]["snapshot.json"];
        let targets = read(&format!("/{}.snapshot.json", snapshot["version"]));
        let targets = &targets["signed"]["meta"]["targets.json"];
        let targets = read(&format!("/{}.targets.json", targets["version"]));
        let target = &targets["signed"]["targets"]["trusted_root.json"];
        let digest = target["hashes"]["sha256"].as_str().unwrap();
        let trusted = get(&sandbox, &format!("/targets/{digest}.trusted_root.json")).body;
        let file = sandbox.directory().join("trusted_root.json");
        assert_eq!(trusted, std::fs::read(file).unwrap());
    }

    #[test]
    fn the_first_root_is_in_the_directory_and_a_second_comes_by_rotation() {
        let sandbox = Sandbox::start().unwrap();
        let root = std::fs::read(sandbox.directory().join("tuf/root.json")).unwrap();
        assert_eq!(get(&sandbox, "/1.root.json").body, root);
        assert_eq!(get(&sandbox, "/2.root.json").status, 404);
        sandbox.rotate_trust().unwrap();
        let next: Value = serde_json::from_slice(&get(&sandbox, "/2.root.json").body).unwrap();
        assert_eq!(next["signed"]["version"], 2);
        assert_eq!(next["signatures"].as_array().unwrap().len(), 6);
    }
}
