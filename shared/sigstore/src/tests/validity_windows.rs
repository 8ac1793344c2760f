//! Windows of validity: those of certificates, authorities, logs and their keys, both ends included
//! (protobuf-specs, `TimeRange`; RFC 5280 §4.1.2.5).

use std::sync::{Arc, Mutex};

use jiff::{SignedDuration, Timestamp};
use pysign_host::{Host, Note, Notes, Problem as _};
use pysign_sandbox::{Forge, KeyKind, Sandbox};
use serde_json::{Value, json};

use crate::tests::vectors::{Vector, set, verifier};
use crate::{Error, Proof, TrustedRoot, Verifier};

const SECOND: SignedDuration = SignedDuration::from_secs(1);
const AUTHORITY: &str = "/certificateAuthorities/0/validFor";
const STAMPING: &str = "/timestampAuthorities/0/validFor";
const LOG_1: &str = "/tlogs/0/publicKey/validFor";
const LOG_2: &str = "/tlogs/1/publicKey/validFor";

/// What is thought of `vector` if the part of the trusted root at `place` is valid from `start` to
/// `end`.
fn within(
    (sandbox, vector): (&Sandbox, &Vector),
    place: &str,
    (start, end): (Timestamp, Timestamp),
) -> Result<Proof, Error> {
    let window = json!({"start": start.to_string(), "end": end.to_string()});
    let verifier = verifier(sandbox, |root| *root.pointer_mut(place).unwrap() = window)?;
    verifier.prove(&vector.subject(), &vector.bundle, vector.key.as_ref())
}

#[test]
fn a_window_includes_both_of_its_ends() {
    let sandbox = Sandbox::start().unwrap();
    let statement = || Forge::statement_about("f", b"f", "p");
    let of = |forge: &Forge| Vector::forged(&sandbox, forge, b"f", |_| ());
    let day = SECOND * 86_400;
    for (forge, place, code) in [
        (Forge::file(b"f"), AUTHORITY, "certificate-untrusted"),
        (Forge::file(b"f").log(2), AUTHORITY, "certificate-untrusted"),
        (Forge::file(b"f"), LOG_1, "log-invalid"),
        (statement(), LOG_1, "log-invalid"),
        (statement().intoto_entry(), LOG_1, "log-invalid"),
        (Forge::file(b"f").key(KeyKind::P256), LOG_1, "log-invalid"),
        (Forge::file(b"f").log(2), LOG_2, "log-invalid"),
        (statement().log(2), LOG_2, "log-invalid"),
        (Forge::file(b"f").key(KeyKind::P256).log(2), LOG_2, "log-invalid"),
        (Forge::file(b"f").log(2), STAMPING, "timestamp-invalid"),
        (Forge::file(b"f").timestamps(1), STAMPING, "timestamp-invalid"),
        (Forge::file(b"f").key(KeyKind::P256).log(2), STAMPING, "timestamp-invalid"),
    ] {
        let vector = of(&forge);
        let proof = vector.prove().unwrap();
        let (first, last) = (proof.times.iter().min().unwrap(), proof.times.iter().max().unwrap());
        let judge = |start, end| {
            let judged = within((&sandbox, &vector), place, (start, end));
            judged.map_or_else(|error| error.facts().code, |_| "valid")
        };
        let what = format!("{place} {forge:?}");
        assert_eq!(judge(*first, *last), "valid", "{what}");
        assert_eq!(judge(*last + SECOND, *last + day), code, "{what}");
        assert_eq!(judge(*first - day, *first - SECOND), code, "{what}");
    }
}

/// The time of a certificate's promise, in milliseconds, and the CT log's window.
#[test]
fn a_certificate_was_promised_by_a_log_that_was_valid() {
    let sandbox = Sandbox::start().unwrap();
    let vector = Vector::forged(&sandbox, &Forge::file(b"f"), b"f", |_| ());
    let now = Timestamp::now();
    let hour = SECOND * 3600;
    let judge = |start, end| {
        let place = "/ctlogs/0/publicKey/validFor";
        let judged = within((&sandbox, &vector), place, (start, end));
        judged.map_or_else(|error| error.facts().code, |_| "valid")
    };
    assert_eq!(judge(now - hour, now + hour), "valid");
    assert_eq!(judge(now - hour * 2, now - hour), "certificate-untrusted");
    assert_eq!(judge(now + hour, now + hour * 2), "certificate-untrusted");
}

/// The certificates are valid at their first and last second, and not beside them. The services'
/// clocks are moved: the certificate's into the past, so that its last second is over by now.
#[test]
fn a_certificate_is_valid_at_its_first_and_last_second() {
    let sandbox = Sandbox::start().unwrap();
    for (service, version) in [("rekor", 1), ("tsa", 2)] {
        for authority in ["oidc", "fulcio", "ct"] {
            sandbox.move_clock(authority, -3600).unwrap();
        }
        let first = sandbox.forge(&Forge::file(b"f")).unwrap();
        let pem = first.pair().unwrap().1;
        let certificate = pysign_attest::Certificate::from_text(pem.as_bytes()).unwrap();
        let begin = begin(certificate.der());
        let end = begin + SignedDuration::try_from(certificate.lifetime()).unwrap();
        for (wanted, valid) in
            [(begin - SECOND, false), (begin, true), (end, true), (end + SECOND, false)]
        {
            let proven = at_second(&sandbox, wanted, service, |bytes| {
                let forge = Forge::file(bytes).signer_of(&first).log(version);
                Vector::forged(&sandbox, &forge, bytes, |_| ())
            });
            let code = proven.map_or_else(|error| error.facts().code, |_| "valid");
            let expected = if valid { "valid" } else { "certificate-untrusted" };
            assert_eq!(code, expected, "{service} {wanted} {begin} {end}");
        }
    }
}

/// When a certificate begins to be valid.
fn begin(der: &[u8]) -> Timestamp {
    use der::Decode as _;
    let certificate = x509_cert::Certificate::from_der(der).unwrap();
    let begin = certificate.tbs_certificate.validity.not_before.to_unix_duration();
    Timestamp::from_second(i64::try_from(begin.as_secs()).unwrap()).unwrap()
}

/// What is thought of a signature at this very second by the clock of a service. Time goes on
/// between two calls, so it may take more than one; a log has each file once.
fn at_second(
    sandbox: &Sandbox,
    wanted: Timestamp,
    service: &str,
    forge: impl Fn(&[u8]) -> Vector,
) -> Result<Proof, Error> {
    for _ in 0..100 {
        let before = Timestamp::now().as_second();
        sandbox.move_clock(service, wanted.as_second() - before).unwrap();
        let vector = forge(Timestamp::now().as_nanosecond().to_string().as_bytes());
        if Timestamp::now().as_second() == before {
            return vector.prove();
        }
    }
    panic!("no second was long enough")
}

/// cosign GHSA-wfqv-66vq-46rm: the trusted root names the authority without an end, and the
/// certificate of the authority itself was not valid when it certified.
#[test]
fn an_authority_certifies_only_while_its_own_certificate_is_valid() {
    const YEARS: i64 = 2 * 365 * 86_400;
    let sandbox = Sandbox::start().unwrap();
    let long_ago = |root: &mut Value| {
        for list in ["tlogs", "ctlogs", "certificateAuthorities"] {
            for one in root[list].as_array_mut().unwrap() {
                let part = if one.get("publicKey").is_some() { &mut one["publicKey"] } else { one };
                part["validFor"] = json!({"start": "2000-01-01T00:00:00Z"});
            }
        }
    };
    let of = |bytes: &[u8]| Vector::forged(&sandbox, &Forge::file(bytes), bytes, long_ago);
    assert!(of(b"now").prove().is_ok());
    for service in ["fulcio", "ct", "rekor", "oidc"] {
        sandbox.move_clock(service, -YEARS).unwrap();
    }
    assert_eq!(of(b"then").prove().unwrap_err().facts().code, "certificate-untrusted");
}

#[test]
fn an_authority_that_was_never_valid_is_no_trusted_root() {
    let sandbox = Sandbox::start().unwrap();
    for place in [AUTHORITY, STAMPING] {
        let window = json!({"start": "2000-01-01T00:00:00Z", "end": "2001-01-01T00:00:00Z"});
        let made = verifier(&sandbox, |root| *root.pointer_mut(place).unwrap() = window);
        assert_eq!(made.err().map(|error| error.facts().code), Some("trusted-root-malformed"));
    }
}

/// The cases of others for the same: the last second of a log, and of an authority of timestamps.
#[test]
fn the_suite_proves_signatures_of_the_last_second() {
    let Some(set) = set("conformance/bundle-verify") else { return };
    for name in ["trust-root-tlog-validity-end-inclusive", "trust-root-tsa-validity-end-inclusive"]
    {
        assert!(Vector::read(&set.join(name)).unwrap().prove().is_ok(), "{name}");
    }
}

/// The clock of this machine may be a little behind the log's: its time is waited for, which is said.
#[test]
fn a_log_that_is_seconds_ahead_is_waited_for() {
    let sandbox = Sandbox::start().unwrap();
    sandbox.move_clock("rekor", 2).unwrap();
    let vector = Vector::forged(&sandbox, &Forge::file(b"f"), b"f", |_| ());
    let warned = Arc::new(Mutex::new(Vec::new()));
    let listener = {
        let warned = Arc::clone(&warned);
        move |note| warned.lock().unwrap().push(note)
    };
    let host = Host { notes: Notes::new(Box::new(listener)), ..Host::test(&[]) };
    let root = TrustedRoot::read(&sandbox.directory().join("trusted_root.json")).unwrap();
    let verifier = Verifier::new(root, &host).unwrap();
    let proof = verifier.prove(&vector.subject(), &vector.bundle, None).unwrap();
    assert!(proof.signed_at.unwrap() <= Timestamp::now());
    let warned = warned.lock().unwrap();
    assert!(
        matches!(warned.as_slice(), [Note::Warning { code: "clock-behind", .. }]),
        "{warned:?}"
    );
}
