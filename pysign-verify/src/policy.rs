//! Whose signatures count. Nothing passes vacuously: without both halves of a signer there is no
//! policy, and without a policy nothing is verified.

use pysign_cli::{Matches, Usage};
use pysign_sigstore::{Expected, Text};

/// Our spelling of each half, and cosign's.
const IDENTITY: [&str; 2] = ["--identity", "--certificate-identity"];
const ISSUER: [&str; 2] = ["--issuer", "--certificate-oidc-issuer"];

/// What a GitLab project's signer looks like.
const AN_IDENTITY: &str =
    "--identity 'https://gitlab.com/GROUP/PROJECT//.gitlab-ci.yml@refs/heads/main'";
const AN_ISSUER: &str = "--issuer https://gitlab.com";

/// The signer that the command line names.
pub(crate) fn expected(m: &Matches) -> Result<Expected, Usage> {
    let missing = |what, hint: String| Err(Usage::Missing { what, hint });
    match (one(m, IDENTITY)?, one(m, ISSUER)?) {
        (Some(identity), Some(issuer)) => {
            Ok(Expected::new(Text::exact(&identity), Text::exact(&issuer)))
        }
        (Some(_), None) => missing("the identity's issuer", format!("to name it: {AN_ISSUER}")),
        (None, Some(_)) => missing("the signer's identity", format!("to name it: {AN_IDENTITY}")),
        (None, None) => missing("a policy", format!("to name a signer: {AN_IDENTITY} {AN_ISSUER}")),
    }
}

/// The value of a flag, in one of its two spellings. An empty one would be no policy.
fn one(m: &Matches, [ours, cosign]: [&'static str; 2]) -> Result<Option<String>, Usage> {
    let given = |flag: &'static str| m.text(flag.trim_start_matches('-'));
    let (flag, value) = match (given(ours)?, given(cosign)?) {
        (Some(_), Some(_)) => {
            return Err(Usage::Conflict { a: ours.to_owned(), b: cosign.to_owned() });
        }
        (Some(value), None) => (ours, value),
        (None, Some(value)) => (cosign, value),
        (None, None) => return Ok(None),
    };
    if value.is_empty() {
        let reason = "it is empty".to_owned();
        return Err(Usage::Invalid { flag: flag.to_owned(), value: String::new(), reason });
    }
    Ok(Some(value.to_owned()))
}
