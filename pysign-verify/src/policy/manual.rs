//! What the man page says of policies. Each command in it is run by a test, as it stands.

/// One policy of each form, by what it is for.
pub(crate) const POLICIES: &str = "\
A policy says whose signatures count. It is one of the following, and if several are given, all must \
hold. What is less is exit 2. A further option can only refuse more, but for three that say so: \
--issuer and --claim build-trigger=VALUE beside a project take the place of what is usual, and --only \
leaves signatures out.

A project on GitLab, released by tags that carry the version of each file:

  pysign-verify dist --gitlab acme/demo --ref 'refs/tags/v{version}'

The same with a pipeline definition of another name, and any tag that begins with v:

  pysign-verify dist --gitlab https://gitlab.com/acme/demo --config ci/release.yml --ref 'refs/tags/v*'

A repository on GitHub, released by one workflow from its main branch:

  pysign-verify dist --github acme/demo --workflow release.yml --ref refs/heads/main

A reusable workflow of another repository: its name is in the certificate, so the repository that was \
built is named by a claim:

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

A pipeline that GitLab runs for another pipeline, which the usual triggers leave out:

  pysign-verify dist --gitlab acme/demo --ref refs/heads/main --claim build-trigger=parent_pipeline

A protected environment, by the object identifier of the claim:

  pysign-verify dist --gitlab acme/demo --ref refs/heads/main --claim 1.3.6.1.4.1.57264.1.23=production

A key:

  pysign-verify dist --key release.pub

A policy file, which is reviewed like code:

  pysign-verify dist --policy policy.json

The following narrow a policy. A time window, and a time that an authority vouches for:

  pysign-verify dist --gitlab acme/demo --ref refs/heads/main --signed-after 2020-01-01T00:00:00Z --signed-before 2099-12-31T23:59:59Z --require-tsa

One release, with the provenance of each file:

  pysign-verify dist --gitlab acme/demo --ref refs/heads/main --project demo-offline==1.0.0 --predicate-type https://slsa.dev/provenance/v1

One kind of signature, whatever else lies there:

  pysign-verify dist --gitlab acme/demo --ref refs/heads/main --only bundle

A whole release and nothing beside it:

  pysign-verify dist --gitlab acme/demo --ref refs/heads/main --complete";

/// The form of `--policy`, with an example that has every member.
pub(crate) const POLICY_FILES: &str = "\
A policy file is JSON of the schema pysign-policy/1. Each entry of projects is about the wheels and \
sdists of a project, by its name, or about other files, by theirs (file; of a digest without a file it \
is sha256:HEX). A name may end in *. The entry with the most exact name counts and no other; a file \
that none covers is refused.

Every signature must be of one of the signers. A signer has identity or identity_regexp with issuer or \
issuer_regexp; or gitlab or github with ref, and perhaps config or workflow and issuer; each perhaps \
with claims, of which each is a value or a list of them; or it is a key in PEM. They mean what the \
options of these names mean.

Every file must have what require lists: kinds of signatures (bundle, pair, attestation, statement, \
provenance, release) and types of predicates.

A file whose SHA-256 is in sha256 needs no signature, unless an option asks for one: another policy, \
--claim, --predicate-type, --require-tsa, --signed-after or --signed-before. If it has any, they are \
judged like others.

What is unknown, empty or there twice is exit 3.

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
