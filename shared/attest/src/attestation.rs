//! An attestation as package indexes store and serve it (PEP 740, "Attestation objects"): the parts
//! of a Sigstore bundle under other names. It is verified as the bundle that it stands for.

use pysign_json::{Members, Value, json};

use crate::bundle::{LogEntry, MAX_BYTES, MAX_ENTRIES};
use crate::envelope::STATEMENT;
use crate::error::{Error, Fault, Form};
use crate::protobuf::{Protobuf as _, encode_base64};
use crate::{Bundle, Content, Envelope, Material, Signed, SignedBy, SignedContent};

/// The one version that PEP 740 knows.
const VERSION: u64 = 1;

/// An attestation's parts. Nothing is said about whether they are true, or belong together.
#[derive(Debug)]
pub struct Attestation {
    certificate: Vec<u8>,
    /// Log entries as bundles hold them (protobuf-specs, `TransparencyLogEntry`).
    entries: Vec<Value>,
    envelope: Envelope,
}

impl Attestation {
    /// Reads one attestation.
    pub fn parse(document: &[u8]) -> Result<Self, Error> {
        Form::Attestation.read(document, MAX_BYTES, Self::read)
    }

    /// Reads one that may stand within another document.
    pub(crate) fn read(mut attestation: Members) -> Result<Self, Fault> {
        version(&mut attestation)?;
        let mut material = attestation.object("verification_material")?;
        let mut envelope = attestation.object("envelope")?;
        attestation.end()?;
        let entries = material.objects("transparency_entries", MAX_ENTRIES, |entry| {
            let value = entry.rest().clone().into();
            LogEntry::read(entry)?;
            Ok::<_, Fault>(value)
        })?;
        if entries.is_empty() {
            return Err(material
                .wrong("transparency_entries", "a list of at least one entry")
                .into());
        }
        let read = Self {
            certificate: material.bytes("certificate")?,
            entries,
            envelope: Envelope {
                // Always one of in-toto's (PEP 740, "Attestation statement").
                payload_type: STATEMENT.to_owned(),
                payload: envelope.bytes("statement")?,
                signature: envelope.bytes("signature")?,
            },
        };
        material.end()?;
        envelope.end()?;
        Ok(read)
    }

    /// The attestation that is made of a bundle over a statement. It has no place for timestamps,
    /// nor for certificates above the leaf: those of the bundle are left out.
    pub fn from_bundle(document: &[u8]) -> Result<Self, Error> {
        let rule = |rule| Form::Attestation.error(Fault::Rule(rule));
        let bundle = Bundle::parse(document)?;
        let entries = Form::Bundle.read(document, MAX_BYTES, |mut bundle| {
            Ok(bundle.object("verificationMaterial")?.take("tlogEntries"))
        })?;
        let entries = entries.as_ref().and_then(Value::as_array).cloned().unwrap_or_default();
        let envelope = match bundle.content {
            Content::Envelope(envelope) if envelope.is_statement() => envelope,
            _ => return Err(rule("the bundle is over no statement")),
        };
        let Material::Certificates(certificate, _) = bundle.material else {
            return Err(rule("the bundle has a key in place of a certificate"));
        };
        if entries.is_empty() {
            return Err(rule("the bundle has no log entry"));
        }
        Ok(Self { certificate, entries, envelope })
    }

    /// The attestation in JSON.
    pub fn to_json(&self) -> Vec<u8> {
        let attestation = json!({
            "version": VERSION,
            "verification_material": {
                "certificate": encode_base64(&self.certificate),
                "transparency_entries": self.entries,
            },
            "envelope": {
                "statement": encode_base64(&self.envelope.payload),
                "signature": encode_base64(&self.envelope.signature),
            },
        });
        attestation.to_string().into_bytes()
    }

    /// What was signed, and the signature.
    pub fn envelope(&self) -> &Envelope {
        &self.envelope
    }

    /// The same as a Sigstore bundle of version 0.3, in JSON.
    pub fn to_bundle(&self) -> Vec<u8> {
        let content = SignedContent::Envelope(&self.envelope);
        let signed = Signed { content, signer: SignedBy::Certificate(&self.certificate) };
        signed.to_bundle(&self.entries, None).to_string().into_bytes()
    }
}

/// Takes the version of an object of PEP 740, which is a number.
pub(crate) fn version(object: &mut Members) -> Result<(), Fault> {
    match object.number("version") {
        Ok(VERSION) => Ok(()),
        _ => Err(object.wrong("version", "the number 1").into()),
    }
}

#[cfg(test)]
pub(crate) mod tests;
