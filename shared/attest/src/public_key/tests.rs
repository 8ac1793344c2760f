use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use pysign_host::Problem as _;

use super::*;

/// Of openssl's making: the generator of each curve, a public Ed25519 key (RFC 8410 §10.1).
const P256_PEM: &str = "-----BEGIN PUBLIC KEY-----
MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAExRRST79+PsrRBnGAI4cMu6Omz2Jh
fwlMW+gIutNKVRaMyS4rQKvgngc5p8UbLj55pVHhIoAxi/SRgURZI0J3Xw==
-----END PUBLIC KEY-----
";
const ED25519_PEM: &str = "-----BEGIN PUBLIC KEY-----
MCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=
-----END PUBLIC KEY-----
";

fn kind(pem: &str) -> Result<KeyKind, Error> {
    PublicKey::from_pem(pem.as_bytes()).map(|key| key.kind())
}

/// DER of `tag`, with a length of one or three bytes.
fn tagged(tag: u8, value: &[u8]) -> Vec<u8> {
    let length = u16::try_from(value.len()).unwrap();
    let [high, low] = length.to_be_bytes();
    let head = match length {
        0..128 => vec![tag, low],
        128..256 => vec![tag, 0x81, low],
        _ => vec![tag, 0x82, high, low],
    };
    [head, value.to_owned()].concat()
}

fn spki(algorithm: &[ObjectIdentifier], null: bool, bits: &[u8]) -> Vec<u8> {
    let mut named: Vec<u8> = algorithm.iter().flat_map(|oid| oid.to_der().unwrap()).collect();
    if null {
        named.extend([5, 0]);
    }
    let bits = tagged(3, &[&[0], bits].concat());
    tagged(0x30, &[tagged(0x30, &named), bits].concat())
}

/// An RSA key with a modulus of so many bits.
fn rsa_key(bits: usize, exponent: &[u8]) -> Vec<u8> {
    let mut modulus = vec![0xff; bits.div_ceil(8)];
    if bits.is_multiple_of(8) {
        modulus.insert(0, 0);
    } else {
        modulus[0] = 0x7f >> (7 - bits % 8);
    }
    let key = [tagged(2, &modulus), tagged(2, exponent)].concat();
    spki(&[RSA], true, &tagged(0x30, &key))
}

fn point(length: usize) -> Vec<u8> {
    [vec![4], vec![7; length]].concat()
}

#[test]
fn one_key_of_a_known_kind_is_read() {
    let key = PublicKey::from_pem(P256_PEM.as_bytes()).unwrap();
    assert_eq!((key.kind(), key.spki().len()), (KeyKind::P256, 91));
    assert_eq!(key.sha256(), Sha256::of(key.spki()));
    assert_eq!(PublicKey::from_der(key.spki()).unwrap(), key);
    assert_eq!(kind(P256_PEM.trim_end()).unwrap(), KeyKind::P256);
    assert_eq!(kind(ED25519_PEM).unwrap(), KeyKind::Ed25519);
    let read = |der: &[u8]| PublicKey::from_der(der).map(|key| key.kind()).ok();
    assert_eq!(read(&spki(&[EC, P384], false, &point(96))), Some(KeyKind::P384));
    for (bits, good) in [(2047, false), (2048, true), (4096, true), (8192, true), (8193, false)] {
        let expected = good.then_some(KeyKind::Rsa);
        assert_eq!(read(&rsa_key(bits, &[1, 0, 1])), expected, "{bits}");
    }
}

#[test]
fn a_key_that_is_easy_is_none() {
    for exponent in [&[1][..], &[3], &[0, 0xff, 0xff], &[1, 0, 2], &[0]] {
        assert!(PublicKey::from_der(&rsa_key(2048, exponent)).is_err(), "{exponent:?}");
    }
    assert!(PublicKey::from_der(&rsa_key(2048, &[1, 0, 0, 1])).is_ok());
}

#[test]
fn a_key_of_another_kind_or_spelling_is_none() {
    let p256 = spki(&[EC, P256], false, &point(64));
    assert!(PublicKey::from_der(&p256).is_ok());
    let p224 = ObjectIdentifier::new_unwrap("1.3.132.0.33");
    let pss = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.10");
    for other in [
        spki(&[EC, p224], false, &point(56)),
        spki(&[EC, P384], false, &point(64)),
        spki(&[EC, P256], false, &[vec![2], vec![7; 32]].concat()),
        spki(&[EC], false, &point(64)),
        spki(&[ED25519], true, &[7; 32]),
        spki(&[ED25519], false, &[7; 31]),
        spki(&[pss], false, &[7; 32]),
        spki(&[RSA], false, &rsa_key(2048, &[1, 0, 1])),
        [p256.as_slice(), &[0]].concat(),
        p256[..90].to_vec(),
        Vec::new(),
    ] {
        assert!(PublicKey::from_der(&other).is_err(), "{other:?}");
    }
}

#[test]
fn a_key_with_the_line_ends_of_windows_is_the_same_key() {
    let crlf = P256_PEM.replace('\n', "\r\n");
    assert_eq!(
        PublicKey::from_pem(crlf.as_bytes()).unwrap(),
        PublicKey::from_pem(P256_PEM.as_bytes()).unwrap()
    );
}

/// cosign GHSA-fx35-mq7g-6g98 is the other way round: a key where a certificate should be.
#[test]
fn nothing_else_is_a_key_and_no_key_comes_with_anything_else() {
    let certificate = P256_PEM.replace("PUBLIC KEY", "CERTIFICATE");
    let private = P256_PEM.replace("PUBLIC KEY", "PRIVATE KEY");
    let rsa = P256_PEM.replace("PUBLIC KEY", "RSA PUBLIC KEY");
    for other in [
        certificate.clone(),
        private.clone(),
        rsa,
        format!("{P256_PEM}{ED25519_PEM}"),
        format!("{P256_PEM}{certificate}"),
        format!("{certificate}{P256_PEM}"),
        format!("{private}{P256_PEM}"),
        format!("a comment\n{P256_PEM}"),
        format!("{P256_PEM}\n"),
        format!(" {P256_PEM}"),
        P256_PEM.replacen('\n', "\r\n", 1),
        P256_PEM.replace("MFkw", "MFkw\n"),
        STANDARD.encode(P256_PEM),
        String::new(),
    ] {
        let error = kind(&other).unwrap_err();
        assert_eq!(
            (error.form(), error.facts().code),
            (Form::PublicKey, "key-malformed"),
            "{other}"
        );
    }
    assert!(PublicKey::from_pem(&vec![b'-'; MAX_BYTES + 1]).is_err());
}
