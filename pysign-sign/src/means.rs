//! What a run signs with: the token of a CI job, or a key that its users have. And what those who
//! install the files have to type for either.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use pysign_attest::{Certificate, PublicKey};
use pysign_host::{Failure, Host, shell_quoted, shell_word};
use pysign_http::Client;
use pysign_sigstore::signing_config::Services;
use pysign_sigstore::{ClaimName, Expected, Mismatch, Proof, Text};

use crate::identity::Identity;
use crate::key::Key;
use crate::key_file;
use crate::sidecars::Signed;

/// What a run signs with.
pub(crate) enum Means<'a> {
    Identity(Box<Identity<'a>>),
    Key { file: PathBuf, key: Arc<Key> },
}

/// Whose signatures they must be.
pub(crate) enum Who {
    Identity {
        expected: Expected,
        /// The repository, where the identity is that of a workflow which others may call.
        source: Option<String>,
    },
    Key(PublicKey),
}

impl<'a> Means<'a> {
    /// The key in `key`; without one, the token: no token is looked for where none is needed.
    pub(crate) fn find(
        key: Option<PathBuf>,
        token: Option<&Path>,
        host: &'a Host,
        client: &'a Client,
    ) -> Result<Self, Failure> {
        match key {
            Some(file) => {
                let key = Arc::new(key_file::read(&file, &host.notes)?);
                Ok(Self::Key { file, key })
            }
            None => Ok(Self::Identity(Box::new(Identity::find(token, host, client)?))),
        }
    }

    /// A key says nothing of a project.
    pub(crate) fn check_consent(&self, services: &Services, consent: bool) -> Result<(), Failure> {
        match self {
            Self::Identity(identity) => identity.check_consent(services, consent),
            Self::Key { .. } => Ok(()),
        }
    }

    pub(crate) fn who(&self) -> Who {
        match self {
            Self::Identity(identity) => {
                let expected = Expected::exact(identity.name(), identity.issuer());
                let source = identity.repository().map(str::to_owned);
                let asked = |source: &String| (ClaimName::SOURCE, Text::exact(source));
                let expected = match source.as_ref().map(asked) {
                    Some((claim, text)) => expected.with_claim(claim, text),
                    None => expected,
                };
                Who::Identity { expected, source }
            }
            Self::Key { key, .. } => Who::Key(key.public().clone()),
        }
    }

    /// What others have to type, for a POSIX shell.
    pub(crate) fn verify_with(&self, signatures: &[Signed]) -> Result<String, Failure> {
        match self {
            Self::Identity(identity) => {
                let claims = signatures.iter().map(|signature| claims_of(signature, identity));
                let claims = Failure::collect(claims)?.into_iter().flatten().collect();
                Ok(with_identity(identity.name(), identity.issuer(), &claims))
            }
            Self::Key { file, key } => Ok(with_key(file, key.public())),
        }
    }
}

impl Who {
    /// The key that verifies them, where no certificate names one.
    pub(crate) fn key(&self) -> Option<&PublicKey> {
        match self {
            Self::Identity { .. } => None,
            Self::Key(key) => Some(key),
        }
    }

    /// Refuses what is proven to be someone else's. A proof by a key is one by this key.
    pub(crate) fn check(&self, file: &Path, proof: &Proof) -> Result<(), pysign_sigstore::Error> {
        match self {
            Self::Identity { expected, .. } => expected.check_proof(file, proof),
            Self::Key(_) => Ok(()),
        }
    }

    /// As messages name it.
    pub(crate) fn name(&self) -> String {
        match self {
            Self::Identity { expected, source } => {
                let (identity, issuer) = (expected.identity(), expected.issuer());
                signer(&identity.to_string(), &issuer.to_string(), source.as_deref())
            }
            Self::Key(key) => format!("the key sha256:{}", key.sha256()),
        }
    }
}

impl Who {
    /// As messages name the holder of a certificate, with what is asked of it.
    pub(crate) fn found(&self, certificate: &Certificate) -> String {
        signer_of(certificate, matches!(self, Self::Identity { source: Some(_), .. }))
    }
}

/// How messages name a signer.
pub(crate) fn signer(identity: &str, issuer: &str, source: Option<&str>) -> String {
    let source = source.map(|source| format!(" for {source}")).unwrap_or_default();
    format!("{identity} by {issuer}{source}")
}

/// The same of the one whom a certificate names.
pub(crate) fn signer_of(certificate: &Certificate, with_source: bool) -> String {
    let source = certificate.claims().get("source-repository-uri").filter(|_| with_source);
    signer(certificate.identity(), certificate.issuer(), source.map(String::as_str))
}

/// What a verifier demands beside identity and issuer: a reusable workflow's certificate is good for
/// a repository that is named.
fn claims_of(signature: &Signed, identity: &Identity<'_>) -> Result<Vec<String>, Failure> {
    let certificate = Certificate::from_pem(signature.certificate.as_bytes())?;
    let signer = Expected::new(Text::exact(identity.name()), Text::exact(identity.issuer()));
    Ok(signer.mismatches(&certificate).iter().filter_map(Mismatch::flag).collect())
}

fn with_identity(identity: &str, issuer: &str, claims: &BTreeSet<String>) -> String {
    let (identity, issuer) = (shell_quoted(identity), shell_word(issuer));
    let signer = format!("verify with: --identity {identity} --issuer {issuer}");
    claims.iter().fold(signer, |line, claim| format!("{line} {claim}"))
}

/// Nobody can verify with the private key: how the public one is written, and how it is recognized.
fn with_key(file: &Path, key: &PublicKey) -> String {
    let public = shell_word(&key_file::beside(file, "pub").display().to_string());
    let file = shell_word(&file.display().to_string());
    let sha256 = key.sha256();
    format!(
        "verify with: --key {public} (sha256:{sha256}; openssl pkey -in {file} -pubout -out {public})"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_closing_line_can_be_typed() {
        let identity = "https://gitlab.com/acme/demo//.gitlab-ci.yml@refs/tags/v1";
        assert_eq!(
            with_identity(identity, "https://gitlab.com", &BTreeSet::new()),
            "verify with: --identity 'https://gitlab.com/acme/demo//.gitlab-ci.yml@refs/tags/v1' \
             --issuer https://gitlab.com"
        );
        let key = Key::generate().unwrap();
        let line = with_key(Path::new("my keys/release.pem"), key.public());
        assert!(line.starts_with("verify with: --key 'my keys/release.pub' (sha256:"), "{line}");
        assert!(line.contains("openssl pkey -in 'my keys/release.pem' -pubout -out "), "{line}");
    }
}
