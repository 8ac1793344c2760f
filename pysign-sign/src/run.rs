//! What `pysign-sign` does, in order.

use std::collections::BTreeSet;
use std::path::Path;

use pysign_attest::Certificate;
use pysign_cli::Input;
use pysign_host::{Failure, Host, remove_abandoned};
use pysign_http::Client;
use pysign_manifest::{Artifact, Manifest};
use pysign_sigstore::{Expected, Mismatch, Text, Unlogged, Verifier};

use crate::batch::{self, Unsigned};
use crate::flags::{Args, TOOL};
use crate::identity::Identity;
use crate::sidecars::{Signed, Wanted};
use crate::signer::{Signer, Trust};

pub(crate) fn run(args: Args, input: Input, host: &Host) -> Result<Option<Manifest>, Failure> {
    let mut release = input.release(&host.notes)?;
    release.single_release()?;
    forget_claims(&mut release);

    let client = Client::new(host, args.http)?;
    let identity = Identity::find(args.token_file.as_deref(), host, &client)?;
    let (root, services) = args.instance.load(&client, host)?;
    identity.check_consent(&services, args.public_log)?;
    let expected = Expected::exact(identity.name(), identity.issuer());
    let (unlogged, verifier) = (Unlogged::new(&root)?, Verifier::new(root)?);
    let trust = Trust { unlogged: &unlogged, verifier: &verifier, expected: &expected };

    let wanted = Wanted { verifier: &verifier, expected: &expected, pair: args.pair };
    let kept = look(&mut release, &wanted, host)?;
    let signer = Signer::new(&client, &services, &identity, &trust, host.clock);
    let mut files: Vec<_> = release.artifacts.iter_mut().zip(kept).collect();
    let outcomes = batch::work_on_each(args.jobs, &mut files, |(artifact, kept)| {
        let signature = if let Some(signature) = kept.take() {
            signature
        } else {
            host.notes.progress(format!("signing '{}'", artifact.filename));
            sign(artifact, &signer)?
        };
        wanted.put(artifact, &signature, host)?;
        if !signature.kept {
            let log = &services.log.url;
            host.notes.detail(format!("'{}' is signed and in '{log}'", artifact.filename));
        }
        Ok(claims_of(&signature, &identity)?)
    });
    let names = release.artifacts.iter().map(|artifact| artifact.filename.as_str());
    batch::tell_what_is_left(&outcomes, names, &host.notes);
    let claims: BTreeSet<String> = batch::all_or_failure(outcomes)?.into_iter().flatten().collect();
    release.add_tool(TOOL);
    host.notes.summary(verify_with(identity.name(), identity.issuer(), &claims));
    Ok(Some(release))
}

/// What others say they have proven is not handed on.
fn forget_claims(release: &mut Manifest) {
    for artifact in &mut release.artifacts {
        artifact.verified.clear();
    }
}

/// Every file is looked at before the first is signed: what is logged can't be taken back.
fn look(
    release: &mut Manifest,
    wanted: &Wanted<'_>,
    host: &Host,
) -> Result<Vec<Option<Signed>>, Failure> {
    tidy_up(release);
    Failure::collect(release.artifacts.iter_mut().map(|artifact| wanted.look(artifact, host)))
}

/// Removes what a run that was killed has left beside the files. Its signatures stay.
fn tidy_up(release: &Manifest) {
    let files = release.artifacts.iter().filter_map(|artifact| artifact.path().ok());
    let directories: BTreeSet<&Path> = files.filter_map(Path::parent).collect();
    for directory in directories {
        let here = directory.as_os_str().is_empty();
        remove_abandoned(if here { Path::new(".") } else { directory });
    }
}

/// Signs one file, and reads it again: one that changed meanwhile is not the one that was signed.
fn sign(artifact: &mut Artifact, signer: &Signer<'_>) -> Result<Signed, Unsigned> {
    let digest = artifact.hash().map_err(Unsigned::file)?;
    let signature = signer.sign(artifact.path().map_err(Unsigned::file)?, digest)?;
    artifact.hash().map_err(Unsigned::file)?;
    Ok(signature)
}

/// What a verifier demands beside identity and issuer: a reusable workflow's certificate is good for
/// a repository that is named.
fn claims_of(signature: &Signed, identity: &Identity<'_>) -> Result<Vec<String>, Failure> {
    let certificate = Certificate::from_pem(signature.certificate.as_bytes())?;
    let signer = Expected::new(Text::exact(identity.name()), Text::exact(identity.issuer()));
    Ok(signer.mismatches(&certificate).iter().filter_map(Mismatch::flag).collect())
}

/// What those who install the files have to type, for a POSIX shell.
fn verify_with(identity: &str, issuer: &str, claims: &BTreeSet<String>) -> String {
    let (identity, issuer) = (quoted(identity, true), quoted(issuer, false));
    let signer = format!("verify with: --identity {identity} --issuer {issuer}");
    claims.iter().fold(signer, |line, claim| format!("{line} {claim}"))
}

/// In single quotes, always or where the shell would read more than a word into it.
fn quoted(text: &str, always: bool) -> String {
    let is_word = text.chars().all(|c| c.is_ascii_alphanumeric() || "-._~:/@%+=,".contains(c));
    if is_word && !always && !text.is_empty() {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_closing_line_can_be_typed() {
        let identity = "https://gitlab.com/acme/demo//.gitlab-ci.yml@refs/tags/v1";
        assert_eq!(
            verify_with(identity, "https://gitlab.com", &BTreeSet::new()),
            "verify with: --identity 'https://gitlab.com/acme/demo//.gitlab-ci.yml@refs/tags/v1' \
             --issuer https://gitlab.com"
        );
    }

    #[test]
    fn a_shell_reads_nothing_into_a_name() {
        assert_eq!(quoted("it's $HOME", true), r"'it'\''s $HOME'");
        assert_eq!(quoted("https://a/;rm", false), "'https://a/;rm'");
    }
}
