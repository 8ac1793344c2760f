//! What `pysign-sign` does, in order.

use std::collections::BTreeSet;
use std::path::Path;

use pysign_cli::Input;
use pysign_host::{Failure, Host, Jobs, remove_abandoned};
use pysign_http::Client;
use pysign_manifest::Manifest;
use pysign_sigstore::{Unlogged, Verifier};

use crate::batch::{self, Unsigned};
use crate::flags::Args;
use crate::means::Means;
use crate::plan::{self, File, Unit};
use crate::sidecars::{self, Signed};
use crate::signer::{self, Signer, Trust};
use crate::standing::Wanted;
use crate::statement::Given;

pub(crate) fn run(args: Args, input: Input, host: &Host) -> Result<Option<Manifest>, Failure> {
    let mut release = input.release(&host.notes)?;
    release.single_release()?;
    forget_claims(&mut release);
    let given = args.statement.as_deref().map(Given::read).transpose()?;

    let client = Client::new(host, &args.network)?;
    let means = Means::find(args.key, args.token_file.as_deref(), host, &client)?;
    let (root, services) = args.instance.load(&client, host)?;
    means.check_consent(&services, args.public_log)?;
    let who = means.who();
    let (unlogged, verifier) = (Unlogged::new(&root)?, Verifier::new(root)?);
    let trust = Trust { unlogged: &unlogged, verifier: &verifier, who: &who };

    let files = read(&mut release, args.jobs)?;
    let mut units = plan::units(&release, &files, &args.forms, given.as_ref())?;
    let wanted = Wanted { verifier: &verifier, who: &who, release: &release, host };
    let mut work = look(&mut units, &wanted, args.jobs)?;
    let kept = work.iter().map(|(unit, kept)| (&**unit, kept.is_some()));
    sidecars::check_carried(&mut release, kept)?;
    for (unit, _) in work.iter().filter(|(_, kept)| kept.is_none()) {
        signer::check(&services, unit, &who)?;
    }
    if args.dry_run {
        work.iter().flat_map(would_do).for_each(|line| host.notes.summary(line));
        return Ok(None);
    }

    let signer = Signer::new(&client, &services, &means, &trust, host);
    let outcomes = batch::work_on_each(args.jobs, &mut work, |(unit, kept)| {
        let signature = match kept.take() {
            Some(signature) => signature,
            None => sign(unit, &signer, host)?,
        };
        signature.put(unit, host).map_err(Failure::from)?;
        Ok(signature)
    });
    batch::tell_what_is_left(&outcomes, units.iter().map(Unit::shown), &host.notes);
    let signatures = batch::all_or_failure(outcomes)?;
    for (unit, signature) in units.iter().zip(&signatures) {
        signature.list(unit, &mut release);
    }
    host.notes.summary(means.verify_with(&signatures)?);
    Ok(Some(release))
}

/// What others say they have proven is not handed on.
fn forget_claims(release: &mut Manifest) {
    for artifact in &mut release.artifacts {
        artifact.verified.clear();
    }
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

/// What is there already of each unit, and stays.
fn look<'u, 'f>(
    units: &'u mut [Unit<'f>],
    wanted: &Wanted<'_>,
    jobs: Jobs,
) -> Result<Work<'u, 'f>, Failure> {
    let found = Failure::collect(jobs.on_each(units, |unit| wanted.look(unit)))?;
    Ok(units.iter().zip(found).collect())
}

/// What is to be done, with the signatures that are there already.
type Work<'u, 'f> = Vec<(&'u Unit<'f>, Option<Signed>)>;

/// A line for each file that would be written or kept.
fn would_do((unit, kept): &(&Unit<'_>, Option<Signed>)) -> Vec<String> {
    let line = |(path, stands): (&Path, bool)| {
        let verb = if stands { "keep" } else { "write" };
        format!("would {verb} '{}'", path.display())
    };
    match kept {
        Some(signature) => signature.stands(unit).map(line).collect(),
        None => unit.outputs().map(|path| line((path, false))).collect(),
    }
}

/// Makes a signature, and reads its files again: one that changed meanwhile is not the one that was
/// signed.
fn sign(unit: &Unit<'_>, signer: &Signer<'_>, host: &Host) -> Result<Signed, Unsigned> {
    host.notes.progress(format!("signing '{}'", unit.shown()));
    unit.check_unchanged().map_err(Unsigned::file)?;
    let signature = signer.sign(unit)?;
    unit.check_unchanged().map_err(Unsigned::file)?;
    let log = &signer.log(unit.kind).map_err(Failure::from)?.url;
    host.notes.detail(format!("'{}' is signed and in '{log}'", unit.shown()));
    Ok(signature)
}
