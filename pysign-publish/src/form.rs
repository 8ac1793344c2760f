//! The form that `PyPI` takes uploads in, and everyone after it (the "legacy" upload API): metadata
//! fields and the file, as `multipart/form-data` (RFC 7578).

use std::fs::File;

use pysign_archive::Headers;
use pysign_http::{Body, Part};
use pysign_names::DistName;

use crate::release::Package;

/// Header of the core metadata, and field of the form. What is not here is not sent: the form also
/// has fields that are no metadata, and a header must not pass for one of them.
const FIELDS: [(&str, &str); 30] = [
    ("author", "author"),
    ("author-email", "author_email"),
    ("classifier", "classifiers"),
    ("description", "description"),
    ("description-content-type", "description_content_type"),
    ("download-url", "download_url"),
    ("dynamic", "dynamic"),
    ("home-page", "home_page"),
    ("import-name", "import_names"),
    ("import-namespace", "import_namespaces"),
    ("keywords", "keywords"),
    ("license", "license"),
    ("license-expression", "license_expression"),
    ("license-file", "license_file"),
    ("maintainer", "maintainer"),
    ("maintainer-email", "maintainer_email"),
    ("metadata-version", "metadata_version"),
    ("obsoletes", "obsoletes"),
    ("obsoletes-dist", "obsoletes_dist"),
    ("platform", "platform"),
    ("project-url", "project_urls"),
    ("provides", "provides"),
    ("provides-dist", "provides_dist"),
    ("provides-extra", "provides_extra"),
    ("requires", "requires"),
    ("requires-dist", "requires_dist"),
    ("requires-external", "requires_external"),
    ("requires-python", "requires_python"),
    ("summary", "summary"),
    ("supported-platform", "supported_platform"),
];

/// The filled form of one package: everything but the content of the package.
pub(crate) struct Form {
    boundary: String,
    head: Vec<u8>,
    tail: Vec<u8>,
}

impl Form {
    /// The form for `package`.
    pub(crate) fn new(package: &Package) -> Self {
        // It must not occur in the content, and have at most 70 characters (RFC 2046 §5.1.1): nobody
        // can make a file that holds its own digest.
        let boundary = package.sha256.to_string();
        let mut head = Vec::new();
        for (name, value) in fields(package) {
            head.extend(field(&boundary, name, &value));
        }
        // A parsed file name holds neither quotes nor control characters.
        head.extend(format!(
            "--{boundary}\r\nContent-Disposition: form-data; name=\"content\"; filename=\"{}\"\r\n\
             Content-Type: application/octet-stream\r\n\r\n",
            package.name
        ).into_bytes());
        let tail = format!("\r\n--{boundary}--\r\n").into_bytes();
        Self { boundary, head, tail }
    }

    /// The value of `Content-Type`.
    pub(crate) fn content_type(&self) -> String {
        format!("multipart/form-data; boundary={}", self.boundary)
    }

    /// The body, with the package read from `file` as it is sent.
    pub(crate) fn body<'a>(&'a self, file: &'a File, package: &Package) -> Body<'a> {
        Body::Parts(vec![
            Part::Bytes(self.head.clone()),
            Part::File { file, size: package.size, sha256: package.sha256 },
            Part::Bytes(self.tail.clone()),
        ])
    }
}

/// One field of the form (RFC 7578 §4.2).
fn field(boundary: &str, name: &str, value: &str) -> Vec<u8> {
    format!("--{boundary}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
        .into_bytes()
}

/// Every field but the file: what the API itself wants, then the metadata.
fn fields(package: &Package) -> Vec<(&'static str, String)> {
    let (filetype, pyversion) = match &package.name {
        DistName::Sdist(_) => ("sdist", "source".to_owned()),
        DistName::Wheel(wheel) => {
            ("bdist_wheel", wheel.python_tags().collect::<Vec<_>>().join("."))
        }
    };
    let mut fields = vec![
        (":action", "file_upload".to_owned()),
        ("protocol_version", "1".to_owned()),
        ("name", folded(package.metadata.project.original())),
        ("version", package.metadata.version.to_string()),
        ("filetype", filetype.to_owned()),
        ("pyversion", pyversion),
        ("sha256_digest", package.sha256.to_string()),
    ];
    fields.extend(metadata(&package.metadata.headers));
    // Older GitLab refuses a form without it.
    if fields.iter().all(|(name, _)| *name != "requires_python") {
        fields.push(("requires_python", String::new()));
    }
    fields
}

/// Which versions of Python METADATA or PKG-INFO says the package is for.
pub(crate) fn requires_python(headers: &Headers) -> Option<String> {
    headers.all("requires-python").find(|value| !value.is_empty()).map(str::to_owned)
}

/// The name as twine sends it, so that both mean the same package to a registry that compares
/// names as they are: each run of anything but letters, digits and dots is one hyphen.
fn folded(name: &str) -> String {
    let words = name.split(['-', '_']).filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join("-")
}

/// The fields of METADATA or PKG-INFO (core metadata specification). What follows the headers is the
/// description, unless a header gives one.
fn metadata(headers: &Headers) -> Vec<(&'static str, String)> {
    let field = |header: &str| FIELDS.iter().find(|(name, _)| *name == header);
    let known = headers.iter().filter_map(|(name, value)| Some((field(name)?.1, value.to_owned())));
    let mut fields: Vec<_> = known.collect();
    let body = headers.body();
    if !body.trim().is_empty() && fields.iter().all(|(name, _)| *name != "description") {
        fields.push(("description", body.to_owned()));
    }
    fields
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples;

    fn headers(text: &str) -> Headers {
        Headers::parse(text).unwrap()
    }

    fn text(package: &Package) -> String {
        let form = Form::new(package);
        let whole = [form.head, b"BYTES".to_vec(), form.tail].concat();
        String::from_utf8(whole).unwrap().replace(&package.sha256.to_string(), "BOUNDARY")
    }

    /// To the letter what RFC 7578 §4 asks for.
    #[test]
    fn a_wheel_fills_the_form() {
        let package = samples::package("demo-1.0-py2.py3-none-any.whl", b"wheel");
        let fields = [
            (":action", "file_upload"),
            ("protocol_version", "1"),
            ("name", "demo"),
            ("version", "1.0"),
            ("filetype", "bdist_wheel"),
            ("pyversion", "py2.py3"),
            ("sha256_digest", "BOUNDARY"),
            ("metadata_version", "2.1"),
            ("requires_python", ">=3.9"),
        ];
        let fields = fields.map(|(name, value)| {
            let disposition = "Content-Disposition: form-data; name=";
            format!("--BOUNDARY\r\n{disposition}\"{name}\"\r\n\r\n{value}\r\n")
        });
        let file = "--BOUNDARY\r\nContent-Disposition: form-data; name=\"content\"; \
                    filename=\"demo-1.0-py2.py3-none-any.whl\"\r\n\
                    Content-Type: application/octet-stream\r\n\r\nBYTES\r\n--BOUNDARY--\r\n";
        let expected = fields.concat() + file;
        assert_eq!(text(&package), expected);
    }

    #[test]
    fn an_sdist_is_for_no_python_and_an_empty_field_is_sent_where_gitlab_wants_one() {
        let mut package = samples::package("demo-1.0.tar.gz", b"sdist");
        package.metadata.headers = headers("Metadata-Version: 2.1\n");
        let text = text(&package);
        for (name, value) in
            [("filetype", "sdist"), ("pyversion", "source"), ("requires_python", "")]
        {
            assert!(text.contains(&format!("name=\"{name}\"\r\n\r\n{value}\r\n")), "{text}");
        }
    }

    /// RFC 2046 §5.1.1.
    #[test]
    fn the_boundary_is_one_that_a_header_takes() {
        let form = Form::new(&samples::package("demo-1.0.tar.gz", b"sdist"));
        let content_type = form.content_type();
        let boundary = content_type.strip_prefix("multipart/form-data; boundary=").unwrap();
        assert!(boundary.len() <= 70 && boundary.bytes().all(|byte| byte.is_ascii_alphanumeric()));
    }

    #[test]
    fn requires_python_is_what_the_metadata_says() {
        let of = |line: &str| {
            requires_python(&headers(&format!("Name: demo\n{line}\n\nRequires-Python: x\n")))
        };
        assert_eq!(of("Requires-Python: >=3.9").as_deref(), Some(">=3.9"));
        assert_eq!((of("Requires-Python:"), of("Summary: Requires-Python: x")), (None, None));
    }

    #[test]
    fn metadata_becomes_fields() {
        let text = "Metadata-Version: 2.1\r\nName: Demo\r\nClassifier: A\r\nClassifier: B\r\n\
                    Project-URL: Home, https://example.org\r\nLicense: one\r\n        two\r\n\
                    Requires-Python: >=3.9\r\n\r\n# Demo\r\n";
        assert_eq!(
            metadata(&headers(text)),
            [
                ("metadata_version", "2.1"),
                ("classifiers", "A"),
                ("classifiers", "B"),
                ("project_urls", "Home, https://example.org"),
                ("license", "one\ntwo"),
                ("requires_python", ">=3.9"),
                ("description", "# Demo\r\n"),
            ]
            .map(|(name, value)| (name, value.to_owned()))
        );
    }

    #[test]
    fn a_header_can_not_pass_for_a_field_of_the_form() {
        for header in [":action", "sha256_digest", "sha256-digest", "attestations", "content"] {
            // What has no name is no header: the description begins there.
            let fields = metadata(&headers(&format!("{header}: x\n  y\n")));
            assert!(fields.iter().all(|(name, _)| *name == "description"), "{header}");
        }
    }

    #[test]
    fn a_name_is_folded_as_twine_folds_it() {
        assert_eq!(folded("Demo__pkg-x.y"), "Demo-pkg-x.y");
    }
}
