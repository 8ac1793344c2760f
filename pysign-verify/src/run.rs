//! What `pysign-verify` does, in order.

use std::path::{Path, PathBuf};

use pysign_cli::{Input, Usage};
use pysign_host::{Failure, Host};
use pysign_http::Client;
use pysign_manifest::{Artifact, Manifest, Role, Sidecar, Signature, SignatureKind};
use pysign_sigstore::{Expected, TrustSource, TrustedRoot, Verifier};

use crate::copy::Copy;
use crate::flags::{Args, TOOL};
use crate::proof;
use crate::subject::Subject;

pub(crate) fn run(args: Args, input: Input, host: &Host) -> Result<Option<Manifest>, Failure> {
    let mut release = input.release(&host.notes)?;
    forget_claims(&mut release);
    if let Some(bundle) = &args.bundle {
        only_signature(&mut release, bundle.clone())?;
    }
    let client = Client::new(host, args.http)?;
    let verifier = Verifier::new(TrustedRoot::load(&args.trust, &client, host)?)?;
    let begin = |directory: PathBuf| Copy::begin(&directory, inputs(&release, &args.trust), host);
    let copy = args.output.map(begin).transpose()?;

    let outcomes = args.jobs.on_each(&mut release.artifacts, |artifact| {
        host.notes.progress(format!("verifying '{}'", artifact.filename));
        verify(artifact, &verifier, &args.expected, copy.as_ref())
    });
    for line in outcomes.iter().flatten().flatten() {
        host.notes.detail(line.clone());
    }
    Failure::collect(outcomes)?;
    match copy {
        Some(copy) => copy.finish(&mut release, host)?,
        None => proof::drop_unlisted(&mut release),
    }
    release.add_tool(TOOL);
    host.notes.summary(signed_by(&release, &args.expected));
    Ok(Some(release))
}

/// A manifest is a claim, never evidence: not even our own earlier word counts.
fn forget_claims(release: &mut Manifest) {
    for artifact in &mut release.artifacts {
        artifact.verified.clear();
    }
}

/// Puts `bundle` in the place of all that was found beside the one file.
fn only_signature(release: &mut Manifest, bundle: PathBuf) -> Result<(), Usage> {
    let [artifact] = release.artifacts.as_mut_slice() else {
        let reason = "it is for one file, and there are several".to_owned();
        let value = bundle.display().to_string();
        return Err(Usage::Invalid { flag: "--bundle".to_owned(), value, reason });
    };
    let file = Sidecar::new(Role::Bundle, bundle, None);
    artifact.signatures = vec![Signature::new(SignatureKind::Bundle, vec![file])];
    Ok(())
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

/// Proves one file by all of its signatures, and takes note of it. Gives what to say of each.
fn verify(
    artifact: &mut Artifact,
    verifier: &Verifier,
    expected: &Expected,
    copy: Option<&Copy>,
) -> Result<Vec<String>, Failure> {
    let subject = Subject::open(artifact, copy)?;
    let signed = proof::prove(artifact, &subject, verifier, expected, copy);
    let named = subject.check_name();
    let proven = match (signed, named) {
        (Ok(proven), Ok(())) => proven,
        (Err(one), Ok(())) | (Ok(_), Err(one)) => return Err(one),
        (Err(one), Err(other)) => return Err(one.and_also(other)),
    };
    artifact.verified = proven.iter().map(|one| one.encode(verifier.trust())).collect();
    Ok(proven.iter().map(|one| format!("'{}' is {one}", artifact.filename)).collect())
}

fn signed_by(release: &Manifest, expected: &Expected) -> String {
    let count = release.artifacts.len();
    let files = if count == 1 { "file" } else { "files" };
    format!("{count} {files} signed by '{}'", expected.identity())
}
