//! From an artifact's signatures to what is proven by them: all of them must hold.

use std::fmt;
use std::path::{Path, PathBuf};

use pysign_attest::{Certificate, signature_from_text};
use pysign_host::{Failure, Sha256};
use pysign_manifest::{
    Artifact, Manifest, Role, Signature, SignatureKind, Value, json, sidecar_path,
};
use pysign_sigstore::{Expected, Proof, Signer, Subject, Trust, Verifier};

use crate::Error;
use crate::copy::Copy;
use crate::subject;

/// One signature that holds, and what it proves.
pub(crate) struct Proven {
    kind: SignatureKind,
    proof: Proof,
}

/// Proves that the artifact with these bytes was signed by `expected`, by every signature that is
/// listed for it, and there must be one. The very bytes that hold go into the copy.
pub(crate) fn prove(
    artifact: &mut Artifact,
    subject: &subject::Subject,
    verifier: &Verifier,
    expected: &Expected,
    copy: Option<&Copy>,
) -> Result<Vec<Proven>, Failure> {
    let file = artifact.path()?.to_owned();
    let evidence = Failure::collect(artifact.signatures.iter_mut().map(Evidence::read))?;
    let (pairs, others): (Vec<Evidence>, Vec<Evidence>) =
        evidence.into_iter().partition(|one| one.kind == SignatureKind::Pair);
    if pairs.is_empty() && others.is_empty() {
        return Err(Error::Unsigned { file }.into());
    }
    let filename = subject.filename.as_deref();
    let subject = Subject { file: &file, digest: subject.sha256, filename };
    let bundles = Failure::collect(others.iter().map(|evidence| {
        let proof = verifier.prove(&subject, evidence.bundle()?, None)?;
        expected.check_proof(&file, &proof)?;
        Ok(proof)
    }))?;
    let copies = Failure::collect(pairs.iter().map(|pair| pair.copy_of(&bundles).cloned()))?;
    if let Some(copy) = copy {
        for (role, path, bytes) in others.iter().chain(&pairs).flat_map(|one| &one.files) {
            copy.add_sidecar(&artifact.filename, (*role, path), bytes)?;
        }
    }
    let by = |kind| move |proof| Proven { kind, proof };
    let bundles = bundles.into_iter().map(by(SignatureKind::Bundle));
    Ok(bundles.chain(copies.into_iter().map(by(SignatureKind::Pair))).collect())
}

/// A signature's files, read once.
struct Evidence {
    kind: SignatureKind,
    files: Vec<(Role, PathBuf, Vec<u8>)>,
}

impl Evidence {
    fn read(signature: &mut Signature) -> Result<Self, Failure> {
        let files = signature.files.iter_mut().map(|file| {
            let bytes = file.load()?;
            Ok((file.role, file.path.clone(), bytes))
        });
        let files = Failure::collect(files)?;
        Ok(Self { kind: signature.kind, files })
    }

    /// The file in a role; without it, the signature is none that can be verified.
    fn file(&self, role: Role) -> Result<(&Path, &[u8]), Error> {
        let found = self.files.iter().find(|(found, _, _)| *found == role);
        found
            .map(|(_, path, bytes)| (path.as_path(), bytes.as_slice()))
            .ok_or_else(|| self.unsupported())
    }

    fn unsupported(&self) -> Error {
        let file = self.files.first().map(|(_, path, _)| path.clone()).unwrap_or_default();
        Error::UnsupportedSignature { file, kind: self.kind }
    }

    /// The bundle of a signature over the file itself.
    fn bundle(&self) -> Result<&[u8], Error> {
        match self.kind {
            SignatureKind::Bundle => Ok(self.file(Role::Bundle)?.1),
            _ => Err(self.unsupported()),
        }
    }

    /// The proof of the bundle that this pair is a copy of. A pair has no log entry: alone it proves
    /// neither when it was made, nor that the log knows of it.
    fn copy_of<'p>(&self, bundles: &'p [Proof]) -> Result<&'p Proof, Failure> {
        let ((path, text), (block_path, block)) =
            (self.file(Role::Signature)?, self.file(Role::Certificate)?);
        let signature = signature_from_text(text).map_err(|error| error.at(path))?;
        let certificate = Certificate::from_text(block).map_err(|error| error.at(block_path))?;
        if bundles.is_empty() {
            return Err(self.unsupported().into());
        }
        let same = |proof: &&Proof| {
            proof.signature == signature && proof.certificate() == Some(&certificate)
        };
        let found = bundles.iter().find(same);
        found.ok_or_else(|| Error::PairMismatch { file: path.into() }.into())
    }
}

impl Proven {
    /// As the manifest's `verified` has it.
    pub(crate) fn encode(&self, trust: Trust) -> Value {
        let proof = &self.proof;
        let certificate = proof.certificate();
        let key = match &proof.signer {
            Signer::Certificate(_) => None,
            Signer::Key(key) => Some(key.sha256().to_string()),
        };
        let mut entry = json!({
            "kind": self.kind.to_string(),
            "signature_sha256": Sha256::of(&proof.signature).to_string(),
            "identity": certificate.map(Certificate::identity),
            "issuer": certificate.map(Certificate::issuer),
            "claims": certificate.map(Certificate::claims),
            "key_sha256": key,
            "signed_at": proof.signed_at.map(|time| time.to_string()),
            "predicate_type": proof.statement.as_ref().map(|one| &one.predicate_type),
            "log": proof.log,
            "log_index": proof.log_index,
            "trust": {"source": trust.source, "sha256": trust.sha256.to_string()},
        });
        if let Some(members) = entry.as_object_mut() {
            members.retain(|_, value| !value.is_null());
        }
        entry
    }
}

impl fmt::Display for Proven {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { kind, proof } = self;
        write!(f, "proven by its {kind}: ")?;
        if let Some(time) = proof.signed_at {
            write!(f, "signed at {time}, ")?;
        }
        write!(f, "entry {} of '{}'", proof.log_index, proof.log)
    }
}

/// Takes signatures off the list that do not lie beside their artifact: no manifest can name them.
pub(crate) fn drop_unlisted(release: &mut Manifest) {
    for artifact in &mut release.artifacts {
        let Some(path) = artifact.path.clone() else { continue };
        artifact.signatures.retain(|signature| {
            signature.kind != SignatureKind::Bundle
                || signature.files.iter().all(|file| file.path == sidecar_path(&path, BUNDLE))
        });
    }
}

/// How a bundle is named beside its file.
pub(crate) const BUNDLE: &str = ".sigstore.json";
