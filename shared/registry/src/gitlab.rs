//! The addresses of a GitLab project's package registries (GitLab API, "`PyPI`" and "Generic
//! packages").

use pysign_ci::{Job, Project};
use pysign_http::Url;
use pysign_names::{ProjectName, Version};

use crate::Error;

/// The package registries of one project: packages are in its `PyPI` registry; sidecars and the marker
/// are in its generic one, because the first takes only files that it knows.
///
/// ```
/// use pysign_registry::GitlabProject;
///
/// let api = "https://gitlab.com/api/v4".parse().unwrap();
/// let project = GitlabProject::new(api, "acme/demo").unwrap();
/// assert_eq!(
///     project.index().to_string(),
///     "https://gitlab.com/api/v4/projects/acme%2Fdemo/packages/pypi/simple"
/// );
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GitlabProject {
    api: Url,
    packages: Url,
}

impl GitlabProject {
    /// The registries behind `api` (`https://gitlab.com/api/v4`) of `project`: its number, or its
    /// path. `None` if one of them is malformed.
    pub fn new(api: Url, project: &str) -> Option<Self> {
        (api.query().is_none() && is_project(project)).then(|| Self::at(api, project))
    }

    /// The registries of the job's own project, named by its number.
    pub(crate) fn of_job(job: &Job) -> Result<Self, Error> {
        Ok(Self::at(job.api_url().parse()?, job.project_id()))
    }

    pub(crate) fn at(api: Url, project: &str) -> Self {
        let packages = api.with_path_segments(&["projects", project, "packages"]);
        Self { api, packages }
    }

    /// The API's address.
    pub fn api(&self) -> &Url {
        &self.api
    }

    /// Where a package is posted to.
    pub fn upload(&self) -> Url {
        self.packages.with_path_segments(&["pypi"])
    }

    /// The root of the simple index.
    pub fn index(&self) -> Url {
        self.packages.with_path_segments(&["pypi", "simple"])
    }

    /// Where a sidecar or marker is. The registry takes no `!`, which an epoch has (PEP 440): it
    /// becomes `_`.
    pub fn sidecar(&self, project: &ProjectName, version: &Version, filename: &str) -> Url {
        let [version, filename] = [&version.to_string(), filename].map(|it| it.replace('!', "_"));
        self.packages.with_path_segments(&["generic", project.as_str(), &version, &filename])
    }
}

/// Whether `text` is the number or the path of a project.
pub(crate) fn is_project(text: &str) -> bool {
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    is_number || Project::new(Project::DEFAULT_HOST, text).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn project(project: &str) -> Option<GitlabProject> {
        GitlabProject::new("https://gitlab.com/api/v4".parse().unwrap(), project)
    }

    #[test]
    fn a_path_is_one_segment_of_the_address() {
        let upload = project("acme/sub/demo").unwrap().upload().to_string();
        assert_eq!(upload, "https://gitlab.com/api/v4/projects/acme%2Fsub%2Fdemo/packages/pypi");
        let upload = project("5").unwrap().upload().to_string();
        assert_eq!(upload, "https://gitlab.com/api/v4/projects/5/packages/pypi");
    }

    #[test]
    fn a_sidecar_has_the_release_in_its_path() {
        let sidecar = |version: &str, filename: &str| {
            let (name, version) = ("My_Demo".parse().unwrap(), version.parse().unwrap());
            let url = project("5").unwrap().sidecar(&name, &version, filename).to_string();
            url.rsplit_once("/packages/generic/my-demo/").unwrap().1.to_owned()
        };
        assert_eq!(sidecar("1.0.0", "my_demo-1.0.0.tar.gz.sig"), "1.0.0/my_demo-1.0.0.tar.gz.sig");
        assert_eq!(
            sidecar("1!2.0+local.1", "d-1!2.0+local.1.tar.gz"),
            "1_2.0%2Blocal.1/d-1_2.0%2Blocal.1.tar.gz"
        );
        assert_eq!(sidecar("1", "../a b"), "1/..%2Fa%20b");
    }

    #[test]
    fn what_could_leave_the_project_is_refused() {
        for path in ["", "../5", "acme/demo?x", "demo", "acme/..", "5/../6"] {
            assert_eq!(project(path), None, "{path}");
        }
        let api = "https://gitlab.com/api/v4?x".parse().unwrap();
        assert_eq!(GitlabProject::new(api, "5"), None);
    }
}
