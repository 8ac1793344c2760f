//! Asking the CI system whose job this is for a token.

use pysign_ci::{NoSource, Request, SIGSTORE_AUDIENCE, Source, System};
use pysign_host::{Host, Secret, read_named};
use pysign_http::{Client, Credential, Request as Question, Response, Url};
use serde_json::Value;

use super::command;
use super::error::Fault;

/// The longest token that a header takes is 16 KiB; this is with what may surround it.
const MAX_ANSWER: u64 = 64 << 10;

/// The product name of a machine is a few words.
const MAX_PRODUCT_NAME: u64 = 256;

/// Where the environment says that a token is.
pub(super) fn find(host: &Host) -> Result<Source, Fault> {
    Source::find(&host.env, SIGSTORE_AUDIENCE, product_name).map_err(Fault::NotFound)
}

/// No such file, on other systems and in most containers, is an answer.
fn product_name() -> Option<String> {
    let bytes = read_named(System::PRODUCT_NAME.as_ref(), MAX_PRODUCT_NAME).ok()?;
    String::from_utf8(bytes).ok()
}

/// A new token.
pub(super) fn ask(
    source: &Source,
    host: &Host,
    client: &Client,
) -> Result<(System, Secret), Fault> {
    let (system, token) = match source {
        Source::Command(asked) if client.offline() => {
            return Err(Fault::Offline(asked.system));
        }
        Source::Command(asked) => {
            let failed = |fault| Fault::Command { command: asked.clone(), fault };
            (asked.system, command::run(asked, host, client.timeout()).map_err(failed)?)
        }
        Source::Request(asked) => (asked.system, request(asked, client)?),
        Source::Variable(_) => return Err(Fault::NotFound(NoSource::Unknown)),
    };
    host.notes.detail(format!("{system} gave an identity token"));
    Ok((system, token))
}

fn request(asked: &Request, client: &Client) -> Result<Secret, Fault> {
    let system = asked.system;
    let failed = |cause: pysign_http::Error| Fault::Request { system, cause: Box::new(cause) };
    let url = match system {
        System::Google => Url::of_metadata_server(&asked.url),
        _ => asked.url.parse(),
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
    token.ok_or_else(|| Fault::Answer { system, url: url.without_query() })
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
            let answer: Value = serde_json::from_slice(&answer.body).ok()?;
            answer.get(member)?.as_str()?.to_owned()
        }
        None => std::str::from_utf8(&answer.body).ok()?.trim().to_owned(),
    };
    Some(Secret::new(text))
}
