//! A signer's certificate, read strictly: one name, one issuer, no extension twice, every Fulcio
//! extension in its own encoding. What is ambiguous here would be a policy that is ambiguous.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use der::asn1::{ObjectIdentifier, Utf8StringRef};
use der::{Decode as _, Encode as _};
use x509_cert::ext::Extension;
use x509_cert::ext::pkix::name::GeneralName;
use x509_cert::ext::pkix::{AuthorityKeyIdentifier, SubjectAltName};

use crate::error::{Error, Fault, Form};
use crate::{pem, text};

/// Fulcio's have 800 to 2,000 bytes. In base64 of PEM that is twice as much.
const MAX_BYTES: usize = 64 << 10;

/// subjectAltName (RFC 5280 §4.2.1.6).
const SUBJECT_ALT_NAME: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.17");
/// authorityKeyIdentifier (RFC 5280 §4.2.1.1).
const AUTHORITY_KEY: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.35");
/// The arc of Fulcio's extensions (fulcio, `docs/oid-info.md`).
const FULCIO: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.4.1.57264.1");
/// The issuer as bare text, deprecated and still there.
const ISSUER_BARE: u32 = 1;
/// The issuer as a `UTF8String`.
const ISSUER: u32 = 8;

/// A PEM block of a certificate (RFC 7468 §5.1).
const BLOCK: pem::Block = pem::Block {
    label: "CERTIFICATE",
    missing: "not one PEM block of a certificate and nothing else",
};

/// Fulcio's extensions by their last arc: the deprecated ones (2 to 6) are bare text, the others a
/// `UTF8String`.
pub const CLAIMS: [(u32, &str); 21] = [
    (2, "github-workflow-trigger"),
    (3, "github-workflow-sha"),
    (4, "github-workflow-name"),
    (5, "github-workflow-repository"),
    (6, "github-workflow-ref"),
    (9, "build-signer-uri"),
    (10, "build-signer-digest"),
    (11, "runner-environment"),
    (12, "source-repository-uri"),
    (13, "source-repository-digest"),
    (14, "source-repository-ref"),
    (15, "source-repository-identifier"),
    (16, "source-repository-owner-uri"),
    (17, "source-repository-owner-identifier"),
    (18, "build-config-uri"),
    (19, "build-config-digest"),
    (20, "build-trigger"),
    (21, "run-invocation-uri"),
    (22, "source-repository-visibility-at-signing"),
    (23, "deployment-environment"),
    (24, "token-subject"),
];

/// A leaf certificate as Fulcio issues it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Certificate {
    der: Vec<u8>,
    spki: Vec<u8>,
    authority: (String, Vec<u8>),
    identity: String,
    issuer: String,
    not_before: i64,
    lifetime: Duration,
    claims: BTreeMap<String, String>,
}

impl Certificate {
    /// Reads DER and nothing after it.
    pub fn from_der(der: &[u8]) -> Result<Self, Error> {
        Self::read(der).map_err(|fault| Form::Certificate.error(fault))
    }

    /// Reads one PEM block (RFC 7468) in the one spelling that [`Certificate::pem`] writes; its last
    /// newline may be missing.
    pub fn from_pem(pem: &[u8]) -> Result<Self, Error> {
        Self::read_pem(pem).map_err(|fault| Form::Certificate.error(fault))
    }

    /// Reads what tools write into a `.crt` or `.pem` file: PEM, DER, or either of them in base64.
    pub fn from_text(bytes: &[u8]) -> Result<Self, Error> {
        Self::read_text(bytes).map_err(|fault| Form::Certificate.error(fault))
    }

    /// The certificate in DER.
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// The certificate as one PEM block: lines of 64, each with LF.
    pub fn pem(&self) -> String {
        pem::encode(&self.der, BLOCK.label)
    }

    /// The key: `SubjectPublicKeyInfo` in DER.
    pub fn spki(&self) -> &[u8] {
        &self.spki
    }

    /// Who issued it: the authority's name (RFC 4514), and the identifier of its key (RFC 5280
    /// §4.2.1.1), which is empty if it is not there. Neither is proven here.
    pub fn authority(&self) -> (&str, &[u8]) {
        (&self.authority.0, &self.authority.1)
    }

    /// The one subject alternative name: a URI or an e-mail address.
    pub fn identity(&self) -> &str {
        &self.identity
    }

    /// The OIDC issuer that vouched for the identity.
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// For how long it is valid (RFC 5280 §4.1.2.5), from beginning to end.
    pub fn lifetime(&self) -> Duration {
        self.lifetime
    }

    /// When it begins to be valid (RFC 5280 §4.1.2.5), in seconds since 1970.
    pub fn not_before(&self) -> i64 {
        self.not_before
    }

    /// Whether it is valid at a time in seconds since 1970, both ends included.
    pub fn is_valid_at(&self, time: i64) -> bool {
        let age = u64::try_from(time.saturating_sub(self.not_before));
        age.is_ok_and(|age| age <= self.lifetime.as_secs())
    }

    /// What else the authority says of the signer: every Fulcio extension beside the issuer by its
    /// name, one without a name by its object identifier.
    pub fn claims(&self) -> &BTreeMap<String, String> {
        &self.claims
    }

    fn read_text(bytes: &[u8]) -> Result<Self, Fault> {
        Fault::if_larger(bytes, MAX_BYTES)?;
        if !bytes.is_ascii() {
            return Self::read(bytes);
        }
        let bytes = &*text::with_lf(bytes);
        if bytes.starts_with(b"-----") {
            // Some write a block as if it were a line, and end it twice: sigstore-python 4.
            let ended_twice = bytes.ends_with(b"\n\n");
            return Self::read_pem(if ended_twice { text::without_newline(bytes) } else { bytes });
        }
        let inner = text::decode(bytes).ok_or(Fault::Rule("neither PEM nor DER nor base64"))?;
        if inner.starts_with(b"-----") { Self::read_pem(&inner) } else { Self::read(&inner) }
    }

    fn read_pem(text: &[u8]) -> Result<Self, Fault> {
        Fault::if_larger(text, MAX_BYTES)?;
        Self::read(&pem::decode(text, BLOCK)?)
    }

    fn read(der: &[u8]) -> Result<Self, Fault> {
        Fault::if_larger(der, MAX_BYTES)?;
        let parsed = x509_cert::Certificate::from_der(der)?.tbs_certificate;
        let extensions = parsed.extensions.unwrap_or_default();
        let [begin, end] = [parsed.validity.not_before, parsed.validity.not_after]
            .map(x509_cert::time::Time::to_unix_duration);
        refuse_duplicates(&extensions)?;
        let mut claims = BTreeMap::new();
        for extension in &extensions {
            if let Some((name, value)) = claim(extension)? {
                claims.insert(name, value);
            }
        }
        Ok(Self {
            der: der.to_owned(),
            spki: parsed.subject_public_key_info.to_der()?,
            authority: (parsed.issuer.to_string(), authority_key(&extensions)),
            identity: identity(&extensions)?,
            issuer: issuer(&extensions)?,
            not_before: i64::try_from(begin.as_secs()).unwrap_or(i64::MAX),
            lifetime: end.saturating_sub(begin),
            claims,
        })
    }
}

/// An extension is there once (RFC 5280 §4.2): of two, each reader would take the one it likes.
fn refuse_duplicates(extensions: &[Extension]) -> Result<(), Fault> {
    let names: BTreeSet<_> = extensions.iter().map(|extension| extension.extn_id).collect();
    if names.len() == extensions.len() {
        Ok(())
    } else {
        Err(Fault::Rule("an extension is there twice"))
    }
}

fn identity(extensions: &[Extension]) -> Result<String, Fault> {
    let value = find(extensions, SUBJECT_ALT_NAME)
        .ok_or(Fault::Rule("there is no subject alternative name"))?;
    let SubjectAltName(names) = SubjectAltName::from_der(value)?;
    let [name] = names.as_slice() else {
        return Err(Fault::Rule("there is not exactly one subject alternative name"));
    };
    let name = match name {
        GeneralName::Rfc822Name(address) => address.as_str(),
        GeneralName::UniformResourceIdentifier(uri) => uri.as_str(),
        _ => {
            return Err(Fault::Rule("the subject is named neither by a URI nor by an address"));
        }
    };
    if name.is_empty() {
        return Err(Fault::Rule("the subject alternative name is empty"));
    }
    Ok(name.to_owned())
}

fn authority_key(extensions: &[Extension]) -> Vec<u8> {
    let value = find(extensions, AUTHORITY_KEY).map(AuthorityKeyIdentifier::from_der);
    let key = value.and_then(Result::ok).and_then(|value| value.key_identifier);
    key.map(|key| key.as_bytes().to_vec()).unwrap_or_default()
}

/// Both spellings of the issuer must say the same: some verifiers read only the one, some only the
/// other.
fn issuer(extensions: &[Extension]) -> Result<String, Fault> {
    let bare = fulcio(extensions, ISSUER_BARE).map(bare_text).transpose()?;
    let typed = fulcio(extensions, ISSUER).map(utf8_string).transpose()?;
    match (bare, typed) {
        (Some(bare), Some(typed)) if bare != typed => {
            Err(Fault::Rule("the two extensions with the issuer contradict each other"))
        }
        (_, Some(issuer)) | (Some(issuer), None) => Ok(issuer),
        (None, None) => Err(Fault::Rule("there is no issuer of the identity")),
    }
}

fn fulcio(extensions: &[Extension], arc: u32) -> Option<&[u8]> {
    find(extensions, FULCIO.push_arc(arc).ok()?)
}

fn find(extensions: &[Extension], name: ObjectIdentifier) -> Option<&[u8]> {
    let found = extensions.iter().find(|extension| extension.extn_id == name);
    found.map(|extension| extension.extn_value.as_bytes())
}

/// Name and value of an extension that is a claim.
fn claim(extension: &Extension) -> Result<Option<(String, String)>, Fault> {
    let (id, value) = (extension.extn_id, extension.extn_value.as_bytes());
    let Some(arc) = last_arc(id) else { return Ok(None) };
    match CLAIMS.iter().find(|(known, _)| *known == arc) {
        Some((2..=6, name)) => Ok(Some(((*name).to_owned(), bare_text(value)?))),
        Some((_, name)) => Ok(Some(((*name).to_owned(), utf8_string(value)?))),
        None if arc == ISSUER_BARE || arc == ISSUER => Ok(None),
        // Newer than this list: every one since the eighth is a UTF8String; one that is not says
        // nothing that could be shown.
        None => Ok(utf8_string(value).ok().map(|value| (id.to_string(), value))),
    }
}

fn last_arc(id: ObjectIdentifier) -> Option<u32> {
    (id.parent()? == FULCIO).then(|| id.arcs().last())?
}

fn bare_text(value: &[u8]) -> Result<String, Fault> {
    let text = std::str::from_utf8(value).ok().filter(|text| !text.is_empty());
    text.map(str::to_owned).ok_or(Fault::Rule("an extension of Fulcio's is no text"))
}

fn utf8_string(value: &[u8]) -> Result<String, Fault> {
    let text = Utf8StringRef::from_der(value)?;
    Ok(text.as_str().to_owned())
}

#[cfg(test)]
pub(crate) mod tests;
