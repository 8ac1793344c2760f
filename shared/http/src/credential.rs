//! A secret and the one origin that may see it.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use pysign_host::{FileError, Secret};

use crate::{Origin, Url};

/// Tokens have some hundred bytes; no server takes a header that is longer than this.
const MAX_TOKEN: u64 = 16 << 10;

/// What is in a token file, or on standard input for `-`: at most 16 KiB of UTF-8. Links and pipes
/// are fine, it is what the user named.
pub fn read_token(file: &Path) -> Result<Secret, FileError> {
    let failed = |cause| FileError::on_open(file, cause);
    let reader: Box<dyn Read> = match file.to_str() {
        Some("-") => Box::new(io::stdin()),
        _ => Box::new(File::open(file).map_err(failed)?),
    };
    let mut text = String::new();
    let mut reader = reader.take(MAX_TOKEN + 1);
    reader.read_to_string(&mut text).map_err(failed)?;
    if reader.limit() == 0 {
        return Err(FileError::TooLarge { file: file.into(), cap: MAX_TOKEN });
    }
    Ok(Secret::new(text))
}

/// A secret in the form in which it is sent, bound to an origin.
#[derive(Clone)]
pub struct Credential {
    header: &'static str,
    value: Secret,
    /// The token or password by itself, which a service may repeat.
    secret: Secret,
    origin: Origin,
}

impl Credential {
    /// `Authorization: Bearer TOKEN` (RFC 6750 §2.1).
    pub fn bearer(token: &Secret, origin: Origin) -> Self {
        let value = Secret::new(format!("Bearer {}", token.expose()));
        Self { header: "authorization", value, secret: token.clone(), origin }
    }

    /// `Authorization: Basic …` of user and password (RFC 7617 §2).
    pub fn basic(user: &str, password: &Secret, origin: Origin) -> Self {
        let pair = format!("{user}:{}", password.expose());
        let value = Secret::new(format!("Basic {}", base64(pair.as_bytes())));
        Self { header: "authorization", value, secret: password.clone(), origin }
    }

    /// A header of the service's own, such as GitLab's `JOB-TOKEN`.
    pub fn header(name: &'static str, token: Secret, origin: Origin) -> Self {
        Self { header: name, value: token.clone(), secret: token, origin }
    }

    /// Who may see it.
    pub fn origin(&self) -> &Origin {
        &self.origin
    }

    /// Name and value of the header for a request to `url`; nothing for any other origin.
    pub(crate) fn for_url(&self, url: &Url) -> Option<(&'static str, &str)> {
        (*url.origin() == self.origin).then(|| (self.header, self.value.expose()))
    }

    /// What must not be shown of it: the word that is sent, and the secret in it.
    pub(crate) fn secrets(&self) -> [&str; 2] {
        let sent = self.value.expose();
        [sent.split_once(' ').map_or(sent, |(_, word)| word), self.secret.expose()]
    }
}

/// Shows whom it belongs to, nothing else.
impl std::fmt::Debug for Credential {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Credential for {}", self.origin)
    }
}

/// Base 64 with padding (RFC 4648 §4).
pub(crate) fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut encoded = String::new();
    for chunk in bytes.chunks(3) {
        let word = chunk.iter().fold(0_u32, |word, byte| word << 8 | u32::from(*byte));
        let word = word << (8 * (3 - chunk.len()));
        for place in 0..4 {
            let index = usize::try_from(word >> (18 - 6 * place) & 63).unwrap_or(0);
            match ALPHABET.get(index) {
                Some(letter) if place <= chunk.len() => encoded.push(char::from(*letter)),
                _ => encoded.push('='),
            }
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_its_own_origin_sees_it() {
        let url = |text: &str| text.parse::<Url>().unwrap();
        let token = Secret::new("canary".to_owned());
        let credential = Credential::bearer(&token, url("https://a.example/x").origin().clone());
        let sent = credential.for_url(&url("https://a.example/other"));
        assert_eq!(sent, Some(("authorization", "Bearer canary")));
        for other in ["https://b.example/", "https://a.example:8443/", "https://a.example.b/"] {
            assert_eq!(credential.for_url(&url(other)), None, "{other}");
        }
        assert!(!format!("{credential:?}").contains("canary"));
    }

    /// RFC 4648 §10.
    #[test]
    fn base64_is_the_standards() {
        for (text, encoded) in [
            ("", ""),
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foo", "Zm9v"),
            ("foob", "Zm9vYg=="),
            ("fooba", "Zm9vYmE="),
            ("foobar", "Zm9vYmFy"),
        ] {
            assert_eq!(base64(text.as_bytes()), encoded);
        }
    }
}
