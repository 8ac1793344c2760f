//! A directory as it is, copied; and the rule that no link leads out of a source.

use std::fs;
use std::io;
use std::os::unix::fs::symlink;
use std::path::{Component, Path};

use pysign_host::FileError;

use super::{Epoch, Origin, Request, Stage, shown};
use crate::Error;
use crate::workspace::Workspace;

/// What lies in a work tree and is not source: data of version control and caches.
const NOT_SOURCE: &[&str] = &[".git", ".hg", ".svn", "__pycache__"];

/// Deeper than any tree that an archive could hold: a tar's names end at 255 bytes or so.
const MAX_DEPTH: usize = 128;

pub(super) fn stage(request: &Request, workspace: &Workspace<'_>) -> Result<Stage, Error> {
    let project = workspace.directory("source")?;
    let output = request.output.canonicalize().ok();
    let skipped: Vec<&Path> = output.as_deref().into_iter().chain([workspace.path()]).collect();
    copy(&request.source, &project, &skipped, MAX_DEPTH)?;
    check_links(&project, &project)?;
    Ok(Stage { project, origin: Origin::Tree, epoch: Epoch::choose(workspace.host, None)? })
}

/// Copies regular files and links. `skipped` is where the output goes, and the private directory.
fn copy(from: &Path, to: &Path, skipped: &[&Path], depth: usize) -> Result<(), Error> {
    let unreadable = |cause| FileError::on_open(from, cause);
    if depth == 0 {
        return Err(unreadable(io::ErrorKind::InvalidFilename.into()).into());
    }
    for entry in fs::read_dir(from).map_err(unreadable)? {
        let entry = entry.map_err(unreadable)?;
        let (source, target) = (entry.path(), to.join(entry.file_name()));
        let unwritable = |cause| FileError::Unwritable { file: target.clone(), cause };
        let kind = entry.file_type().map_err(unreadable)?;
        if NOT_SOURCE.iter().any(|name| entry.file_name() == *name)
            || source.canonicalize().is_ok_and(|place| skipped.contains(&&*place))
        {
            continue;
        }
        if kind.is_dir() {
            fs::create_dir(&target).map_err(unwritable)?;
            copy(&source, &target, skipped, depth - 1)?;
        } else if kind.is_symlink() {
            let goal =
                fs::read_link(&source).map_err(|cause| FileError::on_open(&source, cause))?;
            symlink(goal, &target).map_err(unwritable)?;
        } else if kind.is_file() {
            fs::copy(&source, &target).map_err(|cause| FileError::on_open(&source, cause))?;
        } else {
            return Err(FileError::NotRegular { file: source }.into());
        }
    }
    Ok(())
}

/// Refuses links in `directory` that point outside of `root`: a backend would follow them, and
/// include what it finds there.
pub(super) fn check_links(directory: &Path, root: &Path) -> Result<(), Error> {
    // A project that is not there is its caller's to report.
    let Ok(entries) = fs::read_dir(directory) else { return Ok(()) };
    for entry in entries {
        let entry = entry.map_err(|cause| FileError::on_open(directory, cause))?;
        let (name, path) = (entry.file_name(), entry.path());
        let kind = entry.file_type().map_err(|cause| FileError::on_open(&path, cause))?;
        if kind.is_dir() && name != ".git" {
            check_links(&path, root)?;
        } else if kind.is_symlink() && !stays_inside(&path, root)? {
            return Err(Error::Link { path: shown(&path, root) });
        }
    }
    Ok(())
}

fn stays_inside(link: &Path, root: &Path) -> Result<bool, Error> {
    let goal = fs::read_link(link).map_err(|cause| FileError::on_open(link, cause))?;
    if goal.is_absolute() {
        return Ok(false);
    }
    match link.canonicalize() {
        Ok(real) => Ok(real.starts_with(root)),
        // Nothing to follow, but it may come to lead somewhere during the build.
        Err(_) => Ok(lexically_inside(&link.parent().unwrap_or(root).join(goal), root)),
    }
}

fn lexically_inside(path: &Path, root: &Path) -> bool {
    let Ok(below) = path.strip_prefix(root) else { return false };
    let mut depth = 0_usize;
    below.components().all(|component| match component {
        Component::ParentDir => depth.checked_sub(1).is_some_and(|up| {
            depth = up;
            true
        }),
        Component::Normal(_) => {
            depth += 1;
            true
        }
        _ => true,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workspace::Isolate;
    use pysign_host::Host;

    fn check(links: &[(&str, &str)]) -> Result<(), Error> {
        let host = Host::test(&[("PATH", "/usr/bin:/bin")]);
        let outer = Workspace::open(&host, Isolate::None).unwrap();
        let root = outer.directory("root").unwrap();
        fs::create_dir(root.join("inner")).unwrap();
        fs::write(root.join("file"), "x").unwrap();
        fs::write(outer.path().join("outside"), "x").unwrap();
        for (link, goal) in links {
            symlink(goal, root.join(link)).unwrap();
        }
        check_links(&root, &root)
    }

    #[test]
    fn links_within_the_source_are_its_own_business() {
        check(&[("inner/link", "../file"), ("dangling", "inner/nothing"), ("self", ".")]).unwrap();
    }

    #[test]
    fn links_out_of_the_source_are_refused() {
        for (link, goal) in [
            ("link", "../outside"),
            ("link", "/etc/hostname"),
            ("link", "../nothing"),
            ("inner/link", "../../outside"),
            ("inner/link", "../../nothing"),
        ] {
            let error = check(&[(link, goal)]).unwrap_err();
            assert!(matches!(error, Error::Link { path } if path == Path::new(link)), "{goal}");
        }
        assert!(check(&[("way", ".."), ("inner/link", "../way/outside")]).is_err());
    }

    #[test]
    fn the_output_and_other_programs_records_are_not_copied() {
        let host = Host::test(&[("PATH", "/usr/bin:/bin")]);
        let workspace = Workspace::open(&host, Isolate::None).unwrap();
        let (from, to) = (workspace.directory("from").unwrap(), workspace.directory("to").unwrap());
        for name in [".git", "dist", "pkg", "pkg/__pycache__"] {
            fs::create_dir(from.join(name)).unwrap();
        }
        fs::write(from.join("pkg/a.py"), "x").unwrap();
        copy(&from, &to, &[&from.join("dist")], MAX_DEPTH).unwrap();
        let names = |path: &Path| {
            let entries = fs::read_dir(path).unwrap();
            entries.map(|entry| entry.unwrap().file_name()).collect::<Vec<_>>()
        };
        assert_eq!(names(&to), ["pkg"]);
        assert_eq!(names(&to.join("pkg")), ["a.py"]);
    }
}
