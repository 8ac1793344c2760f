//! Who signs: an ID token that says so, from what the command line names or from the CI system
//! whose job this is. It is looked at before any request is made, so that a wrong CI file is named
//! by us and not by a far-away service.

mod ambient;
mod command;
mod error;
mod token;

use std::path::Path;
use std::sync::{Mutex, PoisonError};

use pysign_ci::{NoSource, Source, System};
use pysign_host::{Failure, FileError, Host, Secret};
use pysign_http::{Client, Url, read_token};
use pysign_sigstore::signing_config::Services;

pub(crate) use error::IdentityError;
use error::Place;
pub(crate) use token::Token;

use crate::expected::Holder;

/// The public instances. Their logs are read by everyone, and so is the log of the certificates that
/// their authorities give.
const PUBLIC: [&str; 2] = [".sigstore.dev", ".sigstage.dev"];

/// A token that ends sooner is replaced before it is sent, in seconds: a busy authority may let us
/// wait that long.
const MARGIN: i64 = 60;

/// The signer of a run. Threads share it.
pub(crate) struct Identity<'a> {
    client: &'a Client,
    host: &'a Host,
    place: Place,
    /// What gives a new token; `None` for one that was handed to us.
    source: Option<(&'static System, Source)>,
    first: Token,
    latest: Mutex<Token>,
}

impl<'a> Identity<'a> {
    /// The holder of the token in `file` (`-` is standard input), else of the one that the
    /// environment leads to. A system that gives tokens is asked for one.
    pub(crate) fn find(
        file: Option<&Path>,
        host: &'a Host,
        client: &'a Client,
    ) -> Result<Self, Failure> {
        let (place, source, secret) = match file {
            Some(file) => (Place::of_file(file), None, read(file)?),
            None => match ambient::find(host)? {
                (Some(system), source) => {
                    let secret = ambient::ask(system, &source, host, client)?;
                    (Place::System(system), Some((system, source)), secret)
                }
                (None, Source::Variable(name)) => {
                    let missing = IdentityError::NotFound(NoSource::Unknown);
                    let secret = host.env.secret(&name).ok_or(missing)?;
                    (Place::Variable(name), None, secret)
                }
                _ => return Err(IdentityError::NotFound(NoSource::Unknown).into()),
            },
        };
        let token = Token::parse(secret, host.clock.unix())
            .map_err(|unfit| IdentityError::unfit(&place, host, unfit))?;
        let latest = Mutex::new(token.clone());
        Ok(Self { client, host, place, source, first: token, latest })
    }

    /// What the certificate must say of its holder.
    pub(crate) fn holder(&self) -> &Holder {
        &self.first.holder
    }

    /// The commit that was built, if the token names it.
    pub(crate) fn commit(&self) -> Option<&str> {
        self.first.commit.as_deref()
    }

    /// A token that is fit now: the one that is known, or one from its source when that one is about
    /// to end. A new one must speak for whom the first one did: one release has one signer.
    pub(crate) fn token(&self) -> Result<Token, Failure> {
        let mut latest = self.latest.lock().unwrap_or_else(PoisonError::into_inner);
        let now = self.host.clock.unix();
        if latest.lasts_until(now.saturating_add(MARGIN)) {
            return Ok(latest.clone());
        }
        let unfit = |unfit| IdentityError::unfit(&self.place, self.host, unfit);
        let Some((system, source)) = &self.source else {
            return Ok(latest.clone().still_valid(now).map_err(unfit)?);
        };
        let secret = ambient::ask(system, source, self.host, self.client)?;
        let token = Token::parse(secret, self.host.clock.unix()).map_err(unfit)?;
        let [expected, found] = [&*latest, &token].map(Token::described);
        if expected != found {
            return Err(
                IdentityError::Changed { place: self.place.clone(), expected, found }.into()
            );
        }
        *latest = token.clone();
        Ok(token)
    }

    /// Refuses to name a hidden project in a log that everyone reads, unless `consent` was given.
    pub(crate) fn check_consent(&self, services: &Services, consent: bool) -> Result<(), Failure> {
        match public(services) {
            Some(service) if self.first.private && !consent => {
                Err(IdentityError::PublicLog { service: service.clone() }.into())
            }
            _ => Ok(()),
        }
    }
}

/// The first of the services whose answers everyone reads.
fn public(services: &Services) -> Option<&Url> {
    let logs = [Some(&services.log), services.log_v1.as_ref()].into_iter().flatten();
    logs.map(|log| &log.url).chain([&services.fulcio]).find(|service| {
        let host = service.origin().host().trim_end_matches('.');
        PUBLIC.iter().any(|domain| host.ends_with(domain))
    })
}

/// Without the white space around it.
fn read(file: &Path) -> Result<Secret, FileError> {
    Ok(Secret::new(read_token(file)?.expose().trim().to_owned()))
}

#[cfg(test)]
mod tests;
