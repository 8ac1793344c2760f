//! What of a certificate is not as it must be, for the diagnostic that says so.

use std::fmt;

use super::ClaimName;

/// What of a certificate is not as it must be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mismatch {
    /// Which part; of several, the most telling one.
    pub part: Part,
    /// What the part must be.
    pub expected: String,
    /// What the part is; `None` when the certificate does not say.
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

impl Mismatch {
    /// One that says all that these do, under the part of the first; `None` if there are none.
    pub fn all(mismatches: &[Self]) -> Option<Self> {
        let [first, _, ..] = mismatches else { return mismatches.first().cloned() };
        let list = |value: fn(&Self) -> &str| {
            let values = mismatches.iter().map(|one| format!("{} {}", one.part, value(one)));
            values.collect::<Vec<_>>().join(", ")
        };
        Some(Self {
            part: first.part,
            expected: list(|one| &one.expected),
            found: first
                .found
                .is_some()
                .then(|| list(|one| one.found.as_deref().unwrap_or("nothing"))),
        })
    }
}

/// Its name, as a policy file and the options have it.
impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Identity => f.write_str("identity"),
            Self::Issuer => f.write_str("issuer"),
            Self::Claim(name) | Self::Source(name) => name.fmt(f),
        }
    }
}
