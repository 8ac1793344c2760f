//! The index and the place of its signatures, both ready to be asked.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use pysign_ci::{Job, Registry};
use pysign_host::{Failure, FileError, Host, read_regular};
use pysign_http::{Client, Credential, Origin, Request, Url};
use pysign_index::{Directory, File, Index, Location, Page, Reason};
use pysign_names::ProjectName;

use crate::Error;
use crate::credentials::Token;
use crate::flags::Args;
use crate::place::{Place, Signatures};

/// The first pause before something is looked for again; each further one is twice as long.
const PAUSE: Duration = Duration::from_millis(250);

/// The longest pause: an index that caches longer than `--timeout` is a matter for the next run.
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// Where everything comes from.
pub(crate) struct Source<'h> {
    pub(crate) client: &'h Client,
    pub(crate) host: &'h Host,
    /// What messages and the manifest call it.
    pub(crate) name: String,
    /// User and token for the index.
    pub(crate) basic: Option<Credential>,
    index: Packages<'h>,
    sidecars: Sidecars,
    /// Until when something that was just published may show up.
    patience: Instant,
}

/// Who lists the files.
enum Packages<'h> {
    Directory(Directory),
    Server(Index<'h>),
}

/// Where signatures are.
enum Sidecars {
    Gitlab(Registry, Option<Credential>),
    None,
    Sibling,
}

impl<'h> Source<'h> {
    pub(crate) fn open(args: &Args, client: &'h Client, host: &'h Host) -> Result<Self, Failure> {
        let needs_job = !matches!(args.index, Place::Directory(_))
            || matches!(args.signatures, Signatures::Gitlab(_));
        let job = if needs_job { Job::from_env(&host.env)? } else { None };
        let registry = match &args.index {
            Place::Gitlab(Some(registry)) => Some(registry.clone()),
            Place::Gitlab(None) => Some(job.as_ref().ok_or(Error::NoJob)?.registry().clone()),
            Place::Directory(_) | Place::Url(_) => None,
        };
        let root = match (&args.index, &registry) {
            (Place::Url(root), _) => Some(root.clone()),
            (_, Some(registry)) => Some(url(&registry.pypi_simple())?),
            (_, None) => None,
        };
        let token = match (&args.token_file, &root) {
            (Some(file), Some(root)) => Some(Token::from_file(file, root.origin())?),
            (None, Some(root)) => job.as_ref().and_then(|job| Token::of_job(job, root.origin())),
            (_, None) => None,
        };
        let basic = token.as_ref().map(Token::basic);
        let sidecars = sidecars(&args.signatures, registry, token.as_ref(), job.as_ref())?;
        let (name, index) = match (root, &args.index) {
            (Some(root), _) => {
                let name = root.without_query().to_string();
                (name, Packages::Server(Index::new(client, root, basic.clone())))
            }
            (None, Place::Directory(path)) => {
                (format!("dir:{}", path.display()), Packages::Directory(Directory::new(path)))
            }
            (None, _) => return Err(Error::NoJob.into()),
        };
        let patience = host.clock.instant() + args.network.timeout;
        Ok(Self { client, host, name, basic, index, sidecars, patience })
    }

    /// The page of a project. What it lists and can't be used is named.
    pub(crate) fn page(&self, project: &ProjectName) -> Result<Option<Page>, Failure> {
        self.host.notes.progress(format!("asking for '{project}'"));
        let page = match &self.index {
            Packages::Directory(directory) => directory.page(project)?,
            Packages::Server(index) => index.page(project)?,
        };
        for entry in page.iter().flat_map(Page::ignored) {
            let said =
                format!("'{}' in '{}' is ignored: {}", entry.filename, self.name, entry.reason);
            match entry.reason {
                Reason::Address { .. } => self.host.notes.warn("index-entry-ignored", said),
                _ => self.host.notes.detail(said),
            }
        }
        Ok(page)
    }

    /// Where a file that belongs to `file` would be, if signatures are looked for.
    pub(crate) fn beside(&self, file: &File, name: &str) -> Result<Option<Location>, Failure> {
        let (project, version) = (file.filename.project(), file.filename.version());
        Ok(match (&self.sidecars, &file.location) {
            (Sidecars::None, _) => None,
            (Sidecars::Gitlab(registry, _), _) => {
                Some(Location::Url(url(&registry.generic_file(project, version, name))?))
            }
            (Sidecars::Sibling, Location::Url(at)) => {
                let directory = at.join(".").map_err(pysign_http::Error::from)?;
                Some(Location::Url(directory.with_path_segments(&[name])))
            }
            (Sidecars::Sibling, Location::Within(path)) => {
                let directory = path.rsplit_once('/').map_or("", |(directory, _)| directory);
                Some(Location::Within(format!("{directory}/{name}")))
            }
        })
    }

    /// The bytes at `location`, at most `cap`; nothing if nothing is there. Any answer but yes and
    /// no is an error: a signature that can't be asked for is not an absent one.
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
        let credential = match &self.sidecars {
            Sidecars::Gitlab(_, header) => header.as_ref(),
            Sidecars::None | Sidecars::Sibling => self.basic.as_ref(),
        };
        let mut request = Request::get(url).accept(&[404]);
        if let Some(credential) = credential {
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

    /// How messages and the manifest call a location.
    pub(crate) fn shown(&self, location: &Location) -> String {
        match location {
            Location::Url(_) => location.to_string(),
            Location::Within(path) => self.path(path).display().to_string(),
        }
    }

    /// How publish notes a location in a manifest: the kind of target, and the address.
    pub(crate) fn as_published(&self, location: &Location) -> (&'static str, String) {
        let target = match &self.sidecars {
            Sidecars::Gitlab(..) => "gitlab",
            Sidecars::None | Sidecars::Sibling => "dir",
        };
        let url = match (location, &self.index) {
            (Location::Within(within), Packages::Directory(directory)) => directory.url(within),
            _ => location.to_string(),
        };
        (target, url)
    }

    /// Whose servers these are; a directory is nobody's.
    pub(crate) fn origins(&self) -> Vec<Origin> {
        let mut origins = Vec::new();
        if let Packages::Server(index) = &self.index {
            origins.push(index.root().origin().clone());
        }
        if let Sidecars::Gitlab(registry, _) = &self.sidecars
            && let Ok(url) = url(registry.api_url())
        {
            origins.push(url.origin().clone());
        }
        origins
    }

    /// Whether a release that is complete has a marker here.
    pub(crate) fn has_markers(&self) -> bool {
        matches!(
            (&self.sidecars, &self.index),
            (Sidecars::Gitlab(..), _) | (Sidecars::Sibling, Packages::Directory(_))
        )
    }

    /// Asks until there is an answer; what was `just_published` may need a while to show up.
    pub(crate) fn patiently<T>(
        &self,
        just_published: bool,
        mut ask: impl FnMut() -> Result<Option<T>, Failure>,
    ) -> Result<Option<T>, Failure> {
        let mut pause = PAUSE;
        loop {
            if let Some(answer) = ask()? {
                return Ok(Some(answer));
            }
            if !just_published || self.host.clock.instant() + pause > self.patience {
                return Ok(None);
            }
            self.host.notes.progress("waiting for what was just published to show up".to_owned());
            self.host.clock.sleep(pause);
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }
}

fn sidecars(
    asked: &Signatures,
    registry: Option<Registry>,
    token: Option<&Token>,
    job: Option<&Job>,
) -> Result<Sidecars, Failure> {
    let project = match asked {
        Signatures::None => return Ok(Sidecars::None),
        Signatures::Sibling => return Ok(Sidecars::Sibling),
        Signatures::Auto if registry.is_none() => return Ok(Sidecars::Sibling),
        Signatures::Auto => None,
        Signatures::Gitlab(project) => project.as_deref(),
    };
    let is_index = registry.is_some();
    let registry = match registry {
        Some(registry) => registry,
        None => job.ok_or(Error::NoJob)?.registry().clone(),
    };
    let api: Url = url(registry.api_url())?;
    let registry = match project {
        Some(project) => Registry::new(registry.api_url(), project).ok_or(Error::NoJob)?,
        None => registry,
    };
    let header = match token.filter(|_| is_index) {
        Some(token) => Some(token.header()),
        None => job.and_then(|job| Token::of_job(job, api.origin())).as_ref().map(Token::header),
    };
    Ok(Sidecars::Gitlab(registry, header))
}

fn url(text: &str) -> Result<Url, pysign_http::Error> {
    Ok(text.parse()?)
}
