//! A private key from a file (`--key`): exactly one, in PKCS #8 and PEM, as openssl and most others
//! write it. Whatever else people have is refused with what to type. No byte of the file is ever in a
//! message.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use der::pem;
use pysign_host::{Failure, Notes, Secret, read_named, shell_word};

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

/// Why there is no key to sign with in a file.
#[derive(Debug)]
pub(crate) struct KeyError {
    file: PathBuf,
    fault: KeyFault,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum KeyFault {
    Encrypted,
    /// A form that only this program has private keys in.
    Foreign(&'static str),
    /// An older form.
    Form(&'static str),
    /// A key of another algorithm, or of another curve.
    Kind,
    Malformed,
    Public,
    Several,
}

pysign_host::problem! { KeyError {
    Self { file, fault: KeyFault::Encrypted } => Input "key-encrypted"
        ("the key in '{}' is encrypted", file.display()),
        file(file), hint(convert(file));
    Self { file, fault: KeyFault::Foreign(owner) } => Input "key-form"
        ("the key in '{}' is in {owner}'s own format", file.display()),
        file(file), hint(new_key(file));
    Self { file, fault: KeyFault::Form(form @ "SEC 1") } => Input "key-form"
        ("the key in '{}' is in {form}, not in PKCS #8", file.display()),
        file(file), hint(convert(file));
    Self { file, fault: KeyFault::Form(form) } => Input "key-form"
        ("the key in '{}' is in {form}, not in PKCS #8", file.display()),
        file(file), hint(new_key(file));
    Self { file, fault: KeyFault::Kind } => Input "key-kind"
        ("the key in '{}' is not a P-256, P-384 or Ed25519 key", file.display()),
        file(file), hint(new_key(file));
    Self { file, fault: KeyFault::Malformed } => Input "key-malformed"
        ("'{}' is not one private key in PEM", file.display()),
        file(file), hint(new_key(file));
    Self { file, fault: KeyFault::Public } => Input "key-public"
        ("'{}' holds a public key, which can't sign", file.display()),
        file(file), hint("name the private key that it belongs to");
    Self { file, fault: KeyFault::Several } => Input "key-several"
        ("'{}' holds more than one key", file.display()),
        file(file), hint("leave only the key to sign with in the file");
} }

fn convert(file: &Path) -> String {
    let [file, out] =
        [file, &beside(file, "p8")].map(|path| shell_word(&path.display().to_string()));
    format!("openssl pkcs8 -topk8 -nocrypt -in {file} -out {out}")
}

fn new_key(file: &Path) -> String {
    let out = shell_word(&beside(file, "p8").display().to_string());
    format!("a new key: openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out {out}")
}

#[cfg(test)]
mod tests {
    use pysign_host::Problem as _;

    use super::*;

    #[test]
    fn what_is_typed_never_writes_over_the_key() {
        for name in ["release.p8", "release.new.p8", "release.pem", "release", "a.b/release.p8"] {
            for fault in [KeyFault::Encrypted, KeyFault::Kind, KeyFault::Malformed] {
                let hint = KeyError { file: name.into(), fault }.facts().hint.unwrap();
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
