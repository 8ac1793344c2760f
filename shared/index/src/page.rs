//! A project's page, in one form for both of its spellings.

use std::fmt;

use pysign_host::Sha256;
use pysign_http::Url;
use pysign_names::{DistName, ProjectName};

use crate::{Error, directory, html, json};

/// The largest page of `PyPI` had 40 MiB in 2026; twice that.
pub(crate) const MAX_PAGE: u64 = 80 << 20;

/// The major version of the simple API that is read (PEP 629): another may mean anything.
const MAJOR: &str = "1";

/// What an index says of one project.
#[derive(Clone, Debug)]
pub struct Page {
    /// The project.
    pub project: ProjectName,
    /// Its wheels and sdists, in the order of the page.
    pub files: Vec<File>,
    ignored: Vec<Ignored>,
}

/// One wheel or sdist of a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// Its name, which is of the page's project.
    pub filename: DistName,
    /// Where it is.
    pub location: Location,
    /// Its digest, if the page has one in SHA-256.
    pub sha256: Option<Sha256>,
    /// Its number of bytes, which JSON alone has (PEP 700).
    pub size: Option<u64>,
    /// Which versions of Python it is for (PEP 345).
    pub requires_python: Option<String>,
    /// Why it was withdrawn, perhaps without a word (PEP 592).
    pub yanked: Option<String>,
}

/// Where a file is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Location {
    /// On a server.
    Url(Url),
    /// In a directory with an index: below its root, `/` between the names.
    Within(String),
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Url(url) => url.without_query().fmt(f),
            Self::Within(path) => f.write_str(path),
        }
    }
}

/// An entry of a page that is no file of it for us.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ignored {
    /// What the page calls it. Not to be used as a name.
    pub filename: String,
    /// Why it doesn't count.
    pub reason: Reason,
}

/// Why an entry of a page doesn't count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reason {
    /// Its address is none that can be asked.
    Address {
        /// What is wrong with it.
        cause: String,
    },
    /// Its name is not that of a wheel or sdist: an egg, an installer, a trap.
    Name(pysign_names::Error),
    /// Its name is of another project.
    Project,
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Address { cause } => write!(f, "its address can't be used: {cause}"),
            Self::Name(_) => f.write_str("its name is not that of a wheel or sdist"),
            Self::Project => f.write_str("it belongs to another project"),
        }
    }
}

impl Page {
    /// A page with these files.
    pub fn new(project: ProjectName, files: Vec<File>) -> Self {
        Self { project, files, ignored: Vec::new() }
    }

    /// Reads what `url` answered for `project`, redirects followed: relative addresses are relative
    /// to it.
    pub fn parse(
        project: &ProjectName,
        body: &[u8],
        content_type: Option<&str>,
        url: &Url,
    ) -> Result<Self, Error> {
        Self::read(project, body, content_type, &Base::Url(url))
    }

    pub(crate) fn read(
        project: &ProjectName,
        body: &[u8],
        content_type: Option<&str>,
        base: &Base<'_>,
    ) -> Result<Self, Error> {
        let media_type = content_type.unwrap_or_default();
        let media_type = media_type.split(';').next().unwrap_or_default().trim();
        let listing = match media_type.to_ascii_lowercase().as_str() {
            "application/vnd.pypi.simple.v1+json" | "application/json" => {
                json::read(project, body, base)?
            }
            "application/vnd.pypi.simple.v1+html" | "text/html" => html::read(body),
            other => {
                let found = other.to_owned();
                return Err(Error::ContentType { place: base.to_string(), found });
            }
        };
        if listing.version.split('.').next() != Some(MAJOR) {
            return Err(Error::Version { place: base.to_string(), found: listing.version });
        }
        let mut page = Self::new(project.clone(), Vec::new());
        for entry in listing.entries {
            match entry.resolve(project, listing.base.as_deref(), base)? {
                Ok(file) => page.files.push(file),
                Err(ignored) => page.ignored.push(ignored),
            }
        }
        Ok(page)
    }

    /// What the page lists beside its wheels and sdists.
    pub fn ignored(&self) -> &[Ignored] {
        &self.ignored
    }

    /// The files by name, for pages that are the same whatever the order of uploads.
    pub(crate) fn sorted(&self) -> Vec<&File> {
        let mut files: Vec<&File> = self.files.iter().collect();
        files.sort_by(|a, b| a.filename.as_str().cmp(b.filename.as_str()));
        files
    }
}

/// What addresses on a page are relative to.
pub(crate) enum Base<'a> {
    /// A page of a directory; how it is called in messages.
    Directory(&'a str),
    /// The address of the page.
    Url(&'a Url),
}

impl fmt::Display for Base<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Directory(page) => f.write_str(page),
            Self::Url(url) => url.without_query().fmt(f),
        }
    }
}

/// A page as its text has it.
pub(crate) struct Listing {
    pub(crate) version: String,
    /// What `<base href>` says.
    pub(crate) base: Option<String>,
    pub(crate) entries: Vec<Entry>,
}

/// An entry as the text has it.
#[derive(Default)]
pub(crate) struct Entry {
    pub(crate) filename: String,
    pub(crate) href: String,
    pub(crate) sha256: Option<String>,
    pub(crate) size: Option<u64>,
    pub(crate) requires_python: Option<String>,
    pub(crate) yanked: Option<String>,
}

impl Entry {
    /// The file that the entry is about, or why there is none.
    fn resolve(
        self,
        project: &ProjectName,
        base_href: Option<&str>,
        base: &Base<'_>,
    ) -> Result<Result<File, Ignored>, Error> {
        let ignored = |reason| Ok(Err(Ignored { filename: self.filename.clone(), reason }));
        let filename: DistName = match self.filename.parse() {
            Ok(filename) => filename,
            Err(error) => return ignored(Reason::Name(error)),
        };
        if filename.project() != project {
            return ignored(Reason::Project);
        }
        let (address, fragment) = self.href.split_once('#').unwrap_or((&self.href, ""));
        let location = match locate(address, base_href, base) {
            Ok(location) => location,
            Err(cause) => return ignored(Reason::Address { cause }),
        };
        let said = self.sha256.as_deref().and_then(digest);
        let in_address = fragment.split('&').find_map(|part| digest(part.strip_prefix("sha256=")?));
        if let (Some(said), Some(in_address)) = (said, in_address)
            && said != in_address
        {
            let reason = format!("'{filename}' has two different digests");
            return Err(Error::Malformed { place: base.to_string(), reason });
        }
        Ok(Ok(File {
            filename,
            location,
            sha256: said.or(in_address),
            size: self.size,
            // devpi and GitLab write an empty text for nothing.
            requires_python: self.requires_python.filter(|text| !text.trim().is_empty()),
            yanked: self.yanked,
        }))
    }
}

/// A SHA-256 in any case of letters. Anything else is as good as none: whoever needs one says so.
fn digest(text: &str) -> Option<Sha256> {
    text.to_ascii_lowercase().parse().ok()
}

fn locate(address: &str, base_href: Option<&str>, base: &Base<'_>) -> Result<Location, String> {
    match base {
        Base::Directory(_) if base_href.is_some() => {
            Err("a page in a directory has no base".to_owned())
        }
        Base::Directory(_) => directory::within(address).map(Location::Within),
        Base::Url(url) => {
            let base = base_href.map_or_else(|| Ok((*url).clone()), |href| url.join(href));
            let url =
                base.and_then(|base| base.join(address)).map_err(|error| error.to_string())?;
            Ok(Location::Url(url))
        }
    }
}

#[cfg(test)]
mod tests;
