//! From an artifact's signatures to what is proven by them: all of them must hold.

use std::path::Path;

use pysign_attest::{Bundle, Material};
use pysign_host::{Failure, Sha256};
use pysign_manifest::{Artifact, SignatureKind, Verified};
use pysign_sigstore::{Proof, Signer, Subject, Trust, Verifier, rekor};

use crate::copy::Copy;
use crate::error::{Error, is_over_statement, with_instance};
use crate::evidence::{Evidence, Logs, Pair, asked_for};
use crate::policy::{Policy, Rule};
use crate::subject::Subject as Hashed;

/// What every file is judged by.
pub(crate) struct Judge<'a> {
    pub(crate) verifier: &'a Verifier,
    pub(crate) logs: Logs<'a>,
    pub(crate) policy: &'a Policy,
    pub(crate) copy: Option<&'a Copy>,
    /// Whether signatures were looked for beside the files.
    pub(crate) beside: bool,
    /// Whether the one signature was named on the command line, in whose place and name nothing
    /// says what a bundle is over.
    pub(crate) named: bool,
}

/// One signature that holds, and what it proves.
pub(crate) struct Proven {
    pub(crate) kind: SignatureKind,
    pub(crate) proof: Proof,
}

/// What a file is proven by.
pub(crate) enum Verdict {
    /// By signatures; at least one.
    Signed(Vec<Proven>),
    /// By its digest alone, which this policy file lists.
    Pinned { policy: Sha256 },
}

impl Judge<'_> {
    /// Proves that the artifact with this digest was signed as is demanded, by every signature that
    /// is listed for it, and there must be one unless the digest itself is demanded. The very bytes
    /// that hold go into the copy.
    pub(crate) fn prove(
        &self,
        artifact: &mut Artifact,
        subject: &Hashed,
    ) -> Result<Verdict, Failure> {
        let file = artifact.path.clone().unwrap_or_else(|| artifact.filename.clone().into());
        let evidence = Failure::collect(artifact.signatures.iter_mut().map(Evidence::read))?;
        let rule = self.policy.for_artifact(artifact)?;
        if evidence.is_empty() {
            let pinned = rule.pinned(&subject.sha256).map(|policy| Verdict::Pinned { policy });
            return pinned.ok_or_else(|| Error::Unsigned { file, beside: self.beside }.into());
        }
        let filename = subject.filename.as_deref();
        let is_pae = subject.is_pae;
        let subject = Subject { file: &file, digest: subject.sha256, filename };
        let (pairs, others): (Vec<&Evidence>, Vec<&Evidence>) =
            evidence.iter().partition(|one| one.kind == SignatureKind::Pair);
        let proven = Failure::collect(others.iter().map(|one| self.bundles(&subject, &rule, one)))?;
        // What a manifest says of a statement's type is dropped with its other claims.
        for (signature, one) in artifact.signatures.iter_mut().zip(&evidence) {
            let own = others.iter().zip(&proven).filter(|(other, _)| std::ptr::eq(**other, one));
            let types = own.flat_map(|(_, proven)| proven).filter_map(Proven::predicate_type);
            let types: Vec<&str> = types.collect();
            signature.predicate_type.take_if(|claimed| !types.contains(&claimed.as_str()));
        }
        let mut proven: Vec<Proven> = proven.into_iter().flatten().collect();
        let pairs = pairs.iter().map(|one| self.pair(&subject, &rule, one, &proven));
        let pairs = Failure::collect(pairs)?;
        proven.extend(pairs);
        if is_pae && proven.iter().any(|one| one.proof.statement.is_none()) {
            return Err(Error::Ambiguous { file }.into());
        }
        let said: Vec<_> =
            proven.iter().map(|one| (one.kind, one.proof.statement.as_ref())).collect();
        rule.satisfied(&file, &said)?;
        if self.named
            && let ([signature], [one]) = (artifact.signatures.as_mut_slice(), proven.as_slice())
        {
            if !self.policy.only(one.kind) {
                return Err(Error::Unsigned { file, beside: self.beside }.into());
            }
            signature.kind = one.kind;
        }
        if let Some(copy) = self.copy {
            for (signature, one) in artifact.signatures.iter().zip(&evidence) {
                for (role, path, bytes) in &one.files {
                    copy.add_sidecar(&artifact.filename, (signature.kind, *role, path), bytes)?;
                }
            }
        }
        Ok(Verdict::Signed(proven))
    }

    /// What a signature proves that is no pair.
    fn bundles(
        &self,
        subject: &Subject<'_>,
        rule: &Rule<'_>,
        one: &Evidence,
    ) -> Result<Vec<Proven>, Failure> {
        let bundles = one.bundles(&self.logs)?;
        Failure::collect(bundles.iter().map(|bundle| {
            let proof =
                self.accepted(subject, rule, bundle).map_err(|failure| one.names(failure))?;
            let kind = match one.kind {
                SignatureKind::Bundle if self.named && proof.statement.is_some() => {
                    SignatureKind::Statement
                }
                kind if is_over_statement(kind) == proof.statement.is_some() => kind,
                kind => return Err(Error::OtherKind { file: one.path().into(), kind }.into()),
            };
            Ok(Proven { kind, proof })
        }))
    }

    /// What a pair proves: what the bundle does that it is a copy of. With no bundle beside it, the
    /// logs are asked: alone it shows neither when it was made, nor that a log knows of it.
    fn pair(
        &self,
        subject: &Subject<'_>,
        rule: &Rule<'_>,
        one: &Evidence,
        proven: &[Proven],
    ) -> Result<Proven, Failure> {
        let pair = one.pair()?;
        let mut bundles = proven.iter().filter(|one| one.kind == SignatureKind::Bundle).peekable();
        let kind = SignatureKind::Pair;
        if bundles.peek().is_none() {
            if !rule.takes_certificates() {
                // No log's answer would make a difference.
                let found = Signer::Certificate(pair.certificate.clone());
                return Err(pysign_sigstore::Error::signer_kind(subject.file, &found).into());
            }
            return Ok(Proven { kind, proof: self.look_up(subject, rule, &pair, one.path())? });
        }
        let same = |proof: &&Proof| {
            proof.signature == pair.signature && proof.certificate() == Some(&pair.certificate)
        };
        let found = bundles.map(|one| &one.proof).find(same).cloned();
        let proof = found.ok_or_else(|| Error::PairMismatch { file: one.path().into() })?;
        Ok(Proven { kind, proof })
    }

    /// The proof that the first entry gives which holds.
    fn look_up(
        &self,
        subject: &Subject<'_>,
        rule: &Rule<'_>,
        pair: &Pair,
        path: &Path,
    ) -> Result<Proof, Failure> {
        let (digest, signature) = (subject.digest, pair.signature.as_slice());
        let signed = rekor::Signed {
            content: rekor::Content::File { digest, signature },
            signer: rekor::Signer::Certificate(pair.certificate.der()),
        };
        let mut failures: Vec<Failure> = Vec::new();
        for bundles in self.logs.bundles(signed) {
            let proofs = match bundles {
                Ok(bundles) => bundles,
                Err(failure) => {
                    failures.push(asked_for(path, failure));
                    continue;
                }
            };
            for bundle in proofs {
                match self.accepted(subject, rule, &bundle) {
                    Ok(proof) => return Ok(proof),
                    Err(failure) => failures.push(failure),
                }
            }
        }
        let all = failures.into_iter().reduce(Failure::merge);
        Err(all.unwrap_or_else(|| Error::NotLogged { file: path.into() }.into()))
    }

    /// The proof that a bundle gives, by a signer who may. One without a certificate is tried with
    /// each key that the policy knows.
    fn accepted(
        &self,
        subject: &Subject<'_>,
        rule: &Rule<'_>,
        bundle: &[u8],
    ) -> Result<Proof, Failure> {
        let parts = Bundle::parse(bundle).ok();
        let judged = |key| {
            let proof = self.verifier.prove(subject, bundle, key).map_err(Failure::from);
            let proof = match &parts {
                Some(parts) => proof.map_err(|why| why.map(|cause| with_instance(cause, parts)))?,
                None => proof?,
            };
            rule.accepts(subject.file, &proof)?;
            Ok(proof)
        };
        let has_key = parts.as_ref().is_some_and(|it| matches!(it.material, Material::PublicKey));
        let mut keys = rule.keys().peekable();
        if keys.peek().is_none() || !has_key {
            return judged(None);
        }
        let mut refused = None;
        for key in keys {
            match judged(Some(key)) {
                Ok(proof) => return Ok(proof),
                Err(failure) => refused = refused.or(Some(failure)),
            }
        }
        refused.map_or_else(|| judged(None), Err)
    }
}

impl Verdict {
    /// The signatures, if it is by them.
    pub(crate) fn proven(&self) -> &[Proven] {
        match self {
            Self::Signed(proven) => proven,
            Self::Pinned { .. } => &[],
        }
    }

    /// As the manifest's `verified` has it.
    pub(crate) fn encode(&self, trust: Trust) -> Vec<Verified> {
        match self {
            Self::Signed(proven) => proven.iter().map(|one| one.encode(trust)).collect(),
            Self::Pinned { policy } => vec![Verified {
                kind: Some("pin".to_owned()),
                policy_sha256: Some(*policy),
                ..Verified::default()
            }],
        }
    }
}

impl Proven {
    fn predicate_type(&self) -> Option<&str> {
        self.proof.statement.as_ref().map(|statement| statement.predicate_type.as_str())
    }

    /// As the manifest's `verified` has it.
    fn encode(&self, trust: Trust) -> Verified {
        let proof = &self.proof;
        let mut verified = Verified {
            kind: Some(self.kind.to_string()),
            signature_sha256: Some(Sha256::of(&proof.signature)),
            signed_at: proof.signed_at.map(|time| time.to_string()),
            times: Some(proof.times.iter().map(ToString::to_string).collect()),
            log: Some(proof.log.clone()),
            log_index: Some(proof.log_index),
            predicate_type: proof.statement.as_ref().map(|one| one.predicate_type.clone()),
            trust: Some(pysign_manifest::Trust {
                source: Some(trust.source.to_string()),
                sha256: Some(trust.sha256),
                ..Default::default()
            }),
            ..Verified::default()
        };
        match &proof.signer {
            Signer::Certificate(certificate) => {
                verified.identity = Some(certificate.identity().to_owned());
                verified.issuer = Some(certificate.issuer().to_owned());
                verified.claims = Some(certificate.claims().clone());
            }
            Signer::Key(key) => verified.key_sha256 = Some(key.sha256()),
        }
        verified
    }
}
