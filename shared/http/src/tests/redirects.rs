//! Where requests are led, and what they take along.

use super::*;

#[test]
fn a_credential_is_not_carried_to_another_origin_and_not_regained() {
    let token = Secret::new("canary".to_owned());
    let last = Server::answering(vec![answer("200 OK", "", "x")]);
    let home = TcpListener::bind("127.0.0.1:0").unwrap();
    let home_url: Url = format!("http://{}/", home.local_addr().unwrap()).parse().unwrap();
    drop(home);
    let to_last = answer("302 Found", &format!("location: {}\r\n", last.url), "");
    let first = Server::answering(vec![to_last]);
    let ours = Credential::header("job-token", token.clone(), first.url.origin().clone());
    client().send(&Request::get(first.url.clone()).credential(&ours), 9).unwrap();
    assert!(first.asked()[0].contains("job-token: canary"));
    assert!(!last.asked()[0].contains("canary"));

    let elsewhere = Server::answering(vec![answer("200 OK", "", "x")]);
    let other = Credential::bearer(&token, home_url.origin().clone());
    client().send(&Request::get(elsewhere.url.clone()).credential(&other), 9).unwrap();
    assert!(!elsewhere.asked()[0].contains("canary"));
}

#[test]
fn a_credential_does_not_come_back_with_the_one_who_left() {
    let home = TcpListener::bind("127.0.0.1:0").unwrap();
    let home_url: Url = format!("http://{}/", home.local_addr().unwrap()).parse().unwrap();
    let back = answer("302 Found", &format!("location: {home_url}back\r\n"), "");
    let away = Server::answering(vec![back]);
    let to_away = answer("302 Found", &format!("location: {}\r\n", away.url), "");
    let within = answer("302 Found", "location: /within\r\n", "");
    let home = Server::on(home, vec![within, to_away, answer("200 OK", "", "x")]);
    let token = Secret::new("canary".to_owned());
    let ours = Credential::header("private-token", token, home.url.origin().clone());
    client().send(&Request::get(home.url.clone()).credential(&ours), 9).unwrap();
    let sent: Vec<_> = home.asked().iter().map(|asked| asked.contains("canary")).collect();
    assert_eq!(sent, [true, true, false]);
    assert!(!away.asked()[0].contains("canary"));
}

#[test]
fn redirects_end_and_uploads_follow_none() {
    let round = answer("302 Found", "location: /\r\n", "");
    let server = Server::answering(vec![round.clone(); 6]);
    let error = client().send(&Request::get(server.url.clone()), 9).unwrap_err();
    assert_eq!((error.facts().code, error.facts().status), ("http-redirect", Status::Denied));
    server.asked();
    let server = Server::answering(vec![round]);
    let error = client().send(&Request::put(server.url.clone()), 9).unwrap_err();
    assert_eq!(error.facts().code, "http-redirect");
    server.asked();
}

#[test]
fn an_upload_is_repeated_at_the_same_origin_alone() {
    let slash = answer("308 Permanent Redirect", "location: /legacy/\r\n", "");
    let server = Server::answering(vec![slash, answer("201 Created", "", "")]);
    let request = Request::post(server.url.clone()).body(Body::Bytes(b"wheel"));
    assert_eq!(client().send(&request, 9).unwrap().url.path(), "/legacy/");
    let asked = server.asked();
    assert!(asked[1].starts_with("POST /legacy/ ") && asked[1].ends_with("\r\n\r\nwheel"));

    let away = answer("308 Permanent Redirect", "location: https://example.org/?t=canary\r\n", "");
    let server = Server::answering(vec![away]);
    let request = Request::post(server.url.clone()).body(Body::Bytes(b"wheel"));
    let error = client().send(&request, 9).unwrap_err();
    assert_eq!((error.facts().code, error.facts().status), ("http-redirect", Status::Denied));
    let told = error.to_string();
    assert!(told.contains("'https://example.org/'") && !told.contains("canary"), "{told}");
    server.asked();
}

#[test]
fn a_request_may_refuse_to_leave_its_origin() {
    let away = answer("302 Found", "location: https://example.org/\r\n", "");
    let near = answer("302 Found", "location: /near\r\n", "");
    let server = Server::answering(vec![near, away]);
    let error = client().send(&Request::get(server.url.clone()).same_origin(), 9).unwrap_err();
    assert_eq!(error.facts().code, "http-redirect");
    assert!(server.asked()[1].starts_with("GET /near "));
}

#[test]
fn an_address_with_the_secret_in_it_is_neither_followed_nor_shown() {
    let token = Secret::new("canary-in-the-mine".to_owned());
    let location = "location: /x/canary%2Din-the-mine?y\r\n";
    for status in ["302 Found", "307 Temporary Redirect"] {
        let server = Server::answering(vec![answer(status, location, "")]);
        let request = Request::get(server.url.clone()).hide(&token);
        let error = client().send(&request, 9).unwrap_err();
        assert_eq!((error.facts().code, error.facts().status), ("http-redirect", Status::Denied));
        assert!(!error.to_string().contains("mine"), "{error}");
        server.asked();
    }
    let other = Secret::new("canary-in-another".to_owned());
    let server =
        Server::answering(vec![answer("302 Found", location, ""), answer("200 OK", "", "x")]);
    client().send(&Request::get(server.url.clone()).hide(&other), 9).unwrap();
    server.asked();
}
