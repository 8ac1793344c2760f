//! Where a job's ID token comes from, as data: a variable, a request, a command. Who needs the
//! token reads, asks or runs it; nothing is done here.

use pysign_host::Secret;

/// The audience that Fulcio wants in a token.
pub const SIGSTORE_AUDIENCE: &str = "sigstore";

/// A way to an ID token for one audience.
#[derive(Clone)]
pub enum Source {
    /// The token is in this variable, and there is no other one to come.
    Variable(String),
    /// Whoever is asked gives a new one each time.
    Request(Request),
    /// The system's own program prints a new one each time.
    Command(Command),
}

/// `GET`, and what the answer looks like.
#[derive(Clone)]
pub struct Request {
    /// With its query.
    pub url: String,
    /// What goes into `Authorization`, after `Bearer`. A request without is to Google's metadata
    /// server, which speaks `http` only.
    pub bearer: Option<Secret>,
    /// The client sends this header, and the server sends it back.
    pub header: Option<(&'static str, &'static str)>,
    /// The member of a JSON object that is the token; `None` where the whole answer is.
    pub member: Option<&'static str>,
}

/// A program of the CI system, and its arguments, none of which is a secret. No shell reads them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Command {
    /// Its name, to be found in `PATH`.
    pub program: &'static str,
    /// In order.
    pub arguments: Vec<String>,
}

impl Source {
    pub(crate) fn command(program: &'static str, arguments: &[&str]) -> Self {
        let arguments = arguments.iter().map(|&argument| argument.to_owned()).collect();
        Self::Command(Command { program, arguments })
    }
}

/// The variable in which a GitLab job is given its ID token for `audience`, by the custom that
/// uv, sigstore's clients and twine share: upper case, anything but letters and digits as `_`.
///
/// ```
/// assert_eq!(pysign_ci::id_token_variable("my.index-1"), "MY_INDEX_1_ID_TOKEN");
/// ```
pub fn id_token_variable(audience: &str) -> String {
    let letter = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' };
    let name: String = audience.chars().map(letter).collect();
    format!("{name}_ID_TOKEN")
}
