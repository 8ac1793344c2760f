//! One file of a release, and what is claimed of it.

use std::fs::File;
use std::path::{Path, PathBuf};

use pysign_host::{Sha256, hash_regular, open_regular};
use pysign_json::{Map, Members, Value, json};
use pysign_names::{DistName, ProjectName, Version};

use crate::evidence::{Fetched, Member as _, Published, Verified};
use crate::sidecars::{Places, RELEASE, words};
use crate::signature::{Signature, encode_digests, insert_lists};
use crate::{Error, HEX, paths};

/// There are ten names for sidecars; the rest is for what merging lists again. Each may be a mebibyte
/// that a verifier holds in memory.
const MAX_SIGNATURES: usize = 64;

words! {
    /// What an artifact is, by its file name.
    Kind {
        /// Only a digest is known; there is no file.
        Digest "digest",
        /// Anything that is neither wheel nor sdist.
        File "file",
        /// A source distribution, `.tar.gz` (PEP 625).
        Sdist "sdist",
        /// A wheel (PEP 427).
        Wheel "wheel",
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
    pub verified: Vec<Verified>,
    /// Where it was published to.
    pub published: Vec<Published>,
    /// Where it was fetched from.
    pub fetched: Vec<Fetched>,
    pub(crate) digests: Map<String, Value>,
    pub(crate) rest: Map<String, Value>,
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

    /// Where the release statement lies: `NAME-VERSION.release.sigstore.json` in the artifact's
    /// directory.
    pub fn release_path(&self) -> Option<PathBuf> {
        let (project, version) = (self.project.as_ref()?, self.version.as_ref()?);
        let name = format!("{project}-{version}{}", RELEASE.text);
        Some(self.path.as_ref()?.with_file_name(name))
    }

    fn places(&self) -> Places {
        Places { artifact: self.path.clone(), release: self.release_path() }
    }

    /// Whether a manifest can list `signature` here: each of its files has a sidecar's name and place.
    pub fn can_list(&self, signature: &Signature) -> bool {
        let places = self.places();
        let mut files = signature.files.iter();
        files.all(|file| places.have(&file.path, signature.kind, file.role))
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
        let places = artifact.places();
        artifact.signatures = fields
            .objects("signatures", MAX_SIGNATURES, |one| Signature::parse(one, &places, base))?;
        artifact.verified = fields.objects("verified", usize::MAX, Verified::parse)?;
        artifact.published = fields.objects("published", usize::MAX, Published::parse)?;
        artifact.fetched = fields.objects("fetched", usize::MAX, Fetched::parse)?;
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
        let lists = [
            ("signatures", signatures?.into()),
            ("verified", self.verified.write()),
            ("published", self.published.write()),
            ("fetched", self.fetched.write()),
        ];
        insert_lists(&mut members, lists);
        Ok(members.into())
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
