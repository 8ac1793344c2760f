//! A static index in a directory: any web server can show it, and it is read without one.
//!
//! Sidecars, packages and the marker come first, then the pages that show them, JSON before HTML:
//! whoever reads a page finds everything that it names. Runs wait for each other.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use pysign_host::{
    Failure, FileError, Host, Staging, hash_regular, open_regular, read_regular, remove_abandoned,
};
use pysign_http::Url;
use pysign_index::{File as Entry, Form, Location, Page, projects_html, projects_json};
use pysign_manifest::ProjectName;
use pysign_registry::{DIRECTORY, MAX_MARKER};

use crate::form;
use crate::lock::Lock;
use crate::release::Package;
use crate::sidecar::SidecarFile;
use crate::step::{Found, Item};
use crate::target::{Target, listed};

/// The directory, and the right to write there.
pub(crate) struct Directory<'h> {
    layout: pysign_index::Directory,
    base_url: Option<Url>,
    host: &'h Host,
    /// Until it is dropped no other run writes here.
    _lock: Option<Lock>,
}

impl<'h> Directory<'h> {
    /// The directory at `path`, which is made if it doesn't exist. Unless it is `read_only`, it is
    /// locked; other runs are waited for no longer than `patience`.
    pub(crate) fn open(
        path: &Path,
        base_url: Option<Url>,
        host: &'h Host,
        patience: Duration,
        read_only: bool,
    ) -> Result<Self, Failure> {
        let lock = if read_only { None } else { Some(Lock::take(path, host, patience)?) };
        Ok(Self { layout: pysign_index::Directory::new(path), base_url, host, _lock: lock })
    }

    /// The item's file.
    fn path(&self, item: &Item<'_>) -> PathBuf {
        self.layout.path(&within(item))
    }

    /// The page of a project, if the directory has one.
    fn page(&self, project: &ProjectName) -> Result<Option<Page>, Failure> {
        if !self.layout.root().exists() {
            return Ok(None);
        }
        Ok(self.layout.page(project)?)
    }

    fn compare(&self, package: &Package, listed: Option<Entry>) -> Result<Found, Failure> {
        let item = Item::Package(package);
        let url = self.url(&item);
        let on_disk = match hash_regular(&self.path(&item), package.size) {
            Ok((sha256, _)) => Some(sha256),
            Err(FileError::Missing { .. }) => None,
            Err(FileError::TooLarge { .. }) => {
                return Ok(Found::Other {
                    url,
                    found: format!("more than {} bytes", package.size),
                });
            }
            Err(error) => return Err(error.into()),
        };
        let listed = listed.and_then(|file| file.sha256);
        match on_disk.into_iter().chain(listed).find(|found| *found != package.sha256) {
            Some(found) => Ok(Found::Other { url, found: format!("sha256:{found}") }),
            None if on_disk.is_some() => Ok(Found::Same { url }),
            None => Ok(Found::Absent),
        }
    }

    /// Removes temporary files of killed runs from the directories of `packages`. With the lock held
    /// no other run is writing them.
    fn tidy(&self, packages: &[&Package]) {
        let mut files = BTreeSet::from([self.layout.projects_path(Form::Html)]);
        for package in packages {
            let page = self.layout.page_path(package.name.project(), Form::Html);
            files.extend([self.path(&Item::Package(package)), page]);
        }
        let directories: BTreeSet<&Path> = files.iter().filter_map(|file| file.parent()).collect();
        directories.into_iter().for_each(remove_abandoned);
    }

    /// Every project that has a page.
    fn projects(&self) -> Result<Vec<ProjectName>, Failure> {
        let list = self.layout.projects_path(Form::Html);
        let root = list.parent().unwrap_or(self.layout.root());
        let unreadable = |cause| FileError::on_open(root, cause);
        let mut projects = Vec::new();
        for entry in fs::read_dir(root).map_err(unreadable)? {
            let name = entry.map_err(unreadable)?.file_name();
            let project = name.to_str().and_then(|name| name.parse::<ProjectName>().ok());
            let shown = |project: &ProjectName| self.layout.page_path(project, Form::Html).exists();
            projects.extend(project.filter(shown));
        }
        projects.sort();
        Ok(projects)
    }
}

/// Where the item's file is, below the root.
fn within(item: &Item<'_>) -> String {
    let (project, version, filename) = item.names();
    pysign_index::Directory::file(project, version, filename)
}

/// Replaces a page, which grows with further releases, unless it is the same already.
fn replace(path: &Path, text: &str) -> Result<(), FileError> {
    if fs::read(path).is_ok_and(|found| found == text.as_bytes()) {
        return Ok(());
    }
    let mut group = Staging::new(true).group();
    group.write(path, text.as_bytes())?;
    group.commit()
}

impl Target for Directory<'_> {
    fn kind(&self) -> &'static str {
        DIRECTORY
    }

    /// Where it will be served, or its address on this machine.
    fn url(&self, item: &Item<'_>) -> String {
        let within = within(item);
        match &self.base_url {
            Some(base) => {
                base.with_path_segments(&within.split('/').collect::<Vec<_>>()).to_string()
            }
            None => self.layout.url(&within),
        }
    }

    fn look_up(&self, packages: &[&Package]) -> Result<Vec<Found>, Failure> {
        let listed = listed(packages, |project| self.page(project))?;
        Failure::collect(listed.into_iter().map(|(package, file)| self.compare(package, file)))
    }

    fn read(&self, file: &SidecarFile) -> Result<Option<Vec<u8>>, Failure> {
        match read_regular(&self.path(&Item::Sidecar(file.clone())), MAX_MARKER) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(FileError::Missing { .. }) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Copies a package, and refuses one that has changed since it was read. Only the marker is ever
    /// replaced.
    fn send(&self, item: &Item<'_>) -> Result<(), Failure> {
        let path = self.path(item);
        let is_marker = matches!(item, Item::Sidecar(file) if file.is_marker());
        let mut group = Staging::new(is_marker).group();
        match item {
            Item::Sidecar(file) => {
                group.write(&path, &file.bytes)?;
            }
            Item::Package(package) => {
                let mut draft = self.host.out.draft(&path)?;
                draft.fill(open_regular(&package.path)?, &package.path, u64::MAX)?;
                let staged = draft.finish()?;
                if (staged.sha256(), staged.size()) != (package.sha256, package.size) {
                    return Err(FileError::Changed { file: package.path.clone() }.into());
                }
                group.add(staged);
            }
        }
        group.commit().map_err(|error| match error {
            // Something else has put a file there since we looked.
            FileError::Exists { file } => {
                item.conflict(file.display().to_string(), "different content".to_owned()).into()
            }
            other => other.into(),
        })
    }

    /// Lists `packages` on the pages of their projects, beside what is there already. A file that is
    /// listed stays as it is: it may have been withdrawn since.
    fn list(&self, packages: &[&Package]) -> Result<(), Failure> {
        self.tidy(packages);
        let projects: BTreeSet<_> = packages.iter().map(|package| package.name.project()).collect();
        for project in projects {
            let page = self.page(project)?;
            let mut page = page.unwrap_or_else(|| Page::new(project.clone(), Vec::new()));
            for package in packages.iter().filter(|package| package.name.project() == project) {
                if page.files.iter().all(|file| file.filename != package.name) {
                    page.files.push(Entry {
                        filename: package.name.clone(),
                        location: Location::Within(within(&Item::Package(package))),
                        sha256: Some(package.sha256),
                        size: Some(package.size),
                        requires_python: form::requires_python(&package.metadata.headers),
                        yanked: None,
                    });
                }
            }
            let path = |form| self.layout.page_path(project, form);
            replace(&path(Form::Json), &page.to_json())?;
            replace(&path(Form::Html), &page.to_html())?;
        }
        let projects = self.projects()?;
        let path = |form| self.layout.projects_path(form);
        replace(&path(Form::Json), &projects_json(&projects))?;
        Ok(replace(&path(Form::Html), &projects_html(&projects))?)
    }
}

#[cfg(test)]
mod tests;
