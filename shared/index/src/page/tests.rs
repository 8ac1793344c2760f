use pysign_json::json;

use super::*;
use pysign_http::Url;

use crate::{projects_html, projects_json};

const HASH: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
const OTHER: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
const JSON: &str = "application/vnd.pypi.simple.v1+json";

fn url(text: &str) -> Url {
    text.parse().unwrap()
}

fn demo() -> ProjectName {
    "demo".parse().unwrap()
}

fn read(body: &str, content_type: &str) -> Result<Page, Error> {
    Page::parse(&demo(), body.as_bytes(), Some(content_type), &url("https://a.example/s/demo/"))
}

fn html(body: &str) -> Page {
    read(body, "text/html; charset=utf-8").unwrap()
}

/// A page with this one file.
fn json(file: &pysign_json::Value) -> Result<Page, Error> {
    let page = json!({"meta": {"api-version": "1.0"}, "name": "demo", "files": [file]});
    read(&page.to_string(), JSON)
}

fn only(page: Page) -> File {
    assert!(page.files.len() == 1 && page.ignored.is_empty(), "{page:?}");
    page.files.into_iter().next().unwrap()
}

fn shown(file: &File) -> String {
    match &file.location {
        Location::Url(url) => url.to_string(),
        Location::Within(_) => panic!("a page of a server"),
    }
}

#[test]
fn a_link_is_a_file() {
    let body = format!(
        r#"<title>x</title><A HREF='/f/demo-1.0.tar.gz?a=1&amp;b=2#sha256={HASH}'
           data-requires-python="&gt;=3.8"> demo-1.0.tar.gz </a>"#
    );
    let file = only(html(&body));
    assert_eq!(file.filename.as_str(), "demo-1.0.tar.gz");
    assert_eq!(shown(&file), "https://a.example/f/demo-1.0.tar.gz?a=1&b=2");
    assert_eq!(file.location.to_string(), "https://a.example/f/demo-1.0.tar.gz");
    assert_eq!(file.sha256, HASH.parse().ok());
    assert_eq!(file.requires_python.as_deref(), Some(">=3.8"));
    assert_eq!((file.size, file.yanked), (None, None));
}

#[test]
fn links_are_found_whatever_the_html() {
    let two = |body: &str| {
        let files = html(body).files;
        files.iter().map(|file| file.filename.to_string()).collect::<Vec<_>>()
    };
    let names = ["demo-1.tar.gz", "demo-2.tar.gz"];
    assert_eq!(two("<a href=x>demo-1.tar.gz<a href=y><b>demo-2.</b>tar.gz"), names);
    assert_eq!(
        two("<a name=top>demo-0.tar.gz</a><a href=x>demo-1.tar.gz</a>
             <!-- <a href=x>demo-0.tar.gz</a> --><a href=y>demo-2.tar.gz</a>
             <script><a href=x>demo-0.tar.gz</a></script>"),
        names
    );
}

#[test]
fn relative_addresses_are_relative_to_the_page_or_its_base() {
    for (body, expected) in [
        ("<a href=../f/x>demo-1.tar.gz</a>", "https://a.example/s/f/x"),
        ("<base href=/t/><a href=x>demo-1.tar.gz</a>", "https://a.example/t/x"),
        ("<base href=https://b.example/><a href=x>demo-1.tar.gz</a>", "https://b.example/x"),
        ("<base href=/t/><base href=/u/><a href=x>demo-1.tar.gz</a>", "https://a.example/t/x"),
    ] {
        assert_eq!(shown(&only(html(body))), expected, "{body}");
    }
}

#[test]
fn yanked_with_or_without_a_reason_is_yanked() {
    for (attribute, expected) in [
        ("", None),
        ("data-yanked", Some("")),
        ("data-yanked=''", Some("")),
        ("data-yanked='broken &amp; bad'", Some("broken & bad")),
    ] {
        let file = only(html(&format!("<a href=x {attribute}>demo-1.tar.gz</a>")));
        assert_eq!(file.yanked.as_deref(), expected, "{attribute}");
    }
    for (value, expected) in [
        (json!(null), None),
        (json!(false), None),
        (json!(true), Some("")),
        (json!(""), Some("")),
        (json!("broken"), Some("broken")),
    ] {
        let page = json(&json!({"filename": "demo-1.tar.gz", "url": "x", "yanked": value}));
        assert_eq!(only(page.unwrap()).yanked.as_deref(), expected, "{value}");
    }
}

#[test]
fn json_says_more_than_html() {
    let page = json(&json!({
        "filename": "demo-1.0-py3-none-any.whl", "url": "../f/x", "hashes": {"sha256": HASH},
        "size": 7, "requires-python": ">=3", "yanked": false, "upload-time": "x", "provenance": null,
    }));
    let file = only(page.unwrap());
    assert_eq!(shown(&file), "https://a.example/s/f/x");
    assert_eq!((file.sha256, file.size), (HASH.parse().ok(), Some(7)));
    assert_eq!(file.requires_python.as_deref(), Some(">=3"));
}

#[test]
fn what_registries_write_for_nothing_is_nothing() {
    for hashes in [json!({}), json!(null), json!({"sha256": null}), json!({"md5": "x"})] {
        let file = json(&json!({
            "filename": "demo-1.tar.gz", "url": "x", "hashes": hashes,
            "requires-python": "", "size": null,
        }));
        let file = only(file.unwrap());
        assert_eq!((file.sha256, file.size, file.requires_python), (None, None, None), "{hashes}");
    }
}

#[test]
fn a_digest_stands_in_the_hashes_or_in_the_address() {
    let sha256 = |hashes: pysign_json::Value, address: &str| {
        let file = json!({"filename": "demo-1.tar.gz", "url": address, "hashes": hashes});
        json(&file).map(|page| only(page).sha256)
    };
    let expected = HASH.parse().ok();
    let in_address = format!("x#sha256={HASH}");
    assert_eq!(sha256(json!({}), &in_address).unwrap(), expected);
    assert_eq!(sha256(json!({"sha256": HASH}), &in_address).unwrap(), expected);
    assert_eq!(sha256(json!({"sha256": HASH.to_uppercase()}), "x").unwrap(), expected);
    assert_eq!(sha256(json!({}), &format!("x#egg=a&sha256={HASH}")).unwrap(), expected);
    for address in ["x#sha256=", "x#sha256-ba78", "x#md5=00", &format!("x#sha256-{HASH}")] {
        assert_eq!(sha256(json!({}), address).unwrap(), None, "{address}");
    }
    let error = sha256(json!({"sha256": OTHER}), &in_address).unwrap_err();
    assert!(matches!(error, Error::Malformed { .. }), "{error}");
}

#[test]
fn names_that_are_no_packages_are_never_files() {
    for name in [
        "demo-1.0.zip",
        "demo-1.0-py3.8.egg",
        "demo-1.0.exe",
        "../demo-1.0.tar.gz",
        "a/demo-1.0.tar.gz",
        "demo-1.0\u{1b}.tar.gz",
        "demo-1.0\n.tar.gz",
        "..",
        "",
    ] {
        let page = json(&json!({"filename": name, "url": "x"})).unwrap();
        assert!(page.files.is_empty(), "{name:?}");
        assert!(page.ignored[0].reason.contains("wheel or sdist"), "{name:?}");
    }
    let page = html("<a href=x>other-1.0.tar.gz</a>");
    assert!(page.files.is_empty() && page.ignored[0].reason.contains("a different project"));
}

#[test]
fn addresses_that_can_not_be_asked_are_never_used() {
    for address in ["http://b.example/x", "ftp://b.example/x", "file:///etc/passwd", "//u@b/x"] {
        let page = html(&format!("<a href='{address}'>demo-1.0.tar.gz</a>"));
        assert!(page.files.is_empty(), "{address}");
        assert!(page.ignored[0].is_file, "{address}");
    }
}

#[test]
fn only_the_first_major_version_is_read() {
    let page = |version: &str| {
        let page = json!({"meta": {"api-version": version}, "name": "demo", "files": []});
        read(&page.to_string(), JSON)
    };
    let meta = |version: &str| {
        read(&format!("<meta name=pypi:repository-version content='{version}'>"), "text/html")
    };
    for version in ["1.0", "1.4", "1.99"] {
        assert!(page(version).is_ok() && meta(version).is_ok(), "{version}");
    }
    for version in ["2.0", "10.0", "", "x"] {
        assert!(matches!(page(version), Err(Error::Version { .. })), "{version}");
        assert!(matches!(meta(version), Err(Error::Version { .. })), "{version}");
    }
    let other = read(r#"{"meta": {"api-version": "2.0"}}"#, JSON);
    assert!(matches!(other, Err(Error::Version { .. })));
}

#[test]
fn malformed_json_is_refused() {
    for body in [
        "",
        "<html>",
        "{}",
        r#"{"meta": {"api-version": "1.0"}, "name": "demo"}"#,
        r#"{"meta": {"api-version": "1.0"}, "name": "other", "files": []}"#,
        r#"{"meta": {"api-version": 1}, "name": "demo", "files": []}"#,
        r#"{"meta": {"api-version": "1.0"}, "name": "demo", "files": [7]}"#,
        r#"{"meta": {"api-version": "1.0"}, "name": "demo", "files": [{"filename": "a"}]}"#,
    ] {
        assert!(matches!(read(body, JSON), Err(Error::Malformed { .. })), "{body}");
    }
    let file = |member: &str, value: pysign_json::Value| {
        json(&json!({"filename": "demo-1.tar.gz", "url": "x", member: value})).is_ok()
    };
    assert!(file("size", json!(1)));
    for (member, value) in [
        ("filename", json!(1)),
        ("url", json!(null)),
        ("size", json!(-1)),
        ("size", json!("1")),
        ("hashes", json!("x")),
        ("hashes", json!({"sha256": 1})),
        ("yanked", json!(1)),
        ("requires-python", json!(3)),
    ] {
        assert!(!file(member, value.clone()), "{member}: {value}");
    }
}

#[test]
fn an_answer_that_is_no_page_is_refused_by_its_type() {
    for kind in ["text/plain", "", "application/vnd.pypi.simple.v2+json", "application/xml"] {
        assert!(matches!(read("", kind), Err(Error::ContentType { .. })), "{kind}");
    }
    let none = Page::parse(&demo(), b"", None, &url("https://a.example/"));
    assert!(matches!(none, Err(Error::ContentType { .. })));
    assert!(read("", "Text/HTML;charset=utf-8").is_ok());
    assert!(read("", "application/vnd.pypi.simple.v1+html").is_ok());
}

fn file(name: &str, size: Option<u64>) -> File {
    let filename: DistName = name.parse().unwrap();
    let location = Location::Within(crate::Directory::file(&demo(), filename.version(), name));
    let (requires_python, yanked) = (Some(">=3.8 \"&<".to_owned()), Some("a <b>".to_owned()));
    File { filename, location, sha256: HASH.parse().ok(), size, requires_python, yanked }
}

#[test]
fn what_is_written_is_read_again() {
    let files = vec![file("demo-1.0.tar.gz", Some(3)), file("demo-1!2.0+a.1.tar.gz", Some(4))];
    let page = Page::new(demo(), files.clone());
    let read = |body: &str, kind: &str| {
        let base = Base::Directory("index");
        let mut files = Page::read(&demo(), body.as_bytes(), Some(kind), &base).unwrap().files;
        files.sort_by_key(|file| file.size.or(Some(9)));
        files
    };
    assert_eq!(read(&page.to_json(), "application/json"), files);
    let unsized_files: Vec<File> =
        files.iter().map(|file| File { size: None, ..file.clone() }).rev().collect();
    assert_eq!(read(&page.to_html(), "text/html"), unsized_files);
}

#[test]
fn a_page_is_the_same_whatever_the_order_of_its_files() {
    let (a, b) = (file("demo-1.0.tar.gz", Some(3)), file("demo-1.0-py3-none-any.whl", Some(4)));
    let (one, two) = (Page::new(demo(), vec![a.clone(), b.clone()]), Page::new(demo(), vec![b, a]));
    assert_eq!((one.to_json(), one.to_html()), (two.to_json(), two.to_html()));
}

#[test]
fn a_page_is_written_like_this() {
    let mut wheel = file("demo-1.0-py3-none-any.whl", Some(4));
    wheel.requires_python = None;
    wheel.yanked = None;
    let page = Page::new(demo(), vec![wheel]);
    let address = "../../files/demo/1.0/demo-1.0-py3-none-any.whl";
    let json = format!(
        concat!(
            r#"{{"files":[{{"filename":"demo-1.0-py3-none-any.whl","hashes":{{"sha256":"{}"}},"#,
            r#""size":4,"url":"{}"}}],"#,
            r#""meta":{{"api-version":"1.1"}},"name":"demo","versions":["1.0"]}}"#,
            "\n"
        ),
        HASH, address
    );
    assert_eq!(page.to_json(), json);
    let row = format!("<a href=\"{address}#sha256={HASH}\">demo-1.0-py3-none-any.whl</a><br>\n");
    assert!(page.to_html().contains(&row), "{}", page.to_html());
    assert_eq!(
        projects_json(&[demo()]),
        "{\"meta\":{\"api-version\":\"1.1\"},\"projects\":[{\"name\":\"demo\"}]}\n"
    );
    assert!(projects_html(&[demo()]).contains("<a href=\"demo/\">demo</a>"));
}

/// Whatever a server sends, reading it is a page or an error.
#[test]
fn no_page_makes_its_reader_panic() {
    let file = file("demo-1.0.tar.gz", Some(3));
    let page = Page::new(demo(), vec![file]);
    for (text, kind) in [(page.to_json(), JSON), (page.to_html(), "text/html")] {
        for end in 0..text.len() {
            let _ = read(text.get(..end).unwrap_or_default(), kind);
        }
        for place in 0..text.len() {
            for byte in [0, b'"', b'<', b'#', b'%', b'&', b'/', 0xc3] {
                let mut bytes = text.clone().into_bytes();
                bytes[place] = byte;
                let url = url("https://a.example/s/demo/");
                let found = Page::parse(&demo(), &bytes, Some(kind), &url);
                assert!(found.is_err() || found.is_ok_and(|page| page.files.len() <= 1));
            }
        }
    }
}
