//! A public index in the manner of `PyPI`: the one that GitLab forwards unknown projects to, and a
//! place for the upload API that everyone else has. It computes every digest itself.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::http::{Reply, Request, Response, refused};
use crate::multipart::Form;
use crate::pki::sha256;
use crate::simple::{Link, is_name, is_version, normalized, projects_html, pypi_html, pypi_json};

/// The index.
pub(crate) struct PublicIndex {
    url: String,
    /// The password that uploads need, under any user name.
    token: String,
    files: Mutex<Vec<File>>,
}

struct File {
    project: String,
    version: String,
    link: Link,
    bytes: Arc<Vec<u8>>,
}

impl PublicIndex {
    /// Where uploads go, below the index's URL.
    pub(crate) const UPLOAD: &str = "/legacy/";

    pub(crate) fn new(url: String, token: String) -> Self {
        Self { url, token, files: Mutex::default() }
    }

    fn files(&self) -> MutexGuard<'_, Vec<File>> {
        self.files.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn answer(&self, request: &Request) -> Reply {
        let segments = request.segments();
        let segments: Vec<_> = segments.iter().map(String::as_str).collect();
        match (request.verb(), segments.as_slice()) {
            ("POST", ["legacy", ""]) => self.upload(request),
            ("GET", ["simple", ""]) => Ok(self.projects()),
            ("GET", ["simple", name, ""]) => Ok(self.page(request, name)),
            ("GET", ["simple", name]) => {
                Ok(Response::redirect(301, format!("{}/simple/{}/", self.url, normalized(name))))
            }
            ("GET", ["files", hash, filename]) => Ok(self.file(hash, filename)),
            _ => Ok(not_found()),
        }
    }

    fn upload(&self, request: &Request) -> Reply {
        if request.basic().is_none_or(|(_, password)| password != self.token) {
            let message = "Invalid or non-existent authentication information.";
            return Ok(Response::message(403, message));
        }
        let form = Form::parse(request)?;
        let field = |name: &str| {
            form.text(name).ok_or_else(|| refused(format!("{name}: This field is required.")))
        };
        if field(":action")? != "file_upload" || field("protocol_version")? != "1" {
            return Err(refused("the upload is not of a known kind"));
        }
        let (name, version) = (field("name")?, field("version")?);
        let content = form.part("content").ok_or_else(|| refused("Upload payload is missing"))?;
        let filename = content.filename.clone().unwrap_or_default();
        if !is_name(name) || !is_version(version) || filename.is_empty() || filename.contains('/') {
            return Err(refused("name, version or file name is invalid"));
        }
        let hash = hex::encode(sha256(&content.body));
        if !field("sha256_digest")?.eq_ignore_ascii_case(&hash) {
            return Err(refused("The digest supplied does not match a digest calculated"));
        }
        let mut files = self.files();
        if let Some(known) = files.iter().find(|file| file.link.filename == filename) {
            let same = *known.bytes == content.body;
            let message = format!("400 File already exists ('{filename}')");
            let status = if same { 200 } else { 400 };
            return Ok(Response::message(status, if same { "OK" } else { &message }));
        }
        files.push(File {
            project: normalized(name),
            version: version.to_owned(),
            link: Link {
                url: format!("{}/files/{hash}/{filename}", self.url),
                filename,
                sha256: Some(hash),
                requires_python: form.text("requires_python").map(str::to_owned),
                size: content.body.len(),
            },
            bytes: Arc::new(content.body.clone()),
        });
        Ok(Response::message(200, "OK"))
    }

    fn projects(&self) -> Response {
        let files = self.files();
        let names: BTreeSet<_> = files.iter().map(|file| file.project.clone()).collect();
        let link = |name: String| {
            let url = format!("{}/simple/{name}/", self.url);
            (name, url)
        };
        projects_html(&names.into_iter().map(link).collect::<Vec<_>>())
    }

    fn page(&self, request: &Request, name: &str) -> Response {
        let wanted = normalized(name);
        let files = self.files();
        let files = || files.iter().filter(|file| file.project == wanted);
        let links: Vec<Link> = files().map(|file| file.link.clone()).collect();
        if links.is_empty() {
            return not_found();
        }
        if request.accepts_simple_json() {
            let versions: BTreeSet<_> = files().map(|file| file.version.clone()).collect();
            pypi_json(&wanted, &versions.into_iter().collect::<Vec<_>>(), &links)
        } else {
            pypi_html(&wanted, &links)
        }
    }

    fn file(&self, hash: &str, filename: &str) -> Response {
        let files = self.files();
        let same = |file: &&File| {
            file.link.filename == filename && file.link.sha256.as_deref() == Some(hash)
        };
        match files.iter().find(same) {
            Some(file) => Response::new(200, "application/octet-stream", file.bytes.as_slice()),
            None => not_found(),
        }
    }
}

fn not_found() -> Response {
    Response::html(404, "<!DOCTYPE html><title>404 Not Found</title><h1>404 Not Found</h1>")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gitlab::tests::{with_basic, with_header};
    use crate::http::{Refused, SIMPLE_JSON};
    use crate::multipart::tests::form;

    fn index() -> PublicIndex {
        PublicIndex::new("http://public".into(), "secret".into())
    }

    fn upload(index: &PublicIndex, content: &[u8], password: &str, changed: (&str, &str)) -> u16 {
        let hash = hex::encode(sha256(content));
        let mut fields = [
            (":action", "file_upload"),
            ("protocol_version", "1"),
            ("name", "My_Demo"),
            ("version", "1.0"),
            ("sha256_digest", &hash),
        ];
        for field in &mut fields {
            if field.0 == changed.0 {
                *field = changed;
            }
        }
        let mut request = form(&fields, "my_demo-1.0.tar.gz", content);
        PublicIndex::UPLOAD.clone_into(&mut request.path);
        let request = with_basic(request, "__token__", password);
        index.answer(&request).unwrap_or_else(|Refused(text)| Response::message(400, &text)).status
    }

    fn get(index: &PublicIndex, target: &str, accept: &str) -> Response {
        index.answer(&with_header(Request::new("GET", target), "accept", accept)).unwrap()
    }

    #[test]
    fn the_same_bytes_again_are_fine_and_others_are_not() {
        let index = index();
        assert_eq!(upload(&index, b"one", "secret", ("", "")), 200);
        assert_eq!(upload(&index, b"one", "secret", ("", "")), 200);
        assert_eq!(upload(&index, b"two", "secret", ("", "")), 400);
    }

    #[test]
    fn an_upload_that_is_wrong_is_refused() {
        let index = index();
        assert_eq!(upload(&index, b"one", "other", ("", "")), 403);
        for changed in [(":action", "verify"), ("name", "-"), ("sha256_digest", "00")] {
            assert_eq!(upload(&index, b"one", "secret", changed), 400, "{changed:?}");
        }
        assert_eq!(get(&index, "/simple/my-demo/", "").status, 404);
    }

    #[test]
    fn a_file_is_listed_in_both_forms_and_served() {
        let index = index();
        upload(&index, b"one", "secret", ("", ""));
        let hash = hex::encode(sha256(b"one"));
        let url = format!("/files/{hash}/my_demo-1.0.tar.gz");
        for (accept, start) in [("text/html", "<!DOCTYPE html>"), (SIMPLE_JSON, "{")] {
            let page = String::from_utf8(get(&index, "/simple/my-demo/", accept).body).unwrap();
            assert!(page.starts_with(start) && page.contains(&url), "{page}");
        }
        assert_eq!(get(&index, &url, "").body, b"one");
        assert_eq!(get(&index, "/simple/My.Demo", "").status, 301);
        assert!(String::from_utf8(get(&index, "/simple/", "").body).unwrap().contains("my-demo"));
    }
}
