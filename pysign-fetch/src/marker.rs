//! The marker of a release lists what belongs to it. It is no evidence: what an index lacks by it is a
//! warning, and nothing is fetched, or believed, because of it.

use std::path::Path;

use pysign_attest::Marker;
use pysign_host::Failure;
use pysign_index::{File, Page};
use pysign_registry::MAX_MARKER;

use crate::source::Source;

/// Compares the marker of the release that `chosen` are files of with what `page` lists.
pub(crate) fn compare(page: &Page, chosen: &[&File], source: &Source<'_>) -> Result<(), Failure> {
    let Some(file) = chosen.first() else { return Ok(()) };
    let (project, version) = (file.filename.project().clone(), file.filename.version().clone());
    let release = format!("{project} {version}");
    let name = Marker { project, version, files: Vec::new() }.filename();
    let Some(location) = source.sidecars.locate(file, &name)? else { return Ok(()) };
    let notes = &source.host.notes;
    let Some(document) = source.read(&location, MAX_MARKER)? else {
        let said = format!("the release '{release}' has no marker, and may be incomplete");
        if source.has_markers() {
            notes.warn("marker-missing", said);
        } else {
            notes.detail(said);
        }
        return Ok(());
    };
    let place = source.shown(&location);
    let marker = Marker::parse(&document).map_err(|error| error.at(Path::new(&place)))?;
    for said in differences(&marker, page) {
        notes.warn("release-incomplete", said);
    }
    Ok(())
}

/// Where marker and index disagree about the release.
fn differences(marker: &Marker, page: &Page) -> Vec<String> {
    let mut said = Vec::new();
    for marked in &marker.files {
        let listed = page.files.iter().find(|file| file.filename == marked.filename);
        let name = &marked.filename;
        match listed {
            None => said.push(format!("'{name}' is in the release's marker but not in the index")),
            Some(file) if file.sha256.is_some_and(|sha256| sha256 != marked.sha256) => {
                said.push(format!(
                    "'{name}' has a different digest in the index than in the release's marker"
                ));
            }
            Some(_) => {}
        }
    }
    let of_release = |file: &&File| *file.filename.version() == marker.version;
    for file in page.files.iter().filter(of_release) {
        if marker.files.iter().all(|marked| marked.filename != file.filename) {
            let name = &file.filename;
            said.push(format!("'{name}' is in the index but not in the release's marker"));
        }
    }
    said
}

#[cfg(test)]
mod tests {
    use super::*;
    use pysign_attest::MarkedFile;
    use pysign_host::Sha256;
    use pysign_index::Directory;

    fn listed(name: &str, bytes: &[u8]) -> File {
        let filename: pysign_names::DistName = name.parse().unwrap();
        let location = Directory::file(filename.project(), filename.version(), name);
        let location = pysign_index::Location::Within(location);
        let sha256 = Some(Sha256::of(bytes));
        File { filename, location, sha256, size: None, requires_python: None, yanked: None }
    }

    fn marked(name: &str) -> MarkedFile {
        let filename = name.parse().unwrap();
        MarkedFile { filename, size: 1, sha256: Sha256::of(b"a"), sidecars: Vec::new() }
    }

    fn said(marked_files: &[&str], files: Vec<File>) -> Vec<String> {
        let (project, version) = ("demo".parse().unwrap(), "1.0".parse().unwrap());
        let files_marked = marked_files.iter().map(|name| marked(name)).collect();
        let marker = Marker { project, version, files: files_marked };
        differences(&marker, &Page::new("demo".parse().unwrap(), files))
    }

    #[test]
    fn a_complete_release_is_nothing_to_talk_about() {
        let files = vec![listed("demo-1.0.tar.gz", b"a"), listed("demo-2.0.tar.gz", b"b")];
        assert!(said(&["demo-1.0.tar.gz"], files).is_empty());
    }

    #[test]
    fn every_difference_is_said() {
        let missing = said(&["demo-1.0.tar.gz"], Vec::new());
        assert!(missing[0].ends_with("not in the index"), "{missing:?}");
        let other = said(&["demo-1.0.tar.gz"], vec![listed("demo-1.0.tar.gz", b"b")]);
        assert!(other[0].contains("a different digest"), "{other:?}");
        let added = said(&[], vec![listed("demo-1.0.tar.gz", b"a")]);
        assert!(added[0].ends_with("not in the release's marker"), "{added:?}");
        assert_eq!((missing.len(), other.len(), added.len()), (1, 1, 1));
    }
}
