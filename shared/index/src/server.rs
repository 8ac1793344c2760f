//! An index on a server.

use pysign_http::{Client, Credential, Request, Url};
use pysign_names::ProjectName;

use crate::page::MAX_PAGE;
use crate::{Error, Page};

/// JSON first: HTML has no sizes, and its standard is frozen. (PEP 691)
const ACCEPT: &str = "application/vnd.pypi.simple.v1+json, \
     application/vnd.pypi.simple.v1+html;q=0.2, text/html;q=0.01";

/// One index. It answers for itself: one that forwards a request to another index is refused.
#[derive(Clone, Debug)]
pub struct Index<'c> {
    client: &'c Client,
    root: Url,
    credential: Option<Credential>,
}

impl<'c> Index<'c> {
    /// The index whose projects are below `root`.
    pub fn new(client: &'c Client, root: Url, credential: Option<Credential>) -> Self {
        Self { client, root, credential }
    }

    /// Its address.
    pub fn root(&self) -> &Url {
        &self.root
    }

    /// Where the page of a project is. The slash at its end is part of the standard (PEP 503).
    pub fn page_url(&self, project: &ProjectName) -> Url {
        self.root.with_path_segments(&[project.as_str(), ""])
    }

    /// The page of a project; `None` if the index doesn't know it.
    pub fn page(&self, project: &ProjectName) -> Result<Option<Page>, Error> {
        let url = self.page_url(project);
        let mut request = Request::get(url).header("accept", ACCEPT).accept(&[404]).same_origin();
        if let Some(credential) = &self.credential {
            request = request.credential(credential);
        }
        let response = self.client.send(&request, MAX_PAGE).map_err(explain)?;
        if response.status == 404 {
            return Ok(None);
        }
        let content_type = response.header("content-type");
        Page::parse(project, &response.body, content_type, &response.url).map(Some)
    }
}

/// GitLab and others redirect to the public index for projects that they don't have. There the name may
/// belong to anyone (dependency confusion).
fn explain(error: pysign_http::Error) -> Error {
    match error {
        pysign_http::Error::Redirect { url, to: Some(to), .. } if url.origin() != to.origin() => {
            Error::Forwarded { url, to: to.origin().clone() }
        }
        other => Error::Http(other),
    }
}

#[cfg(test)]
mod tests {
    use std::io::{BufRead as _, BufReader, Write as _};
    use std::net::TcpListener;
    use std::thread::JoinHandle;
    use std::time::Duration;

    use pysign_host::{Host, Network, Problem as _, Secret, Status};

    use super::*;

    /// Answers one request after the other with these texts, and gives back the requests' heads.
    fn serve(answers: Vec<String>) -> (Url, JoinHandle<Vec<String>>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let root = format!("http://{}/simple", listener.local_addr().unwrap()).parse().unwrap();
        let head = move |answer: String| {
            let (mut stream, _) = listener.accept().unwrap();
            let lines = BufReader::new(stream.try_clone().unwrap()).lines();
            let lines = lines.map(Result::unwrap).take_while(|line| !line.is_empty());
            let head = lines.collect::<Vec<_>>().join("\n");
            stream.write_all(answer.as_bytes()).unwrap();
            head
        };
        (root, std::thread::spawn(move || answers.into_iter().map(head).collect()))
    }

    fn answer(status: &str, headers: &str, body: &str) -> String {
        let length = body.len();
        format!(
            "HTTP/1.1 {status}\r\nconnection: close\r\ncontent-length: {length}\r\n{headers}\r\n{body}"
        )
    }

    fn page(root: &Url, credential: Option<Credential>) -> Result<Option<Page>, Error> {
        let network = Network { timeout: Duration::from_secs(5), ..Network::default() };
        let client = Client::new(&Host::test(&[]), &network).unwrap();
        Index::new(&client, root.clone(), credential).page(&"Demo_Pkg".parse().unwrap())
    }

    const HTML: &str = "content-type: text/html\r\n";

    #[test]
    fn a_page_is_asked_for_by_its_normal_name_and_read_where_it_is_found() {
        let moved = answer("301 Moved", "location: /else/where/\r\n", "");
        let body = "<a href=x>demo_pkg-1.tar.gz</a>";
        let (root, asked) = serve(vec![moved, answer("200 OK", HTML, body)]);
        let token = Secret::new("canary".to_owned());
        let credential = Credential::basic("user", &token, root.origin().clone());
        let page = page(&root, Some(credential)).unwrap().unwrap();
        let expected = root.join("/else/where/x").unwrap().to_string();
        assert_eq!(page.files[0].location.to_string(), expected);
        let asked = asked.join().unwrap();
        assert!(asked[0].starts_with("GET /simple/demo-pkg/ HTTP/1.1\n"), "{}", asked[0]);
        for head in asked.iter().map(|head| head.to_lowercase()) {
            assert!(head.contains("accept: application/vnd.pypi.simple.v1+json, "), "{head}");
            assert!(head.contains("authorization: basic "), "{head}");
        }
    }

    #[test]
    fn an_unknown_project_is_absent_and_no_other_status_is() {
        let (root, asked) = serve(vec![answer("404 Not Found", HTML, "no")]);
        assert!(page(&root, None).unwrap().is_none());
        asked.join().unwrap();
        for (status, expected) in
            [("401 Unauthorized", Status::Denied), ("410 Gone", Status::Denied)]
        {
            let (root, asked) = serve(vec![answer(status, HTML, "")]);
            let error = page(&root, None).unwrap_err();
            assert_eq!((error.facts().code, error.facts().status), ("http-status-final", expected));
            asked.join().unwrap();
        }
    }

    #[test]
    fn an_index_that_sends_us_to_another_one_is_refused_before_that_one_is_asked() {
        let other = TcpListener::bind("127.0.0.1:0").unwrap();
        let location = format!("location: http://{}/simple/\r\n", other.local_addr().unwrap());
        let (root, asked) = serve(vec![answer("302 Found", &location, "")]);
        let error = page(&root, None).unwrap_err();
        assert_eq!((error.facts().code, error.facts().status), ("index-forwarded", Status::Input));
        assert!(error.to_string().contains("forwarded"), "{error}");
        asked.join().unwrap();
        other.set_nonblocking(true).unwrap();
        assert!(other.accept().is_err(), "the other index was asked");
    }

    #[test]
    fn redirects_without_end_are_not_called_forwarding() {
        let round = answer("302 Found", "location: /\r\n", "");
        let (root, asked) = serve(vec![round; 6]);
        assert_eq!(page(&root, None).unwrap_err().facts().code, "http-redirect");
        asked.join().unwrap();
    }
}
