//! What programs say of a file in a manifest: how it was built, what was proven of it, and where it
//! was published to and fetched from. All of it is a claim.
//!
//! Each entry is written by the type that reads it. Every member may be absent, because other
//! versions of the programs write others; members that this version does not know are carried along.

use std::collections::BTreeMap;

use pysign_host::Sha256;
use pysign_json::{Fault, Map, Members, Value};

use crate::HEX;

/// A value that a member of an entry has.
pub(crate) trait Member: Sized {
    /// Takes the member `name`, if it is there.
    fn read(members: &mut Members, name: &str) -> Result<Option<Self>, Fault>;

    /// The value as it is written.
    fn write(&self) -> Value;
}

macro_rules! entries {
    ($($(#[$about:meta])* $name:ident { $($(#[$doc:meta])* $member:ident: $type:ty,)* })*) => { $(
        $(#[$about])*
        #[derive(Clone, Debug, Default, PartialEq)]
        pub struct $name {
            $($(#[$doc])* pub $member: Option<$type>,)*
            /// Members of another version.
            pub rest: Map<String, Value>,
        }

        impl $name {
            pub(crate) fn parse(mut members: Members) -> Result<Self, Fault> {
                Ok(Self {
                    $($member: Member::read(&mut members, stringify!($member))?,)*
                    rest: members.into_rest(),
                })
            }
        }

        impl Member for $name {
            fn read(members: &mut Members, name: &str) -> Result<Option<Self>, Fault> {
                members.optional_object(name)?.map(Self::parse).transpose()
            }

            fn write(&self) -> Value {
                let mut members = self.rest.clone();
                $(if let Some(value) = &self.$member {
                    members.insert(stringify!($member).to_owned(), value.write());
                })*
                members.into()
            }
        }

        impl Member for Vec<$name> {
            fn read(members: &mut Members, name: &str) -> Result<Option<Self>, Fault> {
                let is_there = members.rest().contains_key(name);
                let entries = members.objects(name, usize::MAX, $name::parse)?;
                Ok(is_there.then_some(entries))
            }

            fn write(&self) -> Value {
                self.iter().map(Member::write).collect()
            }
        }
    )* };
}

entries! {
    /// How files were built.
    Build {
        /// What they were built from.
        source: Source,
        /// The backend that was asked (PEP 517).
        backend: String,
        /// The interpreter's version.
        python: String,
        /// The system and processor.
        platform: String,
        /// The rules by which the archives were rewritten.
        canon: String,
        /// How the backend was kept apart.
        isolation: String,
        /// Whether what was installed was named by a lock file.
        locked: bool,
        /// What was installed to build with.
        requires: Vec<Installed>,
    }

    /// Digests of one file.
    Digests {
        /// The only one that is compared.
        sha256: Sha256,
    }

    /// Where something was fetched from.
    Fetched {
        /// The index that listed it.
        index: String,
        /// Its address.
        url: String,
        /// Who named its digest.
        hash_sources: Vec<String>,
    }

    /// A package that was installed to build with.
    Installed {
        /// The project.
        name: String,
        /// Its version.
        version: String,
        /// The archive.
        filename: String,
        /// The archive's digest.
        sha256: Sha256,
    }

    /// Where something was published to.
    Published {
        /// The kind of place.
        target: String,
        /// Its address there.
        url: String,
        /// `stored`, `kept` or `unconfirmed`.
        outcome: String,
        /// Why a file that was there was kept.
        reason: String,
        /// Relaxations without which it would not be there.
        allowed: Vec<String>,
        /// What is there, of a file that can differ from place to place.
        digests: Digests,
    }

    /// The source of a build.
    Source {
        /// `git`, `sdist` or `tree`.
        kind: String,
        /// The commit.
        commit: String,
        /// Whether tracked files were modified.
        dirty: bool,
        /// Where the project lies in the repository.
        subdirectory: String,
        /// The sdist's name.
        filename: String,
        /// The sdist's digests.
        digests: Digests,
        /// The time that archives carry, in seconds since 1970.
        epoch: u64,
        /// Who named that time.
        epoch_source: String,
        /// What was set on the command line.
        overrides: Map<String, Value>,
    }

    /// The trusted root of a proof.
    Trust {
        /// `tuf`, `cache`, `embedded` or `file`.
        source: String,
        /// The digest of its bytes.
        sha256: Sha256,
    }

    /// What was proven of one signature, or that a policy pins the file.
    Verified {
        /// The kind of signature, or `pin`.
        kind: String,
        /// The digest of the decoded signature.
        signature_sha256: Sha256,
        /// The certificate's subject.
        identity: String,
        /// The certificate's issuer of identities.
        issuer: String,
        /// The certificate's other claims by name.
        claims: BTreeMap<String, String>,
        /// The digest of the key, where there is no certificate.
        key_sha256: Sha256,
        /// The digest of the policy that pins the file.
        policy_sha256: Sha256,
        /// The earliest proven time.
        signed_at: String,
        /// Every proven time.
        times: Vec<String>,
        /// The log's address in the trusted root.
        log: String,
        /// The entry's index in the log.
        log_index: u64,
        /// What kind of statement was signed.
        predicate_type: String,
        /// What the proof stands on.
        trust: Trust,
    }
}

impl Build {
    /// The key of the entry: the SHA-256 of its text, with keys sorted by code point, no spaces, and
    /// nothing escaped beyond what JSON demands.
    pub(crate) fn key(&self) -> String {
        Sha256::of(self.write().to_string().as_bytes()).to_string()
    }

    /// The commit that was built, if the source is a repository.
    pub fn commit(&self) -> Option<&str> {
        self.source.as_ref()?.commit.as_deref()
    }
}

/// Rows of plain values: how each is read, by a method of [`Members`] or a value's own, and written.
macro_rules! plain {
    ($($type:ty: $read:expr, $write:expr;)*) => { $(
        impl Member for $type {
            fn read(members: &mut Members, name: &str) -> Result<Option<Self>, Fault> {
                let read: fn(&mut Members, &str) -> Result<Option<Self>, Fault> = $read;
                read(members, name)
            }

            fn write(&self) -> Value {
                let write: fn(&Self) -> Value = $write;
                write(self)
            }
        }
    )* };
}

plain! {
    String: Members::optional_text, |text| text.as_str().into();
    u64: Members::optional_number, |number| (*number).into();
    Sha256: |members, name| members.optional_parsed(name, HEX), |digest| digest.to_string().into();
    bool: |members, name| match members.take(name) {
        None => Ok(None),
        Some(value) => value.as_bool().map(Some).ok_or_else(|| members.wrong(name, "true or false")),
    }, |flag| (*flag).into();
    Vec<String>: |members, name| {
        let is_there = members.rest().contains_key(name);
        Ok(Some(members.texts(name, usize::MAX)?).filter(|_| is_there))
    }, |texts| texts.clone().into();
    Map<String, Value>: |members, name| {
        Ok(members.optional_object(name)?.map(Members::into_rest))
    }, |members| members.clone().into();
    BTreeMap<String, String>: |members, name| {
        members.optional_object(name)?.map(|texts| texts.into_texts(usize::MAX)).transpose()
    }, |texts| texts.iter().map(|(name, text)| (name.clone(), Value::from(text.as_str()))).collect();
}
