//! The page in JSON (PEP 691, with PEP 592, 629 and 700).

use std::collections::BTreeSet;

use pysign_json::{Numbers, Value, json, parse};
use pysign_names::ProjectName;

use crate::Error;
use crate::location::Base;
use crate::page::{Entry, Listing, Page};

/// What a page for `project` lists.
pub(crate) fn read(project: &ProjectName, body: &[u8], base: &Base<'_>) -> Result<Listing, Error> {
    let malformed = |reason: String| Error::Malformed { place: base.to_string(), reason };
    let page =
        parse(body, body.len(), Numbers::Any).map_err(|fault| malformed(fault.to_string()))?;
    let version = page.pointer("/meta/api-version").and_then(Value::as_str);
    let version = version.ok_or_else(|| malformed("it has no 'api-version'".to_owned()))?;
    let listing = |entries| Listing { version: version.to_owned(), base: None, entries };
    if version.split('.').next() != Some("1") {
        // Whatever else it says is not to be read.
        return Ok(listing(Vec::new()));
    }
    let name = page.get("name").and_then(Value::as_str).unwrap_or_default();
    if name.parse::<ProjectName>().ok().as_ref() != Some(project) {
        return Err(malformed(format!("it is the page of '{name}', not of '{project}'")));
    }
    let files = page.get("files").and_then(Value::as_array);
    let files = files.ok_or_else(|| malformed("it has no list of 'files'".to_owned()))?;
    let entries: Result<Vec<Entry>, &str> = files.iter().map(entry).collect();
    let wrong = |member| malformed(format!("a file's '{member}' is missing or of the wrong type"));
    Ok(listing(entries.map_err(wrong)?))
}

/// One file; the error is the member that is wrong.
fn entry(file: &Value) -> Result<Entry, &'static str> {
    let member = |name| file.get(name).filter(|value| !value.is_null());
    let text = |name| match member(name) {
        None => Ok(None),
        Some(value) => value.as_str().map(|text| Some(text.to_owned())).ok_or(name),
    };
    Ok(Entry {
        filename: text("filename")?.ok_or("filename")?,
        href: text("url")?.ok_or("url")?,
        // `hashes` may be empty, and GitLab has null in it for what it never computed.
        sha256: match member("hashes") {
            None => None,
            Some(hashes) => match hashes.as_object().ok_or("hashes")?.get("sha256") {
                None | Some(Value::Null) => None,
                Some(digest) => Some(digest.as_str().ok_or("hashes")?.to_owned()),
            },
        },
        size: member("size").map(|size| size.as_u64().ok_or("size")).transpose()?,
        requires_python: text("requires-python")?,
        // A text is a reason. An empty one is outside of the standard; HTML says yanked with it.
        yanked: match member("yanked") {
            Some(Value::Bool(yanked)) => yanked.then(String::new),
            _ => text("yanked")?,
        },
    })
}

impl Page {
    /// The page in JSON (PEP 691). Version 1.1 (PEP 700) asks for every file's size and for the
    /// versions; without a size it is 1.0.
    pub fn to_json(&self) -> String {
        let files = self.sorted();
        let sized = files.iter().all(|file| file.size.is_some());
        let entries = files.iter().map(|file| {
            let hashes = file.sha256.map_or(json!({}), |hash| json!({"sha256": hash.to_string()}));
            let yanked = file.yanked.as_deref();
            object([
                ("filename", Some(file.filename.as_str().into())),
                ("url", Some(file.location.link().into())),
                ("hashes", Some(hashes)),
                ("size", file.size.map(Value::from)),
                ("requires-python", file.requires_python.as_deref().map(Value::from)),
                ("yanked", yanked.map(|why| if why.is_empty() { true.into() } else { why.into() })),
            ])
        });
        let versions: BTreeSet<_> = files.iter().map(|file| file.filename.version()).collect();
        let versions: Vec<String> = versions.into_iter().map(ToString::to_string).collect();
        let document = object([
            ("name", Some(self.project.as_str().into())),
            ("meta", Some(meta(sized))),
            ("files", Some(entries.collect())),
            ("versions", sized.then(|| versions.into())),
        ]);
        format!("{document}\n")
    }
}

fn object<const N: usize>(members: [(&str, Option<Value>); N]) -> Value {
    let members = members.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?)));
    Value::Object(members.collect())
}

/// The list of projects in JSON (PEP 691).
pub fn write_projects(projects: &[ProjectName]) -> String {
    let projects: Vec<Value> =
        projects.iter().map(|project| json!({"name": project.as_str()})).collect();
    format!("{}\n", json!({"meta": meta(true), "projects": projects}))
}

fn meta(sized: bool) -> Value {
    json!({"api-version": if sized { "1.1" } else { "1.0" }})
}
