//! Uploads as `PyPI` takes them, and the index that lists them. The index is asked before the first byte
//! is sent, after each upload that failed, and at the end.

use std::io;

use pysign_host::{Failure, FileError, HashingWriter, Sha256, hash_regular, open_regular};
use pysign_http::{Client, Credential, Request, Url};
use pysign_index::{Error, File, Index, Location, Page};
use pysign_manifest::ProjectName;
use pysign_registry::LEGACY;

use crate::form::Form;
use crate::release::Package;
use crate::sidecar::SidecarFile;
use crate::step::{Found, Item};
use crate::target::{Target, listed};

/// Answers to an upload are a line or an error page.
pub(crate) const MAX_ANSWER: u64 = 1 << 20;

/// An upload address and the index that shows what was uploaded. It takes packages alone.
pub(crate) struct Legacy<'c> {
    client: &'c Client,
    upload: Url,
    index: Index<'c>,
    /// Bound to the origin of `upload`: an index on another server never sees it.
    credential: Option<Credential>,
}

impl<'c> Legacy<'c> {
    pub(crate) fn new(
        client: &'c Client,
        upload: Url,
        index: Url,
        credential: Option<Credential>,
    ) -> Self {
        let index = Index::new(client, index, credential.clone());
        Self { client, upload, index, credential }
    }

    fn with_credential<'r>(&'r self, request: Request<'r>) -> Request<'r> {
        match &self.credential {
            Some(credential) => request.credential(credential),
            None => request,
        }
    }

    /// The page of a project. GitLab redirects to the public index where it has none, and that one is
    /// not asked: what it lists was not published here.
    fn page(&self, project: &ProjectName) -> Result<Option<Page>, Failure> {
        match self.index.page(project) {
            Err(Error::Forwarded { .. }) => Ok(None),
            page => Ok(page?),
        }
    }

    fn compare(&self, package: &Package, file: &File) -> Result<Found, Failure> {
        let Location::Url(address) = &file.location else { return Ok(Found::Absent) };
        let url = address.without_query().to_string();
        // Some indexes have no digests, or MD5 alone.
        let found = match file.sha256 {
            Some(sha256) => Some(sha256),
            None => self.digest(package, address)?,
        };
        Ok(match found {
            Some(found) if found == package.sha256 => Found::Same { url },
            Some(found) => Found::Other { url, found: format!("sha256:{found}") },
            None => Found::Other { url, found: format!("more than {} bytes", package.size) },
        })
    }

    /// The digest of what is at `address`, unless it is larger than `package`.
    fn digest(&self, package: &Package, address: &Url) -> Result<Option<Sha256>, Failure> {
        let request = self.with_credential(Request::get(address.clone()));
        let start = || Ok(HashingWriter::new(io::sink()));
        match self.client.download(&request, package.size, start) {
            Ok((_, writer)) => Ok(Some(writer.finish().1)),
            Err(pysign_http::Error::TooLarge { .. }) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }
}

impl Target for Legacy<'_> {
    fn kind(&self) -> &'static str {
        LEGACY
    }

    fn takes_sidecars(&self) -> bool {
        false
    }

    /// The file's own address is known only to the index, after the upload.
    fn url(&self, _: &Item<'_>) -> String {
        self.upload.without_query().to_string()
    }

    fn shown_at(&self, item: &Item<'_>) -> String {
        self.index.page_url(item.names().0).to_string()
    }

    fn look_up(&self, packages: &[&Package]) -> Result<Vec<Found>, Failure> {
        let listed = listed(packages, |project| self.page(project))?;
        Failure::collect(listed.into_iter().map(|(package, file)| {
            file.map_or(Ok(Found::Absent), |file| self.compare(package, &file))
        }))
    }

    fn read(&self, _: &SidecarFile) -> Result<Option<Vec<u8>>, Failure> {
        Ok(None)
    }

    /// Posts one package, read from the disk as it is sent. It is not sent again here: whether an upload
    /// arrived whose answer was lost can only be seen in the index.
    fn send(&self, item: &Item<'_>) -> Result<(), Failure> {
        let Item::Package(package) = item else { return Ok(()) };
        let file = open_regular(&package.path)?;
        let form = Form::new(package);
        let request = Request::post(self.upload.clone())
            .header("content-type", form.content_type())
            .header("accept", "application/json;q=0.9, text/plain;q=0.8, text/html;q=0.7")
            .body(form.body(&file, package))
            .once();
        let sent = self.client.send(&self.with_credential(request), MAX_ANSWER);
        let Err(error) = sent else { return Ok(()) };
        // If the file has changed, the client breaks off the request, which looks like the server's
        // fault.
        match hash_regular(&package.path, package.size) {
            Ok(found) if found == (package.sha256, package.size) => Err(error.into()),
            Ok(_) | Err(FileError::TooLarge { .. }) => {
                Err(FileError::Changed { file: package.path.clone() }.into())
            }
            Err(unreadable) => Err(unreadable.into()),
        }
    }
}
