//! The marker of a release at a target: it lists what the target holds then.

use pysign_attest::{MarkedFile, MarkedSidecar, Marker};

use crate::release::{Beside, Package, Part, Release};

/// The marker of `release` where `sidecars` lie, those of other releases among them.
pub(crate) fn of(release: &Release, sidecars: &[&Beside]) -> Beside {
    let file = |package: &Package| {
        let own = |file: &&&Beside| match &file.part {
            Part::Marker => false,
            Part::Signature { artifacts, .. } => artifacts.contains(&package.artifact),
        };
        let sidecars = sidecars
            .iter()
            .filter(own)
            .map(|file| MarkedSidecar { filename: file.filename.clone(), sha256: file.sha256() });
        MarkedFile {
            filename: package.name.clone(),
            size: package.size,
            sha256: package.sha256,
            sidecars: sidecars.collect(),
        }
    };
    beside(&Marker {
        project: release.project.clone(),
        version: release.version.clone(),
        files: release.packages.iter().map(file).collect(),
    })
}

/// `ours` with the files that only the marker `theirs` lists; nothing, if `theirs` is no marker of
/// this release.
pub(crate) fn united(ours: &Beside, theirs: &[u8]) -> Option<Vec<u8>> {
    let mut united = Marker::parse(&ours.bytes).ok()?;
    let theirs = Marker::parse(theirs).ok()?;
    if (&theirs.project, &theirs.version) != (&united.project, &united.version) {
        return None;
    }
    for file in theirs.files {
        match united.files.iter_mut().find(|known| known.filename == file.filename) {
            None => united.files.push(file),
            Some(known) => {
                let known = &mut known.sidecars;
                for sidecar in file.sidecars {
                    if known.iter().all(|other| other.filename != sidecar.filename) {
                        known.push(sidecar);
                    }
                }
            }
        }
    }
    Some(beside(&united).bytes)
}

fn beside(marker: &Marker) -> Beside {
    Beside {
        project: marker.project.clone(),
        version: marker.version.clone(),
        filename: marker.filename(),
        bytes: marker.encode().into_bytes(),
        part: Part::Marker,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples;

    #[test]
    fn it_lists_the_packages_and_what_lies_beside_them() {
        let release = samples::release("1.0");
        let sidecars: Vec<&Beside> =
            release.packages.iter().flat_map(|package| &package.sidecars).collect();
        let marker = of(&release, &sidecars);
        assert_eq!(marker.filename, "demo-1.0.pysign.json");
        let read = Marker::parse(&marker.bytes).unwrap();
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
        let release = samples::release("1.0");
        let whole = of(&release, &[]);
        let mut part = Marker::parse(&whole.bytes).unwrap();
        part.files.remove(0);
        let part = beside(&part);
        assert_ne!(part.bytes, whole.bytes);
        assert_eq!(united(&part, &whole.bytes).unwrap(), whole.bytes);
        assert_eq!(united(&whole, &part.bytes).unwrap(), whole.bytes);
    }

    #[test]
    fn the_marker_of_another_release_is_none_of_this() {
        let ours = of(&samples::release("1.0"), &[]);
        let theirs = of(&samples::release("1.1"), &[]);
        assert_eq!(united(&ours, &theirs.bytes), None);
        assert_eq!(united(&ours, b"{}"), None);
    }
}
