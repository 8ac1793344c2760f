//! A repository that is asked over the network. Nothing that it says is believed here; but how much
//! it may say, and for how long, is decided here.

use std::future::ready;
use std::io::{self, ErrorKind, Write};
use std::time::Instant;

use pysign_host::Clock;
use pysign_http::{Client, Error, Request, Url};
use sigstore_tuf::Error as Library;
use sigstore_tuf::transport::FetchFuture;

use super::metadata::{self, Fault};

/// A repository behind an address.
pub(crate) struct Remote {
    client: Client,
    clock: Clock,
    url: Url,
    began: Instant,
}

impl Remote {
    /// Nothing is asked yet, but time begins to run: all requests together have as much of it as
    /// one that is sent again and again.
    pub(crate) fn new(client: Client, clock: Clock, url: Url) -> Self {
        Self { client, clock, url, began: clock.instant() }
    }

    fn metadata(&self, name: &str, cap: u64) -> Result<Option<Vec<u8>>, Library> {
        let Some(bytes) = self.file(&[""], name, cap)? else { return Ok(None) };
        match metadata::check(&bytes) {
            Ok(()) => Ok(Some(bytes)),
            Err(fault) => Err(Library::transport_with_source(name, fault)),
        }
    }

    /// A file of the repository; nothing if it has none of this name.
    fn file(&self, directory: &[&str], name: &str, cap: u64) -> Result<Option<Vec<u8>>, Library> {
        if !is_plain(name) {
            return Err(Library::transport_with_source(name, Fault::Name(name.to_owned())));
        }
        self.download(directory, name, cap)
            .map_err(|error| Library::transport_with_source(name, error))
    }

    fn download(&self, directory: &[&str], name: &str, cap: u64) -> Result<Option<Vec<u8>>, Error> {
        // The name is percent-encoded already.
        let url = self.url.with_path_segments(directory).join(name)?;
        if self.is_over() {
            return Err(Error::Timeout { url });
        }
        // S3 answers 403 for what is not there, if it may not be listed.
        let request = Request::get(url).accept(&[403, 404]);
        let start = || Ok(Timed { bytes: Vec::new(), remote: self });
        match self.client.download(&request, cap, start) {
            Ok((found, _)) if matches!(found.status, 403 | 404) => Ok(None),
            Ok((_, body)) => Ok(Some(body.bytes)),
            // The body takes everything until the time is over.
            Err(Error::Write { url, .. }) => Err(Error::Timeout { url }),
            Err(error) => Err(error),
        }
    }

    fn is_over(&self) -> bool {
        self.clock.instant().saturating_duration_since(self.began) > self.client.patience()
    }
}

impl sigstore_tuf::Repository for Remote {
    fn fetch_metadata<'a>(&'a self, name: &'a str, max_length: u64) -> FetchFuture<'a> {
        Box::pin(ready(self.metadata(name, max_length)))
    }

    fn fetch_target<'a>(&'a self, path: &'a str, max_length: u64) -> FetchFuture<'a> {
        Box::pin(ready(self.file(&["targets", ""], path, max_length)))
    }
}

/// Whether a name is one file's, in a directory and in an address alike. It holds what a targets
/// role says: a digest, or the name of a role, percent-encoded.
fn is_plain(name: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_.~%".contains(c);
    !name.is_empty() && !name.starts_with('.') && name.len() <= 255 && name.chars().all(plain)
}

/// Takes bytes as long as there is time: one byte now and then is progress to a client, and would
/// go on for ever.
struct Timed<'a> {
    bytes: Vec<u8>,
    remote: &'a Remote,
}

impl Write for Timed<'_> {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        if self.remote.is_over() {
            return Err(ErrorKind::TimedOut.into());
        }
        self.bytes.write(buffer)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::is_plain;

    #[test]
    fn a_name_leads_nowhere_else() {
        for name in ["timestamp.json", "12.a%2Fb.json", "0af3.trusted_root.json"] {
            assert!(is_plain(name), "{name}");
        }
        let long = "a".repeat(256);
        for name in
            ["", ".", "..", "../x", "a/b", "a\\b", "C:x", "a\0", "a?b", "a#b", "a b", "ä", &long]
        {
            assert!(!is_plain(name), "{name}");
        }
    }
}
