//! Which files to fetch, and what their bytes are claimed to be.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use pysign_host::{Failure, Sha256};
use pysign_http::Url;
use pysign_index::{File, Page};
use pysign_manifest::{Artifact, Kind, Manifest, ProjectName, Published, Signature};
use pysign_names::{DistName, Pin};

use crate::source::Source;
use crate::{Error, marker};

/// Which files of a release were asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Kinds {
    pub(crate) wheel: bool,
    pub(crate) sdist: bool,
    pub(crate) all: bool,
}

/// One file to fetch.
#[derive(Debug)]
pub(crate) struct Wanted {
    /// Its entry in the manifest; its path is the output.
    pub(crate) artifact: Artifact,
    /// As the index lists it.
    pub(crate) file: File,
    pub(crate) claim: Claim,
    /// The signatures that a manifest lists; `None`: all that are found.
    pub(crate) listed: Option<Vec<Signature>>,
}

/// What the bytes of a file are claimed to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Claim {
    pub(crate) sha256: Sha256,
    pub(crate) size: Option<u64>,
    /// Who claims it; all of them agree.
    pub(crate) sources: Vec<&'static str>,
}

impl Claim {
    /// The source that counts most.
    fn claimant(&self) -> &'static str {
        self.sources.last().copied().unwrap_or(INDEX)
    }

    /// The error for bytes from `place` that are not those that were claimed.
    pub(crate) fn broken(&self, place: &str, expected: String, found: String) -> Error {
        Error::OtherBytes { place: place.to_owned(), claimant: self.claimant(), expected, found }
    }
}

/// How many versions a message shows.
const SHOWN: usize = 5;

const INDEX: &str = "index";
const MANIFEST: &str = "manifest";

/// The files of each release, chosen from what the index lists.
pub(crate) fn from_pins(
    pins: &[Pin],
    kinds: Kinds,
    source: &Source<'_>,
    output: &Path,
) -> Result<Vec<Wanted>, Failure> {
    let chosen = pins.iter().map(|pin| {
        let index = || source.name.clone();
        let page = source.page(&pin.project)?;
        let page =
            page.ok_or_else(|| Error::NoProject { pin: pin.clone().into(), index: index() })?;
        let files = choose(&page, pin, kinds, &source.name)?;
        marker::compare(&page, &files, source)?;
        Failure::collect(files.into_iter().map(|file| listed(file, source, output)))
    });
    let mut names = BTreeSet::new();
    let chosen = Failure::collect(chosen)?.into_iter().flatten();
    Ok(chosen.filter(|wanted| names.insert(wanted.artifact.filename.clone())).collect())
}

/// The files of a manifest, whose artifacts are moved out of it.
pub(crate) fn from_manifest(
    manifest: &mut Manifest,
    source: &Source<'_>,
    output: &Path,
) -> Result<Vec<Wanted>, Failure> {
    let artifacts = std::mem::take(&mut manifest.artifacts);
    let mut projects: BTreeMap<ProjectName, Vec<&Artifact>> = BTreeMap::new();
    let known = artifacts.iter().map(|artifact| match (&artifact.project, artifact.kind) {
        (Some(project), Kind::Sdist | Kind::Wheel) => {
            projects.entry(project.clone()).or_default().push(artifact);
            Ok(())
        }
        _ => Err(Error::Kind { filename: artifact.filename.clone() }.into()),
    });
    Failure::collect(known)?;
    let pages =
        projects.iter().map(|(project, artifacts)| complete_page(project, artifacts, source));
    let pages: Vec<Page> = Failure::collect(pages)?.into_iter().flatten().collect();
    Failure::collect(
        artifacts.into_iter().map(|artifact| published(artifact, &pages, source, output)),
    )
}

/// The page of a project, asked for again while it lacks what was just published.
fn complete_page(
    project: &ProjectName,
    artifacts: &[&Artifact],
    source: &Source<'_>,
) -> Result<Option<Page>, Failure> {
    let mut last = None;
    let expected = artifacts.iter().any(|artifact| is_new(&artifact.published, source));
    source.patiently(expected, || {
        let page = source.page(project)?;
        let lists = |artifact: &&Artifact| {
            let files = page.iter().flat_map(|page| &page.files);
            files.into_iter().any(|file| file.filename.as_str() == artifact.filename)
        };
        let is_complete = artifacts.iter().all(lists);
        last = page;
        Ok(is_complete.then_some(()))
    })?;
    Ok(last)
}

/// Whether one of these entries is of an upload, by the run before, to a server that is asked now.
pub(crate) fn is_new(published: &[Published], source: &Source<'_>) -> bool {
    published.iter().any(|entry| {
        let url: Option<Url> = entry.url.as_ref().and_then(|url| url.parse().ok());
        entry.outcome.as_deref() != Some("kept") && url.is_some_and(|url| source.serves(&url))
    })
}

/// A file that only the index knows.
fn listed(file: &File, source: &Source<'_>, output: &Path) -> Result<Wanted, Failure> {
    let filename = file.filename.as_str();
    let claim = claim(file, None, &source.name)?;
    warn_if_yanked(file, source);
    let artifact = Artifact::from_path(&output.join(filename))?;
    Ok(Wanted { artifact, file: file.clone(), claim, listed: None })
}

/// A file that manifest and index know.
fn published(
    mut artifact: Artifact,
    pages: &[Page],
    source: &Source<'_>,
    output: &Path,
) -> Result<Wanted, Failure> {
    let page = pages.iter().find(|page| Some(&page.project) == artifact.project.as_ref());
    let files = page.into_iter().flat_map(|page| &page.files);
    let files = files.filter(|file| file.filename.as_str() == artifact.filename).collect();
    let file = once(files, &source.name)?.into_iter().next().ok_or_else(|| Error::Absent {
        filename: artifact.filename.clone(),
        place: source.name.clone(),
    })?;
    let claim = claim(file, Some(&artifact), &source.name)?;
    warn_if_yanked(file, source);
    artifact.path = Some(output.join(&artifact.filename));
    artifact.verified.clear();
    let listed = Some(std::mem::take(&mut artifact.signatures));
    Ok(Wanted { artifact, file: file.clone(), claim, listed })
}

/// What index and manifest say of the bytes; they must agree on all that both say.
fn claim(file: &File, artifact: Option<&Artifact>, index: &str) -> Result<Claim, Error> {
    let filename = || file.filename.to_string();
    let (ours, our_size) = artifact.map_or((None, None), |it| (it.sha256, it.size));
    let texts = |sha256: Option<Sha256>, size: Option<u64>| {
        [sha256.map(|sha256| format!("sha256:{sha256}")), size.map(|size| format!("{size} bytes"))]
    };
    for pair in texts(ours, our_size).into_iter().zip(texts(file.sha256, file.size)) {
        if let (Some(expected), Some(found)) = pair
            && expected != found
        {
            return Err(Error::Contradiction { filename: filename(), expected, found });
        }
    }
    let sources = [(INDEX, file.sha256), (MANIFEST, ours)];
    let sources = sources.into_iter().filter_map(|(name, digest)| digest.map(|_| name)).collect();
    let sha256 = ours
        .or(file.sha256)
        .ok_or_else(|| Error::NoDigest { filename: filename(), index: index.to_owned() })?;
    Ok(Claim { sha256, size: our_size.or(file.size), sources })
}

/// A yanked file is fetched, since its exact version was asked for (PEP 592), with a warning.
fn warn_if_yanked(file: &File, source: &Source<'_>) {
    if let Some(reason) = &file.yanked {
        let because = if reason.is_empty() { String::new() } else { format!(": {reason}") };
        source.host.notes.warn("file-yanked", format!("'{}' is yanked{because}", file.filename));
    }
}

/// The files of `page` that `pin` and `kinds` mean.
fn choose<'p>(
    page: &'p Page,
    pin: &Pin,
    kinds: Kinds,
    index: &str,
) -> Result<Vec<&'p File>, Error> {
    let release = page.files.iter().filter(|file| *file.filename.version() == pin.version);
    let release = once(release.collect(), index)?;
    if release.is_empty() {
        let (index, found) = (index.to_owned(), newest(page));
        return Err(Error::NoVersion { pin: pin.clone().into(), index, found });
    }
    let (wheels, sdists): (Vec<&File>, Vec<&File>) =
        release.into_iter().partition(|file| matches!(file.filename, DistName::Wheel(_)));
    let mut chosen = Vec::new();
    for (kind, files, asked, other) in [
        (Kind::Wheel, wheels, kinds.wheel, kinds.sdist),
        (Kind::Sdist, sdists, kinds.sdist, kinds.wheel),
    ] {
        if other && !asked {
            continue;
        }
        if files.is_empty() && asked {
            return Err(Error::NoKind { pin: pin.clone().into(), kind, index: index.to_owned() });
        }
        chosen.extend(if kinds.all { files } else { best(files, pin, kind)? });
    }
    Ok(chosen)
}

/// The newest versions of a project, enough to notice a typo.
fn newest(page: &Page) -> Vec<String> {
    let versions: BTreeSet<_> = page.files.iter().map(|file| file.filename.version()).collect();
    versions.into_iter().rev().take(SHOWN).map(ToString::to_string).collect()
}

/// The only file, or the best one: the wheel for every platform, of the highest build (PEP 427).
fn best<'p>(files: Vec<&'p File>, pin: &Pin, kind: Kind) -> Result<Vec<&'p File>, Error> {
    if files.len() <= 1 {
        return Ok(files);
    }
    let build = |file: &File| match &file.filename {
        DistName::Wheel(wheel) if wheel.tags().any(|tag| tag == "py3-none-any") => {
            Some(wheel.build().cloned())
        }
        _ => None,
    };
    let highest = files.iter().filter_map(|file| build(file)).max();
    let found = files.iter().copied().filter(|file| highest.is_some() && build(file) == highest);
    let found: Vec<&File> = found.collect();
    if found.len() == 1 {
        return Ok(found);
    }
    let found = files.into_iter().map(|file| file.filename.to_string()).collect();
    Err(Error::Ambiguous { pin: pin.clone().into(), kind, found })
}

/// Each name once. Two entries of one name are one file if they have one digest.
fn once<'p>(files: Vec<&'p File>, index: &str) -> Result<Vec<&'p File>, Error> {
    let mut kept: Vec<&File> = Vec::new();
    let mut named: BTreeMap<&str, &File> = BTreeMap::new();
    for file in files {
        match named.insert(file.filename.as_str(), file) {
            None => kept.push(file),
            Some(other) if other.sha256 == file.sha256 && other.size == file.size => {}
            Some(_) => {
                let (filename, index) = (file.filename.to_string(), index.to_owned());
                return Err(Error::Twice { filename, index });
            }
        }
    }
    Ok(kept)
}

#[cfg(test)]
mod tests;
