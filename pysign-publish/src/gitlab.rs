//! GitLab: packages go to the project's `PyPI` registry, signatures and the marker to its generic
//! one. Neither route takes both: the first drops what it doesn't know, the second is no index.

use pysign_ci::Registry;
use pysign_host::Failure;
use pysign_http::{Body, Client, Credential, Request, Url};

use crate::credentials::Logins;
use crate::legacy::{Legacy, MAX_ANSWER};
use crate::release::Beside;
use crate::target::{Storage, Target};

/// What a marker may have, and far more than a signature's file.
const MAX_BESIDE: u64 = 16 << 20;

/// The generic registry of a project. Files are sent one after the other: two first files of a
/// version at once make GitLab answer 500.
struct Generic<'c> {
    client: &'c Client,
    registry: Registry,
    /// A header: the only form in which a job's token can put a file here.
    credential: Credential,
}

/// The two registries of a project.
pub(crate) fn open<'c>(
    text: &str,
    registry: Registry,
    logins: &Logins<'_>,
    client: &'c Client,
) -> Result<Target<'c>, Failure> {
    let upload = address(&registry.pypi_upload())?;
    let index = address(&registry.pypi_simple())?;
    let (basic, header) = logins.gitlab(text, upload.origin())?;
    let index = Legacy::new(client, upload, index, Some(basic));
    let generic = Generic { client, registry, credential: header };
    Ok(Target { kind: "gitlab", index: Box::new(index), storage: Some(Box::new(generic)) })
}

fn address(text: &str) -> Result<Url, pysign_http::Error> {
    text.parse().map_err(pysign_http::Error::from)
}

impl Storage for Generic<'_> {
    fn place(&self, file: &Beside) -> String {
        self.registry.generic_file(&file.project, &file.version, &file.filename)
    }

    /// The registry keeps every file that was put under a name and gives out the last one.
    fn read(&self, file: &Beside) -> Result<Option<Vec<u8>>, Failure> {
        let url = address(&self.place(file))?;
        let request = Request::get(url).credential(&self.credential).accept(&[404]);
        let response = self.client.send(&request, MAX_BESIDE)?;
        Ok((response.status != 404).then_some(response.body))
    }

    fn put(&self, file: &Beside) -> Result<(), Failure> {
        let request = Request::put(address(&self.place(file))?)
            .credential(&self.credential)
            .header("content-type", "application/octet-stream")
            .body(Body::Bytes(&file.bytes))
            .once();
        self.client.send(&request, MAX_ANSWER)?;
        Ok(())
    }
}
