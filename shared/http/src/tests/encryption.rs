//! Whom TLS believes.

use pysign_testkit::Scratch;

use super::authority::{Authority, GOOD, Server};
use super::*;

/// Asks `server` of `authority`, trusting `trusted` beside the platform's authorities.
fn ask(authority: &Authority, server: Server, trusted: &Authority) -> Result<Response, Error> {
    let scratch = Scratch::new();
    let file = scratch.write("ca.pem", trusted.pem().as_bytes());
    let network = Network { cacert: Some(file), ..Network::default() };
    let client = Client::new(&Host::test(&[]), &network).unwrap();
    let (port, handshake) = authority.serve(server);
    let url = format!("https://127.0.0.1:{port}/").parse().unwrap();
    let response = client.send(&Request::get(url).once(), 9);
    assert_eq!(handshake.join().unwrap(), response.is_ok());
    response
}

#[test]
fn a_server_that_a_trusted_authority_has_certified_is_believed() {
    let authority = Authority::new();
    assert_eq!(ask(&authority, GOOD, &authority).unwrap().body, b"x");
}

#[test]
fn a_server_that_does_not_prove_who_it_is_is_denied_for_good() {
    let authority = Authority::new();
    let elsewhere = Server { address: [127, 0, 0, 2], ..GOOD };
    let expired = Server { expiry: b"20210101000000Z", ..GOOD };
    for (server, trusted) in
        [(GOOD, &Authority::new()), (elsewhere, &authority), (expired, &authority)]
    {
        let error = ask(&authority, server, trusted).unwrap_err();
        assert_eq!((error.facts().code, error.facts().status), ("http-tls", Status::Denied));
        assert_eq!(error.facts().hint, None);
    }
}

#[test]
fn a_server_without_tls_can_not_be_reached_by_it() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("https://{}/", listener.local_addr().unwrap()).parse().unwrap();
    let served = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        stream.write_all(answer("400 Bad Request", "", "").as_bytes()).unwrap();
        stream.read_to_end(&mut Vec::new()).unwrap_or_default()
    });
    let error = client().send(&Request::get(url).once(), 9).unwrap_err();
    assert_eq!(
        (error.facts().code, error.facts().status),
        ("http-unreachable", Status::Unavailable)
    );
    served.join().unwrap();
}

#[test]
fn a_list_of_authorities_may_be_named_by_a_link() {
    let authority = Authority::new();
    let scratch = Scratch::new();
    let file = scratch.write("ca.pem", authority.pem().as_bytes());
    let link = file.with_extension("link");
    std::os::unix::fs::symlink(&file, &link).unwrap();
    let network = Network { cacert: Some(link.clone()), ..Network::default() };
    let client = Client::new(&Host::test(&[]), &network);
    std::fs::remove_file(&link).unwrap();
    assert!(client.is_ok());
}
