//! What is kept between runs: it saves requests, it remembers, and it is believed no more than the
//! network is.

use std::os::unix::fs::{PermissionsExt as _, symlink};

use serde_json::{Value, json};

use super::*;

/// The file that is kept, and its directory.
fn file(place: &Place, cache: &str) -> (PathBuf, PathBuf) {
    let (file, _) = kept(place, cache).pop_first().unwrap();
    let directory = file.parent().unwrap().to_owned();
    (file, directory)
}

fn refused(status: i32, code: &str) -> Ending {
    Ending(status, vec![code.to_owned()])
}

#[test]
fn a_repository_is_asked_once_a_day() {
    let place = place();
    assert_eq!((verify(&place, "c", ""), source(&place).as_str()), (good(), "tuf"));
    let first = asked(&place);
    age(&place, "c", 23);
    assert_eq!((verify(&place, "c", ""), source(&place).as_str()), (good(), "cache"));
    assert_eq!(asked(&place), first);
    age(&place, "c", 25);
    assert_eq!((verify(&place, "c", ""), source(&place).as_str()), (good(), "tuf"));
    // Nothing has changed: only whether there is a newer root, and which timestamp there is.
    assert_eq!(asked(&place), first + 2);
}

#[test]
fn what_is_kept_is_the_users_alone() {
    let place = place();
    assert_eq!(verify(&place, "c", ""), good());
    let (file, directory) = file(&place, "c");
    let mode = |path: &PathBuf| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&file), mode(&directory)), (0o600, 0o700));
    assert_eq!(kept(&place, "c").len(), 1);
}

#[test]
fn where_others_can_write_nothing_is_believed() {
    type Change = (&'static str, fn(&Place, &str));
    const CHANGES: [Change; 6] = [
        ("everyone may write to the directory", |place, cache| {
            let (_, directory) = file(place, cache);
            fs::set_permissions(directory, fs::Permissions::from_mode(0o777)).unwrap();
        }),
        ("the group may write to the directory", |place, cache| {
            let (_, directory) = file(place, cache);
            fs::set_permissions(directory, fs::Permissions::from_mode(0o720)).unwrap();
        }),
        ("everyone may write to the file", |place, cache| {
            let (file, _) = file(place, cache);
            fs::set_permissions(file, fs::Permissions::from_mode(0o666)).unwrap();
        }),
        ("the directory is a link", |place, cache| {
            let (_, directory) = file(place, cache);
            let elsewhere = place.beside(&format!("elsewhere-{cache}"));
            fs::rename(&directory, &elsewhere).unwrap();
            symlink(elsewhere, directory).unwrap();
        }),
        ("the file is a link", |place, cache| {
            let (file, _) = file(place, cache);
            let elsewhere = place.beside(&format!("elsewhere-{cache}"));
            fs::rename(&file, &elsewhere).unwrap();
            symlink(elsewhere, file).unwrap();
        }),
        ("the file is a directory", |place, cache| {
            let (file, _) = file(place, cache);
            fs::remove_file(&file).unwrap();
            fs::create_dir(file).unwrap();
        }),
    ];
    let place = place();
    for (number, (what, change)) in CHANGES.into_iter().enumerate() {
        let cache = format!("c{number}");
        assert_eq!(verify(&place, &cache, ""), good(), "{what}");
        assert_eq!(verify(&place, &cache, "--offline"), refused(0, "trust-cached"), "{what}");
        change(&place, &cache);
        let before = asked(&place);
        for flags in ["", "--offline"] {
            let found = verify(&place, &cache, flags);
            assert_eq!(found, refused(3, "tuf-cache-insecure"), "{what} {flags}");
        }
        assert_eq!(asked(&place), before, "{what}");
    }
}

#[test]
fn another_users_cache_is_not_believed() {
    let place = place();
    assert_eq!(verify(&place, "c", ""), good());
    let (file, directory) = file(&place, "c");
    if std::os::unix::fs::chown(&directory, Some(1), None).is_err() {
        let _ = writeln!(io::stderr(), "skipped: another user's cache (only root can make one)");
        return;
    }
    assert_eq!(verify(&place, "c", "--offline"), refused(3, "tuf-cache-insecure"));
    std::os::unix::fs::chown(&directory, Some(0), None).unwrap();
    std::os::unix::fs::chown(&file, Some(1), None).unwrap();
    assert_eq!(verify(&place, "c", "--offline"), refused(3, "tuf-cache-insecure"));
    std::os::unix::fs::chown(&file, Some(0), None).unwrap();
    assert_eq!(verify(&place, "c", "--offline"), refused(0, "trust-cached"));
}

/// A change to a file that is kept, or its removal.
fn change(place: &Place, cache: &str, name: &str, from: &str, to: Option<&str>) {
    edit(place, cache, |document| {
        let files = document["files"].as_object_mut().unwrap();
        let text = files.remove(name).unwrap_or_else(|| panic!("no {name}"));
        let text = text.as_str().unwrap();
        assert!(text.contains(from), "{name}: {text}");
        if let Some(to) = to {
            files.insert(name.to_owned(), json!(text.replacen(from, to, 1)));
        }
    });
}

#[test]
fn what_was_edited_is_refused_offline_and_fetched_anew_otherwise() {
    let place = place();
    place.sandbox.rotate_trust().unwrap();
    let invalid = || refused(1, "tuf-cache-invalid");
    let missing = || refused(4, "http-offline");
    for (number, (name, from, to, offline)) in [
        ("root_history/2.root.json", "\"threshold\":2", Some("\"threshold\":1"), invalid()),
        ("root_history/2.root.json", "", None, invalid()),
        ("timestamp.json", "\"version\":4", Some("\"version\":5"), invalid()),
        ("timestamp.json", "", None, missing()),
        ("snapshot.json", "\"version\":4", Some("\"version\":5"), invalid()),
        ("snapshot.json", "}}", Some("}} "), invalid()),
        ("snapshot.json", "", None, missing()),
        ("targets.json", "\"version\":4", Some("\"version\":5"), invalid()),
        ("targets.json", "", None, missing()),
        ("targets/trusted_root.json", "sandbox-fulcio", Some("sandbox-Fulcio"), invalid()),
        ("targets/trusted_root.json", "", None, missing()),
    ]
    .into_iter()
    .enumerate()
    {
        let cache = format!("c{number}");
        assert_eq!(verify(&place, &cache, ""), good());
        change(&place, &cache, name, from, to);
        assert_eq!(verify(&place, &cache, "--offline"), offline, "{name} {from}");
        let before = asked(&place);
        assert_eq!(
            (verify(&place, &cache, ""), source(&place).as_str()),
            (good(), "tuf"),
            "{name}"
        );
        assert!(asked(&place) > before, "{name}");
        assert_eq!(verify(&place, &cache, "--offline"), refused(0, "trust-cached"), "{name}");
    }
}

#[test]
fn a_document_that_is_none_of_ours_is_refused_offline_and_replaced_otherwise() {
    let place = place();
    for (number, document) in
        ["", "{", "null", "{\"schema\":\"pysign-tuf-cache/2\"}", "\u{0}"].into_iter().enumerate()
    {
        let cache = format!("c{number}");
        assert_eq!(verify(&place, &cache, ""), good());
        fs::write(file(&place, &cache).0, document).unwrap();
        assert_eq!(verify(&place, &cache, "--offline"), refused(1, "tuf-cache-invalid"));
        assert_eq!(verify(&place, &cache, ""), refused(0, "tuf-cache-invalid"));
        assert_eq!(verify(&place, &cache, ""), good());
    }
}

#[test]
fn a_time_that_is_still_to_come_makes_nothing_fresh() {
    let place = place();
    assert_eq!(verify(&place, "c", ""), good());
    edit(&place, "c", |document| document["refreshed"] = json!("2200-01-01T00:00:00Z"));
    assert_eq!(verify(&place, "c", "--offline"), refused(0, "trust-cached"));
    assert_eq!((verify(&place, "c", ""), source(&place).as_str()), (good(), "tuf"));
}

#[test]
fn a_replaced_root_stays_replaced() {
    let place = place();
    assert_eq!(verify(&place, "c", ""), good());
    place.sandbox.rotate_trust().unwrap();
    age(&place, "c", 25);
    // The new root is seen in a run that fails.
    place.sandbox.fault("tuf:status=404@2").unwrap();
    assert_eq!(verify(&place, "c", ""), refused(4, "tuf-incomplete"));
    place.sandbox.heal();
    place.sandbox.fault("tuf:replay").unwrap();
    assert_eq!(verify(&place, "c", ""), refused(1, "tuf-signature"));
    assert_eq!(verify(&place, "new", ""), good(), "who has not seen it can't know");
    place.sandbox.heal();
    assert_eq!((verify(&place, "c", ""), source(&place).as_str()), (good(), "tuf"));
}

#[test]
fn without_a_home_nothing_is_kept() {
    let place = place();
    let run = "env -u HOME -u XDG_CACHE_HOME pysign-verify -q -m signed.json $IDENTITY $TUF \
               >proof.json";
    let before = names_below(&place.beside("home"));
    for _ in 0..2 {
        place.ok(run);
        assert_eq!(source(&place), "tuf");
    }
    assert_eq!(names_below(&place.beside("home")), before);
    // The specification has relative paths ignored.
    place.ok("XDG_CACHE_HOME=here pysign-verify -q -m signed.json $IDENTITY $TUF >proof.json");
    assert!(!place.work().join("here").exists());
    assert!(place.beside("home/.cache/pysign").is_dir());
}

#[test]
fn two_repositories_share_nothing() {
    let place = place();
    assert_eq!(verify(&place, "c", ""), good());
    place.ok("cp $PYSIGN_SANDBOX/tuf/root.json ..; printf ' ' >>../root.json");
    place.ok("XDG_CACHE_HOME=$PWD/../c pysign-verify -q -m signed.json $IDENTITY \
              --tuf-url $PYSIGN_SANDBOX_TUF --tuf-root ../root.json >proof.json");
    assert_eq!(source(&place), "tuf");
    assert_eq!(kept(&place, "c").len(), 2);
}

#[test]
fn runs_at_the_same_time_leave_one_whole_state() {
    let place = place();
    place.ok("export XDG_CACHE_HOME=$PWD/../c
        for n in 1 2 3 4 5 6 7 8; do
            pysign-verify -q -m signed.json $IDENTITY $TUF >$n.json & pids=\"$pids $!\"
        done
        for pid in $pids; do wait $pid || exit 1; done");
    assert_eq!(kept(&place, "c").len(), 1);
    assert_eq!(verify(&place, "c", "--offline"), refused(0, "trust-cached"));
}

#[test]
fn what_a_killed_run_has_left_is_removed() {
    let place = place();
    assert_eq!(verify(&place, "c", ""), good());
    let (_, directory) = file(&place, "c");
    age(&place, "c", 25);
    fs::write(directory.join(".pysign-999999999-0-00000000.tmp"), "half").unwrap();
    assert_eq!(verify(&place, "c", ""), good());
    assert_eq!(kept(&place, "c").len(), 1);
}

/// Puts metadata of the repository as it is now in the place of what is kept.
pub(super) fn keep_current(place: &Place, cache: &str, version: u32) {
    let url = place.sandbox.url("tuf").unwrap();
    let get = |name: &str| -> Value {
        let script = format!(
            "python3 -c 'import urllib.request as r; print(r.urlopen(\"{url}/{name}\").read().decode(), end=\"\")'"
        );
        json!(place.ok(&script))
    };
    edit(place, cache, |document| {
        for (kept, name) in [
            ("timestamp.json", "timestamp.json".to_owned()),
            ("snapshot.json", format!("{version}.snapshot.json")),
            ("targets.json", format!("{version}.targets.json")),
        ] {
            document["files"][kept] = get(&name);
        }
    });
}
