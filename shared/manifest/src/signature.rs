//! A signature beside an artifact: what kind it is, and the files it consists of.

use std::path::{Path, PathBuf};

use pysign_host::{Sha256, read_regular};
use pysign_json::{Map, Members, Value, json};

use crate::evidence::{Fetched, Member as _, Published};
use crate::sidecars::{Places, Role, SignatureKind};
use crate::{Error, HEX, paths};

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
    pub(crate) rest: Map<String, Value>,
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

    pub(crate) fn parse(mut fields: Members, places: &Places, base: &Path) -> Result<Self, Error> {
        let kind: SignatureKind = fields.parsed("kind", "a kind of signature")?;
        let files = fields.objects("files", 2, |file| Sidecar::parse(file, kind, places, base))?;
        let mut roles: Vec<Role> = files.iter().map(|file| file.role).collect();
        roles.sort_unstable();
        if roles != kind.roles() {
            return Err(fields.wrong("files", "one file for each role of this kind").into());
        }
        let predicate_type = fields.optional_text("predicate_type")?;
        let allowed = fields.texts("allowed", usize::MAX)?;
        Ok(Self { kind, predicate_type, allowed, files, rest: fields.into_rest() })
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
    pub published: Vec<Published>,
    /// Where it was fetched from.
    pub fetched: Vec<Fetched>,
    pub(crate) digests: Map<String, Value>,
    pub(crate) rest: Map<String, Value>,
}

impl Sidecar {
    /// A Sigstore bundle is 5 to 15 KiB; GitLab's and PyPI's attestations are smaller than 100 KiB.
    pub const MAX_BYTES: u64 = 1024 * 1024;

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
        let bytes = read_regular(&self.path, Self::MAX_BYTES)?;
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
        places: &Places,
        base: &Path,
    ) -> Result<Self, Error> {
        let role: Role = fields.parsed("role", "a role of a file")?;
        let text = fields.text("path")?;
        let name = text.rsplit('/').next().unwrap_or(&text).to_owned();
        let path = paths::read(&text, &name, base)?;
        if !places.have(&path, kind, role) {
            let artifact = places.artifact.as_deref().and_then(Path::file_name).unwrap_or_default();
            return Err(Error::Sidecar { path, filename: artifact.display().to_string() });
        }
        let mut digests = fields.object("digests")?;
        let sha256 = Some(digests.parsed("sha256", HEX)?);
        Ok(Self {
            role,
            path,
            sha256,
            published: fields.objects("published", usize::MAX, Published::parse)?,
            fetched: fields.objects("fetched", usize::MAX, Fetched::parse)?,
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
        let evidence = [("published", self.published.write()), ("fetched", self.fetched.write())];
        insert_lists(&mut members, evidence);
        Ok(members.into())
    }
}

/// A digest beside those that this version does not know.
pub(crate) fn encode_digests(rest: &Map<String, Value>, sha256: Sha256) -> Value {
    let mut digests = rest.clone();
    digests.insert("sha256".to_owned(), sha256.to_string().into());
    digests.into()
}

/// Inserts the lists that are not empty.
pub(crate) fn insert_lists<const N: usize>(
    members: &mut Map<String, Value>,
    lists: [(&str, Value); N],
) {
    for (name, list) in lists {
        if list.as_array().is_some_and(|items| !items.is_empty()) {
            members.insert(name.to_owned(), list);
        }
    }
}
