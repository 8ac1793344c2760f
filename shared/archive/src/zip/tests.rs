use std::io::{Cursor, Write as _};

use ::zip::ZipWriter;
use ::zip::write::SimpleFileOptions;

use pysign_host::Problem as _;

use super::*;
use crate::samples::{Wheel, patched};

/// The paths and contents of an archive that both readers take.
fn contents(bytes: &[u8]) -> Result<BTreeMap<String, Vec<u8>>, Fault> {
    let mut zip = Zip::open(Cursor::new(bytes))?;
    let members = zip.members.clone();
    members
        .into_iter()
        .map(|(path, member)| {
            let mut content = Vec::new();
            zip.copy(member, &mut content)?;
            Ok((path.to_string(), content))
        })
        .collect()
}

fn code(bytes: &[u8]) -> &'static str {
    contents(bytes).map(drop).unwrap_err().facts().code
}

fn small() -> Vec<u8> {
    Wheel { files: Vec::new(), ..Wheel::new() }
        .with("aXb/one.py", "1 1 1 1 1 1 1 1 1 1")
        .with("aXb/two.py", "2")
        .bytes_as_they_are()
}

fn with_entries(write: impl FnOnce(&mut ZipWriter<Cursor<Vec<u8>>>)) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    write(&mut zip);
    zip.finish().unwrap().into_inner()
}

#[test]
fn files_are_read_and_directories_forgotten() {
    let bytes = Wheel { directories: true, mode: 0o755, ..Wheel::new() }.bytes();
    let zip = Zip::open(Cursor::new(&bytes)).unwrap();
    assert_eq!(zip.members.len(), 5);
    assert!(zip.members.values().all(|member| member.executable));
    assert_eq!(contents(&bytes).unwrap()["demo_pkg/__init__.py"], b"x = 1\n");
}

#[test]
fn names_that_mean_another_place_are_refused() {
    assert!(contents(&small()).is_ok());
    for to in [b"../", b"/X/", b"a\\b", b"./b", b"a//", b"a\nb"] {
        let from = if to[2] == b'/' { b"aXb".as_slice() } else { b"aXb" };
        assert_eq!(code(&patched(&small(), from, to)), "zip-name", "{to:?}");
    }
}

#[test]
fn a_name_that_is_there_twice_is_refused() {
    assert_eq!(code(&patched(&small(), b"one.py", b"two.py")), "zip-name");
}

#[test]
fn a_file_beneath_a_file_is_refused() {
    let wheel = Wheel::new().with("demo_pkg/data.txt/more", "x");
    assert_eq!(code(&wheel.bytes()), "zip-name");
}

#[test]
fn a_name_beyond_ascii_must_say_that_it_is_utf_8() {
    let wheel = Wheel::new().with("demo_pkg/é.py", "x");
    assert!(contents(&wheel.bytes()).unwrap().contains_key("demo_pkg/é.py"));
    let unmarked = patched(&small(), b"aXb", "aé".as_bytes());
    assert_eq!(code(&unmarked), "zip-malformed");
}

#[test]
fn links_are_refused() {
    let bytes = with_entries(|zip| {
        zip.add_symlink("link", "/etc/passwd", SimpleFileOptions::default()).unwrap();
    });
    assert_eq!(code(&bytes), "zip-type");
}

#[test]
fn a_bomb_is_refused_before_it_is_unpacked() {
    let of_size = |size: usize| {
        with_entries(|zip| {
            zip.start_file("zeros", SimpleFileOptions::default()).unwrap();
            zip.write_all(&vec![0; size]).unwrap();
        })
    };
    assert!(Zip::open(Cursor::new(of_size(64 << 20))).is_ok());
    assert_eq!(code(&of_size((64 << 20) + 1)), "zip-too-large");
}

#[test]
fn a_file_larger_than_announced_is_refused() {
    // Both headers announce 18 bytes of the 19, and the checksum of all.
    let mut bytes = small();
    for at in 0..bytes.len() - 4 {
        if bytes[at..at + 4] == 19u32.to_le_bytes() {
            bytes[at] = 18;
        }
    }
    assert_eq!(code(&bytes), "zip-malformed");
}

#[test]
fn bytes_outside_of_the_records_are_refused() {
    let good = small();
    assert_eq!(code(&[b"#!", &good[..]].concat()), "zip-malformed");
    assert_eq!(code(&[&good[..], b"x"].concat()), "zip-malformed");
    assert_eq!(code(&[&good[..], &good[..]].concat()), "zip-malformed");
}

#[test]
fn a_comment_at_the_end_is_taken_and_one_that_hides_an_archive_is_not() {
    let commented = |comment: &[u8]| {
        with_entries(|zip| {
            zip.start_file("a", SimpleFileOptions::default()).unwrap();
            zip.set_raw_comment(comment.into()).unwrap();
        })
    };
    assert!(contents(&commented(b"hello")).is_ok());
    let hidden = with_entries(|_| ());
    assert_eq!(code(&commented(&hidden)), "zip-malformed");
    assert_eq!(code(&commented(b"PK\x05\x06 or so")), "zip-malformed");
}

#[test]
fn sizes_behind_the_data_are_refused() {
    let mut zip = ZipWriter::new_stream(Vec::new());
    zip.start_file("a", SimpleFileOptions::default()).unwrap();
    zip.write_all(b"a").unwrap();
    let bytes = zip.finish().unwrap().into_inner();
    assert_eq!(code(&bytes), "zip-malformed");
}

#[test]
fn sizes_in_a_zip64_field_are_taken() {
    let large = SimpleFileOptions::default().large_file(true);
    let bytes = with_entries(|zip| {
        zip.start_file("a", large).unwrap();
        zip.write_all(b"abc").unwrap();
    });
    assert_eq!(contents(&bytes).unwrap()["a"], b"abc");
}

#[test]
fn every_shorter_archive_is_refused() {
    let good = small();
    for end in 0..good.len() {
        assert!(contents(&good[..end]).is_err(), "cut at {end}");
    }
}

/// The central directory's time and versions, and modes, say nothing about names or contents.
#[test]
fn no_changed_byte_changes_names_or_contents_unnoticed() {
    let good = small();
    let expected = contents(&good).unwrap();
    let mut refused = 0;
    for at in 0..good.len() {
        for flip in [0x01, 0x80, 0xff] {
            let mut bytes = good.clone();
            bytes[at] ^= flip;
            match contents(&bytes) {
                Ok(found) => assert_eq!(found, expected, "byte {at}"),
                Err(_) => refused += 1,
            }
        }
    }
    assert!(refused > good.len());
}
