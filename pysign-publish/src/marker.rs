//! The marker of a release at a target: it lists what the target holds when everything is there.

use pysign_attest::{MarkedFile, MarkedSidecar, Marker};
use pysign_host::{Failure, Sha256};

use crate::release::{Package, Release};
use crate::sidecar::SidecarFile;
use crate::step::{Item, Outcome, Step};
use crate::target::Target;

/// The step for the marker of `release`, where `files` are what the target will hold. It is the one
/// file that may be replaced: a release can get further files.
pub(crate) fn step<'r>(
    target: &dyn Target,
    release: &Release,
    files: &[Step<'_>],
) -> Result<Step<'r>, Failure> {
    let sidecars = files.iter().filter_map(|step| match &step.item {
        Item::Sidecar(file) => Some(file),
        Item::Package(_) => None,
    });
    let mut marker = marker(release, &sidecars.collect::<Vec<_>>());
    let theirs = target.read(&file(&marker))?;
    let mut reason = None;
    if let Some(theirs) = &theirs {
        if !unite(&mut marker, theirs) {
            let item = Item::Sidecar(file(&marker));
            let found = format!("sha256:{}", Sha256::of(theirs));
            return Err(item.conflict(target.url(&item), found).into());
        }
        if marker.encode().as_bytes() != theirs {
            reason = Some("with the files that it names already");
        }
    }
    let file = file(&marker);
    let outcome = (theirs.as_ref() == Some(&file.bytes)).then_some(Outcome::Kept);
    let item = Item::Sidecar(file);
    Ok(Step { url: target.url(&item), item, outcome, reason })
}

/// The marker of `release` beside `sidecars`, those of other releases among them.
fn marker(release: &Release, sidecars: &[&SidecarFile]) -> Marker {
    let marked = |package: &Package| {
        let own = sidecars.iter().filter(|file| file.artifacts.contains(&package.artifact));
        let sidecars = own
            .map(|file| MarkedSidecar { filename: file.filename.clone(), sha256: file.sha256() });
        MarkedFile {
            filename: package.name.clone(),
            size: package.size,
            sha256: package.sha256,
            sidecars: sidecars.collect(),
        }
    };
    Marker {
        project: release.project.clone(),
        version: release.version.clone(),
        files: release.packages.iter().map(marked).collect(),
    }
}

/// Adds to `ours` the files that only the marker `theirs` lists. False, if that is no marker of this
/// release.
fn unite(ours: &mut Marker, theirs: &[u8]) -> bool {
    let theirs = match Marker::parse(theirs) {
        Ok(theirs) if (&theirs.project, &theirs.version) == (&ours.project, &ours.version) => {
            theirs
        }
        _ => return false,
    };
    for file in theirs.files {
        match ours.files.iter_mut().find(|known| known.filename == file.filename) {
            None => ours.files.push(file),
            Some(MarkedFile { sidecars: known, .. }) => {
                for sidecar in file.sidecars {
                    if known.iter().all(|other| other.filename != sidecar.filename) {
                        known.push(sidecar);
                    }
                }
            }
        }
    }
    true
}

fn file(marker: &Marker) -> SidecarFile {
    let filename = marker.filename();
    SidecarFile {
        project: marker.project.clone(),
        version: marker.version.clone(),
        path: filename.clone().into(),
        filename,
        bytes: marker.encode().into_bytes(),
        artifacts: Vec::new(),
        part: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples;

    #[test]
    fn it_lists_the_packages_and_their_sidecars() {
        let release = samples::release("1.0");
        let sidecars: Vec<&SidecarFile> =
            release.packages.iter().flat_map(|package| &package.sidecars).collect();
        let file = file(&marker(&release, &sidecars));
        assert_eq!(file.filename, "demo-1.0.pysign.json");
        let read = Marker::parse(&file.bytes).unwrap();
        let listed: Vec<_> = read
            .files
            .iter()
            .map(|file| (file.filename.as_str(), file.size, file.sidecars.len()))
            .collect();
        assert_eq!(listed, [("demo-1.0-py3-none-any.whl", 5, 1), ("demo-1.0.tar.gz", 5, 1)]);
        assert_eq!(read.files[0].sidecars[0].sha256, sidecars[0].sha256());
    }

    #[test]
    fn a_file_that_is_listed_already_stays_listed() {
        let whole = marker(&samples::release("1.0"), &[]).encode();
        let mut part = Marker::parse(whole.as_bytes()).unwrap();
        part.files.remove(0);
        let encoded = part.encode();
        assert!(unite(&mut part, whole.as_bytes()));
        assert_eq!(part.encode(), whole);
        assert!(unite(&mut part, encoded.as_bytes()));
        assert_eq!(part.encode(), whole);
    }

    #[test]
    fn the_marker_of_another_release_is_none_of_this() {
        let mut ours = marker(&samples::release("1.0"), &[]);
        let theirs = marker(&samples::release("1.1"), &[]);
        assert!(!unite(&mut ours, theirs.encode().as_bytes()));
        assert!(!unite(&mut ours, b"{}"));
    }
}
