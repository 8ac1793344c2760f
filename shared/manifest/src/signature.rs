//! A signature beside an artifact: what kind it is, and the files it consists of.

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use pysign_host::{Sha256, read_regular};
use pysign_json::{Map, Members, Value, json};

use crate::artifact::{HEX, agree, encode_digests, entries, unite, unite_members, unless_empty};
use crate::{Artifact, Error, paths, sidecars};

/// A Sigstore bundle is 5 to 15 KiB; GitLab's and PyPI's attestations are smaller than 100 KiB.
const MAX_BYTES: u64 = 1024 * 1024;

/// What a signature consists of, and what it says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SignatureKind {
    /// A PEP 740 attestation.
    Attestation,
    /// A Sigstore bundle over the file's digest.
    Bundle,
    /// A detached signature with its certificate.
    Pair,
    /// A PEP 740 provenance object, as an index serves it.
    Provenance,
    /// One statement over all files of the release.
    Release,
    /// A bundle with an in-toto statement about the file.
    Statement,
}

impl SignatureKind {
    const ALL: [Self; 6] = [
        Self::Attestation,
        Self::Bundle,
        Self::Pair,
        Self::Provenance,
        Self::Release,
        Self::Statement,
    ];

    /// The roles that its files play: each once.
    fn roles(self) -> &'static [Role] {
        match self {
            Self::Attestation => &[Role::Attestation],
            Self::Bundle | Self::Release | Self::Statement => &[Role::Bundle],
            Self::Pair => &[Role::Certificate, Role::Signature],
            Self::Provenance => &[Role::Provenance],
        }
    }
}

impl fmt::Display for SignatureKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Attestation => "attestation",
            Self::Bundle => "bundle",
            Self::Pair => "pair",
            Self::Provenance => "provenance",
            Self::Release => "release",
            Self::Statement => "statement",
        })
    }
}

/// The text is no word for a kind or a role.
#[derive(Clone, Copy, Debug)]
pub struct UnknownWord;

impl FromStr for SignatureKind {
    type Err = UnknownWord;

    fn from_str(text: &str) -> Result<Self, UnknownWord> {
        Self::ALL.into_iter().find(|kind| kind.to_string() == text).ok_or(UnknownWord)
    }
}

/// What one file is to its signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// A PEP 740 attestation object.
    Attestation,
    /// A Sigstore bundle.
    Bundle,
    /// The signing certificate.
    Certificate,
    /// A PEP 740 provenance object.
    Provenance,
    /// The detached signature.
    Signature,
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Attestation => "attestation",
            Self::Bundle => "bundle",
            Self::Certificate => "certificate",
            Self::Provenance => "provenance",
            Self::Signature => "signature",
        })
    }
}

impl FromStr for Role {
    type Err = UnknownWord;

    fn from_str(text: &str) -> Result<Self, UnknownWord> {
        [Self::Attestation, Self::Bundle, Self::Certificate, Self::Provenance, Self::Signature]
            .into_iter()
            .find(|role| role.to_string() == text)
            .ok_or(UnknownWord)
    }
}

/// One signature that is claimed to be about an artifact.
#[derive(Clone, Debug, PartialEq)]
pub struct Signature {
    /// What it consists of.
    pub kind: SignatureKind,
    /// The in-toto predicate type, where it says one.
    pub predicate_type: Option<String>,
    /// The relaxations with which it was made: `other-commit`.
    pub allowed: Vec<String>,
    /// Its files, each in a role of its own.
    pub files: Vec<Sidecar>,
    rest: Map<String, Value>,
}

impl Signature {
    /// A signature of these files.
    pub fn new(kind: SignatureKind, files: Vec<Sidecar>) -> Self {
        Self { kind, predicate_type: None, allowed: Vec::new(), files, rest: Map::new() }
    }

    /// The file in this role.
    pub fn file(&self, role: Role) -> Option<&Sidecar> {
        self.files.iter().find(|file| file.role == role)
    }

    /// Whether each of its files has the name and the place that a manifest can list.
    pub fn lies_beside(&self, artifact: &Artifact) -> bool {
        let place = |file: &Sidecar| sidecars::belongs(&file.path, self.kind, file.role, artifact);
        self.files.iter().all(place)
    }

    pub(crate) fn parse(
        mut fields: Members,
        artifact: &Artifact,
        base: &Path,
    ) -> Result<Self, Error> {
        let kind: SignatureKind = fields.parsed("kind", "a kind of signature")?;
        let files =
            fields.objects("files", 2, |file| Sidecar::parse(file, kind, artifact, base))?;
        let mut roles: Vec<Role> = files.iter().map(|file| file.role).collect();
        roles.sort_unstable();
        if roles != kind.roles() {
            return Err(fields.wrong("files", "one file for each role of this kind").into());
        }
        let predicate_type = fields.optional_text("predicate_type")?;
        let allowed = fields.texts("allowed", usize::MAX)?;
        Ok(Self { kind, predicate_type, allowed, files, rest: fields.into_rest() })
    }

    /// Whether it consists of the same files, by their names.
    pub(crate) fn is_at_the_place_of(&self, other: &Self) -> bool {
        let same = |file: &Sidecar| other.file(file.role).is_some_and(|it| it.path == file.path);
        self.kind == other.kind && self.files.iter().all(same)
    }

    /// Adds what `other` knows of the same files.
    pub(crate) fn absorb(
        &mut self,
        other: Self,
        conflict: impl Fn(&'static str) -> Error,
    ) -> Result<(), Error> {
        agree(&mut self.predicate_type, other.predicate_type)
            .and_then(|()| unite_members(&mut self.rest, other.rest))
            .map_err(|()| conflict("signatures"))?;
        unite(&mut self.allowed, other.allowed);
        for theirs in other.files {
            let Some(ours) = self.files.iter_mut().find(|ours| ours.role == theirs.role) else {
                continue;
            };
            if ours.sha256 != theirs.sha256 {
                let filename = theirs.path.file_name().unwrap_or_default();
                return Err(Error::OtherBytes { filename: filename.display().to_string() });
            }
            unite(&mut ours.published, theirs.published);
            unite(&mut ours.fetched, theirs.fetched);
            unite_members(&mut ours.digests, theirs.digests)
                .and_then(|()| unite_members(&mut ours.rest, theirs.rest))
                .map_err(|()| conflict("signatures"))?;
        }
        Ok(())
    }

    pub(crate) fn encode(&self, here: &Path) -> Result<Value, Error> {
        let mut members = self.rest.clone();
        members.insert("kind".to_owned(), json!(self.kind.to_string()));
        if let Some(predicate_type) = &self.predicate_type {
            members.insert("predicate_type".to_owned(), json!(predicate_type));
        }
        if !self.allowed.is_empty() {
            members.insert("allowed".to_owned(), json!(self.allowed));
        }
        let files: Result<Vec<Value>, Error> =
            self.files.iter().map(|file| file.encode(here)).collect();
        members.insert("files".to_owned(), files?.into());
        Ok(members.into())
    }
}

/// A file that belongs to a signature and lies beside its artifact.
#[derive(Clone, Debug, PartialEq)]
pub struct Sidecar {
    /// What it is to its signature.
    pub role: Role,
    /// The artifact's path with a suffix of [`crate::SIDECARS`].
    pub path: PathBuf,
    /// Its digest; `None` when it was found beside an operand and not read yet.
    pub sha256: Option<Sha256>,
    /// Where it was published to.
    pub published: Vec<Value>,
    /// Where it was fetched from.
    pub fetched: Vec<Value>,
    digests: Map<String, Value>,
    rest: Map<String, Value>,
}

impl Sidecar {
    /// The sidecar at `path`, about whose bytes nothing is known yet.
    pub fn new(role: Role, path: PathBuf, sha256: Option<Sha256>) -> Self {
        Self {
            role,
            path,
            sha256,
            published: Vec::new(),
            fetched: Vec::new(),
            digests: Map::new(),
            rest: Map::new(),
        }
    }

    /// Its bytes: a regular file itself, at most 1 MiB, as the manifest claims them.
    pub fn read(&self) -> Result<Vec<u8>, Error> {
        let bytes = read_regular(&self.path, MAX_BYTES)?;
        let found = Sha256::of(&bytes);
        match self.sha256 {
            Some(expected) if expected != found => {
                Err(Error::Digest { file: self.path.clone(), expected, found })
            }
            _ => Ok(bytes),
        }
    }

    /// [`Sidecar::read`], and takes note of the digest.
    pub fn load(&mut self) -> Result<Vec<u8>, Error> {
        let bytes = self.read()?;
        self.sha256 = Some(Sha256::of(&bytes));
        Ok(bytes)
    }

    fn parse(
        mut fields: Members,
        kind: SignatureKind,
        artifact: &Artifact,
        base: &Path,
    ) -> Result<Self, Error> {
        let role: Role = fields.parsed("role", "a role of a file")?;
        let text = fields.text("path")?;
        let name = text.rsplit('/').next().unwrap_or(&text).to_owned();
        let path = paths::read(&text, &name, base)?;
        if !sidecars::belongs(&path, kind, role, artifact) {
            return Err(Error::Sidecar { path, filename: artifact.filename.clone() });
        }
        let mut digests = fields.object("digests")?;
        let sha256 = Some(digests.parsed("sha256", HEX)?);
        Ok(Self {
            role,
            path,
            sha256,
            published: entries(&mut fields, "published")?,
            fetched: entries(&mut fields, "fetched")?,
            digests: digests.into_rest(),
            rest: fields.into_rest(),
        })
    }

    fn encode(&self, here: &Path) -> Result<Value, Error> {
        let file = || self.path.display().to_string();
        let mut members = self.rest.clone();
        let sha256 = self.sha256.ok_or_else(|| Error::NoDigest { file: file() })?;
        members.insert("digests".to_owned(), encode_digests(&self.digests, sha256));
        members.insert("path".to_owned(), paths::write(&self.path, here)?.into());
        members.insert("role".to_owned(), self.role.to_string().into());
        for (name, values) in [("published", &self.published), ("fetched", &self.fetched)] {
            if let Some(values) = unless_empty(values) {
                members.insert(name.to_owned(), values);
            }
        }
        Ok(members.into())
    }
}
