//! Whose signature it must be: what a certificate has to say of its signer, part by part.
//!
//! A name without its issuer is anyone's, so both are there or nothing is. What a certificate does
//! not say is a mismatch: an absent claim is no claim that happens to fit.

mod claim;
mod regexp;
mod text;

use std::path::Path;

use pysign_attest::Certificate;
use pysign_host::shell_quoted;

use crate::{Error, Proof};

pub use claim::{ClaimName, UnknownClaim};
pub use regexp::{Regexp, RegexpFault};
pub use text::Text;

/// An identity, the issuer that must have vouched for it, and what else must be said of the signer.
#[derive(Clone, Debug)]
pub struct Expected {
    identity: Text,
    issuer: Text,
    claims: Vec<(ClaimName, Text)>,
    source: Source,
}

/// What is asked of the repository that was built.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Source {
    /// Nothing: the signer is compared with its own token.
    NotAsked,
    /// The definition of the pipeline, which names the signer, is of that same repository.
    Own,
    /// A claim says which one it is.
    Named,
}

/// One part of a certificate that is not as it must be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mismatch {
    /// Which one.
    pub part: Part,
    /// What it must be.
    pub expected: String,
    /// What it is; `None` when the certificate does not say.
    pub found: Option<String>,
}

/// What a certificate says of its signer, in the order in which a mismatch is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// The subject alternative name.
    Identity,
    /// The OIDC issuer.
    Issuer,
    /// Another of Fulcio's extensions.
    Claim(ClaimName),
    /// The repository of the identity against the one that was built, as this claim has it.
    Source(ClaimName),
}

impl Expected {
    /// This identity of this issuer, byte for byte, whatever else the certificate says. It is for
    /// signing, where the token at hand decides: a verifier wants [`Expected::new`].
    pub fn exact(identity: &str, issuer: &str) -> Self {
        let source = Source::NotAsked;
        Self { source, ..Self::new(Text::exact(identity), Text::exact(issuer)) }
    }

    /// This identity of this issuer. Unless a claim names the repository that was built, the
    /// pipeline's definition must lie in it: a reusable workflow signs for whoever calls it.
    pub fn new(identity: Text, issuer: Text) -> Self {
        Self { identity, issuer, claims: Vec::new(), source: Source::Own }
    }

    /// Asks for a claim too. Of two with the same name, both must hold.
    #[must_use]
    pub fn with_claim(mut self, name: ClaimName, value: Text) -> Self {
        if name.names_source() && self.source == Source::Own {
            self.source = Source::Named;
        }
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
        let mismatches = self.mismatches(certificate);
        let hint = hint(&mismatches);
        match mismatches.into_iter().next() {
            None => Ok(()),
            Some(mismatch) => Err(Error::Signer { file: file.into(), mismatch, hint }),
        }
    }

    /// Every part that is not as it must be, the most telling one first.
    pub fn mismatches(&self, certificate: &Certificate) -> Vec<Mismatch> {
        let compare = |part, expected: &Text, found: Option<&str>| {
            let fits = found.is_some_and(|found| expected.matches(found));
            let found = found.map(str::to_owned);
            (!fits).then(|| Mismatch { part, expected: expected.to_string(), found })
        };
        let claims = self.claims.iter();
        let claims = claims.filter_map(|(name, expected)| {
            compare(Part::Claim(*name), expected, name.of(certificate))
        });
        let identity = compare(Part::Identity, &self.identity, Some(certificate.identity()));
        let issuer = compare(Part::Issuer, &self.issuer, Some(certificate.issuer()));
        identity.into_iter().chain(issuer).chain(claims).chain(self.foreign(certificate)).collect()
    }

    /// The repository that was built, if the pipeline's definition is of another one.
    fn foreign(&self, certificate: &Certificate) -> Option<Mismatch> {
        let (claim, found) = ClaimName::source_in(certificate)?;
        let is_own = match claim {
            ClaimName::SOURCE => lies_in(certificate.identity(), found),
            _ => lies_in(certificate.identity(), &format!("https://github.com/{found}")),
        };
        (self.source == Source::Own && !is_own).then(|| Mismatch {
            part: Part::Source(claim),
            expected: format!("the repository of {}", certificate.identity()),
            found: Some(found.to_owned()),
        })
    }

    /// Refuses the proof of another signer, and of a key.
    pub fn check_proof(&self, file: &Path, proof: &Proof) -> Result<(), Error> {
        match proof.certificate() {
            Some(certificate) => self.check(file, certificate),
            None => Err(Error::SignerKind { file: file.into(), key: true }),
        }
    }
}

/// Whether an identity is that of a definition in the repository with this address: below it, and
/// not in another one whose name only begins alike. GitLab's is `REPOSITORY//FILE@REF`, where a
/// subgroup would have one slash; GitHub's is `REPOSITORY/.github/workflows/FILE@REF`.
fn lies_in(identity: &str, repository: &str) -> bool {
    let inside = identity.strip_prefix(repository);
    inside.is_some_and(|rest| rest.starts_with("//") || rest.starts_with("/.github/workflows/"))
}

/// The flags that would accept what was found, never weaker ones: none, if something is missing.
fn hint(mismatches: &[Mismatch]) -> Option<String> {
    let flags: Option<Vec<String>> = mismatches.iter().map(Mismatch::flag).collect();
    flags
        .filter(|flags| !flags.is_empty())
        .map(|flags| format!("to accept it: {}", flags.join(" ")))
}

impl Mismatch {
    /// The flag of a verifier that asks for exactly what was found.
    pub fn flag(&self) -> Option<String> {
        let found = self.found.as_deref()?;
        Some(match self.part {
            Part::Identity => format!("--identity {}", shell_quoted(found)),
            Part::Issuer => format!("--issuer {}", shell_quoted(found)),
            Part::Claim(name) | Part::Source(name) => {
                format!("--claim {}", shell_quoted(&format!("{name}={found}")))
            }
        })
    }
}

#[cfg(test)]
mod tests;
