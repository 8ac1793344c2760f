use pysign_testkit::Scratch;

use super::*;

fn group(scratch: &Scratch, force: bool, files: &[(&str, &str)]) -> Group {
    let mut group = Staging::new(force).group();
    for (name, text) in files {
        group.write(&scratch.path().join(name), text.as_bytes()).unwrap();
    }
    group
}

#[test]
fn nothing_appears_before_the_commit() {
    let scratch = Scratch::new();
    let waiting = group(&scratch, false, &[("a", "1"), ("b", "2")]);
    assert!(!scratch.path().join("a").exists());
    waiting.commit().unwrap();
    assert_eq!(scratch.names(), ["a", "b"]);
    assert_eq!(fs::read_to_string(scratch.path().join("b")).unwrap(), "2");
}

#[test]
fn a_dropped_group_leaves_nothing_not_even_its_directory() {
    let scratch = Scratch::new();
    drop(group(&scratch, false, &[("deep/er/a", "1")]));
    assert!(scratch.names().is_empty());
}

#[test]
fn the_same_bytes_again_are_success() {
    let scratch = Scratch::new();
    group(&scratch, false, &[("a", "1")]).commit().unwrap();
    group(&scratch, false, &[("a", "1"), ("b", "2")]).commit().unwrap();
    assert_eq!(scratch.names(), ["a", "b"]);
}

#[test]
fn other_bytes_are_refused_and_no_neighbour_is_left() {
    let scratch = Scratch::new();
    fs::write(scratch.path().join("b"), "other").unwrap();
    let refused = group(&scratch, false, &[("a", "1"), ("b", "2")]).commit().unwrap_err();
    assert!(matches!(refused, FileError::Exists { file } if file.ends_with("b")));
    assert_eq!(scratch.names(), ["b"]);
    assert_eq!(fs::read_to_string(scratch.path().join("b")).unwrap(), "other");
}

#[test]
fn force_replaces_other_bytes_but_no_directory() {
    let scratch = Scratch::new();
    fs::write(scratch.path().join("a"), "other").unwrap();
    group(&scratch, true, &[("a", "1")]).commit().unwrap();
    assert_eq!(fs::read_to_string(scratch.path().join("a")).unwrap(), "1");
    fs::create_dir(scratch.path().join("d")).unwrap();
    let refused = group(&scratch, true, &[("d", "1")]).commit().unwrap_err();
    assert!(matches!(refused, FileError::Exists { .. }));
}

#[test]
fn a_link_is_not_written_through() {
    let scratch = Scratch::new();
    fs::write(scratch.path().join("victim"), "1").unwrap();
    std::os::unix::fs::symlink(scratch.path().join("victim"), scratch.path().join("a")).unwrap();
    assert!(group(&scratch, false, &[("a", "1")]).commit().is_err());
    group(&scratch, true, &[("a", "2")]).commit().unwrap();
    assert_eq!(fs::read_to_string(scratch.path().join("victim")).unwrap(), "1");
}

#[test]
fn a_directory_appears_whole() {
    let scratch = Scratch::new();
    let staging = Staging::new(false);
    let directory = staging.directory(&scratch.path().join("out")).unwrap();
    directory.create_file("a").unwrap().write_all(b"1").unwrap();
    assert!(!scratch.path().join("out").exists());
    staging.later_directory(directory);
    staging.commit().unwrap();
    assert_eq!(fs::read_to_string(scratch.path().join("out/a")).unwrap(), "1");
    assert_eq!(scratch.names(), ["out"]);
}

#[test]
fn a_directory_is_private_until_it_is_in_its_place() {
    use std::os::unix::fs::PermissionsExt as _;
    let scratch = Scratch::new();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let directory = Staging::new(false).directory(&scratch.path().join("out")).unwrap();
    assert_eq!(mode(directory.path()), 0o700);
    fs::create_dir(scratch.path().join("other")).unwrap();
    directory.commit().unwrap();
    // What the umask of whoever runs this leaves.
    assert_eq!(mode(&scratch.path().join("out")), mode(&scratch.path().join("other")) & 0o755);
}

#[test]
fn a_directory_with_other_files_is_refused_and_replaced_by_force() {
    let scratch = Scratch::new();
    fs::create_dir(scratch.path().join("out")).unwrap();
    fs::write(scratch.path().join("out/old"), "0").unwrap();
    let make = |force| {
        let directory = Staging::new(force).directory(&scratch.path().join("out")).unwrap();
        directory.create_file("a").unwrap().write_all(b"1").unwrap();
        directory.commit()
    };
    assert!(matches!(make(false), Err(FileError::Exists { .. })));
    assert!(scratch.path().join("out/old").exists());
    make(true).unwrap();
    assert!(!scratch.path().join("out/old").exists() && scratch.path().join("out/a").exists());
    make(false).unwrap();
    assert_eq!(scratch.names(), ["out"]);
}

#[test]
fn a_name_in_a_directory_is_one_component() {
    let scratch = Scratch::new();
    let directory = Staging::new(false).directory(&scratch.path().join("out")).unwrap();
    for name in ["../a", "a/b", "..", "", "/a", "a/"] {
        assert!(directory.create_file(name).is_err(), "{name}");
    }
}

#[test]
fn drafts_of_the_dead_are_removed_and_nothing_else() {
    let scratch = Scratch::new();
    // No process has a number beyond the system's largest.
    let dead = ".pysign-4194305-0-00000000.tmp";
    let alive = format!(".pysign-{}-0-00000000.tmp", std::os::unix::process::parent_id());
    let own = format!(".pysign-{}-0-00000000.tmp", std::process::id());
    let others = [&alive, ".pysign-4194305-0.json", "pysign-4194305-0.tmp", ".pysign--0.tmp"];
    for name in [dead, &own].into_iter().chain(others) {
        fs::write(scratch.path().join(name), "").unwrap();
    }
    fs::create_dir(scratch.path().join(".pysign-4194305-1-00000000.tmp")).unwrap();
    remove_abandoned(scratch.path());
    let mut left = others.to_vec();
    left.push(".pysign-4194305-1-00000000.tmp");
    left.sort_unstable();
    assert_eq!(scratch.names(), left);
    remove_abandoned(&scratch.path().join("nowhere"));
}
