//! A file from its place to ours: hashed on the way, and in its place only if it is what was
//! claimed.

use std::path::Path;

use pysign_host::{Failure, FileError, Group, Staged, hash_regular, open_regular};
use pysign_http::{Request, Url};
use pysign_index::Location;

use crate::Error;
use crate::select::{Claim, Wanted};
use crate::source::Source;

/// GitLab's registries take 5 GiB, PyPI far less; a static index has room for the largest wheels.
const MAX_PACKAGE: u64 = 16 << 30;

/// How a file came to be here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// It was fetched.
    Fetched,
    /// It was here already.
    Kept,
}

/// Fetches `wanted` into `group`, unless the very bytes are there already. Gives their number.
pub(crate) fn package(
    wanted: &Wanted,
    source: &Source<'_>,
    group: &mut Group,
) -> Result<(Outcome, u64), Failure> {
    let target = wanted.artifact.path()?;
    if let Some(size) = there(target, &wanted.claim, source.host.out.force())? {
        source.host.notes.detail(format!("kept '{}'", target.display()));
        return Ok((Outcome::Kept, size));
    }
    let place = source.shown(&wanted.file.location);
    source.host.notes.progress(format!("fetching '{}'", wanted.file.filename));
    let staged = match &wanted.file.location {
        Location::Url(url) => from_server(url, target, &wanted.claim, source)?,
        Location::Within(path) => {
            from_directory(&source.path(path), target, &wanted.claim, source)?
        }
    };
    check(&staged, &wanted.claim, &place)?;
    source.host.notes.detail(format!("fetched '{}' from '{place}'", target.display()));
    let size = staged.size();
    group.add(staged);
    Ok((Outcome::Fetched, size))
}

/// The size of `target` if it has the claimed bytes. Other bytes are an error, unless forced:
/// before anything is fetched, not after.
fn there(target: &Path, claim: &Claim, force: bool) -> Result<Option<u64>, FileError> {
    match hash_regular(target, MAX_PACKAGE) {
        Ok((sha256, size)) if sha256 == claim.sha256 => Ok(Some(size)),
        Err(FileError::Missing { .. }) => Ok(None),
        _ if force => Ok(None),
        _ => Err(FileError::Exists { file: target.into() }),
    }
}

/// More than was claimed is not read: what follows can only be wrong.
fn cap(claim: &Claim) -> u64 {
    claim.size.unwrap_or(MAX_PACKAGE).min(MAX_PACKAGE)
}

fn from_server(
    url: &Url,
    target: &Path,
    claim: &Claim,
    source: &Source<'_>,
) -> Result<Staged, Failure> {
    // A proxy that compresses what is compressed already would change the bytes.
    let mut request = Request::get(url.clone()).header("accept-encoding", "identity");
    if let Some(basic) = &source.basic {
        request = request.credential(basic);
    }
    let begin = || source.host.out.draft(target).map_err(Stop::File);
    match source.client.download(&request, cap(claim), begin) {
        Ok((_, draft)) => Ok(draft.finish()?),
        Err(Stop::File(error)) => Err(error.into()),
        Err(Stop::Http(error)) => {
            Err(explain(error, target, source.shown(&Location::Url(url.clone())), claim))
        }
    }
}

/// Why a download ended: the sink could not be made, or the rest.
enum Stop {
    File(FileError),
    Http(pysign_http::Error),
}

impl From<pysign_http::Error> for Stop {
    fn from(error: pysign_http::Error) -> Self {
        Self::Http(error)
    }
}

/// A full disk is about our file, and too many bytes are about the claim.
fn explain(error: pysign_http::Error, target: &Path, place: String, claim: &Claim) -> Failure {
    match (error, claim.size) {
        (pysign_http::Error::Write { cause, .. }, _) => {
            FileError::Unwritable { file: target.into(), cause }.into()
        }
        (pysign_http::Error::TooLarge { .. }, Some(size)) => too_large(place, claim, size).into(),
        (error, _) => error.into(),
    }
}

fn too_large(place: String, claim: &Claim, expected: u64) -> Error {
    let (expected, found) = (format!("{expected} bytes"), "more".to_owned());
    Error::OtherBytes { place, claimant: claim.claimant(), expected, found }
}

fn from_directory(
    path: &Path,
    target: &Path,
    claim: &Claim,
    source: &Source<'_>,
) -> Result<Staged, Failure> {
    let cap = cap(claim);
    let file = open_regular(path)?;
    let mut draft = source.host.out.draft(target)?;
    match (draft.fill(file, path, cap), claim.size) {
        (Err(FileError::TooLarge { .. }), Some(size)) => {
            Err(too_large(path.display().to_string(), claim, size).into())
        }
        (filled, _) => Ok(filled.and_then(|()| draft.finish())?),
    }
}

fn check(staged: &Staged, claim: &Claim, place: &str) -> Result<(), Error> {
    let size = claim.size.unwrap_or(staged.size());
    let (expected, found) = if size != staged.size() {
        (format!("{size} bytes"), format!("{} bytes", staged.size()))
    } else if staged.sha256() != claim.sha256 {
        (format!("sha256:{}", claim.sha256), format!("sha256:{}", staged.sha256()))
    } else {
        return Ok(());
    };
    Err(Error::OtherBytes { place: place.to_owned(), claimant: claim.claimant(), expected, found })
}
