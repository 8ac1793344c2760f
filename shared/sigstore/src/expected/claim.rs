//! The names of what a certificate claims of its signer beside the identity.

use std::fmt;
use std::str::FromStr;

use pysign_attest::{CLAIMS, Certificate};

/// One of Fulcio's extensions that say something of the signer (fulcio, `docs/oid-info.md`), by its
/// last arc.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ClaimName(u32);

/// The arc of Fulcio's extensions, and the dot after it.
const ARC: &str = "1.3.6.1.4.1.57264.1.";

/// The issuer is an extension too, though every policy asks for it anyway.
const ISSUER: (u32, &str) = (8, "issuer");

impl ClaimName {
    /// `source-repository-uri`: the repository that was built.
    pub const SOURCE: Self = Self(12);
    /// `build-signer-uri`: the definition of the pipeline on its ref, as the CI system writes it.
    pub const DEFINITION: Self = Self(9);
    /// `source-repository-ref`: the ref that was built, in full.
    pub const REF: Self = Self(14);
    /// `build-trigger`: the event that started the build.
    pub const TRIGGER: Self = Self(20);

    const GITHUB_TRIGGER: Self = Self(2);
    const GITHUB_SOURCE: Self = Self(5);
    const SOURCE_ID: Self = Self(15);

    /// What a certificate claims by this name.
    pub fn of(self, certificate: &Certificate) -> Option<&str> {
        if self.0 == ISSUER.0 {
            return Some(certificate.issuer());
        }
        certificate.claims().get(self.as_str()).map(String::as_str)
    }

    /// Fulcio's name of it, in lower case with hyphens.
    pub fn as_str(self) -> &'static str {
        all().find(|(arc, _)| *arc == self.0).map_or("", |(_, name)| name)
    }

    /// Whether it says which repository was built: by its address, or by its number, which stays
    /// when the address changes hands.
    pub(super) fn names_source(self) -> bool {
        matches!(self, Self::SOURCE | Self::SOURCE_ID | Self::GITHUB_SOURCE)
    }

    /// The claim that says where the repository is that was built. Before Fulcio 1.0 there was
    /// only GitHub's, `OWNER/REPO`.
    pub(super) fn source_in(certificate: &Certificate) -> Option<(Self, &str)> {
        let claim = |name: Self| Some((name, name.of(certificate)?));
        claim(Self::SOURCE).or_else(|| claim(Self::GITHUB_SOURCE))
    }

    /// The event that started the build; before Fulcio 1.0 there was only GitHub's name for it.
    pub(super) fn trigger_in(certificate: &Certificate) -> Option<&str> {
        Self::TRIGGER.of(certificate).or_else(|| Self::GITHUB_TRIGGER.of(certificate))
    }
}

fn all() -> impl Iterator<Item = (u32, &'static str)> {
    CLAIMS.into_iter().chain([ISSUER])
}

impl fmt::Display for ClaimName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for ClaimName {
    type Err = &'static str;

    /// The name, or the object identifier in its one decimal spelling.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let arc = text.strip_prefix(ARC);
        let is_it = |(known, name): &(u32, &str)| {
            *name == text || arc.is_some_and(|arc| *arc == known.to_string())
        };
        all().find(is_it).map(|(arc, _)| Self(arc)).ok_or("Fulcio has no claim of this name")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_claim_has_a_name_and_an_object_identifier() {
        for (name, id) in [
            ("source-repository-uri", "1.3.6.1.4.1.57264.1.12"),
            ("build-trigger", "1.3.6.1.4.1.57264.1.20"),
            ("token-subject", "1.3.6.1.4.1.57264.1.24"),
            ("issuer", "1.3.6.1.4.1.57264.1.8"),
        ] {
            let parsed: ClaimName = name.parse().unwrap();
            assert_eq!((parsed.to_string().as_str(), id.parse()), (name, Ok(parsed)));
        }
        assert_eq!("source-repository-ref".parse(), Ok(ClaimName::REF));
    }

    #[test]
    fn every_extension_from_8_to_24_has_a_name() {
        for arc in 8..=24 {
            let name: ClaimName = format!("{ARC}{arc}").parse().unwrap();
            assert_eq!(name.as_str().parse(), Ok(name));
        }
    }

    #[test]
    fn another_spelling_is_unknown() {
        for text in [
            "",
            "Build-Trigger",
            "build_trigger",
            "BuildTrigger",
            "build-trigger ",
            "1.3.6.1.4.1.57264.1.020",
            "1.3.6.1.4.1.57264.1.+20",
            "1.3.6.1.4.1.57264.1.1",
            "1.3.6.1.4.1.57264.1.25",
            "1.3.6.1.4.1.57264.2.20",
            "1.3.6.1.4.1.57264.1.",
            "20",
        ] {
            assert!(text.parse::<ClaimName>().is_err(), "{text}");
        }
    }
}
