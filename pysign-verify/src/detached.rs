//! A detached signature: what the command line names in the place of a file and of what lies beside
//! it.

use std::path::PathBuf;
use std::str::FromStr;

use pysign_cli::{Input, Matches, Usage};
use pysign_host::{Failure, Notes, Sha256};
use pysign_manifest::{Artifact, Manifest, Role, Sidecar, Signature, SignatureKind};

/// A digest in the place of a file, `sha256:HEX`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Digest(Sha256);

impl FromStr for Digest {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let digest = text.strip_prefix("sha256:").and_then(|digits| digits.parse().ok());
        digest.map(Self).ok_or("expected sha256: and 64 lower-case hexadecimal digits")
    }
}

/// A signature by its files.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Named {
    Bundle(PathBuf),
    Pair { signature: PathBuf, certificate: PathBuf },
}

/// A digest in the place of the file, and a signature in the place of all that lie beside it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Detached {
    digest: Option<Digest>,
    signature: Option<Named>,
}

impl Detached {
    pub(crate) fn from(m: &Matches) -> Result<Self, Usage> {
        let signature = match (m.path("bundle"), m.path("signature"), m.path("certificate")) {
            (Some(_), Some(_), _) => return Err(Usage::conflict("--bundle", "--signature")),
            (Some(_), _, Some(_)) => return Err(Usage::conflict("--bundle", "--certificate")),
            (None, Some(_), None) => {
                return Err(Usage::missing("the signature's certificate", "--certificate FILE"));
            }
            (None, None, Some(_)) => {
                return Err(Usage::missing(
                    "the signature of the certificate's key",
                    "--signature FILE",
                ));
            }
            (Some(bundle), None, None) => Some(Named::Bundle(bundle)),
            (None, Some(signature), Some(certificate)) => {
                Some(Named::Pair { signature, certificate })
            }
            (None, None, None) => None,
        };
        let digest: Option<Digest> = m.parse("digest")?;
        if digest.is_some() && signature.is_none() {
            return Err(Usage::missing("the signature of the digest", "--bundle FILE"));
        }
        if digest.is_some() && m.is_set("output") {
            // There is nothing to copy.
            return Err(Usage::conflict("--digest", "--output"));
        }
        Ok(Self { digest, signature })
    }

    /// Whether the signature is named.
    pub(crate) fn has_signature(&self) -> bool {
        self.signature.is_some()
    }

    /// The release that was given, in which a named signature stands in the place of all that was
    /// found beside the one file.
    pub(crate) fn release(self, input: Input, notes: &Notes) -> Result<Manifest, Failure> {
        let mut release = match self.digest {
            None => input.release(notes)?,
            Some(Digest(sha256)) => {
                let mut release = Manifest::new();
                release.artifacts.push(Artifact::from_digest(sha256)?);
                release
            }
        };
        let Some(signature) = self.signature else { return Ok(release) };
        let [artifact] = release.artifacts.as_mut_slice() else {
            return Err(signature.for_several().into());
        };
        artifact.signatures = vec![signature.into_signature()];
        Ok(release)
    }
}

impl Named {
    fn for_several(&self) -> Usage {
        let (flag, value) = match self {
            Self::Bundle(file) => ("--bundle", file),
            Self::Pair { signature, .. } => ("--signature", signature),
        };
        Usage::invalid(flag, value.display(), "it is for one file, and there are several")
    }

    fn into_signature(self) -> Signature {
        let file = |role, path| Sidecar::new(role, path, None);
        match self {
            Self::Bundle(bundle) => {
                Signature::new(SignatureKind::Bundle, vec![file(Role::Bundle, bundle)])
            }
            Self::Pair { signature, certificate } => Signature::new(
                SignatureKind::Pair,
                vec![file(Role::Signature, signature), file(Role::Certificate, certificate)],
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digest_has_one_spelling() {
        let digits = Sha256::of(b"").to_string();
        let parse = |text: String| text.parse::<Digest>();
        assert_eq!(parse(format!("sha256:{digits}")), Ok(Digest(Sha256::of(b""))));
        for text in [
            digits.clone(),
            format!("sha256:{}", digits.to_uppercase()),
            format!("SHA256:{digits}"),
            format!("sha512:{digits}"),
            format!("sha256:{digits}0"),
            "sha256:".to_owned(),
        ] {
            assert!(parse(text.clone()).is_err(), "{text}");
        }
    }
}
