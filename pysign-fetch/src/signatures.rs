//! The signatures of a file: those that are found beside it, or those that a manifest lists.

use std::path::{Path, PathBuf};

use pysign_host::{Failure, Group, Sha256};
use pysign_manifest::{SIDECARS, Sidecar, Signature, SignatureKind, json, sidecar_path};

use crate::Error;
use crate::select::{Wanted, is_new};
use crate::source::Source;

/// What every reader of a sidecar takes; a bundle has some 10 KiB.
const MAX_SIDECAR: u64 = 1 << 20;

/// Fetches the signatures of `wanted` into `group`.
pub(crate) fn fetch(
    wanted: &Wanted,
    source: &Source<'_>,
    group: &mut Group,
) -> Result<Vec<Signature>, Failure> {
    match &wanted.listed {
        None => found(wanted, source, group),
        Some(listed) => fetch_listed(listed, wanted, source, group),
    }
}

/// Every name of the table is asked for: nothing else says what is there.
fn found(
    wanted: &Wanted,
    source: &Source<'_>,
    group: &mut Group,
) -> Result<Vec<Signature>, Failure> {
    let package = wanted.artifact.path()?;
    let mut rows = Vec::new();
    for row in &SIDECARS {
        let target = sidecar_path(package, row.text);
        let name = format!("{}{}", wanted.artifact.filename, row.text);
        let Some(location) = source.beside(&wanted.file, &name)? else { continue };
        let Some(bytes) = source.read(&location, MAX_SIDECAR)? else { continue };
        let mut sidecar = Sidecar::new(row.role, target, Some(Sha256::of(&bytes)));
        sidecar.fetched.push(json!({"url": source.shown(&location)}));
        rows.push((row.kind, sidecar, bytes));
    }
    let (signatures, lone) = assemble(rows, |sidecar, bytes| {
        group.write(&sidecar.path, bytes)?;
        Ok(())
    })?;
    for path in lone {
        let said = format!("'{}' is half of a signature, and left out", path.display());
        source.host.notes.warn("signature-incomplete", said);
    }
    Ok(signatures)
}

/// Makes signatures of files, in the order of their kinds. A certificate may be there under two
/// names: the first counts. Gives the files that are no signature without another one, too.
fn assemble(
    rows: Vec<(SignatureKind, Sidecar, Vec<u8>)>,
    mut keep: impl FnMut(&Sidecar, &[u8]) -> Result<(), Failure>,
) -> Result<(Vec<Signature>, Vec<PathBuf>), Failure> {
    let mut signatures = Vec::new();
    let mut pair: Vec<(Sidecar, Vec<u8>)> = Vec::new();
    for (kind, sidecar, bytes) in rows {
        if kind != SignatureKind::Pair {
            keep(&sidecar, &bytes)?;
            signatures.push(Signature::new(kind, vec![sidecar]));
        } else if pair.iter().all(|(other, _)| other.role != sidecar.role) {
            pair.push((sidecar, bytes));
        }
    }
    let mut lone = Vec::new();
    if pair.len() == 2 {
        pair.iter().try_for_each(|(sidecar, bytes)| keep(sidecar, bytes))?;
        let files = pair.into_iter().map(|(sidecar, _)| sidecar).collect();
        signatures.push(Signature::new(SignatureKind::Pair, files));
    } else {
        lone.extend(pair.into_iter().map(|(sidecar, _)| sidecar.path));
    }
    signatures.sort_by_key(|signature| signature.kind);
    Ok((signatures, lone))
}

/// Every file that the manifest lists must be there, with the bytes that it had.
fn fetch_listed(
    listed: &[Signature],
    wanted: &Wanted,
    source: &Source<'_>,
    group: &mut Group,
) -> Result<Vec<Signature>, Failure> {
    let output = wanted.artifact.path()?;
    let mut signatures = Vec::new();
    for signature in listed {
        let mut signature = signature.clone();
        let mut is_fetched = true;
        for sidecar in &mut signature.files {
            is_fetched &= fetch_sidecar(sidecar, output, wanted, source, group)?;
        }
        // Without a place for signatures there are none: what is not here is not listed.
        if is_fetched {
            signatures.push(signature);
        }
    }
    Ok(signatures)
}

fn fetch_sidecar(
    sidecar: &mut Sidecar,
    output: &Path,
    wanted: &Wanted,
    source: &Source<'_>,
    group: &mut Group,
) -> Result<bool, Failure> {
    let name = sidecar.path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let Some(location) = source.beside(&wanted.file, name)? else { return Ok(false) };
    let place = source.shown(&location);
    let new = is_new(&sidecar.published, source);
    let bytes = source.patiently(new, || source.read(&location, MAX_SIDECAR))?;
    let bytes = bytes
        .ok_or_else(|| Error::NoSidecar { filename: name.to_owned(), place: place.clone() })?;
    let found = Sha256::of(&bytes);
    if let Some(expected) = sidecar.sha256.filter(|expected| *expected != found) {
        return Err(Error::Digest { place, claimant: "manifest", expected, found }.into());
    }
    sidecar.path = output.with_file_name(name);
    sidecar.sha256 = Some(group.write(&sidecar.path, &bytes)?);
    let entry = json!({"url": place});
    if !sidecar.fetched.contains(&entry) {
        sidecar.fetched.push(entry);
    }
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;
    use pysign_manifest::Role;

    fn assembled(names: &[&str]) -> (Vec<String>, Vec<PathBuf>, Vec<PathBuf>) {
        let row = |name: &&str| {
            let row = SIDECARS.iter().find(|row| row.text == *name).unwrap();
            (row.kind, Sidecar::new(row.role, name.into(), None), b"x".to_vec())
        };
        let mut kept = Vec::new();
        let (signatures, lone) = assemble(names.iter().map(row).collect(), |sidecar, _| {
            kept.push(sidecar.path.clone());
            Ok(())
        })
        .unwrap();
        let kinds = signatures.iter().map(|signature| signature.kind.to_string()).collect();
        (kinds, kept, lone)
    }

    #[test]
    fn each_file_but_those_of_a_pair_is_a_signature() {
        let (kinds, kept, lone) = assembled(&[".sigstore.json", ".sig", ".crt", ".provenance"]);
        assert_eq!(kinds, ["bundle", "pair", "provenance"]);
        assert_eq!(kept.len(), 4);
        assert!(lone.is_empty());
    }

    #[test]
    fn half_of_a_pair_is_neither_listed_nor_kept() {
        for name in [".sig", ".crt", ".pem"] {
            assert_eq!(assembled(&[name]), (Vec::new(), Vec::new(), vec![name.into()]));
        }
        assert!(assembled(&[".crt", ".pem"]).0.is_empty());
    }

    #[test]
    fn of_two_certificates_the_first_counts() {
        let (kinds, kept, _) = assembled(&[".sig", ".crt", ".pem"]);
        assert_eq!(kinds, ["pair"]);
        assert_eq!(kept, [PathBuf::from(".sig"), PathBuf::from(".crt")]);
        assert_eq!(SIDECARS[3].role, Role::Certificate);
    }
}
