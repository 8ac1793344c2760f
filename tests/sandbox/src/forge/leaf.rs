//! A certificate that says what a test wants: Fulcio's own for a token, with one or more things
//! that Fulcio would not have written. It is signed by the authority and has the CT log's promise.

use der::asn1::{Ia5String, ObjectIdentifier, OctetString};
use x509_cert::Certificate;
use x509_cert::ext::Extension;
use x509_cert::ext::pkix::name::GeneralName;
use x509_cert::spki::SubjectPublicKeyInfoOwned;

use super::unmakeable;
use crate::Error;
use crate::claims::TokenClaims;
use crate::http::Refused;
use crate::identity::{self, FULCIO};
use crate::world::World;

/// A certificate to be issued.
#[derive(Clone, Debug)]
pub struct Leaf {
    claims: TokenClaims,
    /// Of gitlab.com instead of the sandbox's instance.
    gitlab_com: bool,
    names: Option<Vec<String>>,
    changes: Vec<Change>,
}

/// What happens to Fulcio's extension 1.3.6.1.4.1.57264.1.N.
#[derive(Clone, Debug)]
enum Change {
    Set(u32, String),
    Raw(u32, Vec<u8>),
    Again(u32, String),
    Remove(u32),
}

impl Leaf {
    /// What Fulcio issues for this token.
    pub fn of(claims: TokenClaims) -> Self {
        Self { claims, gitlab_com: false, names: None, changes: Vec::new() }
    }

    /// A pipeline of gitlab.com: its host in every URL, and its issuer.
    #[must_use]
    pub fn on_gitlab_com(mut self) -> Self {
        self.gitlab_com = true;
        self
    }

    /// These alternative names and no others: an e-mail address if there is an `@` and no `://` in
    /// it, else a URI.
    #[must_use]
    pub fn names(mut self, names: &[&str]) -> Self {
        self.names = Some(names.iter().map(|name| (*name).to_owned()).collect());
        self
    }

    /// Both extensions that name the issuer, .1 and .8, say this.
    #[must_use]
    pub fn issuer(self, url: &str) -> Self {
        self.extension(1, url).extension(8, url)
    }

    /// The extension .N says this; if Fulcio wrote none, it comes last.
    #[must_use]
    pub fn extension(mut self, number: u32, text: &str) -> Self {
        self.changes.push(Change::Set(number, text.to_owned()));
        self
    }

    /// The extension .N has these bytes, which may be no text at all.
    #[must_use]
    pub fn raw_extension(mut self, number: u32, bytes: &[u8]) -> Self {
        self.changes.push(Change::Raw(number, bytes.to_vec()));
        self
    }

    /// The extension .N is there once more, with this text.
    #[must_use]
    pub fn another_extension(mut self, number: u32, text: &str) -> Self {
        self.changes.push(Change::Again(number, text.to_owned()));
        self
    }

    /// There is no extension .N.
    #[must_use]
    pub fn without(mut self, number: u32) -> Self {
        self.changes.push(Change::Remove(number));
        self
    }

    pub(crate) fn issue(
        &self,
        key: &SubjectPublicKeyInfoOwned,
        world: &World,
    ) -> Result<Certificate, Error> {
        let token = world.oidc.mint(&self.claims)?;
        let identity = match world.fulcio.identify(&token) {
            Ok(identity) => identity,
            Err(Refused(reason)) => return unmakeable(reason),
        };
        let job = &world.job;
        let said = |text: &str| {
            if self.gitlab_com {
                let text = text.replace(&job.server_url, "https://gitlab.com");
                text.replace(&job.fqdn, "gitlab.com")
            } else {
                text.to_owned()
            }
        };
        let names = match (&self.names, &identity.san) {
            (Some(names), _) => names.iter().map(|text| name(text)).collect::<Result<_, _>>()?,
            (None, GeneralName::UniformResourceIdentifier(uri)) => vec![name(&said(uri.as_str()))?],
            (None, other) => vec![other.clone()],
        };
        let mut extensions = Vec::new();
        for (number, text) in &identity.claims {
            extensions.push(identity::extension(*number, &said(text))?);
        }
        for change in &self.changes {
            change.make(&mut extensions)?;
        }
        world.fulcio.certify(key.clone(), names, extensions)
    }
}

impl Change {
    fn make(&self, extensions: &mut Vec<Extension>) -> Result<(), Error> {
        match self {
            Self::Set(number, text) => put(extensions, identity::extension(*number, text)?),
            Self::Raw(number, bytes) => {
                let extn_value = OctetString::new(bytes.as_slice())?;
                put(extensions, Extension { extn_id: oid(*number)?, critical: false, extn_value });
            }
            Self::Again(number, text) => extensions.push(identity::extension(*number, text)?),
            Self::Remove(number) => {
                let gone = oid(*number)?;
                extensions.retain(|known| known.extn_id != gone);
            }
        }
        Ok(())
    }
}

fn put(extensions: &mut Vec<Extension>, new: Extension) {
    match extensions.iter_mut().find(|known| known.extn_id == new.extn_id) {
        Some(known) => *known = new,
        None => extensions.push(new),
    }
}

fn oid(number: u32) -> Result<ObjectIdentifier, Error> {
    Ok(FULCIO.push_arc(number).map_err(|_| der::Error::from(der::ErrorKind::Overflow))?)
}

fn name(text: &str) -> Result<GeneralName, Error> {
    let value = Ia5String::new(text)?;
    Ok(if text.contains('@') && !text.contains("://") {
        GeneralName::Rfc822Name(value)
    } else {
        GeneralName::UniformResourceIdentifier(value)
    })
}
