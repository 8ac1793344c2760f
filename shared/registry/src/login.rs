//! The login for a place. A token comes from a file that names its place, from the job, or from the
//! variables of other tools, and is bound to one origin before anything else sees it.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use pysign_ci::Job;
use pysign_host::{Env, Secret};
use pysign_http::{Credential, Origin, Url, read_token};

use crate::{Error, Place, PlaceKind};

/// The user of a job's token: with any other, GitLab treats the request as anonymous.
const JOB_USER: &str = "gitlab-ci-token";

/// The user where only a token was given: PyPI asks for this one, and GitLab accepts any.
const ANY_USER: &str = "__token__";

/// What GitLab's deploy tokens begin with.
const DEPLOY_TOKEN: &str = "gldt-";

/// A token with the user it belongs to, for one origin.
#[derive(Clone)]
pub struct Login {
    user: String,
    secret: Secret,
    origin: Origin,
}

impl Login {
    /// The token in `file` for `origin`; `-` is standard input.
    fn from_file(file: &Path, origin: &Origin) -> Result<Self, Error> {
        let malformed = |reason| Error::TokenMalformed { file: file.into(), reason };
        let (user, secret) = parse(read_token(file)?.expose()).map_err(malformed)?;
        Ok(Self { user, secret, origin: origin.clone() })
    }

    /// The job's token, if `origin` is that of the job's own instance.
    pub fn of_job(job: Option<&Job>, origin: &Origin) -> Option<Self> {
        let token = job?.job_token()?;
        let own: Url = token.origin.parse().ok()?;
        let (user, secret) = (JOB_USER.to_owned(), token.secret);
        (own.origin() == origin).then(|| Self { user, secret, origin: origin.clone() })
    }

    /// User and token, the form that every index takes.
    pub fn basic(&self) -> Credential {
        Credential::basic(&self.user, &self.secret, self.origin.clone())
    }

    /// A header of GitLab's own, the only form in which its generic registry takes a job's token. The kind
    /// of token shows in the user, or in the prefix that GitLab gives its tokens.
    pub fn gitlab(&self) -> Credential {
        Credential::header(self.header(), self.secret.clone(), self.origin.clone())
    }

    fn header(&self) -> &'static str {
        match self.user.as_str() {
            JOB_USER => "JOB-TOKEN",
            user if user.starts_with("gitlab+deploy-token-") => "DEPLOY-TOKEN",
            _ if self.secret.expose().starts_with(DEPLOY_TOKEN) => "DEPLOY-TOKEN",
            _ => "PRIVATE-TOKEN",
        }
    }
}

/// `TOKEN` or `USER:TOKEN`, with one line end. No token in use has a colon in it. The error has none of
/// its text.
fn parse(text: &str) -> Result<(String, Secret), &'static str> {
    let line = text.strip_suffix('\n').unwrap_or(text);
    let line = line.strip_suffix('\r').unwrap_or(line);
    if !line.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err("expected one line of printable ASCII without spaces");
    }
    let (user, token) = line.split_once(':').unwrap_or((ANY_USER, line));
    if token.is_empty() || user.is_empty() {
        return Err("the user or the token is empty");
    }
    if user == ANY_USER && token.starts_with(DEPLOY_TOKEN) {
        return Err("a deploy token needs its user: USER:TOKEN");
    }
    Ok((user.to_owned(), Secret::new(token.to_owned())))
}

/// A file with the token for a place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenFile {
    /// The text of the place.
    pub place: String,
    /// `-` is standard input.
    pub file: PathBuf,
}

impl TokenFile {
    /// `[PLACE=]FILE`, with `places` to choose from.
    pub fn parse(text: &str, places: &[Place]) -> Result<Self, &'static str> {
        let mut takers = places.iter().filter(|place| !place.is_directory());
        // A place's text may hold a '=' itself, and one may begin with another.
        let named = takers
            .clone()
            .filter_map(|place| Some((place, text.strip_prefix(&place.text)?.strip_prefix('=')?)))
            .max_by_key(|(place, _)| place.text.len());
        let (place, file) = match (named, takers.next(), takers.next()) {
            (Some(named), _, _) => named,
            (None, Some(only), None) => (only, text),
            (None, None, _) => return Err("no target takes a token"),
            (None, Some(_), Some(_)) => return Err("expected TARGET=FILE, TARGET as in '--to'"),
        };
        if file.is_empty() {
            return Err("expected the name of a file");
        }
        Ok(Self { place: place.text.clone(), file: file.into() })
    }
}

/// Where the tokens of a run come from. Nothing is read before a place needs it: neither standard
/// input nor a variable that holds a secret.
pub struct Logins<'h> {
    /// The variables.
    pub env: &'h Env,
    /// The GitLab job that the program runs in, if any.
    pub job: Option<&'h Job>,
    /// What `--token-file` says.
    pub files: &'h [TokenFile],
    /// All places of the run.
    pub places: &'h [Place],
}

impl Logins<'_> {
    /// The login for `origin`, a server of `place`: from the place's token file, else the job's, else, for
    /// `legacy:`, from the variables that twine reads.
    pub fn find(&self, place: &Place, origin: &Origin) -> Result<Option<Login>, Error> {
        if let Some(named) = self.files.iter().find(|file| file.place == place.text) {
            return Login::from_file(&named.file, origin).map(Some);
        }
        match Login::of_job(self.job, origin) {
            None if matches!(place.kind, PlaceKind::Legacy { .. }) => self.twine(place, origin),
            login => Ok(login),
        }
    }

    /// The login for a place that can't be used without one.
    pub fn require(&self, place: &Place, origin: &Origin) -> Result<Login, Error> {
        self.find(place, origin)?.ok_or_else(|| Error::TokenMissing {
            place: place.text.clone(),
            reason: match self.job.and_then(Job::job_token) {
                None => "'CI_JOB_TOKEN' is not set",
                Some(_) => "the job's token belongs to a different instance",
            },
        })
    }

    /// Twine's variables name no place: they count if there is only one.
    fn twine(&self, place: &Place, origin: &Origin) -> Result<Option<Login>, Error> {
        let Some(secret) = self.env.secret("TWINE_PASSWORD") else { return Ok(None) };
        let uploads = self.places.iter().filter_map(|place| match &place.kind {
            PlaceKind::Legacy { upload, .. } => Some(upload.origin()),
            _ => None,
        });
        if uploads.collect::<BTreeSet<_>>().len() > 1 {
            let reason = "'TWINE_PASSWORD' does not say which index it is for";
            return Err(Error::TokenMissing { place: place.text.clone(), reason });
        }
        let user = self.env.var("TWINE_USERNAME").unwrap_or(ANY_USER).to_owned();
        Ok(Some(Login { user, secret, origin: origin.clone() }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn origin(url: &str) -> Origin {
        url.parse::<Url>().unwrap().origin().clone()
    }

    #[test]
    fn a_token_is_one_word_with_or_without_its_user() {
        let parse =
            |text: &str| parse(text).map(|(user, secret)| format!("{user} {}", secret.expose()));
        assert_eq!(parse("deployer:secret\n").unwrap(), "deployer secret");
        assert_eq!(parse("secret\r\n").unwrap(), "__token__ secret");
        assert_eq!(parse("deployer:gldt-abc").unwrap(), "deployer gldt-abc");
        for text in
            ["", "\n", "user:", ":secret", "two words", "two\nlines\n", "sécret", "gldt-abc"]
        {
            assert!(parse(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn gitlab_is_told_what_kind_of_token_it_is() {
        for (text, header) in [
            ("gitlab-ci-token:abc", "JOB-TOKEN"),
            ("glpat-abc", "PRIVATE-TOKEN"),
            ("someone:glpat-abc", "PRIVATE-TOKEN"),
            ("gitlab+deploy-token-1:abc", "DEPLOY-TOKEN"),
            ("deployer:gldt-abc", "DEPLOY-TOKEN"),
        ] {
            let (user, secret) = parse(text).unwrap();
            let login = Login { user, secret, origin: origin("https://gitlab.com/") };
            assert_eq!(login.header(), header, "{text}");
        }
    }

    fn places(texts: &[&str]) -> Vec<Place> {
        texts.iter().map(|text| Place::parse(text, "").unwrap()).collect()
    }

    fn token_file(text: &str, names: &[&str]) -> Result<(String, String), &'static str> {
        TokenFile::parse(text, &places(names))
            .map(|found| (found.place, found.file.display().to_string()))
    }

    #[test]
    fn a_token_file_is_for_the_place_that_it_names() {
        let names = ["gitlab", "legacy:https://a.example/legacy/?x=1"];
        let found = token_file("legacy:https://a.example/legacy/?x=1=token", &names).unwrap();
        assert_eq!(found, (names[1].to_owned(), "token".to_owned()));
        let found = token_file("gitlab=a=b", &names).unwrap();
        assert_eq!(found, ("gitlab".to_owned(), "a=b".to_owned()));
    }

    #[test]
    fn the_place_may_be_left_out_if_there_is_one_that_takes_a_token() {
        let found = token_file("x=token", &["dir:public", "gitlab"]).unwrap();
        assert_eq!(found, ("gitlab".to_owned(), "x=token".to_owned()));
        for (text, names) in [
            ("token", &["gitlab", "legacy:https://a.example/"][..]),
            ("token", &["dir:public"]),
            ("gitlab=", &["gitlab"]),
        ] {
            assert!(token_file(text, names).is_err(), "{text}");
        }
    }

    fn env() -> Env {
        Env::from_pairs(&[
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
    fn token(url: &str, names: &[&str]) -> Result<Option<String>, Error> {
        let (env, places) = (env(), places(names));
        let job = Job::from_env(&env).unwrap();
        let logins = Logins { env: &env, job: job.as_ref(), files: &[], places: &places };
        let login = logins.find(&places[0], &origin(url))?;
        Ok(login.map(|login| login.secret.expose().to_owned()))
    }

    #[test]
    fn a_jobs_token_is_for_its_own_instance_alone() {
        let ours = "https://git.acme.org:443/api/v4/projects/5/packages/pypi";
        let found = token(ours, &["legacy:https://git.acme.org/x"]).unwrap();
        assert_eq!(found.as_deref(), Some("job"));
        for other in [
            "https://pypi.org/",
            "https://git.acme.org:8443/",
            "https://git.acme.org.evil.example/",
            "http://127.0.0.1/",
        ] {
            let found = token(other, &[&format!("legacy:{other}")]).unwrap();
            assert_eq!(found.as_deref(), Some("twine"), "{other}");
            assert_eq!(token(other, &["gitlab"]).unwrap(), None, "{other}");
        }
        let (env, places) = (env(), places(&["gitlab"]));
        let job = Job::from_env(&env).unwrap();
        let logins = Logins { env: &env, job: job.as_ref(), files: &[], places: &places };
        assert!(logins.require(&places[0], &origin("https://gitlab.com/")).is_err());
        let own = origin("https://git.acme.org/");
        let login = logins.require(&places[0], &own).unwrap();
        assert_eq!((login.basic().origin(), login.gitlab().origin()), (&own, &own));
    }

    #[test]
    fn a_password_without_a_place_is_for_the_only_one() {
        let (a, b) = ("legacy:https://a.example/legacy/", "legacy:https://b.example/legacy/");
        assert_eq!(token("https://a.example/", &[a]).unwrap().as_deref(), Some("twine"));
        assert_eq!(token("https://a.example/", &[a, "gitlab"]).unwrap().as_deref(), Some("twine"));
        let error = token("https://a.example/", &[a, b]).unwrap_err();
        assert!(matches!(error, Error::TokenMissing { .. }), "{error}");
    }
}
