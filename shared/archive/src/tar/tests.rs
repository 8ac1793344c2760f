use std::io::Cursor;

use ::tar::EntryType;

use pysign_host::Problem as _;

use super::*;
use crate::samples::{Sdist, gzip};

/// The members of an archive, each with its bytes.
fn members(bytes: &[u8]) -> Result<Vec<(Member, Vec<u8>)>, Fault> {
    let mut members = Vec::new();
    walk(&mut Cursor::new(bytes), Repeats::None, &mut |member, reader| {
        let mut content = Vec::new();
        reader.read_to_end(&mut content).map_err(on_read)?;
        members.push((member.clone(), content));
        Ok(ControlFlow::Continue(()))
    })?;
    Ok(members)
}

fn code(sdist: Sdist) -> &'static str {
    members(&sdist.bytes()).map(drop).unwrap_err().facts().code
}

fn paths(sdist: Sdist) -> Vec<String> {
    members(&sdist.bytes())
        .unwrap()
        .into_iter()
        .map(|(member, _)| member.path.to_string())
        .collect()
}

#[test]
fn members_come_in_the_order_of_the_archive() {
    let sdist = Sdist::empty().directory("./").directory("d/").file("./d/b", b"bb");
    let found = members(&sdist.link("d/a", "b").bytes()).unwrap();
    let kinds: Vec<_> =
        found.iter().map(|(member, _)| (member.path.as_str(), &member.kind)).collect();
    let link = Kind::Link { target: "b".to_owned() };
    assert_eq!(
        kinds,
        [
            ("d", &Kind::Directory),
            ("d/b", &Kind::File { size: 2, executable: false }),
            ("d/a", &link)
        ]
    );
    assert_eq!(found[1].1, b"bb");
    assert_eq!(found[1].0.mtime, 1_600_000_000);
}

#[test]
fn names_that_mean_another_place_are_refused() {
    for path in ["../x", "/x", "a/../../x", "a\\x", "a/", "a//x", "a\nx", "", "."] {
        assert_eq!(code(Sdist::empty().file(path, b"")), "tar-name", "{path}");
    }
    assert_eq!(code(Sdist::empty().directory("/")), "tar-name");
}

#[test]
fn a_name_stands_for_one_thing() {
    assert_eq!(code(Sdist::empty().file("a", b"1").file("./a", b"2")), "tar-name");
    assert_eq!(code(Sdist::empty().file("a", b"1").directory("a")), "tar-name");
    assert_eq!(code(Sdist::empty().directory("a").file("a", b"")), "tar-name");
    assert_eq!(code(Sdist::empty().file("a/b", b"").file("a", b"")), "tar-name");
    assert_eq!(code(Sdist::empty().file("d/x", b"").link("a", "d").file("a/b", b"")), "tar-name");
    assert_eq!(paths(Sdist::empty().directory("a").directory("a/").file("a/b", b"")).len(), 3);
    assert_eq!(paths(Sdist::empty().file("a/b", b"").file("a-b", b"").file("a.b", b"")).len(), 3);
}

#[test]
fn devices_hard_links_and_sparse_files_are_refused() {
    for kind in [EntryType::Link, EntryType::Char, EntryType::Block, EntryType::Fifo] {
        assert_eq!(code(Sdist::empty().member(kind, "d/a", "b", b"")), "tar-type", "{kind:?}");
    }
    assert_eq!(code(Sdist::empty().member(EntryType::new(b'Z'), "a", "", b"")), "tar-type");
    let sparse = Sdist::empty().pax(&[("GNU.sparse.major", "1")]).file("a", b"");
    assert_eq!(code(sparse), "tar-type");
}

#[test]
fn links_that_leave_the_sdist_are_refused() {
    assert!(members(&Sdist::empty().link("d/a", "b").bytes()).is_ok());
    assert_eq!(code(Sdist::empty().link("d/a", "../../x")), "tar-link");
}

#[test]
fn long_names_come_from_extension_headers() {
    let long = "d/".repeat(100) + "é";
    assert_eq!(paths(Sdist::empty().pax(&[("path", &long)]).file("short", b"")), [long.as_str()]);
    let name = format!("{long}\0");
    let gnu = Sdist::empty().member(EntryType::GNULongName, "L", "", name.as_bytes());
    assert_eq!(paths(gnu.file("short", b"")), [long]);
}

#[test]
fn two_words_for_one_member_are_refused() {
    let size = |text| Sdist::empty().pax(&[("size", text)]).file("a", b"abc");
    assert_eq!(paths(size("3")), ["a"]);
    assert_eq!(code(size("0")), "tar-malformed");
    let twice = Sdist::empty().pax(&[("path", "b"), ("path", "c")]).file("a", b"");
    assert_eq!(code(twice), "tar-malformed");
    let both = Sdist::empty().pax(&[("path", "b")]);
    assert_eq!(
        code(both.member(EntryType::GNULongName, "L", "", b"c").file("a", b"")),
        "tar-malformed"
    );
    assert_eq!(code(Sdist::empty().pax(&[("path", "b")])), "tar-malformed");
}

#[test]
fn a_global_header_may_comment_but_not_name() {
    let global = |records: &[u8]| {
        Sdist::empty().member(EntryType::XGlobalHeader, "g", "", records).file("a", b"")
    };
    assert_eq!(paths(global(b"13 comment=x\n")), ["a"]);
    assert_eq!(code(global(b"10 path=b\n")), "tar-malformed");
    assert_eq!(code(global(b"99 comment=x\n")), "tar-malformed");
    assert_eq!(code(global(b"13 comment x\n")), "tar-malformed");
}

#[test]
fn a_huge_extension_header_is_refused() {
    let name = vec![b'a'; (1 << 20) + 1];
    let sdist = Sdist::empty().member(EntryType::GNULongName, "L", "", &name);
    assert_eq!(code(sdist.file("a", b"")), "tar-too-large");
}

#[test]
fn nothing_may_follow_the_archive() {
    let good = Sdist::new().bytes();
    assert!(members(&good).is_ok());
    let refused = |bytes: &[u8]| members(bytes).map(drop).unwrap_err().facts().code;
    assert_eq!(refused(&[&good[..], b"\0"].concat()), "tar-malformed");
    assert_eq!(refused(&[&good[..], &good[..]].concat()), "tar-malformed");
    assert_eq!(refused(&gzip(&[&[0; 1024][..], b"x"].concat())), "tar-malformed");
    assert!(members(&gzip(&[0; 10240])).unwrap().is_empty());
}

#[test]
fn every_shorter_archive_is_refused() {
    let good = Sdist::new().bytes();
    for end in 0..good.len() {
        assert!(members(&good[..end]).is_err(), "cut at {end}");
    }
}

#[test]
fn no_changed_byte_changes_names_or_contents_unnoticed() {
    let good = Sdist::new().bytes();
    let said = |members: Vec<(Member, Vec<u8>)>| -> Vec<_> {
        members.into_iter().map(|(member, content)| (member.path, member.kind, content)).collect()
    };
    let expected = said(members(&good).unwrap());
    let mut refused = 0;
    for at in 0..good.len() {
        for flip in [0x01, 0x80, 0xff] {
            let mut bytes = good.clone();
            bytes[at] ^= flip;
            match members(&bytes) {
                Ok(found) => assert_eq!(said(found), expected, "byte {at}"),
                Err(_) => refused += 1,
            }
        }
    }
    assert!(refused > good.len());
}
