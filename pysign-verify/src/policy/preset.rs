//! `--gitlab` and `--github`: a project's own pipeline, on a ref, started by an event that its
//! maintainers control.
//!
//! The parts of a certificate say the same thing several times, and a preset asks for all of it: an
//! issuer that vouches for this host, a name of this project's definition on this ref, this project
//! as what was built (.12), this ref (.14), and one of the usual events (.20). A fork's merge
//! request, a child pipeline, or a reusable workflow that was called from elsewhere differs in one
//! of them at least.

use std::fmt;
use std::path::Path;

use pysign_attest::Certificate;
use pysign_ci::{Project, Repository, san_uri};
use pysign_manifest::Version;
use pysign_sigstore::{ClaimName, Error, Expected, Mismatch, Text, usual_triggers};

use super::git_ref::RefPattern;

/// One project's pipeline.
#[derive(Clone, Debug)]
pub(crate) struct Preset {
    pub(crate) source: Source,
    pub(crate) git_ref: RefPattern,
    /// In the place of the source's own.
    pub(crate) issuer: Option<Text>,
}

/// Whose pipeline it is.
#[derive(Clone, Debug)]
pub(crate) enum Source {
    GitLab {
        project: Project,
        config: String,
    },
    /// Without a workflow, any of the repository's.
    GitHub {
        repository: Repository,
        workflow: Option<String>,
    },
}

/// A preset for a file of a version: its ref is settled, or open at its end.
pub(crate) struct Settled<'p> {
    preset: &'p Preset,
    git_ref: Text,
}

impl Preset {
    /// `None` if the ref takes a version, and there is none.
    pub(crate) fn of(&self, version: Option<&Version>) -> Option<Settled<'_>> {
        Some(Settled { preset: self, git_ref: self.git_ref.of(version)? })
    }
}

/// Whose pipeline it is, and on what.
impl fmt::Display for Preset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} on {}", self.source.url(), self.git_ref)
    }
}

impl Settled<'_> {
    /// Refuses the certificate of any other pipeline, and of one without these claims.
    pub(crate) fn check(
        &self,
        file: &Path,
        certificate: &Certificate,
        claims: &[(ClaimName, Text)],
    ) -> Result<(), Error> {
        let mismatches = self.expected(certificate, claims).mismatches(certificate);
        let Some(mismatch) = Mismatch::all(&mismatches) else { return Ok(()) };
        Err(Error::Signer { file: file.into(), mismatch, hint: self.hint(certificate, claims) })
    }

    /// What the certificate must be. Where the preset leaves something open, the certificate fills
    /// it in, once and for every part that repeats it.
    fn expected(&self, certificate: &Certificate, claims: &[(ClaimName, Text)]) -> Expected {
        let source = &self.preset.source;
        let matches = |found: &&str| self.git_ref.matches(found);
        let git_ref = match ClaimName::REF.of(certificate).filter(matches) {
            Some(found) => found.to_owned(),
            None => self.git_ref.to_string(),
        };
        let identity = source.identity(certificate, &git_ref);
        let issuer = match &self.preset.issuer {
            Some(issuer) => issuer.clone(),
            None => Text::exact(&source.issuer()),
        };
        let mut expected = named(&identity, issuer)
            .with_claim(ClaimName::SOURCE, Text::exact(&source.url()))
            .with_claim(ClaimName::REF, self.git_ref.clone());
        if !claims.iter().any(|(name, _)| *name == ClaimName::TRIGGER)
            && let Some(triggers) = source.triggers()
        {
            expected = expected.with_claim(ClaimName::TRIGGER, triggers);
        }
        let asked = claims.iter().cloned();
        asked.fold(expected, |expected, (name, value)| expected.with_claim(name, value))
    }

    /// The option that names the pipeline's ref, if nothing but the ref is another one. Where a tag
    /// was asked for, only another tag is named: whoever may push a branch may not push a tag.
    fn hint(&self, certificate: &Certificate, claims: &[(ClaimName, Text)]) -> Option<String> {
        let found = ClaimName::REF.of(certificate)?;
        if !self.preset.git_ref.may_become(found) {
            return None;
        }
        let other = Self { preset: self.preset, git_ref: Text::exact(found) };
        let only_the_ref = other.expected(certificate, claims).mismatches(certificate).is_empty();
        only_the_ref
            .then(|| format!("the pipeline ran on another ref of this project: --ref {found}"))
    }
}

impl Source {
    fn url(&self) -> String {
        match self {
            Self::GitLab { project, .. } => project.url(),
            Self::GitHub { repository, .. } => repository.url(),
        }
    }

    /// What may start its pipelines.
    pub(crate) fn triggers(&self) -> Option<Text> {
        usual_triggers(&match self {
            Self::GitLab { project, config } => format!("{}//{config}@", project.url()),
            Self::GitHub { repository, .. } => repository.workflows(),
        })
    }

    pub(crate) fn issuer(&self) -> String {
        match self {
            Self::GitLab { project, .. } => project.issuer(),
            Self::GitHub { .. } => Repository::ISSUER.to_owned(),
        }
    }

    /// This pipeline on this ref, as the CI system writes it; the file that is left open is that of
    /// the certificate.
    fn identity(&self, certificate: &Certificate, git_ref: &str) -> String {
        match self {
            Self::GitLab { project, config } => format!("{}//{config}@{git_ref}", project.url()),
            Self::GitHub { repository, workflow } => {
                let found = ClaimName::DEFINITION.of(certificate);
                let found = found.unwrap_or(certificate.identity());
                let any = || workflow_of(repository, found).unwrap_or("*");
                let workflow = workflow.as_deref().unwrap_or_else(any);
                format!("{}{workflow}@{git_ref}", repository.workflows())
            }
        }
    }
}

/// The file of a workflow that lies in this repository.
fn workflow_of<'i>(repository: &Repository, identity: &'i str) -> Option<&'i str> {
    let (file, _) = identity.strip_prefix(&repository.workflows())?.split_once('@')?;
    (!file.is_empty() && !file.contains('/')).then_some(file)
}

/// The certificate for an identity as the CI system writes it. Fulcio escapes what is no character
/// of a URL, so that two identities can have one name: then the certificate's claim decides, where
/// the identity stands as it is.
pub(crate) fn named(identity: &str, issuer: Text) -> Expected {
    let name = san_uri(identity).unwrap_or_else(|| identity.to_owned());
    let expected = Expected::new(Text::exact(&name), issuer);
    if name == identity && !(identity.contains('%') && identity.contains("://")) {
        return expected;
    }
    expected.with_claim(ClaimName::DEFINITION, Text::exact(identity))
}

#[cfg(test)]
mod tests;
