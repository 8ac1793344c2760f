//! A byte now and then is progress only where it is payload.

use std::net::TcpStream;
use std::time::Instant;

use super::*;

const HEAD: &str = "HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\n";
const CHUNKED: &str = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";

/// Answers one request with `start`, and `drop` each millisecond until the client has left.
fn trickling(start: &'static str, drop: &'static str) -> Server {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap()).parse().unwrap();
    let answer = move || {
        let (mut stream, _) = listener.accept().unwrap();
        let asked = read_request(&mut stream);
        stream.write_all(start.as_bytes()).unwrap();
        until_it_leaves(&mut stream, drop);
        vec![asked]
    };
    Server { url, asked: std::thread::spawn(answer) }
}

/// What the client sends next is that it leaves.
fn until_it_leaves(stream: &mut TcpStream, drop: &str) {
    stream.set_read_timeout(Some(Duration::from_millis(1))).unwrap();
    while stream.write_all(drop.as_bytes()).is_ok() && stream.read(&mut [0]).is_err() {}
}

fn hurried() -> Client {
    let network = Network { timeout: Duration::from_millis(20), ..Network::default() };
    Client::new(&Host::test(&[]), &network).unwrap()
}

/// How a download ends that nothing but `--timeout` ends.
fn downloaded(url: &Url) -> Error {
    let request = Request::get(url.clone()).once();
    let start = || Ok::<_, Error>(Vec::new());
    hurried().download(&request, u64::MAX - 1, start).map(drop).unwrap_err()
}

#[test]
fn what_is_no_payload_has_one_deadline() {
    for (start, drop) in [
        ("HTTP/1.1 200 ", "O"),
        (HEAD, "x"),
        (HEAD, "a: b\r\n"),
        ("", "HTTP/1.1 103 Early Hints\r\n\r\n"),
        (CHUNKED, "0"),
        ("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1", ";x"),
        ("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1;x=\"", "x"),
        ("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n", "a: b\r\n"),
        ("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\nx\r\n0\r\na", "b"),
    ] {
        let server = trickling(start, drop);
        let error = downloaded(&server.url);
        // What is malformed may be refused before its time is over.
        let code = error.facts().code;
        assert!(["http-timeout", "http-truncated"].contains(&code), "{start:?} {drop:?}: {code}");
        server.asked();
    }
}

#[test]
fn payload_that_flows_is_waited_for() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap()).parse().unwrap();
    // Longer than the client waits without payload.
    let end = Instant::now() + Duration::from_millis(1200);
    let server = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        read_request(&mut stream);
        stream.write_all(CHUNKED.as_bytes()).unwrap();
        stream.set_read_timeout(Some(Duration::from_millis(1))).unwrap();
        let mut sent = 0;
        while Instant::now() < end {
            stream.write_all(b"1\r\nx\r\n").unwrap();
            sent += 1;
            let _ = stream.read(&mut [0]);
        }
        stream.write_all(b"0\r\n\r\n").unwrap();
        sent
    });
    let network = Network { timeout: Duration::from_millis(500), ..Network::default() };
    let client = Client::new(&Host::test(&[]), &network).unwrap();
    let request = Request::get(url).once();
    let start = || Ok::<_, Error>(Vec::new());
    let (_, body) = client.download(&request, 1 << 20, start).unwrap();
    assert_eq!(body.len(), server.join().unwrap());
}

#[test]
fn an_answer_in_memory_has_an_end() {
    let server = trickling("HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n", " ");
    let error = hurried().send(&Request::get(server.url.clone()), 1 << 20).unwrap_err();
    let facts = error.facts();
    assert_eq!((facts.code, facts.status), ("http-timeout", Status::Unavailable));
    server.asked();
}

#[test]
fn an_error_page_is_not_waited_for() {
    for (head, drop) in [
        ("HTTP/1.1 400 Bad Request\r\nconnection: close\r\n\r\n", " "),
        ("HTTP/1.1 400 Bad Request\r\ntransfer-encoding: chunked\r\n\r\n", "1\r\nx\r\n"),
        ("HTTP/1.1 400 Bad Request\r\ntransfer-encoding: chunked\r\n\r\n0\r\n", "a: b\r\n"),
    ] {
        let server = trickling(head, drop);
        let error = hurried().send(&Request::get(server.url.clone()), 1 << 20).unwrap_err();
        assert_eq!(error.facts().code, "http-status-final");
        assert!(error.to_string().ends_with("answered 400"), "{error}");
        server.asked();
    }
}

#[test]
fn a_handshake_has_an_end() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("https://{}/", listener.local_addr().unwrap()).parse().unwrap();
    let server = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        stream.read_exact(&mut [0; 16]).unwrap();
        // A handshake record (RFC 8446 §5.1) of 16 KiB, which never ends.
        stream.write_all(&[22, 3, 3, 0x40, 0]).unwrap();
        stream.write_all(&[2, 0, 0x3f, 0xfc]).unwrap();
        until_it_has_left(&mut stream);
    });
    assert_eq!(downloaded(&url).facts().code, "http-timeout");
    server.join().unwrap();
}

/// The client's hello waits in the socket, so that only writing shows that it has left.
fn until_it_has_left(stream: &mut TcpStream) {
    stream.set_read_timeout(Some(Duration::from_millis(1))).unwrap();
    let mut hello = [0; 4096];
    while stream.write_all(b"x").is_ok() && !matches!(stream.read(&mut hello), Ok(0)) {}
}
