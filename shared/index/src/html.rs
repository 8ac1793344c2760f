//! The page in HTML (PEP 503, with PEP 592 and 629): its links, and nothing else.

use std::fmt::Write as _;

use html5gum::{DefaultEmitter, StartTag, Token, Tokenizer};
use pysign_names::ProjectName;

use crate::page::{Entry, Listing, Page};

/// The version of a page that names none (PEP 629).
const VERSION: &str = "1.0";

/// What a page lists. Any text is HTML, so nothing here can fail.
pub(crate) fn read(body: &[u8]) -> Listing {
    let mut listing = Listing { version: VERSION.to_owned(), base: None, entries: Vec::new() };
    let mut emitter = DefaultEmitter::default();
    // A link in a script is none.
    emitter.naively_switch_states(true);
    let mut open: Option<Entry> = None;
    for Ok(token) in Tokenizer::new_with_emitter(body, emitter) {
        match token {
            Token::StartTag(tag) => match tag.name.as_slice() {
                b"a" => {
                    listing.entries.extend(open.take().map(closed));
                    open = link(&tag);
                }
                // The first one counts (HTML, "The base element").
                b"base" if listing.base.is_none() => listing.base = attribute(&tag, b"href"),
                b"meta"
                    if attribute(&tag, b"name").as_deref() == Some("pypi:repository-version") =>
                {
                    listing.version = attribute(&tag, b"content").unwrap_or_default();
                }
                _ => {}
            },
            Token::EndTag(tag) if tag.name.as_slice() == b"a" => {
                listing.entries.extend(open.take().map(closed));
            }
            Token::String(text) => {
                if let Some(entry) = &mut open {
                    entry.filename.push_str(&String::from_utf8_lossy(&text));
                }
            }
            _ => {}
        }
    }
    listing.entries.extend(open.map(closed));
    listing
}

/// The text of a link is the file's name.
fn closed(mut entry: Entry) -> Entry {
    entry.filename = entry.filename.trim().to_owned();
    entry
}

fn link(tag: &StartTag<()>) -> Option<Entry> {
    Some(Entry {
        href: attribute(tag, b"href")?.trim().to_owned(),
        requires_python: attribute(tag, b"data-requires-python"),
        yanked: attribute(tag, b"data-yanked"),
        ..Entry::default()
    })
}

/// The tokenizer has put names in lower case and resolved entities.
fn attribute(tag: &StartTag<()>, name: &[u8]) -> Option<String> {
    tag.attributes.get(name).map(|value| String::from_utf8_lossy(value).into_owned())
}

impl Page {
    /// The page in HTML (PEP 503).
    pub fn to_html(&self) -> String {
        let rows = self.sorted().into_iter().map(|file| {
            let hash = file.sha256.map(|hash| format!("#sha256={hash}")).unwrap_or_default();
            let mut row = format!("<a href=\"{}{hash}\"", escape(&file.location.link()));
            let attributes = [("requires-python", &file.requires_python), ("yanked", &file.yanked)];
            for (name, value) in attributes {
                if let Some(value) = value {
                    // A String takes all that is written to it.
                    let _ = write!(row, " data-{name}=\"{}\"", escape(value));
                }
            }
            format!("{row}>{}</a><br>\n", escape(file.filename.as_str()))
        });
        document(&format!("Links for {}", self.project), rows)
    }
}

/// The list of projects in HTML (PEP 503).
pub fn write_projects(projects: &[ProjectName]) -> String {
    let rows = projects.iter().map(|project| format!("<a href=\"{project}/\">{project}</a><br>\n"));
    document("Simple index", rows)
}

fn document(title: &str, rows: impl Iterator<Item = String>) -> String {
    format!(
        "<!DOCTYPE html>\n<html>\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"pypi:repository-version\" content=\"{VERSION}\">\n\
         <title>{title}</title>\n</head>\n<body>\n<h1>{title}</h1>\n{}</body>\n</html>\n",
        rows.collect::<String>()
    )
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
