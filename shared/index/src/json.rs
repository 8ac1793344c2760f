//! The page in JSON (PEP 691, with PEP 592, 629 and 700).

use pysign_json::{Map, Numbers, Value, json, parse};
use pysign_names::ProjectName;

use crate::page::{Base, Entry, Listing};
use crate::{Error, Page, directory};

type Members = Map<String, Value>;

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
        return Err(malformed(format!("it is about '{name}', not about '{project}'")));
    }
    let files = page.get("files").and_then(Value::as_array);
    let files = files.ok_or_else(|| malformed("it has no list of 'files'".to_owned()))?;
    let entries: Result<Vec<Entry>, &str> = files.iter().map(entry).collect();
    let wrong = |member| malformed(format!("a file has no '{member}' of the right kind"));
    Ok(listing(entries.map_err(wrong)?))
}

/// One file; the error is the member that is wrong.
fn entry(file: &Value) -> Result<Entry, &'static str> {
    let members = file.as_object().ok_or("filename")?;
    let text = |name: &'static str| members.get(name).and_then(Value::as_str).ok_or(name);
    Ok(Entry {
        filename: text("filename")?.to_owned(),
        href: text("url")?.to_owned(),
        sha256: sha256(members)?,
        size: match members.get("size") {
            None | Some(Value::Null) => None,
            Some(size) => Some(size.as_u64().ok_or("size")?),
        },
        requires_python: match members.get("requires-python") {
            None | Some(Value::Null) => None,
            Some(range) => Some(range.as_str().ok_or("requires-python")?.to_owned()),
        },
        // A text is a reason. An empty one is outside of the standard; HTML says yanked with it.
        yanked: match members.get("yanked") {
            None | Some(Value::Null | Value::Bool(false)) => None,
            Some(Value::Bool(true)) => Some(String::new()),
            Some(reason) => Some(reason.as_str().ok_or("yanked")?.to_owned()),
        },
    })
}

/// `hashes` may be empty, and GitLab has null in it for what it never computed.
fn sha256(members: &Members) -> Result<Option<String>, &'static str> {
    match members.get("hashes") {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Object(hashes)) => match hashes.get("sha256") {
            None | Some(Value::Null) => Ok(None),
            Some(digest) => Ok(Some(digest.as_str().ok_or("hashes")?.to_owned())),
        },
        Some(_) => Err("hashes"),
    }
}

/// Version 1.1 (PEP 700) asks for every file's size and for the versions; without a size it is 1.0.
pub(crate) fn write(page: &Page) -> String {
    let files = page.sorted();
    let mut document = Members::new();
    document.insert("name".to_owned(), page.project.as_str().into());
    let sized = files.iter().all(|file| file.size.is_some());
    if sized {
        let mut versions: Vec<_> = files.iter().map(|file| file.filename.version()).collect();
        versions.sort();
        versions.dedup();
        let versions: Vec<String> = versions.into_iter().map(ToString::to_string).collect();
        document.insert("versions".to_owned(), versions.into());
    }
    document.insert("meta".to_owned(), meta(sized));
    let files: Vec<Value> = files
        .into_iter()
        .map(|file| {
            let mut members = Members::new();
            let mut put = |name: &str, value: Value| members.insert(name.to_owned(), value);
            put("filename", file.filename.as_str().into());
            put("url", directory::link(&file.location).into());
            put(
                "hashes",
                file.sha256.map_or(json!({}), |hash| json!({"sha256": hash.to_string()})),
            );
            if let Some(size) = file.size {
                put("size", size.into());
            }
            if let Some(range) = &file.requires_python {
                put("requires-python", range.as_str().into());
            }
            if let Some(reason) = &file.yanked {
                let bare = reason.is_empty();
                put("yanked", if bare { true.into() } else { reason.as_str().into() });
            }
            members.into()
        })
        .collect();
    document.insert("files".to_owned(), files.into());
    format!("{}\n", Value::from(document))
}

pub(crate) fn write_projects(projects: &[ProjectName]) -> String {
    let projects: Vec<Value> =
        projects.iter().map(|project| json!({"name": project.as_str()})).collect();
    format!("{}\n", json!({"meta": meta(true), "projects": projects}))
}

fn meta(sized: bool) -> Value {
    json!({"api-version": if sized { "1.1" } else { "1.0" }})
}
