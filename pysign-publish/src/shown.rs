//! What an index shows: asked before the first byte is sent, whenever a sending failed, and after
//! the last.

use std::collections::BTreeMap;
use std::io;

use pysign_host::{Failure, HashingWriter, Sha256};
use pysign_http::{Client, Credential, Request, Url};
use pysign_index::{Error, File, Index, Location, Page};
use pysign_manifest::ProjectName;

use crate::release::Package;
use crate::target::Found;

/// The pages of an index, as they are now.
pub(crate) struct Shown<'c> {
    client: &'c Client,
    index: Index<'c>,
    credential: Option<Credential>,
}

impl<'c> Shown<'c> {
    pub(crate) fn new(client: &'c Client, root: Url, credential: Option<Credential>) -> Self {
        let index = Index::new(client, root, credential.clone());
        Self { client, index, credential }
    }

    /// The page that lists `package`.
    pub(crate) fn place(&self, package: &Package) -> String {
        self.index.page_url(package.name.project()).to_string()
    }

    /// What it shows under the names of `packages`: one answer for each, in their order.
    pub(crate) fn look(&self, packages: &[&Package]) -> Result<Vec<Found>, Failure> {
        let mut pages: BTreeMap<&ProjectName, Option<Page>> = BTreeMap::new();
        for project in packages.iter().map(|package| package.name.project()) {
            if !pages.contains_key(project) {
                pages.insert(project, self.page(project)?);
            }
        }
        Failure::collect(packages.iter().map(|package| {
            let page = pages.get(package.name.project()).and_then(Option::as_ref);
            let named = |file: &&File| file.filename.as_str() == package.name.as_str();
            match page.and_then(|page| page.files.iter().find(named)) {
                None => Ok(Found::Absent),
                Some(file) => self.compare(package, file),
            }
        }))
    }

    /// GitLab forwards a request for what it doesn't have to the public index. Nothing is asked
    /// there: a project that is not here is not published here.
    fn page(&self, project: &ProjectName) -> Result<Option<Page>, Failure> {
        match self.index.page(project) {
            Ok(page) => Ok(page),
            Err(Error::Forwarded { .. }) => Ok(None),
            Err(error) => Err(error.into()),
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
        let mut request = Request::get(address.clone());
        if let Some(credential) = &self.credential {
            request = request.credential(credential);
        }
        let start = || Ok(HashingWriter::new(io::sink()));
        match self.client.download(&request, package.size, start) {
            Ok((_, writer)) => Ok(Some(writer.finish().1)),
            Err(pysign_http::Error::TooLarge { .. }) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }
}
