//! One signer, as a command line or a policy file describes it. There is none with less than a name
//! and an issuer, or a key: what is left out of a description is never anything.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

use pysign_attest::{Certificate, PublicKey};
use pysign_ci::Project;
use pysign_host::Failure;
use pysign_manifest::Version;
use pysign_sigstore::{
    ClaimName, Error as Refused, Expected, Regexp, Signer as Found, Text, usual_triggers,
};

use super::PolicyError as Error;
use super::git_ref::RefPattern;
use super::preset::{Preset, Source, named};

/// The words of a description but its claims: their names in a policy file, and the options of the
/// command line, first our own, then cosign's and sigstore-python's.
pub(crate) const WORDS: [(Word, &[&str]); 9] = [
    ("identity", &["identity", "certificate-identity", "cert-identity"]),
    ("identity_regexp", &["identity-regexp", "certificate-identity-regexp"]),
    ("issuer", &["issuer", "certificate-oidc-issuer", "cert-oidc-issuer"]),
    ("issuer_regexp", &["issuer-regexp", "certificate-oidc-issuer-regexp"]),
    ("gitlab", &["gitlab"]),
    ("config", &["config"]),
    ("github", &["github"]),
    ("workflow", &["workflow"]),
    ("ref", &["ref"]),
];

/// A part of a description, by its name in a policy file.
pub(crate) type Word = &'static str;

/// A description of a signer, as it was written.
#[derive(Debug, Default)]
pub(crate) struct Description {
    /// The values of those [`WORDS`] that are given.
    pub(crate) words: BTreeMap<Word, String>,
    /// Names, and for each the values of which one must be there.
    pub(crate) claims: Vec<(String, Vec<String>)>,
}

/// What is wrong with a description.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// Two parts that exclude each other.
    Conflict(Word, Word),
    /// A part that can't be what was written.
    Invalid { word: Word, value: String, reason: String },
    /// A part without one that it needs.
    Missing { word: Word, needed_by: Word },
}

/// Who may sign.
#[derive(Clone, Debug)]
pub(crate) enum Signer {
    /// Whoever has such a certificate.
    Certified(Box<Certified>),
    /// Whoever has this key.
    Key(PublicKey),
}

/// A certificate that fits both, if both are there, and all claims.
#[derive(Clone, Debug)]
pub(crate) struct Certified {
    named: Option<Named>,
    preset: Option<Preset>,
    claims: Vec<(ClaimName, Text)>,
}

/// A name, and the issuer without which it is anyone's.
#[derive(Clone, Debug)]
pub(crate) struct Named {
    identity: Text,
    issuer: Text,
}

impl Description {
    /// The signer that is described; `None` if nothing is, claims aside.
    pub(crate) fn signer(self) -> Result<Option<Signer>, Fault> {
        let claims = self.claims()?;
        let preset = self.preset()?;
        let identity = self.text("identity", "identity_regexp")?;
        let issuer = self.text("issuer", "issuer_regexp")?;
        let own_issuer = |preset: &Preset| Text::exact(&preset.source.issuer());
        let (named, preset) = match (identity, issuer, preset) {
            (None, None, None) => return Ok(None),
            (None, Some(_), None) => return Err(missing("identity", "issuer")),
            (Some(_), None, None) => return Err(missing("issuer", "identity")),
            (Some(identity), Some(issuer), None) => (Some(Named { identity, issuer }), None),
            (None, issuer, Some(preset)) => (None, Some(Preset { issuer, ..preset })),
            (Some(identity), issuer, Some(preset)) => {
                let named = issuer.clone().unwrap_or_else(|| own_issuer(&preset));
                (Some(Named { identity, issuer: named }), Some(Preset { issuer, ..preset }))
            }
        };
        Ok(Some(Signer::Certified(Box::new(Certified { named, preset, claims }))))
    }

    fn word(&self, word: Word) -> Option<&str> {
        self.words.get(word).map(String::as_str)
    }

    /// A value that is given in full or by a regular expression.
    fn text(&self, exact_word: Word, regexp_word: Word) -> Result<Option<Text>, Fault> {
        match (self.word(exact_word), self.word(regexp_word)) {
            (Some(_), Some(_)) => Err(Fault::Conflict(exact_word, regexp_word)),
            (Some(""), None) => Err(invalid(exact_word, "", "it is empty")),
            (Some(exact), None) => Ok(Some(Text::exact(exact))),
            (None, Some(pattern)) => {
                let regexp: Result<Regexp, _> = pattern.parse();
                Ok(Some(Text::Regexp(regexp.map_err(|why| invalid(regexp_word, pattern, why))?)))
            }
            (None, None) => Ok(None),
        }
    }

    /// The claims, by Fulcio's names.
    pub(crate) fn claims(&self) -> Result<Vec<(ClaimName, Text)>, Fault> {
        let mut claims: Vec<(ClaimName, Text)> = Vec::new();
        for (name, values) in &self.claims {
            let known: ClaimName = name.parse().map_err(|why| invalid("claim", name, why))?;
            if values.is_empty() || values.iter().any(String::is_empty) {
                return Err(invalid("claim", name, "its value is empty"));
            }
            if claims.iter().any(|(other, _)| *other == known) {
                return Err(invalid("claim", name, "it is given twice"));
            }
            claims.push((known, Text::AnyOf(values.clone())));
        }
        Ok(claims)
    }

    fn preset(&self) -> Result<Option<Preset>, Fault> {
        let source = match (self.word("gitlab"), self.word("github")) {
            (Some(_), Some(_)) => return Err(Fault::Conflict("gitlab", "github")),
            (Some(project), None) => Some(("gitlab", self.gitlab_source(project)?)),
            (None, Some(repository)) => Some(("github", self.github_source(repository)?)),
            (None, None) => None,
        };
        for (word, needed) in [("config", "gitlab"), ("workflow", "github")] {
            if self.word(word).is_some() && self.word(needed).is_none() {
                return Err(missing(needed, word));
            }
        }
        match (source, self.word("ref")) {
            (None, None) => Ok(None),
            (None, Some(_)) => Err(missing("gitlab", "ref")),
            (Some((word, _)), None) => Err(missing("ref", word)),
            (Some((_, source)), Some(text)) => {
                let git_ref: RefPattern = text.parse().map_err(|why| invalid("ref", text, why))?;
                Ok(Some(Preset { source, git_ref, issuer: None }))
            }
        }
    }

    fn gitlab_source(&self, text: &str) -> Result<Source, Fault> {
        let project: Project = text.parse().map_err(|why| invalid("gitlab", text, why))?;
        let config = self.word("config").unwrap_or(Project::DEFAULT_CONFIG);
        // What stands before the `@` of an identity is a file of the project.
        let wrong = match config {
            "" => Some("it is empty"),
            _ if config.starts_with('/') => Some("remove the '/' at its beginning"),
            _ if config.contains(['@', '\n']) => Some("remove '@': the ref is given by itself"),
            _ => None,
        };
        if let Some(wrong) = wrong {
            return Err(invalid("config", config, wrong));
        }
        Ok(Source::GitLab { project, config: config.to_owned() })
    }

    fn github_source(&self, text: &str) -> Result<Source, Fault> {
        let repository = text.parse().map_err(|why| invalid("github", text, why))?;
        let workflow = self.word("workflow").map(str::to_owned);
        if let Some(workflow) = &workflow {
            let is_yaml = [".yml", ".yaml"].iter().any(|end| workflow.ends_with(end));
            let wrong = match workflow.as_str() {
                text if text.contains('/') => Some("remove its path: it lies in .github/workflows"),
                text if text.contains('@') => Some("remove '@': the ref is given by itself"),
                _ if !is_yaml => Some("expected a file name that ends in .yml or .yaml"),
                _ => None,
            };
            if let Some(wrong) = wrong {
                return Err(invalid("workflow", workflow, wrong));
            }
        }
        Ok(Source::GitHub { repository, workflow })
    }
}

fn invalid(word: Word, value: &str, reason: impl fmt::Display) -> Fault {
    Fault::Invalid { word, value: value.to_owned(), reason: reason.to_string() }
}

fn missing(word: Word, needed_by: Word) -> Fault {
    Fault::Missing { word, needed_by }
}

impl Signer {
    /// Refuses the signature of anyone else, and one that lacks a claim of `also`.
    pub(crate) fn check(
        &self,
        file: &Path,
        found: &Found,
        version: Option<&Version>,
        also: &[(ClaimName, Text)],
    ) -> Result<(), Failure> {
        match (self, found) {
            (Self::Key(key), Found::Key(found)) if key == found && also.is_empty() => Ok(()),
            // Another key, or one of which something is claimed: that takes a certificate.
            (_, Found::Key(_)) | (Self::Key(_), _) => Err(Refused::signer_kind(file, found).into()),
            (Self::Certified(signer), Found::Certificate(certificate)) => {
                signer.check(file, certificate, version, also)
            }
        }
    }

    /// The key, if it is one.
    pub(crate) fn key(&self) -> Option<&PublicKey> {
        match self {
            Self::Key(key) => Some(key),
            Self::Certified(_) => None,
        }
    }
}

impl Certified {
    fn check(
        &self,
        file: &Path,
        certificate: &Certificate,
        version: Option<&Version>,
        also: &[(ClaimName, Text)],
    ) -> Result<(), Failure> {
        if let Some(preset) = &self.preset {
            let settled = preset.of(version).ok_or_else(|| Error::Version {
                file: file.into(),
                git_ref: preset.git_ref.to_string(),
            })?;
            settled.check(file, certificate, &self.claims)?;
        }
        if let Some(named) = &self.named {
            named.expected(&self.claims).check(file, certificate)?;
        }
        // By themselves: beside the signer's own they would take the place of what it asks for by
        // default, and a policy file is narrowed by the command line, never widened.
        let expected = Expected::exact(certificate.identity(), certificate.issuer());
        let expected =
            also.iter().cloned().fold(expected, |all, (name, value)| all.with_claim(name, value));
        expected.check(file, certificate)?;
        Ok(())
    }
}

impl Named {
    fn expected(&self, claims: &[(ClaimName, Text)]) -> Expected {
        let issuer = self.issuer.clone();
        let expected = match &self.identity {
            Text::AnyOf(texts) => named(texts.first().map_or("", String::as_str), issuer),
            identity => Expected::new(identity.clone(), issuer),
        };
        let claims = claims.iter().cloned();
        claims.fold(expected, |expected, (name, value)| expected.with_claim(name, value))
    }
}

/// Who it is, in a few words, and what must have started the pipeline.
impl fmt::Display for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let signer = match self {
            Self::Key(key) => return write!(f, "the key sha256:{}", key.sha256()),
            Self::Certified(signer) => signer,
        };
        let usual = match (&signer.named, &signer.preset) {
            (Some(Named { identity, .. }), _) => {
                identity.fmt(f)?;
                usual_triggers(&identity.to_string())
            }
            (None, Some(preset)) => {
                preset.fmt(f)?;
                preset.source.triggers()
            }
            (None, None) => None,
        };
        let claimed = signer.claims.iter().find(|(name, _)| *name == ClaimName::TRIGGER);
        match claimed.map(|(_, value)| value).or(usual.as_ref()) {
            Some(triggers) => write!(f, ", {} {triggers}", ClaimName::TRIGGER),
            None => Ok(()),
        }
    }
}

/// A signer as a message shows it beside those that a policy file lists.
pub(crate) fn described(found: &Found) -> String {
    match found {
        Found::Key(key) => format!("the key sha256:{}", key.sha256()),
        Found::Certificate(certificate) => {
            let claim = |name: ClaimName| {
                let value = name.of(certificate).map(|value| format!(", {name} {value}"));
                value.unwrap_or_default()
            };
            let (identity, issuer) = (certificate.identity(), certificate.issuer());
            let (source, trigger) = (claim(ClaimName::SOURCE), claim(ClaimName::TRIGGER));
            format!("{identity} of {issuer}{source}{trigger}")
        }
    }
}

#[cfg(test)]
mod tests;
