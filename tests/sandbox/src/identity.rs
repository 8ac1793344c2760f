//! What a checked token becomes in a certificate: the name, and Fulcio's extensions by the
//! templates of its own configuration (sigstore/fulcio, `docs/oid-info.md`).

use der::Encode as _;
use der::asn1::{Ia5String, ObjectIdentifier, OctetString, Utf8StringRef};
use x509_cert::ext::Extension;
use x509_cert::ext::pkix::name::GeneralName;

use crate::Error;
use crate::claims::Issuer;
use crate::http::Refused;
use crate::http::refused;
use crate::oidc::Token;

pub(crate) const FULCIO: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.4.1.57264.1");

/// Who a certificate is for.
#[derive(Debug)]
pub(crate) struct Identity {
    /// What the proof of possession is a signature over.
    pub(crate) challenge: String,
    pub(crate) san: GeneralName,
    /// The last number of each extension's OID, and its text, in order.
    pub(crate) claims: Vec<(u32, String)>,
}

impl Identity {
    pub(crate) fn new(token: &Token) -> Result<Self, Refused> {
        let claim = |name: &str| token.claim(name).map(str::to_owned);
        let (challenge, san, mut claims) = match token.issuer {
            Issuer::Email | Issuer::Google if !token.email_is_verified() => {
                return Err(refused("the token's address is not verified"));
            }
            Issuer::Email | Issuer::Google => {
                let address = claim("email")?;
                (address.clone(), GeneralName::Rfc822Name(Ia5String::new(&address)?), Vec::new())
            }
            Issuer::Buildkite => {
                let (pipeline, claims) = buildkite(token)?;
                (claim("sub")?, uri(&pipeline)?, claims)
            }
            Issuer::CircleCi => {
                let (definition, claims) = circleci(token)?;
                (claim("sub")?, uri(&definition)?, claims)
            }
            Issuer::GitHub => {
                let claims = github(token)?;
                (claim("sub")?, uri(&format!("{GITHUB}/{}", claim("job_workflow_ref")?))?, claims)
            }
            Issuer::GitLab | Issuer::SecondGitLab => {
                let claims = gitlab(token)?;
                (claim("sub")?, uri(&format!("https://{}", claim("ci_config_ref_uri")?))?, claims)
            }
        };
        claims.extend([(1, claim("iss")?), (8, claim("iss")?)]);
        if !matches!(token.issuer, Issuer::Email | Issuer::Google) {
            claims.push((24, claim("sub")?));
        }
        if let Ok(environment) = claim("environment") {
            claims.push((23, environment));
        }
        claims.sort();
        Ok(Self { challenge, san, claims })
    }

    pub(crate) fn extensions(&self) -> Result<Vec<Extension>, Error> {
        self.claims.iter().map(|(number, text)| extension(*number, text)).collect()
    }
}

/// 1.3.6.1.4.1.57264.1.N: the bare text below 8, a DER `UTF8String` from 8 on.
pub(crate) fn extension(number: u32, text: &str) -> Result<Extension, Error> {
    let bytes = match number {
        ..8 => text.as_bytes().to_vec(),
        8.. => Utf8StringRef::new(text)?.to_der()?,
    };
    let extn_id =
        FULCIO.push_arc(number).map_err(|_| der::Error::from(der::ErrorKind::Overflow))?;
    Ok(Extension { extn_id, critical: false, extn_value: OctetString::new(bytes)? })
}

const GITHUB: &str = "https://github.com";

fn github(token: &Token) -> Result<Vec<(u32, String)>, Refused> {
    let claim = |name: &str| token.claim(name).map(str::to_owned);
    let project = format!("{GITHUB}/{}", claim("repository")?);
    let run = format!("{}/attempts/{}", claim("run_id")?, claim("run_attempt")?);
    Ok(vec![
        (2, claim("event_name")?),
        (3, claim("sha")?),
        (4, claim("workflow")?),
        (5, claim("repository")?),
        (6, claim("ref")?),
        (9, format!("{GITHUB}/{}", claim("job_workflow_ref")?)),
        (10, claim("job_workflow_sha")?),
        (11, claim("runner_environment")?),
        (12, project.clone()),
        (13, claim("sha")?),
        (14, claim("ref")?),
        (15, claim("repository_id")?),
        (16, format!("{GITHUB}/{}", claim("repository_owner")?)),
        (17, claim("repository_owner_id")?),
        (18, format!("{GITHUB}/{}", claim("workflow_ref")?)),
        (19, claim("workflow_sha")?),
        (20, claim("event_name")?),
        (21, format!("{project}/actions/runs/{run}")),
        (22, claim("repository_visibility")?),
    ])
}

/// The pipeline, and what else is known of a job of Buildkite's.
fn buildkite(token: &Token) -> Result<(String, Vec<(u32, String)>), Refused> {
    let claim = |name: &str| token.claim(name).map(str::to_owned);
    let pipeline = format!(
        "https://buildkite.com/{}/{}",
        claim("organization_slug")?,
        claim("pipeline_slug")?
    );
    let run = format!("{pipeline}/builds/{}#{}", token.number("build_number")?, claim("job_id")?);
    let claims = vec![
        (11, claim("runner_environment")?),
        (13, claim("build_commit")?),
        (20, claim("build_source")?),
        (21, run),
    ];
    Ok((pipeline, claims))
}

/// The definition of the pipeline, and what else is known of a job of `CircleCI`'s.
fn circleci(token: &Token) -> Result<(String, Vec<(u32, String)>), Refused> {
    let claim = |name: &str| token.claim(&format!("oidc.circleci.com/{name}")).map(str::to_owned);
    let api = "https://circleci.com/api/v2";
    let definition = format!(
        "{api}/projects/{}/pipeline-definitions/{}",
        claim("project-id")?,
        claim("pipeline-definition-id")?
    );
    let (workflow, job) = (claim("workflow-id")?, claim("job-id")?);
    let claims = vec![
        (9, definition.clone()),
        // Fulcio's template writes two quotation marks for a job that is no repetition over SSH.
        (11, "\"\"".to_owned()),
        (12, claim("vcs-origin")?),
        (14, claim("vcs-ref")?),
        (18, format!("{api}/pipeline/{}/config", claim("pipeline-id")?)),
        (21, format!("https://app.circleci.com//workflow/{workflow}/job/{job}")),
    ];
    Ok((definition, claims))
}

fn gitlab(token: &Token) -> Result<Vec<(u32, String)>, Refused> {
    let claim = |name: &str| token.claim(name).map(str::to_owned);
    let config = claim("ci_config_ref_uri")?;
    // The instance: Fulcio's configuration has it as a constant of the issuer.
    let host = format!("https://{}", config.split('/').next().unwrap_or_default());
    let config = format!("https://{config}");
    let project = format!("{host}/{}", claim("project_path")?);
    let kind = if token.claim("ref_type")? == "branch" { "heads" } else { "tags" };
    Ok(vec![
        (9, config.clone()),
        (10, claim("ci_config_sha")?),
        (11, claim("runner_environment")?),
        (12, project.clone()),
        (13, claim("sha")?),
        (14, format!("refs/{kind}/{}", claim("ref")?)),
        (15, claim("project_id")?),
        (16, format!("{host}/{}", claim("namespace_path")?)),
        (17, claim("namespace_id")?),
        (18, config),
        (19, claim("ci_config_sha")?),
        (20, claim("pipeline_source")?),
        (21, format!("{project}/-/jobs/{}", claim("job_id")?)),
        (22, claim("project_visibility")?),
    ])
}

/// Fulcio reads the name as a URL and writes that; the extensions have it as the token does.
fn uri(text: &str) -> Result<GeneralName, Refused> {
    let name = pysign_ci::san_uri(text).ok_or_else(|| refused("the name is not a URL"))?;
    Ok(GeneralName::UniformResourceIdentifier(Ia5String::new(&name)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::claims::TokenClaims;
    use crate::clock::Clock;
    use crate::oidc::tests::oidc;

    fn identity(claims: &TokenClaims) -> Result<Identity, Refused> {
        let oidc = oidc();
        let token = oidc.verify(&oidc.mint(claims).unwrap(), Clock::default().unix()).unwrap();
        Identity::new(&token)
    }

    fn numbers(identity: &Identity) -> Vec<u32> {
        identity.claims.iter().map(|(number, _)| *number).collect()
    }

    #[test]
    fn a_gitlab_pipeline_is_named_by_its_definition() {
        let identity = identity(&TokenClaims::gitlab().tag("v1").environment("pypi")).unwrap();
        let config = "https://127.0.0.1:4000/acme/demo//.gitlab-ci.yml@refs/tags/v1";
        assert_eq!(identity.san, uri(config).unwrap());
        let claim = |number| {
            let found = identity.claims.iter().find(|(known, _)| *known == number);
            found.map(|(_, text)| text.as_str())
        };
        assert_eq!(claim(12), Some("https://127.0.0.1:4000/acme/demo"));
        assert_eq!(claim(14), Some("refs/tags/v1"));
        assert_eq!(claim(20), Some("push"));
        assert_eq!(claim(23), Some("pypi"));
        assert_eq!((claim(1), claim(8)), (claim(8), Some("http://127.0.0.1:4000")));
        assert_eq!(claim(24), Some(identity.challenge.as_str()));
    }

    #[test]
    fn every_issuer_has_its_extensions_in_order() {
        let gitlab = identity(&TokenClaims::gitlab()).unwrap();
        let from_8: Vec<_> = (8..=22).chain([24]).collect();
        assert_eq!(numbers(&gitlab), [[1].as_slice(), &from_8].concat());
        let github = identity(&TokenClaims::github()).unwrap();
        assert_eq!(numbers(&github), [[1, 2, 3, 4, 5, 6].as_slice(), &from_8].concat());
        let email = identity(&TokenClaims::email("a@b.example")).unwrap();
        assert_eq!(numbers(&email), [1, 8]);
        assert_eq!(email.challenge, "a@b.example");
        let google = identity(&TokenClaims::google()).unwrap();
        assert_eq!(numbers(&google), [1, 8]);
        let buildkite = identity(&TokenClaims::buildkite()).unwrap();
        assert_eq!(numbers(&buildkite), [1, 8, 11, 13, 20, 21, 24]);
        assert_eq!(buildkite.san, uri("https://buildkite.com/acme/demo").unwrap());
        let circleci = identity(&TokenClaims::circleci()).unwrap();
        assert_eq!(numbers(&circleci), [1, 8, 9, 11, 12, 14, 18, 21, 24]);
    }

    #[test]
    fn a_missing_claim_and_an_unverified_address_are_refused() {
        let error = identity(&TokenClaims::gitlab().without("project_id")).unwrap_err();
        assert!(error.0.contains("project_id"));
        let unverified = TokenClaims::email("a@b").claim("email_verified", false);
        assert!(identity(&unverified).unwrap_err().0.contains("not verified"));
    }

    #[test]
    fn old_extensions_are_bare_and_new_ones_are_der() {
        assert_eq!(extension(1, "ab").unwrap().extn_value.as_bytes(), b"ab");
        assert_eq!(extension(8, "ab").unwrap().extn_value.as_bytes(), b"\x0c\x02ab");
    }
}
