//! A project's page in the simple API: HTML (PEP 503) and JSON (PEP 691), as the registries here
//! write them.

use serde_json::{Value, json};

use crate::http::{Response, SIMPLE_JSON};

/// A file as a page lists it.
#[derive(Clone)]
pub(crate) struct Link {
    pub(crate) filename: String,
    /// Without a fragment.
    pub(crate) url: String,
    pub(crate) sha256: Option<String>,
    pub(crate) requires_python: Option<String>,
    pub(crate) size: usize,
}

impl Link {
    fn fragment_url(&self) -> String {
        let fragment = self.sha256.as_ref().map(|hash| format!("#sha256={hash}"));
        format!("{}{}", self.url, fragment.unwrap_or_default())
    }
}

/// A page as GitLab writes it.
pub(crate) fn gitlab_html(name: &str, links: &[Link]) -> Response {
    let row = |link: &Link| {
        format!(
            "    <a href=\"{}\" data-requires-python=\"{}\">{}</a><br>\n",
            escape(&link.fragment_url()),
            escape(link.requires_python.as_deref().unwrap_or_default()),
            escape(&link.filename)
        )
    };
    page(&format!("Links for {name}"), &links.iter().map(row).collect::<String>())
}

/// A page as `PyPI` writes it.
pub(crate) fn pypi_html(name: &str, links: &[Link]) -> Response {
    let row = |link: &Link| {
        let python = link.requires_python.as_deref();
        let python = python.map(|text| format!(" data-requires-python=\"{}\"", escape(text)));
        format!(
            "    <a href=\"{}\"{}>{}</a><br />\n",
            escape(&link.fragment_url()),
            python.unwrap_or_default(),
            escape(&link.filename)
        )
    };
    page(&format!("Links for {name}"), &links.iter().map(row).collect::<String>())
}

/// The list of projects.
pub(crate) fn projects_html(links: &[(String, String)]) -> Response {
    let row = |(name, url): &(String, String)| {
        format!("    <a href=\"{}\">{}</a><br>\n", escape(url), escape(name))
    };
    page("Simple index", &links.iter().map(row).collect::<String>())
}

fn page(title: &str, rows: &str) -> Response {
    let title = escape(title);
    let page = format!(
        "<!DOCTYPE html>\n<html>\n  <head>\n    <title>{title}</title>\n  </head>\n  <body>\n    \
         <h1>{title}</h1>\n{rows}  </body>\n</html>\n"
    );
    Response::html(200, page).with("Vary", "Accept")
}

/// GitLab's JSON: version 1.0, and the URL has the fragment of the HTML.
pub(crate) fn gitlab_json(name: &str, links: &[Link]) -> Response {
    let file = |link: &Link| {
        json!({
            "filename": link.filename,
            "hashes": {"sha256": link.sha256},
            "requires-python": link.requires_python.as_deref().unwrap_or_default(),
            "url": link.fragment_url(),
        })
    };
    json_page(&json!({
        "files": links.iter().map(file).collect::<Vec<_>>(),
        "meta": {"api-version": "1.0"},
        "name": name,
    }))
}

/// `PyPI`'s JSON, of version 1.1 (PEP 700).
pub(crate) fn pypi_json(name: &str, versions: &[String], links: &[Link]) -> Response {
    let file = |link: &Link| {
        json!({
            "filename": link.filename,
            "hashes": {"sha256": link.sha256},
            "requires-python": link.requires_python,
            "size": link.size,
            "url": link.url,
            "yanked": false,
        })
    };
    json_page(&json!({
        "files": links.iter().map(file).collect::<Vec<_>>(),
        "meta": {"api-version": "1.1"},
        "name": name,
        "versions": versions,
    }))
}

fn json_page(page: &Value) -> Response {
    Response::new(200, SIMPLE_JSON, page.to_string()).with("Vary", "Accept")
}

/// A project's name as indexes compare it (PEP 503).
pub(crate) fn normalized(name: &str) -> String {
    let parts: Vec<_> = name.split(['-', '_', '.']).filter(|part| !part.is_empty()).collect();
    parts.join("-").to_ascii_lowercase()
}

/// The core metadata specification's rule for names.
pub(crate) fn is_name(name: &str) -> bool {
    let is_end = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
    let mut chars = name.chars();
    is_end(name.chars().next())
        && is_end(name.chars().next_back())
        && chars.all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c))
}

/// The characters that a version can have (PEP 440), and some.
pub(crate) fn is_version(version: &str) -> bool {
    let starts = version.starts_with(|c: char| c.is_ascii_alphanumeric());
    starts && version.chars().all(|c| c.is_ascii_alphanumeric() || ".!+-_".contains(c))
}

/// Whether a text is a SHA-256 in hexadecimal.
pub(crate) fn is_sha256(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            other => escaped.push(other),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_escapes_what_it_shows() {
        let link = Link {
            filename: "a-1.tar.gz".into(),
            url: "http://x/a?b&c".into(),
            sha256: Some("ab".into()),
            requires_python: Some(">=3".into()),
            size: 1,
        };
        let page = String::from_utf8(gitlab_html("a", &[link]).body).unwrap();
        assert!(page.contains(r#"href="http://x/a?b&amp;c#sha256=ab""#));
        assert!(page.contains(r#"data-requires-python="&gt;=3""#));
    }

    #[test]
    fn names_are_compared_without_case_and_separators() {
        assert_eq!(normalized("My__Demo.pkg"), "my-demo-pkg");
        assert!(is_name("My_Demo.pkg2"));
        assert!(!is_name("-demo") && !is_name("de mo") && !is_name(""));
        assert!(is_version("1!2.0+local") && !is_version("../1"));
    }
}
