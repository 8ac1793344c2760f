//! Who we are to a target. A token comes from a file that names its target, or from the job, and is
//! bound to one origin before anything else sees it.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use pysign_ci::{Job, Login};
use pysign_host::{Failure, Host};
use pysign_http::{Credential, Origin, read_token};

use crate::Error;
use crate::destination::{Destination, Meaning};

/// What `--token-file` said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TokenFile {
    /// The text of the target that it is for.
    pub(crate) target: String,
    /// `-` is standard input.
    pub(crate) file: PathBuf,
}

impl TokenFile {
    /// `[TARGET=]FILE`, with `targets` to choose from.
    pub(crate) fn parse(text: &str, targets: &[Destination]) -> Result<Self, &'static str> {
        let mut takers = targets.iter().filter(|target| !target.is_directory());
        // A target's text may hold a '=' itself, and one may begin with another.
        let named = takers
            .clone()
            .filter_map(|target| {
                Some((target, text.strip_prefix(&target.text)?.strip_prefix('=')?))
            })
            .max_by_key(|(target, _)| target.text.len());
        let (target, file) = match (named, takers.next(), takers.next()) {
            (Some(named), _, _) => named,
            (None, Some(only), None) => (only, text),
            (None, None, _) => return Err("no target takes a token"),
            (None, Some(_), Some(_)) => return Err("expected TARGET=FILE, TARGET as in '--to'"),
        };
        if file.is_empty() {
            return Err("expected the name of a file");
        }
        Ok(Self { target: target.text.clone(), file: file.into() })
    }

    pub(crate) fn is_stdin(&self) -> bool {
        self.file == Path::new("-")
    }

    fn read(&self) -> Result<Login, Failure> {
        let text = read_token(&self.file)?;
        let malformed = |reason| Error::TokenMalformed { file: self.file.clone(), reason };
        Ok(Login::parse(text.expose()).map_err(malformed)?)
    }
}

/// Where the tokens of this run come from.
pub(crate) struct Logins<'h> {
    host: &'h Host,
    job: Option<&'h Job>,
    files: &'h [TokenFile],
    /// How many origins `TWINE_PASSWORD` could be meant for.
    legacy_origins: usize,
}

impl<'h> Logins<'h> {
    /// Reads nothing yet: standard input and the environment are asked for what is needed only.
    pub(crate) fn new(
        host: &'h Host,
        job: Option<&'h Job>,
        files: &'h [TokenFile],
        targets: &[Destination],
    ) -> Self {
        let origin = |target: &Destination| match &target.meaning {
            Meaning::Legacy { upload, .. } => Some(upload.origin().clone()),
            Meaning::Directory(_) | Meaning::Gitlab(_) => None,
        };
        let origins: BTreeSet<Origin> = targets.iter().filter_map(origin).collect();
        Self { host, job, files, legacy_origins: origins.len() }
    }

    /// The credentials of GitLab's two registries at `origin`: its `PyPI` routes take a user and a
    /// token, a file of the generic registry is put with a header of its own.
    pub(crate) fn gitlab(
        &self,
        target: &str,
        origin: &Origin,
    ) -> Result<(Credential, Credential), Failure> {
        let login = match self.file(target)? {
            Some(login) => login,
            None => self.job_login(origin).ok_or_else(|| Error::TokenMissing {
                target: target.to_owned(),
                reason: match self.job.and_then(Job::job_token) {
                    None => "'CI_JOB_TOKEN' is not set",
                    Some(_) => "the job's token belongs to another instance",
                },
            })?,
        };
        let header = login.gitlab_header();
        Ok((
            basic(&login, origin),
            Credential::header(header, login.secret().clone(), origin.clone()),
        ))
    }

    /// The credential for uploads to `origin`, if there is one: some indexes take them from
    /// everyone who can reach them.
    pub(crate) fn legacy(
        &self,
        target: &str,
        origin: &Origin,
    ) -> Result<Option<Credential>, Failure> {
        Ok(self.login(target, origin)?.map(|login| basic(&login, origin)))
    }

    fn login(&self, target: &str, origin: &Origin) -> Result<Option<Login>, Failure> {
        match self.file(target)?.or_else(|| self.job_login(origin)) {
            Some(login) => Ok(Some(login)),
            None => self.twine(target),
        }
    }

    fn file(&self, target: &str) -> Result<Option<Login>, Failure> {
        let file = self.files.iter().find(|file| file.target == target);
        file.map(TokenFile::read).transpose()
    }

    /// The job's token, if `origin` is that of the job's own instance.
    fn job_login(&self, origin: &Origin) -> Option<Login> {
        let token = self.job?.job_token()?;
        let url: pysign_http::Url = token.origin.parse().ok()?;
        (url.origin() == origin).then(|| token.into())
    }

    /// Twine's variables name no place: they count if there is only one.
    fn twine(&self, target: &str) -> Result<Option<Login>, Failure> {
        let Some(secret) = self.host.env.secret("TWINE_PASSWORD") else { return Ok(None) };
        if self.legacy_origins > 1 {
            let reason = "'TWINE_PASSWORD' does not say which index it is for";
            return Err(Error::TokenMissing { target: target.to_owned(), reason }.into());
        }
        let user = self.host.env.var("TWINE_USERNAME").map(str::to_owned);
        Ok(Some(Login::new(user, secret)))
    }
}

fn basic(login: &Login, origin: &Origin) -> Credential {
    Credential::basic(login.user(), login.secret(), origin.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn targets(texts: &[&str]) -> Vec<Destination> {
        texts.iter().map(|text| text.parse().unwrap()).collect()
    }

    fn parse(text: &str, names: &[&str]) -> Result<(String, String), &'static str> {
        TokenFile::parse(text, &targets(names))
            .map(|found| (found.target, found.file.display().to_string()))
    }

    #[test]
    fn a_token_file_is_for_the_target_that_it_names() {
        let names = ["gitlab", "legacy:https://a.example/legacy/?x=1"];
        let found = parse("legacy:https://a.example/legacy/?x=1=token", &names).unwrap();
        assert_eq!(found, (names[1].to_owned(), "token".to_owned()));
        assert_eq!(parse("gitlab=a=b", &names).unwrap(), ("gitlab".to_owned(), "a=b".to_owned()));
    }

    #[test]
    fn the_target_may_be_left_out_if_there_is_one_that_takes_a_token() {
        let found = parse("x=token", &["dir:public", "gitlab"]).unwrap();
        assert_eq!(found, ("gitlab".to_owned(), "x=token".to_owned()));
        for (text, names) in [
            ("token", &["gitlab", "legacy:https://a.example/"][..]),
            ("token", &["dir:public"]),
            ("gitlab=", &["gitlab"]),
        ] {
            assert!(parse(text, names).is_err(), "{text}");
        }
    }

    fn host() -> Host {
        Host::test(&[
            ("CI_API_V4_URL", "https://git.acme.org/api/v4"),
            ("CI_SERVER_URL", "https://git.acme.org"),
            ("CI_PROJECT_PATH", "acme/demo"),
            ("CI_PROJECT_ID", "5"),
            ("CI_PROJECT_NAME", "demo"),
            ("CI_JOB_TOKEN", "job"),
            ("TWINE_PASSWORD", "twine"),
        ])
    }

    /// Whose token would be sent to this address.
    fn token(url: &str, names: &[&str]) -> Result<Option<String>, Failure> {
        let host = host();
        let job = Job::from_env(&host.env).unwrap();
        let logins = Logins::new(&host, job.as_ref(), &[], &targets(names));
        let url: pysign_http::Url = url.parse().unwrap();
        let login = logins.login(names[0], url.origin())?;
        Ok(login.map(|login| login.secret().expose().to_owned()))
    }

    #[test]
    fn the_jobs_token_is_for_its_own_instance() {
        let ours = "https://git.acme.org/api/v4/projects/5/packages/pypi";
        assert_eq!(
            token(ours, &["legacy:https://git.acme.org/x"]).unwrap().as_deref(),
            Some("job")
        );
        for other in ["https://git.acme.org:8443/", "https://git.acme.org.evil.example/"] {
            let found = token(other, &[&format!("legacy:{other}")]).unwrap();
            assert_eq!(found.as_deref(), Some("twine"), "{other}");
        }
        let host = host();
        let job = Job::from_env(&host.env).unwrap();
        let logins = Logins::new(&host, job.as_ref(), &[], &[]);
        let url: pysign_http::Url = "https://gitlab.com/".parse().unwrap();
        assert!(logins.gitlab("gitlab", url.origin()).is_err());
        let url: pysign_http::Url = "https://git.acme.org/".parse().unwrap();
        let (basic, header) = logins.gitlab("gitlab", url.origin()).unwrap();
        assert_eq!((basic.origin(), header.origin()), (url.origin(), url.origin()));
    }

    #[test]
    fn a_password_without_a_place_is_for_the_only_one() {
        let (a, b) = ("legacy:https://a.example/legacy/", "legacy:https://b.example/legacy/");
        assert_eq!(token("https://a.example/", &[a]).unwrap().as_deref(), Some("twine"));
        assert_eq!(token("https://a.example/", &[a, "gitlab"]).unwrap().as_deref(), Some("twine"));
        let failure = token("https://a.example/", &[a, b]).unwrap_err();
        assert_eq!(failure.problems().next().unwrap().code(), "token-missing");
    }
}
