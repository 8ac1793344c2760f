//! One file of a release, and what is claimed of it.

use std::fmt;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use pysign_host::{Sha256, hash_regular, open_regular};
use pysign_json::{Fault, Map, Members, Value, json};
use pysign_names::{DistName, ProjectName, Version};

use crate::signature::UnknownWord;
use crate::{Error, Signature, paths};

/// There are ten names for sidecars; the rest is for what merging lists again. Each may be a mebibyte
/// that a verifier holds in memory.
const MAX_SIGNATURES: usize = 64;

/// What an artifact is, by its file name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// Only a digest is known; there is no file.
    Digest,
    /// Anything that is neither wheel nor sdist.
    File,
    /// A source distribution, `.tar.gz` (PEP 625).
    Sdist,
    /// A wheel (PEP 427).
    Wheel,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Digest => "digest",
            Self::File => "file",
            Self::Sdist => "sdist",
            Self::Wheel => "wheel",
        })
    }
}

impl FromStr for Kind {
    type Err = UnknownWord;

    fn from_str(text: &str) -> Result<Self, UnknownWord> {
        [Self::Digest, Self::File, Self::Sdist, Self::Wheel]
            .into_iter()
            .find(|kind| kind.to_string() == text)
            .ok_or(UnknownWord)
    }
}

/// One file of a release.
#[derive(Clone, Debug, PartialEq)]
pub struct Artifact {
    /// Its name; for wheels and sdists it says project and version.
    pub filename: String,
    /// Where it is, as it can be opened from here; its last component is the file name.
    pub path: Option<PathBuf>,
    /// What the file name says it is.
    pub kind: Kind,
    /// The project, by the file name.
    pub project: Option<ProjectName>,
    /// The version, by the file name.
    pub version: Option<Version>,
    /// Its number of bytes, once it was read.
    pub size: Option<u64>,
    /// Its digest; `None` when it was made from an operand and not read yet.
    pub sha256: Option<Sha256>,
    /// The key of the entry in [`crate::Manifest::builds`].
    pub build: Option<String>,
    /// The signatures that are claimed to be about it.
    pub signatures: Vec<Signature>,
    /// What was proven, one object a signature.
    pub verified: Vec<Value>,
    /// Where it was published to.
    pub published: Vec<Value>,
    /// Where it was fetched from.
    pub fetched: Vec<Value>,
    digests: Map<String, Value>,
    rest: Map<String, Value>,
}

impl Artifact {
    /// The largest file that GitLab's registries take is 5 GiB, `PyPI`'s is far below.
    pub const MAX_BYTES: u64 = 16 * 1024 * 1024 * 1024;

    /// The artifact at `path`, by its name alone: nothing is read.
    pub fn from_path(path: &Path) -> Result<Self, Error> {
        let name = path.file_name().and_then(|name| name.to_str());
        let filename = name.ok_or_else(|| Error::FileName { name: path.display().to_string() })?;
        let mut artifact = Self::named(filename)?;
        artifact.path = Some(path.to_owned());
        Ok(artifact)
    }

    /// An artifact of this file name, about which nothing else is known.
    pub fn named(filename: &str) -> Result<Self, Error> {
        check_name(filename)?;
        let dist: Option<DistName> = filename.parse().ok();
        let kind = match &dist {
            Some(DistName::Wheel(_)) => Kind::Wheel,
            Some(DistName::Sdist(_)) => Kind::Sdist,
            None => Kind::File,
        };
        Ok(Self {
            filename: filename.to_owned(),
            path: None,
            kind,
            project: dist.as_ref().map(|dist| dist.project().clone()),
            version: dist.as_ref().map(|dist| dist.version().clone()),
            size: None,
            sha256: None,
            build: None,
            signatures: Vec::new(),
            verified: Vec::new(),
            published: Vec::new(),
            fetched: Vec::new(),
            digests: Map::new(),
            rest: Map::new(),
        })
    }

    /// A mere digest, under the name `sha256:HEX`.
    pub fn from_digest(sha256: Sha256) -> Result<Self, Error> {
        let artifact = Self::named(&format!("sha256:{sha256}"))?;
        Ok(Self { kind: Kind::Digest, sha256: Some(sha256), ..artifact })
    }

    /// Where the file is. Every artifact but a digest has a path.
    pub fn path(&self) -> Result<&Path, Error> {
        self.path.as_deref().ok_or_else(|| Error::NoPath { filename: self.filename.clone() })
    }

    /// Opens the file itself: no final link, no device.
    pub fn open(&self) -> Result<File, Error> {
        Ok(open_regular(self.path()?)?)
    }

    /// Reads the file once, for its digest alone.
    pub fn hash(&mut self) -> Result<Sha256, Error> {
        let (sha256, size) = hash_regular(self.path()?, Self::MAX_BYTES)?;
        self.record(sha256, size)?;
        Ok(sha256)
    }

    /// Takes note of what the file turned out to be. Other than the manifest claimed, it is refused.
    pub fn record(&mut self, sha256: Sha256, size: u64) -> Result<(), Error> {
        if let Some(expected) = self.sha256.filter(|expected| *expected != sha256) {
            return Err(Error::Digest {
                file: self.path.clone().unwrap_or_else(|| self.filename.clone().into()),
                expected,
                found: sha256,
            });
        }
        if let Some(expected) = self.size.filter(|expected| *expected != size) {
            let file = self.path.clone().unwrap_or_else(|| self.filename.clone().into());
            return Err(Error::Size { file, expected, found: size });
        }
        self.sha256 = Some(sha256);
        self.size = Some(size);
        Ok(())
    }

    pub(crate) fn parse(mut fields: Members, base: &Path) -> Result<Self, Error> {
        let filename = fields.text("filename")?;
        let kind = fields.optional_parsed("kind", "wheel, sdist, file or digest")?;
        let mut digests = fields.object("digests")?;
        let sha256: Sha256 = digests.parsed("sha256", HEX)?;
        let mut artifact = Self::named(&filename)?;
        if kind == Some(Kind::Digest) && filename == format!("sha256:{sha256}") {
            artifact.kind = Kind::Digest;
        } else {
            let path = fields.text("path")?;
            artifact.path = Some(paths::read(&path, &filename, base)?);
        }
        let project: Option<ProjectName> = fields.optional_parsed("project", "a project name")?;
        let version: Option<Version> = fields.optional_parsed("version", "a version")?;
        if kind != Some(artifact.kind) || project != artifact.project || version != artifact.version
        {
            return Err(fields
                .wrong("filename", "the name of this kind, project and version")
                .into());
        }
        artifact.sha256 = Some(sha256);
        artifact.size = fields.optional_number("size")?;
        artifact.build = fields.optional_text("build")?;
        let beside = artifact.clone();
        artifact.signatures = fields
            .objects("signatures", MAX_SIGNATURES, |one| Signature::parse(one, &beside, base))?;
        artifact.verified = entries(&mut fields, "verified")?;
        artifact.published = entries(&mut fields, "published")?;
        artifact.fetched = entries(&mut fields, "fetched")?;
        artifact.digests = digests.into_rest();
        artifact.rest = fields.into_rest();
        Ok(artifact)
    }

    pub(crate) fn encode(&self, here: &Path) -> Result<Value, Error> {
        let mut members = self.rest.clone();
        let mut put = |name: &str, value: Option<Value>| {
            value.map(|value| members.insert(name.to_owned(), value));
        };
        let sha256 = self.sha256.ok_or_else(|| Error::NoDigest { file: self.filename.clone() })?;
        put("digests", Some(encode_digests(&self.digests, sha256)));
        put("filename", Some(json!(self.filename)));
        put("kind", Some(json!(self.kind.to_string())));
        let path = self.path.as_deref().map(|path| paths::write(path, here)).transpose()?;
        put("path", path.map(Value::from));
        put("project", self.project.as_ref().map(|project| json!(project.to_string())));
        put("version", self.version.as_ref().map(|version| json!(version.to_string())));
        put("size", self.size.map(Value::from));
        put("build", self.build.as_deref().map(Value::from));
        let signatures: Result<Vec<Value>, Error> =
            self.signatures.iter().map(|signature| signature.encode(here)).collect();
        put("signatures", unless_empty(&signatures?));
        put("verified", unless_empty(&self.verified));
        put("published", unless_empty(&self.published));
        put("fetched", unless_empty(&self.fetched));
        Ok(members.into())
    }

    /// Adds what `other` knows of the same file.
    pub(crate) fn absorb(&mut self, other: Self) -> Result<(), Error> {
        let name = self.filename.clone();
        let conflict = |member| Error::Conflict { place: format!("'{name}', {member}") };
        if self.sha256 != other.sha256 {
            return Err(Error::OtherBytes { filename: name });
        }
        agree(&mut self.path, other.path).map_err(|()| conflict("path"))?;
        agree(&mut self.size, other.size).map_err(|()| conflict("size"))?;
        agree(&mut self.build, other.build).map_err(|()| conflict("build"))?;
        for signature in other.signatures {
            match self.signatures.iter_mut().find(|known| known.is_at_the_place_of(&signature)) {
                Some(known) => known.absorb(signature, conflict)?,
                None => self.signatures.push(signature),
            }
        }
        unite(&mut self.verified, other.verified);
        unite(&mut self.published, other.published);
        unite(&mut self.fetched, other.fetched);
        unite_members(&mut self.digests, other.digests).map_err(|()| conflict("digests"))?;
        unite_members(&mut self.rest, other.rest).map_err(|()| conflict("other members"))
    }
}

/// One component, no control character, at most what a file system takes.
fn check_name(name: &str) -> Result<(), Error> {
    let fine = !name.is_empty()
        && name.len() <= 255
        && !matches!(name, "." | "..")
        && !name.chars().any(|c| c.is_control() || matches!(c, '/' | '\\'));
    if fine { Ok(()) } else { Err(Error::FileName { name: name.to_owned() }) }
}

/// How a digest is written.
pub(crate) const HEX: &str = "64 lower-case hexadecimal digits";

pub(crate) fn entries(fields: &mut Members, name: &str) -> Result<Vec<Value>, Fault> {
    fields.objects(name, usize::MAX, |entry| Ok(entry.into_rest().into()))
}

pub(crate) fn encode_digests(rest: &Map<String, Value>, sha256: Sha256) -> Value {
    let mut digests = rest.clone();
    digests.insert("sha256".to_owned(), sha256.to_string().into());
    digests.into()
}

pub(crate) fn unless_empty(values: &[Value]) -> Option<Value> {
    (!values.is_empty()).then(|| values.to_vec().into())
}

/// Two claims about one thing: equal, or only one of them made.
pub(crate) fn agree<T: PartialEq>(ours: &mut Option<T>, theirs: Option<T>) -> Result<(), ()> {
    match (ours.as_ref(), theirs) {
        (_, None) => Ok(()),
        (Some(ours), Some(theirs)) => (*ours == theirs).then_some(()).ok_or(()),
        (None, theirs) => {
            *ours = theirs;
            Ok(())
        }
    }
}

pub(crate) fn unite<T: PartialEq>(ours: &mut Vec<T>, theirs: Vec<T>) {
    for one in theirs {
        if !ours.contains(&one) {
            ours.push(one);
        }
    }
}

/// Adds members; two values for one key are refused.
pub(crate) fn unite_members(
    ours: &mut Map<String, Value>,
    theirs: Map<String, Value>,
) -> Result<(), ()> {
    for (key, value) in theirs {
        match ours.get(&key) {
            Some(known) if *known != value => return Err(()),
            _ => ours.insert(key, value),
        };
    }
    Ok(())
}
