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
use pysign_ci::{Project, Repository};
use pysign_host::shell_quoted;
use pysign_manifest::Version;
use pysign_sigstore::{ClaimName, Error, Expected, Mismatch, Part, Text};

use super::git_ref::RefPattern;

/// What starts a GitLab pipeline on a ref that its maintainers chose (GitLab's `CI_PIPELINE_SOURCE`).
const GITLAB_TRIGGERS: [&str; 4] = ["push", "web", "api", "schedule"];
/// What starts a GitHub workflow on a ref that its maintainers chose (`github.event_name`).
const GITHUB_TRIGGERS: [&str; 4] = ["push", "release", "workflow_dispatch", "schedule"];

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
    /// Refuses the certificate of any other pipeline, and of one of these claims.
    pub(crate) fn check(
        &self,
        file: &Path,
        certificate: &Certificate,
        claims: &[(ClaimName, Text)],
    ) -> Result<(), Error> {
        let mismatches = self.expected(certificate, claims).mismatches(certificate);
        let hint = self.hint(certificate, &mismatches);
        match mismatches.into_iter().next() {
            None => Ok(()),
            Some(mismatch) => Err(Error::Signer { file: file.into(), mismatch, hint }),
        }
    }

    /// What the certificate must be. Where the preset leaves something open, the certificate fills
    /// it in, once and for every part that repeats it.
    fn expected(&self, certificate: &Certificate, claims: &[(ClaimName, Text)]) -> Expected {
        let source = &self.preset.source;
        let fits = |found: &&str| self.git_ref.matches(found);
        let git_ref = match ClaimName::REF.of(certificate).filter(fits) {
            Some(found) => found.to_owned(),
            None => self.git_ref.to_string(),
        };
        let identity = source.identity(certificate.identity(), &git_ref);
        let issuer = match &self.preset.issuer {
            Some(issuer) => issuer.clone(),
            None => Text::exact(&source.issuer()),
        };
        let mut expected = Expected::new(Text::exact(&identity), issuer)
            .with_claim(ClaimName::SOURCE, Text::exact(&source.url()))
            .with_claim(ClaimName::REF, self.git_ref.clone());
        if !claims.iter().any(|(name, _)| *name == ClaimName::TRIGGER) {
            let triggers = source.triggers().map(str::to_owned).to_vec();
            expected = expected.with_claim(ClaimName::TRIGGER, Text::AnyOf(triggers));
        }
        let asked = claims.iter().cloned();
        asked.fold(expected, |expected, (name, value)| expected.with_claim(name, value))
    }

    /// The flags that would accept this pipeline and no other, if it is one that presets can name.
    fn hint(&self, certificate: &Certificate, mismatches: &[Mismatch]) -> Option<String> {
        let mut flags = Vec::new();
        for mismatch in mismatches {
            match mismatch.part {
                Part::Identity
                | Part::Source(_)
                | Part::Claim(ClaimName::SOURCE | ClaimName::REF) => {}
                _ => flags.push(mismatch.flag()?),
            }
        }
        let found = ClaimName::REF.of(certificate)?;
        let git_ref =
            (!self.git_ref.matches(found)).then(|| format!("--ref {}", shell_quoted(found)));
        let mut named = self.preset.source.flags(certificate, found)?;
        named.extend(git_ref);
        named.extend(flags);
        (!named.is_empty()).then(|| format!("to accept it: {}", named.join(" ")))
    }
}

impl Source {
    fn url(&self) -> String {
        match self {
            Self::GitLab { project, .. } => project.url(),
            Self::GitHub { repository, .. } => repository.url(),
        }
    }

    pub(crate) fn issuer(&self) -> String {
        match self {
            Self::GitLab { project, .. } => project.issuer(),
            Self::GitHub { .. } => Repository::ISSUER.to_owned(),
        }
    }

    fn triggers(&self) -> [&'static str; 4] {
        match self {
            Self::GitLab { .. } => GITLAB_TRIGGERS,
            Self::GitHub { .. } => GITHUB_TRIGGERS,
        }
    }

    /// The name of this pipeline on this ref; the file that is left open is that of `found`.
    fn identity(&self, found: &str, git_ref: &str) -> String {
        match self {
            Self::GitLab { project, config } => project.identity(config, git_ref),
            Self::GitHub { repository, workflow } => {
                let any = || workflow_of(repository, found).unwrap_or("*");
                repository.identity(workflow.as_deref().unwrap_or_else(any), git_ref)
            }
        }
    }

    /// The flags that name the pipeline of this certificate on this ref, where they differ from
    /// what was asked for. `None` if its parts contradict each other: no preset accepts that.
    fn flags(&self, certificate: &Certificate, git_ref: &str) -> Option<Vec<String>> {
        let (identity, url) = (certificate.identity(), ClaimName::SOURCE.of(certificate)?);
        let mut flags = Vec::new();
        match self {
            Self::GitLab { project, config } => {
                let found: Project = url.parse().ok()?;
                let file = identity.strip_prefix(&format!("{url}//"))?;
                let file = file.strip_suffix(git_ref)?.strip_suffix('@')?;
                if found != *project {
                    flags.push(format!("--gitlab {}", shell_quoted(url)));
                }
                if file != config {
                    flags.push(format!("--config {}", shell_quoted(file)));
                }
            }
            Self::GitHub { repository, workflow } => {
                let found: Repository = url.strip_prefix("https://github.com/")?.parse().ok()?;
                let file = workflow_of(&found, identity)?;
                if found.identity(file, git_ref) != identity {
                    return None;
                }
                if found != *repository {
                    flags.push(format!("--github {}", shell_quoted(found.path())));
                }
                if workflow.as_deref().is_some_and(|workflow| workflow != file) {
                    flags.push(format!("--workflow {}", shell_quoted(file)));
                }
            }
        }
        Some(flags)
    }
}

/// The file of a workflow that lies in this repository.
fn workflow_of<'i>(repository: &Repository, identity: &'i str) -> Option<&'i str> {
    let (file, _) = identity.strip_prefix(&repository.workflows())?.split_once('@')?;
    (!file.is_empty() && !file.contains('/')).then_some(file)
}

#[cfg(test)]
mod tests;
