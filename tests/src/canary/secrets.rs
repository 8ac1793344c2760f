//! The secrets of a job, and how a piece of one is found.

use std::collections::HashSet;
use std::fs;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};

use crate::place::{Place, names_below};

/// What is looked for: each piece of this length of a secret, as it is, in base64 and in an address.
const PIECE: usize = 14;

/// A secret, and whose it is, for the report.
pub(super) type Named = (String, Vec<u8>);

/// The pieces of the secrets of one place.
pub(super) struct Canaries {
    pieces: HashSet<Vec<u8>>,
    names: Vec<Named>,
}

impl Canaries {
    pub(super) fn new(secrets: Vec<Named>) -> Self {
        let mut canaries = Self { pieces: HashSet::new(), names: Vec::new() };
        for (_, secret) in &secrets {
            canaries.add(secret);
        }
        canaries.names = secrets;
        canaries
    }

    fn add(&mut self, secret: &[u8]) {
        assert!(secret.len() >= PIECE);
        let mut forms = vec![secret.to_vec(), percent(secret).into_bytes()];
        // In base64 a text looks in three ways, by where in the whole it begins; its first and last
        // characters depend on what is around it.
        for before in 0..3 {
            let whole = [&[b' '; 3][..before], secret].concat();
            for encoded in [STANDARD.encode(&whole), URL_SAFE_NO_PAD.encode(&whole)] {
                let inner = encoded.as_bytes().get(4..encoded.len() - 4);
                forms.push(inner.unwrap_or_default().to_vec());
            }
        }
        let pieces = forms.iter().flat_map(|form| form.windows(PIECE)).map(<[u8]>::to_vec);
        self.pieces.extend(pieces);
    }

    /// The first piece that `bytes` holds.
    pub(super) fn found_in(&self, bytes: &[u8]) -> Option<String> {
        let found = bytes.windows(PIECE).find(|window| self.pieces.contains(*window))?;
        let is_of = |secret: &[u8]| secret.windows(PIECE).any(|window| window == found);
        let whose = self.names.iter().find(|(_, secret)| is_of(secret));
        let text = String::from_utf8_lossy(found);
        Some(format!("'{text}' of {}", whose.map_or("an encoded secret", |(name, _)| name)))
    }
}

fn percent(bytes: &[u8]) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    let encode = |byte: &u8| {
        if is_plain(*byte) { char::from(*byte).to_string() } else { format!("%{byte:02X}") }
    };
    bytes.iter().map(encode).collect()
}

/// The secrets that the sandbox and the job have: all tokens for scripts, the keys, the variables.
pub(super) fn secrets(place: &Place) -> Vec<Named> {
    let mut secrets = Vec::new();
    let below = |name: &str| names_below(&place.sandbox.directory().join(name)).into_iter();
    let name = |path: &Path| path.file_name().unwrap().to_string_lossy().into_owned();
    for path in below("tokens") {
        secrets.extend(of_token(&name(&path), &fs::read_to_string(&path).unwrap()));
    }
    for path in below("keys") {
        secrets.extend(of_key(&name(&path), &fs::read(&path).unwrap()));
    }
    let job = place.ok("printenv SIGSTORE_ID_TOKEN");
    secrets.extend(of_token("the job's token", &job));
    let text = |text: &str| text.trim().as_bytes().to_vec();
    // All begin alike, those that are made for a run as well.
    secrets.push(("any token".to_owned(), text(job.split('.').next().unwrap())));
    let asking = "grep -o 'REQUEST_TOKEN=[^ ]*' $PYSIGN_SANDBOX/systems/github | cut -d = -f 2";
    secrets.push(("what a job asks GitHub with".to_owned(), text(&place.ok(asking))));
    for name in ["CI_JOB_TOKEN", "PYSIGN_SANDBOX_TOKEN"] {
        secrets.push((name.to_owned(), text(&place.ok(&format!("printenv {name}")))));
    }
    secrets
}

/// Of a JSON Web Token the signature is the secret. What the token says is in the certificate, too,
/// and looks there like a piece of it; that it was shown is told by what is around its dots.
fn of_token(name: &str, token: &str) -> Vec<Named> {
    const AROUND: usize = 8;
    let parts: Vec<&str> = token.trim().split('.').collect();
    let joints = parts.windows(2).map(|pair| {
        let end = pair[0].get(pair[0].len() - AROUND..).unwrap();
        format!("{end}.{}", pair[1].get(..AROUND).unwrap())
    });
    let signature = parts[2].to_owned();
    joints.chain([signature]).map(|secret| (name.to_owned(), secret.into_bytes())).collect()
}

/// Of a key file its bytes, and the lines of PEM that stand for them. Of those that hold the public
/// key too, and the kind of both, which everyone may see, the secret are the 32 bytes in the first
/// octet string (RFC 5915 §3, RFC 8410 §7).
fn of_key(name: &str, file: &[u8]) -> Vec<Named> {
    const LINE: usize = 64;
    const AHEAD: usize = 64;
    let text = String::from_utf8_lossy(file);
    let is_pem = text.starts_with("-----BEGIN");
    let lines = text.lines().filter(|line| is_pem && !line.contains("-----"));
    let body = lines.collect::<String>();
    let decoded = STANDARD.decode(&body).unwrap_or_default();
    let bytes = if is_pem { decoded } else { file.to_vec() };
    let octets = bytes.windows(2).take(AHEAD).position(|two| two == [4, 32]);
    let own = octets.map_or(0..bytes.len(), |at| at + 2..at + 34);
    let encoded = (own.start * 4).div_ceil(3)..own.end * 4 / 3;
    let in_line = |from: usize| {
        let end = encoded.end.min(from + LINE);
        body.as_bytes().get(encoded.start.max(from)..end).unwrap_or_default().to_vec()
    };
    let mut secrets: Vec<Vec<u8>> = (0..body.len()).step_by(LINE).map(in_line).collect();
    let own = bytes.get(own).unwrap_or_default();
    let hex: Vec<String> = own.iter().map(|byte| format!("{byte:02x}")).collect();
    secrets.extend([own.to_vec(), hex.concat().into_bytes()]);
    secrets.retain(|secret| secret.len() >= PIECE);
    secrets.into_iter().map(|secret| (name.to_owned(), secret)).collect()
}

/// Keys that sign, and all that people have in their place.
pub(super) const KEYS: &str =
    "umask 077; mkdir $PYSIGN_SANDBOX/keys && cd $PYSIGN_SANDBOX/keys || exit 1
    generate() { openssl genpkey -quiet \"$@\"; }
    generate -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out ec.pem || exit 1
    generate -algorithm ED25519 -out ed25519.pem
    generate -algorithm ED25519 -aes256 -pass pass:secret -out encrypted.pem
    generate -algorithm RSA -out rsa.pem
    openssl ec -in ec.pem -out sec1.pem 2>sec1.log && rm sec1.log
    openssl pkey -in ec.pem -outform DER -out ec.der
    cat ed25519.pem ec.pem >several.pem
    head -n 2 rsa.pem >cut.pem
    cp ec.pem open.pem && chmod 644 open.pem";

/// What the rest of the module relies on.
#[test]
fn a_piece_of_a_secret_is_found_in_every_form() {
    let secret = "glcbt-0123456789abcdef/+";
    let canaries = Canaries::new(vec![("one".to_owned(), secret.as_bytes().to_vec())]);
    for text in [
        format!("token={secret};"),
        secret.get(5..20).unwrap().to_owned(),
        STANDARD.encode(format!("user:{secret}")),
        STANDARD.encode(format!("a:{secret}")),
        URL_SAFE_NO_PAD.encode(format!("__token__:{secret}!")),
        percent(secret.as_bytes()),
    ] {
        assert!(canaries.found_in(text.as_bytes()).is_some(), "{text}");
    }
    assert_eq!(canaries.found_in(b"glcbt-0123456 and nothing more of it"), None);
}

/// So is one of a key, in whatever form it is; its public key is none.
#[test]
fn a_piece_of_a_key_is_found_in_every_form() {
    let place = Place::new();
    place.ok(KEYS);
    let key = |name: &str| fs::read(place.sandbox.directory().join("keys").join(name)).unwrap();
    let public = place.ok("openssl pkey -in $PYSIGN_SANDBOX/keys/ec.pem -pubout");
    for name in ["ec.pem", "sec1.pem", "ec.der"] {
        let canaries = Canaries::new(of_key(name, &key(name)));
        let der = key("ec.der");
        for text in [&key(name)[..], &der, STANDARD.encode(&der).as_bytes()] {
            assert!(canaries.found_in(text).is_some(), "{name}");
        }
        assert_eq!(canaries.found_in(public.as_bytes()), None, "{name}");
    }
}
