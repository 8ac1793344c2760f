//! The recipe: a private copy, an environment, an sdist, a wheel from the sdist, canonical bytes.

use std::path::Path;

use pysign_host::{Failure, Host};
use pysign_manifest::Manifest;

use crate::archives::Archive;
use crate::builder::Builder;
use crate::environment::Workshop;
use crate::flags::Args;
use crate::hooks::Hooks;
use crate::isolation::Isolation;
use crate::python::Python;
use crate::room::Room;
use crate::stage::Stage;

pub(crate) fn run(mut args: Args, host: &Host) -> Result<Manifest, Failure> {
    if args.set_from_gitlab {
        args.overrides.add_gitlab(&host.env)?;
    }
    let room = Room::open(host)?;
    let isolation = Isolation::choose(args.isolate, &room)?;
    let stage = Stage::set(&args.request, &room, isolation)?;
    args.overrides.apply(&stage.project)?;
    let python = Python::find(args.python.clone(), &room)?;
    let hooks = Hooks::new(&room, isolation, stage.epoch.seconds, args.settings.clone())?;
    let workshop = Workshop { room: &room, isolation, python, choice: args.installer };

    let mut builder = Builder::new(&workshop, &hooks, stage.epoch.seconds);
    let archives = builder.build(&stage, !args.overrides.is_empty(), &args.targets)?;
    let wanted = args.wanted();
    for archive in &archives {
        archive.expect(&wanted)?;
    }

    let mut manifest = Manifest::new();
    let key = manifest.add_build(builder.describe(&stage.describe(&args.overrides.describe())));
    let mut group = host.out.group();
    for archive in &archives {
        let mut artifact = archive.stage(&args.request.output, host, &mut group)?;
        artifact.build = Some(key.clone());
        manifest.artifacts.push(artifact);
    }
    host.out.later(group);
    host.notes.summary(summary(&archives, &args.request.output));
    Ok(manifest)
}

fn summary(archives: &[Archive], output: &Path) -> String {
    let names: Vec<&str> = archives.iter().map(|archive| archive.name.as_str()).collect();
    format!("built {} in '{}'", names.join(" and "), output.display())
}
