//! Damaged archives: whatever is changed in a good one, it is read or refused, never a panic; and
//! what is rewritten is as canonical as what is rewritten from an undamaged one.

use std::io::Cursor;
use std::path::Path;

use crate::samples::{INFO, METADATA, SDIST, Sdist, WHEEL, Wheel, gzip};
use crate::{Error, canonical, check_name};

/// Mutations of each archive; the tests are quick with as many.
const ROUNDS: u32 = 4000;

/// Xorshift (Marsaglia, 2003): the same sequence in every run.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % u64::try_from(limit.max(1)).unwrap()).unwrap()
    }

    /// Changes a byte, a field, a stretch or the length; up to three times.
    fn mutate(&mut self, bytes: &mut Vec<u8>) {
        for _ in 0..=self.below(3) {
            let at = self.below(bytes.len());
            let end = (at + 1 + self.below(8)).min(bytes.len());
            match self.below(6) {
                0 => bytes[at] ^= 1 << self.below(8),
                1 => bytes[at..end].fill(0xff),
                2 => bytes[at..end].fill(0),
                3 => drop(bytes.drain(at..end)),
                4 => bytes.truncate(at),
                _ => {
                    let copied = bytes[at..end].to_vec();
                    let to = self.below(bytes.len());
                    bytes.splice(to..to, copied);
                }
            }
            if bytes.is_empty() {
                return;
            }
        }
    }
}

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
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    let mut taken = 0;
    for round in 0..ROUNDS {
        let mut bytes = good.to_vec();
        random.mutate(&mut bytes);
        let bytes = pack(&bytes);
        let Ok(rewritten) = rewrite(name, &bytes) else { continue };
        taken += 1;
        let checked = check_name(&mut Cursor::new(&rewritten), Path::new(name));
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
