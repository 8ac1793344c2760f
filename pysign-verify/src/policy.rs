//! Whose signatures count. Nothing passes vacuously: without both halves of a signer there is no
//! policy, and without a policy nothing is verified.

use pysign_cli::{Matches, Usage};
use pysign_sigstore::Expected;

/// Our spelling of each half, and cosign's.
const IDENTITY: [&str; 2] = ["identity", "certificate-identity"];
const ISSUER: [&str; 2] = ["issuer", "certificate-oidc-issuer"];

/// The signer that the command line names.
pub(crate) fn expected(m: &Matches) -> Result<Expected, Usage> {
    let missing = |what, hint: &str| Usage::Missing { what, hint: hint.to_owned() };
    match (one(m, IDENTITY)?, one(m, ISSUER)?) {
        (Some(identity), Some(issuer)) => Ok(Expected { identity, issuer }),
        (Some(_), None) => Err(missing("the issuer of the identity", "--issuer URL")),
        (None, Some(_)) => Err(missing("the identity of the issuer", "--identity ID")),
        (None, None) => Err(missing("a policy", "--identity ID --issuer URL")),
    }
}

/// The value of a flag with two spellings, of which one is used.
fn one(m: &Matches, [ours, cosign]: [&'static str; 2]) -> Result<Option<String>, Usage> {
    let (flag, value) = match (m.text(ours)?, m.text(cosign)?) {
        (Some(_), Some(_)) => return Err(Usage::Conflict { a: ours, b: cosign }),
        (Some(value), None) => (ours, value),
        (None, Some(value)) => (cosign, value),
        (None, None) => return Ok(None),
    };
    if value.is_empty() {
        let reason = "it is empty".to_owned();
        return Err(Usage::Invalid { flag, value: String::new(), reason });
    }
    Ok(Some(value.to_owned()))
}
