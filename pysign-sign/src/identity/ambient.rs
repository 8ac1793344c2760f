//! Asking the CI system whose job this is for a token.

use pysign_ci::{Found, NoSource, PRODUCT_NAME, Request, SIGSTORE_AUDIENCE, Source, System};
use pysign_host::{Host, Secret, read_named};
use pysign_http::{Client, Credential, Request as Question, Response, Url};
use pysign_json::{Numbers, parse};

use super::command;
use super::error::IdentityError;

/// The longest token that a header takes is 16 KiB; this is with what may surround it.
const MAX_ANSWER: u64 = 64 << 10;

/// The product name of a machine is a few words.
const MAX_PRODUCT_NAME: u64 = 256;

/// Where the environment says that a token is.
pub(super) fn find(host: &Host) -> Result<Found, IdentityError> {
    // No such file, on other systems and in most containers, is an answer.
    let product_name = || {
        let bytes = read_named(PRODUCT_NAME.as_ref(), MAX_PRODUCT_NAME).ok()?;
        String::from_utf8(bytes).ok()
    };
    System::source(&host.env, SIGSTORE_AUDIENCE, product_name).map_err(IdentityError::NotFound)
}

/// A new token.
pub(super) fn ask(
    system: &'static System,
    source: &Source,
    host: &Host,
    client: &Client,
) -> Result<Secret, IdentityError> {
    let token = match source {
        Source::Command(_) if client.offline() => return Err(IdentityError::Offline(system)),
        Source::Command(command) => command::run(command, host, client.timeout())
            .map_err(|fault| IdentityError::Command { system, command: command.clone(), fault })?,
        Source::Request(asked) => request(system, asked, client)?,
        Source::Variable(_) => return Err(IdentityError::NotFound(NoSource::Unknown)),
    };
    host.notes.detail(format!("{system} gave an identity token"));
    Ok(token)
}

fn request(
    system: &'static System,
    asked: &Request,
    client: &Client,
) -> Result<Secret, IdentityError> {
    let failed =
        |cause: pysign_http::Error| IdentityError::Request { system, cause: Box::new(cause) };
    let url = match asked.bearer {
        Some(_) => asked.url.parse(),
        None => Url::of_metadata_server(&asked.url),
    };
    let url: Url = url.map_err(|error| failed(error.into()))?;
    let bearer = asked.bearer.as_ref();
    let credential = bearer.map(|secret| Credential::bearer(secret, url.origin().clone()));
    // What asks with a secret, and what is answered with one, goes nowhere else.
    let mut question = Question::get(url.clone()).no_redirects();
    if let Some((name, value)) = asked.header {
        question = question.header(name, value);
    }
    if let Some(credential) = &credential {
        question = question.credential(credential).header("accept", "application/json");
    }
    let answer = client.send(&question, MAX_ANSWER).map_err(failed)?;
    let token = token(&answer, asked);
    token.ok_or_else(|| IdentityError::Answer { system, url: url.without_query() })
}

/// The token in an answer: a member of an object, or all of it.
fn token(answer: &Response, asked: &Request) -> Option<Secret> {
    if let Some((name, value)) = asked.header
        && answer.header(name) != Some(value)
    {
        return None;
    }
    let text = match asked.member {
        Some(member) => {
            let answer = parse(&answer.body, answer.body.len(), Numbers::Any).ok()?;
            answer.get(member)?.as_str()?.to_owned()
        }
        None => std::str::from_utf8(&answer.body).ok()?.trim().to_owned(),
    };
    Some(Secret::new(text))
}
