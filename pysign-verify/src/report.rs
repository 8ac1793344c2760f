//! What is said of what was proven.

use std::collections::BTreeSet;

use pysign_manifest::{Artifact, SignatureKind};
use pysign_sigstore::{Proof, Signer};

use crate::proof::{Proven, Verdict};

/// One file that is proven, in the words of the user's report.
#[derive(Debug, Default)]
pub(crate) struct Report {
    /// For `-v`: one line for each signature, whatever forms it has.
    pub(crate) lines: Vec<String>,
    signers: BTreeSet<String>,
}

impl Report {
    pub(crate) fn on(artifact: &Artifact, verdict: &Verdict) -> Self {
        let Verdict::Signed(proven) = verdict else {
            let line =
                format!("'{}' is proven by its digest: the policy pins it", artifact.filename);
            return Self { lines: vec![line], signers: BTreeSet::new() };
        };
        let mut seen: Vec<(&[u8], Vec<SignatureKind>, String)> = Vec::new();
        for Proven { kind, proof } in proven {
            let known = seen.iter_mut().find(|(signature, _, _)| *signature == proof.signature);
            if let Some((_, kinds, _)) = known {
                kinds.push(*kind);
            } else {
                seen.push((&proof.signature, vec![*kind], fact(proof)));
            }
        }
        let line = |(_, kinds, fact): (&[u8], Vec<SignatureKind>, String)| {
            let kinds: Vec<String> = kinds.iter().map(|kind| format!("its {kind}")).collect();
            format!("'{}' is proven by {}: {fact}", artifact.filename, kinds.join(" and "))
        };
        let signers = proven.iter().map(|one| name(&one.proof.signer)).collect();
        Self { lines: seen.into_iter().map(line).collect(), signers }
    }

    /// The closing line on all of them.
    pub(crate) fn summary(reports: &[Self]) -> String {
        let count =
            |number| if number == 1 { "1 file".to_owned() } else { format!("{number} files") };
        let signers: BTreeSet<&String> = reports.iter().flat_map(|one| &one.signers).collect();
        let signed = reports.iter().filter(|one| !one.signers.is_empty()).count();
        let pinned = reports.len() - signed;
        let by = match signers.iter().collect::<Vec<_>>().as_slice() {
            [] => return format!("{} pinned by digest", count(pinned)),
            [one] => format!("{} signed by {one}", count(signed)),
            several => format!("{} signed by {} signers", count(signed), several.len()),
        };
        if pinned == 0 { by } else { format!("{by}, {pinned} pinned by digest") }
    }
}

/// What is proven by one signature.
fn fact(proof: &Proof) -> String {
    let (signer, index, log) = (name(&proof.signer), proof.log_index, &proof.log);
    let time = proof.signed_at.map(|time| format!(" at {time}")).unwrap_or_default();
    format!("signed by {signer}{time}, entry {index} of '{log}'")
}

fn name(signer: &Signer) -> String {
    match signer {
        Signer::Certificate(certificate) => format!("'{}'", certificate.identity()),
        Signer::Key(key) => format!("the key {}", key.sha256()),
    }
}
