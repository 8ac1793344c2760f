//! The man page's policies, run as they stand: each accepts the signer that it describes and refuses
//! the nearest other one. The only thing that is added is the sandbox's trusted root, since no other
//! authority would certify these names for us.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use pysign_cli::Tool as _;
use pysign_host::Sha256;
use pysign_sandbox::{Forge, KeyKind, Leaf, TokenClaims};
use pysign_verify::Verify;
use serde_json::json;

use crate::golden::furnish;
use crate::place::{Place, programs};

const GITHUB: &str = "https://token.actions.githubusercontent.com";
const GOOGLE: &str = "https://accounts.google.com";
const REUSABLE: &str = "acme/workflows/.github/workflows/release.yml@refs/tags/v1";
const SLSA: &str = "https://slsa.dev/provenance/v1";
const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";

/// The text of a section of the man page.
fn section(title: &str) -> &'static str {
    let found = Verify::SPEC.sections.iter().find(|(found, _)| *found == title);
    found.unwrap_or_else(|| panic!("no section {title}")).1
}

/// Everything in a section that is shown as it is.
fn verbatim(title: &str) -> Vec<String> {
    let paragraphs = section(title).split("\n\n").filter(|text| text.starts_with("  "));
    paragraphs
        .map(|text| text.lines().map(|line| &line[2..]).collect::<Vec<_>>().join("\n"))
        .collect()
}

/// What lies beside each file.
#[derive(Clone)]
enum Signed {
    Bundle(Leaf),
    Stamped(Leaf),
    Key,
    Provenance(Leaf),
    /// A statement over these of the files, or over all.
    Release(Leaf, usize),
    /// A bundle, and another kind of signature by someone else.
    And(Box<[Leaf; 2]>),
}

/// A policy of the manual by a part of its command, who it accepts and who it refuses.
struct Example(&'static str, Signed, Signed);

fn gitlab() -> TokenClaims {
    TokenClaims::gitlab().branch("main")
}

fn on_gitlab_com(claims: TokenClaims) -> Leaf {
    Leaf::of(claims).on_gitlab_com()
}

fn main() -> Leaf {
    on_gitlab_com(gitlab())
}

fn fork() -> Leaf {
    on_gitlab_com(gitlab().project("evil/demo"))
}

fn github(claims: TokenClaims) -> Leaf {
    Leaf::of(claims).issuer(GITHUB)
}

fn person(address: &str, issuer: &str) -> Leaf {
    Leaf::of(TokenClaims::email(address)).issuer(issuer)
}

/// A pipeline of `git.example.org`, whose tokens have an issuer of another address.
fn private(issuer: &str) -> Leaf {
    Leaf::of(gitlab())
        .names(&["https://git.example.org/acme/demo//.gitlab-ci.yml@refs/heads/main"])
        .extension(12, "https://git.example.org/acme/demo")
        .issuer(issuer)
}

/// In the order of the manual.
fn examples() -> Vec<Example> {
    use Signed::{Bundle, Key, Provenance, Release, Stamped};
    let and = |one, other| Signed::And(Box::new([one, other]));
    let tag = |name| on_gitlab_com(TokenClaims::gitlab().tag(name));
    let released = |name| on_gitlab_com(TokenClaims::gitlab().tag(name).config("ci/release.yml"));
    let workflow = || github(TokenClaims::github().branch("main"));
    let reusable = |project| {
        let claims = TokenClaims::github().branch("main").project(project);
        github(claims.reusable_workflow(REUSABLE))
    };
    let environment = |name| on_gitlab_com(gitlab().environment(name));
    let login = |issuer| Bundle(person("alice@example.org", issuer));
    let alice = |address| Bundle(person(address, GOOGLE));
    let triggered = |trigger| Bundle(on_gitlab_com(gitlab().trigger(trigger)));
    vec![
        Example("{version}", Bundle(tag("v1.0.0")), Bundle(tag("v1.0.1"))),
        Example("ci/release.yml", Bundle(released("v7")), Bundle(tag("v7"))),
        Example("--github", Bundle(workflow()), Bundle(github(TokenClaims::github().tag("main")))),
        Example("--claim source", Bundle(reusable("acme/demo")), Bundle(reusable("evil/demo"))),
        Example("--identity alice", alice("alice@example.org"), alice("alice@example.com")),
        Example("[a-z.]+@", alice("bob@example.org"), alice("bob@example.org.evil.example")),
        Example(
            "--issuer-regexp",
            login("https://login2.example.org"),
            login("https://login2.example.org.evil.example"),
        ),
        Example("--certificate-", Bundle(tag("v7")), Bundle(main())),
        Example(
            "git.example.org",
            Bundle(private("https://oidc.example.org")),
            Bundle(private("https://git.example.org")),
        ),
        Example("parent_pipeline", triggered("parent_pipeline"), triggered("push")),
        Example("57264.1.23", Bundle(environment("production")), Bundle(environment("staging"))),
        Example("--key", Key, Bundle(main())),
        Example("--policy", Bundle(tag("v1.0.0")), Bundle(fork())),
        Example("--require-tsa", Stamped(main()), Bundle(main())),
        Example("--predicate-type", Provenance(main()), Bundle(main())),
        Example("--only", and(main(), fork()), and(fork(), main())),
        Example("--complete", Release(main(), 2), Release(main(), 1)),
    ]
}

/// The packages of the place.
fn packages(place: &Place) -> Vec<PathBuf> {
    let entries = fs::read_dir(place.work().join("dist")).unwrap();
    let paths = entries.map(|entry| entry.unwrap().path());
    let mut packages: Vec<PathBuf> = paths
        .filter(|path| {
            ["whl", "gz"].iter().any(|end| path.extension().is_some_and(|it| it == *end))
        })
        .collect();
    packages.sort();
    packages
}

fn put(place: &Place, file: &Path, suffix: &str, forge: &Forge) {
    let forged = place.sandbox.forge(forge).unwrap();
    let mut name = file.as_os_str().to_owned();
    name.push(suffix);
    fs::write(name, forged.bundle().unwrap().to_string()).unwrap();
}

/// A statement about these packages.
fn statement(packages: &[PathBuf], predicate_type: &str) -> String {
    let subject = |path: &PathBuf| {
        let digest = Sha256::of(&fs::read(path).unwrap()).to_string();
        json!({"name": path.file_name().unwrap().to_str().unwrap(), "digest": {"sha256": digest}})
    };
    let source = json!({"uri": "git+https://gitlab.com/acme/demo@refs/heads/main", "digest": {"gitCommit": COMMIT}});
    json!({
        "_type": "https://in-toto.io/Statement/v1",
        "predicateType": predicate_type,
        "predicate": {"buildDefinition": {"resolvedDependencies": [source]}},
        "subject": packages.iter().map(subject).collect::<Vec<_>>(),
    })
    .to_string()
}

/// Puts these signatures beside every package, in the place of all others.
fn sign(place: &Place, signed: &Signed) {
    place.ok("rm -f dist/*.sigstore.json release.pub");
    let packages = packages(place);
    if let Signed::Key = signed {
        // One key for all of them.
        let bytes = |path| fs::read(path).unwrap();
        let first = Forge::file(&bytes(&packages[0])).key(KeyKind::P256);
        let first = place.sandbox.forge(&first).unwrap();
        fs::write(place.work().join("release.pub"), first.public_key().unwrap()).unwrap();
        for file in &packages {
            put(place, file, ".sigstore.json", &Forge::file(&bytes(file)).signer_of(&first));
        }
        return;
    }
    // Who refuses a certificate needs a key to ask for.
    let key = Forge::file(b"another").key(KeyKind::P256);
    let key = place.sandbox.forge(&key).unwrap().public_key().unwrap();
    fs::write(place.work().join("release.pub"), key).unwrap();
    for file in &packages {
        let bytes = fs::read(file).unwrap();
        let bundle = |leaf: &Leaf| Forge::file(&bytes).certificate(leaf.clone());
        match signed {
            Signed::Key => {}
            Signed::Bundle(leaf) | Signed::Release(leaf, _) => {
                put(place, file, ".sigstore.json", &bundle(leaf));
            }
            Signed::Stamped(leaf) => {
                put(place, file, ".sigstore.json", &bundle(leaf).timestamps(1));
            }
            Signed::And(both) => {
                let [leaf, other] = &**both;
                put(place, file, ".sigstore.json", &bundle(leaf));
                let about = Forge::statement(&statement(std::slice::from_ref(file), "a:b"));
                let about = about.certificate(other.clone());
                put(place, file, ".statement.sigstore.json", &about);
            }
            Signed::Provenance(leaf) => {
                let about = Forge::statement(&statement(std::slice::from_ref(file), SLSA));
                let about = about.certificate(leaf.clone().extension(13, COMMIT));
                put(place, file, ".statement.sigstore.json", &about);
            }
        }
    }
    if let Signed::Release(leaf, count) = signed {
        let about = Forge::statement(&statement(
            &packages[..*count],
            "https://in-toto.io/attestation/release/v0.2",
        ));
        let path = place.work().join("dist/demo-offline-1.0.0");
        put(place, &path, ".release.sigstore.json", &about.certificate(leaf.clone()));
    }
}

#[test]
fn every_policy_of_the_manual_accepts_its_signer_and_refuses_the_next() {
    let mut place = Place::new();
    furnish(&place, "dist");
    let wrappers = place.beside("wrappers");
    fs::create_dir(&wrappers).unwrap();
    let verify = programs().join("pysign-verify");
    let root = "--trusted-root \"$PYSIGN_SANDBOX/trusted_root.json\"";
    let script = format!("#!/bin/sh\nexec {} \"$@\" {root}\n", verify.display());
    fs::write(wrappers.join("pysign-verify"), script).unwrap();
    place.ok(&format!("chmod +x {}/pysign-verify", wrappers.display()));
    place.set("PATH", format!("{}:{}", wrappers.display(), std::env::var("PATH").unwrap()));
    let [policy] = verbatim("POLICY FILES").try_into().unwrap();
    fs::write(place.work().join("policy.json"), policy).unwrap();

    let (commands, examples) = (verbatim("POLICIES"), examples());
    assert_eq!(commands.len(), examples.len(), "{commands:?}");
    for (command, Example(part, good, bad)) in commands.iter().zip(&examples) {
        assert!(
            command.starts_with("pysign-verify ") && command.contains(part),
            "{part}: {command}"
        );
        sign(&place, good);
        assert!(place.ok(command).contains("\"verified\""), "{command}");
        sign(&place, bad);
        let refused = place.sh(command);
        let stderr = String::from_utf8_lossy(&refused.stderr);
        assert_eq!(refused.status.code(), Some(1), "{command}\n{stderr}");
        assert!(refused.stdout.is_empty(), "{command}");
    }
    // Straight to the stream: the count is for the reader of a run that succeeds.
    let _ = writeln!(
        std::io::stderr(),
        "policies of the manual: {}/{}",
        commands.len(),
        examples.len()
    );
}

#[test]
fn every_form_of_a_policy_is_in_the_manual() {
    let commands = verbatim("POLICIES").join(" ");
    // Those that cosign spells come last, and mean what ours do.
    let ours = Verify::SPEC.flags.iter().map(|flag| flag.name);
    let ours: Vec<&str> = ours.take_while(|name| !name.starts_with("certificate-")).collect();
    assert!(ours.contains(&"identity") && ours.contains(&"complete"));
    let without: Vec<&&str> =
        ours.iter().filter(|name| !commands.contains(&format!("--{name}"))).collect();
    assert!(without.is_empty(), "{without:?}");
}
