//! Every kind of fault, seen from the other end of a socket. Nothing here waits for a time to
//! pass: where the server waits for its client to leave, the client leaves.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpStream};

use crate::{Sandbox, Setup};

/// What came back before the connection ended.
struct Answer {
    head: String,
    body: Vec<u8>,
}

impl Answer {
    fn status(&self) -> &str {
        self.head.get(9..12).unwrap_or_default()
    }

    fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
    }

    fn is_whole(&self) -> bool {
        self.header("Content-Length") == Some(&self.body.len().to_string())
    }
}

fn connect(sandbox: &Sandbox, service: &str, request: &str) -> TcpStream {
    let address = sandbox.url(service).unwrap().strip_prefix("http://").unwrap();
    let mut stream = TcpStream::connect(address).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    stream
}

/// All that a connection gives, or how it broke.
fn read(stream: &mut TcpStream) -> std::io::Result<Answer> {
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes)?;
    let end = bytes.windows(4).position(|window| window == b"\r\n\r\n").map_or(0, |end| end + 4);
    let body = bytes.split_off(end);
    Ok(Answer { head: String::from_utf8(bytes).unwrap(), body })
}

fn get(sandbox: &Sandbox, service: &str, path: &str) -> std::io::Result<Answer> {
    let request = format!("GET {path} HTTP/1.1\r\nHost: x\r\n\r\n");
    read(&mut connect(sandbox, service, &request))
}

const LOG: &str = "/api/v1/log";
const FILE: &str = "/api/v4/projects/5/packages/generic/demo/1.0/f.sig";

/// Stores a file in the generic registry, with the private token.
fn put(sandbox: &Sandbox) -> std::io::Result<Answer> {
    let token = &sandbox.world.job.private_token;
    let request =
        format!("PUT {FILE} HTTP/1.1\r\nPrivate-Token: {token}\r\nContent-Length: 5\r\n\r\nbytes");
    read(&mut connect(sandbox, "generic", &request))
}

/// Whether [`put`] has stored its file, by a page of the instance that no fault here is about.
fn is_stored(sandbox: &Sandbox) -> bool {
    let list = get(sandbox, "packages", "/api/v4/projects/5/packages").unwrap();
    String::from_utf8(list.body).unwrap().contains("\"name\":\"demo\"")
}

fn with(fault: &str) -> Sandbox {
    let sandbox = Sandbox::start().unwrap();
    sandbox.fault(fault).unwrap();
    sandbox
}

#[test]
fn without_a_fault_an_answer_is_whole() {
    const KEY: &str = "/api/v1/log/publicKey";
    let sandbox = Sandbox::start().unwrap();
    let answer = get(&sandbox, "rekor", KEY).unwrap();
    assert!(answer.status() == "200" && answer.is_whole());
    let head = format!("HEAD {KEY} HTTP/1.1\r\n\r\n");
    let head = read(&mut connect(&sandbox, "rekor", &head)).unwrap();
    assert!(head.head == answer.head && head.body.is_empty());
}

#[test]
fn a_status_comes_so_often_as_it_was_asked_for() {
    let sandbox = with("rekor:status=503;retry-after=1*2");
    for _ in 0..2 {
        let answer = get(&sandbox, "rekor", LOG).unwrap();
        assert_eq!((answer.status(), answer.header("Retry-After")), ("503", Some("1")));
    }
    assert_eq!(get(&sandbox, "rekor", LOG).unwrap().status(), "200");
}

#[test]
fn one_service_fails_by_itself_until_it_is_healed() {
    let sandbox = with("rekor:status=500");
    assert_eq!(get(&sandbox, "rekor2", "/api/v2/checkpoint").unwrap().status(), "200");
    assert_eq!(get(&sandbox, "rekor", LOG).unwrap().status(), "500");
    sandbox.heal();
    assert_eq!(get(&sandbox, "rekor", LOG).unwrap().status(), "200");
}

#[test]
fn a_page_in_place_of_an_answer_is_200() {
    let answer = get(&with("rekor:html"), "rekor", LOG).unwrap();
    let html = answer.header("Content-Type").is_some_and(|kind| kind.starts_with("text/html"));
    assert!(answer.status() == "200" && answer.is_whole() && html);
}

#[test]
fn a_redirect_leads_to_the_other_origin() {
    let sandbox = with("generic/put:redirect=307");
    let answer = put(&sandbox).unwrap();
    let elsewhere = format!("{}/elsewhere", sandbox.url("storage").unwrap());
    assert_eq!((answer.status(), answer.header("Location")), ("307", Some(&*elsewhere)));
    assert!(!is_stored(&sandbox));
}

#[test]
fn an_echo_repeats_what_was_sent() {
    for (fault, status) in [("generic:echo=500", "500"), ("generic:echo=307", "307")] {
        let sandbox = with(fault);
        let answer = put(&sandbox).unwrap();
        let body = String::from_utf8(answer.body.clone()).unwrap();
        let told = if status == "500" { &body } else { answer.header("Location").unwrap() };
        assert_eq!(answer.status(), status);
        assert!(told.contains(&sandbox.world.job.private_token) && told.contains("bytes"));
        assert!(!is_stored(&sandbox));
    }
}

#[test]
fn a_reset_does_nothing_and_a_lost_reply_does_all() {
    for (fault, stored) in [("generic:reset", false), ("generic:lost-reply", true)] {
        let sandbox = with(fault);
        let error = put(&sandbox).err().unwrap();
        assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset, "{fault}");
        assert_eq!(is_stored(&sandbox), stored, "{fault}");
    }
}

#[test]
fn a_truncated_answer_promised_more() {
    let answer = get(&with("rekor:truncate"), "rekor", LOG).unwrap();
    let promised: usize = answer.header("Content-Length").unwrap().parse().unwrap();
    assert_eq!((answer.status(), answer.body.len()), ("200", promised / 2));
}

#[test]
fn a_stalled_answer_ends_when_its_client_leaves() {
    let sandbox = with("rekor:stall");
    let mut stream = connect(&sandbox, "rekor", &format!("GET {LOG} HTTP/1.1\r\n\r\n"));
    let mut byte = [0];
    stream.read_exact(&mut byte).unwrap();
    stream.shutdown(Shutdown::Write).unwrap();
    let answer = read(&mut stream).unwrap();
    assert!(!answer.body.is_empty() && !answer.is_whole());
}

#[test]
fn a_delayed_answer_does_not_come_to_a_client_that_leaves() {
    let sandbox = with("rekor:delay*1");
    sandbox.fault("rekor:delay=0").unwrap();
    let mut stream = connect(&sandbox, "rekor", &format!("GET {LOG} HTTP/1.1\r\n\r\n"));
    stream.shutdown(Shutdown::Write).unwrap();
    assert!(read(&mut stream).unwrap().head.is_empty());
    assert!(get(&sandbox, "rekor", LOG).unwrap().is_whole());
}

#[test]
fn an_endless_answer_has_no_length_and_much_body() {
    let sandbox = with("storage:endless");
    let stream = connect(&sandbox, "storage", "GET / HTTP/1.1\r\n\r\n");
    let answer = {
        let mut bytes = vec![0; 16 << 20];
        (&stream).read_exact(&mut bytes).unwrap();
        bytes
    };
    let head = String::from_utf8_lossy(answer.get(..256).unwrap()).into_owned();
    assert!(head.starts_with("HTTP/1.1 200 OK\r\n") && !head.contains("Content-Length"));
}

#[test]
fn a_lie_goes_through_the_same_layer() {
    let sandbox = Setup::default().direct_downloads().start().unwrap();
    put(&sandbox).unwrap();
    sandbox.fault("generic/get:wrong-bytes*1").unwrap();
    assert_eq!(get(&sandbox, "generic", FILE).unwrap().body, b"byter");
    assert_eq!(get(&sandbox, "generic", FILE).unwrap().body, b"bytes");
}

#[test]
fn requests_are_recorded_with_the_names_of_their_credentials() {
    let sandbox = with("tsa:reset");
    put(&sandbox).unwrap();
    get(&sandbox, "tsa", "/x?token=secret").err().unwrap();
    let found: Vec<_> = sandbox
        .exchanges()
        .into_iter()
        .map(|one| (one.service, one.method, one.path, one.credentials, one.status))
        .collect();
    let credentials = vec!["private-token".to_owned()];
    assert_eq!(
        found,
        [
            ("generic", "PUT".to_owned(), FILE.to_owned(), credentials, Some(201)),
            ("tsa", "GET".to_owned(), "/x".to_owned(), Vec::new(), None),
        ]
    );
    let file = std::fs::read_to_string(sandbox.directory().join("requests.jsonl")).unwrap();
    assert_eq!(file.lines().count(), 2);
    assert!(!file.contains(&sandbox.world.job.private_token));
}

#[test]
fn a_sandbox_leaves_nothing_behind() {
    let sandbox = Sandbox::start().unwrap();
    let (directory, url) =
        (sandbox.directory().to_owned(), sandbox.url("oidc").unwrap().to_owned());
    assert!(directory.join("trusted_root.json").is_file());
    drop(sandbox);
    assert!(!directory.exists());
    assert!(TcpStream::connect(url.strip_prefix("http://").unwrap()).is_err());
}
