//! What `pysign-sign` does, in order.

use std::collections::BTreeSet;
use std::path::Path;

use pysign_cli::Input;
use pysign_host::{Failure, Host, Jobs, remove_abandoned};
use pysign_http::Client;
use pysign_manifest::Manifest;
use pysign_sigstore::{Unlogged, Verifier};

use crate::batch::{self, Unsigned};
use crate::existing::Existing;
use crate::file::File;
use crate::flags::Args;
use crate::method::SigningMethod;
use crate::plan::{self, Planned};
use crate::sidecars::{self, Signed};
use crate::signer::{self, Signer, Trust};
use crate::statement::Given;

pub(crate) fn run(args: Args, input: Input, host: &Host) -> Result<Option<Manifest>, Failure> {
    let mut release = input.release(&host.notes)?;
    release.single_release()?;
    release.forget_verified();
    let given = args.statement.as_deref().map(Given::read).transpose()?;

    let files = read(&mut release, args.jobs)?;
    let client = Client::new(host, &args.network)?;
    let method = SigningMethod::find(args.key, args.token_file.as_deref(), host, &client)?;
    let other_commit = method.is_of_other_commit(&release, args.allow_other_commit)?;
    let (root, services) = args.instance.load(&client, host)?;
    method.check_consent(&services, args.public_log)?;
    let expected = method.expected_signer();
    let (unlogged, verifier) = (Unlogged::new(&root)?, Verifier::new(root, host)?);
    let trust = Trust { unlogged: &unlogged, verifier: &verifier, signer: &expected };

    let mut plan = plan::plan(&release, &files, &args.forms, given.as_ref())?;
    let existing = Existing { verifier: &verifier, signer: &expected, release: &release, host };
    let mut work = look(&mut plan, &existing, args.jobs)?;
    let kept = work.iter().map(|(planned, kept)| (&**planned, kept.is_some()));
    sidecars::check_carried(&mut release, kept)?;
    for (planned, _) in work.iter().filter(|(_, kept)| kept.is_none()) {
        signer::check(&services, planned, &expected)?;
    }
    if args.dry_run {
        work.iter().flat_map(would_do).for_each(|line| host.notes.summary(line));
        return Ok(None);
    }

    let signer = Signer::new(&client, &services, &method, &trust, host);
    let outcomes = batch::for_each(args.jobs, &mut work, |(planned, kept)| {
        let signature = match kept.take() {
            Some(signature) => signature,
            None => sign(planned, &signer, host)?,
        };
        signature.put(planned, host).map_err(Failure::from)?;
        Ok(signature)
    });
    batch::warn_of_unsigned(&outcomes, plan.iter().map(Planned::shown), &host.notes);
    let signatures = batch::collect(outcomes)?;
    for (planned, signature) in plan.iter().zip(&signatures) {
        signature.list(planned, other_commit, &mut release);
    }
    method.tell_verifiers(&signatures, &host.notes)?;
    Ok(Some(release))
}

/// Every file is read before the first is signed, and everything that lies in its way looked at: what
/// is logged can't be taken back.
fn read(release: &mut Manifest, jobs: Jobs) -> Result<Vec<File>, Failure> {
    tidy_up(release);
    let mut files = Failure::collect(jobs.on_each(&mut release.artifacts, File::read))?;
    files.iter_mut().enumerate().for_each(|(index, file)| file.index = index);
    Ok(files)
}

/// Removes what a run that was killed has left beside the files. Its signatures stay.
fn tidy_up(release: &Manifest) {
    let files = release.artifacts.iter().filter_map(|artifact| artifact.path().ok());
    let directories: BTreeSet<&Path> = files.filter_map(Path::parent).collect();
    for directory in directories {
        let here = directory.as_os_str().is_empty();
        remove_abandoned(if here { Path::new(".") } else { directory });
    }
}

/// Each planned signature, with the existing one that is kept.
fn look<'u, 'f>(
    plan: &'u mut [Planned<'f>],
    existing: &Existing<'_>,
    jobs: Jobs,
) -> Result<Work<'u, 'f>, Failure> {
    let found = Failure::collect(jobs.on_each(plan, |planned| existing.find(planned)))?;
    Ok(plan.iter().zip(found).collect())
}

/// The planned signatures, with those that exist already.
type Work<'u, 'f> = Vec<(&'u Planned<'f>, Option<Signed>)>;

/// A line for each file that would be written or kept.
fn would_do((planned, kept): &(&Planned<'_>, Option<Signed>)) -> Vec<String> {
    let line = |(path, stands): (&Path, bool)| {
        let verb = if stands { "keep" } else { "write" };
        format!("would {verb} '{}'", path.display())
    };
    match kept {
        Some(signature) => signature.stands(planned).map(line).collect(),
        None => planned.outputs().map(|path| line((path, false))).collect(),
    }
}

/// Makes a signature, and reads its files again: one that changed meanwhile is not the one that was
/// signed.
fn sign(planned: &Planned<'_>, signer: &Signer<'_>, host: &Host) -> Result<Signed, Unsigned> {
    host.notes.progress(format!("signing '{}'", planned.shown()));
    planned.check_unchanged().map_err(Unsigned::File)?;
    let signature = signer.sign(planned)?;
    planned.check_unchanged().map_err(Unsigned::File)?;
    let log = &signer.log(planned.kind).map_err(Failure::from)?.url;
    host.notes.detail(format!("'{}' is signed and in '{log}'", planned.shown()));
    Ok(signature)
}
