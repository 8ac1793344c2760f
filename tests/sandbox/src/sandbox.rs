//! The sandbox as a test holds it: started whole, gone when it is dropped.

use std::fmt;
use std::fs::{self, DirBuilder};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::claims::TokenClaims;
use crate::fault::Service;
use crate::job::Job;
use crate::pki::random;
use crate::record::{Exchange, Record};
use crate::server::{self, Server, Site};
use crate::setup::Setup;
use crate::world::{Urls, World};
use crate::{Error, environment, systems, tokens, trust, tuf};

/// All services, running.
pub struct Sandbox {
    pub(crate) world: Arc<World>,
    /// Stopped before the directory goes.
    servers: Vec<Server>,
    directory: PathBuf,
    github: bool,
}

impl Sandbox {
    /// Starts the default job's.
    pub fn start() -> Result<Self, Error> {
        Self::with(&Setup::default())
    }

    pub(crate) fn with(setup: &Setup) -> Result<Self, Error> {
        let directory = private_directory()?;
        Self::within(setup, directory.clone()).inspect_err(|_| {
            let _ = fs::remove_dir_all(&directory);
        })
    }

    fn within(setup: &Setup, directory: PathBuf) -> Result<Self, Error> {
        let mut ports = Vec::new();
        let mut open = |site: Site| -> Result<String, Error> {
            let (listener, url) = server::bind()?;
            ports.push((listener, site));
            Ok(url)
        };
        let urls = Urls {
            ct: open(Site::Alone(Service::Ct))?,
            fulcio: open(Site::Alone(Service::Fulcio))?,
            gitlab: open(Site::GitLab)?,
            public: open(Site::Alone(Service::Public))?,
            rekor: open(Site::Alone(Service::Rekor))?,
            rekor2: open(Site::Alone(Service::Rekor2))?,
            storage: open(Site::Alone(Service::Storage))?,
            tsa: open(Site::Alone(Service::Tsa))?,
            tuf: open(Site::Alone(Service::Tuf))?,
        };
        let job = Arc::new(Job {
            fqdn: urls.gitlab.trim_start_matches("http://").to_owned(),
            server_url: urls.gitlab.clone(),
            project: setup.project.clone(),
            visibility: setup.visibility.to_owned(),
            git_ref: setup.git_ref.clone(),
            commit: setup.commit.clone(),
            // The form of GitLab's tokens, which scanners and maskers know.
            token: format!("glcbt-{}", hex::encode(random::<10>()?)),
            private_token: format!("glpat-{}", hex::encode(random::<10>()?)),
        });
        let record = Record::new(&directory.join("requests.jsonl"))?;
        let world = Arc::new(World::new(urls, job, setup.options, record)?);
        trust::write(&directory, &world)?;
        tuf::write(&directory, &world)?;
        tokens::write(&directory, &world)?;
        systems::write(&directory, &world)?;
        let mut servers = Vec::new();
        for (listener, site) in ports {
            servers.push(Server::start(listener, site, Arc::clone(&world))?);
        }
        Ok(Self { world, servers, directory, github: setup.github })
    }

    /// The variables of the job, `PYSIGN_SANDBOX` among them, with a token made at this moment.
    pub fn env(&self) -> Vec<(&'static str, String)> {
        let variables = if self.github { environment::github } else { environment::gitlab };
        variables(&self.world, &self.directory)
    }

    /// The directory that `PYSIGN_SANDBOX` names: trust files, tokens and the record of requests.
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// Lets something go wrong from now on; see [`crate::fault`] for the grammar.
    pub fn fault(&self, fault: &str) -> Result<(), Error> {
        self.world.faults.add(fault)
    }

    /// Ends all faults.
    pub fn heal(&self) {
        self.world.faults.clear();
    }

    /// Moves the clock of `oidc`, `fulcio`, `ct`, `rekor`, `rekor2`, `tsa` or `tuf` to so many seconds
    /// after (before, when negative) the system's. The files with tokens are written again by the
    /// issuer's new time; so is what the TUF repository signs, its root aside.
    pub fn move_clock(&self, service: &str, seconds: i64) -> Result<(), Error> {
        let service = named(service)?;
        self.world.clock(service).set_offset(seconds);
        match service {
            Service::Oidc => tokens::write(&self.directory, &self.world),
            Service::Tuf => self.publish_trust(),
            _ => Ok(()),
        }
    }

    /// Has the TUF repository sign everything anew, by its clock's time.
    pub fn publish_trust(&self) -> Result<(), Error> {
        self.world.tuf.publish()
    }

    /// Gives the TUF repository new keys, and a root that says so, signed by the old and the new.
    pub fn rotate_trust(&self) -> Result<(), Error> {
        self.world.tuf.rotate()
    }

    /// A signed token that says this.
    pub fn token(&self, claims: &TokenClaims) -> Result<String, Error> {
        self.world.oidc.mint(claims)
    }

    /// Every request so far, in the order in which they were read.
    pub fn exchanges(&self) -> Vec<Exchange> {
        self.world.record.list()
    }

    /// The origin of a service, by its name in the grammar of faults.
    pub fn url(&self, service: &str) -> Result<&str, Error> {
        let urls = &self.world.urls;
        Ok(match named(service)? {
            Service::Ct => &urls.ct,
            Service::Fulcio => &urls.fulcio,
            Service::Oidc
            | Service::Index
            | Service::Pypi
            | Service::Generic
            | Service::Packages => &urls.gitlab,
            Service::Public => &urls.public,
            Service::Rekor => &urls.rekor,
            Service::Rekor2 => &urls.rekor2,
            Service::Storage => &urls.storage,
            Service::Tsa => &urls.tsa,
            Service::Tuf => &urls.tuf,
        })
    }
}

fn named(service: &str) -> Result<Service, Error> {
    Service::parse(service).ok_or_else(|| Error::Argument {
        found: service.to_owned(),
        expected: "the name of a service",
    })
}

/// A new directory that only this user can read.
fn private_directory() -> Result<PathBuf, Error> {
    let name = format!("pysign-sandbox-{}", hex::encode(random::<8>()?));
    let path = std::env::temp_dir().join(name);
    let made = DirBuilder::new().mode(0o700).create(&path);
    made.and_then(|()| path.canonicalize()).map_err(Error::io("make a directory"))
}

impl fmt::Debug for Sandbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sandbox").field("directory", &self.directory).finish_non_exhaustive()
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        self.servers.clear();
        let _ = fs::remove_dir_all(&self.directory);
    }
}
