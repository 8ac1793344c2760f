//! GitLab: packages go to the project's `PyPI` registry, sidecars and the marker to its generic one.
//! Neither takes both: the first drops files that it doesn't know, and the second is no index.

use pysign_host::Failure;
use pysign_http::{Body, Client, Credential, Request, Url};
use pysign_registry::{GITLAB, GitlabProject, Login, MAX_MARKER};

use crate::legacy::{Legacy, MAX_ANSWER};
use crate::release::Package;
use crate::sidecar::SidecarFile;
use crate::step::{Found, Item};
use crate::target::Target;

/// The two registries of a project. Sidecars are sent one after the other: two first files of a version
/// at once make GitLab answer 500.
pub(crate) struct Gitlab<'c> {
    packages: Legacy<'c>,
    client: &'c Client,
    project: GitlabProject,
    /// A header, which is the only way for a job's token to put a file into the generic registry.
    credential: Credential,
}

impl<'c> Gitlab<'c> {
    pub(crate) fn new(project: GitlabProject, login: &Login, client: &'c Client) -> Self {
        let packages = Legacy::new(client, project.upload(), project.index(), Some(login.basic()));
        Self { packages, client, project, credential: login.gitlab() }
    }

    fn sidecar(&self, file: &SidecarFile) -> Url {
        self.project.sidecar(&file.project, &file.version, &file.filename)
    }
}

impl Target for Gitlab<'_> {
    fn kind(&self) -> &'static str {
        GITLAB
    }

    fn url(&self, item: &Item<'_>) -> String {
        match item {
            Item::Package(_) => self.packages.url(item),
            Item::Sidecar(file) => self.sidecar(file).to_string(),
        }
    }

    fn shown_at(&self, item: &Item<'_>) -> String {
        match item {
            Item::Package(_) => self.packages.shown_at(item),
            Item::Sidecar(file) => self.sidecar(file).to_string(),
        }
    }

    fn look_up(&self, packages: &[&Package]) -> Result<Vec<Found>, Failure> {
        self.packages.look_up(packages)
    }

    /// The registry keeps every file that was put under a name and gives out the last one.
    fn read(&self, file: &SidecarFile) -> Result<Option<Vec<u8>>, Failure> {
        let request = Request::get(self.sidecar(file)).credential(&self.credential).accept(&[404]);
        let response = self.client.send(&request, MAX_MARKER)?;
        Ok((response.status != 404).then_some(response.body))
    }

    fn send(&self, item: &Item<'_>) -> Result<(), Failure> {
        let Item::Sidecar(file) = item else { return self.packages.send(item) };
        let request = Request::put(self.sidecar(file))
            .credential(&self.credential)
            .header("content-type", "application/octet-stream")
            .body(Body::Bytes(&file.bytes))
            .once();
        self.client.send(&request, MAX_ANSWER)?;
        Ok(())
    }
}
