//! GitLab's `PyPI` registry: it takes HTTP basic only, believes the client's digest, takes a file name
//! once per version whatever the bytes, and forwards what it doesn't know.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::json;

use crate::gitlab::{Access, File, GitLab, Kind};
use crate::http::{Reply, Request, Response};
use crate::job::Job;
use crate::multipart::Form;
use crate::simple::{
    Link, gitlab_html, gitlab_json, is_name, is_sha256, is_version, normalized, projects_html,
};

/// GitLab keeps no more of it.
const MAX_REQUIRES_PYTHON: usize = 255;

impl GitLab {
    /// `rest` is the path after `packages/pypi`.
    pub(crate) fn pypi(&self, request: &Request, rest: &[&str]) -> Reply {
        let access = self.basic_access(request);
        let allowed = match access {
            Access::Member => true,
            Access::Anonymous => self.job.is_public() && request.verb() == "GET",
            Access::Wrong => false,
        };
        if !allowed {
            let realm = "Basic realm=\"GitLab Packages Registry\"";
            let refusal = Response::message(401, "401 Unauthorized");
            return Ok(refusal.with("WWW-Authenticate", realm));
        }
        match (request.verb(), rest) {
            ("POST", []) => self.pypi_upload(request),
            ("GET", ["simple"] | ["simple", ""]) => Ok(self.pypi_projects()),
            ("GET", ["simple", name] | ["simple", name, ""]) => Ok(self.pypi_page(request, name)),
            ("GET", ["files", sha256, filename]) => self.pypi_file(sha256, filename),
            _ => Ok(Response::message(404, "404 Not Found")),
        }
    }

    fn pypi_upload(&self, request: &Request) -> Reply {
        let form = Form::parse(request)?;
        let missing =
            ["content", "name", "version"].iter().filter(|name| form.part(name).is_none());
        let missing: Vec<_> = missing.map(|name| format!("{name} is missing")).collect();
        let content = form.part("content");
        let (Some(content), Some(name), Some(version)) =
            (content, form.text("name"), form.text("version"))
        else {
            return Ok(Response::json(400, &json!({"error": missing.join(", ")})));
        };
        let sha256 = form.text("sha256_digest").filter(|digest| !digest.is_empty());
        let python = form.text("requires_python").unwrap_or_default();
        let filename = content.filename.as_deref().unwrap_or_default();
        let problem = match (is_name(name), is_version(version)) {
            _ if sha256.is_some_and(|digest| !is_sha256(digest)) => "sha256_digest is invalid",
            _ if python.len() > MAX_REQUIRES_PYTHON => "requires_python is too long",
            _ if filename.is_empty() => "content is invalid",
            (false, _) => "Validation failed: Name is invalid",
            (_, false) => "Validation failed: Version is invalid",
            _ => "",
        };
        if !problem.is_empty() {
            return Ok(Response::message(400, problem));
        }
        let mut packages = self.packages();
        let package = packages.package(Kind::Pypi, name, version);
        if package.is_some_and(|package| package.files.iter().any(|file| file.name == filename)) {
            let message = "Validation failed: File name has already been taken";
            return Ok(Response::message(400, message));
        }
        let file = File {
            id: 0,
            name: filename.to_owned(),
            bytes: Arc::new(content.body.clone()),
            sha256: sha256.map(str::to_owned),
            requires_python: Some(python.to_owned()),
        };
        packages.add(Kind::Pypi, name, version, file);
        Ok(Response::message(201, "201 Created"))
    }

    fn pypi_projects(&self) -> Response {
        let packages = self.packages();
        let pypi = packages.list.iter().filter(|package| package.kind == Kind::Pypi);
        let names: BTreeSet<_> = pypi.map(|package| normalized(&package.name)).collect();
        let base = self.pypi_base();
        let link = |name: String| {
            let url = format!("{base}/simple/{name}");
            (name, url)
        };
        projects_html(&names.into_iter().map(link).collect::<Vec<_>>())
    }

    fn pypi_base(&self) -> String {
        format!("{}/api/v4/projects/{}/packages/pypi", self.job.server_url, Job::PROJECT_ID)
    }

    fn pypi_page(&self, request: &Request, name: &str) -> Response {
        let wanted = normalized(name);
        let base = self.pypi_base();
        let packages = self.packages();
        let mut links = Vec::new();
        for package in &packages.list {
            if package.kind == Kind::Pypi && normalized(&package.name) == wanted {
                links.extend(package.files.iter().map(|file| link(&base, file)));
            }
        }
        if links.is_empty() && self.options.forwarding {
            return Response::redirect(302, format!("{}/simple/{wanted}/", self.forward_to));
        }
        if links.is_empty() {
            return Response::message(404, "404 Package Not Found");
        }
        if self.options.simple_json && request.accepts_simple_json() {
            gitlab_json(&wanted, &links)
        } else {
            gitlab_html(&wanted, &links)
        }
    }

    fn pypi_file(&self, sha256: &str, filename: &str) -> Reply {
        let found = {
            let packages = self.packages();
            let pypi = packages.list.iter().filter(|package| package.kind == Kind::Pypi);
            let mut files = pypi.flat_map(|package| &package.files);
            let same =
                |file: &&File| file.name == filename && file.sha256.as_deref() == Some(sha256);
            files.find(same).map(|file| Arc::clone(&file.bytes))
        };
        match found {
            Some(bytes) => self.download(&bytes),
            None => Ok(Response::message(404, "404 Not Found")),
        }
    }
}

fn link(base: &str, file: &File) -> Link {
    let sha256 = file.sha256.as_deref().unwrap_or_default();
    Link {
        filename: file.name.clone(),
        url: format!("{base}/files/{sha256}/{}", file.name),
        sha256: file.sha256.clone(),
        requires_python: file.requires_python.clone(),
        size: file.bytes.len(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gitlab::Options;
    use crate::gitlab::tests::{gitlab, with_basic, with_header};
    use crate::http::{Refused, SIMPLE_JSON};
    use crate::multipart::tests::form;

    const PYPI: &str = "/api/v4/projects/5/packages/pypi";

    fn upload(gitlab: &GitLab, fields: &[(&str, &str)], filename: &str) -> Response {
        let mut request = form(fields, filename, b"content");
        PYPI.clone_into(&mut request.path);
        let request = with_basic(request, "gitlab-ci-token", "job-secret");
        gitlab.answer(&request).unwrap_or_else(|Refused(text)| Response::message(400, &text))
    }

    fn get(gitlab: &GitLab, path: &str) -> Response {
        gitlab.answer(&Request::new("GET", &format!("{PYPI}{path}"))).unwrap()
    }

    fn text(response: Response) -> String {
        String::from_utf8(response.body).unwrap()
    }

    const HASH: &str = "1111111111111111111111111111111111111111111111111111111111111111";
    const DEMO: [(&str, &str); 3] =
        [("name", "My_Demo"), ("version", "1.0"), ("sha256_digest", HASH)];

    #[test]
    fn the_digest_is_believed_and_listed() {
        let gitlab = gitlab(Options::default());
        assert_eq!(upload(&gitlab, &DEMO, "a.whl").status, 201);
        let page = text(get(&gitlab, "/simple/my.demo"));
        assert!(page.contains(&format!("/pypi/files/{HASH}/a.whl#sha256={HASH}")), "{page}");
        assert!(text(get(&gitlab, "/simple")).contains("/simple/my-demo"));
    }

    #[test]
    fn a_file_comes_from_the_object_store_unless_it_is_direct() {
        let stored = gitlab(Options::default());
        upload(&stored, &DEMO, "a.whl");
        let answer = get(&stored, &format!("/files/{HASH}/a.whl"));
        let (_, location) = answer.headers.iter().find(|(name, _)| *name == "Location").unwrap();
        assert!(answer.status == 302 && location.starts_with("http://storage/"));
        let direct = gitlab(Options { direct_downloads: true, ..Options::default() });
        upload(&direct, &DEMO, "a.whl");
        assert_eq!(text(get(&direct, &format!("/files/{HASH}/a.whl"))), "content");
        assert_eq!(get(&direct, &format!("/files/{HASH}/b.whl")).status, 404);
    }

    #[test]
    fn a_name_is_taken_once_in_a_version() {
        let gitlab = gitlab(Options::default());
        assert_eq!(upload(&gitlab, &DEMO, "a.whl").status, 201);
        let again = upload(&gitlab, &DEMO, "a.whl");
        assert!(again.status == 400 && text(again).contains("has already been taken"));
        assert_eq!(upload(&gitlab, &DEMO, "a.tar.gz").status, 201);
    }

    #[test]
    fn an_upload_that_lacks_or_breaks_a_field_is_refused() {
        let gitlab = gitlab(Options::default());
        let missing = upload(&gitlab, &[("name", "a")], "a.whl");
        assert_eq!(text(missing), r#"{"error":"version is missing"}"#);
        for (name, value) in [("name", "-"), ("version", "/"), ("sha256_digest", "00")] {
            let mut fields = DEMO;
            fields.iter_mut().find(|(known, _)| *known == name).unwrap().1 = value;
            assert_eq!(upload(&gitlab, &fields, "a.whl").status, 400, "{name}");
        }
    }

    #[test]
    fn only_http_basic_is_a_credential_here() {
        let gitlab = gitlab(Options::default());
        let mut request = with_header(form(&DEMO, "a.whl", b""), "job-token", "job-secret");
        PYPI.clone_into(&mut request.path);
        let answer = gitlab.answer(&request).unwrap();
        assert_eq!(answer.status, 401);
        assert!(answer.headers.iter().any(|(name, _)| *name == "WWW-Authenticate"));
    }

    #[test]
    fn an_unknown_project_is_forwarded_or_absent() {
        let answer = get(&gitlab(Options::default()), "/simple/Other");
        let location = ("Location", "http://forward/simple/other/".to_owned());
        assert!(answer.status == 302 && answer.headers.contains(&location));
        let options = Options { forwarding: false, ..Options::default() };
        assert_eq!(get(&gitlab(options), "/simple/other").status, 404);
    }

    #[test]
    fn json_is_behind_a_flag() {
        for simple_json in [false, true] {
            let gitlab = gitlab(Options { simple_json, ..Options::default() });
            upload(&gitlab, &DEMO, "a.whl");
            let request = Request::new("GET", &format!("{PYPI}/simple/my-demo"));
            let answer = gitlab.answer(&with_header(request, "accept", SIMPLE_JSON)).unwrap();
            assert_eq!(text(answer).starts_with('{'), simple_json);
        }
    }
}
