//! A walk over every member of a good bundle: without it, with it twice, and with another value,
//! the bundle is refused. What is accepted nonetheless differs only in parts that nobody has signed.

use pysign_testkit::{changes, places, twice, unsigned};

use crate::tests::vectors::{Vector, good, say, set};

#[test]
fn nothing_in_a_bundle_can_change() {
    let Some(set) = set("conformance/bundle-verify") else { return };
    let (mut count, mut kept) = (0, [0; good::ALL.len()]);
    for (name, kept) in good::ALL.into_iter().zip(&mut kept) {
        let good = Vector::read(&set.join(name)).unwrap();
        let (bundle, proof) = (good.json(), good.prove().unwrap());
        for (what, document) in twice(&bundle) {
            count += 1;
            assert!(good.prove_bytes(document.as_bytes()).is_err(), "{name}: {what}");
        }
        for (what, changed) in changes(&bundle) {
            count += 1;
            let Ok(proven) = good.prove_bytes(changed.to_string().as_bytes()) else { continue };
            assert_eq!((&proven.signer, &proven.signature), (&proof.signer, &proof.signature));
            let places = places(&bundle, &changed);
            assert!(places.iter().all(|place| unsigned(place).is_some()), "{name}: {what}");
            *kept += 1;
        }
    }
    assert_eq!(kept, ACCEPTED);
    let kept: usize = kept.iter().sum();
    say(&format!("mutations: {count}, of which {kept} are accepted, each with its reason"));
}

/// How many changes of each of these bundles are accepted: one more is a hole, one less a bundle of
/// others that is refused.
const ACCEPTED: [usize; good::ALL.len()] = [2, 3, 0, 13, 2, 18];
