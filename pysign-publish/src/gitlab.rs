//! GitLab: packages go to the project's `PyPI` registry, signatures and the marker to its generic
//! one. Neither route takes both: the first drops what it doesn't know, the second is no index.

use pysign_host::Failure;
use pysign_http::{Body, Client, Credential, Request, Url};
use pysign_registry::{GitlabProject, Login};

use crate::legacy::{Legacy, MAX_ANSWER};
use crate::release::Beside;
use crate::target::{Storage, Target};

/// What a marker may have, and far more than a signature's file.
const MAX_BESIDE: u64 = 16 << 20;

/// The generic registry of a project. Files are sent one after the other: two first files of a
/// version at once make GitLab answer 500.
struct Generic<'c> {
    client: &'c Client,
    project: GitlabProject,
    /// A header: the only form in which a job's token can put a file here.
    credential: Credential,
}

/// The two registries of a project.
pub(crate) fn open<'c>(
    kind: &'c str,
    project: GitlabProject,
    login: &Login,
    client: &'c Client,
) -> Target<'c> {
    let index = Legacy::new(client, project.upload(), project.index(), Some(login.basic()));
    let generic = Generic { client, project, credential: login.gitlab() };
    Target { kind, index: Box::new(index), storage: Some(Box::new(generic)) }
}

impl Generic<'_> {
    fn url(&self, file: &Beside) -> Url {
        self.project.sidecar(&file.project, &file.version, &file.filename)
    }
}

impl Storage for Generic<'_> {
    fn place(&self, file: &Beside) -> String {
        self.url(file).to_string()
    }

    /// The registry keeps every file that was put under a name and gives out the last one.
    fn read(&self, file: &Beside) -> Result<Option<Vec<u8>>, Failure> {
        let request = Request::get(self.url(file)).credential(&self.credential).accept(&[404]);
        let response = self.client.send(&request, MAX_BESIDE)?;
        Ok((response.status != 404).then_some(response.body))
    }

    fn put(&self, file: &Beside) -> Result<(), Failure> {
        let request = Request::put(self.url(file))
            .credential(&self.credential)
            .header("content-type", "application/octet-stream")
            .body(Body::Bytes(&file.bytes))
            .once();
        self.client.send(&request, MAX_ANSWER)?;
        Ok(())
    }
}
