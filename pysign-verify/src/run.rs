//! What `pysign-verify` does, in order.

use std::path::{Path, PathBuf};

use pysign_cli::Input;
use pysign_host::{Failure, Host};
use pysign_http::Client;
use pysign_manifest::{Artifact, Manifest};
use pysign_sigstore::{TrustSource, TrustedRoot, Verifier};

use crate::copy::Copy;
use crate::flags::{Args, TOOL};
use crate::logs::Logs;
use crate::proof::Judge;
use crate::report::Report;
use crate::subject::Subject;

pub(crate) fn run(args: Args, input: Input, host: &Host) -> Result<Option<Manifest>, Failure> {
    let named = args.subject.has_signature();
    let mut release = args.subject.release(input, &host.notes)?;
    forget_claims(&mut release);
    let client = Client::new(host, args.http)?;
    let verifier = Verifier::new(TrustedRoot::load(&args.trust, &client, host)?)?;
    let logs = Logs { client: &client, verifier: &verifier, named: args.log.as_ref() };
    let begin = |directory: PathBuf| Copy::begin(&directory, inputs(&release, &args.trust), host);
    let copy = args.output.map(begin).transpose()?;
    let judge =
        Judge { verifier: &verifier, logs, expected: &args.expected, copy: copy.as_ref(), named };

    let outcomes = args.jobs.on_each(&mut release.artifacts, |artifact| {
        host.notes.progress(format!("verifying '{}'", artifact.filename));
        verify(artifact, &judge)
    });
    for line in outcomes.iter().flatten().flat_map(|report| &report.lines) {
        host.notes.detail(line.clone());
    }
    let reports = Failure::collect(outcomes)?;
    match copy {
        Some(copy) => copy.finish(&mut release, host)?,
        None => drop_unlisted(&mut release),
    }
    release.add_tool(TOOL);
    host.notes.summary(Report::summary(&reports));
    Ok(Some(release))
}

/// A manifest is a claim, never evidence: not even our own earlier word counts.
fn forget_claims(release: &mut Manifest) {
    for artifact in &mut release.artifacts {
        artifact.verified.clear();
    }
}

/// Every file that is read.
fn inputs<'a>(release: &'a Manifest, trust: &'a TrustSource) -> impl Iterator<Item = &'a Path> {
    let sidecars = |artifact: &'a Artifact| artifact.signatures.iter().flat_map(|one| &one.files);
    let sidecars = release.artifacts.iter().flat_map(sidecars).map(|file| file.path.as_path());
    release
        .artifacts
        .iter()
        .filter_map(|one| one.path.as_deref())
        .chain(sidecars)
        .chain(trust.file())
}

/// Proves one file by all of its signatures, and takes note of it.
fn verify(artifact: &mut Artifact, judge: &Judge<'_>) -> Result<Report, Failure> {
    let subject = Subject::open(artifact, judge.copy)?;
    let signed = judge.prove(artifact, &subject);
    let named = subject.check_name();
    let proven = match (signed, named) {
        (Ok(proven), Ok(())) => proven,
        (Err(one), Ok(())) | (Ok(_), Err(one)) => return Err(one),
        (Err(one), Err(other)) => return Err(one.and_also(other)),
    };
    let trust = judge.verifier.trust();
    artifact.verified = proven.iter().map(|one| one.encode(trust)).collect();
    Ok(Report::on(artifact, &proven))
}

/// Takes signatures off the list that do not lie beside their artifact: no manifest can name them.
fn drop_unlisted(release: &mut Manifest) {
    for artifact in &mut release.artifacts {
        let mut signatures = std::mem::take(&mut artifact.signatures);
        signatures.retain(|signature| signature.lies_beside(artifact));
        artifact.signatures = signatures;
    }
}
