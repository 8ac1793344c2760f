//! What `pysign-verify` does, in order.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use pysign_cli::Input;
use pysign_host::{Failure, Host, Notes};
use pysign_http::Client;
use pysign_manifest::{Artifact, Manifest, SignatureKind};
use pysign_sigstore::{TrustedRoot, Verifier};

use crate::copy::Copy;
use crate::evidence::Logs;
use crate::flags::Args;
use crate::policy::{Policy, Releases};
use crate::proof::Judge;
use crate::report::Report;
use crate::subject::Subject;

pub(crate) fn run(args: Args, input: Input, host: &Host) -> Result<Option<Manifest>, Failure> {
    let policy = args.policy.load()?;
    let beside = matches!(input, Input::Files(_));
    let named = args.detached.has_signature();
    let mut release = args.detached.release(input, &host.notes)?;
    release.forget_verified();
    if !named {
        leave_out(&mut release, &policy, &host.notes);
    }
    let client = Client::new(host, &args.network)?;
    let verifier = Verifier::new(TrustedRoot::load(&args.trust, &client, host)?, host)?;
    let logs = Logs { client: &client, verifier: &verifier, named: args.log.as_ref() };
    let named_files = args.trust.file().into_iter().chain(args.policy.file());
    let begin =
        |directory: PathBuf| Copy::begin(&directory, inputs(&release).chain(named_files), host);
    let copy = args.output.map(begin).transpose()?;
    let judge =
        Judge { verifier: &verifier, logs, policy: &policy, copy: copy.as_ref(), beside, named };
    let releases = Releases::default();

    let outcomes = args.jobs.on_each(&mut release.artifacts, |artifact| {
        host.notes.progress(format!("verifying '{}'", artifact.filename));
        verify(artifact, &judge, &releases)
    });
    for line in outcomes.iter().flatten().flat_map(|report| &report.lines) {
        host.notes.detail(line.clone());
    }
    let reports = Failure::collect(outcomes)?;
    if policy.is_complete() {
        releases.check_complete(&release.artifacts)?;
    }
    match copy {
        Some(copy) => copy.finish(&mut release, host)?,
        None => drop_unlisted(&mut release),
    }
    host.notes.summary(Report::summary(&reports));
    Ok(Some(release))
}

/// Takes signatures of kinds that the policy leaves out off the list, and says so: how many of each
/// kind, since a mirror has thousands; and which, to those who ask.
fn leave_out(release: &mut Manifest, policy: &Policy, notes: &Notes) {
    let mut counts: BTreeMap<SignatureKind, usize> = BTreeMap::new();
    for artifact in &mut release.artifacts {
        let filename = &artifact.filename;
        artifact.signatures.retain(|signature| {
            let kept = policy.only(signature.kind);
            if !kept {
                let kind = signature.kind;
                *counts.entry(kind).or_default() += 1;
                notes.detail(format!("the {kind} of '{filename}' is not looked at (--only)"));
            }
            kept
        });
    }
    for (kind, count) in counts {
        let are = if count == 1 { "signature is" } else { "signatures are" };
        let message = format!("{count} {are} not looked at, of the kind '{kind}' (--only)");
        notes.warn("signature-left-out", message);
    }
}

/// Every file of the release.
fn inputs(release: &Manifest) -> impl Iterator<Item = &Path> {
    let signatures = release.artifacts.iter().flat_map(|artifact| &artifact.signatures);
    let sidecars = signatures.flat_map(|one| &one.files).map(|file| file.path.as_path());
    release.artifacts.iter().filter_map(|one| one.path.as_deref()).chain(sidecars)
}

/// Proves one file by all of its signatures, and takes note of it.
fn verify(
    artifact: &mut Artifact,
    judge: &Judge<'_>,
    releases: &Releases,
) -> Result<Report, Failure> {
    let subject = Subject::open(artifact, judge.copy)?;
    let signed = judge.prove(artifact, &subject);
    let named = subject.check_name();
    let verdict = match (signed, named) {
        (Ok(verdict), Ok(())) => verdict,
        (Err(one), Ok(())) | (Ok(_), Err(one)) => return Err(one),
        // The file is not the signed one: what else is wrong with it would only follow from that.
        (Err(one), Err(_)) if is_about_another_file(&one) => return Err(one),
        (Err(one), Err(other)) => return Err(one.merge(other)),
    };
    artifact.verified = verdict.encode(judge.verifier.trust());
    for one in verdict.proven() {
        releases.note(artifact, one.kind, &one.proof);
    }
    Ok(Report::on(artifact, &verdict))
}

/// Whether a signature is good, and the file is not the one that it is for.
fn is_about_another_file(failure: &Failure) -> bool {
    failure.problems().any(|problem| problem.facts().code.ends_with("-other-file"))
}

/// Takes signatures off the list that do not lie beside their artifact: no manifest can name them.
fn drop_unlisted(release: &mut Manifest) {
    for artifact in &mut release.artifacts {
        let mut signatures = std::mem::take(&mut artifact.signatures);
        signatures.retain(|signature| artifact.can_list(signature));
        artifact.signatures = signatures;
    }
}
