//! Whether a statement is about the file, and whether it agrees with its own certificate.
//!
//! SHA-256 decides: two sets of digests match if they agree in one algorithm that the reader takes
//! (in-toto, `spec/v1/digest_set.md`), and this reader takes no other. What a subject says by other
//! algorithms proves nothing, and denies nothing.
//!
//! For a wheel or an sdist the subject must carry the file's name as well: an index and an installer
//! go by names, and a signed 1.0.0 is not a 2.0.0 (PEP 740, "Attestation verification"). And where a
//! statement is SLSA provenance, version 1, its source must be the certificate's: what the authority
//! was told by the CI system is proven, what the predicate says is only what the build says of
//! itself.

use pysign_attest::predicates::SLSA;
use pysign_attest::{Certificate, Statement};
use serde_json::Value;

use crate::{Error, Subject};

/// Refuses a statement that is not about `subject`, or that contradicts the certificate it is signed
/// with, or is to be signed with.
pub fn check_statement(
    statement: &Statement,
    subject: &Subject<'_>,
    certificate: Option<&Certificate>,
) -> Result<(), Error> {
    is_about(statement, subject)?;
    match certificate {
        Some(certificate) if subject.filename.is_some() && statement.predicate_type == SLSA => {
            same_source(&statement.predicate, certificate).map_err(|(what, expected, found)| {
                let (expected, found) = (expected.to_owned(), found.to_owned());
                Error::StatementSource { file: subject.file.into(), what, expected, found }
            })
        }
        _ => Ok(()),
    }
}

fn is_about(statement: &Statement, subject: &Subject<'_>) -> Result<(), Error> {
    let ours = |one: &&pysign_attest::Subject| one.sha256() == Some(subject.digest);
    let other_file = || {
        let expected = statement.subjects.first().and_then(pysign_attest::Subject::sha256);
        Error::StatementFile { file: subject.file.into(), expected, found: subject.digest }
    };
    let by_digest = statement.subjects.iter().find(ours).ok_or_else(other_file)?;
    let Some(name) = subject.filename else { return Ok(()) };
    let mut by_name = statement.subjects.iter().filter(|one| one.is_named(name)).peekable();
    if by_name.peek().is_none() {
        let (expected, found) = (name.to_owned(), by_digest.name.clone());
        return Err(Error::StatementName { file: subject.file.into(), expected, found });
    }
    // A name that is there twice is that of two files, or it is the file's.
    if by_name.all(|one| ours(&one)) { Ok(()) } else { Err(other_file()) }
}

/// The repository of a workflow, by its URL.
const WORKFLOW: &str = "/buildDefinition/externalParameters/workflow/repository";
/// The source of a build: a URL, or what SLSA calls a `ResourceDescriptor`.
const SOURCE: &str = "/buildDefinition/externalParameters/source";
/// What went into a build.
const DEPENDENCIES: &str = "/buildDefinition/resolvedDependencies";

/// Where provenance names the source, by what makes it: GitHub's workflows
/// (actions.github.io/buildtypes/workflow/v1 and slsa-framework.github.io's) have
/// `externalParameters.workflow.repository`, GitLab's runner has `externalParameters.source`, and so
/// have builds in containers (slsa.dev/container-based-build), with a commit; and all list
/// repository and commit among the `resolvedDependencies`, but for the last.
///
/// The certificate must have both. Each place that is there must name its repository, and one that
/// names the commit must be there; wherever that repository has a commit, it is the certificate's.
fn same_source<'a>(
    predicate: &'a Value,
    certificate: &'a Certificate,
) -> Result<(), OtherSource<'a>> {
    let claim = |name| certificate.claims().get(name).map(String::as_str).unwrap_or_default();
    let repository = claim("source-repository-uri");
    let commit = claim("source-repository-digest");
    let uri = |one| text(one, "/uri").map(repository_of);
    let workflow = predicate.pointer(WORKFLOW).map(Value::as_str);
    let source = predicate.pointer(SOURCE);
    let of_source = source.map(|one| if one.is_object() { uri(one) } else { one.as_str() });
    for found in [workflow, of_source].into_iter().flatten() {
        same("repository", repository, found.unwrap_or_default())?;
    }
    let dependencies = predicate.pointer(DEPENDENCIES).and_then(Value::as_array);
    let all = || source.into_iter().chain(dependencies.into_iter().flatten());
    let mut sources = all().filter(|one| uri(*one) == Some(repository));
    let Some(first) = sources.next() else {
        let found = all().find_map(uri).unwrap_or_default();
        return Err(("repository", repository, found));
    };
    let same_commit = |one| same("commit", commit, commit_of(one).unwrap_or_default());
    same_commit(first).and_then(|()| sources.try_for_each(same_commit))
}

fn text<'v>(value: &'v Value, place: &str) -> Option<&'v str> {
    value.pointer(place).and_then(Value::as_str)
}

/// Which part of the source differs, what the certificate says, and what the predicate says.
type OtherSource<'a> = (&'static str, &'a str, &'a str);

/// Equal, and there.
fn same<'a>(what: &'static str, expected: &'a str, found: &'a str) -> Result<(), OtherSource<'a>> {
    if expected == found && !found.is_empty() { Ok(()) } else { Err((what, expected, found)) }
}

/// The repository of a dependency: `git+URL@REF` (SPDX 2.3 §7.7), or the bare URL as GitLab has it.
fn repository_of(uri: &str) -> &str {
    let Some(uri) = uri.strip_prefix("git+") else { return uri };
    // Only in a path: an @ before the host would be a user's name.
    match uri.rsplit_once('@') {
        Some((repository, _)) if repository.splitn(4, '/').count() == 4 => repository,
        _ => uri,
    }
}

/// The commit of a dependency. `gitCommit` is in-toto's name for it (`digest_set.md`), `sha1` what it
/// was before; GitLab's runner writes it as `sha256`, whatever its length.
fn commit_of(dependency: &Value) -> Option<&str> {
    let places = ["/digest/gitCommit", "/digest/sha1", "/digest/sha256"];
    places.into_iter().find_map(|place| text(dependency, place))
}

#[cfg(test)]
mod tests;
