//! One exchange: a request goes out, the head of an answer comes back.

use std::error::Error as StdError;
use std::io;

use pysign_host::{Clock, Env, Host, Network, Notes};
use ureq::http::{self, HeaderValue, Response};
use ureq::unversioned::resolver::DefaultResolver;
use ureq::unversioned::transport::{
    ConnectProxyConnector, Connector as _, RustlsConnector, TcpConnector,
};
use ureq::{Agent, Proxy, ProxyProtocol, SendBody};

use crate::deadline::HeldToDeadline;
use crate::progress::{Sending, Transfer};
use crate::request::Unsent;
use crate::{Credential, Error, Request, Url, tls};

/// What does the talking: through the proxy of the environment, or directly.
#[derive(Clone, Debug)]
pub(crate) struct Transport {
    direct: Agent,
    proxied: Option<(Proxy, Agent)>,
    clock: Clock,
    notes: Notes,
}

/// Bodies of this size ask first whether they may be sent (RFC 9110 §10.1.1); so do curl's. Asking
/// costs a second where nobody answers.
const ASKED_FROM: u64 = 1024 * 1024;

/// Connections that are kept for the next request. There are never more than requests were under way
/// at once, which is what `--jobs` says, 256 at most; with fewer each further thread would connect
/// anew for every request.
const MAX_IDLE: usize = 256;

/// Variables that name a proxy for `https`, as curl reads them.
const PROXY: [&str; 4] = ["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"];

impl Transport {
    pub(crate) fn new(host: &Host, network: &Network) -> Result<Self, Error> {
        let tls = tls::config(network.cacert.as_deref())?;
        let agent = |proxy: Option<Proxy>| {
            let limit = Some(network.timeout);
            let config = Agent::config_builder()
                .http_status_as_error(false)
                .max_redirects(0)
                .max_redirects_will_error(false)
                .proxy(proxy)
                .tls_config(tls.clone())
                .user_agent(&host.tool)
                // A compressed answer can be larger than it looks, and has another digest.
                .accept_encoding("identity")
                .max_idle_connections(MAX_IDLE)
                .max_idle_connections_per_host(MAX_IDLE)
                .timeout_resolve(limit)
                .timeout_connect(limit)
                .timeout_send_request(limit)
                .timeout_recv_response(limit)
                .timeout_per_read(limit)
                .timeout_per_write(limit)
                .build();
            let connector =
                ().chain(ConnectProxyConnector::default())
                    .chain(TcpConnector::default())
                    .chain(HeldToDeadline(host.clock))
                    .chain(RustlsConnector::default());
            Agent::with_parts(config, connector, DefaultResolver::default())
        };
        let proxied = proxy(&host.env)?.map(|proxy| (proxy.clone(), agent(Some(proxy))));
        let (clock, notes) = (host.clock, host.notes.clone());
        Ok(Self { direct: agent(None), proxied, clock, notes })
    }

    /// Sends `request` to `url`, with `credential` if it is that one's. A large body waits for the
    /// service to agree: otherwise a refusal is lost when the connection breaks under the upload.
    pub(crate) fn exchange(
        &self,
        request: &Request<'_>,
        url: &Url,
        credential: Option<&Credential>,
    ) -> Result<Response<ureq::Body>, Error> {
        let asks = request.body.size().is_some_and(|size| size >= ASKED_FROM);
        let answer = self.send(request, url, credential, asks)?;
        if asks && answer.status().as_u16() == 417 {
            return self.send(request, url, credential, false);
        }
        Ok(answer)
    }

    fn send(
        &self,
        request: &Request<'_>,
        url: &Url,
        credential: Option<&Credential>,
        asks: bool,
    ) -> Result<Response<ureq::Body>, Error> {
        let mut head = http::Request::builder().method(request.method).uri(url.to_string());
        for (name, value) in &request.headers {
            head = head.header(*name, value);
        }
        if let Some((name, value)) = credential.and_then(|one| one.for_url(url)) {
            let unfit = |_| Error::Credential { origin: url.origin().clone() };
            let mut value = HeaderValue::from_str(value).map_err(unfit)?;
            value.set_sensitive(true);
            head = head.header(name, value);
        }
        if asks {
            head = head.header("expect", "100-continue");
        }
        let broken = |cause| Error::Unsent { url: url.without_query(), cause };
        let malformed = |cause: http::Error| truncated(url, cause.into());
        let agent = self.agent(url);
        let sent = match request.body.size() {
            None => agent.run(head.body(()).map_err(malformed)?),
            Some(size) => {
                let reader = request.body.reader().map_err(broken)?;
                let transfer = Transfer::new("sending", url, Some(size), self.clock, &self.notes);
                let mut reader = Sending(reader, transfer);
                let body = SendBody::from_reader(&mut reader);
                let head = head.header("content-length", size.to_string());
                agent.run(head.body(body).map_err(malformed)?)
            }
        };
        sent.map_err(|error| explain(error, url))
    }

    /// A proxy sees what is encrypted, and nothing of this machine or of the one beside it.
    fn agent(&self, url: &Url) -> &Agent {
        match &self.proxied {
            Some((proxy, agent)) if url.origin().is_encrypted() && !url.origin().is_loopback() => {
                let uri = url.to_string().parse().unwrap_or_default();
                if proxy.is_no_proxy(&uri) { &self.direct } else { agent }
            }
            _ => &self.direct,
        }
    }
}

fn proxy(env: &Env) -> Result<Option<Proxy>, Error> {
    let Some((variable, address)) =
        PROXY.iter().find_map(|name| env.var(name).map(|address| (*name, address)))
    else {
        return Ok(None);
    };
    let wrong = |_| Error::Proxy { variable };
    let given = Proxy::new(address).map_err(wrong)?;
    if !matches!(given.protocol(), ProxyProtocol::Http | ProxyProtocol::Https) {
        return Err(Error::Proxy { variable });
    }
    let Some(except) = env.var("no_proxy").or(env.var("NO_PROXY")) else { return Ok(Some(given)) };
    let mut proxy = Proxy::builder(given.protocol()).host(given.host()).port(given.port());
    if let Some(name) = given.username() {
        proxy = proxy.username(name);
    }
    if let Some(password) = given.password() {
        proxy = proxy.password(password);
    }
    for host in except.split(',').map(str::trim).filter(|host| !host.is_empty()) {
        proxy = proxy.no_proxy(host);
    }
    proxy.build().map(Some).map_err(wrong)
}

/// What ureq says, in our words. `url` is shown without its query.
pub(crate) fn explain(error: ureq::Error, url: &Url) -> Error {
    let shown = || url.without_query();
    let origin = || url.origin().clone();
    match error {
        ureq::Error::Timeout(_) => Error::Timeout { url: shown() },
        ureq::Error::Io(cause) => explain_io(cause, url),
        ureq::Error::Rustls(cause) => explain_tls(cause, url),
        ureq::Error::HostNotFound
        | ureq::Error::ConnectionFailed
        | ureq::Error::ConnectProxyFailed(_) => {
            Error::Unreachable { origin: origin(), cause: error.into() }
        }
        other => truncated(url, other.into()),
    }
}

/// What the socket says; ureq and rustls hide their own errors in it.
pub(crate) fn explain_io(cause: io::Error, url: &Url) -> Error {
    if let Some(inner) = cause.get_ref() {
        if let Some(ureq::Error::Timeout(_)) = inner.downcast_ref() {
            return Error::Timeout { url: url.without_query() };
        }
        if inner.is::<Unsent>() {
            return Error::Unsent { url: url.without_query(), cause };
        }
        if let Some(inner) = inner.downcast_ref::<rustls::Error>() {
            return explain_tls(inner.clone(), url);
        }
    }
    match cause.kind() {
        io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock => {
            Error::Timeout { url: url.without_query() }
        }
        io::ErrorKind::ConnectionRefused
        | io::ErrorKind::HostUnreachable
        | io::ErrorKind::NetworkUnreachable => {
            Error::Unreachable { origin: url.origin().clone(), cause: cause.into() }
        }
        _ if is_lookup(&cause) => {
            Error::Unreachable { origin: url.origin().clone(), cause: cause.into() }
        }
        _ => truncated(url, cause.into()),
    }
}

/// Whether the name of a host was not found. The standard library says so only in words.
fn is_lookup(cause: &io::Error) -> bool {
    cause.to_string().starts_with("failed to lookup address information")
}

/// A certificate that is not valid, or none to check it with, will not get better by waiting. A
/// handshake that goes wrong otherwise is a server, or something on the way, in a bad moment.
fn explain_tls(cause: rustls::Error, url: &Url) -> Error {
    let origin = url.origin().clone();
    match cause {
        rustls::Error::InvalidCertificate(_)
        | rustls::Error::NoCertificatesPresented
        | rustls::Error::General(_) => Error::Tls { origin, cause: cause.into() },
        _ => Error::Unreachable { origin, cause: cause.into() },
    }
}

fn truncated(url: &Url, cause: Box<dyn StdError + Send + Sync>) -> Error {
    Error::Truncated { url: url.without_query(), cause }
}

#[cfg(test)]
mod tests {
    use std::net::ToSocketAddrs as _;

    use super::*;

    #[test]
    fn a_host_that_is_not_found_is_not_reached() {
        // No name server is asked: a label has at most 63 characters (RFC 1035 §2.3.4).
        let cause = ("a".repeat(64).as_str(), 443).to_socket_addrs().unwrap_err();
        let error = explain_io(cause, &"https://a.example/".parse().unwrap());
        assert!(matches!(error, Error::Unreachable { .. }), "{error:?}");
        let cause = io::Error::other("something else");
        let error = explain_io(cause, &"https://a.example/".parse().unwrap());
        assert!(matches!(error, Error::Truncated { .. }), "{error:?}");
    }

    #[test]
    fn the_proxy_is_for_what_is_not_excepted_from_it() {
        let host = Host::test(&[
            ("https_proxy", "http://proxy.example:8080"),
            ("no_proxy", "direct.example, .corp.example"),
        ]);
        let transport = Transport::new(&host, &Network::default()).unwrap();
        for (url, is_direct) in [
            ("https://pypi.example/", false),
            ("https://direct.example/", true),
            ("https://a.corp.example/", true),
            ("https://not-direct.example/", false),
            ("http://127.0.0.1:1/", true),
        ] {
            let agent = transport.agent(&url.parse().unwrap());
            assert_eq!(std::ptr::eq(agent, &raw const transport.direct), is_direct, "{url}");
        }
        let metadata = Url::of_metadata_server("http://metadata.google.internal/").unwrap();
        assert!(std::ptr::eq(transport.agent(&metadata), &raw const transport.direct));
    }
}
