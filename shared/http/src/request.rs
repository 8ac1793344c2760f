//! What is asked, and what comes back.

use std::fs::File;
use std::io::{self, Read, Seek as _};

use pysign_host::{HashingReader, Secret, Sha256};

use crate::redirect::Redirects;
use crate::{Credential, Url};

/// One request. It can be sent several times: to a service that was busy, and after a redirect.
#[derive(Clone)]
pub struct Request<'a> {
    pub(crate) method: &'static str,
    pub(crate) url: Url,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) credential: Option<&'a Credential>,
    secret: Option<&'a Secret>,
    pub(crate) body: Body<'a>,
    pub(crate) accepted: Vec<u16>,
    pub(crate) retried: bool,
    pub(crate) redirects: Redirects,
}

/// What is sent with a request; its length is always known.
#[derive(Clone)]
pub enum Body<'a> {
    /// Bytes in memory.
    Bytes(&'a [u8]),
    /// Nothing.
    Empty,
    /// One part after the other, for what is too big for memory.
    Parts(Vec<Part<'a>>),
}

/// A piece of a body.
#[derive(Clone)]
pub enum Part<'a> {
    /// Bytes in memory.
    Bytes(Vec<u8>),
    /// A file from its beginning to `size`. One that turns out to be shorter, or to have another
    /// digest, breaks the request off before its last bytes are sent: it is never whole.
    File {
        /// The open file. Its position is moved.
        file: &'a File,
        /// Its number of bytes.
        size: u64,
        /// Its digest.
        sha256: Sha256,
    },
}

impl<'a> Request<'a> {
    fn new(method: &'static str, url: Url) -> Self {
        Self {
            method,
            url,
            headers: Vec::new(),
            credential: None,
            secret: None,
            body: Body::Empty,
            accepted: Vec::new(),
            retried: true,
            redirects: match method {
                "GET" | "HEAD" => Redirects::Any,
                _ => Redirects::SameRequest,
            },
        }
    }

    /// `GET`, which follows redirects.
    pub fn get(url: Url) -> Self {
        Self::new("GET", url)
    }

    /// `HEAD`, which follows redirects.
    pub fn head(url: Url) -> Self {
        Self::new("HEAD", url)
    }

    /// `POST`, which follows only what repeats it at the same origin (307 and 308).
    pub fn post(url: Url) -> Self {
        Self::new("POST", url)
    }

    /// `PUT`, which follows only what repeats it at the same origin (307 and 308).
    pub fn put(url: Url) -> Self {
        Self::new("PUT", url)
    }

    /// Adds a header. Secrets go into a [`Credential`].
    #[must_use]
    pub fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// Identifies the sender to the credential's origin, and to no other.
    #[must_use]
    pub fn credential(mut self, credential: &'a Credential) -> Self {
        self.credential = Some(credential);
        self
    }

    /// Keeps a secret of the body out of what is told about an answer.
    #[must_use]
    pub fn hide(mut self, secret: &'a Secret) -> Self {
        self.secret = Some(secret);
        self
    }

    /// What to send.
    #[must_use]
    pub fn body(mut self, body: Body<'a>) -> Self {
        self.body = body;
        self
    }

    /// Final statuses beside 2xx that are an answer, not an error.
    #[must_use]
    pub fn accept(mut self, statuses: &[u16]) -> Self {
        self.accepted.extend(statuses);
        self
    }

    /// Never sent a second time: what it does must not be done twice.
    #[must_use]
    pub fn once(mut self) -> Self {
        self.retried = false;
        self
    }

    /// A redirect is an error.
    #[must_use]
    pub fn no_redirects(mut self) -> Self {
        self.redirects = Redirects::Refused;
        self
    }

    /// A redirect to another origin is an error: what is asked here is nobody else's business.
    #[must_use]
    pub fn same_origin(mut self) -> Self {
        if self.redirects == Redirects::Any {
            self.redirects = Redirects::SameOrigin;
        }
        self
    }

    /// What was sent in secret.
    pub(crate) fn secrets(&self) -> Vec<&str> {
        let sent = self.credential.map(Credential::secrets).into_iter().flatten();
        sent.chain(self.secret.map(Secret::expose)).collect()
    }
}

/// Without headers and body, which may hold what is nobody's business.
impl std::fmt::Debug for Request<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.method, self.url.without_query())
    }
}

impl Body<'_> {
    /// The number of its bytes; nothing for no body at all.
    pub(crate) fn size(&self) -> Option<u64> {
        let of = |bytes: &[u8]| u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        match self {
            Self::Bytes(bytes) => Some(of(bytes)),
            Self::Empty => None,
            Self::Parts(parts) => Some(
                parts
                    .iter()
                    .map(|part| match part {
                        Part::Bytes(bytes) => of(bytes),
                        Part::File { size, .. } => *size,
                    })
                    .sum(),
            ),
        }
    }

    /// A reader from its beginning.
    pub(crate) fn reader(&self) -> io::Result<Box<dyn Read + '_>> {
        let mut whole: Box<dyn Read + '_> = Box::new(io::empty());
        match self {
            Self::Bytes(bytes) => whole = Box::new(*bytes),
            Self::Empty => {}
            Self::Parts(parts) => {
                for part in parts {
                    whole = Box::new(whole.chain(part.reader()?));
                }
            }
        }
        Ok(whole)
    }
}

impl Part<'_> {
    fn reader(&self) -> io::Result<Box<dyn Read + '_>> {
        match self {
            Self::Bytes(bytes) => Ok(Box::new(bytes.as_slice())),
            Self::File { file, size, sha256 } => {
                let mut file: &File = file;
                file.rewind()?;
                let reader = Some(HashingReader::new(file.take(*size), *size));
                Ok(Box::new(Known { reader, left: *size, expected: *sha256 }))
            }
        }
    }
}

/// Gives the last bytes only if all of them are what was expected: who sends them knows the length,
/// and does not ask for what comes after.
struct Known<R> {
    reader: Option<HashingReader<R>>,
    left: u64,
    expected: Sha256,
}

impl<R: Read> Read for Known<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let Some(reader) = self.reader.as_mut().filter(|_| !buffer.is_empty()) else {
            return Ok(0);
        };
        let count = reader.read(buffer).map_err(Unsent::wrap)?;
        self.left = self.left.saturating_sub(u64::try_from(count).unwrap_or(u64::MAX));
        if self.left == 0 || count == 0 {
            let found = self.reader.take().map(HashingReader::finish);
            if self.left > 0 || found.is_none_or(|(digest, _)| digest != self.expected) {
                return Err(Unsent::wrap(io::ErrorKind::InvalidData.into()));
            }
        }
        Ok(count)
    }
}

/// What went wrong on this side of the wire, told apart from what the wire says.
#[derive(Debug)]
pub(crate) struct Unsent(io::Error);

impl Unsent {
    fn wrap(cause: io::Error) -> io::Error {
        io::Error::new(cause.kind(), Self(cause))
    }
}

impl std::fmt::Display for Unsent {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

impl std::error::Error for Unsent {}

/// A final answer with its body.
#[derive(Clone, Debug)]
pub struct Response {
    /// The status: 2xx, or one that the request accepts.
    pub status: u16,
    /// Who answered, after redirects.
    pub url: Url,
    /// The whole body.
    pub body: Vec<u8>,
    pub(crate) headers: Headers,
}

/// A final answer whose body went to a file.
#[derive(Clone, Debug)]
pub struct Downloaded {
    /// The status: 2xx, or one that the request accepts.
    pub status: u16,
    /// Who answered, after redirects.
    pub url: Url,
    /// The number of bytes of the body.
    pub size: u64,
    pub(crate) headers: Headers,
}

pub(crate) type Headers = ureq::http::HeaderMap;

impl Response {
    /// A header's value, if it is text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
}

impl Downloaded {
    /// A header's value, if it is text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
}
