//! Uploads as `PyPI` takes them, for whatever index stands at an address. It takes packages alone.

use pysign_host::{Failure, FileError, hash_regular, open_regular};
use pysign_http::{Client, Credential, Request, Url};

use crate::form::Form;
use crate::release::Package;
use crate::shown::Shown;
use crate::target::{Found, Index};

/// Answers to an upload are a line or an error page.
pub(crate) const MAX_ANSWER: u64 = 1 << 20;

/// An upload address and the index that shows what was uploaded.
pub(crate) struct Legacy<'c> {
    client: &'c Client,
    upload: Url,
    credential: Option<Credential>,
    shown: Shown<'c>,
}

impl<'c> Legacy<'c> {
    /// The credential is bound to one origin; an index elsewhere never sees it.
    pub(crate) fn new(
        client: &'c Client,
        upload: Url,
        index: Url,
        credential: Option<Credential>,
    ) -> Self {
        let shown = Shown::new(client, index, credential.clone());
        Self { client, upload, credential, shown }
    }
}

impl Index for Legacy<'_> {
    /// Only the index knows it, afterwards.
    fn place(&self, _: &Package) -> String {
        self.upload.without_query().to_string()
    }

    fn shows(&self, package: &Package) -> String {
        self.shown.place(package)
    }

    fn look(&self, packages: &[&Package]) -> Result<Vec<Found>, Failure> {
        self.shown.look(packages)
    }

    /// Posts one package, read from the disk as it is sent. Once: only an index can tell whether an
    /// upload arrived whose answer did not.
    fn send(&self, package: &Package) -> Result<(), Failure> {
        let file = open_regular(&package.path)?;
        let form = Form::new(package);
        let mut request = Request::post(self.upload.clone())
            .header("content-type", form.content_type())
            .header("accept", "application/json;q=0.9, text/plain;q=0.8, text/html;q=0.7")
            .body(form.body(&file, package))
            .once();
        if let Some(credential) = &self.credential {
            request = request.credential(credential);
        }
        let Err(error) = self.client.send(&request, MAX_ANSWER) else { return Ok(()) };
        // A body that turns out to be another file is broken off, which looks like the server's
        // doing.
        match hash_regular(&package.path, package.size) {
            Ok(found) if found == (package.sha256, package.size) => Err(error.into()),
            Ok(_) | Err(FileError::TooLarge { .. }) => {
                Err(FileError::Changed { file: package.path.clone() }.into())
            }
            Err(unreadable) => Err(unreadable.into()),
        }
    }
}
