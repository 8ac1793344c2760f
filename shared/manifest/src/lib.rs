//! The document that the programs hand to each other: one JSON object, one line.
//!
//! A manifest is a claim, never evidence. What it says of a file is compared with the file; what
//! can't be carried through faithfully is refused; what is not understood is carried through.

mod artifact;
mod discover;
mod error;
mod evidence;
mod merge;
mod paths;
mod sidecars;
mod signature;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use pysign_json::{Members, Numbers, parse};

pub use artifact::{Artifact, Kind};
pub use discover::{discover, find_sidecars};
pub use error::Error;
use evidence::Member as _;
pub use evidence::{Build, Digests, Fetched, Installed, Published, Source, Trust, Verified};
pub use pysign_json::{Map, Value, json};
pub use pysign_names::{ProjectName, SdistName, Version, WheelName};
pub use sidecars::{
    Publish, RELEASE, Role, SIDECARS, SignatureKind, Suffix, UnknownWord, sidecar_path,
};
pub use signature::{Sidecar, Signature};

/// How a digest is written.
const HEX: &str = "64 lower-case hexadecimal digits";

/// The schema that is written, and the only one that is read.
pub const SCHEMA: &str = "pysign-manifest/1";

/// A mirror of 10,000 files fits, each with what was proven of it and where it was published: 2 KiB
/// for a signature, and the more for several.
pub const MAX_BYTES: u64 = 64 * 1024 * 1024;

/// Far more files than any release on PyPI has.
pub const MAX_ARTIFACTS: usize = 10_000;

/// What one stage knows about the files of one release or several.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Manifest {
    /// The files, in the order of the document or of the operands.
    pub artifacts: Vec<Artifact>,
    /// How they were built: each entry under the SHA-256 of its own canonical text.
    pub builds: BTreeMap<String, Build>,
    /// The programs that had it in hand, oldest first, as `name/version`.
    pub tools: Vec<String>,
    rest: Map<String, Value>,
}

impl Manifest {
    /// A manifest without anything in it.
    pub fn new() -> Self {
        Self::default()
    }

    /// Reads one document. Relative paths in it are relative to `base`; an empty `base` stands for
    /// the current directory.
    pub fn parse(document: &[u8], base: &Path) -> Result<Self, Error> {
        let cap = usize::try_from(MAX_BYTES).unwrap_or(usize::MAX);
        let mut members = Members::document(parse(document, cap, Numbers::Exact)?)?;
        let schema = members.text("schema")?;
        if schema != SCHEMA {
            return Err(Error::Schema { found: schema });
        }
        let artifacts = members
            .objects("artifacts", MAX_ARTIFACTS, |members| Artifact::parse(members, base))?;
        refuse_namesakes(&artifacts)?;
        let builds = members.optional_object("builds")?.map(parse_builds).transpose()?;
        let builds = builds.unwrap_or_default();
        for key in artifacts.iter().filter_map(|artifact| artifact.build.as_ref()) {
            if !builds.contains_key(key) {
                let expected = "an entry of builds".to_owned();
                return Err(Error::BuildKey { expected, found: key.clone() });
            }
        }
        let tools = members.texts("tools", usize::MAX)?;
        Ok(Self { artifacts, builds, tools, rest: members.into_rest() })
    }

    /// The document: keys sorted, one line, a final newline. A path beneath the current directory
    /// is written relative to it, any other as an absolute one.
    pub fn encode(&self) -> Result<String, Error> {
        let here = paths::current_directory()?;
        let mut document = self.rest.clone();
        document.insert("schema".into(), SCHEMA.into());
        let artifacts: Result<Vec<Value>, Error> =
            self.artifacts.iter().map(|artifact| artifact.encode(&here)).collect();
        document.insert("artifacts".into(), artifacts?.into());
        if !self.builds.is_empty() {
            let builds = self.builds.iter().map(|(key, entry)| (key.clone(), entry.write()));
            document.insert("builds".into(), builds.collect::<Map<_, _>>().into());
        }
        document.insert("tools".into(), self.tools.clone().into());
        Ok(format!("{}\n", Value::Object(document)))
    }

    /// Notes that `tool`, as `name/version`, had it in hand. The same one twice in a row is noted
    /// once.
    pub fn add_tool(&mut self, tool: &str) {
        if self.tools.last().is_none_or(|last| last != tool) {
            self.tools.push(tool.to_owned());
        }
    }

    /// Drops what others say they have proven: a manifest is a claim, never evidence.
    pub fn forget_verified(&mut self) {
        self.artifacts.iter_mut().for_each(|artifact| artifact.verified.clear());
    }

    /// Adds how something was built; gives the key for [`Artifact::build`].
    pub fn add_build(&mut self, entry: Build) -> String {
        let key = entry.key();
        self.builds.insert(key.clone(), entry);
        key
    }

    /// One document from several.
    pub fn merge(parts: Vec<Self>) -> Result<Self, Error> {
        merge::merge(parts)
    }

    /// Every project and version that has a file here.
    pub fn releases(&self) -> BTreeSet<(ProjectName, Version)> {
        let of = |artifact: &Artifact| artifact.project.clone().zip(artifact.version.clone());
        self.artifacts.iter().filter_map(of).collect()
    }

    /// Refuses the files of several releases, or one release built from several commits: whoever
    /// signs or publishes that has mixed something up.
    pub fn single_release(&self) -> Result<(), Error> {
        let releases = self.releases();
        if releases.len() > 1 {
            let names = releases.iter().map(|(project, version)| format!("{project} {version}"));
            return Err(Error::SeveralReleases { found: names.collect() });
        }
        let commits = self.commits();
        if commits.len() > 1 {
            let found = commits.into_iter().map(str::to_owned).collect();
            return Err(Error::SeveralCommits { found });
        }
        Ok(())
    }

    /// The commits that the artifacts were built from.
    pub fn commits(&self) -> BTreeSet<&str> {
        let built = self.artifacts.iter().filter_map(|artifact| artifact.build.as_ref());
        let entries = built.filter_map(|key| self.builds.get(key));
        entries.filter_map(Build::commit).collect()
    }

    /// Refuses a manifest without artifacts: nothing passes vacuously.
    pub fn require_artifacts(self) -> Result<Self, Error> {
        if self.artifacts.is_empty() { Err(Error::NoArtifacts) } else { Ok(self) }
    }
}

/// Each entry stands under its own key.
fn parse_builds(mut entries: Members) -> Result<BTreeMap<String, Build>, Error> {
    let mut builds = BTreeMap::new();
    for found in entries.rest().keys().cloned().collect::<Vec<_>>() {
        let entry = Build::parse(entries.object(&found)?)?;
        let expected = entry.key();
        if found != expected {
            return Err(Error::BuildKey { expected, found });
        }
        builds.insert(found, entry);
    }
    Ok(builds)
}

/// A file name stands for one file: of two, each stage could take another.
fn refuse_namesakes(artifacts: &[Artifact]) -> Result<(), Error> {
    let mut names = BTreeSet::new();
    match artifacts.iter().find(|artifact| !names.insert(&artifact.filename)) {
        Some(twice) => {
            Err(Error::Conflict { place: format!("'{}' is listed twice", twice.filename) })
        }
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests;
