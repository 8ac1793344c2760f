//! GitLab: whose request it is, which project it is about, and what the project's registries hold.
//! The registries themselves are `gitlab_pypi`, `gitlab_generic` and `gitlab_packages`.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::fault::Service;
use crate::http::{Reply, Request, Response};
use crate::job::Job;
use crate::oidc::Oidc;
use crate::storage::Storage;

/// The instance.
pub(crate) struct GitLab {
    pub(crate) job: Arc<Job>,
    pub(crate) storage: Arc<Storage>,
    pub(crate) options: Options,
    /// The index that unknown projects are forwarded to, without `/` at its end.
    pub(crate) forward_to: String,
    packages: Mutex<Packages>,
}

/// What an instance's administrator or a project's maintainer can set.
#[derive(Clone, Copy, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own in GitLab")]
pub(crate) struct Options {
    /// Files come from the instance itself and not from the object store.
    pub(crate) direct_downloads: bool,
    /// A request for an unknown project goes to the public index.
    pub(crate) forwarding: bool,
    /// The generic registry takes a file name twice.
    pub(crate) generic_duplicates: bool,
    /// The feature flag `pypi_pep_691_json`.
    pub(crate) simple_json: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            direct_downloads: false,
            forwarding: true,
            generic_duplicates: true,
            simple_json: false,
        }
    }
}

/// The packages of the project, in the order in which they were made.
#[derive(Default)]
pub(crate) struct Packages {
    pub(crate) list: Vec<Package>,
    last_id: u64,
}

/// A name and version in one of the registries.
pub(crate) struct Package {
    pub(crate) id: u64,
    pub(crate) kind: Kind,
    pub(crate) name: String,
    pub(crate) version: String,
    /// In the order of their uploads; a name may be there twice.
    pub(crate) files: Vec<File>,
}

/// A registry.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Generic,
    Pypi,
}

impl Kind {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Generic => "generic",
            Self::Pypi => "pypi",
        }
    }
}

/// An uploaded file.
pub(crate) struct File {
    pub(crate) id: u64,
    pub(crate) name: String,
    pub(crate) bytes: Arc<Vec<u8>>,
    /// The `PyPI` registry believes its client; the generic one computes.
    pub(crate) sha256: Option<String>,
    pub(crate) requires_python: Option<String>,
}

impl Packages {
    /// Adds a file to the package of this name and version, which is made when there is none.
    pub(crate) fn add(&mut self, kind: Kind, name: &str, version: &str, mut file: File) -> u64 {
        self.last_id += 1;
        let id = self.last_id;
        file.id = id;
        let same = |package: &&mut Package| {
            package.kind == kind && package.name == name && package.version == version
        };
        match self.list.iter_mut().find(same) {
            Some(package) => package.files.push(file),
            None => self.list.push(Package {
                id,
                kind,
                name: name.to_owned(),
                version: version.to_owned(),
                files: vec![file],
            }),
        }
        id
    }

    pub(crate) fn package(&self, kind: Kind, name: &str, version: &str) -> Option<&Package> {
        self.list.iter().find(|package| {
            package.kind == kind && package.name == name && package.version == version
        })
    }
}

/// What a request's credentials are worth.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Access {
    Anonymous,
    Member,
    /// A credential that is nobody's.
    Wrong,
}

impl GitLab {
    pub(crate) fn new(
        job: Arc<Job>,
        storage: Arc<Storage>,
        options: Options,
        forward_to: String,
    ) -> Self {
        Self { job, storage, options, forward_to, packages: Mutex::default() }
    }

    pub(crate) fn packages(&self) -> MutexGuard<'_, Packages> {
        self.packages.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Which part of the instance a path belongs to.
    pub(crate) fn service(path: &str) -> Service {
        if Oidc::owns(path) {
            return Service::Oidc;
        }
        let rest = path.strip_prefix("/api/v4/projects/").unwrap_or_default();
        let mut segments = rest.split('/').skip(2);
        match (segments.next(), segments.next()) {
            (Some("pypi"), Some("simple")) => Service::Index,
            (Some("pypi"), _) => Service::Pypi,
            (Some("generic"), _) => Service::Generic,
            _ => Service::Packages,
        }
    }

    pub(crate) fn answer(&self, request: &Request) -> Reply {
        let segments = request.segments();
        let segments: Vec<_> = segments.iter().map(String::as_str).collect();
        let ["api", "v4", "projects", project, "packages", rest @ ..] = segments.as_slice() else {
            return Ok(Response::message(404, "404 Not Found"));
        };
        if *project != Job::PROJECT_ID && *project != self.job.project {
            return Ok(Response::message(404, "404 Project Not Found"));
        }
        match rest {
            ["pypi", rest @ ..] => self.pypi(request, rest),
            ["generic", rest @ ..] => self.generic(request, rest),
            rest => Ok(self.packages_api(request, rest)),
        }
    }

    /// By HTTP basic: a job's token only under its own user name, a personal one under any.
    pub(crate) fn basic_access(&self, request: &Request) -> Access {
        match request.basic() {
            None => Access::Anonymous,
            Some((user, token)) if token == self.job.token => {
                if user == "gitlab-ci-token" {
                    Access::Member
                } else {
                    Access::Anonymous
                }
            }
            Some((_, token)) if token == self.job.private_token => Access::Member,
            Some(_) => Access::Wrong,
        }
    }

    /// By GitLab's own headers, or a bearer token.
    pub(crate) fn header_access(&self, request: &Request) -> Access {
        let (job, private) = (&self.job.token, &self.job.private_token);
        let known = [
            (request.header("job-token"), job),
            (request.header("private-token"), private),
            (request.header("deploy-token"), private),
            (request.bearer(), private),
        ];
        match known.iter().find_map(|(sent, token)| sent.map(|sent| sent == token.as_str())) {
            None => Access::Anonymous,
            Some(true) => Access::Member,
            Some(false) => Access::Wrong,
        }
    }

    /// Why a request that only reads the API is refused, if it is.
    pub(crate) fn read_refusal(&self, request: &Request) -> Option<Response> {
        let access = match self.header_access(request) {
            Access::Anonymous => self.basic_access(request),
            known => known,
        };
        match access {
            Access::Member => None,
            Access::Anonymous if self.job.is_public() => None,
            // A private project is not admitted to exist.
            Access::Anonymous => Some(Response::message(404, "404 Project Not Found")),
            Access::Wrong => Some(Response::message(401, "401 Unauthorized")),
        }
    }

    /// A file's bytes, or where the object store has them.
    pub(crate) fn download(&self, bytes: &Arc<Vec<u8>>) -> Reply {
        if self.options.direct_downloads {
            return Ok(Response::new(200, "application/octet-stream", bytes.as_slice()));
        }
        Ok(Response::redirect(302, self.storage.sign(bytes)?))
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD as BASE64;

    use super::*;
    use crate::oidc::tests::{job, job_facts};

    pub(crate) fn gitlab(options: Options) -> GitLab {
        let storage = Arc::new(Storage::new("http://storage".into()));
        GitLab::new(job(), storage, options, "http://forward".into())
    }

    pub(crate) fn with_basic(mut request: Request, user: &str, password: &str) -> Request {
        let value = format!("Basic {}", BASE64.encode(format!("{user}:{password}")));
        request.headers.push(("authorization".into(), value));
        request
    }

    pub(crate) fn with_header(mut request: Request, name: &str, value: &str) -> Request {
        request.headers.push((name.into(), value.into()));
        request
    }

    #[test]
    fn a_path_tells_its_service() {
        let packages = "/api/v4/projects/5/packages";
        for (path, service) in [
            ("/.well-known/openid-configuration", Service::Oidc),
            ("/api/v4/projects/a%2Fb/packages/pypi", Service::Pypi),
            ("/api/v4/projects/5/packages/pypi/files/00/a.whl", Service::Pypi),
            ("/api/v4/projects/5/packages/pypi/simple/a", Service::Index),
            ("/api/v4/projects/5/packages/generic/a/1/f", Service::Generic),
            (packages, Service::Packages),
        ] {
            assert_eq!(GitLab::service(path), service, "{path}");
        }
    }

    #[test]
    fn a_job_token_is_one_only_under_its_own_name() {
        let gitlab = gitlab(Options::default());
        let access = |user: &str, password: &str| {
            gitlab.basic_access(&with_basic(Request::new("GET", "/"), user, password))
        };
        assert!(access("gitlab-ci-token", "job-secret") == Access::Member);
        assert!(access("dev", "job-secret") == Access::Anonymous);
        assert!(access("dev", "private-secret") == Access::Member);
        assert!(access("dev", "other") == Access::Wrong);
    }

    #[test]
    fn a_project_has_a_number_and_a_path_and_no_other_name() {
        let gitlab = gitlab(Options::default());
        let status = |project: &str| {
            let target = format!("/api/v4/projects/{project}/packages");
            gitlab.answer(&Request::new("GET", &target)).unwrap().status
        };
        assert_eq!((status("5"), status("acme%2Fdemo")), (200, 200));
        assert_eq!((status("6"), status("acme/demo")), (404, 404));
    }

    #[test]
    fn a_private_project_is_for_its_members() {
        let job = Arc::new(Job { visibility: "private".into(), ..job_facts() });
        let storage = Arc::new(Storage::new("http://storage".into()));
        let gitlab = GitLab::new(job, storage, Options::default(), String::new());
        let status = |request: Request| gitlab.answer(&request).unwrap().status;
        let get = |path: &str| Request::new("GET", &format!("/api/v4/projects/5/packages{path}"));
        // The PyPI registry asks for a password; the rest of the API denies that the project exists.
        for (path, anonymous) in [("/pypi/simple", 401), ("/generic/a/1/f", 404), ("", 404)] {
            assert_eq!(status(get(path)), anonymous, "{path}");
            let member = with_basic(get(path), "gitlab-ci-token", "job-secret");
            assert_ne!(status(member), 401, "{path}");
            assert_eq!(status(with_basic(get(path), "dev", "other")), 401, "{path}");
        }
        assert_eq!(status(with_header(get(""), "job-token", "job-secret")), 200);
        assert_eq!(status(with_header(get(""), "authorization", "Bearer private-secret")), 200);
        assert_eq!(status(with_header(get(""), "private-token", "job-secret")), 401);
    }
}
