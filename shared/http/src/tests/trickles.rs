//! A byte now and then is progress, and still has an end.

use super::*;

/// Answers one request with this head, and a byte each millisecond until the client has left.
fn trickling(head: &'static str) -> Server {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap()).parse().unwrap();
    let answer = move || {
        let (mut stream, _) = listener.accept().unwrap();
        let asked = read_request(&mut stream);
        stream.write_all(head.as_bytes()).unwrap();
        stream.set_read_timeout(Some(Duration::from_millis(1))).unwrap();
        // What the client sends next is that it leaves.
        while stream.write_all(b" ").is_ok() && stream.read(&mut [0]).is_err() {}
        vec![asked]
    };
    Server { url, asked: std::thread::spawn(answer) }
}

fn hurried() -> Client {
    let network = Network { timeout: Duration::from_millis(20), ..Network::default() };
    Client::new(&Host::test(&[]), &network).unwrap()
}

#[test]
fn an_answer_in_memory_has_an_end() {
    let server = trickling("HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n");
    let error = hurried().send(&Request::get(server.url.clone()), 1 << 20).unwrap_err();
    assert_eq!((error.code(), error.status()), ("http-timeout", Status::Unavailable));
    server.asked();
}

#[test]
fn an_error_page_is_not_waited_for() {
    let server = trickling("HTTP/1.1 400 Bad Request\r\nconnection: close\r\n\r\n");
    let error = hurried().send(&Request::get(server.url.clone()), 1 << 20).unwrap_err();
    assert_eq!(error.code(), "http-status-final");
    assert!(error.to_string().ends_with("answered 400"), "{error}");
    server.asked();
}
