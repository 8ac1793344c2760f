//! What is cached of a TUF repository between runs: the files that its last refresh has verified, and
//! when that was. It saves requests, and it remembers versions, below which no mirror may fall.
//!
//! It is one file for each repository and root, so that two runs at once leave the whole of one of
//! them. What is read from it is verified again, every time; but a version can only be remembered
//! where nobody else writes.

use std::collections::BTreeMap;
use std::fs::{self, DirBuilder, File, Permissions};
use std::future::ready;
use std::io::{Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};
use pysign_host::{
    Env, FileError, Host, Sha256, Staging, distrusted, open_regular, remove_abandoned,
};
use pysign_http::Url;
use serde_json::{Value, json};
use sigstore_tuf::transport::FetchFuture;
use sigstore_tuf::{Error as Library, MetadataStore};

use super::error::TrustError;
use super::metadata;
use crate::error::Cause;

/// All that one refresh may bring is less than twice this; the public instances' is 100 kB.
const MAX_CACHE: u64 = 16 << 20;

const SCHEMA: &str = "pysign-tuf-cache/1";

/// The versions of the root, from the one that the program begins with to the newest.
const ROOTS: &str = "root_history/";

/// Where a repository's files are cached; nowhere, if the user has no place for such things.
pub(crate) struct Cache(Option<PathBuf>);

impl Cache {
    /// The cache of the repository with this id. Nothing is made yet.
    pub(crate) fn open(id: &Sha256, host: &Host) -> Result<Self, TrustError> {
        let Some(directory) = directory(&host.env) else { return Ok(Self(None)) };
        check(&directory)?;
        Ok(Self(Some(directory.join(format!("{id}.tuf.json")))))
    }

    /// What is cached, if anything is.
    pub(crate) fn read(&self) -> Result<Option<CachedMetadata>, TrustError> {
        let Some(file) = &self.0 else { return Ok(None) };
        let opened = match open_regular(file) {
            Ok(opened) => opened,
            Err(FileError::Missing { .. }) => return Ok(None),
            Err(FileError::NotRegular { .. }) => {
                return Err(insecure(file, "is not a regular file"));
            }
            Err(cause) => return Err(invalid(file, cause.into())),
        };
        let facts = opened.metadata().map_err(|cause| invalid(file, cause.into()))?;
        if let Some(reason) = distrusted(&facts) {
            return Err(insecure(file, reason));
        }
        let mut bytes = Vec::new();
        let read = opened.take(MAX_CACHE).read_to_end(&mut bytes);
        read.map_err(|cause| invalid(file, cause.into()))?;
        let cached = CachedMetadata::parse(&bytes);
        cached.map(Some).ok_or_else(|| invalid(file, "it is not a cache of this program".into()))
    }

    /// Keeps `cached` from now on. What can't be cached is fetched again next time.
    pub(crate) fn write(&self, cached: &CachedMetadata, host: &Host) {
        let Some(file) = &self.0 else { return };
        if let Err(error) = self.try_write(file, cached, host) {
            let message = format!("{error}: the metadata is not cached");
            host.notes.warn("tuf-cache-unwritable", message);
        }
    }

    fn try_write(
        &self,
        file: &Path,
        cached: &CachedMetadata,
        host: &Host,
    ) -> Result<(), TrustError> {
        let unwritable =
            |cause| TrustError::File(FileError::Unwritable { file: file.into(), cause });
        let directory = file.parent().unwrap_or(Path::new("."));
        DirBuilder::new().recursive(true).mode(0o700).create(directory).map_err(unwritable)?;
        check(directory)?;
        let lock = File::open(directory).map_err(unwritable)?;
        if lock.try_lock().is_err() {
            // Another run is about the same, and has as good a state.
            return Ok(());
        }
        let now = super::timestamp(host.clock);
        let later = |there: CachedMetadata| {
            there.refreshed <= Some(now) && there.refreshed > cached.refreshed
        };
        if self.read().ok().flatten().is_some_and(later) {
            return Ok(());
        }
        let document = cached.encode();
        if u64::try_from(document.len()).is_ok_and(|size| size >= MAX_CACHE) {
            return Err(TrustError::File(FileError::TooLarge {
                file: file.into(),
                cap: MAX_CACHE,
            }));
        }
        remove_abandoned(directory);
        let staging = Staging::new(true);
        let mut draft = staging.draft(file).map_err(TrustError::File)?;
        fs::set_permissions(draft.path(), Permissions::from_mode(0o600)).map_err(unwritable)?;
        draft.write_all(document.as_bytes()).map_err(unwritable)?;
        let mut group = staging.group();
        group.add(draft.finish().map_err(TrustError::File)?);
        group.commit().map_err(TrustError::File)
    }

    /// That what is cached does not hold.
    pub(crate) fn invalid(&self, cause: TrustError) -> TrustError {
        match (&self.0, cause) {
            // What is missing in it would have to be fetched.
            (None, cause) | (_, cause @ TrustError::Http { .. }) => cause,
            (Some(file), cause) => invalid(file, Box::new(cause)),
        }
    }
}

fn insecure(place: &Path, reason: &'static str) -> TrustError {
    TrustError::CacheInsecure { place: place.into(), reason }
}

fn invalid(file: &Path, cause: Cause) -> TrustError {
    TrustError::CacheInvalid { file: file.into(), cause }
}

/// The user's place for what can be made anew (XDG Base Directory Specification; it has relative
/// paths ignored).
fn directory(env: &Env) -> Option<PathBuf> {
    let absolute = |path: &Path| path.is_absolute();
    let given = env.os("XDG_CACHE_HOME").map(PathBuf::from).filter(|path| absolute(path));
    let usual = || env.os("HOME").map(|home| Path::new(home).join(".cache"));
    let parent = given.or_else(usual).filter(|path| absolute(path))?;
    Some(parent.join("pysign"))
}

/// Refuses a directory that is not the user's alone. One that is missing is none.
fn check(directory: &Path) -> Result<(), TrustError> {
    let Ok(facts) = fs::symlink_metadata(directory) else { return Ok(()) };
    match distrusted(&facts) {
        Some(reason) => Err(insecure(directory, reason)),
        None if !facts.is_dir() => Err(insecure(directory, "is not a directory")),
        None => Ok(()),
    }
}

/// The verified files of a repository, by the library's names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct CachedMetadata {
    /// When all of them were verified together; never, if there are roots only.
    pub(crate) refreshed: Option<Timestamp>,
    files: BTreeMap<String, String>,
}

impl CachedMetadata {
    fn parse(document: &[u8]) -> Option<Self> {
        let document: Value = serde_json::from_slice(document).ok()?;
        if document.get("schema")?.as_str()? != SCHEMA {
            return None;
        }
        let refreshed = match document.get("refreshed")? {
            Value::Null => None,
            time => Some(time.as_str()?.parse().ok()?),
        };
        let files = document.get("files")?.as_object()?;
        let file =
            |(name, text): (&String, &Value)| Some((name.clone(), text.as_str()?.to_owned()));
        Some(Self { refreshed, files: files.iter().map(file).collect::<Option<_>>()? })
    }

    fn encode(&self) -> String {
        let refreshed = self.refreshed.map(|time| time.to_string());
        let document = json!({"schema": SCHEMA, "refreshed": refreshed, "files": self.files});
        format!("{document}\n")
    }

    /// How long ago they were verified. A time that is still to come is none.
    pub(crate) fn age(&self, now: Timestamp) -> Option<SignedDuration> {
        self.refreshed.map(|then| now.duration_since(then)).filter(|age| !age.is_negative())
    }

    /// Whether an earlier run has asked for a target of this name.
    pub(crate) fn has(&self, target: &str) -> bool {
        self.files.contains_key(&format!("targets/{target}"))
    }

    /// What a failed refresh leaves: the roots that it has verified, since a root that was once
    /// replaced is never to be believed again, beside the rest as it was.
    pub(crate) fn with_roots(mut self, files: &Files) -> Self {
        let found = files.list().into_iter();
        self.files.extend(found.filter(|(name, _)| name.starts_with(ROOTS)));
        self
    }
}

/// The files of one run, which the library reads and writes.
#[derive(Clone, Debug)]
pub(crate) struct Files(Arc<Mutex<BTreeMap<String, String>>>);

impl Files {
    pub(crate) fn of(cached: &CachedMetadata) -> Self {
        Self(Arc::new(Mutex::new(cached.files.clone())))
    }

    /// What a refresh leaves that has verified all of them.
    pub(crate) fn refreshed(&self, at: Timestamp) -> CachedMetadata {
        CachedMetadata { refreshed: Some(at), files: self.list() }
    }

    fn list(&self) -> BTreeMap<String, String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn get(&self, name: &str) -> Option<Vec<u8>> {
        let files = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        files.get(name).map(|text| text.clone().into_bytes())
    }
}

impl MetadataStore for Files {
    fn load(&self, name: &str) -> Result<Option<Vec<u8>>, Library> {
        let Some(bytes) = self.get(name) else { return Ok(None) };
        if !name.starts_with("targets/") {
            let refused = |fault| Library::transport_with_source(name, fault);
            metadata::check(&bytes).map_err(refused)?;
        }
        Ok(Some(bytes))
    }

    /// All that is verified comes by here, and some of it under two names.
    fn store(&self, name: &str, bytes: &[u8]) -> Result<(), Library> {
        let numbered = name.strip_suffix(".snapshot.json");
        let twice = name == "root.json" || numbered.is_some_and(is_number);
        if let Ok(text) = std::str::from_utf8(bytes)
            && !twice
        {
            let mut files = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            files.insert(name.to_owned(), text.to_owned());
        }
        Ok(())
    }
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_digit())
}

/// A repository that has what was cached, and nothing newer.
pub(crate) struct OfflineRepository {
    files: Files,
    url: Url,
}

impl OfflineRepository {
    /// `url` is what is needed when something is not there.
    pub(crate) fn new(files: Files, url: Url) -> Self {
        Self { files, url }
    }

    /// A file that is numbered by its version in a repository, and is not here.
    fn metadata(&self, name: &str) -> Result<Option<Vec<u8>>, Library> {
        let (name, is_root) = match name.split_once('.') {
            Some((number, "root.json")) if is_number(number) => (name, true),
            Some((number, rest)) if is_number(number) => (rest, false),
            _ => (name, false),
        };
        match self.files.load(name)? {
            None if !is_root => Err(self.missing(name)),
            found => Ok(found.filter(|_| !is_root)),
        }
    }

    /// A target, whose name follows its digest here and not there.
    fn target(&self, path: &str) -> Result<Option<Vec<u8>>, Library> {
        let without = path.split_once('.').map(|(_, name)| format!("targets/{name}"));
        let found = self.files.get(&format!("targets/{path}"));
        let found = found.or_else(|| without.and_then(|name| self.files.get(&name)));
        found.map(Some).ok_or_else(|| self.missing(path))
    }

    fn missing(&self, name: &str) -> Library {
        let url = self.url.clone();
        Library::transport_with_source(name, pysign_http::Error::Offline { url })
    }
}

impl sigstore_tuf::Repository for OfflineRepository {
    fn fetch_metadata<'a>(&'a self, name: &'a str, _: u64) -> FetchFuture<'a> {
        Box::pin(ready(self.metadata(name)))
    }

    fn fetch_target<'a>(&'a self, path: &'a str, _: u64) -> FetchFuture<'a> {
        Box::pin(ready(self.target(path)))
    }
}
