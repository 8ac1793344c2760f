use serde_json::json;

use super::*;

const HEX: &str = "a0cfc71271d6e278e57cd332ff957c3f7043fdda354c4cbb190a30d56efa01bf";

fn statement() -> Value {
    json!({
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [{"name": "a.txt", "digest": {"sha256": HEX, "sha512": "00"}}],
        "predicateType": "https://slsa.dev/provenance/v1",
        "predicate": {"a": 1.5},
    })
}

fn changed(change: impl FnOnce(&mut Value)) -> Result<Statement, Error> {
    let mut statement = statement();
    change(&mut statement);
    Statement::parse(statement.to_string().as_bytes())
}

fn refused(change: impl FnOnce(&mut Value)) -> String {
    changed(change).unwrap_err().to_string()
}

#[test]
fn a_statement_says_something_about_files() {
    let read = changed(|_| ()).unwrap();
    assert_eq!(read.predicate_type, "https://slsa.dev/provenance/v1");
    assert_eq!(read.predicate, json!({"a": 1.5}));
    let [subject] = read.subjects.as_slice() else { panic!("{:?}", read.subjects) };
    assert_eq!((subject.name.as_str(), subject.digests["sha512"].as_str()), ("a.txt", "00"));
    assert_eq!(subject.sha256().unwrap().to_string(), HEX);
}

#[test]
fn what_the_specification_lets_be_absent_may_be() {
    let read = changed(|statement| {
        statement["_type"] = json!("https://in-toto.io/Statement/v0.1");
        statement["predicate"] = json!(null);
        statement["more"] = json!(1);
        statement["subject"] = json!([{"digest": {"gitCommit": "00"}, "uri": "x"}]);
    });
    let read = read.unwrap();
    assert_eq!((read.predicate, read.subjects[0].name.as_str()), (json!({}), ""));
    assert_eq!(read.subjects[0].sha256(), None);
}

#[test]
fn a_subject_is_named_like_its_file_whatever_the_spelling() {
    let named = |name: &str, file: &str| Subject::of(name, Sha256::of(b"x")).is_named(file);
    assert!(named("demo-1.0-py3-none-b.a.whl", "demo-1.0-py3-none-a.b.whl"));
    assert!(named("a.bin", "a.bin"));
    assert!(!named("A.bin", "a.bin"));
    assert!(!named("dist/demo-1.0.tar.gz", "demo-1.0.tar.gz"));
    assert!(!named("demo-1.0.tar.gz", "demo-1.0.tgz"));
}

#[test]
fn what_a_statement_must_have_is_missed() {
    for member in ["_type", "subject", "predicateType"] {
        let text = refused(|statement| drop(statement.as_object_mut().unwrap().remove(member)));
        assert!(text.contains(&format!("'{member}'")), "{text}");
    }
    for (pointer, wrong, place) in [
        ("/_type", json!("https://in-toto.io/Statement/v2"), "'_type'"),
        ("/predicateType", json!(""), "'predicateType'"),
        ("/predicate", json!("x"), "'predicate'"),
        ("/subject", json!([]), "'subject'"),
        ("/subject", json!({}), "'subject'"),
        ("/subject/0", json!("x"), "'subject[0]'"),
        ("/subject/0/name", json!(7), "'subject[0].name'"),
        ("/subject/0/digest", json!({}), "'subject[0].digest"),
        ("/subject/0/digest", json!(null), "'subject[0].digest"),
        ("/subject/0/digest/sha512", json!(7), "'subject[0].digest.sha512'"),
        ("/subject/0/digest/sha256", json!(HEX.to_uppercase()), "'subject[0].digest"),
        ("/subject/0/digest/sha256", json!(&HEX[2..]), "'subject[0].digest"),
        ("/subject/0/digest/sha256", json!(""), "'subject[0].digest"),
    ] {
        let text = refused(|statement| *statement.pointer_mut(pointer).unwrap() = wrong);
        assert!(text.contains(place), "{pointer}: {text}");
    }
}

#[test]
fn a_statement_is_one_that_everyone_reads_alike() {
    let text = statement().to_string();
    for (from, to) in [
        (r#""predicateType":"#, r#""predicateType":"p","predicateType":"#),
        (r#""sha256":"#, r#""sha256":"00","sha256":"#),
        (r#"{"a":1.5}"#, r#"{"a":1.5,"a":1.5}"#),
        (r#"{"a":1.5}"#, r#"{"a":NaN}"#),
    ] {
        assert!(text.contains(from));
        assert!(Statement::parse(text.replace(from, to).as_bytes()).is_err(), "{to}");
    }
    for other in ["", "null", "[]", "x", &format!("{text} x"), &text[1..]] {
        assert!(Statement::parse(other.as_bytes()).is_err(), "{other}");
    }
}

/// sigstore-go GHSA-cq38-jh5f-37mq: endless lists.
#[test]
fn lists_end_before_they_cost_anything() {
    let subjects = |count| {
        changed(|statement| {
            statement["subject"] = Value::Array(vec![statement["subject"][0].clone(); count]);
        })
    };
    assert!(subjects(MAX_SUBJECTS).is_ok());
    assert!(subjects(MAX_SUBJECTS + 1).unwrap_err().to_string().contains("more than 1024"));
    let digests = |count| {
        let named = (0..count).map(|number| (format!("d{number}"), json!("00")));
        changed(|statement| statement["subject"][0]["digest"] = Value::Object(named.collect()))
    };
    assert!(digests(MAX_DIGESTS).is_ok());
    assert!(digests(MAX_DIGESTS + 1).unwrap_err().to_string().contains("more than 32"));
    assert!(Statement::parse(&vec![b' '; MAX_BYTES + 1]).is_err());
}

#[test]
fn what_is_written_is_read_as_the_same() {
    let read = changed(|_| ()).unwrap();
    let written = read.to_json();
    assert_eq!(Statement::parse(&written).unwrap(), read);
    assert_eq!(Statement::parse(&written).unwrap().to_json(), written);

    let subjects = vec![Subject::of("a", HEX.parse().unwrap())];
    let built = Statement { predicate_type: "p".to_owned(), subjects, predicate: json!({}) };
    let text = format!(
        r#"{{"_type":"https://in-toto.io/Statement/v1","predicate":{{}},"predicateType":"p","subject":[{{"digest":{{"sha256":"{HEX}"}},"name":"a"}}]}}"#
    );
    assert_eq!(String::from_utf8(built.to_json()).unwrap(), text);
}
