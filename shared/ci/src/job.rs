//! The variables of a GitLab job (GitLab docs, "Predefined CI/CD variables"), parsed once.

use pysign_host::{Env, Secret};

use crate::{Error, Project, Registry, project, registry, url};

/// A GitLab job, by its variables.
pub struct Job {
    server_url: String,
    project: Project,
    project_id: String,
    project_name: String,
    registry: Registry,
    default_branch: Option<String>,
    tag: Option<String>,
    branch: Option<String>,
    token: Option<Secret>,
}

/// A job's token and the only origin it may be sent to.
#[derive(Clone)]
pub struct JobToken {
    /// The token.
    pub secret: Secret,
    /// Scheme, host and port of the API's URL.
    pub origin: String,
}

impl Job {
    /// The job that `env` describes; `None` outside of GitLab, which alone sets `CI_API_V4_URL`.
    pub fn from_env(env: &Env) -> Result<Option<Self>, Error> {
        if env.var("CI_API_V4_URL").is_none() && env.var("GITLAB_CI") != Some("true") {
            return Ok(None);
        }
        let api_url = checked(env, "CI_API_V4_URL", url::FORM, |text| url::origin(text).is_some())?;
        let server_url =
            checked(env, "CI_SERVER_URL", url::FORM, |text| url::origin(text).is_some())?;
        let path = checked(env, "CI_PROJECT_PATH", "GROUP/PROJECT", project::is_path)?;
        let project_id = checked(env, "CI_PROJECT_ID", "a number", registry::is_number)?;
        let project_name = checked(env, "CI_PROJECT_NAME", "a project's name", project::is_name)?;
        Ok(Some(Self {
            project: Project::new(host(env, server_url)?, path)
                .ok_or(Error::Malformed { variable: "CI_PROJECT_PATH", expected: "a path" })?,
            registry: Registry::new(api_url, project_id)
                .ok_or(Error::Malformed { variable: "CI_API_V4_URL", expected: url::FORM })?,
            server_url: server_url.to_owned(),
            project_id: project_id.to_owned(),
            project_name: project_name.to_owned(),
            default_branch: ref_name(env, "CI_DEFAULT_BRANCH")?,
            tag: ref_name(env, "CI_COMMIT_TAG")?,
            branch: ref_name(env, "CI_COMMIT_BRANCH")?,
            token: env.secret("CI_JOB_TOKEN"),
        }))
    }

    /// The instance's address, `https://gitlab.com`: also the issuer of the job's ID tokens.
    pub fn server_url(&self) -> &str {
        &self.server_url
    }

    /// `host` or `host:port` of the instance, as Fulcio writes it into identities.
    pub fn server_fqdn(&self) -> &str {
        self.project.host()
    }

    /// The API's address, `https://gitlab.com/api/v4`.
    pub fn api_url(&self) -> &str {
        self.registry.api_url()
    }

    /// `group/project`.
    pub fn project_path(&self) -> &str {
        self.project.path()
    }

    /// The project's number, in digits.
    pub fn project_id(&self) -> &str {
        &self.project_id
    }

    /// The last name of the project's path.
    pub fn project_name(&self) -> &str {
        &self.project_name
    }

    /// The branch that the project shows first, if the instance says it.
    pub fn default_branch(&self) -> Option<&str> {
        self.default_branch.as_deref()
    }

    /// The tag this job runs for.
    pub fn tag(&self) -> Option<&str> {
        self.tag.as_deref()
    }

    /// The full ref of a job for a tag or branch; a merge request's job has neither.
    pub fn git_ref(&self) -> Option<String> {
        let tag = self.tag.as_ref().map(|tag| format!("refs/tags/{tag}"));
        tag.or_else(|| self.branch.as_ref().map(|branch| format!("refs/heads/{branch}")))
    }

    /// The project as verification sees it.
    pub fn project(&self) -> &Project {
        &self.project
    }

    /// The project's registries, named by its number.
    pub fn registry(&self) -> &Registry {
        &self.registry
    }

    /// The project's page, for a distribution's `Homepage`: `CI_SERVER_URL/CI_PROJECT_PATH`.
    pub fn homepage(&self) -> String {
        format!("{}/{}", self.server_url, self.project.path())
    }

    /// The name in a certificate for a pipeline of this project: see [`Project::identity`].
    pub fn identity(&self, config: &str, git_ref: &str) -> String {
        self.project.identity(config, git_ref)
    }

    /// The job's token for this instance's API.
    pub fn job_token(&self) -> Option<JobToken> {
        let secret = self.token.clone()?;
        Some(JobToken { secret, origin: self.registry.origin().to_owned() })
    }
}

/// Every variable but the token's.
impl std::fmt::Debug for Job {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Job")
            .field("server_url", &self.server_url)
            .field("project", &self.project)
            .field("registry", &self.registry)
            .finish_non_exhaustive()
    }
}

fn checked<'env>(
    env: &'env Env,
    variable: &'static str,
    expected: &'static str,
    is_good: impl Fn(&str) -> bool,
) -> Result<&'env str, Error> {
    let text = env.var(variable).ok_or(Error::Missing { variable })?;
    if is_good(text) { Ok(text) } else { Err(Error::Malformed { variable, expected }) }
}

/// `CI_SERVER_FQDN` (GitLab 16.10 and later), else what follows the scheme of the server's URL.
fn host<'env>(env: &'env Env, server_url: &'env str) -> Result<&'env str, Error> {
    let variable = "CI_SERVER_FQDN";
    if env.var(variable).is_some() {
        return checked(env, variable, "HOST or HOST:PORT", url::is_authority);
    }
    let origin = url::origin(server_url).unwrap_or_default();
    Ok(origin.split_once("://").map_or(origin, |(_, authority)| authority))
}

/// A tag or branch of `git check-ref-format`'s kind, as far as a name in a URL or a message cares.
fn ref_name(env: &Env, variable: &'static str) -> Result<Option<String>, Error> {
    let is_good = |name: &str| {
        name.chars().all(|c| !c.is_control() && !" ~^:?*[\\".contains(c)) && !name.contains("..")
    };
    match env.var(variable) {
        Some(name) if !is_good(name) => {
            Err(Error::Malformed { variable, expected: "the name of a git ref" })
        }
        name => Ok(name.map(str::to_owned)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const JOB: [(&str, &str); 9] = [
        ("CI_API_V4_URL", "https://git.acme.org:8443/gitlab/api/v4"),
        ("CI_SERVER_URL", "https://git.acme.org:8443/gitlab"),
        ("CI_SERVER_FQDN", "git.acme.org:8443"),
        ("CI_PROJECT_PATH", "acme/my-demo"),
        ("CI_PROJECT_ID", "5"),
        ("CI_PROJECT_NAME", "my-demo"),
        ("CI_DEFAULT_BRANCH", "main"),
        ("CI_COMMIT_TAG", "v1.0"),
        ("CI_JOB_TOKEN", "canary"),
    ];

    fn with(name: &str, value: &str) -> Result<Option<Job>, Error> {
        let mut pairs = JOB.to_vec();
        pairs.retain(|(other, _)| *other != name);
        pairs.push((name, value));
        Job::from_env(&Env::from_pairs(&pairs))
    }

    #[test]
    fn a_job_is_read_from_its_variables() {
        let job = Job::from_env(&Env::from_pairs(&JOB)).unwrap().unwrap();
        assert_eq!(job.homepage(), "https://git.acme.org:8443/gitlab/acme/my-demo");
        assert_eq!(job.git_ref().as_deref(), Some("refs/tags/v1.0"));
        assert_eq!(
            job.identity(".gitlab-ci.yml", "refs/tags/v1.0"),
            "https://git.acme.org:8443/acme/my-demo//.gitlab-ci.yml@refs/tags/v1.0"
        );
        assert_eq!(
            job.registry().pypi_upload(),
            "https://git.acme.org:8443/gitlab/api/v4/projects/5/packages/pypi"
        );
    }

    #[test]
    fn the_token_belongs_to_the_origin_of_the_api() {
        let job = with("CI_API_V4_URL", "http://127.0.0.1:4000/api/v4").unwrap().unwrap();
        let token = job.job_token().unwrap();
        assert_eq!((token.secret.expose(), &*token.origin), ("canary", "http://127.0.0.1:4000"));
        assert!(!format!("{job:?}").contains("canary"));
    }

    #[test]
    fn another_system_is_no_gitlab_job() {
        let env = Env::from_pairs(&[("CI", "true"), ("CI_PROJECT_NAME", "x")]);
        assert!(Job::from_env(&env).unwrap().is_none());
    }

    #[test]
    fn an_old_instance_has_its_host_in_its_url() {
        let job = with("CI_SERVER_FQDN", "").unwrap().unwrap();
        assert_eq!(job.server_fqdn(), "git.acme.org:8443");
    }

    #[test]
    fn a_branch_is_a_ref_and_a_merge_request_is_none() {
        let branch = with("CI_COMMIT_TAG", "").unwrap().unwrap();
        assert_eq!((branch.tag(), branch.git_ref()), (None, None));
        let mut pairs = JOB.to_vec();
        pairs.retain(|(name, _)| *name != "CI_COMMIT_TAG");
        pairs.push(("CI_COMMIT_BRANCH", "main"));
        let job = Job::from_env(&Env::from_pairs(&pairs)).unwrap().unwrap();
        assert_eq!(job.git_ref().as_deref(), Some("refs/heads/main"));
    }

    #[test]
    fn every_missing_or_malformed_variable_is_named() {
        for (name, value) in [
            ("CI_API_V4_URL", "gitlab.com/api/v4"),
            ("CI_SERVER_URL", "https://u:p@gitlab.com"),
            ("CI_SERVER_FQDN", "a/b"),
            ("CI_PROJECT_PATH", "demo"),
            ("CI_PROJECT_ID", "5/6"),
            ("CI_PROJECT_NAME", "a b"),
            ("CI_DEFAULT_BRANCH", "a b"),
            ("CI_COMMIT_TAG", "a..b"),
        ] {
            let error = with(name, value).unwrap_err();
            assert!(matches!(error, Error::Malformed { variable, .. } if variable == name));
        }
        let error = with("CI_PROJECT_ID", "").unwrap_err();
        assert!(matches!(error, Error::Missing { variable: "CI_PROJECT_ID" }));
    }
}
