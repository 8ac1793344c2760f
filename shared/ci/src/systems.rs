//! The CI systems whose jobs have an identity: one row says all that is particular to a system, and to
//! add one is to add a row.

use pysign_host::{Env, METADATA_SERVER, is_metadata_server, percent_encode};

use crate::source::{Request, Source, id_token_variable};
use crate::system::{Claims, NO_CLAIMS, NOTHING, Preset, System};
use crate::{Error, Project, Repository};

/// GitLab, gitlab.com or another instance. It leaves `ci_config_ref_uri` out when the pipeline's
/// definition is not in the project, and Fulcio then gives no certificate.
pub static GITLAB: System = System {
    name: "GitLab",
    mark: Some("GITLAB_CI"),
    grant: "in the job of .gitlab-ci.yml: id_tokens: {SIGSTORE_ID_TOKEN: {aud: sigstore}}",
    environment: (
        "GITLAB_CI",
        "In a job of GitLab, an error about a missing token says what to add to the job",
    ),
    secrets: &[
        "CI_BUILD_TOKEN",
        "CI_DEPENDENCY_PROXY_PASSWORD",
        "CI_DEPLOY_PASSWORD",
        "CI_JOB_JWT",
        "CI_JOB_JWT_V1",
        "CI_JOB_JWT_V2",
        "CI_JOB_TOKEN",
        "CI_REGISTRY_PASSWORD",
        "CI_REPOSITORY_URL",
        "GITLAB_TOKEN",
    ],
    claims: Some(Claims {
        known_by: &["project_path", "pipeline_source"],
        identity: "https://{ci_config_ref_uri}",
        visibility: Some("project_visibility"),
        commit: Some("sha"),
        ..NO_CLAIMS
    }),
    preset: Some(Preset {
        flag: "--gitlab",
        project: |url| {
            let project: Project = url.parse().ok()?;
            let is_default = project.host() == Project::DEFAULT_HOST;
            let shown = if is_default { project.path().to_owned() } else { project.url() };
            Some((shown, project.issuer()))
        },
        separator: "//",
        file_flag: "--config",
        file: Project::DEFAULT_CONFIG,
    }),
    ..NOTHING
};

/// GitHub Actions.
pub static GITHUB: System = System {
    name: "GitHub Actions",
    mark: Some("GITHUB_ACTIONS"),
    source: Some(github),
    grant: "in the job of the workflow: permissions: {id-token: write}",
    environment: (
        "GITHUB_ACTIONS, ACTIONS_ID_TOKEN_REQUEST_URL, ACTIONS_ID_TOKEN_REQUEST_TOKEN",
        "A job of GitHub Actions with the permission 'id-token: write': GitHub is asked for a token",
    ),
    secrets: &[
        "ACTIONS_ID_TOKEN_REQUEST_TOKEN",
        "ACTIONS_RUNTIME_TOKEN",
        "GH_TOKEN",
        "GITHUB_TOKEN",
    ],
    claims: Some(Claims {
        known_by: &["repository", "workflow_ref"],
        identity: "https://github.com/{job_workflow_ref}",
        source: Some("https://github.com/{repository}"),
        visibility: Some("repository_visibility"),
        commit: Some("sha"),
    }),
    preset: Some(Preset {
        flag: "--github",
        project: |url| {
            let repository: Repository = url.strip_prefix("https://github.com/")?.parse().ok()?;
            Some((repository.path().to_owned(), Repository::ISSUER.to_owned()))
        },
        separator: "/.github/workflows/",
        file_flag: "--workflow",
        file: "",
    }),
};

/// Buildkite.
pub static BUILDKITE: System = System {
    name: "Buildkite",
    mark: Some("BUILDKITE"),
    // Buildkite's documentation, "buildkite-agent oidc".
    source: Some(|_, audience| {
        let arguments = ["oidc", "request-token", "--audience", audience];
        Ok(Some(Source::command("buildkite-agent", &arguments)))
    }),
    grant: "run it where the agent's program is; with the Docker plugin: mount-buildkite-agent: true",
    environment: (
        "BUILDKITE",
        "A job of Buildkite: 'buildkite-agent oidc request-token' prints a token",
    ),
    secrets: &[
        "BUILDKITE_AGENT_ACCESS_TOKEN",
        "BUILDKITE_AGENT_JOB_API_TOKEN",
        "BUILDKITE_AGENT_TOKEN",
    ],
    claims: Some(Claims {
        known_by: &["organization_slug", "pipeline_slug"],
        identity: "https://buildkite.com/{organization_slug}/{pipeline_slug}",
        ..NO_CLAIMS
    }),
    ..NOTHING
};

/// `CircleCI`. Fulcio takes a missing number for an empty one; we don't.
pub static CIRCLECI: System = System {
    name: "CircleCI",
    mark: Some("CIRCLECI"),
    // CircleCI's documentation, "OIDC tokens with custom claims". The variables CIRCLE_OIDC_TOKEN
    // and CIRCLE_OIDC_TOKEN_V2 are for the organisation as audience, and no use.
    source: Some(|_, audience| {
        let claims = format!(r#"{{"aud":"{}"}}"#, audience.replace(['"', '\\'], ""));
        Ok(Some(Source::command("circleci", &["run", "oidc", "get", "--claims", &claims])))
    }),
    grant: "run it in a job of CircleCI's cloud, or of a server from 4.4 on",
    environment: ("CIRCLECI", "A job of CircleCI: 'circleci run oidc get' prints a token"),
    secrets: &["CIRCLE_OIDC_TOKEN", "CIRCLE_OIDC_TOKEN_V2", "CIRCLE_TOKEN"],
    claims: Some(Claims {
        known_by: &["oidc.circleci.com/project-id"],
        identity: "https://circleci.com/api/v2/projects/{oidc.circleci.com/project-id}\
                   /pipeline-definitions/{oidc.circleci.com/pipeline-definition-id}",
        ..NO_CLAIMS
    }),
    ..NOTHING
};

/// A machine of Google Cloud, for its service account, whose tokens are those of any e-mail address.
pub static GOOGLE: System = System {
    name: "Google Cloud",
    source: Some(google),
    grant: "attach a service account to the machine, or to the job",
    environment: (
        "GCE_METADATA_HOST, NO_GCE_CHECK",
        "On a machine of Google Cloud, outside of these jobs, the metadata server is asked for the \
         service account's token: GCE_METADATA_HOST is its address, NO_GCE_CHECK=true says not to \
         ask. Without these, the machine's product name says whether it is Google's",
    ),
    ..NOTHING
};

/// Every system. A token's claims are compared in this order.
pub static SYSTEMS: [&System; 7] =
    [&GITLAB, &GITHUB, &BUILDKITE, &CIRCLECI, &GOOGLE, &CODEFRESH, &KUBERNETES];

static CODEFRESH: System = System {
    name: "Codefresh",
    claims: Some(Claims {
        known_by: &["account_id", "pipeline_id"],
        identity: "{platform_url|https://g.codefresh.io}/{account_name}/{pipeline_name}\
                   :{account_id}/{pipeline_id}",
        ..NO_CLAIMS
    }),
    ..NOTHING
};

/// A service account's token, projected into a pod.
static KUBERNETES: System = System {
    name: "Kubernetes",
    claims: Some(Claims {
        known_by: &["kubernetes.io"],
        identity: "https://kubernetes.io/namespaces/{kubernetes.io/namespace}\
                   /serviceaccounts/{kubernetes.io/serviceaccount/name}",
        ..NO_CLAIMS
    }),
    ..NOTHING
};

/// The variable in which Google's clients are told where the metadata server is.
const METADATA_HOST: &str = "GCE_METADATA_HOST";

/// Where Linux shows the product name that the firmware gives, and what Google's machines have there.
pub const PRODUCT_NAME: &str = "/sys/class/dmi/id/product_name";
const PRODUCTS: [&str; 2] = ["Google", "Google Compute Engine"];

/// GitHub's documentation, "`OpenID` Connect": both variables are there when the job has the
/// permission `id-token: write`, and the address has a query already.
fn github(env: &Env, audience: &str) -> Result<Option<Source>, Error> {
    let variable = "ACTIONS_ID_TOKEN_REQUEST_URL";
    let url = env.var(variable);
    let Some((url, bearer)) = url.zip(env.secret("ACTIONS_ID_TOKEN_REQUEST_TOKEN")) else {
        return Ok(None);
    };
    if !url.contains('?') || url.contains('#') {
        return Err(Error::Malformed { variable, expected: "an https URL with a query" });
    }
    Ok(Some(Source::Request(Request {
        url: format!("{url}&audience={}", percent_encode(audience)),
        bearer: Some(bearer),
        header: None,
        member: Some("value"),
    })))
}

/// Google's documentation, "Verify VM identity". The full format has the account's address. The
/// answer is not encrypted, so the server must be near.
fn google(env: &Env, audience: &str) -> Result<Option<Source>, Error> {
    let authority = env.var(METADATA_HOST).unwrap_or(METADATA_SERVER);
    let (host, port) = match authority.rsplit_once(':') {
        Some((host, port)) if !authority.ends_with(']') => (host, port.parse::<u16>().is_ok()),
        _ => (authority, true),
    };
    if !(port && is_metadata_server(host)) {
        let expected = "the name or address of Google's metadata server";
        return Err(Error::Malformed { variable: METADATA_HOST, expected });
    }
    let path = "computeMetadata/v1/instance/service-accounts/default/identity";
    let audience = percent_encode(audience);
    Ok(Some(Source::Request(Request {
        url: format!("http://{authority}/{path}?audience={audience}&format=full"),
        bearer: None,
        header: Some(("metadata-flavor", "Google")),
        member: None,
    })))
}

/// Whether this machine says that it is Google's, by the variable that Google's own clients read or
/// by `product_name`: nothing is sent to find out. `NO_GCE_CHECK=true` is what these clients take
/// for a no.
fn is_google(env: &Env, product_name: impl FnOnce() -> Option<String>) -> bool {
    let by_name = || product_name().is_some_and(|name| PRODUCTS.contains(&name.trim()));
    env.var("NO_GCE_CHECK") != Some("true") && (env.var(METADATA_HOST).is_some() || by_name())
}

/// Why there is no way to a token.
#[derive(Debug)]
pub enum NoSource {
    /// A job of this system, which was not given what it needs for a token.
    NotGranted(&'static System),
    /// A job of several systems, each of which could vouch for it, as someone else.
    Several(Vec<&'static System>),
    /// Nothing in the environment says that any system could.
    Unknown,
    /// A variable that leads to the token is malformed.
    Variable(Error),
}

/// A way to a token, and the system that gives it; no system where a variable holds the token.
pub type Found = (Option<&'static System>, Source);

impl System {
    /// The way to a token for `audience`. A variable that holds one comes first, since somebody put
    /// it there; then the system whose job this is; then, outside of any, the machine. In a job
    /// without the right to a token the machine's is not taken in its place: it is for another
    /// identity.
    pub fn source(
        env: &Env,
        audience: &str,
        product_name: impl FnOnce() -> Option<String>,
    ) -> Result<Found, NoSource> {
        let variable = id_token_variable(audience);
        if env.var(&variable).is_some() {
            return Ok((None, Source::Variable(variable)));
        }
        let system = match *Self::of_job(env) {
            [] if is_google(env, product_name) => &GOOGLE,
            [] => return Err(NoSource::Unknown),
            [system] => system,
            ref several => return Err(NoSource::Several(several.to_vec())),
        };
        let found = system.source.map_or(Ok(None), |source| source(env, audience));
        let source = found.map_err(NoSource::Variable)?.ok_or(NoSource::NotGranted(system))?;
        Ok((Some(system), source))
    }

    /// Every CI system whose job this is, by its variables. A job that was started within another
    /// one's can be of two.
    pub fn of_job(env: &Env) -> Vec<&'static Self> {
        let is_here =
            |system: &&Self| system.mark.is_some_and(|mark| env.var(mark) == Some("true"));
        SYSTEMS.into_iter().filter(is_here).collect()
    }

    /// What the tokens say of the system whose token has these claims.
    pub fn claims_of_token(has: impl Fn(&str) -> bool) -> Option<&'static Claims> {
        let claims = SYSTEMS.iter().filter_map(|system| system.claims.as_ref());
        claims.into_iter().find(|claims| claims.known_by.iter().all(|name| has(name)))
    }

    /// The options by which `pysign-verify` accepts the pipeline of a certificate and no other, for
    /// a POSIX shell: what Fulcio says of it under these names. `None` where no option names it, as
    /// for other systems and for definitions in another repository.
    pub fn preset<'c>(issuer: &str, claim: impl Fn(&str) -> Option<&'c str>) -> Option<String> {
        let (repository, git_ref) =
            (claim("source-repository-uri")?, claim("source-repository-ref")?);
        let file = claim("build-signer-uri")?.strip_prefix(repository)?;
        let file = file.strip_suffix(git_ref)?.strip_suffix('@')?;
        let presets = SYSTEMS.iter().filter_map(|system| system.preset.as_ref());
        presets.into_iter().find_map(|preset| preset.options([repository, file, git_ref, issuer]))
    }
}

#[cfg(test)]
mod tests;
