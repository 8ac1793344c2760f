//! Who a token speaks for, as the public Fulcio's configuration writes it into certificates
//! (sigstore/fulcio, `config/identity/config.yaml`; the kinds without a template are in
//! `pkg/identity`). A token of another kind is refused: nobody could tell whether the certificate
//! for it is the right one.

use serde_json::Value;

use super::error::Unfit;
use super::jwt::{Claims, text};

/// The holder of a token.
pub(super) struct Holder<'a> {
    /// The subject alternative name of the certificate.
    pub(super) identity: String,
    /// What the proof of possession signs.
    pub(super) subject: String,
    /// The repository that the certificate must name, where the name is that of a workflow which other
    /// repositories may call.
    pub(super) source: Option<String>,
    /// Who may see the project; unknown to most systems.
    pub(super) visibility: Option<&'a str>,
}

impl<'a> Holder<'a> {
    pub(super) fn of(claims: &'a Claims) -> Result<Self, Unfit> {
        let has = |name| claims.contains_key(name);
        if has("project_path") && has("pipeline_source") {
            Self::gitlab(claims)
        } else if has("repository") && has("workflow_ref") {
            Self::github(claims)
        } else if has("organization_slug") && has("pipeline_slug") {
            Self::buildkite(claims)
        } else if has("oidc.circleci.com/project-id") {
            Self::circleci(claims)
        } else if has("account_id") && has("pipeline_id") {
            Self::codefresh(claims)
        } else if has("kubernetes.io") {
            Self::kubernetes(claims)
        } else if has("email") {
            Self::email(claims)
        } else {
            Self::workload(claims)
        }
    }

    /// For a URI, whose possession is proven by a signature over the token's subject.
    fn uri(claims: &'a Claims, uri: String) -> Result<Self, Unfit> {
        let identity = pysign_ci::san_uri(&uri).ok_or(Unfit::Name(uri))?;
        let subject = text(claims, "sub")?.to_owned();
        Ok(Self { identity, subject, source: None, visibility: None })
    }

    /// GitLab leaves `ci_config_ref_uri` out when the pipeline's definition is not in the project,
    /// and Fulcio then gives no certificate.
    fn gitlab(claims: &'a Claims) -> Result<Self, Unfit> {
        let visibility = claims.get("project_visibility").and_then(Value::as_str);
        let identity = format!("https://{}", text(claims, "ci_config_ref_uri")?);
        Ok(Self { visibility, ..Self::uri(claims, identity)? })
    }

    fn github(claims: &'a Claims) -> Result<Self, Unfit> {
        let visibility = claims.get("repository_visibility").and_then(Value::as_str);
        let identity = format!("https://github.com/{}", text(claims, "job_workflow_ref")?);
        let source = Some(format!("https://github.com/{}", text(claims, "repository")?));
        Ok(Self { source, visibility, ..Self::uri(claims, identity)? })
    }

    fn buildkite(claims: &'a Claims) -> Result<Self, Unfit> {
        let (organization, pipeline) =
            (text(claims, "organization_slug")?, text(claims, "pipeline_slug")?);
        Self::uri(claims, format!("https://buildkite.com/{organization}/{pipeline}"))
    }

    /// Fulcio takes a missing number for an empty one; we don't.
    fn circleci(claims: &'a Claims) -> Result<Self, Unfit> {
        let project = text(claims, "oidc.circleci.com/project-id")?;
        let definition = text(claims, "oidc.circleci.com/pipeline-definition-id")?;
        let api = "https://circleci.com/api/v2";
        Self::uri(claims, format!("{api}/projects/{project}/pipeline-definitions/{definition}"))
    }

    fn codefresh(claims: &'a Claims) -> Result<Self, Unfit> {
        let platform = text(claims, "platform_url").unwrap_or("https://g.codefresh.io");
        let (account, name) = (text(claims, "account_name")?, text(claims, "pipeline_name")?);
        let (account_id, id) = (text(claims, "account_id")?, text(claims, "pipeline_id")?);
        Self::uri(claims, format!("{platform}/{account}/{name}:{account_id}/{id}"))
    }

    /// A service account's token, projected into a pod.
    fn kubernetes(claims: &'a Claims) -> Result<Self, Unfit> {
        let unfit = || Unfit::Claim("kubernetes.io");
        let inner = claims.get("kubernetes.io").ok_or_else(unfit)?;
        let name = |path| inner.pointer(path).and_then(Value::as_str).ok_or_else(unfit);
        let (namespace, account) = (name("/namespace")?, name("/serviceaccount/name")?);
        let base = "https://kubernetes.io/namespaces";
        Self::uri(claims, format!("{base}/{namespace}/serviceaccounts/{account}"))
    }

    /// A person's, or a service account's of Google.
    fn email(claims: &'a Claims) -> Result<Self, Unfit> {
        let email = text(claims, "email")?;
        // Some providers write it as a text.
        match claims.get("email_verified").map(Value::to_string).as_deref() {
            Some("true" | "\"true\"") => {
                let (identity, subject) = (email.to_owned(), email.to_owned());
                Ok(Self { identity, subject, source: None, visibility: None })
            }
            _ => Err(Unfit::EmailUnverified),
        }
    }

    /// A SPIFFE ID stands for itself.
    fn workload(claims: &'a Claims) -> Result<Self, Unfit> {
        match text(claims, "sub") {
            Ok(subject) if subject.starts_with("spiffe://") => {
                Self::uri(claims, subject.to_owned())
            }
            _ => Err(Unfit::Kind),
        }
    }
}
