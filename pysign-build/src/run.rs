//! The recipe: a private copy, an environment, an sdist, a wheel from the sdist, canonical bytes.

use std::path::Path;

use pysign_host::{Failure, Host};
use pysign_manifest::{Artifact, Manifest};

use crate::builder::Builder;
use crate::environment::Environments;
use crate::flags::Args;
use crate::hooks::Hooks;
use crate::python::Python;
use crate::stage::Stage;
use crate::workspace::Workspace;

pub(crate) fn run(mut args: Args, host: &Host) -> Result<Manifest, Failure> {
    if args.set_from_gitlab {
        args.overrides.add_gitlab(&host.env)?;
    }
    let workspace = Workspace::open(host, args.isolate)?;
    let stage = Stage::set(&args.request, &workspace)?;
    stage.edit(&args.overrides, &workspace)?;
    let python = Python::find(args.python.clone(), &workspace)?;
    let hooks = Hooks::new(&workspace, &python, stage.epoch.seconds, args.settings.clone())?;

    let mut builder = Builder {
        workspace: &workspace,
        hooks: &hooks,
        environments: Environments::new(&workspace, python, args.installer),
        epoch: stage.epoch.seconds,
        output: &args.request.output,
        backend: String::new(),
    };
    let archives = builder.build(&stage, !args.overrides.is_empty(), &args.targets)?;
    let wanted = args.wanted();
    for archive in &archives {
        archive.expect(&wanted)?;
    }

    let mut manifest = Manifest::new();
    let key = manifest.add_build(builder.describe(stage.describe(args.overrides.describe())));
    let mut group = host.out.group();
    for archive in archives {
        let (mut artifact, staged) = archive.into_parts()?;
        artifact.build = Some(key.clone());
        manifest.artifacts.push(artifact);
        group.add(staged);
    }
    host.out.later(group);
    host.notes.summary(summary(&manifest.artifacts, &args.request.output));
    Ok(manifest)
}

fn summary(artifacts: &[Artifact], output: &Path) -> String {
    let names: Vec<&str> = artifacts.iter().map(|artifact| &*artifact.filename).collect();
    format!("built {} in '{}'", names.join(" and "), output.display())
}
