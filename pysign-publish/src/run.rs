//! What `pysign-publish` does, in order.

use std::collections::BTreeSet;

use pysign_ci::Job;
use pysign_cli::{Input, Usage};
use pysign_host::{Failure, Host};
use pysign_http::Client;
use pysign_manifest::Manifest;
use pysign_registry::{Logins, Place, Resolved};

use crate::directory::Directory;
use crate::flags::Args;
use crate::gitlab::Gitlab;
use crate::legacy::Legacy;
use crate::plan::Plan;
use crate::release::{Package, Release};
use crate::target::Target;
use crate::{Error, delivery, receipt, release};

pub(crate) fn run(args: &Args, input: Input, host: &Host) -> Result<Option<Manifest>, Failure> {
    let mut manifest = input.release(&host.notes)?;
    release::require_one(&manifest, args.targets.iter().all(Place::is_directory))?;
    let releases = release::read(&mut manifest, &host.notes)?;

    let client = Client::new(host, &args.network)?;
    let targets = targets(args, &client, host)?;
    let unsigned = unsigned(&targets, &releases, args.allow_unsigned)?;

    // Every target is asked before anything is sent: a conflict at the last one stops them all.
    let plans = targets.iter().map(|target| Plan::make(&**target, &releases));
    let mut plans = Failure::collect(plans.collect::<Vec<_>>())?;
    if args.dry_run {
        for line in plans.iter().flat_map(Plan::lines) {
            host.notes.summary(line);
        }
        return Ok(None);
    }
    let mut open = plans.iter_mut();
    let timeout = args.network.timeout;
    let sent = open.try_for_each(|plan| delivery::carry_out(plan, host, args.confirm, timeout));
    if let Err(failure) = sent {
        for plan in plans.iter().filter(|plan| plan.has_sent()) {
            let said = format!("{}; the next run sends the rest", plan.summary());
            host.notes.warn("published-in-part", said);
        }
        return Err(failure);
    }
    for plan in &plans {
        receipt::record(&mut manifest, plan, &unsigned);
        host.notes.summary(plan.summary());
    }
    Ok(Some(manifest))
}

/// The places that `--to` names, each with the right to write there.
fn targets<'c>(
    args: &'c Args,
    client: &'c Client,
    host: &'c Host,
) -> Result<Vec<Box<dyn Target + 'c>>, Failure> {
    let job = Job::from_env(&host.env)?;
    let logins = Logins {
        env: &host.env,
        job: job.as_ref(),
        files: &args.token_files,
        places: &args.targets,
    };
    Failure::collect(args.targets.iter().map(|place| {
        let target: Box<dyn Target + 'c> = match place.resolve("--to", job.as_ref())? {
            Resolved::Directory(path) => {
                let (base_url, patience) = (args.base_url.clone(), args.network.timeout);
                Box::new(Directory::open(&path, base_url, host, patience, args.dry_run)?)
            }
            Resolved::Server { gitlab: Some(project), .. } => {
                let login = logins.require(place, project.api().origin())?;
                Box::new(Gitlab::new(project, &login, client))
            }
            Resolved::Server { upload: Some(upload), index, .. } => {
                let login = logins.find(place, upload.origin())?;
                Box::new(Legacy::new(client, upload, index, login.map(|login| login.basic())))
            }
            Resolved::Server { upload: None, .. } => {
                return Err(Usage::NotOffered { flag: format!("--to {}", place.text) }.into());
            }
        };
        Ok(target)
    }))
}

/// The artifacts that no target would store a signature of, by their places in the manifest; an error,
/// unless that is `allowed`.
fn unsigned(
    targets: &[Box<dyn Target + '_>],
    releases: &[Release],
    allowed: bool,
) -> Result<BTreeSet<usize>, Failure> {
    let are_held = targets.iter().any(|target| target.takes_sidecars());
    let packages = releases.iter().flat_map(|release| &release.packages);
    let unsigned = packages.filter(|package| !package.signed || !are_held);
    let checked = Failure::collect(unsigned.map(|package: &Package| {
        let error = Error::Unsigned { file: package.path.clone(), signed: package.signed };
        if allowed { Ok(package.artifact) } else { Err(error.into()) }
    }));
    Ok(checked?.into_iter().collect())
}
