//! Reads a page from HTML or JSON.

use pysign_http::Url;
use pysign_names::ProjectName;

use crate::location::Base;
use crate::page::Page;
use crate::{Error, html, json};

/// The major version of the simple API that is read (PEP 629): another may mean anything.
const MAJOR: &str = "1";

impl Page {
    /// Reads what `url` answered for `project`, redirects followed: relative addresses are relative
    /// to it.
    ///
    /// ```
    /// use pysign_index::Page;
    ///
    /// let page = br#"<a href="../../files/demo-1.0.tar.gz">demo-1.0.tar.gz</a>"#;
    /// let url = "https://example.org/simple/demo/".parse().unwrap();
    /// let page = Page::parse(&"demo".parse().unwrap(), page, Some("text/html"), &url).unwrap();
    /// assert_eq!(page.files[0].location.to_string(), "https://example.org/files/demo-1.0.tar.gz");
    /// ```
    pub fn parse(
        project: &ProjectName,
        body: &[u8],
        content_type: Option<&str>,
        url: &Url,
    ) -> Result<Self, Error> {
        Self::read(project, body, content_type, &Base::Url(url))
    }

    pub(crate) fn read(
        project: &ProjectName,
        body: &[u8],
        content_type: Option<&str>,
        base: &Base<'_>,
    ) -> Result<Self, Error> {
        let media_type = content_type.unwrap_or_default();
        let media_type = media_type.split(';').next().unwrap_or_default().trim();
        let listing = match media_type.to_ascii_lowercase().as_str() {
            "application/vnd.pypi.simple.v1+json" | "application/json" => {
                json::read(project, body, base)?
            }
            "application/vnd.pypi.simple.v1+html" | "text/html" => html::read(body),
            other => {
                let found = other.to_owned();
                return Err(Error::ContentType { place: base.to_string(), found });
            }
        };
        if listing.version.split('.').next() != Some(MAJOR) {
            return Err(Error::Version { place: base.to_string(), found: listing.version });
        }
        let mut page = Self::new(project.clone(), Vec::new());
        for entry in listing.entries {
            match entry.resolve(project, listing.base.as_deref(), base)? {
                Ok(file) => page.files.push(file),
                Err(ignored) => page.ignored.push(ignored),
            }
        }
        Ok(page)
    }
}
