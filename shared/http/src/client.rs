//! The client: an answer after redirects, retries and with limits, or the reason why not.

use std::io::{self, Read as _, Write};
use std::time::{Duration, Instant};

use pysign_host::{Clock, Host, Network, Notes, causes};
use ureq::http;

use crate::deadline::Deadline;
use crate::hidden;
use crate::progress::Transfer;
use crate::redirect::{self, MAX_REDIRECTS};
use crate::retry::{self, Attempts, retry_after};
use crate::transport::{Transport, explain_io};
use crate::{Downloaded, Error, Request, Response, Url};

/// As much of an error page as helps, in characters.
const MAX_SAID: usize = 300;

/// An error page is read whole, so that a secret in it is whole, too, and cut out; of a longer one
/// nothing is shown.
const MAX_ERROR_PAGE: u64 = 64 * 1024;

/// The one way to the network. Threads share it; a clone is the same one, for what must own it.
#[derive(Clone, Debug)]
pub struct Client {
    transport: Transport,
    clock: Clock,
    timeout: Duration,
    offline: bool,
    notes: Notes,
}

impl Client {
    /// A client with the proxy of the environment. Nothing is asked yet.
    pub fn new(host: &Host, network: &Network) -> Result<Self, Error> {
        Ok(Self {
            transport: Transport::new(host, network)?,
            clock: host.clock,
            timeout: network.timeout,
            offline: network.offline,
            notes: host.notes.clone(),
        })
    }

    /// Whether every request is an error.
    pub fn offline(&self) -> bool {
        self.offline
    }

    /// How long a request may make no progress.
    pub fn timeout(&self) -> Duration {
        self.timeout
    }

    /// After how long a request is given up, with all its attempts.
    pub fn patience(&self) -> Duration {
        retry::patience(self.timeout)
    }

    /// Attempts at what only the caller can repeat, with the patience of one request.
    pub fn attempts(&self) -> Attempts {
        Attempts::new(self.clock.instant(), self.timeout)
    }

    /// Waits for the next attempt, if there is one.
    pub fn wait(&self, attempts: &mut Attempts) -> bool {
        let Some(pause) = attempts.pause(self.clock.instant(), None) else { return false };
        self.notes.progress(format!("asking again in {:.0} s", pause.as_secs_f64()));
        self.clock.sleep(pause);
        true
    }

    /// Waits, and says what for: at a terminal nobody knows otherwise, and in a log it is why a job
    /// took so long.
    fn wait_after(&self, error: &Error, pause: Duration) {
        let seconds = pause.as_secs_f64();
        let why =
            causes(error).into_iter().fold(error.to_string(), |why, cause| why + ": " + &cause);
        self.notes.detail(format!("retrying in {seconds:.1} s: {why}"));
        self.notes.progress(format!("retrying in {seconds:.0} s: {why}"));
        self.clock.sleep(pause);
    }

    /// Sends a request; the answer has at most `cap` bytes, and comes while our patience lasts: a
    /// byte now and then is progress, and would go on for hours.
    pub fn send(&self, request: &Request<'_>, cap: u64) -> Result<Response, Error> {
        let last = self.clock.instant().checked_add(self.patience());
        let (found, body) = self.exchange(request, cap, last, || Ok::<_, Error>(Vec::new()))?;
        Ok(Response { status: found.status, url: found.url, body, headers: found.headers })
    }

    /// Sends a request whose answer of at most `cap` bytes goes into what `start` makes, anew for
    /// each attempt. It may take as long as its payload flows.
    pub fn download<W: Write, E: From<Error>>(
        &self,
        request: &Request<'_>,
        cap: u64,
        start: impl FnMut() -> Result<W, E>,
    ) -> Result<(Downloaded, W), E> {
        self.exchange(request, cap, None, start)
    }

    /// All attempts at a request, whose answer must be there at `last`.
    fn exchange<W: Write, E: From<Error>>(
        &self,
        request: &Request<'_>,
        cap: u64,
        last: Option<Instant>,
        mut start: impl FnMut() -> Result<W, E>,
    ) -> Result<(Downloaded, W), E> {
        if self.offline {
            return Err(Error::Offline { url: request.url.without_query() }.into());
        }
        let mut attempts = Attempts::new(self.clock.instant(), self.timeout);
        loop {
            let mut sink = start()?;
            let error = match self.attempt(request, cap, last, &mut sink) {
                Ok(found) => return Ok((found, sink)),
                Err(error) => error,
            };
            if !request.retried || !error.is_transient() {
                return Err(error.into());
            }
            match attempts.pause(self.clock.instant(), error.retry_after()) {
                Some(pause) => self.wait_after(&error, pause),
                None => return Err(error.into()),
            }
        }
    }

    /// One attempt, with its redirects.
    fn attempt(
        &self,
        request: &Request<'_>,
        cap: u64,
        last: Option<Instant>,
        sink: &mut impl Write,
    ) -> Result<Downloaded, Error> {
        let mut url = request.url.clone();
        // What has left an origin does not get its credential back when it returns: the address
        // it returns to was chosen by someone else.
        let mut credential = request.credential;
        for _ in 0..=MAX_REDIRECTS {
            let mut answer = self.transport.exchange(request, &url, credential)?;
            let status = answer.status().as_u16();
            if redirect::is_redirect(status) {
                let location = header(&answer, "location");
                if location.is_some_and(|to| hidden::is_in_address(&request.secrets(), to)) {
                    let (url, reason) =
                        (url.without_query(), "to an address with the secret in it");
                    return Err(Error::Redirect { url, to: None, reason });
                }
                let to = redirect::follow(request.redirects, status, &url, location)?;
                credential = credential.filter(|_| to.origin() == url.origin());
                url = to;
                continue;
            }
            if !(200..300).contains(&status) && !request.accepted.contains(&status) {
                let asked = header(&answer, "retry-after")
                    .and_then(|value| retry_after(value, self.clock.now()));
                let said = hidden::without_secrets(&request.secrets(), &self.said(&mut answer));
                return Err(refusal(&url, status, asked, &said));
            }
            let size = match request.method {
                // The length it names is that of the body which a GET would bring.
                "HEAD" => 0,
                _ => self.copy(&mut answer, &url, cap, last, sink)?,
            };
            return Ok(Downloaded { status, url, size, headers: answer.headers().clone() });
        }
        let url = request.url.without_query();
        Err(Error::Redirect { url, to: None, reason: "more than five times" })
    }

    /// An error page on one line. HTML says nothing to a reader of a log, and what does not come
    /// within `--timeout` is not waited for.
    fn said(&self, answer: &mut http::Response<ureq::Body>) -> String {
        let is_html = header(answer, "content-type").is_some_and(|kind| kind.contains("html"));
        if is_html {
            return String::new();
        }
        let _deadline = Deadline::start(self.clock, self.timeout, None);
        let mut page = Vec::new();
        let mut reader = answer.body_mut().as_reader().take(MAX_ERROR_PAGE);
        if reader.read_to_end(&mut page).is_err() || reader.limit() == 0 {
            return String::new();
        }
        let text = String::from_utf8_lossy(&page);
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    /// The body, up to `cap` bytes. A `Content-Length` past it is refused before anything is read.
    fn copy(
        &self,
        answer: &mut http::Response<ureq::Body>,
        url: &Url,
        cap: u64,
        last: Option<Instant>,
        sink: &mut impl Write,
    ) -> Result<u64, Error> {
        let too_large = || Error::TooLarge { url: url.without_query(), cap };
        let length = answer.body().content_length();
        if length.is_some_and(|length| length > cap) {
            return Err(too_large());
        }
        let deadline = Deadline::start(self.clock, self.timeout, last);
        let mut transfer = Transfer::new("downloading", url, length, self.clock, &self.notes);
        let mut body = answer.body_mut().with_config().limit(u64::MAX).reader().take(cap + 1);
        let mut buffer = vec![0; 64 * 1024];
        loop {
            let count = match body.read(&mut buffer) {
                Ok(0) => return Ok(transfer.done),
                Ok(count) => count,
                Err(cause) if cause.kind() == io::ErrorKind::Interrupted => continue,
                Err(cause) => return Err(explain_io(cause, url)),
            };
            deadline.extend();
            transfer.add(count);
            if transfer.done > cap {
                return Err(too_large());
            }
            sink.write_all(buffer.get(..count).unwrap_or_default())
                .map_err(|cause| Error::Write { url: url.without_query(), cause })?;
        }
    }
}

fn header<'a>(answer: &'a http::Response<ureq::Body>, name: &str) -> Option<&'a str> {
    answer.headers().get(name)?.to_str().ok()
}

/// The error for a status that is no answer: these few may be another one later.
fn refusal(url: &Url, status: u16, retry_after: Option<Duration>, said: &str) -> Error {
    let url = url.without_query();
    let said = said.chars().take(MAX_SAID).collect();
    match status {
        408 | 425 | 429 | 500..=599 => Error::Transient { url, status, said, retry_after },
        _ => Error::Final { url, status, said },
    }
}
