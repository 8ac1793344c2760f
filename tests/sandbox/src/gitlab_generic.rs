//! GitLab's generic registry: a job's token only as a header on a write, a name may be stored
//! twice, and the newest file is the one that is served.

use std::sync::Arc;

use serde_json::json;

use crate::gitlab::{Access, File, GitLab, Kind};
use crate::http::{Reply, Request, Response};
use crate::pki::sha256;

impl GitLab {
    /// `rest` is the path after `packages/generic`.
    pub(crate) fn generic(&self, request: &Request, rest: &[&str]) -> Reply {
        let [name, version, file] = rest else {
            return Ok(Response::message(404, "404 Not Found"));
        };
        match request.verb() {
            "PUT" => Ok(self.generic_put(request, name, version, file)),
            "GET" => self.generic_file(request, name, version, file),
            _ => Ok(Response::message(405, "405 Not Allowed")),
        }
    }

    fn generic_put(&self, request: &Request, name: &str, version: &str, file: &str) -> Response {
        let private = request.basic().is_some_and(|(_, token)| token == self.job.private_token);
        if self.header_access(request) != Access::Member && !private {
            return Response::message(401, "401 Unauthorized");
        }
        for (what, is_good) in [
            ("package_name", is_generic_name(name)),
            ("package_version", is_generic_version(version)),
            ("file_name", is_generic_file(file)),
        ] {
            if !is_good {
                return Response::json(400, &json!({"error": format!("{what} is invalid")}));
            }
        }
        let mut packages = self.packages();
        let known = packages.package(Kind::Generic, name, version);
        let taken = known.is_some_and(|package| package.files.iter().any(|at| at.name == file));
        if taken && !self.options.generic_duplicates {
            return Response::message(400, "Duplicate package is not allowed");
        }
        let hash = hex::encode(sha256(&request.body));
        let stored = File {
            id: 0,
            name: file.to_owned(),
            bytes: Arc::new(request.body.clone()),
            sha256: Some(hash.clone()),
            requires_python: None,
        };
        let id = packages.add(Kind::Generic, name, version, stored);
        if request.query("select") == Some("package_file") {
            let size = request.body.len();
            let file = json!({"file_name": file, "file_sha256": hash, "id": id, "size": size});
            return Response::json(200, &file);
        }
        Response::message(201, "201 Created")
    }

    fn generic_file(&self, request: &Request, name: &str, version: &str, file: &str) -> Reply {
        if let Some(refusal) = self.read_refusal(request) {
            return Ok(refusal);
        }
        let found = {
            let packages = self.packages();
            let package = packages.package(Kind::Generic, name, version);
            let newest = package
                .and_then(|package| package.files.iter().rev().find(|known| known.name == file));
            newest.map(|file| (Arc::clone(&file.bytes), file.sha256.clone().unwrap_or_default()))
        };
        let Some((bytes, hash)) = found else {
            return Ok(Response::message(404, "404 Not Found"));
        };
        let answer = self.download(&bytes)?;
        Ok(if answer.status == 200 { answer.with("X-Checksum-SHA256", hash) } else { answer })
    }
}

/// GitLab's `Gitlab::Regex.generic_package_name_regex`.
fn is_generic_name(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || "._+-".contains(c))
}

/// GitLab's `generic_package_version_regex`.
fn is_generic_version(version: &str) -> bool {
    !version.contains("..") && is_generic_name(version)
}

/// GitLab's `generic_package_file_name_regex`.
fn is_generic_file(file: &str) -> bool {
    let allowed = |c: char| c.is_ascii_alphanumeric() || "._+~@-".contains(c);
    !file.is_empty() && file.chars().all(allowed) && file.trim_matches(['~', '@']) == file
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gitlab::Options;
    use crate::gitlab::tests::{gitlab, with_basic, with_header};

    fn put(gitlab: &GitLab, path: &str, body: &[u8]) -> Response {
        let target = format!("/api/v4/projects/acme%2Fdemo/packages/generic/{path}");
        let mut request = with_header(Request::new("PUT", &target), "job-token", "job-secret");
        request.body = body.to_vec();
        gitlab.answer(&request).unwrap()
    }

    fn get(gitlab: &GitLab, path: &str) -> Response {
        let target = format!("/api/v4/projects/5/packages/generic/{path}");
        gitlab.answer(&Request::new("GET", &target)).unwrap()
    }

    fn direct() -> Options {
        Options { direct_downloads: true, ..Options::default() }
    }

    #[test]
    fn the_newest_file_of_a_name_is_served() {
        let gitlab = gitlab(direct());
        assert_eq!(put(&gitlab, "demo/1.0/f.sig", b"one").status, 201);
        assert_eq!(put(&gitlab, "demo/1.0/f.sig", b"two").status, 201);
        let answer = get(&gitlab, "demo/1.0/f.sig");
        assert_eq!(answer.body, b"two");
        let hash = ("X-Checksum-SHA256", hex::encode(sha256(b"two")));
        assert!(answer.headers.contains(&hash));
        assert_eq!(get(&gitlab, "demo/1.0/g.sig").status, 404);
    }

    #[test]
    fn a_strict_project_takes_a_name_once() {
        let gitlab = gitlab(Options { generic_duplicates: false, ..direct() });
        assert_eq!(put(&gitlab, "demo/1.0/f.sig", b"one").status, 201);
        assert_eq!(put(&gitlab, "demo/1.0/f.sig", b"one").status, 400);
    }

    #[test]
    fn a_file_is_redirected_to_the_object_store() {
        let gitlab = gitlab(Options::default());
        put(&gitlab, "demo/1.0/f.sig", b"one");
        let answer = get(&gitlab, "demo/1.0/f.sig");
        assert_eq!(answer.status, 302);
        assert!(answer.headers.iter().any(|(_, value)| value.starts_with("http://storage/")));
    }

    #[test]
    fn a_job_token_writes_as_a_header_and_not_as_a_password() {
        let gitlab = gitlab(direct());
        let target = "/api/v4/projects/5/packages/generic/demo/1.0/f";
        for (user, password, status) in [
            ("gitlab-ci-token", "job-secret", 401),
            ("dev", "private-secret", 201),
            ("dev", "other", 401),
        ] {
            let request = with_basic(Request::new("PUT", target), user, password);
            assert_eq!(gitlab.answer(&request).unwrap().status, status, "{user}:{password}");
        }
        let wrong = with_header(Request::new("GET", target), "job-token", "other");
        assert_eq!(gitlab.answer(&wrong).unwrap().status, 401);
    }

    #[test]
    fn names_that_gitlab_does_not_take_are_refused() {
        let gitlab = gitlab(direct());
        for path in ["de%20mo/1.0/f", "demo/1!0/f", "demo/1..0/f", "demo/1.0/~f", "demo/1.0/a%2Fb"]
        {
            assert_eq!(put(&gitlab, path, b"").status, 400, "{path}");
        }
        assert_eq!(put(&gitlab, "demo/1.0%2Blocal/f%2B", b"").status, 201);
        let selected = put(&gitlab, "demo/1.0/f?select=package_file", b"one");
        assert_eq!(selected.status, 200);
    }
}
