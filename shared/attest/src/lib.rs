//! Formats of signatures and attestations, and nothing but their form: what is read here is
//! well-formed and means one thing; whether it is true is the verifier's business.

mod attestation;
mod bundle;
mod certificate;
mod envelope;
mod error;
mod legacy;
mod marker;
mod pem;
pub mod predicates;
mod protobuf;
mod provenance;
mod public_key;
#[cfg(feature = "samples")]
pub mod samples;
mod signed;
mod statement;
mod text;

pub use attestation::Attestation;
pub use bundle::{Bundle, Content, InclusionProof, LogEntry, Material};
pub use certificate::{CLAIMS, Certificate};
pub use envelope::Envelope;
pub use error::{Error, Fault, Form};
pub use legacy::LegacyBundle;
pub use marker::{MARKER_SCHEMA, MarkedFile, MarkedSidecar, Marker};
pub use pem::encode as encode_pem;
pub use provenance::Provenance;
pub use public_key::{KeyKind, PublicKey};
pub use signed::{Signed, SignedBy, SignedContent};
pub use statement::{Statement, Subject};
pub use text::signature_from_text;
