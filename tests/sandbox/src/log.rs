//! What both versions of Rekor are: a list of bodies in a growing Merkle tree, whose size and root
//! a signed checkpoint names; and the keys and signatures that an entry is checked with.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use der::{Decode as _, pem};
use x509_cert::Certificate;
use x509_cert::spki::SubjectPublicKeyInfoOwned;

use crate::Error;
use crate::http::{Refused, refused};
use crate::merkle::{Hash, Tree, leaf_hash};

/// A log.
pub(crate) struct Log {
    pub(crate) tree: Tree,
    entries: Vec<Entry>,
}

/// A logged body, and when it was logged.
pub(crate) struct Entry {
    pub(crate) body: String,
    pub(crate) time: u64,
    /// The hashes, in hexadecimal, by which an index finds it.
    pub(crate) names: Vec<String>,
}

/// What adding a body did.
pub(crate) enum Added {
    New(usize),
    /// The same body was there before.
    Known(usize),
}

impl Log {
    /// A log with one entry: Go's JSON leaves an index 0 and an empty proof out, and
    /// sigstore-python then refuses the bundle.
    pub(crate) fn new(time: u64) -> Self {
        let mut log = Self { tree: Tree::default(), entries: Vec::new() };
        log.add("{}".to_owned(), Vec::new(), time);
        log
    }

    pub(crate) fn add(&mut self, body: String, names: Vec<String>, time: u64) -> Added {
        let leaf = leaf_hash(body.as_bytes());
        if let Some(index) = self.tree.position(&leaf) {
            return Added::Known(index);
        }
        self.tree.push(leaf);
        self.entries.push(Entry { body, time, names });
        Added::New(self.entries.len() - 1)
    }

    /// The log as it was when it had so many entries.
    pub(crate) fn first(&self, size: usize) -> Self {
        let mut log = Self { tree: Tree::default(), entries: Vec::new() };
        for entry in self.entries.iter().take(size) {
            log.add(entry.body.clone(), entry.names.clone(), entry.time);
        }
        log
    }

    pub(crate) fn entry(&self, index: usize) -> Option<&Entry> {
        self.entries.get(index)
    }

    pub(crate) fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// A signed note (C2SP tlog-checkpoint); `id` begins with the key's hint.
    pub(crate) fn checkpoint(
        &self,
        origin: &str,
        id: &Hash,
        sign: impl FnOnce(&[u8]) -> Result<Vec<u8>, Error>,
    ) -> Result<String, Error> {
        let root = BASE64.encode(self.tree.root());
        let text = format!("{origin}\n{}\n{root}\n", self.tree.size());
        let [a, b, c, d, ..] = id;
        let signature = [[*a, *b, *c, *d].as_slice(), &sign(text.as_bytes())?].concat();
        let name = origin.split(' ').next().unwrap_or_default();
        Ok(format!("{text}\n\u{2014} {name} {}\n", BASE64.encode(signature)))
    }
}

/// A public key or certificate in PEM: the same in Rekor's own line breaks, and its key.
pub(crate) fn verifier(pem: &[u8]) -> Result<(String, SubjectPublicKeyInfoOwned), Refused> {
    let decoded = pem::decode_vec(pem).map_err(der::Error::from);
    let (label, der) = decoded.map_err(|_| refused("the verifier is not PEM"))?;
    let key = match label {
        "CERTIFICATE" => certified_key(&der)?,
        "PUBLIC KEY" => SubjectPublicKeyInfoOwned::from_der(&der)?,
        _ => return Err(refused("the verifier is neither a certificate nor a public key")),
    };
    let text = pem::encode_string(label, pem::LineEnding::LF, &der).map_err(der::Error::from)?;
    Ok((text, key))
}

/// The key that a certificate in DER is for.
pub(crate) fn certified_key(der: &[u8]) -> Result<SubjectPublicKeyInfoOwned, Refused> {
    Ok(Certificate::from_der(der)?.tbs_certificate.subject_public_key_info)
}
