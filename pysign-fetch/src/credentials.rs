//! Who we are to an index. A token comes from a file or from the job, and is bound to one origin
//! before anything else sees it.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use pysign_ci::Job;
use pysign_host::{Failure, FileError, Secret};
use pysign_http::{Credential, Origin, Url};

use crate::Error;

/// Tokens have some hundred bytes; no server takes a header that is longer than this.
const MAX_TOKEN: u64 = 16 << 10;

/// The user of a job's token; under any other GitLab takes it for anonymous.
const JOB_USER: &str = "gitlab-ci-token";

/// The user of a token that has none: any does for GitLab's tokens, and PyPI-like indexes name this
/// one.
const ANY_USER: &str = "__token__";

/// A token for one origin, and the user it belongs to where that matters.
pub(crate) struct Login {
    user: Option<String>,
    secret: Secret,
    origin: Origin,
}

impl Login {
    /// The token in `file` for `origin`; `-` is standard input.
    pub(crate) fn from_file(file: &Path, origin: &Origin) -> Result<Self, Failure> {
        let text = if file == Path::new("-") {
            read(file, io::stdin())?
        } else {
            read(file, File::open(file).map_err(|cause| FileError::on_open(file, cause))?)?
        };
        let malformed = |reason| Error::TokenMalformed { file: file.into(), reason };
        Ok(Self::parse(&text, origin).map_err(malformed)?)
    }

    /// The job's token, if `origin` is that of the job's own instance.
    pub(crate) fn of_job(job: &Job, origin: &Origin) -> Option<Self> {
        let token = job.job_token()?;
        let own: Url = token.origin.parse().ok()?;
        (own.origin() == origin).then(|| Self {
            user: Some(JOB_USER.to_owned()),
            secret: token.secret,
            origin: origin.clone(),
        })
    }

    /// `TOKEN` or `USER:TOKEN`, with one line end. No token in use has a colon in it.
    fn parse(text: &str, origin: &Origin) -> Result<Self, &'static str> {
        let line = text.strip_suffix('\n').unwrap_or(text);
        let line = line.strip_suffix('\r').unwrap_or(line);
        if !line.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err("it has more than one word, or characters that no header takes");
        }
        let (user, token) = match line.split_once(':') {
            Some((user, token)) => (Some(user.to_owned()), token),
            None => (None, line),
        };
        if token.is_empty() || user.as_deref() == Some("") {
            return Err("it is empty");
        }
        Ok(Self { user, secret: Secret::new(token.to_owned()), origin: origin.clone() })
    }

    /// User and token, the form that every index takes.
    pub(crate) fn basic(&self) -> Credential {
        let user = self.user.as_deref().unwrap_or(ANY_USER);
        Credential::basic(user, &self.secret, self.origin.clone())
    }

    /// A header of GitLab's own, the form that its generic registry takes for every kind of token.
    pub(crate) fn header(&self) -> Credential {
        let is_deploy = self.secret.expose().starts_with("gldt-");
        let name = match self.user.as_deref() {
            Some(JOB_USER) => "JOB-TOKEN",
            _ if is_deploy => "DEPLOY-TOKEN",
            Some(user) if user.starts_with("gitlab+deploy-token-") => "DEPLOY-TOKEN",
            _ => "PRIVATE-TOKEN",
        };
        Credential::header(name, self.secret.clone(), self.origin.clone())
    }
}

/// At most [`MAX_TOKEN`] bytes of UTF-8.
fn read(file: &Path, reader: impl Read) -> Result<String, FileError> {
    let mut text = String::new();
    let mut reader = reader.take(MAX_TOKEN + 1);
    reader.read_to_string(&mut text).map_err(|cause| FileError::on_open(file, cause))?;
    if reader.limit() == 0 {
        return Err(FileError::TooLarge { file: file.into(), cap: MAX_TOKEN });
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use pysign_host::Env;

    fn origin(url: &str) -> Origin {
        url.parse::<Url>().unwrap().origin().clone()
    }

    fn parse(text: &str) -> Result<(Option<String>, String), &'static str> {
        let login = Login::parse(text, &origin("https://a.example/"))?;
        Ok((login.user, login.secret.expose().to_owned()))
    }

    #[test]
    fn a_token_is_one_word_with_or_without_its_user() {
        let found = |user: Option<&str>| Ok((user.map(str::to_owned), "secret".to_owned()));
        assert_eq!(parse("deployer:secret\n"), found(Some("deployer")));
        assert_eq!(parse("secret\r\n"), found(None));
        for text in ["", "\n", "user:", ":secret", "two words", "two\nlines\n", "sécret"] {
            assert!(parse(text).is_err(), "{text:?}");
        }
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
        assert!(Login::of_job(&job, &origin("https://git.acme.org:443/x")).is_some());
        for other in [
            "https://pypi.org/",
            "https://git.acme.org:8443/",
            "https://git.acme.org.evil.org/",
            "http://127.0.0.1/",
        ] {
            assert!(Login::of_job(&job, &origin(other)).is_none(), "{other}");
        }
    }
}
