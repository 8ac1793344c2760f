//! What is sent, and how a refusal gets through.

use super::*;

/// Answers each connection when the head of its request is there, and whole ones again when the
/// body is; gives the number of bytes of each body that came.
fn serve(answers: Vec<(&'static str, &'static str)>) -> (Url, JoinHandle<Vec<usize>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap()).parse().unwrap();
    let serve = move |(first, second): (&str, &str)| {
        let (stream, _) = listener.accept().unwrap();
        let mut reader = BufReader::new(stream.try_clone().unwrap());
        let mut line = String::new();
        while line != "\r\n" {
            line.clear();
            reader.read_line(&mut line).unwrap();
        }
        (&stream).write_all(first.as_bytes()).unwrap();
        if second.is_empty() {
            return 0;
        }
        let mut body = vec![0; LARGE.len()];
        reader.read_exact(&mut body).unwrap();
        (&stream).write_all(second.as_bytes()).unwrap();
        body.len()
    };
    (url, std::thread::spawn(move || answers.into_iter().map(serve).collect()))
}

static LARGE: [u8; 2 * 1024 * 1024] = [0; 2 * 1024 * 1024];

const STORED: &str = "HTTP/1.1 201 Created\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";

#[test]
fn a_large_upload_is_refused_before_it_is_sent() {
    let refusal = "HTTP/1.1 401 No\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";
    let (url, received) = serve(vec![(refusal, "")]);
    let error = client().send(&Request::put(url).body(Body::Bytes(&LARGE)), 9).unwrap_err();
    assert_eq!((error.answered(), error.facts().status), (Some(401), Status::Denied));
    assert_eq!(received.join().unwrap(), [0]);
}

#[test]
fn a_large_upload_is_sent_when_the_service_agrees() {
    let (url, received) = serve(vec![("HTTP/1.1 100 Continue\r\n\r\n", STORED)]);
    let response = client().send(&Request::put(url).body(Body::Bytes(&LARGE)), 9).unwrap();
    assert_eq!((response.status, received.join().unwrap()), (201, vec![LARGE.len()]));
}

#[test]
fn a_service_that_does_not_want_to_be_asked_is_not() {
    let refusal = "HTTP/1.1 417 No\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";
    let (url, received) = serve(vec![(refusal, ""), ("", STORED)]);
    let request = Request::put(url).body(Body::Bytes(&LARGE)).once();
    assert_eq!(client().send(&request, 9).unwrap().status, 201);
    assert_eq!(received.join().unwrap(), [0, LARGE.len()]);
}

#[test]
fn a_body_in_parts_has_its_length() {
    let server = Server::answering(vec![answer("201 Created", "", "")]);
    let parts = vec![Part::Bytes(b"a=".to_vec()), Part::Bytes(b"b".to_vec())];
    let request = Request::post(server.url.clone()).body(Body::Parts(parts));
    assert_eq!(client().send(&request, 0).unwrap().status, 201);
    let asked = &server.asked()[0];
    assert!(asked.to_lowercase().contains("content-length: 3\r\n"), "{asked}");
    assert!(asked.ends_with("\r\n\r\na=b") && !asked.contains("chunked"), "{asked}");
}

#[test]
fn a_file_that_changed_is_never_sent_whole() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml");
    let file = std::fs::File::open(path).unwrap();
    let bytes = std::fs::read(path).unwrap();
    let size = u64::try_from(bytes.len()).unwrap();
    let sent = |sha256| {
        let parts = vec![Part::File { file: &file, size, sha256 }, Part::Bytes(b"end".to_vec())];
        let mut sent = Vec::new();
        Body::Parts(parts).reader().unwrap().read_to_end(&mut sent).map(|_| sent)
    };
    assert_eq!(sent(Sha256::of(&bytes)).unwrap(), [bytes.as_slice(), b"end"].concat());
    assert!(sent(Sha256::of(b"other")).is_err());
}

#[test]
fn a_file_that_changed_breaks_the_upload_off() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml");
    let file = std::fs::File::open(path).unwrap();
    let bytes = std::fs::read(path).unwrap();
    let size = u64::try_from(bytes.len()).unwrap();
    for (size, sha256) in [(size, Sha256::of(b"other")), (size + 1, Sha256::of(&bytes))] {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url: Url = format!("http://{}/", listener.local_addr().unwrap()).parse().unwrap();
        let received = std::thread::spawn(move || {
            let mut received = Vec::new();
            listener.accept().unwrap().0.read_to_end(&mut received).map(|_| received)
        });
        let body = Body::Parts(vec![Part::File { file: &file, size, sha256 }]);
        let error = client().send(&Request::put(url).body(body), 9).unwrap_err();
        assert_eq!((error.facts().code, error.facts().status), ("file-changed", Status::Refused));
        let received = received.join().unwrap().unwrap_or_default();
        let body = String::from_utf8(received).unwrap().split("\r\n\r\n").nth(1).map(str::len);
        assert!(u64::try_from(body.unwrap_or(0)).unwrap() < size);
    }
}
