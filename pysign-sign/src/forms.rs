//! The forms that signatures are written in, and what can't be said in them.

use std::collections::BTreeSet;
use std::fmt;
use std::path::{Path, PathBuf};

use pysign_cli::Usage;
use pysign_host::{Evidence, Problem, Sha256, Status};
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

/// Why files can't be signed in a form that is asked for.
#[derive(Debug)]
#[non_exhaustive]
pub enum FormError {
    /// A file is neither wheel nor sdist.
    NoPackage {
        /// The file.
        file: PathBuf,
    },
    /// Something has the name of a signature, and is ours, and is over something else.
    OtherContent {
        /// It.
        file: PathBuf,
    },
    /// The files of a release have no place in common.
    Scattered {
        /// One of them.
        one: PathBuf,
        /// One elsewhere.
        other: PathBuf,
    },
    /// A file holds no statement, or a statement would be one that no one reads.
    Statement {
        /// The file.
        file: PathBuf,
        /// What is wrong with it.
        cause: pysign_attest::Error,
    },
    /// A statement is not about the very files that are to be signed.
    Subjects {
        /// The statement's file.
        file: PathBuf,
        /// The name of the subject or the file.
        name: String,
        /// What is wrong with it.
        fault: SubjectFault,
    },
    /// A statement is of a kind that no form takes which is asked for.
    Unused {
        /// The statement's file.
        file: PathBuf,
        /// Its predicate type.
        found: String,
    },
}

/// How the subjects of a statement and the files differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SubjectFault {
    /// A file is no subject.
    Absent,
    /// A subject is none of the files.
    Further,
    /// A subject has the name of a file, and not its digest.
    Other {
        /// The file's.
        expected: Sha256,
        /// The subject's, if it has a SHA-256.
        found: Option<Sha256>,
    },
    /// Two subjects have one name.
    Twice,
}

impl FormError {
    /// Every code of this type, beside those of other types.
    pub const CODES: &'static [&'static str] =
        &["form-no-package", "release-scattered", "statement-subjects", "statement-unused"];
}

impl fmt::Display for FormError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoPackage { file } => write!(
                f,
                "'{}' is neither wheel nor sdist: it has no attestation and is in no release",
                file.display()
            ),
            Self::OtherContent { file } => {
                write!(f, "'{}' exists already, and says something else", file.display())
            }
            Self::Scattered { one, other } => write!(
                f,
                "'{}' and '{}' have no place in common for the statement of their release",
                one.display(),
                other.display()
            ),
            Self::Statement { file, cause } => write!(f, "'{}' is {cause}", file.display()),
            Self::Subjects { file, name, fault } => {
                let file = file.display();
                match fault {
                    SubjectFault::Absent => write!(f, "'{file}' says nothing of '{name}'"),
                    SubjectFault::Further => {
                        write!(f, "'{file}' is about '{name}' too, which is not to be signed")
                    }
                    SubjectFault::Other { .. } => {
                        write!(f, "'{file}' is about another '{name}'")
                    }
                    SubjectFault::Twice => write!(f, "'{file}' names '{name}' twice"),
                }
            }
            Self::Unused { file, .. } => {
                write!(f, "'{}' is no provenance that an attestation is made of", file.display())
            }
        }
    }
}

impl std::error::Error for FormError {}

impl Problem for FormError {
    fn code(&self) -> &'static str {
        match self {
            Self::NoPackage { .. } => "form-no-package",
            Self::OtherContent { .. } => "output-exists",
            Self::Scattered { .. } => "release-scattered",
            Self::Statement { cause, .. } => cause.code(),
            Self::Subjects { .. } => "statement-subjects",
            Self::Unused { .. } => "statement-unused",
        }
    }

    /// A statement about other files is a no to signing it for these.
    fn status(&self) -> Status {
        match self {
            Self::Subjects { .. } => Status::Refused,
            _ => Status::Input,
        }
    }

    fn file(&self) -> Option<&Path> {
        match self {
            Self::NoPackage { file }
            | Self::OtherContent { file }
            | Self::Scattered { other: file, .. }
            | Self::Statement { file, .. }
            | Self::Subjects { file, .. }
            | Self::Unused { file, .. } => Some(file),
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::OtherContent { .. } => Some("to replace it: --force".to_owned()),
            Self::Unused { .. } => Some("to sign it as it is: --emit statement".to_owned()),
            _ => None,
        }
    }

    fn evidence(&self) -> Option<Evidence> {
        match self {
            Self::Subjects { fault: SubjectFault::Other { expected, found }, .. } => {
                let found = found.map_or("no sha256".to_owned(), |found| format!("sha256:{found}"));
                Some(Evidence { expected: format!("sha256:{expected}"), found })
            }
            Self::Unused { found, .. } => Some(Evidence {
                expected: pysign_attest::predicates::SLSA.to_owned(),
                found: found.clone(),
            }),
            _ => None,
        }
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
