use super::*;

struct Scratch(PathBuf);

impl Scratch {
    fn new() -> Self {
        let path = temporary_name(&std::env::temp_dir().join("x")).with_extension("test");
        fs::create_dir(&path).unwrap();
        Self(path)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    fn names(&self) -> Vec<String> {
        let mut names: Vec<_> = fs::read_dir(&self.0)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        fs::remove_dir_all(&self.0).unwrap();
    }
}

fn group(scratch: &Scratch, force: bool, files: &[(&str, &str)]) -> Group {
    let mut group = Staging::new(force).group();
    for (name, text) in files {
        group.write(&scratch.path(name), text.as_bytes()).unwrap();
    }
    group
}

#[test]
fn nothing_appears_before_the_commit() {
    let scratch = Scratch::new();
    let waiting = group(&scratch, false, &[("a", "1"), ("b", "2")]);
    assert!(!scratch.path("a").exists());
    waiting.commit().unwrap();
    assert_eq!(scratch.names(), ["a", "b"]);
    assert_eq!(fs::read_to_string(scratch.path("b")).unwrap(), "2");
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
    fs::write(scratch.path("b"), "other").unwrap();
    let refused = group(&scratch, false, &[("a", "1"), ("b", "2")]).commit().unwrap_err();
    assert!(matches!(refused, FileError::Exists { file } if file.ends_with("b")));
    assert_eq!(scratch.names(), ["b"]);
    assert_eq!(fs::read_to_string(scratch.path("b")).unwrap(), "other");
}

#[test]
fn force_replaces_other_bytes_but_no_directory() {
    let scratch = Scratch::new();
    fs::write(scratch.path("a"), "other").unwrap();
    group(&scratch, true, &[("a", "1")]).commit().unwrap();
    assert_eq!(fs::read_to_string(scratch.path("a")).unwrap(), "1");
    fs::create_dir(scratch.path("d")).unwrap();
    let refused = group(&scratch, true, &[("d", "1")]).commit().unwrap_err();
    assert!(matches!(refused, FileError::Exists { .. }));
}

#[test]
fn a_link_is_not_written_through() {
    let scratch = Scratch::new();
    fs::write(scratch.path("victim"), "1").unwrap();
    std::os::unix::fs::symlink(scratch.path("victim"), scratch.path("a")).unwrap();
    assert!(group(&scratch, false, &[("a", "1")]).commit().is_err());
    group(&scratch, true, &[("a", "2")]).commit().unwrap();
    assert_eq!(fs::read_to_string(scratch.path("victim")).unwrap(), "1");
}

#[test]
fn a_directory_appears_whole() {
    let scratch = Scratch::new();
    let staging = Staging::new(false);
    let directory = staging.directory(&scratch.path("out")).unwrap();
    directory.create_file("a").unwrap().write_all(b"1").unwrap();
    assert!(!scratch.path("out").exists());
    staging.later_directory(directory);
    staging.commit().unwrap();
    assert_eq!(fs::read_to_string(scratch.path("out/a")).unwrap(), "1");
    assert_eq!(scratch.names(), ["out"]);
}

#[test]
fn a_directory_with_other_files_is_refused_and_replaced_by_force() {
    let scratch = Scratch::new();
    fs::create_dir(scratch.path("out")).unwrap();
    fs::write(scratch.path("out/old"), "0").unwrap();
    let make = |force| {
        let directory = Staging::new(force).directory(&scratch.path("out")).unwrap();
        directory.create_file("a").unwrap().write_all(b"1").unwrap();
        directory.commit()
    };
    assert!(matches!(make(false), Err(FileError::Exists { .. })));
    assert!(scratch.path("out/old").exists());
    make(true).unwrap();
    assert!(!scratch.path("out/old").exists() && scratch.path("out/a").exists());
    make(false).unwrap();
    assert_eq!(scratch.names(), ["out"]);
}

#[test]
fn a_name_in_a_directory_is_one_component() {
    let scratch = Scratch::new();
    let directory = Staging::new(false).directory(&scratch.path("out")).unwrap();
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
        fs::write(scratch.path(name), "").unwrap();
    }
    fs::create_dir(scratch.path(".pysign-4194305-1-00000000.tmp")).unwrap();
    remove_abandoned(&scratch.0);
    let mut left = others.to_vec();
    left.push(".pysign-4194305-1-00000000.tmp");
    left.sort_unstable();
    assert_eq!(scratch.names(), left);
    remove_abandoned(&scratch.path("nowhere"));
}
