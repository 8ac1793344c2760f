//! What a bundle must be beyond what the library demands. It accepts some that hold parts nobody
//! has signed; here every part is either proven or not there.

use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use pysign_attest::{Bundle, Content, InclusionProof, KeyKind, LogEntry, Material, PublicKey};
use serde_json::Value;
use sigstore_verify::types::Checkpoint;

use crate::{Error, Signer, Subject, timestamp};

const BODY: &str = "its body does not have the form of its kind";
const CHECKPOINT: &str = "its checkpoint is not a signed note";
const CONTRADICTION: &str = "its inclusion proof contradicts the entry or the checkpoint";

/// Gives the one log entry of a bundle that the library may look at, if the bundle is of the kind
/// that is asked for: by `key`, or by a certificate.
pub(crate) fn check<'b>(
    bundle: &'b Bundle,
    subject: &Subject<'_>,
    key: Option<&PublicKey>,
) -> Result<&'b LogEntry, Error> {
    let file = subject.file;
    material(bundle, file, key)?;
    content(bundle, subject, key)?;
    let [entry] = bundle.entries.as_slice() else {
        return Err(Error::LogEntries { file: file.into(), found: bundle.entries.len() });
    };
    let Some(proof) = &entry.proof else {
        return Err(Error::LogProofMissing { file: file.into() });
    };
    let log = |fault: &'static str| Error::Log { file: file.into(), cause: fault.into() };
    let statement = matches!(bundle.content, Content::Envelope(_));
    match (entry.kind(), statement) {
        (("hashedrekord", "0.0.1"), false) | (("dsse", "0.0.1") | ("intoto", "0.0.2"), true) => {
            version_1(entry).map_err(log)?;
        }
        // Rekor v2 has no kind of its own for envelopes: it logs the digest of what was signed.
        (("hashedrekord", "0.0.2"), _) if key.is_some_and(|key| key.kind() != KeyKind::P256) => {
            return Err(unsupported(file, "Rekor v2 takes P-256 keys only"));
        }
        (("hashedrekord", "0.0.2"), _) => version_2(entry, proof).map_err(log)?,
        _ => return Err(unsupported(file, "its log entry is of a kind that is not for it")),
    }
    tree_head(proof).map_err(log)?;
    if let (("intoto", _), Material::Certificates(leaf, _)) = (entry.kind(), &bundle.material) {
        same_certificate(&entry.body, leaf).map_err(log)?;
    }
    timestamp::check(&bundle.timestamps)
        .map_err(|cause| Error::Timestamp { file: file.into(), cause })?;
    Ok(entry)
}

/// The library compares the key of an intoto entry with that of the certificate, and not the
/// certificate: whoever has two for one key could log the one and show the other, and who watches
/// the log for the other's name would see nothing.
fn same_certificate(body: &[u8], leaf: &[u8]) -> Result<(), &'static str> {
    let body: Value = serde_json::from_slice(body).map_err(|_| BODY)?;
    let logged = body.pointer(INTOTO_VERIFIER);
    let logged = logged.and_then(Value::as_str).and_then(|text| STANDARD.decode(text).ok());
    let logged = logged.and_then(|pem| block(&pem)).ok_or(BODY)?;
    if logged == leaf { Ok(()) } else { Err("it is for another certificate") }
}

/// The one certificate of a text. Its lines are as long as its author liked: the log has taken it.
fn block(pem: &[u8]) -> Option<Vec<u8>> {
    let text = std::str::from_utf8(pem).ok()?.trim();
    let text = text.strip_prefix("-----BEGIN CERTIFICATE-----")?;
    let text = text.strip_suffix("-----END CERTIFICATE-----")?;
    STANDARD.decode(text.split_ascii_whitespace().collect::<String>()).ok()
}

fn unsupported(file: &Path, reason: &'static str) -> Error {
    Error::Unsupported { file: file.into(), reason }
}

fn material(bundle: &Bundle, file: &Path, key: Option<&PublicKey>) -> Result<(), Error> {
    match (&bundle.material, key) {
        (Material::PublicKey, None) => Err(match bundle.entries.iter().find_map(logged_key) {
            Some(key) => Error::signer_kind(file, &Signer::Key(key)),
            None => Error::SignerKind { file: file.into(), key: true, found: "a key".to_owned() },
        }),
        (Material::Certificates(..), Some(_)) => Err(match bundle.certificate() {
            Ok(certificate) => Error::signer_kind(file, &Signer::Certificate(certificate)),
            Err(cause) => Error::Malformed { file: file.into(), cause },
        }),
        // Authorities come from the trusted root; what the bundle brings would prove nothing.
        (Material::Certificates(_, above), None) if !above.is_empty() => {
            Err(Error::Authorities { file: file.into(), found: above.len() })
        }
        (Material::PublicKey, Some(_)) | (Material::Certificates(..), None) => Ok(()),
    }
}

/// Where the body of an entry has the signer's key or certificate: a hashedrekord, a dsse, an
/// intoto, and a hashedrekord of Rekor v2.
const VERIFIERS: [&str; 4] = [
    "/spec/signature/publicKey/content",
    "/spec/signatures/0/verifier",
    INTOTO_VERIFIER,
    "/spec/hashedRekordV002/signature/verifier/publicKey/rawBytes",
];
const INTOTO_VERIFIER: &str = "/spec/content/envelope/signatures/0/publicKey";

/// The key that a log entry is for, to tell a wrong key from a wrong file. It proves nothing.
pub(crate) fn logged_key(entry: &LogEntry) -> Option<PublicKey> {
    let body: Value = serde_json::from_slice(&entry.body).ok()?;
    let text = VERIFIERS.iter().find_map(|place| body.pointer(place))?;
    let key = STANDARD.decode(text.as_str()?).ok()?;
    PublicKey::from_pem(&key).or_else(|_| PublicKey::from_der(&key)).ok()
}

fn content(bundle: &Bundle, subject: &Subject<'_>, key: Option<&PublicKey>) -> Result<(), Error> {
    let (file, found) = (subject.file, subject.digest);
    match &bundle.content {
        Content::Envelope(envelope) if envelope.is_statement() => Ok(()),
        Content::Envelope(_) => {
            Err(unsupported(file, "its envelope does not contain an in-toto statement"))
        }
        Content::Message { .. } if key.is_some_and(|key| key.kind() == KeyKind::Ed25519) => {
            // The file would have to be in memory as a whole, and no log takes such a signature
            // (Rekor's hashedrekord is for prehashed ones).
            Err(unsupported(file, "an Ed25519 key signs statements, and this is over the file"))
        }
        Content::Message { digest, .. } => match (digest, bundle.digest()) {
            (Some(_), None) => Err(unsupported(file, "it is over a digest other than SHA-256")),
            (_, Some(expected)) if expected != found => {
                Err(Error::OtherFile { file: file.into(), expected, found })
            }
            _ => Ok(()),
        },
    }
}

/// Rekor v1 signs time and index of an entry in its promise and nowhere else.
fn version_1(entry: &LogEntry) -> Result<(), &'static str> {
    if entry.promised {
        Ok(())
    } else {
        Err("the log's promise (signed entry timestamp) is missing")
    }
}

/// Rekor v2 gives neither time nor promise, and its proof repeats the index of the entry.
fn version_2(entry: &LogEntry, proof: &InclusionProof) -> Result<(), &'static str> {
    if entry.promised || entry.integrated_time != 0 {
        return Err("it has a time or promise, which nobody signs in Rekor v2");
    }
    if proof.index == entry.index { Ok(()) } else { Err(CONTRADICTION) }
}

/// The proof repeats size and root of the tree, which the log has signed in the checkpoint.
fn tree_head(proof: &InclusionProof) -> Result<(), &'static str> {
    if !is_note(&proof.checkpoint) {
        return Err(CHECKPOINT);
    }
    let head = Checkpoint::from_text(&proof.checkpoint).map_err(|_| CHECKPOINT)?;
    let same = head.tree_size() == proof.tree_size
        && head.root_hash().as_bytes() == proof.root_hash.as_bytes();
    if same { Ok(()) } else { Err(CONTRADICTION) }
}

/// Whether `text` is a signed note (C2SP `signed-note`): lines that are signed, the one blank line,
/// and lines that are signatures, one of them by the origin in the first line. The library would
/// pass over anything else.
fn is_note(text: &str) -> bool {
    let Some((signed, signatures)) = text.split_once("\n\n") else { return false };
    let Some(signatures) = signatures.strip_suffix('\n') else { return false };
    let signers: Option<Vec<&str>> = signatures.split('\n').map(signer).collect();
    // Rekor v1 has the number of the tree after its name.
    let origin = signed.split(['\n', ' ']).next().unwrap_or_default();
    !text.chars().any(|c| c.is_control() && c != '\n')
        && signed.split('\n').all(|line| !line.is_empty())
        && signers.is_some_and(|signers| signers.contains(&origin))
}

/// Whose signature the line is.
fn signer(line: &str) -> Option<&str> {
    match line.split(' ').collect::<Vec<_>>().as_slice() {
        ["—", name, signature] if !name.is_empty() && !signature.is_empty() => Some(name),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_intoto_entry_is_by_the_certificate_and_not_only_by_its_key() {
        let body = |pem: &str| {
            let signature = json!({"publicKey": STANDARD.encode(pem), "sig": "x"});
            let content = json!({"envelope": {"signatures": [signature]}});
            json!({"spec": {"content": content}}).to_string().into_bytes()
        };
        let pem = |text: &str| {
            format!("-----BEGIN CERTIFICATE-----\n{text}\n-----END CERTIFICATE-----\n")
        };
        assert!(same_certificate(&body(&pem("AAE\nCAw==")), &[0, 1, 2, 3]).is_ok());
        assert!(same_certificate(&body(&pem("AAECAw==")), &[0, 1, 2, 4]).unwrap_err() != BODY);
        for text in [pem("AAECAw==").repeat(2), pem("x"), "AAECAw==".to_owned(), String::new()] {
            let fault = same_certificate(&body(&text), &[0, 1, 2, 3]).unwrap_err();
            assert_eq!(fault, BODY, "{text}");
        }
        assert!(same_certificate(b"{}", &[]).is_err() && same_certificate(b"x", &[]).is_err());
    }

    #[test]
    fn a_note_has_one_blank_line_and_signatures_after_it() {
        assert!(is_note("name\n1\nAAAA\n\n— name AAAA\n"));
        assert!(is_note("name - 7\n1\nAAAA\nmore\n\n— other BBBB\n— name AAAA\n"));
        for text in [
            "",
            "other\n1\nAAAA\n\n— name AAAA\n",
            "name\n1\nAAAA\n— name AAAA\n",
            "name\n1\nAAAA\n\n",
            "name\n1\nAAAA\n\n\n",
            "name\n1\nAAAA\n\n— name AAAA",
            "name\n1\nAAAA\n\n— name AAAA\n\n",
            "name\n1\nAAAA\n\n— name AAAA\n\nmore\n",
            "name\n1\nAAAA\n\n— name AAAA\nmore\n",
            "name\n1\nAAAA\n\n— name AAAA more\n",
            "name\n1\nAAAA\n\n—  name AAAA\n",
            "name\n1\nAAAA\n\n- name AAAA\n",
            "name\n\n1\nAAAA\n\n— name AAAA\n",
            "\nname\n1\nAAAA\n\n— name AAAA\n",
            "name\r\n1\nAAAA\n\n— name AAAA\n",
        ] {
            assert!(!is_note(text), "{text:?}");
        }
    }
}
