//! The flags of a policy. Each is there once: a policy that overrides another is a mistake.

use pysign_cli::{Flag, Repeat};

const fn value(name: &'static str, value: &'static str, about: &'static str) -> Flag {
    Flag { name, short: None, value: Some(value), repeat: Repeat::Once, about, detail: "" }
}

const fn switch(name: &'static str, about: &'static str) -> Flag {
    Flag { name, short: None, value: None, repeat: Repeat::Last, about, detail: "" }
}

pub(crate) const IDENTITY: Flag = Flag {
    detail: "Compared byte for byte. GitLab's is https://gitlab.com/GROUP/PROJECT//\
             .gitlab-ci.yml@refs/heads/main, GitHub Actions' is https://github.com/OWNER/REPO/\
             .github/workflows/FILE@refs/tags/TAG, a person's is an e-mail address. It means \
             nothing without the issuer. If the certificate says that another repository was built \
             than the one that the name lies in, as with a reusable workflow, it is refused unless \
             --claim names that repository, by source-repository-uri or \
             source-repository-identifier.",
    ..value("identity", "ID", "Who must have signed: the name in the certificate")
};

pub(crate) const IDENTITY_REGEXP: Flag = Flag {
    detail: "The whole name must match; the syntax is that of the Rust crate regex-lite, with at \
             most 1024 bytes. An expression that is empty or matches the names of strangers is \
             exit 2.",
    ..value("identity-regexp", "RE", "Who may have signed: what the name must match")
};

pub(crate) const ISSUER: Flag = Flag {
    detail: "Compared byte for byte. GitLab's is https://gitlab.com, GitHub Actions' is \
             https://token.actions.githubusercontent.com. Beside --gitlab or --github it takes the \
             place of the usual issuer, as a private or test instance needs it.",
    ..value("issuer", "URL", "The OIDC issuer that must have vouched for the signer")
};

pub(crate) const ISSUER_REGEXP: Flag = Flag {
    detail: "As --identity-regexp.",
    ..value("issuer-regexp", "RE", "What the OIDC issuer must match")
};

pub(crate) const CERTIFICATE_IDENTITY: Flag =
    value("certificate-identity", "ID", "The same as --identity, as cosign spells it");

pub(crate) const CERTIFICATE_IDENTITY_REGEXP: Flag = value(
    "certificate-identity-regexp",
    "RE",
    "The same as --identity-regexp, as cosign spells it",
);

pub(crate) const CERTIFICATE_OIDC_ISSUER: Flag =
    value("certificate-oidc-issuer", "URL", "The same as --issuer, as cosign spells it");

pub(crate) const CERTIFICATE_OIDC_ISSUER_REGEXP: Flag = value(
    "certificate-oidc-issuer-regexp",
    "RE",
    "The same as --issuer-regexp, as cosign spells it",
);

pub(crate) const GITLAB: Flag = Flag {
    detail: "GROUP/PROJECT on gitlab.com, or https://HOST/GROUP/PROJECT. The certificate must be of \
             the issuer https://HOST, name the project's own pipeline definition on the ref of \
             --ref, and say that this project (source-repository-uri) was built on this ref \
             (source-repository-ref) by a push, web, api or schedule (build-trigger): a merge \
             request's or a child pipeline is refused. --claim build-trigger=VALUE replaces that \
             list.",
    ..value("gitlab", "PROJECT", "The GitLab project whose pipeline must have signed")
};

pub(crate) const CONFIG: Flag = Flag {
    detail: "Its path in the project, if that is not .gitlab-ci.yml. A definition in another \
             project is named by --identity and --claim source-repository-uri=URL instead.",
    ..value("config", "FILE", "The pipeline definition of --gitlab")
};

pub(crate) const GITHUB: Flag = Flag {
    detail: "The certificate must be of GitHub Actions' issuer, name a workflow of this repository \
             on the ref of --ref, and say that this repository (source-repository-uri) was built on \
             this ref (source-repository-ref) by a push, release, workflow_dispatch or schedule \
             (build-trigger). --claim build-trigger=VALUE replaces that list. A reusable workflow \
             of another repository is named by --identity and --claim \
             source-repository-uri=URL instead.",
    ..value("github", "OWNER/REPO", "The GitHub repository whose workflow must have signed")
};

pub(crate) const WORKFLOW: Flag = Flag {
    detail: "Its name in .github/workflows, such as release.yml. Without it, any workflow of the \
             repository may have signed.",
    ..value("workflow", "FILE", "The workflow of --github")
};

pub(crate) const REF: Flag = Flag {
    detail: "In full, since a tag and a branch may have one name: refs/tags/v1.0 or \
             refs/heads/main. {version} stands for the version of each file in its normal form, \
             and one * at the end of a tag for anything.",
    ..value("ref", "REF", "The git ref that --gitlab or --github must have been run on")
};

pub(crate) const CLAIM: Flag = Flag {
    repeat: Repeat::Many,
    detail: "NAME is Fulcio's name of a certificate extension in lower case with hyphens \
             (source-repository-uri, source-repository-ref, build-trigger, deployment-environment \
             and so on), or its object identifier. A certificate without the claim is refused. Each \
             NAME may be given once, and all must hold; it narrows another policy and is none by \
             itself.",
    ..value("claim", "NAME=VALUE", "What the certificate must say of the signer too")
};

pub(crate) const KEY: Flag = Flag {
    detail: "A file with one PUBLIC KEY block in PEM and nothing else: P-256, P-384, Ed25519 or RSA. \
             The signature must be in the transparency log all the same. It excludes every other \
             policy.",
    ..value("key", "FILE", "The key that must have signed, instead of a certificate")
};

pub(crate) const POLICY: Flag = Flag {
    detail: "JSON of the schema pysign-policy/1, for many projects at once; see POLICY FILES. Other \
             policies that are given must hold too.",
    ..value("policy", "FILE", "Who may sign which project, and what is required")
};

pub(crate) const SIGNED_AFTER: Flag = Flag {
    detail: "TIME is RFC 3339, as 2026-01-31T00:00:00Z. What counts is the earliest time that the \
             log or a time-stamp authority proves.",
    ..value("signed-after", "TIME", "Refuse what was signed before TIME")
};

pub(crate) const SIGNED_BEFORE: Flag =
    value("signed-before", "TIME", "Refuse what was signed after TIME");

pub(crate) const REQUIRE_TSA: Flag = Flag {
    detail: "The log's own word for the time is then not enough.",
    ..switch("require-tsa", "Refuse signatures without a time-stamp of an authority (RFC 3161)")
};

pub(crate) const PREDICATE_TYPE: Flag = Flag {
    repeat: Repeat::Many,
    detail: "At least one statement (in-toto) with a predicate of this type must be proven for every \
             file; given several times, one of each.",
    ..value(
        "predicate-type",
        "TYPE",
        "What must be stated of every file, such as \
             https://slsa.dev/provenance/v1",
    )
};

pub(crate) const PROJECT: Flag = Flag {
    detail: "By the name in each file, which its metadata must bear out. A file that is neither \
             wheel nor sdist is of no project.",
    ..value("project", "NAME==VERSION", "The release that every file must be of")
};

pub(crate) const ONLY: Flag = Flag {
    detail: "Of bundle, pair, attestation, statement, provenance and release, with commas. Other \
             signatures are left out of the manifest, and counted in a warning.",
    ..value("only", "KIND,...", "Look at these kinds of signatures alone")
};

pub(crate) const COMPLETE: Flag = Flag {
    detail: "Each file must have a proven release statement, and every file that one names must be \
             there with the same bytes. A release statement's predicate is in-toto's for releases, \
             https://in-toto.io/attestation/release/v0.2 or another version of it; what is said of \
             single files is none, whatever its name.",
    ..switch("complete", "Refuse a release of which a file is missing")
};
