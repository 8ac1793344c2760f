//! Each lie is wrong in what its name says, and right in everything else that is looked at.

use der::Decode as _;
use der::oid::db::rfc5912::ID_SHA_256;
use x509_cert::ext::pkix::SubjectAltName;

use super::*;
use crate::Sandbox;
use crate::claims::TokenClaims;
use crate::fulcio::tests::{SUBJECT, request};
use crate::merkle::leaf_hash;
use crate::merkle::tests::climb;
use crate::pki::{Signed, verifies};
use crate::tsa::TstInfo;
use crate::tsa::tests::{query, signed_data};
use crate::{rekor, rekor2};

/// The leaf that Fulcio answers with under a lie, or without one.
fn leaf(sandbox: &Sandbox, key: &Key, lie: Option<Lie>) -> Certificate {
    let token = sandbox.token(&TokenClaims::gitlab()).unwrap();
    let request = request(key, &token, SUBJECT);
    let answer = match lie {
        Some(lie) => sandbox.world.lie(lie, Service::Fulcio, &request),
        None => sandbox.world.answer(Service::Fulcio, &request),
    };
    assert_eq!(answer.status, 200, "{lie:?}");
    let body: Value = serde_json::from_slice(&answer.body).unwrap();
    let leaf = &body["signedCertificateEmbeddedSct"]["chain"]["certificates"][0];
    Certificate::from_pem(leaf.as_str().unwrap()).unwrap()
}

/// Whether the key is the client's, and the names, the promise and the signature are right.
fn verdict(sandbox: &Sandbox, key: &Key, leaf: &Certificate) -> [bool; 5] {
    let fulcio = &sandbox.world.fulcio;
    let tbs = &leaf.tbs_certificate;
    let (_, names) = tbs.get::<SubjectAltName>().unwrap().unwrap();
    let host = &sandbox.world.job.fqdn;
    let name = format!("https://{host}/acme/demo//.gitlab-ci.yml@refs/heads/main");
    let text = names.0[0].to_der().unwrap();
    let issuers = tbs.extensions.as_ref().unwrap().iter().filter(|extension| {
        extension.extn_value.as_bytes().ends_with(sandbox.world.job.server_url.as_bytes())
    });
    let signature = leaf.signature.raw_bytes();
    let signed = tbs.to_der().unwrap();
    [
        tbs.subject_public_key_info == *key.spki(),
        text.ends_with(name.as_bytes()),
        issuers.count() == 2,
        is_promised(sandbox, leaf),
        verifies(fulcio.intermediate.key.spki(), &Signed::Message(&signed), signature),
    ]
}

/// Whether the certificate has an SCT that the log signed (RFC 6962, section 3.2).
fn is_promised(sandbox: &Sandbox, leaf: &Certificate) -> bool {
    let mut tbs = leaf.tbs_certificate.clone();
    let extensions = tbs.extensions.as_mut().unwrap();
    let Some(at) = extensions.iter().position(|known| known.extn_id == SCT_LIST) else {
        return false;
    };
    let list = extensions.remove(at).extn_value;
    let list = OctetString::from_der(list.as_bytes()).unwrap();
    let sct = &list.as_bytes()[4..];
    let issuer = sandbox.world.fulcio.intermediate.key.id();
    let tbs = tbs.to_der().unwrap();
    let length = &u32::try_from(tbs.len()).unwrap().to_be_bytes()[1..];
    let signed = [&[0, 0], &sct[33..41], &[0, 1], &issuer, length, &tbs, &[0, 0]].concat();
    verifies(sandbox.world.ct.key.spki(), &Signed::Message(&signed), &sct[47..])
}

#[test]
fn a_certificate_is_wrong_in_one_thing() {
    let (sandbox, key) = (Sandbox::start().unwrap(), Key::generate().unwrap());
    let found = |lie| verdict(&sandbox, &key, &leaf(&sandbox, &key, lie));
    assert_eq!(found(None), [true; 5]);
    for (lie, wrong) in [
        (Lie::WrongKey, 0),
        (Lie::WrongIdentity, 1),
        (Lie::WrongIssuer, 2),
        (Lie::BadSct, 3),
        (Lie::NoSct, 3),
    ] {
        let mut expected = [true; 5];
        expected[wrong] = false;
        assert_eq!(found(Some(lie)), expected, "{lie:?}");
    }
    for other_window in [Lie::PostDated, Lie::ShortLived] {
        assert_eq!(found(Some(other_window)), [true; 5]);
    }
    // The stand-in's promise is for its own certificate, whose issuer has another key.
    assert_eq!(found(Some(Lie::UnknownSigner)), [true, true, true, false, false]);
}

#[test]
fn a_certificate_is_short_lived_and_otherwise_good() {
    let (sandbox, key) = (Sandbox::start().unwrap(), Key::generate().unwrap());
    for (lie, seconds) in [(None, 600), (Some(Lie::ShortLived), 100)] {
        let validity = leaf(&sandbox, &key, lie).tbs_certificate.validity;
        let [begin, end] =
            [validity.not_before, validity.not_after].map(|time| time.to_unix_duration().as_secs());
        assert_eq!(end - begin, seconds, "{lie:?}");
    }
}

#[test]
fn no_sct_is_none_and_a_bad_one_is_there() {
    let (sandbox, key) = (Sandbox::start().unwrap(), Key::generate().unwrap());
    for (lie, count) in [(Lie::NoSct, 0), (Lie::BadSct, 1)] {
        let extensions = leaf(&sandbox, &key, Some(lie)).tbs_certificate.extensions.unwrap();
        let scts = extensions.iter().filter(|known| known.extn_id == SCT_LIST).count();
        assert_eq!(scts, count, "{lie:?}");
    }
}

/// Whether an answer of Rekor v1 is about the artifact, and promise, proof and checkpoint are
/// right.
fn entry_verdict(sandbox: &Sandbox, answer: &Response, text: &[u8]) -> [bool; 4] {
    let body: Value = serde_json::from_slice(&answer.body).unwrap();
    let mut entry = body.as_object().unwrap().values().next().unwrap().clone();
    let proofs = entry.as_object_mut().unwrap().remove("verification").unwrap();
    let logged = BASE64.decode(entry["body"].as_str().unwrap()).unwrap();
    let promise = BASE64.decode(proofs["signedEntryTimestamp"].as_str().unwrap()).unwrap();
    let proof = &proofs["inclusionProof"];
    let hash = |hash: &Value| -> [u8; 32] {
        hex::decode(hash.as_str().unwrap()).unwrap().try_into().unwrap()
    };
    let number = |name: &str| usize::try_from(proof[name].as_u64().unwrap()).unwrap();
    let path: Vec<_> = proof["hashes"].as_array().unwrap().iter().map(hash).collect();
    let root = climb(leaf_hash(&logged), number("logIndex"), number("treeSize"), &path);
    let (note, signature) = proof["checkpoint"].as_str().unwrap().split_once("\n\n").unwrap();
    let signature = signature.trim().rsplit_once(' ').unwrap().1;
    let signature = BASE64.decode(signature).unwrap();
    let key = sandbox.world.rekor.key.spki();
    let is_signed = |text: &str, by: &[u8]| verifies(key, &Signed::Message(text.as_bytes()), by);
    [
        String::from_utf8(logged).unwrap().contains(&hex::encode(sha256(text))),
        is_signed(&entry.to_string(), &promise),
        root == Some(hash(&proof["rootHash"])),
        is_signed(&format!("{note}\n"), &signature[4..]),
    ]
}

#[test]
fn an_entry_is_wrong_in_one_thing() {
    let (sandbox, key) = (Sandbox::start().unwrap(), Key::generate().unwrap());
    let mut texts = (0_u8..).map(|number| [number]);
    let mut found = |lie: Option<Lie>| {
        let text = texts.next().unwrap();
        let mut request = Request::new("POST", "/api/v1/log/entries");
        request.body = rekor::tests::hashedrekord(&key, &text).to_string().into_bytes();
        let answer = match lie {
            Some(lie) => sandbox.world.lie(lie, Service::Rekor, &request),
            None => sandbox.world.answer(Service::Rekor, &request),
        };
        assert_eq!(answer.status, 201);
        entry_verdict(&sandbox, &answer, &text)
    };
    assert_eq!(found(None), [true; 4]);
    assert_eq!(found(Some(Lie::OtherEntry)), [false, true, true, true]);
    assert_eq!(found(Some(Lie::OtherProof)), [true, true, false, true]);
    assert_eq!(found(Some(Lie::BadSet)), [true, false, true, true]);
    assert_eq!(found(Some(Lie::BadProof)), [true, true, false, true]);
    assert_eq!(found(Some(Lie::BadCheckpoint)), [true, true, true, false]);
    assert_eq!(found(Some(Lie::UnknownSigner)), [true, false, true, false]);
}

/// Otherwise its kind alone would tell that it is the wrong one.
#[test]
fn another_entry_is_of_the_kind_that_was_proposed() {
    let (sandbox, key) = (Sandbox::start().unwrap(), Key::generate().unwrap());
    let mut request = Request::new("POST", "/api/v1/log/entries");
    for proposal in [
        rekor::tests::hashedrekord(&key, b"text"),
        another_envelope(&key, br#"{"subject":[]}"#).unwrap(),
    ] {
        request.body = proposal.to_string().into_bytes();
        let body = |answer: Response| {
            assert_eq!(answer.status, 201);
            let mut body: Value = serde_json::from_slice(&answer.body).unwrap();
            let logged = BASE64.decode(entry(&mut body)["body"].as_str().unwrap()).unwrap();
            serde_json::from_slice::<Value>(&logged).unwrap()
        };
        let honest = body(sandbox.world.answer(Service::Rekor, &request));
        let other = body(sandbox.world.lie(Lie::OtherEntry, Service::Rekor, &request));
        assert_eq!((&other["kind"], &honest["kind"]), (&proposal["kind"], &proposal["kind"]));
        assert_ne!(other["spec"], honest["spec"]);
    }
}

#[test]
fn the_second_version_lies_too() {
    let (sandbox, key) = (Sandbox::start().unwrap(), Key::generate().unwrap());
    let mut request = Request::new("POST", "/api/v2/log/entries");
    request.body = rekor2::tests::proposal(&key, b"text").to_string().into_bytes();
    let body = |answer: Response| -> Value { serde_json::from_slice(&answer.body).unwrap() };
    let lie = |lie| body(sandbox.world.lie(lie, Service::Rekor2, &request));
    // The proof of the first entry is the hash of what the log began with.
    let honest =
        body(Rekor2::new(sandbox.world.clock(Service::Rekor2)).unwrap().answer(&request).unwrap());
    let same =
        |one: &Value, other: &Value, pointer: &str| one.pointer(pointer) == other.pointer(pointer);
    let (hash, content) = ("/inclusionProof/hashes/0", "/canonicalizedBody");
    let broken = lie(Lie::BadProof);
    assert!(!same(&broken, &honest, hash) && same(&broken, &honest, content));
    let other = lie(Lie::OtherEntry);
    assert!(!same(&other, &honest, content));
    let id = "/logId/keyId";
    assert!(same(&broken, &other, id) && !same(&lie(Lie::UnknownSigner), &broken, id));
}

#[test]
fn a_timestamp_is_wrong_in_one_thing() {
    let sandbox = Sandbox::start().unwrap();
    let request = query(ID_SHA_256, &[7; 32], true);
    let found = |lie: Option<Lie>| {
        let answer = match lie {
            Some(lie) => sandbox.world.lie(lie, Service::Tsa, &request),
            None => sandbox.world.answer(Service::Tsa, &request),
        };
        assert_eq!(answer.status, 201);
        let data = signed_data(&answer);
        let content = data.encap_content_info.econtent.as_ref().unwrap();
        let content: OctetString = content.decode_as().unwrap();
        let info = TstInfo::from_der(content.as_bytes()).unwrap();
        let signer = data.signer_infos.0.get(0).unwrap();
        let attributes = signer.signed_attrs.as_ref().unwrap().to_der().unwrap();
        let key = sandbox.world.tsa.leaf.key.spki();
        [
            info.imprint.hash.as_bytes() == [7; 32],
            info.nonce.unwrap().as_bytes() == [0x7f, 1, 2, 3, 4, 5, 6, 7],
            verifies(key, &Signed::Message(&attributes), signer.signature.as_bytes()),
        ]
    };
    assert_eq!(found(None), [true; 3]);
    assert_eq!(found(Some(Lie::WrongImprint)), [false, true, true]);
    assert_eq!(found(Some(Lie::WrongNonce)), [true, false, true]);
    assert_eq!(found(Some(Lie::BadSignature)), [true, true, false]);
    assert_eq!(found(Some(Lie::UnknownSigner)), [true, true, false]);
}

#[test]
fn a_page_lists_other_digests_or_none() {
    let hash = "0".repeat(64);
    let other = format!("1{}", "0".repeat(63));
    for page in [
        format!("<a href=\"/files/{hash}/a#sha256={hash}\">a</a><a href=\"b#sha256={hash}\">b</a>"),
        format!("{{\"hashes\":{{\"sha256\":\"{hash}\"}},\"url\":\"/files/{hash}/a\"}}"),
    ] {
        let answer = Response::new(200, "", page.clone());
        let changed = |lie| String::from_utf8(with_other_digests(lie, &answer).body).unwrap();
        let wrong = changed(Lie::WrongDigest);
        assert!(wrong.contains(&format!("/files/{hash}/a")), "{wrong}");
        assert_eq!(wrong.matches(&other).count(), page.matches("sha256").count());
        let none = changed(Lie::NoDigest);
        assert!(none.contains(&format!("/files/{hash}/a")) && !none.contains("sha256"), "{none}");
        assert!(none.ends_with(&page[page.len() - 4..]), "{none}");
    }
    let none = with_other_digests(Lie::NoDigest, &Response::new(200, "", "{\"a\":{}}"));
    assert_eq!(none.body, b"{\"a\":{}}");
}

#[test]
fn a_lie_without_an_occasion_is_the_truth() {
    let sandbox = Sandbox::start().unwrap();
    let page = Request::new("GET", "/api/v1/log");
    let honest = sandbox.world.answer(Service::Rekor, &page);
    for lie in [Lie::BadProof, Lie::BadSet, Lie::BadCheckpoint] {
        assert_eq!(sandbox.world.lie(lie, Service::Rekor, &page).status, honest.status);
    }
    let forged = sandbox.token(&TokenClaims::gitlab().forged()).unwrap();
    let request = request(&Key::generate().unwrap(), &forged, SUBJECT);
    // Only what Fulcio would have taken is lied about.
    for lie in [Lie::WrongKey, Lie::WrongIdentity, Lie::WrongIssuer, Lie::NoSct] {
        assert_eq!(sandbox.world.lie(lie, Service::Fulcio, &request).status, 400, "{lie:?}");
    }
}
