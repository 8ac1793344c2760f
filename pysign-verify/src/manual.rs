//! What the man page says of signatures and policies. Each command in it is run by a test, as it
//! stands.

/// What holds when a signature does.
pub(crate) const PROOFS: &str = "\
A signature is valid if its key has made it over the file, or over an in-toto statement about the file; \
if that key is the one of --key, or that of a certificate from an authority of the trusted root, which \
was valid then; and if it is in a log of the trusted root: with a proof, a checkpoint and, in Rekor v1, \
the log's promise. Each of its times must be proven too, and certificate, authority and log must have been \
valid then, the first and the last second included. Anything in it that is not proven is refused.

A file that begins like a DSSE pre-authentication encoding ('DSSEv1 ') is refused: its signature could \
be taken for one over a statement.

A statement is about a file if one of its subjects has the file's SHA-256; for a wheel or an sdist, \
the same subject must also have the file's name. Digests of other algorithms are ignored.

The name and version of a wheel or an sdist are those of its METADATA or PKG-INFO. A file with another \
name is refused if an installer would read a project and a version from it (demo-1.0.zip, \
demo-1.0.TGZ), or if it is an archive that holds METADATA or PKG-INFO.

SLSA provenance (https://slsa.dev/provenance/v1) of a wheel or an sdist names the repository and the \
commit of its certificate: among the resolvedDependencies, or as externalParameters.source, and by no \
other name in externalParameters. If the certificate lacks one of the two, its provenance is refused. With --key, the key \
speaks for itself.";

/// The forms by their names beside a file, and what of each is proven by what.
pub(crate) const SIGNATURES: &str = "\
A signature is found by its name beside its file F, or is listed in the manifest under that name. \
Each must be of the kind (in brackets) that its name is for; each must be valid; and each file must \
have at least one:

  F.sigstore.json          a Sigstore bundle over F (bundle)
  F.sigstore               the same under an older name
  F.sig, F.crt or F.pem    a signature and its certificate (pair)
  F.publish.attestation    an attestation of PEP 740 (attestation)
  F.slsa.attestation       another one (attestation)
  F.provenance             an index's provenance object of PEP 740 (provenance)
  F.statement.sigstore.json
                           a bundle over a statement about F (statement)
  NAME-VERSION.release.sigstore.json
                           a bundle over a statement about all files of a release (release)

All but pairs come with their log entry and the proof that it is in the log. A pair with the signature \
and the certificate of the bundle beside it is proven by that bundle; a pair that differs from the \
bundle is refused. Where there is no bundle, the log is searched for an entry with this signature, \
certificate and digest. What cosign up to version 2 writes for --bundle is read as a bundle; it has no \
proof that its entry is in the log, so the log is asked for one. Answers of a log are verified like \
everything else; under --offline they can't be had, which is exit 4.

Every attestation in a provenance object must be valid; its publisher is ignored, since only the index \
says so.

Of each signature that is proven, the manifest's verified has the kind; the digest of the signature; \
identity, issuer and claims of the certificate, or the digest of the key; the earliest time that is \
proven, and all that are; log and index; the predicate type of a statement; and where the trusted root \
came from.";

/// One policy of each form, by what it is for.
pub(crate) const POLICIES: &str = "\
A policy says whose signatures count. It is one of the following, and if several are given, all must \
hold (--key can't be combined); without one it is exit 2. Further options narrow a policy, with three exceptions: --issuer and \
--claim build-trigger=VALUE replace the defaults of --gitlab and --github, and --only leaves \
signatures out.

The certificate of a GitLab pipeline or a GitHub workflow must also say what started it \
(build-trigger), under every policy: push, web, api or schedule on GitLab; push, release, \
workflow_dispatch or schedule on GitHub. A fork's merge request can have the same identity as its \
target's pipeline. --claim build-trigger=VALUE accepts a different trigger.

Fulcio escapes characters in an identity that a URL can't have. Where the identity of a policy has \
such characters, or a %, the certificate's build-signer-uri must equal it unescaped.

A project on GitLab, released by tags that carry the version of each file:

  pysign-verify dist --gitlab acme/demo --ref 'refs/tags/v{version}'

The same with a pipeline definition of another name, and any tag that begins with v:

  pysign-verify dist --gitlab https://gitlab.com/acme/demo --config ci/release.yml --ref 'refs/tags/v*'

A repository on GitHub, released by one workflow from its main branch:

  pysign-verify dist --github acme/demo --workflow release.yml --ref refs/heads/main

A reusable workflow of another repository: the certificate has its identity, so a claim names the \
repository that was built:

  pysign-verify dist --identity https://github.com/acme/workflows/.github/workflows/release.yml@refs/tags/v1 --issuer https://token.actions.githubusercontent.com --claim source-repository-uri=https://github.com/acme/demo

A person:

  pysign-verify dist --identity alice@example.org --issuer https://accounts.google.com

Any person of an organisation; the whole name must match:

  pysign-verify dist --identity-regexp '[a-z.]+@example\\.org' --issuer https://accounts.google.com

An issuer that has several addresses:

  pysign-verify dist --identity alice@example.org --issuer-regexp 'https://login[0-9]\\.example\\.org'

As cosign spells it:

  pysign-verify dist --certificate-identity-regexp 'https://gitlab\\.com/acme/demo//.*@refs/tags/.*' --certificate-oidc-issuer https://gitlab.com

A private GitLab, whose tokens have an issuer of another address:

  pysign-verify dist --gitlab https://git.example.org/acme/demo --issuer https://oidc.example.org --ref refs/heads/main

A child pipeline, which the default triggers leave out:

  pysign-verify dist --gitlab acme/demo --ref refs/heads/main --claim build-trigger=parent_pipeline

A protected environment, by the object identifier of the claim:

  pysign-verify dist --gitlab acme/demo --ref refs/heads/main --claim 1.3.6.1.4.1.57264.1.23=production

A key:

  pysign-verify dist --key release.pub

A policy file, which is reviewed like code:

  pysign-verify dist --policy policy.json

The following narrow a policy. A time window, and a timestamp of an authority:

  pysign-verify dist --gitlab acme/demo --ref refs/heads/main --signed-after 2020-01-01T00:00:00Z --signed-before 2099-12-31T23:59:59Z --require-tsa

One release, with the provenance of each file:

  pysign-verify dist --gitlab acme/demo --ref refs/heads/main --project demo-offline==1.0.0 --predicate-type https://slsa.dev/provenance/v1

One kind of signature, and no other:

  pysign-verify dist --gitlab acme/demo --ref refs/heads/main --only bundle

A whole release, with no file missing and none added:

  pysign-verify dist --gitlab acme/demo --ref refs/heads/main --complete";

/// The form of `--policy`, with an example that has every member.
pub(crate) const POLICY_FILES: &str = "\
A policy file is JSON of the schema pysign-policy/1. Each entry of projects covers the wheels and sdists \
of the project that it names (project), or other files by their names (file; for --digest, \
sha256:HEX). A name may end in *. Only the entry with the most specific name applies; a file that no \
entry covers is refused.

Every signature must be by one of the signers. A signer has identity or identity_regexp with issuer or \
issuer_regexp; or gitlab or github with ref, and perhaps config or workflow and issuer; each perhaps \
with claims, of which each is a value or a list of them; or it is a key in PEM. They mean what the \
options of these names mean.

Every file must have what require lists: kinds of signatures (bundle, pair, attestation, statement, \
provenance, release) and types of predicates.

A file whose SHA-256 is in sha256 needs no signature, unless an option asks for one: another policy, \
--claim, --predicate-type, --require-tsa, --signed-after or --signed-before. If it has any, they are \
judged like others.

Unknown, empty and repeated members are exit 3.

  {\"schema\": \"pysign-policy/1\",
   \"projects\": [
     {\"project\": \"demo-*\",
      \"signers\": [
        {\"gitlab\": \"acme/demo\", \"ref\": \"refs/tags/v{version}\", \"config\": \".gitlab-ci.yml\",
         \"claims\": {\"build-trigger\": [\"push\", \"web\"]}},
        {\"github\": \"acme/demo\", \"ref\": \"refs/tags/*\", \"workflow\": \"release.yml\"},
        {\"identity\": \"alice@example.org\", \"issuer\": \"https://accounts.google.com\"},
        {\"identity_regexp\": \"[a-z]+@example\\\\.com\", \"issuer_regexp\": \"https://login\\\\.example\\\\.com/.*\"}],
      \"require\": [\"bundle\"]},
     {\"project\": \"legacy\",
      \"sha256\": [\"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad\"]},
     {\"file\": \"checksums.txt\",
      \"signers\": [
        {\"key\": \"-----BEGIN PUBLIC KEY-----\\nMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEfydnyPOHwdJg+NHhloN8cNJmKlt2\\nZ4h/1fLoUXnVnj8mtaGeNmfSFzXkZi8swkOm5MvfuubxeIccGRKGmjCw5A==\\n-----END PUBLIC KEY-----\\n\"}]}]}";

#[cfg(test)]
mod tests {
    use pysign_manifest::SIDECARS;

    use super::*;

    #[test]
    fn every_name_and_kind_of_a_sidecar_is_there() {
        for row in &SIDECARS {
            let kind = row.kind.to_string();
            assert!(
                SIGNATURES.contains(&format!("F{} ", row.text)) || has_line(row.text),
                "{kind}"
            );
            assert!(SIGNATURES.contains(&format!("({kind})")), "{kind}");
        }
    }

    /// Alone in a line, or before a comma.
    fn has_line(suffix: &str) -> bool {
        let alone = |end| SIGNATURES.contains(&format!("F{suffix}{end}"));
        alone("\n") || alone(",")
    }
}
