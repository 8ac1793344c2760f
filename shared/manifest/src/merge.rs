//! One manifest from several: what is said twice must be the same.

use std::collections::HashMap;

use pysign_json::Fault;

use crate::artifact::unite_members;
use crate::{Error, MAX_ARTIFACTS, Manifest};

pub(crate) fn merge(parts: Vec<Manifest>) -> Result<Manifest, Error> {
    let mut whole = Manifest::new();
    let mut places: HashMap<String, usize> = HashMap::new();
    for part in parts {
        // Two entries under one digest of their own text are the same entry.
        whole.builds.extend(part.builds);
        for tool in part.tools {
            if !whole.tools.contains(&tool) {
                whole.tools.push(tool);
            }
        }
        unite_members(&mut whole.rest, part.rest)
            .map_err(|()| Error::Conflict { place: "the document".to_owned() })?;
        for artifact in part.artifacts {
            let place = *places.entry(artifact.filename.clone()).or_insert(whole.artifacts.len());
            match whole.artifacts.get_mut(place) {
                Some(known) => known.absorb(artifact)?,
                None => whole.artifacts.push(artifact),
            }
        }
    }
    if whole.artifacts.len() > MAX_ARTIFACTS {
        return Err(Fault::TooMany { what: "artifacts".to_owned(), cap: MAX_ARTIFACTS }.into());
    }
    Ok(whole)
}
