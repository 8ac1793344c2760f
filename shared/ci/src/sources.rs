//! Where a job's ID token comes from, as data: a variable, a request, a command. Who needs the
//! token reads, asks or runs it; nothing is done here.

use pysign_host::{Env, METADATA_SERVER, Secret, is_metadata_server, percent_encode};

use crate::{Error, System, id_token_variable};

/// The variable in which Google's clients are told where the metadata server is.
pub(crate) const METADATA_HOST: &str = "GCE_METADATA_HOST";

/// A way to an ID token for one audience.
#[derive(Clone)]
pub enum Source {
    /// It is in this variable, and there is no other one to come.
    Variable(String),
    /// Whoever is asked gives a new one each time.
    Request(Request),
    /// The system's own program prints a new one each time.
    Command(Command),
}

/// `GET`, and what the answer looks like.
#[derive(Clone)]
pub struct Request {
    /// Who vouches.
    pub system: System,
    /// With its query.
    pub url: String,
    /// What goes into `Authorization`, after `Bearer`.
    pub bearer: Option<Secret>,
    /// Who asks sends this header, and who answers sends it back.
    pub header: Option<(&'static str, &'static str)>,
    /// The member of a JSON object that is the token; the whole answer is it when `None`.
    pub member: Option<&'static str>,
}

/// A program of the CI system, and its arguments. No shell reads them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Command {
    /// Who vouches.
    pub system: System,
    /// Its name, to be found in `PATH`.
    pub program: &'static str,
    /// None of them is a secret.
    pub arguments: Vec<String>,
}

/// Why there is no way to a token.
#[derive(Debug)]
#[non_exhaustive]
pub enum NoSource {
    /// A job of this system, which was not given what it needs for a token.
    NotGranted(System),
    /// One of several systems' job: each could vouch for it, as someone else.
    Several(Vec<System>),
    /// Nothing here says that any system could.
    Unknown,
    /// A variable that leads to the token is malformed.
    Variable(Error),
}

impl From<Error> for NoSource {
    fn from(error: Error) -> Self {
        Self::Variable(error)
    }
}

impl Source {
    /// The way to a token for `audience`. A variable that holds one comes first, since somebody put
    /// it there; then the system whose job this is; then, outside of any, the machine. In a job
    /// without the right to a token the machine's is not taken in its place: it is for another
    /// identity.
    pub fn find(
        env: &Env,
        audience: &str,
        product_name: impl FnOnce() -> Option<String>,
    ) -> Result<Self, NoSource> {
        let variable = id_token_variable(audience);
        if env.var(&variable).is_some() {
            return Ok(Self::Variable(variable));
        }
        match *System::of_job(env) {
            [] if System::is_google(env, product_name) => google(env, audience),
            [] => Err(NoSource::Unknown),
            [System::Buildkite] => Ok(buildkite(audience)),
            [System::CircleCi] => Ok(circleci(audience)),
            [System::GitHub] => github(env, audience),
            [system] => Err(NoSource::NotGranted(system)),
            ref several => Err(NoSource::Several(several.to_vec())),
        }
    }
}

/// GitHub's documentation, "`OpenID` Connect": both variables are there when the job has the
/// permission `id-token: write`, and the address has a query already.
fn github(env: &Env, audience: &str) -> Result<Source, NoSource> {
    const URL: &str = "ACTIONS_ID_TOKEN_REQUEST_URL";
    let not_granted = || NoSource::NotGranted(System::GitHub);
    let url = env.var(URL).ok_or_else(not_granted)?;
    let bearer = env.secret("ACTIONS_ID_TOKEN_REQUEST_TOKEN").ok_or_else(not_granted)?;
    if !url.contains('?') || url.contains('#') {
        let expected = "an https URL with a query";
        return Err(Error::Malformed { variable: URL, expected }.into());
    }
    Ok(Source::Request(Request {
        system: System::GitHub,
        url: format!("{url}&audience={}", percent_encode(audience)),
        bearer: Some(bearer),
        header: None,
        member: Some("value"),
    }))
}

/// Buildkite's documentation, "buildkite-agent oidc".
fn buildkite(audience: &str) -> Source {
    let arguments = ["oidc", "request-token", "--audience", audience].map(str::to_owned).to_vec();
    Source::Command(Command { system: System::Buildkite, program: "buildkite-agent", arguments })
}

/// `CircleCI`'s documentation, "OIDC tokens with custom claims". The variables `CIRCLE_OIDC_TOKEN`
/// and `CIRCLE_OIDC_TOKEN_V2` are for the organisation as audience, and no use.
fn circleci(audience: &str) -> Source {
    let claims = format!(r#"{{"aud":"{}"}}"#, audience.replace(['"', '\\'], ""));
    let arguments = ["run", "oidc", "get", "--claims", &claims].map(str::to_owned).to_vec();
    Source::Command(Command { system: System::CircleCi, program: "circleci", arguments })
}

/// Google's documentation, "Verify VM identity". The full format has the account's address.
fn google(env: &Env, audience: &str) -> Result<Source, NoSource> {
    let host = env.var(METADATA_HOST).unwrap_or(METADATA_SERVER);
    if !names_metadata_server(host) {
        let expected = "the name or address of Google's metadata server";
        return Err(Error::Malformed { variable: METADATA_HOST, expected }.into());
    }
    let path = "computeMetadata/v1/instance/service-accounts/default/identity";
    Ok(Source::Request(Request {
        system: System::Google,
        url: format!("http://{host}/{path}?audience={}&format=full", percent_encode(audience)),
        bearer: None,
        header: Some(("metadata-flavor", "Google")),
        member: None,
    }))
}

/// What it answers is not encrypted, so it must be near.
fn names_metadata_server(authority: &str) -> bool {
    let (host, port) = match authority.rsplit_once(':') {
        Some((host, port)) if !authority.ends_with(']') => (host, Some(port)),
        _ => (authority, None),
    };
    is_metadata_server(host) && port.is_none_or(|port| port.parse::<u16>().is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    const GITHUB: [(&str, &str); 3] = [
        ("GITHUB_ACTIONS", "true"),
        ("ACTIONS_ID_TOKEN_REQUEST_TOKEN", "canary"),
        ("ACTIONS_ID_TOKEN_REQUEST_URL", "https://a.example//t?api-version=2.0"),
    ];

    fn find(pairs: &[(&str, &str)]) -> Result<Source, NoSource> {
        Source::find(&Env::from_pairs(pairs), "sigstore", || None)
    }

    #[test]
    fn a_variable_comes_before_every_system() {
        let mut pairs = GITHUB.to_vec();
        pairs.extend([("BUILDKITE", "true"), ("SIGSTORE_ID_TOKEN", "canary")]);
        let found = find(&pairs);
        assert!(matches!(found, Ok(Source::Variable(name)) if name == "SIGSTORE_ID_TOKEN"));
    }

    #[test]
    fn github_is_asked_with_its_own_secret() {
        let Ok(Source::Request(request)) = find(&GITHUB) else { panic!("no request") };
        assert_eq!(request.url, "https://a.example//t?api-version=2.0&audience=sigstore");
        assert_eq!(request.bearer.unwrap().expose(), "canary");
        assert_eq!((request.header, request.member), (None, Some("value")));
        for missing in 1..=2 {
            let mut pairs = GITHUB.to_vec();
            pairs.remove(missing);
            assert!(matches!(find(&pairs), Err(NoSource::NotGranted(System::GitHub))));
        }
        let mut pairs = GITHUB.to_vec();
        pairs[2].1 = "https://a.example/t";
        assert!(matches!(find(&pairs), Err(NoSource::Variable(_))));
    }

    #[test]
    fn the_commands_are_those_of_the_systems() {
        let command = |mark| match find(&[(mark, "true")]) {
            Ok(Source::Command(command)) => {
                format!("{} {}", command.program, command.arguments.join(" "))
            }
            _ => String::new(),
        };
        assert_eq!(command("BUILDKITE"), "buildkite-agent oidc request-token --audience sigstore");
        assert_eq!(command("CIRCLECI"), r#"circleci run oidc get --claims {"aud":"sigstore"}"#);
    }

    #[test]
    fn a_machine_vouches_only_outside_of_every_job() {
        let google = ("GCE_METADATA_HOST", "127.0.0.1:1");
        let Ok(Source::Request(request)) = find(&[google]) else { panic!("no request") };
        assert_eq!(
            request.url,
            "http://127.0.0.1:1/computeMetadata/v1/instance/service-accounts/default/identity\
             ?audience=sigstore&format=full"
        );
        let job = find(&[google, ("GITLAB_CI", "true")]);
        assert!(matches!(job, Err(NoSource::NotGranted(System::GitLab))));
        assert!(matches!(find(&[]), Err(NoSource::Unknown)));
    }

    #[test]
    fn two_systems_are_one_too_many() {
        let Err(NoSource::Several(systems)) = find(&[("CIRCLECI", "true"), ("GITLAB_CI", "true")])
        else {
            panic!("one was chosen")
        };
        assert_eq!(systems, [System::CircleCi, System::GitLab]);
    }

    #[test]
    fn the_metadata_server_may_have_a_port() {
        for (host, fits) in [
            (METADATA_SERVER, true),
            ("127.0.0.1:80", true),
            ("[::1]:1", true),
            ("[::1]", true),
            ("127.0.0.1:x", false),
            ("evil.example:80", false),
        ] {
            assert_eq!(names_metadata_server(host), fits, "{host}");
        }
    }
}
