//! A project's page: one type for its HTML and its JSON form.

use pysign_host::Sha256;
use pysign_names::{DistName, ProjectName};

use crate::Error;
use crate::location::{Base, Location, locate};

/// The largest page of `PyPI` had 40 MiB in 2026; twice that.
pub(crate) const MAX_PAGE: u64 = 80 << 20;

/// What an index says of one project.
#[derive(Clone, Debug)]
pub struct Page {
    /// The project.
    pub project: ProjectName,
    /// Its wheels and sdists, in the order of the page.
    pub files: Vec<File>,
    /// What it lists beside them.
    pub ignored: Vec<Ignored>,
}

/// One wheel or sdist of a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// Its name; the project in it is the page's.
    pub filename: DistName,
    /// Where it is.
    pub location: Location,
    /// Its digest, if the page has one in SHA-256.
    pub sha256: Option<Sha256>,
    /// Its number of bytes, which JSON alone has (PEP 700).
    pub size: Option<u64>,
    /// Which versions of Python it is for (PEP 345).
    pub requires_python: Option<String>,
    /// Why it was yanked; empty if no reason is given (PEP 592).
    pub yanked: Option<String>,
}

/// An entry of a page that can't be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ignored {
    /// The name on the page, which must not be used as a file name.
    pub filename: String,
    /// Why it can't be used.
    pub reason: String,
    /// Whether it is a wheel or sdist of the page's project, at an address that can't be used.
    pub is_file: bool,
}

impl Page {
    /// A page with these files.
    pub fn new(project: ProjectName, files: Vec<File>) -> Self {
        Self { project, files, ignored: Vec::new() }
    }

    /// The files by name, for pages that are the same whatever the order of uploads.
    pub(crate) fn sorted(&self) -> Vec<&File> {
        let mut files: Vec<&File> = self.files.iter().collect();
        files.sort_by(|a, b| a.filename.as_str().cmp(b.filename.as_str()));
        files
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
    pub(crate) fn resolve(
        self,
        project: &ProjectName,
        base_href: Option<&str>,
        base: &Base<'_>,
    ) -> Result<Result<File, Ignored>, Error> {
        let ignored = |reason: String, is_file| {
            Ok(Err(Ignored { filename: self.filename.clone(), reason, is_file }))
        };
        // An egg, an installer, or an attack.
        let Ok(filename) = self.filename.parse::<DistName>() else {
            return ignored("its name is not that of a wheel or sdist".to_owned(), false);
        };
        if filename.project() != project {
            return ignored("it belongs to a different project".to_owned(), false);
        }
        let (address, fragment) = self.href.split_once('#').unwrap_or((&self.href, ""));
        let location = match locate(address, base_href, base) {
            Ok(location) => location,
            Err(cause) => return ignored(format!("its address can't be used: {cause}"), true),
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

/// A SHA-256, its letters in either case. Anything else counts as none; who needs one refuses the file.
fn digest(text: &str) -> Option<Sha256> {
    text.to_ascii_lowercase().parse().ok()
}

#[cfg(test)]
mod tests;
