//! Who we are to an index. A token comes from a file or from the job, and is bound to one origin
//! before anything else sees it.

use std::path::Path;

use pysign_ci::{Job, Login};
use pysign_host::Failure;
use pysign_http::{Credential, Origin, Url, read_token};

use crate::Error;

/// A token for one origin.
pub(crate) struct Token {
    login: Login,
    origin: Origin,
}

impl Token {
    /// The token in `file` for `origin`; `-` is standard input.
    pub(crate) fn from_file(file: &Path, origin: &Origin) -> Result<Self, Failure> {
        let text = read_token(file)?;
        let malformed = |reason| Error::TokenMalformed { file: file.into(), reason };
        let login = Login::parse(text.expose()).map_err(malformed)?;
        Ok(Self { login, origin: origin.clone() })
    }

    /// The job's token, if `origin` is that of the job's own instance.
    pub(crate) fn of_job(job: &Job, origin: &Origin) -> Option<Self> {
        let token = job.job_token()?;
        let own: Url = token.origin.parse().ok()?;
        (own.origin() == origin).then(|| Self { login: token.into(), origin: origin.clone() })
    }

    /// User and token, the form that every index takes.
    pub(crate) fn basic(&self) -> Credential {
        Credential::basic(self.login.user(), self.login.secret(), self.origin.clone())
    }

    /// A header of GitLab's own, the form that its generic registry takes for every kind of token.
    pub(crate) fn header(&self) -> Credential {
        let name = self.login.gitlab_header();
        Credential::header(name, self.login.secret().clone(), self.origin.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pysign_host::Env;

    fn origin(url: &str) -> Origin {
        url.parse::<Url>().unwrap().origin().clone()
    }

    #[test]
    fn a_jobs_token_is_for_its_own_instance_alone() {
        let job = Job::from_env(&Env::from_pairs(&[
            ("CI_API_V4_URL", "https://git.acme.org/api/v4"),
            ("CI_SERVER_URL", "https://git.acme.org"),
            ("CI_PROJECT_PATH", "acme/demo"),
            ("CI_PROJECT_ID", "5"),
            ("CI_PROJECT_NAME", "demo"),
            ("CI_JOB_TOKEN", "canary"),
        ]));
        let job = job.unwrap().unwrap();
        assert!(Token::of_job(&job, &origin("https://git.acme.org:443/x")).is_some());
        for other in [
            "https://pypi.org/",
            "https://git.acme.org:8443/",
            "https://git.acme.org.evil.org/",
            "http://127.0.0.1/",
        ] {
            assert!(Token::of_job(&job, &origin(other)).is_none(), "{other}");
        }
    }
}
