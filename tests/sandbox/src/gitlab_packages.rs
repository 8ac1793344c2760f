//! GitLab's list of packages and of their files: what a client looks at before it writes again,
//! and where it removes what it wrote by mistake. All on one page.

use serde_json::{Value, json};

use crate::gitlab::{Access, File, GitLab, Package, Packages};
use crate::http::{Request, Response};

impl GitLab {
    /// `rest` is the path after `packages`.
    pub(crate) fn packages_api(&self, request: &Request, rest: &[&str]) -> Response {
        if let Some(refusal) = self.read_refusal(request) {
            return refusal;
        }
        let id = |text: &str| text.parse::<u64>().ok();
        let mut packages = self.packages();
        let answer = match (request.verb(), rest) {
            ("GET", []) => Some(Response::json(200, &list(&packages, request))),
            ("GET", [number]) => find(&packages, id(number))
                .map(|package| Response::json(200, &description(package))),
            ("GET", [number, "package_files"]) => find(&packages, id(number)).map(|package| {
                let file = |file: &File| file_description(package, file);
                Response::json(200, &package.files.iter().map(file).collect())
            }),
            ("DELETE", _) if self.header_access(request) != Access::Member => {
                Some(Response::message(401, "401 Unauthorized"))
            }
            ("DELETE", [number]) => {
                let before = packages.list.len();
                packages.list.retain(|package| Some(package.id) != id(number));
                (packages.list.len() < before).then(deleted)
            }
            ("DELETE", [number, "package_files", file]) => {
                let same = |package: &&mut Package| Some(package.id) == id(number);
                let package = packages.list.iter_mut().find(same);
                package.and_then(|package| {
                    let before = package.files.len();
                    package.files.retain(|known| Some(known.id) != id(file));
                    (package.files.len() < before).then(deleted)
                })
            }
            _ => None,
        };
        answer.unwrap_or_else(|| Response::message(404, "404 Not Found"))
    }
}

/// The packages that the query's filters leave; a name's filter finds parts of names.
fn list(packages: &Packages, request: &Request) -> Value {
    let fits = |package: &&Package| {
        let kind = request.query("package_type").is_none_or(|kind| kind == package.kind.name());
        let name = request.query("package_name").is_none_or(|name| package.name.contains(name));
        let version = request.query("package_version");
        kind && name && version.is_none_or(|version| version == package.version)
    };
    packages.list.iter().filter(fits).map(description).collect()
}

fn find(packages: &Packages, id: Option<u64>) -> Option<&Package> {
    packages.list.iter().find(|package| Some(package.id) == id)
}

fn deleted() -> Response {
    Response::new(204, "application/json", "")
}

fn description(package: &Package) -> Value {
    json!({
        "id": package.id,
        "name": package.name,
        "package_type": package.kind.name(),
        "status": "default",
        "version": package.version,
    })
}

fn file_description(package: &Package, file: &File) -> Value {
    json!({
        "file_name": file.name,
        "file_sha256": file.sha256,
        "id": file.id,
        "package_id": package.id,
        "size": file.bytes.len(),
    })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::gitlab::tests::{gitlab, with_header};
    use crate::gitlab::{Kind, Options};

    fn filled() -> GitLab {
        let gitlab = gitlab(Options::default());
        for (kind, name) in [(Kind::Pypi, "demo"), (Kind::Generic, "demo"), (Kind::Pypi, "other")] {
            let file = File {
                id: 0,
                name: "f".into(),
                bytes: Arc::new(b"bytes".to_vec()),
                sha256: None,
                requires_python: None,
            };
            gitlab.packages().add(kind, name, "1.0", file);
        }
        gitlab
    }

    fn ask(gitlab: &GitLab, method: &str, rest: &str) -> (u16, Value) {
        let target = format!("/api/v4/projects/5/packages{rest}");
        let request = with_header(Request::new(method, &target), "job-token", "job-secret");
        let answer = gitlab.answer(&request).unwrap();
        (answer.status, serde_json::from_slice(&answer.body).unwrap_or_default())
    }

    #[test]
    fn packages_are_listed_by_kind_and_part_of_a_name() {
        let gitlab = filled();
        let count = |query: &str| ask(&gitlab, "GET", query).1.as_array().unwrap().len();
        assert_eq!(count(""), 3);
        assert_eq!(count("?package_type=pypi"), 2);
        assert_eq!(count("?package_type=generic&package_name=dem&package_version=1.0"), 1);
        assert_eq!(count("?package_version=2.0"), 0);
    }

    #[test]
    fn files_are_listed_and_deleted() {
        let gitlab = filled();
        let (_, files) = ask(&gitlab, "GET", "/1/package_files");
        assert_eq!((&files[0]["file_name"], &files[0]["size"]), (&json!("f"), &json!(5)));
        assert_eq!(ask(&gitlab, "DELETE", "/1/package_files/1").0, 204);
        assert_eq!(ask(&gitlab, "GET", "/1/package_files").1, json!([]));
        assert_eq!(ask(&gitlab, "DELETE", "/1").0, 204);
        assert_eq!(ask(&gitlab, "GET", "/1").0, 404);
        let anonymous = Request::new("DELETE", "/api/v4/projects/5/packages/2");
        assert_eq!(gitlab.answer(&anonymous).unwrap().status, 401);
    }
}
