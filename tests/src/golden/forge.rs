//! The `[[forge]]` tables of a case: signatures that `pysign-sign` does not write, or that no honest
//! service would certify, made in the process by the authorities and logs of the case's own sandbox.
//! All are logged, so that a search of Rekor finds them too. An unknown member is an error.
//!
//! | member | |
//! |---|---|
//! | `about` | the file that is signed, or that the statement is about |
//! | `as` | `bundle` (default), `statement` (a bundle with a DSSE envelope), `attestation`, `provenance` (PEP 740), `legacy` (cosign's), `pair`, or `log`, which writes nothing |
//! | `to` | where it is written; without it beside the file, under the name by which it is found. `TO.sig` and `TO.crt` for a pair |
//! | `name` | the subject's name in the statement, instead of the file's |
//! | `also` | further files that the statement is about |
//! | `predicate_type` | of the statement; PyPI's publish by default |
//! | `predicate` | of the statement, as JSON; `{}` by default |
//! | `statement` | all of it; `{name}` and `{sha256}` stand for the file's |
//! | `payload_type` | of the envelope, instead of in-toto's |
//! | `token` | whom Fulcio certifies, see below; a push to the default branch by default |
//! | `gitlab_com` | true: the pipeline was gitlab.com's, where nobody here could get a token |
//! | `names` | these alternative names instead of the token's |
//! | `extensions` | `{8 = "…"}`: Fulcio's extensions by their last number, with another text |
//! | `another` | the same, but the extension is there once more |
//! | `without` | the numbers of extensions that are left out |
//! | `key` | `p256`, `p384`, `ed25519`, `rsa`: a new key signs, and there is no certificate |
//! | `public_key` | where its public key is written |
//! | `log` | 1 (default) or 2: Rekor's version |
//! | `entry` | `intoto`: the older kind of entry for an envelope |
//! | `ahead` | by how many seconds the clock of Rekor is ahead of this machine's |
//! | `timestamps` | how many there are; one with Rekor v2, else none |
//! | `by` | the number, from 0, of an earlier table whose signer signs again |
//! | `crowd` | so many further entries about the file, each with a signature of nothing |
//!
//! A `token` has `issuer` (`gitlab`, `second-gitlab`, `github` or an e-mail address), and `branch`,
//! `tag`, `project`, `config`, `trigger`, `workflow` (GitHub's reusable one) and `environment` as in
//! [`TokenClaims`].

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use pysign_sandbox::{Forge, Forged, KeyKind, Leaf, TokenClaims};
use serde_json::Value;
use toml_edit::{DocumentMut, Item};

use crate::place::Place;

const PUBLISH: &str = "https://docs.pypi.org/attestations/publish/v1";

/// Makes what the tables of a case say.
pub(crate) fn write(place: &Place, case: &DocumentMut) {
    let Some(tables) = case.get("forge") else { return };
    let tables = tables.as_array_of_tables().expect("forge is written [[forge]]");
    let mut made: Vec<Forged> = Vec::new();
    for table in tables {
        let mut members = Members(members(table.iter()));
        let forged = make(place, &mut members, &made);
        assert!(members.0.is_empty(), "unknown in [[forge]]: {:?}", members.0.keys());
        made.push(forged);
    }
}

/// The members of a table that are still to be read.
struct Members(BTreeMap<String, Value>);

impl Members {
    fn text(&mut self, name: &str) -> Option<String> {
        self.0.remove(name).map(|value| value.as_str().expect(name).to_owned())
    }

    fn number(&mut self, name: &str) -> Option<usize> {
        self.0.remove(name).map(|value| value.as_u64().and_then(|n| n.try_into().ok()).expect(name))
    }

    fn list(&mut self, name: &str) -> Vec<Value> {
        self.0.remove(name).map_or(Vec::new(), |value| value.as_array().expect(name).clone())
    }

    fn table(&mut self, name: &str) -> Self {
        let table = self.0.remove(name).map(|value| value.as_object().expect(name).clone());
        Self(table.into_iter().flatten().collect())
    }
}

fn members<'i>(items: impl Iterator<Item = (&'i str, &'i Item)>) -> BTreeMap<String, Value> {
    items.map(|(name, item)| (name.to_owned(), value(item.as_value().expect(name)))).collect()
}

fn value(item: &toml_edit::Value) -> Value {
    match item {
        toml_edit::Value::String(text) => text.value().as_str().into(),
        toml_edit::Value::Integer(number) => (*number.value()).into(),
        toml_edit::Value::Boolean(truth) => (*truth.value()).into(),
        toml_edit::Value::Array(items) => items.iter().map(value).collect(),
        toml_edit::Value::InlineTable(table) => {
            table.iter().map(|(name, item)| (name.to_owned(), value(item))).collect()
        }
        other => panic!("no such value in [[forge]]: {other}"),
    }
}

fn make(place: &Place, members: &mut Members, made: &[Forged]) -> Forged {
    let about = members.text("about").expect("[[forge]] is about a file");
    let bytes = fs::read(place.work().join(&about)).expect(&about);
    let form = members.text("as").unwrap_or_else(|| "bundle".to_owned());
    let to = members.text("to");
    if let Some(entries) = members.number("crowd") {
        place.sandbox.crowd(&bytes, entries).unwrap();
    }
    let mut forge = content(place, members, &form, &about, &bytes);
    forge = match (members.text("key"), members.number("by")) {
        (Some(kind), None) => forge.key(key(&kind)),
        (None, Some(earlier)) => forge.signer_of(&made[earlier]),
        (None, None) => forge.certificate(leaf(members)),
        _ => panic!("a key or an earlier signer"),
    };
    if let Some(version) = members.number("log") {
        forge = forge.log(version.try_into().unwrap());
    }
    if let Some(kind) = members.text("entry") {
        assert_eq!(kind, "intoto");
        forge = forge.intoto_entry();
    }
    if let Some(count) = members.number("timestamps") {
        forge = forge.timestamps(count);
    }
    let ahead = members.number("ahead").map_or(0, |seconds| seconds.try_into().unwrap());
    place.sandbox.move_clock("rekor", ahead).unwrap();
    let forged = place.sandbox.forge(&forge).unwrap();
    place.sandbox.move_clock("rekor", 0).unwrap();
    if let Some(file) = members.text("public_key") {
        fs::write(place.work().join(file), forged.public_key().unwrap()).unwrap();
    }
    put(place, &form, to.unwrap_or_else(|| beside(&about, &form)), &forged);
    forged
}

fn content(place: &Place, members: &mut Members, form: &str, about: &str, bytes: &[u8]) -> Forge {
    let file = Path::new(about).file_name().unwrap().to_string_lossy().into_owned();
    let name = members.text("name").unwrap_or_else(|| file.clone());
    let predicate_type = members.text("predicate_type");
    let predicate = members.text("predicate").unwrap_or_else(|| "{}".to_owned());
    let sha256 = pysign_host::Sha256::of(bytes).to_string();
    let whole = members
        .text("statement")
        .map(|text| text.replace("{name}", &file).replace("{sha256}", &sha256));
    let payload_type = members.text("payload_type");
    let mut subjects = vec![subject(&name, bytes)];
    for also in members.list("also") {
        let path = place.work().join(also.as_str().unwrap());
        let file = path.file_name().unwrap().to_string_lossy().into_owned();
        subjects.push(subject(&file, &fs::read(path).unwrap()));
    }
    let described = predicate_type.is_some() || whole.is_some() || payload_type.is_some();
    if !described && ["bundle", "legacy", "pair", "log"].contains(&form) {
        return Forge::file(bytes);
    }
    let predicate_type = predicate_type.unwrap_or_else(|| PUBLISH.to_owned());
    let statement = whole.unwrap_or_else(|| {
        let predicate: Value = serde_json::from_str(&predicate).unwrap();
        serde_json::json!({
            "_type": "https://in-toto.io/Statement/v1",
            "predicate": predicate,
            "predicateType": predicate_type,
            "subject": subjects,
        })
        .to_string()
    });
    match payload_type {
        Some(payload_type) => Forge::envelope(&payload_type, statement.as_bytes()),
        None => Forge::statement(&statement),
    }
}

fn subject(name: &str, bytes: &[u8]) -> Value {
    let sha256 = pysign_host::Sha256::of(bytes).to_string();
    serde_json::json!({"digest": {"sha256": sha256}, "name": name})
}

fn key(kind: &str) -> KeyKind {
    match kind {
        "p256" => KeyKind::P256,
        "p384" => KeyKind::P384,
        "ed25519" => KeyKind::Ed25519,
        "rsa" => KeyKind::Rsa,
        other => panic!("no kind of key: {other}"),
    }
}

fn leaf(members: &mut Members) -> Leaf {
    let mut leaf = Leaf::of(token(members.table("token")));
    if members.0.remove("gitlab_com") == Some(Value::Bool(true)) {
        leaf = leaf.on_gitlab_com();
    }
    let names = members.list("names");
    if !names.is_empty() {
        leaf = leaf.names(&names.iter().map(|name| name.as_str().unwrap()).collect::<Vec<_>>());
    }
    for (number, text) in members.table("extensions").0 {
        leaf = leaf.extension(number.parse().unwrap(), text.as_str().unwrap());
    }
    for (number, text) in members.table("another").0 {
        leaf = leaf.another_extension(number.parse().unwrap(), text.as_str().unwrap());
    }
    for number in members.list("without") {
        leaf = leaf.without(number.as_u64().unwrap().try_into().unwrap());
    }
    leaf
}

fn token(mut members: Members) -> TokenClaims {
    let mut claims = match members.text("issuer").as_deref() {
        None | Some("gitlab") => TokenClaims::gitlab(),
        Some("second-gitlab") => TokenClaims::second_gitlab(),
        Some("github") => TokenClaims::github(),
        Some(address) => TokenClaims::email(address),
    };
    for (name, value) in members.0 {
        let value = value.as_str().expect("a token's members are texts");
        claims = match name.as_str() {
            "branch" => claims.branch(value),
            "tag" => claims.tag(value),
            "project" => claims.project(value),
            "config" => claims.config(value),
            "trigger" => claims.trigger(value),
            "workflow" => claims.reusable_workflow(value),
            "environment" => claims.environment(value),
            other => panic!("unknown in a token: {other}"),
        };
    }
    claims
}

/// Where programs look for a form of signature.
fn beside(about: &str, form: &str) -> String {
    let suffix = match form {
        "bundle" => ".sigstore.json",
        "statement" => ".statement.sigstore.json",
        "attestation" => ".publish.attestation",
        "provenance" => ".provenance",
        "legacy" => ".bundle",
        _ => "",
    };
    format!("{about}{suffix}")
}

fn put(place: &Place, form: &str, to: String, forged: &Forged) {
    let write = |name: String, text: String| fs::write(place.work().join(name), text).unwrap();
    let json = match form {
        "bundle" | "statement" => forged.bundle(),
        "attestation" => forged.attestation(),
        "provenance" => forged.provenance("acme/demo"),
        "legacy" => forged.legacy(),
        "log" => return,
        "pair" => {
            let (signature, certificate) = forged.pair().unwrap();
            write(format!("{to}.sig"), signature);
            return write(format!("{to}.crt"), certificate);
        }
        other => panic!("nothing is written as {other}"),
    };
    write(to, json.unwrap().to_string());
}
