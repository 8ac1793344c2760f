use pysign_index::Directory;

use super::*;

const ABI: [&str; 2] =
    ["demo-1.0-cp312-cp312-manylinux_2_28_x86_64.whl", "demo-1.0-cp312-cp312-win_amd64.whl"];

fn file(name: &str) -> File {
    let filename: DistName = name.parse().unwrap();
    let location = Directory::file(filename.project(), filename.version(), name);
    let location = pysign_index::Location::Within(location);
    let sha256 = Some(Sha256::of(b"a"));
    File { filename, location, sha256, size: Some(1), requires_python: None, yanked: None }
}

fn page(names: &[&str]) -> Page {
    Page::new("demo".parse().unwrap(), names.iter().map(|name| file(name)).collect())
}

fn kinds(flags: &str) -> Kinds {
    Kinds {
        wheel: flags.contains("wheel"),
        sdist: flags.contains("sdist"),
        all: flags.contains("all"),
    }
}

fn chosen(names: &[&str], flags: &str) -> Result<Vec<String>, Error> {
    let page = page(names);
    let files = choose(&page, &"demo==1.0".parse().unwrap(), kinds(flags), "index")?;
    Ok(files.into_iter().map(|file| file.filename.to_string()).collect())
}

#[test]
fn the_best_wheel_and_the_sdist_are_the_default() {
    let names = ["demo-1.0.tar.gz", "demo-1.0-py3-none-any.whl", "demo-1.1.tar.gz"];
    let expected = ["demo-1.0-py3-none-any.whl", "demo-1.0.tar.gz"];
    assert_eq!(chosen(&names, "").unwrap(), expected);
    assert_eq!(chosen(&names, "wheel").unwrap(), expected[..1]);
    assert_eq!(chosen(&names, "sdist").unwrap(), expected[1..]);
    assert_eq!(chosen(&names, "wheel sdist").unwrap(), expected);
    assert_eq!(chosen(&names[..1], "").unwrap(), expected[1..]);
}

#[test]
fn a_kind_that_was_asked_for_must_be_there() {
    for (name, flags) in [("demo-1.0.tar.gz", "wheel"), ("demo-1.0-py3-none-any.whl", "sdist")] {
        for flags in [flags, "wheel sdist", &format!("{flags} all")] {
            assert!(matches!(chosen(&[name], flags), Err(Error::NoKind { .. })), "{flags}");
        }
        assert!(chosen(&[name], "all").is_ok());
    }
}

#[test]
fn a_release_is_its_version_in_every_spelling_and_no_other() {
    assert_eq!(chosen(&["demo-1.0.0.tar.gz"], "").unwrap(), ["demo-1.0.0.tar.gz"]);
    for name in ["demo-1.0+local.tar.gz", "demo-1.0.1.tar.gz", "demo-1.0rc1.tar.gz"] {
        let error = chosen(&[name], "").unwrap_err();
        assert!(matches!(error, Error::NoVersion { found, .. } if found.len() == 1), "{name}");
    }
    let error = chosen(&[], "all").unwrap_err();
    assert!(matches!(&error, Error::NoVersion { found, .. } if found.is_empty()), "{error}");
    let error = chosen(&["demo-1.9.tar.gz", "demo-1.10.tar.gz"], "").unwrap_err();
    assert!(matches!(&error, Error::NoVersion { found, .. } if found == &["1.10", "1.9"]));
}

#[test]
fn of_several_wheels_the_one_for_every_platform_is_the_best() {
    let universal = "demo-1.0-py2.py3-none-any.whl";
    assert_eq!(chosen(&[ABI[0], universal, ABI[1]], "").unwrap(), [universal]);
    let build = ["demo-1.0-9-py3-none-any.whl", "demo-1.0-10-py3-none-any.whl"];
    assert_eq!(chosen(&[build[0], universal, build[1]], "wheel").unwrap(), [build[1]]);
    assert_eq!(chosen(&ABI[..1], "").unwrap(), ABI[..1]);
}

#[test]
fn a_choice_that_needs_a_platform_is_not_made() {
    let equal = ["demo-1.0-py2.py3-none-any.whl", "demo-1.0-py3-none-any.whl"];
    for names in [ABI, equal] {
        let error = chosen(&names, "").unwrap_err();
        assert!(matches!(&error, Error::Ambiguous { found, .. } if found.len() == 2), "{error}");
        assert_eq!(chosen(&names, "all").unwrap(), names);
    }
    let sdists = ["demo-1.0.tar.gz", "demo-1.0.0.tar.gz"];
    assert!(matches!(chosen(&sdists, "sdist"), Err(Error::Ambiguous { kind: Kind::Sdist, .. })));
}

#[test]
fn a_name_is_one_file_only_if_it_has_one_digest() {
    let mut page = page(&["demo-1.0.tar.gz", "demo-1.0.tar.gz"]);
    let pin = "demo==1.0".parse().unwrap();
    assert_eq!(choose(&page, &pin, kinds("all"), "index").unwrap().len(), 1);
    page.files[1].sha256 = Some(Sha256::of(b"b"));
    let error = choose(&page, &pin, kinds("all"), "index").unwrap_err();
    assert!(matches!(error, Error::Twice { .. }), "{error}");
}

fn artifact(sha256: &[u8], size: Option<u64>) -> Artifact {
    let mut artifact = Artifact::named("demo-1.0.tar.gz").unwrap();
    artifact.sha256 = Some(Sha256::of(sha256));
    artifact.size = size;
    artifact
}

#[test]
fn index_and_manifest_must_agree() {
    let listed = file("demo-1.0.tar.gz");
    let claim = |file: &File, artifact: Option<&Artifact>| claim(file, artifact, "index");
    assert_eq!(claim(&listed, None).unwrap().sources, ["index"]);
    let both = claim(&listed, Some(&artifact(b"a", Some(1)))).unwrap();
    assert_eq!(
        (both.sources.as_slice(), both.claimant()),
        (&["index", "manifest"][..], "manifest")
    );
    for other in [artifact(b"b", Some(1)), artifact(b"a", Some(2))] {
        assert!(matches!(claim(&listed, Some(&other)), Err(Error::Contradiction { .. })));
    }
}

#[test]
fn a_file_needs_a_digest_from_someone() {
    let unknown = File { sha256: None, size: None, ..file("demo-1.0.tar.gz") };
    assert!(matches!(claim(&unknown, None, "index"), Err(Error::NoDigest { .. })));
    let known = claim(&unknown, Some(&artifact(b"a", Some(1))), "index").unwrap();
    assert_eq!(known, Claim { sha256: Sha256::of(b"a"), size: Some(1), sources: vec!["manifest"] });
}

#[test]
fn a_page_of_many_files_is_looked_through_once() {
    let names: Vec<String> =
        (0..30_000).map(|build| format!("demo-1.0-{build}-py3-none-any.whl")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    assert_eq!(chosen(&names, "all").unwrap().len(), names.len());
}
