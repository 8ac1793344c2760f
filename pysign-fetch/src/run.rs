//! What `pysign-fetch` does, in order.

use pysign_cli::Input;
use pysign_host::{Failure, Host};
use pysign_http::Client;
use pysign_manifest::{Artifact, Fetched, Manifest};

use crate::download::{self, Outcome};
use crate::flags::Args;
use crate::select::{self, Wanted};
use crate::signatures;
use crate::source::Source;

pub(crate) fn run(args: &Args, input: Input, host: &Host) -> Result<Option<Manifest>, Failure> {
    let given = match input {
        Input::Manifest(manifest) => Some(manifest.require_artifacts()?),
        Input::Files(_) | Input::None | Input::Operands(_) => None,
    };
    let client = Client::new(host, &args.network)?;
    let source = Source::open(&args.source, &client, host)?;
    let from_pins = given.is_none();
    let mut manifest = given.unwrap_or_default();
    let wanted = if from_pins {
        select::from_pins(&args.pins, args.kinds, &source, &args.output)?
    } else {
        select::from_manifest(&mut manifest, &source, &args.output)?
    };

    let fetched = wanted.into_iter().map(|wanted| fetch(wanted, &source));
    let (artifacts, outcomes): (Vec<Artifact>, Vec<Outcome>) =
        Failure::collect(fetched)?.into_iter().unzip();
    host.notes.summary(summary(&artifacts, &outcomes));
    manifest.artifacts = artifacts;
    Ok(Some(manifest))
}

/// Fetches one file with its signatures: all of them are put in place, or none. A finished file stays
/// even if others fail, and the next run keeps it.
fn fetch(wanted: Wanted, source: &Source<'_>) -> Result<(Artifact, Outcome), Failure> {
    let mut group = source.host.out.group();
    let (outcome, size) = download::package(&wanted, source, &mut group)?;
    let signatures = signatures::fetch(&wanted, source, &mut group)?;
    group.commit()?;
    let Wanted { mut artifact, file, claim, .. } = wanted;
    artifact.record(claim.sha256, size)?;
    artifact.signatures = signatures;
    let entry = Fetched {
        index: Some(source.name.clone()),
        url: Some(source.shown(&file.location)),
        hash_sources: Some(claim.sources.iter().map(|one| (*one).to_owned()).collect()),
        ..Fetched::default()
    };
    if !artifact.fetched.contains(&entry) {
        artifact.fetched.push(entry);
    }
    Ok((artifact, outcome))
}

/// What was done, in one line.
fn summary(artifacts: &[Artifact], outcomes: &[Outcome]) -> String {
    let kept = outcomes.iter().filter(|outcome| **outcome == Outcome::Kept).count();
    let fetched = outcomes.len() - kept;
    let signatures: usize = artifacts.iter().map(|artifact| artifact.signatures.len()).sum();
    let (files, signatures) = (count(fetched, "file"), count(signatures, "signature"));
    format!("{files} fetched, {kept} already there, with {signatures}")
}

fn count(number: usize, of: &str) -> String {
    if number == 1 { format!("1 {of}") } else { format!("{number} {of}s") }
}
