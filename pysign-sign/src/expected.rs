//! The signer that is expected: what its certificate must say, or its key.

use std::fmt;
use std::path::Path;

use pysign_attest::{Certificate, PublicKey};
use pysign_sigstore::{ClaimName, Error, Expected, Proof, Text};

/// Who signs, as Fulcio's certificates say it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Holder {
    /// The certificate's only subject alternative name.
    pub(crate) identity: String,
    /// The OIDC issuer.
    pub(crate) issuer: String,
    /// The repository, where the identity is that of a workflow which other repositories may call.
    pub(crate) source: Option<String>,
}

impl Holder {
    /// The holder of a certificate; with the repository if that is compared.
    pub(crate) fn of(certificate: &Certificate, with_source: bool) -> Self {
        let source = certificate.claims().get("source-repository-uri").filter(|_| with_source);
        let (identity, issuer) = (certificate.identity().into(), certificate.issuer().into());
        Self { identity, issuer, source: source.cloned() }
    }
}

impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} by {}", self.identity, self.issuer)?;
        self.source.as_ref().map_or(Ok(()), |source| write!(f, " for {source}"))
    }
}

/// Whose signatures they must be.
pub(crate) enum ExpectedSigner {
    Certificate(Holder),
    Key(PublicKey),
}

impl ExpectedSigner {
    /// The key that verifies the signatures, where no certificate names one.
    pub(crate) fn key(&self) -> Option<&PublicKey> {
        match self {
            Self::Certificate(_) => None,
            Self::Key(key) => Some(key),
        }
    }

    /// Refuses what is proven to be another signer's. A proof by a key is one by this key.
    pub(crate) fn check(&self, file: &Path, proof: &Proof) -> Result<(), Error> {
        let Self::Certificate(holder) = self else { return Ok(()) };
        let expected = Expected::exact(&holder.identity, &holder.issuer);
        let expected = holder.source.iter().fold(expected, |expected, source| {
            expected.with_claim(ClaimName::SOURCE, Text::exact(source))
        });
        expected.check_proof(file, proof)
    }

    /// The holder of another certificate, with what is asked of it.
    pub(crate) fn found(&self, certificate: &Certificate) -> String {
        let with_source = matches!(self, Self::Certificate(Holder { source: Some(_), .. }));
        Holder::of(certificate, with_source).to_string()
    }
}

impl fmt::Display for ExpectedSigner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Certificate(holder) => holder.fmt(f),
            Self::Key(key) => write!(f, "the key sha256:{}", key.sha256()),
        }
    }
}
