//! A private key from a file (`--key`): exactly one, in PKCS #8 and PEM, as openssl and most others
//! write it. Whatever else people have is refused with what to type. No byte of the file is ever in a
//! message.

use std::fmt;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use der::pem;
use pysign_host::{Failure, Notes, Problem, Secret, Status, read_named, shell_word};

use crate::key::Key;

/// A P-384 key has 300 bytes in PEM; RSA keys are refused for what they are up to here.
const MAX_BYTES: u64 = 16 << 10;

/// Read or write permission of the group and of everyone (`inode(7)`).
const OTHERS: u32 = 0o066;

/// The key in `file`.
pub(crate) fn read(file: &Path, notes: &Notes) -> Result<Key, Failure> {
    let bytes = read_named(file, MAX_BYTES)?;
    // Runners write such files as they like (GitLab's are for everyone): ssh would refuse them, and
    // people would copy keys around to please us.
    let mode = std::fs::metadata(file).map_or(0, |facts| facts.permissions().mode());
    if mode & OTHERS != 0 {
        let name = shell_word(&file.display().to_string());
        notes.warn("key-open", format!("the key in {name} is open to others: chmod 600 {name}"));
    }
    let text = Secret::new(String::from_utf8(bytes).unwrap_or_default());
    key(text.expose()).map_err(|fault| KeyError { file: file.into(), fault }.into())
}

fn key(text: &str) -> Result<Key, KeyFault> {
    match labels(text).as_slice() {
        ["PRIVATE KEY"] => {
            let (_, der) =
                pem::decode_vec(text.trim().as_bytes()).map_err(|_| KeyFault::Malformed)?;
            Key::from_pkcs8(&der).ok_or(KeyFault::Kind)
        }
        ["ENCRYPTED PRIVATE KEY"] => Err(KeyFault::Encrypted),
        ["PUBLIC KEY" | "CERTIFICATE"] => Err(KeyFault::Public),
        // `openssl ecparam -genkey` writes the curve before the key.
        ["EC PRIVATE KEY"] | ["EC PARAMETERS", "EC PRIVATE KEY"] => Err(KeyFault::Form("SEC 1")),
        ["RSA PRIVATE KEY"] => Err(KeyFault::Form("PKCS #1")),
        ["OPENSSH PRIVATE KEY"] => Err(KeyFault::Foreign("OpenSSH")),
        ["ENCRYPTED SIGSTORE PRIVATE KEY" | "ENCRYPTED COSIGN PRIVATE KEY"] => {
            Err(KeyFault::Foreign("cosign"))
        }
        [] | [_] => Err(KeyFault::Malformed),
        _ => Err(KeyFault::Several),
    }
}

/// A name beside the key's for what is made of it, and never the key's own: what is typed must not
/// write over it.
pub(crate) fn beside(file: &Path, extension: &str) -> PathBuf {
    let other = file.with_extension(extension);
    if other == file { file.with_extension(format!("new.{extension}")) } else { other }
}

/// What the blocks in a text call themselves (RFC 7468 §2).
fn labels(text: &str) -> Vec<&str> {
    text.lines().filter_map(label).collect()
}

fn label(line: &str) -> Option<&str> {
    line.trim().strip_prefix("-----BEGIN ")?.strip_suffix("-----")
}

/// Why a file is no key to sign with.
#[derive(Debug)]
pub struct KeyError {
    file: PathBuf,
    fault: KeyFault,
}

/// What is wrong with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum KeyFault {
    Encrypted,
    /// A form that only this program has the private keys of.
    Foreign(&'static str),
    /// An older form.
    Form(&'static str),
    /// No key, or one of another kind.
    Kind,
    Malformed,
    Public,
    Several,
}

impl KeyError {
    /// Every code of this type.
    pub const CODES: &'static [&'static str] =
        &["key-encrypted", "key-form", "key-kind", "key-malformed", "key-public", "key-several"];
}

impl fmt::Display for KeyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let file = self.file.display();
        match self.fault {
            KeyFault::Encrypted => write!(f, "the key in '{file}' is encrypted"),
            KeyFault::Foreign(owner) => write!(f, "the key in '{file}' is in a form of {owner}'s"),
            KeyFault::Form(form) => write!(f, "the key in '{file}' is in {form}, not in PKCS #8"),
            KeyFault::Kind => {
                write!(f, "the key in '{file}' is none of P-256, P-384 and Ed25519")
            }
            KeyFault::Malformed => write!(f, "'{file}' is not one private key in PEM"),
            KeyFault::Public => write!(f, "'{file}' holds a public key, which signs nothing"),
            KeyFault::Several => write!(f, "'{file}' holds more than one key"),
        }
    }
}

impl std::error::Error for KeyError {}

impl Problem for KeyError {
    fn code(&self) -> &'static str {
        match self.fault {
            KeyFault::Encrypted => "key-encrypted",
            KeyFault::Foreign(_) | KeyFault::Form(_) => "key-form",
            KeyFault::Kind => "key-kind",
            KeyFault::Malformed => "key-malformed",
            KeyFault::Public => "key-public",
            KeyFault::Several => "key-several",
        }
    }

    fn status(&self) -> Status {
        Status::Input
    }

    fn file(&self) -> Option<&Path> {
        Some(&self.file)
    }

    fn hint(&self) -> Option<String> {
        let name = |path: &Path| shell_word(&path.display().to_string());
        let (file, out) = (name(&self.file), name(&beside(&self.file, "p8")));
        match self.fault {
            KeyFault::Encrypted | KeyFault::Form("SEC 1") => {
                Some(format!("openssl pkcs8 -topk8 -nocrypt -in {file} -out {out}"))
            }
            KeyFault::Public => Some("name the private key that it belongs to".to_owned()),
            KeyFault::Several => Some("leave the one to sign with in it".to_owned()),
            _ => Some(format!(
                "a new one: openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out {out}"
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_typed_never_writes_over_the_key() {
        for name in ["release.p8", "release.new.p8", "release.pem", "release", "a.b/release.p8"] {
            for fault in [KeyFault::Encrypted, KeyFault::Kind, KeyFault::Malformed] {
                let hint = KeyError { file: name.into(), fault }.hint().unwrap();
                let out = hint.rsplit(' ').next().unwrap().to_owned();
                assert_ne!(out, name, "{hint}");
            }
            assert_ne!(beside(Path::new(name), "pub"), Path::new(name));
        }
        assert_ne!(beside(Path::new("release.pub"), "pub"), Path::new("release.pub"));
    }

    fn block(label: &str) -> String {
        format!("-----BEGIN {label}-----\nAAAA\n-----END {label}-----\n")
    }

    fn fault(text: &str) -> Option<KeyFault> {
        key(text).err()
    }

    #[test]
    fn what_is_no_key_for_us_is_called_what_it_is() {
        for (label, expected) in [
            ("PRIVATE KEY", KeyFault::Kind),
            ("ENCRYPTED PRIVATE KEY", KeyFault::Encrypted),
            ("ENCRYPTED SIGSTORE PRIVATE KEY", KeyFault::Foreign("cosign")),
            ("EC PRIVATE KEY", KeyFault::Form("SEC 1")),
            ("RSA PRIVATE KEY", KeyFault::Form("PKCS #1")),
            ("OPENSSH PRIVATE KEY", KeyFault::Foreign("OpenSSH")),
            ("PUBLIC KEY", KeyFault::Public),
            ("CERTIFICATE", KeyFault::Public),
            ("SOMETHING", KeyFault::Malformed),
        ] {
            assert_eq!(fault(&block(label)), Some(expected), "{label}");
        }
        let with_curve = block("EC PARAMETERS") + &block("EC PRIVATE KEY");
        assert_eq!(fault(&with_curve), Some(KeyFault::Form("SEC 1")));
    }

    #[test]
    fn there_is_one_key_and_no_other() {
        for other in ["PRIVATE KEY", "PUBLIC KEY", "CERTIFICATE"] {
            let two = block("PRIVATE KEY") + &block(other);
            assert_eq!(fault(&two), Some(KeyFault::Several), "{other}");
        }
        for text in ["", "key", "-----BEGIN PRIVATE KEY-----\n", "-----BEGIN PRIVATE KEY-----\n!"] {
            assert_eq!(fault(text), Some(KeyFault::Malformed), "{text:?}");
        }
    }
}
