//! What an index says of a file's origin (PEP 740, "Provenance objects"): attestations, in bundles
//! with the publisher that the index has verified. We have not, so the publisher is a claim: it is
//! read for its form and passed over.

use pysign_json::Members;

use crate::Attestation;
use crate::attestation::version;
use crate::bundle::MAX_BYTES;
use crate::error::{Error, Fault, Form};

/// One for each publisher of a project; `PyPI` serves one.
const MAX_BUNDLES: usize = 32;
/// Over all bundles, and as many as a bundle has log entries at most: each costs a verification.
/// `PyPI` takes two for a file.
const MAX_ATTESTATIONS: usize = 32;

/// The attestations of one file.
#[derive(Debug)]
pub struct Provenance {
    attestations: Vec<Attestation>,
}

impl Provenance {
    /// Reads one provenance object.
    pub fn parse(document: &[u8]) -> Result<Self, Error> {
        Form::Provenance.read(document, MAX_BYTES, Self::read)
    }

    fn read(mut provenance: Members) -> Result<Self, Fault> {
        version(&mut provenance)?;
        let bundles = provenance.objects("attestation_bundles", MAX_BUNDLES, |mut bundle| {
            publisher(&mut bundle)?;
            let attestations =
                bundle.objects("attestations", MAX_ATTESTATIONS, Attestation::read)?;
            if attestations.is_empty() {
                return Err(bundle
                    .wrong("attestations", "a list of at least one attestation")
                    .into());
            }
            bundle.end()?;
            Ok::<_, Fault>(attestations)
        })?;
        let attestations: Vec<_> = bundles.into_iter().flatten().collect();
        if attestations.is_empty() {
            return Err(provenance
                .wrong("attestation_bundles", "a list of at least one bundle")
                .into());
        }
        if attestations.len() > MAX_ATTESTATIONS {
            return Err(Fault::Rule("more than 32 attestations in all bundles"));
        }
        provenance.end()?;
        Ok(Self { attestations })
    }

    /// Every attestation, in the document's order; at least one.
    pub fn attestations(&self) -> &[Attestation] {
        &self.attestations
    }
}

/// A publisher has a kind, and whatever else the index writes down for that kind.
fn publisher(bundle: &mut Members) -> Result<(), Fault> {
    bundle.object("publisher")?.text("kind")?;
    Ok(())
}

#[cfg(test)]
mod tests;
