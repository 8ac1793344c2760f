//! Downloads: hashed on the way, and put in place only if the bytes are those that were claimed.

use std::path::Path;

use pysign_host::{Failure, FileError, Group, Staged, hash_regular, open_regular};
use pysign_http::{Request, Url};
use pysign_index::Location;
use pysign_manifest::Artifact;

use crate::Error;
use crate::select::{Claim, Wanted};
use crate::source::Source;

/// How a file came to be here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// It was fetched.
    Fetched,
    /// It was here already.
    Kept,
}

/// Fetches `wanted` into `group`, unless the same bytes are there already. Gives their number.
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
        Location::Url(url) => from_server(url, target, &wanted.claim, source),
        Location::Within(path) => from_directory(&source.path(path), target, &wanted.claim, source),
    };
    let staged = staged.map_err(|stop| stop.explain(target, &place, &wanted.claim))?;
    check(&staged, &wanted.claim, &place)?;
    source.host.notes.detail(format!("fetched '{}' from '{place}'", target.display()));
    let size = staged.size();
    group.add(staged);
    Ok((Outcome::Fetched, size))
}

/// The size of `target` if it has the claimed bytes. Other bytes are an error before anything is
/// fetched, unless `force` is given.
fn there(target: &Path, claim: &Claim, force: bool) -> Result<Option<u64>, FileError> {
    match hash_regular(target, Artifact::MAX_BYTES) {
        Ok((sha256, size)) if sha256 == claim.sha256 => Ok(Some(size)),
        Err(FileError::Missing { .. }) => Ok(None),
        _ if force => Ok(None),
        _ => Err(FileError::Exists { file: target.into() }),
    }
}

/// No more is read than was claimed: with another byte the digest can only be wrong.
fn cap(claim: &Claim) -> u64 {
    claim.size.unwrap_or(Artifact::MAX_BYTES).min(Artifact::MAX_BYTES)
}

fn from_server(
    url: &Url,
    target: &Path,
    claim: &Claim,
    source: &Source<'_>,
) -> Result<Staged, Stop> {
    // A proxy that compresses what is compressed already would change the bytes.
    let mut request = Request::get(url.clone()).header("accept-encoding", "identity");
    if let Some(basic) = &source.basic {
        request = request.credential(basic);
    }
    let begin = || source.host.out.draft(target).map_err(Stop::File);
    let (_, draft) = source.client.download(&request, cap(claim), begin)?;
    draft.finish().map_err(Stop::File)
}

fn from_directory(
    path: &Path,
    target: &Path,
    claim: &Claim,
    source: &Source<'_>,
) -> Result<Staged, Stop> {
    let copied = open_regular(path).and_then(|file| {
        let mut draft = source.host.out.draft(target)?;
        draft.fill(file, path, cap(claim))?;
        draft.finish()
    });
    copied.map_err(Stop::File)
}

/// Why a download failed.
enum Stop {
    File(FileError),
    Http(pysign_http::Error),
}

impl From<pysign_http::Error> for Stop {
    fn from(error: pysign_http::Error) -> Self {
        Self::Http(error)
    }
}

impl Stop {
    /// The error about the file that matters: ours if the disk is full, theirs if it is too long.
    fn explain(self, target: &Path, place: &str, claim: &Claim) -> Failure {
        match (self, claim.size) {
            (
                Self::File(FileError::TooLarge { .. })
                | Self::Http(pysign_http::Error::TooLarge { .. }),
                Some(size),
            ) => claim.broken(place, format!("{size} bytes"), "more".to_owned()).into(),
            (Self::Http(pysign_http::Error::Write { cause, .. }), _) => {
                FileError::Unwritable { file: target.into(), cause }.into()
            }
            (Self::File(error), _) => error.into(),
            (Self::Http(error), _) => error.into(),
        }
    }
}

fn check(staged: &Staged, claim: &Claim, place: &str) -> Result<(), Error> {
    let (size, sha256) = (claim.size.unwrap_or(staged.size()), staged.sha256());
    if size != staged.size() {
        let found = format!("{} bytes", staged.size());
        return Err(claim.broken(place, format!("{size} bytes"), found));
    }
    if sha256 != claim.sha256 {
        let expected = format!("sha256:{}", claim.sha256);
        return Err(claim.broken(place, expected, format!("sha256:{sha256}")));
    }
    Ok(())
}
