//! The body of an upload: `multipart/form-data` (RFC 7578).

use crate::http::{Refused, Request, refused};

/// More fields than an upload's metadata has, dependencies and classifiers included.
const MAX_PARTS: usize = 2000;
/// RFC 2046, section 5.1.1.
const MAX_BOUNDARY: usize = 70;

/// The fields of a form, in order.
pub(crate) struct Form {
    parts: Vec<Part>,
}

/// One field.
pub(crate) struct Part {
    name: String,
    /// The file's name, where the field is a file.
    pub(crate) filename: Option<String>,
    pub(crate) body: Vec<u8>,
}

impl Form {
    pub(crate) fn parse(request: &Request) -> Result<Self, Refused> {
        let content_type = request.header("content-type").unwrap_or_default();
        let boundary = content_type
            .strip_prefix("multipart/form-data")
            .and_then(|parameters| parameter(parameters, "boundary"))
            .filter(|boundary| !boundary.is_empty() && boundary.len() <= MAX_BOUNDARY)
            .ok_or_else(|| refused("the body is not multipart/form-data"))?;
        let delimiter = format!("\r\n--{boundary}").into_bytes();
        // The first delimiter has no line before it.
        let start = delimiter.get(2..).unwrap_or_default();
        let mut rest = request.body.strip_prefix(start).ok_or_else(unfinished)?;
        let mut parts = Vec::new();
        while !rest.starts_with(b"--") {
            if parts.len() == MAX_PARTS {
                return Err(refused("the form has too many parts"));
            }
            let body = rest.strip_prefix(b"\r\n").ok_or_else(unfinished)?;
            let end = find(body, &delimiter).ok_or_else(unfinished)?;
            let (part, tail) = body.split_at(end);
            parts.push(Part::parse(part)?);
            rest = tail.get(delimiter.len()..).unwrap_or_default();
        }
        Ok(Self { parts })
    }

    /// The first field of this name.
    pub(crate) fn part(&self, name: &str) -> Option<&Part> {
        self.parts.iter().find(|part| part.name == name)
    }

    /// The text of the first field of this name.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        std::str::from_utf8(&self.part(name)?.body).ok()
    }
}

impl Part {
    fn parse(part: &[u8]) -> Result<Self, Refused> {
        let end = find(part, b"\r\n\r\n").ok_or_else(unfinished)?;
        let (head, body) = part.split_at(end);
        let head = String::from_utf8(head.to_vec())?;
        let disposition = head
            .split("\r\n")
            .find_map(|line| {
                let (name, value) = line.split_once(':')?;
                name.eq_ignore_ascii_case("content-disposition").then_some(value)
            })
            .ok_or_else(|| refused("a part of the form has no name"))?;
        Ok(Self {
            name: parameter(disposition, "name")
                .ok_or_else(|| refused("a part of the form has no name"))?,
            filename: parameter(disposition, "filename"),
            body: body.get(4..).unwrap_or_default().to_vec(),
        })
    }
}

fn unfinished() -> Refused {
    refused("the form is malformed or unfinished")
}

/// The value of a parameter of a header, quoted or not; a quote in it is `%22` (RFC 7578,
/// section 2).
fn parameter(header: &str, name: &str) -> Option<String> {
    let value = header.split(';').find_map(|parameter| {
        let (known, value) = parameter.trim().split_once('=')?;
        known.eq_ignore_ascii_case(name).then_some(value)
    })?;
    let bare = value.strip_prefix('"').and_then(|value| value.strip_suffix('"'));
    Some(bare.unwrap_or(value).replace("%22", "\""))
}

/// Where `needle` is in `haystack`, by Horspool's algorithm: it looks at a few bytes of a large
/// file only, which an unoptimised build is thankful for.
fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    let last = needle.len().checked_sub(1)?;
    let mut skip = [needle.len(); 256];
    for (index, byte) in needle.iter().take(last).enumerate() {
        if let Some(distance) = skip.get_mut(usize::from(*byte)) {
            *distance = last - index;
        }
    }
    let mut at = 0;
    while let Some(end) = haystack.get(at + last) {
        if haystack.get(at..)?.starts_with(needle) {
            return Some(at);
        }
        at += skip.get(usize::from(*end)).copied().unwrap_or(1);
    }
    None
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A form of text fields and one file, as an uploader sends it.
    pub(crate) fn form(fields: &[(&str, &str)], filename: &str, content: &[u8]) -> Request {
        let mut request = Request::new("POST", "/");
        for (name, value) in fields {
            let head = format!("--XX\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n");
            request.body.extend([head.as_bytes(), value.as_bytes(), b"\r\n"].concat());
        }
        let head = format!(
            "--XX\r\nContent-Disposition: form-data; name=\"content\"; filename=\"{filename}\"\r\n\
             Content-Type: application/octet-stream\r\n\r\n"
        );
        request.body.extend([head.as_bytes(), content, b"\r\n--XX--\r\n"].concat());
        request.headers.push(("content-type".into(), "multipart/form-data; boundary=XX".into()));
        request
    }

    #[test]
    fn fields_and_file_are_read() {
        let content = b"\r\n--X\r\n\0binary\r\n";
        let form = Form::parse(&form(&[(":action", "file_upload")], "a.whl", content)).unwrap();
        assert_eq!(form.text(":action"), Some("file_upload"));
        let part = form.part("content").unwrap();
        assert_eq!((part.filename.as_deref(), &*part.body), (Some("a.whl"), &content[..]));
        assert!(form.part("filename").is_none());
    }

    #[test]
    fn a_cut_form_is_refused() {
        let mut request = form(&[], "a.whl", b"content");
        request.body.truncate(request.body.len() - 8);
        assert!(Form::parse(&request).is_err());
        request.headers.clear();
        assert!(Form::parse(&request).is_err());
    }

    #[test]
    fn the_search_agrees_with_the_obvious_one() {
        let text = b"abracadabra\r\n--XX\r\n--X";
        for needle in [&b"abra"[..], b"\r\n--XX", b"X", b"bra\r", b"none", b"abracadabra"] {
            let obvious = text.windows(needle.len()).position(|window| window == needle);
            assert_eq!(find(text, needle), obvious);
        }
        assert_eq!(find(text, b""), None);
    }
}
