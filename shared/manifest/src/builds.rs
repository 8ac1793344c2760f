//! Entries that say how something was built, each under the digest of its own text.

use std::collections::BTreeMap;

use pysign_host::Sha256;
use pysign_json::{Map, Value};

use crate::{Artifact, Error};

/// The SHA-256 of the entry as it is written: keys sorted by code point, no spaces, text unescaped
/// beyond what JSON demands.
pub(crate) fn key(entry: &Value) -> String {
    Sha256::of(entry.to_string().as_bytes()).to_string()
}

pub(crate) fn parse(members: Map<String, Value>) -> Result<BTreeMap<String, Value>, Error> {
    let check = |(found, entry): (String, Value)| {
        let expected = key(&entry);
        if found == expected {
            Ok((found, entry))
        } else {
            Err(Error::BuildKey { expected, found })
        }
    };
    members.into_iter().map(check).collect()
}

/// An artifact that names an entry must find it here.
pub(crate) fn check_reference(
    artifact: &Artifact,
    builds: &BTreeMap<String, Value>,
) -> Result<(), Error> {
    match &artifact.build {
        Some(key) if !builds.contains_key(key) => {
            Err(Error::BuildKey { expected: "an entry of builds".to_owned(), found: key.clone() })
        }
        _ => Ok(()),
    }
}
