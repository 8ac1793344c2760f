//! The forms that signatures are written in, and what can't be said in them.

use std::collections::BTreeSet;

use pysign_cli::Usage;
use pysign_manifest::SignatureKind;

/// The forms to write (`--emit`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Forms(BTreeSet<SignatureKind>);

/// What `--emit` is a list of.
pub(crate) const WORDS: &str = "bundle, pair, attestation, statement, release";

impl Forms {
    /// The forms in `list`, in which a pair goes with its bundle: alone it does not show when it was
    /// made.
    pub(crate) fn parse(list: &str) -> Result<Self, Usage> {
        let invalid = |reason: &str| Usage::invalid("--emit", list, reason);
        let word = |word: &str| {
            let kind = word.parse().ok().filter(|kind| *kind != SignatureKind::Provenance);
            kind.ok_or_else(|| {
                invalid(&format!("it is a list of {WORDS}, with commas and no spaces"))
            })
        };
        let forms = Self(list.split(',').map(word).collect::<Result<_, _>>()?);
        if forms.has(SignatureKind::Pair) && !forms.has(SignatureKind::Bundle) {
            return Err(invalid("a pair is written beside its bundle: bundle,pair"));
        }
        Ok(forms)
    }

    pub(crate) fn has(&self, kind: SignatureKind) -> bool {
        self.0.contains(&kind)
    }

    /// Whether one of them is made of the statement that was given.
    pub(crate) fn take_a_statement(&self) -> bool {
        self.has(SignatureKind::Attestation) || self.has(SignatureKind::Statement)
    }
}

impl Default for Forms {
    fn default() -> Self {
        Self([SignatureKind::Bundle, SignatureKind::Pair].into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_are_words_and_a_pair_goes_with_its_bundle() {
        assert_eq!(Forms::parse("bundle,pair").unwrap(), Forms::default());
        let all = Forms::parse("release,statement,attestation,pair,bundle").unwrap();
        assert!(all.has(SignatureKind::Release) && all.take_a_statement());
        assert!(!Forms::parse("release").unwrap().take_a_statement());
        for list in ["", "pair", "pair,release", "bundle,", "bundle, pair", "provenance", "Bundle"]
        {
            assert!(Forms::parse(list).is_err(), "{list}");
        }
    }
}
