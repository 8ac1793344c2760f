//! Trust by The Update Framework (<https://theupdateframework.github.io/specification/>): from a
//! root that is in hand to the trusted root of today, past a mirror that may lie in everything.
//!
//! `sigstore-tuf` decides what is believed: signatures and thresholds, versions, expiry, hashes.
//! Here is what it is given: the bytes, from the network ([`remote`]) or from an earlier run
//! ([`cache`]); the time; and what it would let pass ([`metadata`]).

use std::borrow::Cow;
use std::future::Future;
use std::path::{Path, PathBuf};
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use jiff::{SignedDuration, Timestamp};
use pysign_host::{Clock, Host, Sha256, read_named};
use pysign_http::{Client, Url};
use sigstore_tuf::{Error as Library, Updater, UpdaterConfig};

mod cache;
mod error;
mod metadata;
mod remote;

pub use error::TrustError;

use cache::{Cache, CachedMetadata, Files, OfflineRepository};
use remote::Remote;

/// The name of the trusted root in the repository of a Sigstore instance.
pub(crate) const TRUSTED_ROOT: &str = "trusted_root.json";

/// The name of the signing configuration there.
pub(crate) const SIGNING_CONFIG: &str = "signing_config.v0.2.json";

/// The public instance's root metadata has 9 kB; python-tuf takes as much as this.
const MAX_TUF_ROOT: u64 = 512_000;

/// What a target may have: a trusted root or a signing configuration, which have some kilobytes.
const MAX_TARGET: u64 = 1 << 20;

/// A root that is older by more rotations than this (some years' worth) is not worth the walk.
const MAX_ROTATIONS: u32 = 32;

/// Delegations are walked; the public instances need none for what is asked here.
const MAX_DELEGATIONS: u32 = 8;

/// For so long a repository is not asked again.
const FRESH: SignedDuration = SignedDuration::from_hours(24);

/// An instance of Sigstore that is everyone's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Instance {
    /// The one that real packages are signed with.
    Production,
    /// The one to try things at.
    Staging,
}

impl Instance {
    fn url(self) -> &'static str {
        match self {
            Self::Production => "https://tuf-repo-cdn.sigstore.dev",
            Self::Staging => "https://tuf-repo-cdn.sigstage.dev",
        }
    }

    fn tuf_root(self) -> &'static [u8] {
        match self {
            Self::Production => include_bytes!("tuf/roots/production.json"),
            Self::Staging => include_bytes!("tuf/roots/staging.json"),
        }
    }

    /// A target as it was when this program was made, if it is part of it.
    pub(crate) fn embedded(self, target: &str) -> Option<&'static str> {
        use sigstore_verify::trust_root;
        Some(match (target, self) {
            (TRUSTED_ROOT, Self::Production) => trust_root::SIGSTORE_PRODUCTION_TRUSTED_ROOT,
            (TRUSTED_ROOT, Self::Staging) => trust_root::SIGSTORE_STAGING_TRUSTED_ROOT,
            (SIGNING_CONFIG, Self::Production) => trust_root::SIGSTORE_PRODUCTION_SIGNING_CONFIG,
            (SIGNING_CONFIG, Self::Staging) => trust_root::SIGSTORE_STAGING_SIGNING_CONFIG,
            _ => return None,
        })
    }
}

/// A TUF repository, and the root to begin with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TufSource {
    /// A public instance's, whose root is part of this program.
    Public(Instance),
    /// Another one.
    Private {
        /// Where its metadata is.
        url: Url,
        /// A file with root metadata of any version, which came some other way.
        root: PathBuf,
    },
}

/// A file that a repository vouches for.
#[derive(Debug, Default)]
pub(crate) struct Target {
    /// What messages call it.
    pub(crate) name: PathBuf,
    /// `tuf`, `cache` or `embedded`.
    pub(crate) source: &'static str,
    pub(crate) bytes: Vec<u8>,
}

/// The targets of these names, all of one refresh. What was cached less than a day ago is used if all
/// of it still holds; else the repository is asked, and there is nothing to fall back on. With a
/// `client` that is offline it is what was cached, if it held then, or what is part of the program;
/// either is said in a warning.
pub(crate) fn targets<const N: usize>(
    source: &TufSource,
    names: [&str; N],
    client: &Client,
    host: &Host,
) -> Result<[Target; N], TrustError> {
    let repository = Repository::of(source)?;
    let cache = Cache::open(&repository.id(), host)?;
    let now = timestamp(host.clock);
    if client.offline() {
        return all(names, |name| repository.offline(name, &cache, now, host));
    }
    let cached = match cache.read() {
        Err(error @ TrustError::CacheInvalid { .. }) => {
            host.notes.warn("tuf-cache-invalid", format!("{error}: it is not used"));
            CachedMetadata::default()
        }
        cached => cached?.unwrap_or_default(),
    };
    if cached.age(now).is_some_and(|age| age < FRESH)
        && let Ok(bytes) = repository.resolve_cached(&cached, names, now)
    {
        return Ok(repository.found(names, "cache", bytes));
    }
    host.notes.progress(format!("refreshing the TUF metadata of '{}'", repository.url));
    let remote = Remote::new(client.clone(), host.clock, repository.url.clone());
    let files = Files::of(&cached);
    let answer = repository.resolve(Box::new(remote), &files, names, now);
    let next = match &answer {
        Ok(_) => files.refreshed(now),
        Err(_) => cached.clone().with_roots(&files),
    };
    if next != cached {
        cache.write(&next, host);
    }
    Ok(repository.found(names, "tuf", answer?))
}

/// What `get` gives for each of the names.
fn all<const N: usize, T: Default, E>(
    names: [&str; N],
    mut get: impl FnMut(&str) -> Result<T, E>,
) -> Result<[T; N], E> {
    let mut found = std::array::from_fn(|_| T::default());
    for (place, name) in found.iter_mut().zip(names) {
        *place = get(name)?;
    }
    Ok(found)
}

struct Repository<'a> {
    source: &'a TufSource,
    url: Url,
    root: Cow<'static, [u8]>,
}

impl<'a> Repository<'a> {
    fn of(source: &'a TufSource) -> Result<Self, TrustError> {
        let (url, root) = match source {
            TufSource::Public(instance) => {
                let refused = |cause: pysign_http::ParseUrlError| TrustError::Root {
                    file: instance.url().into(),
                    cause: cause.into(),
                };
                (instance.url().parse().map_err(refused)?, Cow::Borrowed(instance.tuf_root()))
            }
            TufSource::Private { url, root } => {
                let bytes = read_named(root, MAX_TUF_ROOT).map_err(TrustError::File)?;
                (url.clone(), Cow::Owned(bytes))
            }
        };
        Ok(Self { source, url, root })
    }

    /// One address with two roots is two repositories: what the one has vouched for is nothing to
    /// the other.
    fn id(&self) -> Sha256 {
        Sha256::of(format!("{}\n{}", self.url, Sha256::of(&self.root)).as_bytes())
    }

    fn found<const N: usize>(
        &self,
        names: [&str; N],
        source: &'static str,
        bytes: [Vec<u8>; N],
    ) -> [Target; N] {
        let mut bytes = bytes.into_iter();
        names.map(|target| {
            let name = self.url.with_path_segments(&["targets", target]);
            let bytes = bytes.next().unwrap_or_default();
            Target { name: PathBuf::from(name.to_string()), source, bytes }
        })
    }

    /// Lets the library go from the root to the targets, over what `files` has of an earlier run.
    fn resolve<const N: usize>(
        &self,
        transport: Box<dyn sigstore_tuf::Repository>,
        files: &Files,
        names: [&str; N],
        now: Timestamp,
    ) -> Result<[Vec<u8>; N], TrustError> {
        let mut updater = self.updater(transport)?.with_store(files.clone());
        let refused = |cause| TrustError::from_library(&self.url, "", cause);
        ready(updater.refresh(now)).map_err(refused)?;
        all(names, |target| {
            let refused = |cause| TrustError::from_library(&self.url, target, cause);
            ready(updater.get_target(target, now)).map_err(refused)
        })
    }

    fn updater(&self, transport: Box<dyn sigstore_tuf::Repository>) -> Result<Updater, TrustError> {
        let refused = |cause| TrustError::Root { file: self.root_file().into(), cause };
        metadata::check(&self.root).map_err(|fault| refused(fault.into()))?;
        let updater = Updater::new(transport, &self.root).map_err(|cause| refused(cause.into()))?;
        let mut config = UpdaterConfig::default();
        config.root_max_length = MAX_TUF_ROOT;
        config.target_max_length = MAX_TARGET;
        config.max_root_rotations = MAX_ROTATIONS;
        config.max_delegations = MAX_DELEGATIONS;
        Ok(updater.with_config(config))
    }

    fn root_file(&self) -> &Path {
        match self.source {
            TufSource::Public(_) => Path::new("the embedded root"),
            TufSource::Private { root, .. } => root,
        }
    }

    /// The targets out of what an earlier run has cached, if all of it holds at `now`.
    fn resolve_cached<const N: usize>(
        &self,
        cached: &CachedMetadata,
        names: [&str; N],
        now: Timestamp,
    ) -> Result<[Vec<u8>; N], TrustError> {
        let files = Files::of(cached);
        let offline = OfflineRepository::new(files.clone(), self.url.clone());
        self.resolve(Box::new(offline), &files, names, now)
    }

    fn offline(
        &self,
        target: &str,
        cache: &Cache,
        now: Timestamp,
        host: &Host,
    ) -> Result<Target, TrustError> {
        // Nothing is trusted for what is to be signed with.
        let is_trust = target == TRUSTED_ROOT;
        if let Some(cached) = cache.read()?
            && let Some(then) = cached.refreshed
            && (is_trust || cached.has(target))
        {
            // A time that is still to come was written by nobody who had looked at a clock.
            let then = then.min(now);
            let [bytes] = self
                .resolve_cached(&cached, [target], then)
                .map_err(|cause| cache.invalid(cause))?;
            if is_trust {
                let age = ago(now.duration_since(then));
                let message = format!(
                    "using the trusted root that was fetched {age}; what was revoked since then is \
                     not known"
                );
                host.notes.warn("trust-cached", message);
            }
            let [found] = self.found([target], "cache", [bytes]);
            return Ok(found);
        }
        let embedded = match self.source {
            TufSource::Public(instance) => instance.embedded(target),
            TufSource::Private { .. } => None,
        };
        let Some(embedded) = embedded else {
            let (repository, url) = (self.url.clone(), self.url.clone());
            let error = pysign_http::Error::Offline { url };
            return Err(TrustError::Http { repository, error: Box::new(error) });
        };
        if is_trust {
            let message = "using the trusted root that is built into this program; what was revoked \
                           since it was released is not known";
            host.notes.warn("trust-embedded", message.to_owned());
        }
        let name = PathBuf::from(format!("the embedded {target}"));
        Ok(Target { name, source: "embedded", bytes: embedded.as_bytes().to_vec() })
    }
}

pub(crate) fn timestamp(clock: Clock) -> Timestamp {
    Timestamp::try_from(clock.now()).unwrap_or(Timestamp::MAX)
}

/// How long ago, in the largest unit that there is one of.
fn ago(age: SignedDuration) -> String {
    let count = |number: i64, unit: &str| match number {
        1 => format!("1 {unit} ago"),
        _ => format!("{number} {unit}s ago"),
    };
    match age.as_hours() {
        ..1 => "less than an hour ago".to_owned(),
        hours @ 1..48 => count(hours, "hour"),
        hours => count(hours / 24, "day"),
    }
}

/// What a future of the library's comes to: all that it waits for is there when it asks.
fn ready<T>(future: impl Future<Output = Result<T, Library>>) -> Result<T, Library> {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(result) => result,
        Poll::Pending => Err(Library::transport("an answer that is still to come")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_embedded_roots_are_what_their_instances_have_signed() {
        for instance in [Instance::Production, Instance::Staging] {
            metadata::check(instance.tuf_root()).unwrap();
            let root = sigstore_tuf::TrustedMetadataSet::from_root(instance.tuf_root()).unwrap();
            assert!(root.root().version >= 14, "{instance:?}");
            crate::TrustedRoot::embedded(instance).unwrap();
        }
    }

    #[test]
    fn an_age_is_said_in_one_unit() {
        for (minutes, said) in [
            (0, "less than an hour ago"),
            (59, "less than an hour ago"),
            (60, "1 hour ago"),
            (47 * 60, "47 hours ago"),
            (48 * 60, "2 days ago"),
            (3650 * 24 * 60, "3650 days ago"),
        ] {
            assert_eq!(ago(SignedDuration::from_mins(minutes)), said);
        }
    }
}
