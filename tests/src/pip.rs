//! What pysign publishes and proves, pip installs.

use crate::golden::furnish;
use crate::place::Place;

/// A pip that asks no index but the one it is given, whatever the machine's configuration says.
const PIP: &str = "python3 -m pip --isolated --disable-pip-version-check install --quiet --no-deps";

fn published() -> Place {
    let place = Place::new();
    furnish(&place, "published");
    place
}

/// What the package in `site` answers.
fn greeting(place: &Place) -> String {
    place.ok("cd site && python3 -c 'import demo_offline; print(demo_offline.greet(\"you\"))'")
}

#[test]
fn pip_installs_the_wheel_from_a_directory_index() {
    let place = published();
    place.ok(&format!(
        "{PIP} --only-binary :all: --target site --index-url \"file://$PWD/index/simple\" demo-offline"
    ));
    assert_eq!(greeting(&place), "Hello, you!\n");
}

#[test]
fn pip_installs_what_was_proven_by_its_hashes() {
    let place = published();
    place.ok("pysign-verify -m published.json $VERIFY $IDENTITY -o proven >proof.json");
    let install = format!(
        "cd proven && {PIP} --target ../site --require-hashes --no-index -r requirements.txt"
    );
    place.ok(&install);
    assert_eq!(greeting(&place), "Hello, you!\n");
}

#[test]
fn pip_refuses_a_proven_directory_that_was_tampered_with() {
    let place = published();
    place.ok("pysign-verify -m published.json $VERIFY $IDENTITY -o proven >proof.json
        for file in proven/*.whl proven/*.tar.gz; do printf x >>\"$file\"; done");
    let install = format!(
        "cd proven && {PIP} --target ../site --require-hashes --no-index -r requirements.txt"
    );
    let output = place.sh(&install);
    assert!(!output.status.success());
    assert!(!place.work().join("site/demo_offline").exists());
}
