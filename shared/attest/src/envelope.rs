//! The envelope around a signed statement (DSSE, `envelope.md` and `protocol.md`): the signature is
//! over the payload together with its type, so that neither can be taken for something else.

use pysign_json::{Members, Value, json};

use crate::error::{Error, Fault, Form};
use crate::protobuf::{Protobuf as _, encode_base64};
use crate::statement::Statement;

/// What an in-toto statement calls itself (in-toto attestation framework, `spec/v1/envelope.md`).
pub(crate) const STATEMENT: &str = "application/vnd.in-toto+json";

/// How a pre-authentication encoding begins.
const PAE: &str = "DSSEv1 ";

/// Signatures in an envelope are counted up to here; one is allowed.
const MAX_SIGNATURES: usize = 32;

/// A payload and the one signature over it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Envelope {
    /// What the payload is.
    pub payload_type: String,
    /// What was signed.
    pub payload: Vec<u8>,
    /// The signature.
    pub signature: Vec<u8>,
}

impl Envelope {
    /// An envelope around a statement, which is signed when the signature over [`Envelope::pae`] is
    /// put into it.
    pub fn unsigned(statement: Vec<u8>) -> Self {
        let payload_type = STATEMENT.to_owned();
        Self { payload_type, payload: statement, signature: Vec::new() }
    }

    /// The bytes that the signature is over: the pre-authentication encoding (DSSE, `protocol.md`),
    /// with lengths in bytes.
    pub fn pae(&self) -> Vec<u8> {
        let Self { payload_type, payload, .. } = self;
        let head = format!("{PAE}{} {payload_type} {} ", payload_type.len(), payload.len());
        [head.as_bytes(), payload].concat()
    }

    /// The envelope in JSON, as bundles and logs have it.
    pub fn to_value(&self) -> Value {
        json!({
            "payload": encode_base64(&self.payload),
            "payloadType": self.payload_type,
            "signatures": [{"sig": encode_base64(&self.signature)}],
        })
    }

    /// Whether `bytes` begin like such an encoding. A signature over a file that does would be one
    /// over whatever statement is encoded in it, about any other file.
    pub fn is_pae(bytes: &[u8]) -> bool {
        bytes.starts_with(PAE.as_bytes())
    }

    /// Whether a statement is in it, by the type of its payload.
    pub fn is_statement(&self) -> bool {
        self.payload_type == STATEMENT
    }

    /// The statement in it. A payload of another type is an error: no one has said how to read it.
    pub fn statement(&self) -> Result<Statement, Error> {
        if self.is_statement() {
            return Statement::parse(&self.payload);
        }
        Err(Form::Statement
            .error(Fault::Rule("its payloadType is not application/vnd.in-toto+json")))
    }

    /// An envelope in a bundle has one signature (protobuf-specs), or the rest of the bundle would
    /// be about any of them. A `keyid` is a hint that nobody signs (DSSE, `envelope.md`).
    pub(crate) fn read(mut envelope: Members) -> Result<Self, Fault> {
        let (payload_type, payload) = (envelope.text("payloadType")?, envelope.bytes("payload")?);
        let signatures = envelope.objects("signatures", MAX_SIGNATURES, |mut signature| {
            signature.optional_text("keyid")?;
            let bytes = signature.bytes("sig")?;
            signature.end()?;
            Ok::<_, Fault>(bytes)
        })?;
        let [signature] = <[Vec<u8>; 1]>::try_from(signatures)
            .map_err(|_| envelope.wrong("signatures", "one signature"))?;
        envelope.end()?;
        Ok(Self { payload_type, payload, signature })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn envelope(payload_type: &str, payload: &[u8]) -> Envelope {
        Envelope {
            payload_type: payload_type.to_owned(),
            payload: payload.to_owned(),
            signature: vec![0],
        }
    }

    /// The vector of `protocol.md`, and one whose characters are longer than a byte.
    #[test]
    fn lengths_are_counted_in_bytes() {
        assert_eq!(
            envelope("http://example.com/HelloWorld", b"hello world").pae(),
            b"DSSEv1 29 http://example.com/HelloWorld 11 hello world"
        );
        assert_eq!(envelope("é", "ü€".as_bytes()).pae(), "DSSEv1 2 é 5 ü€".as_bytes());
        assert_eq!(envelope("", b"").pae(), b"DSSEv1 0  0 ");
    }

    #[test]
    fn an_encoding_is_known_by_its_beginning() {
        assert!(Envelope::is_pae(&envelope("t", b"p").pae()));
        assert!(Envelope::is_pae(b"DSSEv1 x"));
        assert!(!Envelope::is_pae(b"DSSEv1") && !Envelope::is_pae(b" DSSEv1 0  0 "));
    }

    #[test]
    fn only_a_statement_is_read_as_one() {
        let statement = br#"{"_type":"https://in-toto.io/Statement/v1","predicateType":"p",
            "subject":[{"digest":{"sha512":"00"}}]}"#;
        assert_eq!(envelope(STATEMENT, statement).statement().unwrap().predicate_type, "p");
        assert!(Envelope::unsigned(statement.to_vec()).is_statement());
        for other in ["", "application/json", "application/vnd.in-toto+json; v=1"] {
            let text = envelope(other, statement).statement().unwrap_err().to_string();
            assert!(text.contains("payloadType"), "{text}");
        }
        assert!(envelope(STATEMENT, b"").statement().is_err());
    }
}
