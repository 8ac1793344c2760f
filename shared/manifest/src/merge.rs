//! One manifest from several: what is said twice must be the same. Lists are joined first and freed of
//! what is there twice at the end, so that the time grows with the size of the manifests and no faster.

use std::collections::{HashMap, HashSet};

use pysign_json::{Fault, Map, Value};

use crate::evidence::Member;
use crate::{Artifact, Error, MAX_ARTIFACTS, Manifest, Signature};

pub(crate) fn merge(parts: Vec<Manifest>) -> Result<Manifest, Error> {
    let mut whole = Manifest::new();
    let mut places: HashMap<String, usize> = HashMap::new();
    for part in parts {
        // Two entries under one digest of their own text are the same entry.
        whole.builds.extend(part.builds);
        whole.tools.extend(part.tools);
        unite(&mut whole.rest, part.rest)
            .map_err(|()| Error::Conflict { place: "the document".to_owned() })?;
        for artifact in part.artifacts {
            let place = *places.entry(artifact.filename.clone()).or_insert(whole.artifacts.len());
            match whole.artifacts.get_mut(place) {
                Some(known) => absorb(known, artifact)?,
                None => whole.artifacts.push(artifact),
            }
        }
    }
    if whole.artifacts.len() > MAX_ARTIFACTS {
        return Err(Fault::TooMany { what: "artifacts".to_owned(), cap: MAX_ARTIFACTS }.into());
    }
    keep_first(&mut whole.tools);
    for artifact in &mut whole.artifacts {
        keep_first(&mut artifact.verified);
        keep_first(&mut artifact.published);
        keep_first(&mut artifact.fetched);
        for file in artifact.signatures.iter_mut().flat_map(|signature| &mut signature.files) {
            keep_first(&mut file.published);
            keep_first(&mut file.fetched);
        }
    }
    Ok(whole)
}

/// Adds what `theirs` says of the same file. Its sidecars have one of few names, so that a search
/// among the signatures is short.
fn absorb(ours: &mut Artifact, theirs: Artifact) -> Result<(), Error> {
    let name = theirs.filename;
    let conflict = |member: &str| Error::Conflict { place: format!("'{name}', {member}") };
    if ours.sha256 != theirs.sha256 {
        return Err(Error::OtherBytes { filename: name });
    }
    agree(&mut ours.path, theirs.path).map_err(|()| conflict("path"))?;
    agree(&mut ours.size, theirs.size).map_err(|()| conflict("size"))?;
    agree(&mut ours.build, theirs.build).map_err(|()| conflict("build"))?;
    for signature in theirs.signatures {
        let same_file = |one: &Signature| {
            let mut files = one.files.iter();
            one.kind == signature.kind
                && files
                    .all(|file| signature.file(file.role).is_some_and(|it| it.path == file.path))
        };
        match ours.signatures.iter_mut().find(|one| same_file(one)) {
            Some(known) => absorb_signature(known, signature, conflict)?,
            None => ours.signatures.push(signature),
        }
    }
    ours.verified.extend(theirs.verified);
    ours.published.extend(theirs.published);
    ours.fetched.extend(theirs.fetched);
    unite(&mut ours.digests, theirs.digests).map_err(|()| conflict("digests"))?;
    unite(&mut ours.rest, theirs.rest).map_err(|()| conflict("other members"))
}

fn absorb_signature(
    ours: &mut Signature,
    theirs: Signature,
    conflict: impl Fn(&str) -> Error,
) -> Result<(), Error> {
    agree(&mut ours.predicate_type, theirs.predicate_type)
        .and_then(|()| unite(&mut ours.rest, theirs.rest))
        .map_err(|()| conflict("signatures"))?;
    ours.allowed.extend(theirs.allowed);
    keep_first(&mut ours.allowed);
    for theirs in theirs.files {
        let Some(ours) = ours.files.iter_mut().find(|ours| ours.role == theirs.role) else {
            continue;
        };
        if ours.sha256 != theirs.sha256 {
            let filename = theirs.path.file_name().unwrap_or_default();
            return Err(Error::OtherBytes { filename: filename.display().to_string() });
        }
        ours.published.extend(theirs.published);
        ours.fetched.extend(theirs.fetched);
        unite(&mut ours.digests, theirs.digests)
            .and_then(|()| unite(&mut ours.rest, theirs.rest))
            .map_err(|()| conflict("signatures"))?;
    }
    Ok(())
}

/// Two claims about one thing: equal, or only one of them made.
fn agree<T: PartialEq>(ours: &mut Option<T>, theirs: Option<T>) -> Result<(), ()> {
    match (ours.as_ref(), theirs) {
        (_, None) => Ok(()),
        (Some(ours), Some(theirs)) => (*ours == theirs).then_some(()).ok_or(()),
        (None, theirs) => {
            *ours = theirs;
            Ok(())
        }
    }
}

/// Adds members; two values for one key are refused.
fn unite(ours: &mut Map<String, Value>, theirs: Map<String, Value>) -> Result<(), ()> {
    for (key, value) in theirs {
        match ours.get(&key) {
            Some(known) if *known != value => return Err(()),
            _ => ours.insert(key, value),
        };
    }
    Ok(())
}

/// Of equal entries the first one stays.
fn keep_first<T: Member>(entries: &mut Vec<T>) {
    if entries.len() > 1 {
        let mut known = HashSet::new();
        entries.retain(|entry| known.insert(entry.write().to_string()));
    }
}

#[cfg(test)]
mod tests {
    use pysign_json::json;

    use super::*;
    use crate::{Fetched, Verified};

    fn manifest(artifact: Artifact) -> Manifest {
        Manifest { artifacts: vec![artifact], ..Manifest::default() }
    }

    /// 3 MB each: with a search for each entry this would take minutes.
    #[test]
    fn long_lists_are_merged_in_linear_time() {
        let long = |from: u64| {
            let mut artifact = Artifact::named("demo-1.0.tar.gz").unwrap();
            let entry = |index| Verified { log_index: Some(index), ..Verified::default() };
            artifact.verified = (from..from + 100_000).map(entry).collect();
            let mut manifest = manifest(artifact);
            manifest.tools = (from..from + 100_000).map(|index| format!("tool/{index}")).collect();
            manifest
        };
        let whole = merge(vec![long(0), long(50_000)]).unwrap();
        assert_eq!((whole.tools.len(), whole.artifacts[0].verified.len()), (150_000, 150_000));
        assert_eq!(whole.artifacts[0].verified[100_000].log_index, Some(100_000));
    }

    #[test]
    fn many_manifests_are_merged_in_linear_time() {
        let one = |index| {
            let mut artifact = Artifact::named("demo-1.0.tar.gz").unwrap();
            let url = Some(format!("https://a.example/{index}"));
            artifact.fetched = vec![Fetched { url, ..Fetched::default() }];
            manifest(artifact)
        };
        let whole = merge((0..20_000).map(one).collect()).unwrap();
        assert_eq!(whole.artifacts[0].fetched.len(), 20_000);
    }

    #[test]
    fn unknown_members_are_united_and_contradictions_refused() {
        let with = |value: Value| {
            let mut manifest = Manifest::new();
            manifest.rest.insert("new".to_owned(), value);
            manifest
        };
        assert_eq!(merge(vec![with(json!(1)), with(json!(1))]).unwrap(), with(json!(1)));
        assert!(merge(vec![with(json!(1)), with(json!(2))]).is_err());
    }
}
