//! The addresses of a GitLab project's package registries (GitLab API, "`PyPI`" and "Generic packages").

use pysign_host::percent_encode;
use pysign_names::{ProjectName, Version};

use crate::{Project, project, url};

/// The package registries of one project.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Registry {
    api_url: String,
    project: String,
}

impl Registry {
    /// The registries behind `api_url` (`https://gitlab.com/api/v4`) of `project`: its number, or
    /// its path. `None` when one of them can't be that.
    pub fn new(api_url: &str, project: &str) -> Option<Self> {
        let known = is_number(project) || project::is_path(project);
        (known && url::origin(api_url).is_some())
            .then(|| Self { api_url: api_url.to_owned(), project: project.replace('/', "%2F") })
    }

    /// The registries of a project on its instance's usual API address.
    pub fn of(project: &Project) -> Self {
        Self {
            api_url: format!("{}/api/v4", project.issuer()),
            project: project.path().replace('/', "%2F"),
        }
    }

    /// The API's address, without `/` at its end.
    pub fn api_url(&self) -> &str {
        &self.api_url
    }

    /// Scheme, host and port of the API: the only place a job's token may be sent to.
    pub fn origin(&self) -> &str {
        url::origin(&self.api_url).unwrap_or_default()
    }

    /// Where the project's packages are, to list and look at.
    pub fn packages(&self) -> String {
        format!("{}/projects/{}/packages", self.api_url, self.project)
    }

    /// Where a file of the `PyPI` registry is posted to.
    pub fn pypi_upload(&self) -> String {
        format!("{}/pypi", self.packages())
    }

    /// The root of the simple index; a project's page is below it.
    pub fn pypi_simple(&self) -> String {
        format!("{}/pypi/simple", self.packages())
    }

    /// The root of the generic registry; below it `{name}/{version}/{file}`.
    pub fn generic(&self) -> String {
        format!("{}/generic", self.packages())
    }

    /// Where a file of a release is in the generic registry. The registry takes no `!`, which an
    /// epoch has (PEP 440): it becomes `_`.
    pub fn generic_file(&self, project: &ProjectName, version: &Version, file: &str) -> String {
        let [version, file] = [&version.to_string(), file].map(segment);
        format!("{}/{project}/{version}/{file}", self.generic())
    }
}

/// A path segment that the registry takes.
fn segment(text: &str) -> String {
    percent_encode(&text.replace('!', "_"))
}

/// Digits, as GitLab numbers its projects.
pub(crate) fn is_number(text: &str) -> bool {
    !text.is_empty() && text.len() < 20 && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_one_segment_of_the_address() {
        let registry = Registry::new("https://gitlab.com/api/v4", "acme/sub/demo").unwrap();
        assert_eq!(
            registry.pypi_simple(),
            "https://gitlab.com/api/v4/projects/acme%2Fsub%2Fdemo/packages/pypi/simple"
        );
        assert_eq!(registry.origin(), "https://gitlab.com");
        let project: Project = "acme/sub/demo".parse().unwrap();
        assert_eq!(Registry::of(&project), registry);
    }

    #[test]
    fn a_number_names_a_project() {
        let registry = Registry::new("http://127.0.0.1:9/api/v4", "5").unwrap();
        assert_eq!(registry.pypi_upload(), "http://127.0.0.1:9/api/v4/projects/5/packages/pypi");
        assert_eq!(registry.generic(), "http://127.0.0.1:9/api/v4/projects/5/packages/generic");
    }

    #[test]
    fn a_file_of_the_generic_registry_has_the_release_in_its_path() {
        let registry = Registry::new("https://gitlab.com/api/v4", "5").unwrap();
        let file = |version: &str, file: &str| {
            let url =
                registry.generic_file(&"My_Demo".parse().unwrap(), &version.parse().unwrap(), file);
            url.strip_prefix(&registry.generic()).unwrap().to_owned()
        };
        assert_eq!(
            file("1.0.0", "my_demo-1.0.0.tar.gz.sig"),
            "/my-demo/1.0.0/my_demo-1.0.0.tar.gz.sig"
        );
        assert_eq!(
            file("1!2.0+local.1", "d-1!2.0+local.1.tar.gz"),
            "/my-demo/1_2.0%2Blocal.1/d-1_2.0%2Blocal.1.tar.gz"
        );
        assert_eq!(file("1", "../a b"), "/my-demo/1/..%2Fa%20b");
    }

    #[test]
    fn what_could_leave_the_project_is_refused() {
        for (api, project) in [
            ("https://gitlab.com/api/v4", "../5"),
            ("https://gitlab.com/api/v4", "acme/demo?x"),
            ("https://gitlab.com/api/v4", "demo"),
            ("https://gitlab.com/api/v4/", "5"),
            ("gitlab.com/api/v4", "5"),
        ] {
            assert_eq!(Registry::new(api, project), None, "{api} {project}");
        }
    }
}
