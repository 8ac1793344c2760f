//! A CI system: how a job knows where it runs, the way to its token, what Fulcio makes of the token's
//! claims, and the options by which `pysign-verify` names a pipeline. The systems themselves are the
//! rows of [`crate::SYSTEMS`].

use std::fmt;

use pysign_host::{Env, shell_word};

use crate::Error;
use crate::source::Source;

/// A CI system, or another place whose workloads have ID tokens.
#[derive(Debug)]
pub struct System {
    /// As messages name it.
    pub name: &'static str,
    /// The variable that it sets to `true` in each of its jobs.
    pub(crate) mark: Option<&'static str>,
    /// The way to a token for an audience; `Ok(None)` in a job that was not given what it needs.
    /// `None` where tokens are in variables that the user's CI file names.
    pub(crate) source: Option<FindSource>,
    /// What to do in a job that was given no token.
    pub grant: &'static str,
    /// The variables that lead to a token, as a man page lists them.
    pub environment: (&'static str, &'static str),
    /// The variables that hold a secret of each job.
    pub(crate) secrets: &'static [&'static str],
    /// What its tokens say.
    pub claims: Option<Claims>,
    pub(crate) preset: Option<Preset>,
}

/// Finds the way to a token for an audience in the variables of a job.
type FindSource = fn(&Env, &str) -> Result<Option<Source>, Error>;

/// What Fulcio makes of the claims of a token (its `config/identity/config.yaml`, and `pkg/identity`
/// for kinds without a template). In texts, the name of a claim stands in braces, with a default
/// after `|`; a `/` in a name leads into an object.
#[derive(Debug)]
pub struct Claims {
    /// The claims that together only this system's tokens have.
    pub(crate) known_by: &'static [&'static str],
    /// The URI that becomes the certificate's name.
    pub identity: &'static str,
    /// The repository that the certificate must name, where its name is that of a workflow which
    /// other repositories may call.
    pub source: Option<&'static str>,
    /// The claim that says who may see the project.
    pub visibility: Option<&'static str>,
    /// The claim with the commit that was checked out.
    pub commit: Option<&'static str>,
}

/// How `pysign-verify` names the pipelines of a system.
#[derive(Debug)]
pub(crate) struct Preset {
    pub(crate) flag: &'static str,
    /// From the repository's URL: what the option takes, and the issuer that it implies.
    pub(crate) project: fn(&str) -> Option<(String, String)>,
    /// What stands between the repository's URL and the file that defines the pipeline.
    pub(crate) separator: &'static str,
    pub(crate) file_flag: &'static str,
    /// The file that is meant when none is named.
    pub(crate) file: &'static str,
}

pub(crate) const NO_CLAIMS: Claims =
    Claims { known_by: &[], identity: "", source: None, visibility: None, commit: None };

pub(crate) const NOTHING: System = System {
    name: "",
    mark: None,
    source: None,
    grant: "",
    environment: ("", ""),
    secrets: &[],
    claims: None,
    preset: None,
};

impl System {
    /// Whether a job asks the system for its tokens, and is given none in a variable.
    pub fn is_asked(&self) -> bool {
        self.source.is_some()
    }
}

impl Claims {
    /// A text with the values of its claims.
    pub fn fill<E>(
        text: &'static str,
        claim: impl Fn(&'static str) -> Result<String, E>,
    ) -> Result<String, E> {
        let Some((before, rest)) = text.split_once('{') else { return Ok(text.to_owned()) };
        let (name, after) = rest.split_once('}').unwrap_or((rest, ""));
        let value = match name.split_once('|') {
            Some((name, default)) => claim(name).unwrap_or_else(|_| default.to_owned()),
            None => claim(name)?,
        };
        Ok(format!("{before}{value}{}", Self::fill(after, claim)?))
    }
}

impl Preset {
    /// The options for the pipeline that `file` of a repository defines on a ref.
    pub(crate) fn options(&self, [repository, file, git_ref, issuer]: [&str; 4]) -> Option<String> {
        let file = file.strip_prefix(self.separator)?;
        let (project, usual_issuer) = (self.project)(repository)?;
        let mut words = vec![(self.flag, project.as_str()), ("--ref", git_ref)];
        words.extend((file != self.file).then_some((self.file_flag, file)));
        words.extend((issuer != usual_issuer).then_some(("--issuer", issuer)));
        let word = |(flag, value): (&str, &str)| format!("{flag} {}", shell_word(value));
        Some(words.into_iter().map(word).collect::<Vec<_>>().join(" "))
    }
}

impl fmt::Display for System {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}
