//! What a run signs with: the token of a CI job, or a key that its users have. And what those who
//! install the files have to type for either.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use pysign_attest::{Certificate, PublicKey};
use pysign_ci::{System, san_uri};
use pysign_host::{Failure, Host, Notes, shell_quoted, shell_word};
use pysign_http::Client;
use pysign_manifest::Manifest;
use pysign_sigstore::signing_config::Services;
use pysign_sigstore::{Expected, Part, Text, usual_triggers};

use crate::error::Error;
use crate::expected::ExpectedSigner;
use crate::identity::Identity;
use crate::key::Key;
use crate::key_file;
use crate::sidecars::Signed;

/// What a run signs with.
pub(crate) enum SigningMethod<'a> {
    Keyless(Box<Identity<'a>>),
    Key { file: PathBuf, key: Arc<Key> },
}

impl<'a> SigningMethod<'a> {
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
            None => Ok(Self::Keyless(Box::new(Identity::find(token, host, client)?))),
        }
    }

    /// A key says nothing of a project.
    pub(crate) fn check_consent(&self, services: &Services, consent: bool) -> Result<(), Failure> {
        match self {
            Self::Keyless(identity) => identity.check_consent(services, consent),
            Self::Key { .. } => Ok(()),
        }
    }

    /// Whether the files were built from another commit than the token names, where both are known. It
    /// is an error unless that is allowed.
    pub(crate) fn is_of_other_commit(
        &self,
        release: &Manifest,
        allowed: bool,
    ) -> Result<bool, Error> {
        let Self::Keyless(identity) = self else { return Ok(false) };
        let Some(expected) = identity.commit() else { return Ok(false) };
        match release.commits().into_iter().find(|found| *found != expected) {
            Some(found) if !allowed => {
                let (expected, found) = (expected.to_owned(), found.to_owned());
                Err(Error::OtherCommit { expected, found })
            }
            other => Ok(other.is_some()),
        }
    }

    pub(crate) fn expected_signer(&self) -> ExpectedSigner {
        match self {
            Self::Keyless(identity) => ExpectedSigner::Certificate(identity.holder().clone()),
            Self::Key { key, .. } => ExpectedSigner::Key(key.public().clone()),
        }
    }

    /// Tells what others have to type, in a POSIX shell, to verify the signatures.
    pub(crate) fn tell_verifiers(
        &self,
        signatures: &[Signed],
        notes: &Notes,
    ) -> Result<(), Failure> {
        let policy = match (self, signatures) {
            (Self::Key { file, key }, _) => with_key(file, key.public()),
            (Self::Keyless(_), []) => return Ok(()),
            (Self::Keyless(_), [first, ..]) => {
                let certificate = Certificate::from_pem(first.certificate.as_bytes())?;
                if let Some(trigger) = refused_trigger(&certificate) {
                    notes.warn("trigger", format!(
                        "pysign-verify does not accept signatures of a pipeline started by '{trigger}'"
                    ));
                    return Ok(());
                }
                with_certificate(&certificate)
            }
        };
        notes.summary(format!("verify with: {policy}"));
        Ok(())
    }
}

/// The options that accept what a certificate says, and no other pipeline. None of them names a
/// trigger: what a fork's merge request has signed stays refused.
fn with_certificate(certificate: &Certificate) -> String {
    let claim = |name: &str| certificate.claims().get(name).map(String::as_str);
    let (identity, issuer) = (certificate.identity(), certificate.issuer());
    if let Some(preset) = System::preset(issuer, claim) {
        return preset;
    }
    // Where Fulcio has escaped the name, verifiers ask for it as the CI system wrote it.
    let written = claim("build-signer-uri").filter(|uri| san_uri(uri).as_deref() == Some(identity));
    let name = shell_quoted(written.unwrap_or(identity));
    let options = format!("--identity {name} --issuer {}", shell_word(issuer));
    // A reusable workflow's certificate is good for a repository that is named.
    let expected = Expected::new(Text::exact(identity), Text::exact(issuer));
    expected.mismatches(certificate).into_iter().fold(options, |options, mismatch| {
        match (mismatch.part, mismatch.found) {
            (Part::Source(claim), Some(found)) => {
                format!("{options} --claim {}", shell_quoted(&format!("{claim}={found}")))
            }
            _ => options,
        }
    })
}

/// What started the pipeline, if verifiers refuse its signatures for that.
fn refused_trigger(certificate: &Certificate) -> Option<&str> {
    let trigger = ["build-trigger", "github-workflow-trigger"];
    let trigger = trigger.iter().find_map(|name| certificate.claims().get(*name))?;
    let usual = usual_triggers(certificate.identity())?;
    (!usual.matches(trigger)).then_some(trigger)
}

/// Nobody can verify with the private key: how the public one is written, and how it is recognized.
fn with_key(file: &Path, key: &PublicKey) -> String {
    let public = shell_word(&key_file::beside(file, "pub").display().to_string());
    let file = shell_word(&file.display().to_string());
    let sha256 = key.sha256();
    format!("--key {public} (sha256:{sha256}; openssl pkey -in {file} -pubout -out {public})")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_closing_line_can_be_typed() {
        let key = Key::generate().unwrap();
        let line = with_key(Path::new("my keys/release.pem"), key.public());
        assert!(line.starts_with("--key 'my keys/release.pub' (sha256:"), "{line}");
        assert!(line.contains("openssl pkey -in 'my keys/release.pem' -pubout -out "), "{line}");
    }
}
