use pysign_host::Status;
use pysign_testkit::Scratch;

use super::*;
use crate::samples;

const WHEEL: &str = "demo-1.0-py3-none-any.whl";

fn open<'h>(path: &Path, host: &'h Host) -> Directory<'h> {
    Directory::open(path, None, host, Duration::ZERO, false).unwrap()
}

/// A package whose file is in `scratch`.
fn package(scratch: &Scratch, name: &str, bytes: &[u8]) -> Package {
    let path = scratch.write(name, bytes);
    Package { path, ..samples::package(name, bytes) }
}

fn listed(root: &Path) -> Vec<String> {
    let page = pysign_index::Directory::new(root).page(&"demo".parse().unwrap()).unwrap();
    let files = page.map(|page| page.files).unwrap_or_default();
    files.iter().map(|file| file.filename.to_string()).collect()
}

fn other(found: &[Found]) -> Option<&str> {
    match found {
        [Found::Other { found, .. }] => Some(found),
        _ => None,
    }
}

#[test]
fn what_was_sent_is_there_and_shown_when_it_is_listed() {
    let (scratch, host) = (Scratch::new(), Host::test(&[]));
    let root = scratch.path().join("index");
    let wheel = package(&scratch, WHEEL, b"wheel");
    let target = open(&root, &host);
    assert_eq!(target.look_up(&[&wheel]).unwrap(), [Found::Absent]);
    target.send(&Item::Package(&wheel)).unwrap();
    let url = format!("file://{}/files/demo/1.0/{WHEEL}", root.display());
    assert_eq!(target.look_up(&[&wheel]).unwrap(), [Found::Same { url }]);
    assert!(listed(&root).is_empty());
    target.list(&[&wheel]).unwrap();
    assert_eq!(listed(&root), [WHEEL]);
    let projects = fs::read_to_string(root.join("simple/index.html")).unwrap();
    assert!(projects.contains("href=\"demo/\""), "{projects}");
}

#[test]
fn what_is_listed_stays_listed() {
    let (scratch, host) = (Scratch::new(), Host::test(&[]));
    let root = scratch.path().join("index");
    let target = open(&root, &host);
    let old = package(&scratch, "demo-0.9.tar.gz", b"old");
    target.list(&[&old]).unwrap();
    let page = root.join("simple/demo/index.json");
    let yanked =
        fs::read_to_string(&page).unwrap().replace("\"size\"", "\"yanked\":\"x\",\"size\"");
    fs::write(&page, yanked).unwrap();
    let new = package(&scratch, WHEEL, b"wheel");
    target.list(&[&new, &old]).unwrap();
    assert_eq!(listed(&root), ["demo-0.9.tar.gz", WHEEL]);
    let page = fs::read_to_string(&page).unwrap();
    assert!(page.contains("\"yanked\":\"x\""), "{page}");
}

#[test]
fn other_bytes_are_seen_on_the_disk_and_on_the_page() {
    let (scratch, host) = (Scratch::new(), Host::test(&[]));
    let root = scratch.path().join("index");
    let target = open(&root, &host);
    let ours = package(&scratch, WHEEL, b"wheel");
    let theirs = package(&scratch, WHEEL, b"other");
    target.list(&[&theirs]).unwrap();
    let found = target.look_up(&[&ours]).unwrap();
    assert_eq!(other(&found), Some(&*format!("sha256:{}", theirs.sha256)));
    fs::remove_dir_all(root.join("simple")).unwrap();

    target.send(&Item::Package(&theirs)).unwrap();
    let found = target.look_up(&[&ours]).unwrap();
    assert_eq!(other(&found), Some(&*format!("sha256:{}", theirs.sha256)));
    let failure = target.send(&Item::Package(&package(&scratch, WHEEL, b"wheel"))).unwrap_err();
    assert_eq!(failure.status(), Status::Refused);
    let longer = package(&scratch, WHEEL, b"whee");
    assert_eq!(other(&target.look_up(&[&longer]).unwrap()), Some("more than 4 bytes"));
}

#[test]
fn a_file_that_changed_since_it_was_looked_at_is_not_stored() {
    let (scratch, host) = (Scratch::new(), Host::test(&[]));
    let root = scratch.path().join("index");
    let target = open(&root, &host);
    let wheel = package(&scratch, WHEEL, b"wheel");
    scratch.write(WHEEL, b"wheeL");
    let failure = target.send(&Item::Package(&wheel)).unwrap_err();
    assert_eq!(failure.problems().next().unwrap().facts().code, "file-changed");
    drop(target);
    assert!(!root.exists());
}

#[test]
fn only_the_marker_is_replaced() {
    let (scratch, host) = (Scratch::new(), Host::test(&[]));
    let target = open(&scratch.path().join("index"), &host);
    let wheel = samples::package(WHEEL, b"wheel");
    let mut file = samples::sidecar(&wheel, pysign_manifest::Role::Bundle, ".sigstore.json", b"1");
    assert_eq!(target.read(&file).unwrap(), None);
    target.send(&Item::Sidecar(file.clone())).unwrap();
    target.send(&Item::Sidecar(file.clone())).unwrap();
    file.bytes = b"2".to_vec();
    let failure = target.send(&Item::Sidecar(file.clone())).unwrap_err();
    assert_eq!(failure.problems().next().unwrap().facts().code, "publish-conflict");
    assert_eq!(target.read(&file).unwrap().unwrap(), b"1");
    file.part = None;
    target.send(&Item::Sidecar(file.clone())).unwrap();
    assert_eq!(target.read(&file).unwrap().unwrap(), b"2");
}

#[test]
fn one_run_writes_at_a_time_and_looking_needs_no_turn() {
    let (scratch, host) = (Scratch::new(), Host::test(&[]));
    let open = |read_only| {
        Directory::open(scratch.path(), None, &host, Duration::ZERO, read_only).map(drop)
    };
    let first = Directory::open(scratch.path(), None, &host, Duration::ZERO, false).unwrap();
    assert_eq!(open(false).unwrap_err().status(), Status::Unavailable);
    open(true).unwrap();
    drop(first);
    open(false).unwrap();
    assert_eq!(fs::read_dir(scratch.path()).unwrap().count(), 0);
}

#[test]
fn a_file_is_named_by_where_it_will_be_served() {
    let host = Host::test(&[]);
    let base_url = Some("https://packages.example.org/pypi".parse().unwrap());
    let target = Directory::open(Path::new("a b"), base_url, &host, Duration::ZERO, true).unwrap();
    let package = samples::package("demo-1!2.0+x.tar.gz", b"");
    assert_eq!(
        target.url(&Item::Package(&package)),
        "https://packages.example.org/pypi/files/demo/1%212.0%2Bx/demo-1%212.0%2Bx.tar.gz"
    );
    let target = Directory::open(Path::new("a b"), None, &host, Duration::ZERO, true).unwrap();
    let place = target.url(&Item::Package(&package));
    let relative = place.strip_prefix("file:///").unwrap();
    assert!(relative.ends_with("/a%20b/files/demo/1%212.0%2Bx/demo-1%212.0%2Bx.tar.gz"));
}
