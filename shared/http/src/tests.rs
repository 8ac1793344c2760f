use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpListener;
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use pysign_host::{Host, Network, Note, Notes, Problem as _, Secret, Sha256, Status};

use super::*;

mod authority;
mod connections;
mod encryption;
mod redirects;
mod trickles;
mod uploads;

/// Answers one connection after the other with these bytes, and gives back what was asked.
struct Server {
    url: Url,
    asked: JoinHandle<Vec<String>>,
}

impl Server {
    fn answering(answers: Vec<String>) -> Self {
        Self::on(TcpListener::bind("127.0.0.1:0").unwrap(), answers)
    }

    fn on(listener: TcpListener, answers: Vec<String>) -> Self {
        let url = format!("http://{}/", listener.local_addr().unwrap()).parse().unwrap();
        let answer = move || {
            answers
                .into_iter()
                .map(|answer| {
                    let (mut stream, _) = listener.accept().unwrap();
                    let asked = read_request(&mut stream);
                    stream.write_all(answer.as_bytes()).unwrap();
                    asked
                })
                .collect()
        };
        Self { url, asked: std::thread::spawn(answer) }
    }

    fn asked(self) -> Vec<String> {
        self.asked.join().unwrap()
    }
}

fn read_request(stream: &mut impl std::io::Read) -> String {
    let mut reader = BufReader::new(stream);
    let mut text = String::new();
    let mut length = 0;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).unwrap();
        if let Some(value) = line.to_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
        text.push_str(&line);
        if line.trim().is_empty() {
            break;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    text + &String::from_utf8(body).unwrap()
}

fn answer(status: &str, headers: &str, body: &str) -> String {
    let length = body.len();
    format!(
        "HTTP/1.1 {status}\r\nconnection: close\r\ncontent-length: {length}\r\n{headers}\r\n{body}"
    )
}

fn client() -> Client {
    let network = Network { timeout: Duration::from_secs(5), ..Network::default() };
    Client::new(&Host::test(&[]), &network).unwrap()
}

#[test]
fn an_answer_comes_with_its_status_and_headers() {
    let server = Server::answering(vec![answer("200 OK", "x-a: b\r\n", "hello")]);
    let response = client().send(&Request::get(server.url.clone()), 5).unwrap();
    assert_eq!((response.status, response.body.as_slice()), (200, &b"hello"[..]));
    assert_eq!(response.header("X-A"), Some("b"));
    let asked = &server.asked()[0];
    assert!(asked.starts_with("GET / HTTP/1.1\r\n") && asked.contains("test/1"), "{asked}");
}

#[test]
fn an_answer_is_limited_whether_it_says_its_length_or_not() {
    let unsaid = "HTTP/1.1 200 OK\r\nconnection: close\r\n\r\nhello!".to_owned();
    let server = Server::answering(vec![answer("200 OK", "", "hello!"), unsaid]);
    for _ in 0..2 {
        let error = client().send(&Request::get(server.url.clone()), 5).unwrap_err();
        assert_eq!((error.facts().code, error.facts().status), ("http-too-large", Status::Input));
    }
    server.asked();
}

#[test]
fn the_length_of_an_answer_to_head_is_not_its_size() {
    let head = "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 99\r\n\r\n".to_owned();
    let server = Server::answering(vec![head]);
    let response = client().send(&Request::head(server.url.clone()), 0).unwrap();
    assert_eq!((response.status, response.header("content-length")), (200, Some("99")));
    server.asked();
}

#[test]
fn a_service_that_says_nothing_is_unavailable() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url: Url = format!("http://{}/", listener.local_addr().unwrap()).parse().unwrap();
    let network = Network { timeout: Duration::from_millis(20), ..Network::default() };
    let client = Client::new(&Host::test(&[]), &network).unwrap();
    let error = client.send(&Request::get(url.clone()), 9).unwrap_err();
    assert_eq!((error.facts().code, error.facts().status), ("http-timeout", Status::Unavailable));

    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url: Url = format!("http://{}/", listener.local_addr().unwrap()).parse().unwrap();
    let silent = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        read_request(&mut stream);
        stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhal").unwrap();
        stream
    });
    let error = client.send(&Request::get(url).once(), 9).unwrap_err();
    assert_eq!(error.facts().code, "http-timeout");
    drop(silent.join());
}

#[test]
fn a_busy_service_is_asked_again() {
    let busy = answer("503 Service Unavailable", "retry-after: 0\r\n", "busy");
    let server = Server::answering(vec![busy.clone(), busy, answer("200 OK", "", "x")]);
    assert_eq!(client().send(&Request::get(server.url.clone()), 9).unwrap().body, b"x");
    assert_eq!(server.asked().len(), 3);
}

#[test]
fn a_retry_is_noted_with_its_cause() {
    let busy = answer("503 Service Unavailable", "retry-after: 0\r\n", "maintenance");
    let server = Server::answering(vec![busy, answer("200 OK", "", "x")]);
    let said = Arc::new(Mutex::new(Vec::new()));
    let listener = Arc::clone(&said);
    let mut host = Host::test(&[]);
    host.notes = Notes::new(Box::new(move |note| listener.lock().unwrap().push(note)));
    let client = Client::new(&host, &Network::default()).unwrap();
    client.send(&Request::get(server.url.clone()), 9).unwrap();
    let why = format!("'{}' answered 503: maintenance", server.url);
    let expected = [
        Note::Detail(format!("retrying in 0.0 s: {why}")),
        Note::Progress(format!("retrying in 0 s: {why}")),
    ];
    assert_eq!(*said.lock().unwrap(), expected);
    server.asked();
}

#[test]
fn a_service_that_stays_busy_is_unavailable() {
    let busy = answer("429 Too Many Requests", "retry-after: 0\r\n", "slow\r\ndown");
    let server = Server::answering(vec![busy; 6]);
    let error = client().send(&Request::get(server.url.clone()), 9).unwrap_err();
    assert_eq!(
        (error.facts().code, error.facts().status),
        ("http-status-transient", Status::Unavailable)
    );
    assert!(error.to_string().ends_with("answered 429: slow down"), "{error}");
    assert_eq!(server.asked().len(), 6);
}

#[test]
fn a_service_that_asks_for_too_much_patience_is_unavailable_at_once() {
    for asked in ["3600", "18446744073709551615", "Thu, 31 Dec 2099 23:59:59 GMT"] {
        let busy = answer("503 Oops", &format!("retry-after: {asked}\r\n"), "");
        let server = Server::answering(vec![busy]);
        let error = client().send(&Request::get(server.url.clone()), 9).unwrap_err();
        assert_eq!(error.answered(), Some(503), "{asked}");
        server.asked();
    }
}

#[test]
fn only_these_statuses_are_worth_a_retry() {
    for (status, expected) in [
        (400, Status::Denied),
        (401, Status::Denied),
        (403, Status::Denied),
        (408, Status::Unavailable),
        (409, Status::Denied),
        (425, Status::Unavailable),
        (429, Status::Unavailable),
        (500, Status::Unavailable),
        (503, Status::Unavailable),
        (599, Status::Unavailable),
    ] {
        let server = Server::answering(vec![answer(&format!("{status} X"), "", "")]);
        let error = client().send(&Request::get(server.url.clone()).once(), 9).unwrap_err();
        assert_eq!((error.answered(), error.facts().status), (Some(status), expected));
        server.asked();
    }
}

#[test]
fn an_error_page_that_is_cut_off_gives_no_half_of_a_secret_away() {
    let told = |spaces: usize| {
        let page = format!("{}canary", " ".repeat(spaces));
        let server = Server::answering(vec![answer("403 No", "", &page)]);
        let token = Secret::new("canary".to_owned());
        let request = Request::post(server.url.clone()).hide(&token);
        let error = client().send(&request, 9).unwrap_err().to_string();
        server.asked();
        error
    };
    assert!(told(64 * 1024 - 7).contains("[secret]"));
    let cut_off = told(64 * 1024 - 3);
    assert!(!cut_off.contains("can"), "{cut_off}");
}

#[test]
fn an_error_page_gives_no_secret_away() {
    let long = "x".repeat(290);
    let token = Secret::new("canary".to_owned());
    let page = format!("no, canary, or bWU6Y2FuYXJ5 {long} canary {long}");
    let server = Server::answering(vec![answer("403 No", "", &page); 3]);
    let origin = server.url.origin().clone();
    let credentials = [
        Credential::basic("me", &token, origin.clone()),
        Credential::header("job-token", token.clone(), origin),
    ];
    let request = || Request::post(server.url.clone());
    let told = |request: &Request<'_>| client().send(request, 9).unwrap_err().to_string();
    let errors = [
        told(&request().credential(&credentials[0])),
        told(&request().credential(&credentials[1])),
        told(&request().hide(&token)),
    ];
    for error in &errors {
        assert!(error.contains("no, [secret], or") && !error.contains("cana"), "{error}");
        assert!(error.len() < 400, "{error}");
    }
    assert!(errors[0].contains("or [secret] x"), "{}", errors[0]);
    server.asked();
}

#[test]
fn a_secret_that_would_break_its_header_is_not_sent() {
    let url: Url = "http://127.0.0.1:1/".parse().unwrap();
    for text in ["canary\r\nx: y", "canary\0"] {
        let token = Secret::new(text.to_owned());
        let credential = Credential::bearer(&token, url.origin().clone());
        let error = client().send(&Request::get(url.clone()).credential(&credential), 9);
        let error = error.unwrap_err();
        assert_eq!((error.facts().code, error.facts().status), ("http-credential", Status::Denied));
        assert!(!format!("{error} {error:?}").contains("canary"));
    }
}

#[test]
fn what_must_not_be_done_twice_is_not_sent_twice() {
    let server = Server::answering(vec![answer("500 Oops", "", "")]);
    let error = client().send(&Request::post(server.url.clone()).once(), 9).unwrap_err();
    assert_eq!(error.answered(), Some(500));
    assert_eq!(server.asked().len(), 1);
}

#[test]
fn a_final_no_is_denied_and_an_accepted_one_an_answer() {
    let no = answer("404 Not Found", "content-type: text/html\r\n", "<p>no");
    let server = Server::answering(vec![no.clone(), no]);
    let error = client().send(&Request::get(server.url.clone()), 9).unwrap_err();
    assert_eq!((error.facts().code, error.facts().status), ("http-status-final", Status::Denied));
    assert!(error.to_string().ends_with("answered 404"), "{error}");
    let accepted = Request::get(server.url.clone()).accept(&[404]);
    assert_eq!(client().send(&accepted, 9).unwrap().status, 404);
    server.asked();
}

#[test]
fn a_broken_off_answer_is_no_answer() {
    let cut = "HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhal".to_owned();
    let server = Server::answering(vec![cut; 6]);
    let error = client().send(&Request::get(server.url.clone()), 9).unwrap_err();
    assert_eq!((error.facts().code, error.facts().status), ("http-truncated", Status::Unavailable));
    server.asked();
}

#[test]
fn a_second_attempt_starts_from_nothing() {
    let cut = "HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhal".to_owned();
    let server = Server::answering(vec![cut, answer("200 OK", "", "whole")]);
    let request = Request::get(server.url.clone());
    let (found, body) = client().download(&request, 9, || Ok::<_, Error>(Vec::new())).unwrap();
    assert_eq!((found.size, body.as_slice()), (5, &b"whole"[..]));
    server.asked();
}

#[test]
fn nobody_there_is_unavailable() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url: Url = format!("http://{}/", listener.local_addr().unwrap()).parse().unwrap();
    drop(listener);
    let error = client().send(&Request::get(url).once(), 9).unwrap_err();
    assert_eq!(
        (error.facts().code, error.facts().status),
        ("http-unreachable", Status::Unavailable)
    );
}

#[test]
fn offline_nothing_is_asked() {
    let network = Network { offline: true, ..Network::default() };
    let client = Client::new(&Host::test(&[]), &network).unwrap();
    let url = "https://example.org/?token=canary".parse().unwrap();
    let error = client.send(&Request::get(url), 9).unwrap_err();
    assert_eq!((error.facts().code, error.facts().status), ("http-offline", Status::Unavailable));
    assert!(!error.to_string().contains("canary"));
}

#[test]
fn a_proxy_stands_between_us_and_the_network() {
    let refusal = answer("502 Bad Gateway", "", "");
    let server = Server::answering(vec![refusal]);
    let proxy = server.url.to_string().replace("http://", "http://me:canary@");
    let host = Host::test(&[("HTTPS_PROXY", &proxy)]);
    let network = Network { timeout: Duration::from_secs(5), ..Network::default() };
    let client = Client::new(&host, &network).unwrap();
    let error = client.send(&Request::get("https://example.org/".parse().unwrap()).once(), 9);
    let error = error.unwrap_err();
    assert_eq!(
        (error.facts().code, error.facts().status),
        ("http-unreachable", Status::Unavailable)
    );
    assert!(!format!("{error:?} {client:?}").contains("canary"));
    assert!(server.asked()[0].starts_with("CONNECT example.org:443 HTTP/1.1\r\n"));
}

#[test]
fn a_proxy_is_taken_from_the_environment_alone() {
    for (value, fine) in [
        ("http://127.0.0.1:1", true),
        ("127.0.0.1:1", true),
        ("nonsense://", false),
        ("socks5://127.0.0.1:1", false),
    ] {
        let host = Host::test(&[("https_proxy", value), ("no_proxy", "example.org, .corp")]);
        assert_eq!(Client::new(&host, &Network::default()).is_ok(), fine, "{value}");
    }
}

#[test]
fn a_file_without_certificates_is_no_list_of_authorities() {
    let cacert = Some(std::path::PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml")));
    let network = Network { cacert, ..Network::default() };
    let error = Client::new(&Host::test(&[]), &network).unwrap_err();
    assert_eq!((error.facts().code, error.facts().status), ("http-cacert", Status::Input));
}
