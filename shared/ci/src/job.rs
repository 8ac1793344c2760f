//! The variables of a GitLab job (GitLab docs, "Predefined CI/CD variables"), parsed once.

use pysign_host::{Env, Secret};

use crate::{Error, project, url};

/// A GitLab job, by its variables.
pub struct Job {
    project_name: String,
    homepage: String,
    api_url: String,
    project_id: String,
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
        let is_url = |text: &str| url::origin(text).is_some();
        let api_url = checked(env, "CI_API_V4_URL", url::FORM, is_url)?;
        let server_url = checked(env, "CI_SERVER_URL", url::FORM, is_url)?;
        let path = checked(env, "CI_PROJECT_PATH", "GROUP/PROJECT", project::is_path)?;
        let project_id = checked(env, "CI_PROJECT_ID", "a number", |text| {
            text.len() < 20 && text.bytes().all(|byte| byte.is_ascii_digit())
        })?;
        let project_name = checked(env, "CI_PROJECT_NAME", "a project's name", project::is_name)?;
        Ok(Some(Self {
            project_name: project_name.to_owned(),
            homepage: format!("{server_url}/{path}"),
            api_url: api_url.to_owned(),
            project_id: project_id.to_owned(),
            token: env.secret("CI_JOB_TOKEN"),
        }))
    }

    /// The last name of the project's path.
    pub fn project_name(&self) -> &str {
        &self.project_name
    }

    /// The API's address, `https://gitlab.com/api/v4`.
    pub fn api_url(&self) -> &str {
        &self.api_url
    }

    /// The project's number, in digits.
    pub fn project_id(&self) -> &str {
        &self.project_id
    }

    /// The project's page, for a distribution's `Homepage`: `CI_SERVER_URL/CI_PROJECT_PATH`.
    pub fn homepage(&self) -> &str {
        &self.homepage
    }

    /// The job's token for this instance's API.
    pub fn job_token(&self) -> Option<JobToken> {
        let secret = self.token.clone()?;
        Some(JobToken { secret, origin: url::origin(&self.api_url)?.to_owned() })
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

#[cfg(test)]
mod tests {
    use super::*;

    const JOB: [(&str, &str); 6] = [
        ("CI_API_V4_URL", "https://git.acme.org:8443/gitlab/api/v4"),
        ("CI_SERVER_URL", "https://git.acme.org:8443/gitlab"),
        ("CI_PROJECT_PATH", "acme/my-demo"),
        ("CI_PROJECT_ID", "5"),
        ("CI_PROJECT_NAME", "my-demo"),
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
        assert_eq!(job.api_url(), "https://git.acme.org:8443/gitlab/api/v4");
        assert_eq!(job.project_id(), "5");
    }

    #[test]
    fn the_token_belongs_to_the_origin_of_the_api() {
        let job = with("CI_API_V4_URL", "http://127.0.0.1:4000/api/v4").unwrap().unwrap();
        let token = job.job_token().unwrap();
        assert_eq!((token.secret.expose(), &*token.origin), ("canary", "http://127.0.0.1:4000"));
    }

    #[test]
    fn another_system_is_no_gitlab_job() {
        let env = Env::from_pairs(&[("CI", "true"), ("CI_PROJECT_NAME", "x")]);
        assert!(Job::from_env(&env).unwrap().is_none());
    }

    #[test]
    fn every_missing_or_malformed_variable_is_named() {
        for (name, value) in [
            ("CI_API_V4_URL", "gitlab.com/api/v4"),
            ("CI_SERVER_URL", "https://u:p@gitlab.com"),
            ("CI_PROJECT_PATH", "demo"),
            ("CI_PROJECT_ID", "5/6"),
            ("CI_PROJECT_NAME", "a b"),
        ] {
            let error = with(name, value).err().unwrap();
            assert!(matches!(error, Error::Malformed { variable, .. } if variable == name));
        }
        let error = with("CI_PROJECT_ID", "").err().unwrap();
        assert!(matches!(error, Error::Missing { variable: "CI_PROJECT_ID" }));
    }
}
