//! Whose signature it must be: what a certificate has to say of its signer, part by part.
//!
//! A name without its issuer is anyone's, so both are there or nothing is. What a certificate does
//! not say is a mismatch: an absent claim is no claim that happens to fit.

mod claim;
mod mismatch;
mod regexp;
mod text;

use std::path::Path;

use pysign_attest::Certificate;

use crate::{Error, Proof};

pub use claim::ClaimName;
pub use mismatch::{Mismatch, Part};
pub use regexp::Regexp;
pub use text::Text;

/// An identity, the issuer that must have vouched for it, and what else must be said of the signer.
#[derive(Clone, Debug)]
pub struct Expected {
    identity: Text,
    issuer: Text,
    claims: Vec<(ClaimName, Text)>,
    /// Whether the certificate of a pipeline must also name the pipeline's own repository and one of
    /// the usual triggers, unless a claim asks for others.
    usual: bool,
}

impl Expected {
    /// This identity of this issuer, byte for byte, whatever else the certificate says. It is for
    /// signing, where the token at hand decides: a verifier wants [`Expected::new`].
    pub fn exact(identity: &str, issuer: &str) -> Self {
        Self { usual: false, ..Self::new(Text::exact(identity), Text::exact(issuer)) }
    }

    /// This identity of this issuer. Unless a claim names the repository that was built, the
    /// pipeline's definition must lie in it: a reusable workflow signs for whoever calls it. Unless a
    /// claim names the trigger, it must be one of [`usual_triggers`]: a fork's merge request has the
    /// name of its target's pipeline.
    pub fn new(identity: Text, issuer: Text) -> Self {
        Self { identity, issuer, claims: Vec::new(), usual: true }
    }

    /// Asks for a claim too. Of two with the same name, both must hold.
    #[must_use]
    pub fn with_claim(mut self, name: ClaimName, value: Text) -> Self {
        self.claims.push((name, value));
        self
    }

    /// The name that is asked for.
    pub fn identity(&self) -> &Text {
        &self.identity
    }

    /// The issuer that is asked for.
    pub fn issuer(&self) -> &Text {
        &self.issuer
    }

    /// Refuses the certificate of another signer. `file` is what the message calls the signed file.
    pub fn check(&self, file: &Path, certificate: &Certificate) -> Result<(), Error> {
        match Mismatch::all(&self.mismatches(certificate)) {
            None => Ok(()),
            Some(mismatch) => Err(Error::Signer { file: file.into(), mismatch, hint: None }),
        }
    }

    /// Every part that is not as it must be, the most telling one first.
    pub fn mismatches(&self, certificate: &Certificate) -> Vec<Mismatch> {
        let compare = |part, expected: &Text, found: Option<&str>| {
            let matches = found.is_some_and(|found| expected.matches(found));
            (!matches).then(|| Mismatch {
                part,
                expected: expected.beside(found),
                found: found.map(str::to_owned),
            })
        };
        let claims = self.claims.iter();
        let claims = claims.filter_map(|(name, expected)| {
            compare(Part::Claim(*name), expected, name.of(certificate))
        });
        let identity = compare(Part::Identity, &self.identity, Some(certificate.identity()));
        let issuer = compare(Part::Issuer, &self.issuer, Some(certificate.issuer()));
        let trigger = usual_triggers(certificate.identity()).filter(|_| {
            self.usual && self.claims.iter().all(|(name, _)| *name != ClaimName::TRIGGER)
        });
        let started_by = ClaimName::trigger_in(certificate);
        // The oldest certificates of GitHub's workflows name none. GitLab's, which have a second `//`,
        // always have.
        let slashes = certificate.identity().matches("//").count();
        let is_silent = started_by.is_none() && slashes == 1;
        let trigger = trigger
            .filter(|_| !is_silent)
            .and_then(|usual| compare(Part::Claim(ClaimName::TRIGGER), &usual, started_by));
        let foreign = self.foreign(certificate);
        identity.into_iter().chain(issuer).chain(claims).chain(foreign).chain(trigger).collect()
    }

    /// The repository that was built, if the pipeline's definition is of another one.
    fn foreign(&self, certificate: &Certificate) -> Option<Mismatch> {
        let (claim, found) = ClaimName::source_in(certificate)?;
        let is_own = match claim {
            ClaimName::SOURCE => lies_in(certificate.identity(), found),
            _ => lies_in(certificate.identity(), &format!("https://github.com/{found}")),
        };
        let asked = self.usual && !self.claims.iter().any(|(name, _)| name.names_source());
        (asked && !is_own).then(|| Mismatch {
            part: Part::Source(claim),
            expected: format!("the repository of the pipeline {}", certificate.identity()),
            found: Some(found.to_owned()),
        })
    }

    /// Refuses the proof of another signer, and of a key.
    pub fn check_proof(&self, file: &Path, proof: &Proof) -> Result<(), Error> {
        match proof.certificate() {
            Some(certificate) => self.check(file, certificate),
            None => Err(Error::signer_kind(file, &proof.signer)),
        }
    }
}

/// Whether an identity is that of a definition in the repository with this address: below it, and
/// not in another one whose name only begins alike. GitLab's is `REPOSITORY//FILE@REF`, where a
/// subgroup would have one slash; GitHub's is `REPOSITORY/.github/workflows/FILE@REF`.
fn lies_in(identity: &str, repository: &str) -> bool {
    let inside = identity.strip_prefix(repository);
    inside.is_some_and(|rest| rest.starts_with("//") || rest.starts_with(GITHUB_WORKFLOWS))
}

/// Where a GitHub repository has its workflows.
const GITHUB_WORKFLOWS: &str = "/.github/workflows/";
/// What starts a GitLab pipeline on a ref that its maintainers chose (`CI_PIPELINE_SOURCE`).
const GITLAB_TRIGGERS: [&str; 4] = ["push", "web", "api", "schedule"];
/// What starts a GitHub workflow on a ref that its maintainers chose (`github.event_name`).
const GITHUB_TRIGGERS: [&str; 4] = ["push", "release", "workflow_dispatch", "schedule"];

/// The triggers of which a pipeline with this identity must have one; `None` for the identities of
/// other systems, whose words for a trigger are their own, and of people. GitLab's identities are
/// `https://HOST/PROJECT//FILE@REF`, GitHub's `https://HOST/OWNER/REPO/.github/workflows/FILE@REF`.
pub fn usual_triggers(identity: &str) -> Option<Text> {
    let path = identity.strip_prefix("https://")?;
    let is_gitlab = path.split_once("//").is_some_and(|(_, file)| file.contains('@'));
    let is_github = path.contains(GITHUB_WORKFLOWS);
    let triggers = match (is_gitlab, is_github) {
        (true, _) => GITLAB_TRIGGERS,
        (false, true) => GITHUB_TRIGGERS,
        (false, false) => return None,
    };
    Some(Text::AnyOf(triggers.map(str::to_owned).to_vec()))
}

#[cfg(test)]
mod tests;
