//! The index to fetch from, and where its signatures are.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use pysign_ci::Job;
use pysign_host::{Failure, FileError, Host, read_regular};
use pysign_http::{Client, Credential, Request, Url};
use pysign_index::{Directory, Index, Location, Page};
use pysign_names::ProjectName;
use pysign_registry::{Login, Logins, Place, Resolved, Sidecars, Signatures, TokenFile, poll};

use crate::Error;

/// What a source is opened from.
#[derive(Debug)]
pub(crate) struct Config {
    pub(crate) index: Place,
    pub(crate) signatures: Signatures,
    /// The token for the index, if it is in a file.
    pub(crate) token_file: Option<TokenFile>,
    /// How long something that was just published may take to show up.
    pub(crate) patience: Duration,
}

/// The index, its signatures and the logins for both.
pub(crate) struct Source<'h> {
    pub(crate) client: &'h Client,
    pub(crate) host: &'h Host,
    /// What messages and the manifest call it.
    pub(crate) name: String,
    /// User and token for the index.
    pub(crate) basic: Option<Credential>,
    index: Packages<'h>,
    pub(crate) sidecars: Sidecars,
    sidecar_login: Option<Credential>,
    /// Until when something that was just published may show up.
    deadline: Instant,
}

/// The pages that list the files.
enum Packages<'h> {
    Directory(Directory),
    Server(Index<'h>),
}

impl<'h> Source<'h> {
    pub(crate) fn open(
        config: &Config,
        client: &'h Client,
        host: &'h Host,
    ) -> Result<Self, Failure> {
        let place = &config.index;
        let needs_job = !place.is_directory() || matches!(config.signatures, Signatures::Gitlab(_));
        let job = if needs_job { Job::from_env(&host.env)? } else { None };
        let job = job.as_ref();
        let logins = Logins {
            env: &host.env,
            job,
            files: config.token_file.as_slice(),
            places: std::slice::from_ref(place),
        };
        let (name, index, login, gitlab) = match place.resolve("--index", job)? {
            Resolved::Directory(path) => {
                let name = format!("dir:{}", path.display());
                (name, Packages::Directory(Directory::new(&path)), None, None)
            }
            Resolved::Server { index: root, gitlab, .. } => {
                let login = logins.find(place, root.origin())?;
                let name = root.without_query().to_string();
                let index = Index::new(client, root, login.as_ref().map(Login::basic));
                (name, Packages::Server(index), login, gitlab)
            }
        };
        let basic = login.as_ref().map(Login::basic);
        let sidecars = config.signatures.resolve(gitlab.as_ref(), job)?;
        let sidecar_login = match &sidecars {
            Sidecars::Gitlab(_) if gitlab.is_some() => login.as_ref().map(Login::gitlab),
            Sidecars::Gitlab(project) => {
                Login::of_job(job, project.api().origin()).as_ref().map(Login::gitlab)
            }
            Sidecars::None | Sidecars::Sibling => basic.clone(),
        };
        let deadline = host.clock.instant() + config.patience;
        Ok(Self { client, host, name, basic, index, sidecars, sidecar_login, deadline })
    }

    /// The page of a project. Entries that can't be used are reported.
    pub(crate) fn page(&self, project: &ProjectName) -> Result<Option<Page>, Failure> {
        self.host.notes.progress(format!("looking up '{project}'"));
        let page = match &self.index {
            Packages::Directory(directory) => directory.page(project)?,
            Packages::Server(index) => index.page(project)?,
        };
        for entry in page.iter().flat_map(|page| &page.ignored) {
            let said = format!("ignored '{}' in '{}': {}", entry.filename, self.name, entry.reason);
            if entry.is_file {
                self.host.notes.warn("index-entry-ignored", said);
            } else {
                self.host.notes.detail(said);
            }
        }
        Ok(page)
    }

    /// The bytes at `location`, at most `cap`; `None` if nothing is there. Any other failure is an error:
    /// a signature that can't be looked for may exist.
    pub(crate) fn read(&self, location: &Location, cap: u64) -> Result<Option<Vec<u8>>, Failure> {
        let url = match location {
            Location::Url(url) => url.clone(),
            Location::Within(path) => {
                return match read_regular(&self.path(path), cap) {
                    Ok(bytes) => Ok(Some(bytes)),
                    Err(FileError::Missing { .. }) => Ok(None),
                    Err(error) => Err(error.into()),
                };
            }
        };
        let mut request = Request::get(url).accept(&[404]);
        if let Some(credential) = &self.sidecar_login {
            request = request.credential(credential);
        }
        let answer = self.client.send(&request, cap)?;
        if answer.status == 404 {
            return Ok(None);
        }
        let content_type = answer.header("content-type").unwrap_or_default();
        if content_type.to_ascii_lowercase().starts_with("text/html") {
            return Err(Error::Html { place: location.to_string() }.into());
        }
        Ok(Some(answer.body))
    }

    /// What [`Location::Within`] means.
    pub(crate) fn path(&self, within: &str) -> PathBuf {
        match &self.index {
            Packages::Directory(directory) => directory.path(within),
            // A server's page has no such locations.
            Packages::Server(_) => Path::new(within).to_owned(),
        }
    }

    /// A location as messages and the manifest show it.
    pub(crate) fn shown(&self, location: &Location) -> String {
        match location {
            Location::Url(_) => location.to_string(),
            Location::Within(path) => self.path(path).display().to_string(),
        }
    }

    /// A location as publish records it in a manifest: the kind of target, and the address.
    pub(crate) fn as_published(&self, location: &Location) -> (&'static str, String) {
        let url = match (location, &self.index) {
            (Location::Within(within), Packages::Directory(directory)) => directory.url(within),
            _ => location.to_string(),
        };
        (self.sidecars.target(), url)
    }

    /// Whether `url` is on a server that is asked here.
    pub(crate) fn serves(&self, url: &Url) -> bool {
        let index = match &self.index {
            Packages::Server(index) => Some(index.root()),
            Packages::Directory(_) => None,
        };
        let registry = match &self.sidecars {
            Sidecars::Gitlab(project) => Some(project.api()),
            Sidecars::None | Sidecars::Sibling => None,
        };
        index.into_iter().chain(registry).any(|own| own.origin() == url.origin())
    }

    /// Whether complete releases have markers here.
    pub(crate) fn has_markers(&self) -> bool {
        matches!(
            (&self.sidecars, &self.index),
            (Sidecars::Gitlab(_), _) | (Sidecars::Sibling, Packages::Directory(_))
        )
    }

    /// Asks once, or until there is an answer, if what is asked for was `just_published`.
    pub(crate) fn patiently<T>(
        &self,
        just_published: bool,
        mut ask: impl FnMut() -> Result<Option<T>, Failure>,
    ) -> Result<Option<T>, Failure> {
        if !just_published {
            return ask();
        }
        poll(self.host, self.deadline, "what was just published to show up", ask)
    }
}
