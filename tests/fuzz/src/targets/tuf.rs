//! What is kept of a TUF repository, which is read before anything of it is verified: whatever is
//! made of it, the trusted root that comes out is the repository's, or none does.

use std::fs;
use std::path::PathBuf;

use pysign_host::{Host, Network, Sha256};
use pysign_http::{Client, Url};
use pysign_sandbox::Sandbox;
use pysign_sigstore::{TrustSource, TrustedRoot, TufSource, Verifier};

use crate::target::{Seed, Target, Verdict};

/// A repository on this machine, whose keys are new in each run: the same number gives the same
/// mutations, but of other documents.
pub(crate) fn cache() -> Target {
    Repository::start()
        .map_or_else(|| Target::new(Vec::new(), |_, _| unknown()), Repository::target)
}

fn unknown() -> Verdict {
    Verdict::Wrong("there is no repository".to_owned())
}

struct Repository {
    /// Ends with its last user.
    _sandbox: Sandbox,
    host: Host,
    source: TrustSource,
    offline: Client,
    /// The file that is kept, and what is in it.
    file: PathBuf,
    kept: Vec<u8>,
}

impl Repository {
    /// Asked once, after a rotation of its keys.
    fn start() -> Option<Self> {
        let sandbox = Sandbox::start().ok()?;
        sandbox.rotate_trust().ok()?;
        let url: Url = sandbox.url("tuf").ok()?.parse().ok()?;
        let root = sandbox.directory().join("tuf/root.json");
        let cache = sandbox.directory().join("cache");
        let host = Host::test(&[("XDG_CACHE_HOME", cache.to_str()?)]);
        let client = |offline| {
            let network = Network { offline, ..Network::default() };
            Client::new(&host, &network).ok()
        };
        let source = TrustSource::Tuf(TufSource::Private { url, root });
        TrustedRoot::load(&source, &client(false)?, &host).ok()?;
        let file = fs::read_dir(cache.join("pysign")).ok()?.find_map(|entry| {
            let path = entry.ok()?.path();
            path.extension().is_some_and(|end| end == "json").then_some(path)
        })?;
        let (kept, offline) = (fs::read(&file).ok()?, client(true)?);
        Some(Self { _sandbox: sandbox, host, source, offline, file, kept })
    }

    /// The digest of the trusted root by what is kept.
    fn load(&self, kept: &[u8]) -> Result<Sha256, String> {
        fs::write(&self.file, kept).map_err(|error| error.to_string())?;
        let root = TrustedRoot::load(&self.source, &self.offline, &self.host)
            .map_err(|error| super::text(&error))?;
        let verifier = Verifier::new(root, &self.host).map_err(|error| super::text(&error))?;
        Ok(verifier.trust().sha256)
    }

    fn target(self) -> Target {
        let good = self.load(&self.kept);
        let seed = Seed::new("kept", self.kept.clone());
        Target::new(vec![seed], move |_, input| match (self.load(input), &good) {
            (Err(refused), _) => Verdict::Refused(refused),
            (Ok(root), Ok(good)) if root == *good => Verdict::Accepted("the same root".to_owned()),
            (Ok(root), _) => Verdict::Wrong(format!("another trusted root: {root}")),
        })
    }
}
