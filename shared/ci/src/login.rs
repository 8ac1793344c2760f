//! A token for an index, and what kind of token it is.

use pysign_host::Secret;

use crate::JobToken;

/// The user of a job's token; under any other GitLab takes it for anonymous.
const JOB_USER: &str = "gitlab-ci-token";

/// The user of a token that has none: any does for GitLab's tokens, and PyPI-like indexes name this
/// one.
const ANY_USER: &str = "__token__";

/// What GitLab's deploy tokens begin with.
const DEPLOY_TOKEN: &str = "gldt-";

/// A token, and the user it belongs to where that matters.
#[derive(Clone)]
pub struct Login {
    user: Option<String>,
    secret: Secret,
}

impl Login {
    /// What variables say.
    pub fn new(user: Option<String>, secret: Secret) -> Self {
        Self { user, secret }
    }

    /// `TOKEN` or `USER:TOKEN`, with one line end. No token in use has a colon in it. The error says
    /// what is wrong with it, and nothing of it.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
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
        if user.is_none() && token.starts_with(DEPLOY_TOKEN) {
            return Err("a deploy token belongs to a user: USER:TOKEN");
        }
        Ok(Self { user, secret: Secret::new(token.to_owned()) })
    }

    /// Whose it is, for a service that takes user and password.
    pub fn user(&self) -> &str {
        self.user.as_deref().unwrap_or(ANY_USER)
    }

    /// The token.
    pub fn secret(&self) -> &Secret {
        &self.secret
    }

    /// The header in which GitLab's API takes it. What kind of token it is shows in the user, or in
    /// the prefix that GitLab gives its tokens.
    pub fn gitlab_header(&self) -> &'static str {
        match self.user() {
            JOB_USER => "JOB-TOKEN",
            user if user.starts_with("gitlab+deploy-token-") => "DEPLOY-TOKEN",
            _ if self.secret.expose().starts_with(DEPLOY_TOKEN) => "DEPLOY-TOKEN",
            _ => "PRIVATE-TOKEN",
        }
    }
}

impl From<JobToken> for Login {
    fn from(token: JobToken) -> Self {
        Self { user: Some(JOB_USER.to_owned()), secret: token.secret }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<(String, String), &'static str> {
        let login = Login::parse(text)?;
        Ok((login.user().to_owned(), login.secret().expose().to_owned()))
    }

    #[test]
    fn a_token_is_one_word_with_or_without_its_user() {
        let found = |user: &str| Ok((user.to_owned(), "secret".to_owned()));
        assert_eq!(parse("deployer:secret\n"), found("deployer"));
        assert_eq!(parse("secret\r\n"), found("__token__"));
        for text in ["", "\n", "user:", ":secret", "two words", "two\nlines\n", "sécret"] {
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
            let login = Login::parse(text).map_err(drop).unwrap();
            assert_eq!(login.gitlab_header(), header, "{text}");
        }
    }

    #[test]
    fn a_deploy_token_belongs_to_a_user() {
        assert!(parse("deployer:gldt-abc").is_ok());
        assert!(parse("gldt-abc").is_err());
    }
}
