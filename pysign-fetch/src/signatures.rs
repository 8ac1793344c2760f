//! The signatures of a file: those that are found beside it, or those that a manifest lists.

use std::path::{Path, PathBuf};

use pysign_host::{Failure, Group, Sha256};
use pysign_manifest::{
    Fetched, Published, RELEASE, SIDECARS, Sidecar, Signature, SignatureKind, sidecar_path,
};

use crate::Error;
use crate::select::{Wanted, is_new};
use crate::source::Source;

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

/// Asks for every name of the table, since nothing lists the signatures that exist.
fn found(
    wanted: &Wanted,
    source: &Source<'_>,
    group: &mut Group,
) -> Result<Vec<Signature>, Failure> {
    let package = wanted.artifact.path()?;
    let mut rows = Vec::new();
    let own = SIDECARS.iter().map(|row| (row, sidecar_path(package, row.text)));
    let of_release = wanted.artifact.release_path().map(|path| (&RELEASE, path));
    for (row, target) in own.chain(of_release).filter(|(row, _)| row.is_fetched) {
        let name = target.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let Some(location) = source.sidecars.locate(&wanted.file, name)? else { continue };
        let Some(bytes) = source.read(&location, Sidecar::MAX_BYTES)? else { continue };
        let mut sidecar = Sidecar::new(row.role, target, Some(Sha256::of(&bytes)));
        sidecar.fetched.push(fetched(source.shown(&location)));
        rows.push((row.kind, sidecar, bytes));
    }
    let (signatures, lone) = assemble(rows, |sidecar, bytes| {
        group.write(&sidecar.path, bytes)?;
        Ok(())
    })?;
    for path in lone {
        let said = format!("ignored '{}': the other file of the pair is missing", path.display());
        source.host.notes.warn("signature-incomplete", said);
    }
    Ok(signatures)
}

/// Groups files into signatures, in the order of their kinds. Of a certificate under two names the first
/// counts. Also gives the files whose other half is missing.
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
        // Under `--signatures none` nothing is fetched, and nothing is listed.
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
    let Some(location) = source.sidecars.locate(&wanted.file, name)? else { return Ok(false) };
    let place = source.shown(&location);
    let new = is_new(&sidecar.published, source);
    let bytes = source.patiently(new, || source.read(&location, Sidecar::MAX_BYTES))?;
    let bytes =
        bytes.ok_or_else(|| Error::Absent { filename: name.to_owned(), place: place.clone() })?;
    let found = Sha256::of(&bytes);
    let (target, url) = source.as_published(&location);
    let expected = expected(sidecar, target, &url);
    if let Some(first) = expected.first().filter(|_| !expected.contains(&found)) {
        let (expected, found) = (format!("sha256:{first}"), format!("sha256:{found}"));
        return Err(Error::OtherBytes { place, claimant: "manifest", expected, found }.into());
    }
    sidecar.path = output.with_file_name(name);
    sidecar.sha256 = Some(group.write(&sidecar.path, &bytes)?);
    let entry = fetched(place);
    if !sidecar.fetched.contains(&entry) {
        sidecar.fetched.push(entry);
    }
    Ok(true)
}

fn fetched(url: String) -> Fetched {
    Fetched { url: Some(url), ..Fetched::default() }
}

/// The digests that the manifest allows `sidecar` at `url`, of the target kind `target`. If publish
/// recorded this address, those recorded there, since a target keeps an older signature; if it recorded
/// only other addresses of this kind, any of theirs; if none, the sidecar's own.
fn expected(sidecar: &Sidecar, target: &str, url: &str) -> Vec<Sha256> {
    let noted = sidecar.published.iter().filter(|one| one.target.as_deref() == Some(target));
    let here: Vec<&Published> =
        noted.clone().filter(|one| one.url.as_deref() == Some(url)).collect();
    let noted = if here.is_empty() { noted.collect() } else { here };
    if noted.is_empty() {
        return sidecar.sha256.into_iter().collect();
    }
    let digest = |entry: &Published| entry.digests.as_ref()?.sha256;
    noted.into_iter().filter_map(|entry| digest(entry).or(sidecar.sha256)).collect()
}

#[cfg(test)]
mod tests {
    use pysign_manifest::{Digests, Role};

    use super::*;

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
    }

    #[test]
    fn what_was_noted_of_a_place_counts_there_and_nowhere_else() {
        let [own, a, b] = [b"own", b"aaa", b"bbb"].map(|bytes| Sha256::of(bytes));
        let mut sidecar = Sidecar::new(Role::Bundle, "x".into(), Some(own));
        assert_eq!(expected(&sidecar, "dir", "file:///a"), [own]);
        let note = |url: &str, sha256: Option<Sha256>| Published {
            target: Some("dir".to_owned()),
            url: Some(url.to_owned()),
            digests: sha256.map(|_| Digests { sha256, ..Digests::default() }),
            ..Published::default()
        };
        sidecar.published =
            vec![note("file:///a", Some(a)), note("file:///b", Some(b)), note("file:///c", None)];
        assert_eq!(expected(&sidecar, "dir", "file:///a"), [a]);
        assert_eq!(expected(&sidecar, "dir", "file:///b"), [b]);
        assert_eq!(expected(&sidecar, "dir", "file:///c"), [own]);
        assert_eq!(expected(&sidecar, "dir", "file:///d"), [a, b, own]);
        assert_eq!(expected(&sidecar, "gitlab", "file:///a"), [own]);
    }
}
