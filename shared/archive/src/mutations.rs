//! Damaged archives: whatever is changed in a good one, it is read or refused, never a panic; and
//! what is rewritten is as canonical as what is rewritten from an undamaged one.

use std::io::Cursor;
use std::path::Path;

use pysign_testkit::{Random, mutate};

use crate::samples::{INFO, METADATA, SDIST, Sdist, WHEEL, Wheel, gzip};
use crate::{Error, canonical, identity};

/// Mutations of each archive; the tests are quick with as many.
const ROUNDS: u32 = 4000;

fn rewrite(name: &str, bytes: &[u8]) -> Result<Vec<u8>, Error> {
    let (mut source, path, mut out) = (Cursor::new(bytes), Path::new(name), Vec::new());
    if name == WHEEL {
        canonical::wheel(&mut source, path, &mut out, 1_700_000_000)?;
    } else {
        canonical::sdist(&mut source, path, &mut out, 1_700_000_000)?;
    }
    Ok(out)
}

/// Looks at mutations of `good`, each made ready by `pack`; gives how many were still taken.
fn survive(name: &str, good: &[u8], pack: impl Fn(&[u8]) -> Vec<u8>) -> usize {
    let mut random = Random::new(7);
    let mut taken = 0;
    for round in 0..ROUNDS {
        let bytes = pack(&mutate(&mut random, good, good));
        let Ok(rewritten) = rewrite(name, &bytes) else { continue };
        taken += 1;
        let checked = identity(&mut Cursor::new(&rewritten), Path::new(name));
        assert!(checked.is_ok(), "round {round}: rewritten, then refused: {checked:?}");
        assert_eq!(rewrite(name, &rewritten).unwrap(), rewritten, "round {round}: not canonical");
    }
    taken
}

/// A good archive with some of everything that is allowed.
fn tar() -> Vec<u8> {
    let sdist = Sdist::new()
        .directory("demo_pkg-1.0/sub/")
        .file("demo_pkg-1.0/sub/a.py", b"a = 1\n")
        .link("demo_pkg-1.0/link", "sub/a.py")
        .pax(&[("path", "demo_pkg-1.0/long.py"), ("mtime", "1600000000.5")])
        .file("demo_pkg-1.0/long.py", b"b = 2\n");
    let mut tar = Vec::new();
    let gzip = sdist.bytes();
    std::io::copy(&mut flate2::read::GzDecoder::new(&*gzip), &mut tar).unwrap();
    tar
}

#[test]
fn no_mutation_of_a_wheel_panics_or_is_rewritten_to_what_is_refused() {
    let good = Wheel { directories: true, ..Wheel::new() }.bytes();
    assert!(survive(WHEEL, &good, <[u8]>::to_vec) > 0);
}

#[test]
fn no_mutation_of_a_tar_panics_or_is_rewritten_to_what_is_refused() {
    assert!(survive(SDIST, &tar(), gzip) > 0);
}

#[test]
fn no_mutation_of_a_gzip_panics_or_is_rewritten_to_what_is_refused() {
    assert!(survive(SDIST, &gzip(&tar()), <[u8]>::to_vec) > 0);
}

#[test]
fn no_mutation_of_a_wheels_texts_panics_or_is_rewritten_to_what_is_refused() {
    let record = Wheel::new().record();
    for (file, text) in [("METADATA", METADATA), ("RECORD", &*record)] {
        survive(WHEEL, text.as_bytes(), |bytes| {
            let text = String::from_utf8_lossy(bytes);
            Wheel::new().with(&format!("{INFO}/{file}"), &text).bytes()
        });
    }
}
