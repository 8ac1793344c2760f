//! An index that is asked over HTTP.

use pysign_http::{Client, Credential, Request, Url};
use pysign_names::ProjectName;

use crate::page::MAX_PAGE;
use crate::{Error, Page};

/// JSON first: HTML has no sizes, and its standard is frozen. (PEP 691)
const ACCEPT: &str = "application/vnd.pypi.simple.v1+json, \
     application/vnd.pypi.simple.v1+html;q=0.2, text/html;q=0.01";

/// One index. It answers for itself: one that sends us on to another is refused.
#[derive(Clone, Debug)]
pub struct Index<'c> {
    client: &'c Client,
    root: Url,
    credential: Option<Credential>,
}

impl<'c> Index<'c> {
    /// The index whose projects are below `root`.
    pub fn new(client: &'c Client, root: Url, credential: Option<Credential>) -> Self {
        Self { client, root, credential }
    }

    /// Its address.
    pub fn root(&self) -> &Url {
        &self.root
    }

    /// Where the page of a project is. The slash at its end is part of the standard (PEP 503).
    pub fn page_url(&self, project: &ProjectName) -> Url {
        self.root.with_path_segments(&[project.as_str(), ""])
    }

    /// The page of a project; `None` if the index doesn't know it.
    pub fn page(&self, project: &ProjectName) -> Result<Option<Page>, Error> {
        let url = self.page_url(project);
        let mut request = Request::get(url).header("accept", ACCEPT).accept(&[404]).same_origin();
        if let Some(credential) = &self.credential {
            request = request.credential(credential);
        }
        let response = self.client.send(&request, MAX_PAGE).map_err(explain)?;
        if response.status == 404 {
            return Ok(None);
        }
        let content_type = response.header("content-type");
        Page::parse(project, &response.body, content_type, &response.url).map(Some)
    }
}

/// GitLab and others forward what they don't have to the public index, where the same name may be
/// anyone's (dependency confusion).
fn explain(error: pysign_http::Error) -> Error {
    match error {
        pysign_http::Error::Redirect { url, to: Some(to), .. } if url.origin() != to.origin() => {
            Error::Forwarded { url, to: to.origin().clone() }
        }
        other => Error::Http(other),
    }
}
