//! A static index in a directory: any web server can show it, and it is read without one.
//!
//! Signatures, packages and the marker come first, then the pages that show them, JSON before HTML:
//! whoever reads a page finds everything that it names. Runs wait for each other.

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::time::Duration;

use pysign_host::{
    Failure, FileError, Host, Sha256, Staging, hash_regular, open_regular, read_regular,
    remove_abandoned,
};
use pysign_http::Url;
use pysign_index::{File as Listed, Form, Location, Page, projects_html, projects_json};
use pysign_manifest::{ProjectName, Version};

use crate::Error;
use crate::form;
use crate::lock::Lock;
use crate::release::{Beside, Package, Part};
use crate::target::{Found, Index, Storage, Target};

/// What a marker may have, and far more than a signature's file.
const MAX_BESIDE: u64 = 16 << 20;

/// The directory, and the right to write there.
pub(crate) struct Directory<'h> {
    layout: pysign_index::Directory,
    base_url: Option<Url>,
    host: &'h Host,
    /// How long to wait for another run.
    timeout: Duration,
    lock: OnceCell<Lock>,
}

impl<'h> Directory<'h> {
    /// The directory at `path`, which need not be there yet: the first file makes it. One that is
    /// there is locked, unless it is only looked at.
    pub(crate) fn open(
        path: &Path,
        base_url: Option<Url>,
        host: &'h Host,
        timeout: Duration,
        read_only: bool,
    ) -> Result<Target<'h>, Failure> {
        let layout = pysign_index::Directory::new(path);
        let directory = Rc::new(Self { layout, base_url, host, timeout, lock: OnceCell::new() });
        if path.exists() && !read_only {
            directory.lock()?;
        }
        let storage = Box::new(Rc::clone(&directory));
        Ok(Target { kind: "dir", index: Box::new(directory), storage: Some(storage) })
    }

    /// Until the end of this run no other one writes here.
    fn lock(&self) -> Result<(), Failure> {
        if self.lock.get().is_none() {
            let lock = Lock::take(self.layout.root(), self.host, self.timeout)?;
            // Nobody else can have filled it: this is one thread.
            let _ = self.lock.set(lock);
        }
        Ok(())
    }

    /// The file on the disk.
    fn path(&self, project: &ProjectName, version: &Version, filename: &str) -> PathBuf {
        self.layout.path(&within(project, version, filename))
    }

    /// Its address: where it will be served, or on this machine.
    fn url(&self, project: &ProjectName, version: &Version, filename: &str) -> String {
        let within = within(project, version, filename);
        let names: Vec<&str> = within.split('/').collect();
        if let Some(base_url) = &self.base_url {
            return base_url.with_path_segments(&names).to_string();
        }
        self.layout.url(&within)
    }

    /// The page of a project, if the directory has one.
    fn page(&self, project: &ProjectName) -> Result<Option<Page>, Failure> {
        if !self.layout.root().exists() {
            return Ok(None);
        }
        Ok(self.layout.page(project)?)
    }

    /// Removes what a run that was killed has left where `packages` are: no other one writes there
    /// now.
    fn tidy(&self, packages: &[&Package]) {
        let pages = |project| self.layout.page_path(project, Form::Html);
        let mut files = BTreeSet::from([self.layout.projects_path(Form::Html)]);
        for package in packages {
            let (project, version) = (package.name.project(), package.name.version());
            files.extend([self.path(project, version, package.name.as_str()), pages(project)]);
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

/// Replaces a file that grows with further releases, unless it is the same already.
fn replace(path: &Path, text: &str) -> Result<(), FileError> {
    if fs::read(path).is_ok_and(|found| found == text.as_bytes()) {
        return Ok(());
    }
    let mut group = Staging::new(true).group();
    group.write(path, text.as_bytes())?;
    group.commit()
}

/// Where a file of a release is, below the root.
fn within(project: &ProjectName, version: &Version, filename: &str) -> String {
    match pysign_index::Directory::location(project, version, filename) {
        Location::Within(within) => within,
        Location::Url(url) => url.path().to_owned(),
    }
}

/// A file that came there meanwhile is no matter of the disk's.
fn taken(error: FileError, sha256: Sha256, filename: &str) -> Failure {
    match error {
        FileError::Exists { file } => Error::Conflict {
            filename: filename.to_owned(),
            place: file.display().to_string(),
            expected: sha256,
            found: "other bytes".to_owned(),
        }
        .into(),
        other => other.into(),
    }
}

impl Index for Rc<Directory<'_>> {
    fn place(&self, package: &Package) -> String {
        self.url(package.name.project(), package.name.version(), package.name.as_str())
    }

    fn look(&self, packages: &[&Package]) -> Result<Vec<Found>, Failure> {
        let mut pages: BTreeMap<&ProjectName, Option<Page>> = BTreeMap::new();
        let found = packages.iter().map(|package| {
            let (project, version) = (package.name.project(), package.name.version());
            if !pages.contains_key(project) {
                pages.insert(project, self.page(project)?);
            }
            let page = pages.get(project).and_then(Option::as_ref);
            let listed = page.and_then(|page| {
                page.files.iter().find(|file| file.filename.as_str() == package.name.as_str())
            });
            let path = self.path(project, version, package.name.as_str());
            let url = Index::place(self, package);
            let on_disk = match hash_regular(&path, package.size) {
                Ok((sha256, _)) => Some(sha256),
                Err(FileError::Missing { .. }) => None,
                Err(FileError::TooLarge { .. }) => {
                    let found = format!("more than {} bytes", package.size);
                    return Ok(Found::Other { url, found });
                }
                Err(error) => return Err(error.into()),
            };
            let listed = listed.and_then(|file| file.sha256);
            match on_disk.into_iter().chain(listed).find(|found| *found != package.sha256) {
                Some(found) => Ok(Found::Other { url, found: format!("sha256:{found}") }),
                None if on_disk.is_some() => Ok(Found::Same { url }),
                None => Ok(Found::Absent),
            }
        });
        Failure::collect(found.collect::<Vec<_>>())
    }

    /// Copies the package, and refuses a copy that is not what was looked at.
    fn send(&self, package: &Package) -> Result<(), Failure> {
        self.lock()?;
        let (project, version) = (package.name.project(), package.name.version());
        let path = self.path(project, version, package.name.as_str());
        let mut draft = self.host.out.draft(&path)?;
        draft.fill(open_regular(&package.path)?, &package.path, u64::MAX)?;
        let staged = draft.finish()?;
        if (staged.sha256(), staged.size()) != (package.sha256, package.size) {
            return Err(FileError::Changed { file: package.path.clone() }.into());
        }
        let mut group = Staging::new(false).group();
        group.add(staged);
        group.commit().map_err(|error| taken(error, package.sha256, package.name.as_str()))
    }

    /// Lists `packages` on the pages of their projects, beside what is there already.
    fn settle(&self, packages: &[&Package]) -> Result<(), Failure> {
        self.tidy(packages);
        let mut projects: BTreeMap<&ProjectName, Vec<&Package>> = BTreeMap::new();
        for package in packages {
            projects.entry(package.name.project()).or_default().push(package);
        }
        for (project, packages) in projects {
            let mut page =
                self.page(project)?.unwrap_or_else(|| Page::new(project.clone(), Vec::new()));
            for package in packages {
                list(&mut page, package);
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

/// A file that is listed stays as it is: it may have been withdrawn since.
fn list(page: &mut Page, package: &Package) {
    if page.files.iter().any(|file| file.filename == package.name) {
        return;
    }
    let (project, version) = (package.name.project(), package.name.version());
    page.files.push(Listed {
        filename: package.name.clone(),
        location: pysign_index::Directory::location(project, version, package.name.as_str()),
        sha256: Some(package.sha256),
        size: Some(package.size),
        requires_python: form::requires_python(&package.metadata.text),
        yanked: None,
    });
}

impl Storage for Rc<Directory<'_>> {
    fn place(&self, file: &Beside) -> String {
        self.url(&file.project, &file.version, &file.filename)
    }

    fn read(&self, file: &Beside) -> Result<Option<Vec<u8>>, Failure> {
        let path = self.path(&file.project, &file.version, &file.filename);
        match read_regular(&path, MAX_BESIDE) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(FileError::Missing { .. }) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Only the marker is ever replaced.
    fn put(&self, file: &Beside) -> Result<(), Failure> {
        self.lock()?;
        let path = self.path(&file.project, &file.version, &file.filename);
        let mut group = Staging::new(file.part == Part::Marker).group();
        group.write(&path, &file.bytes)?;
        group.commit().map_err(|error| taken(error, file.sha256(), &file.filename))
    }
}

#[cfg(test)]
mod tests;
