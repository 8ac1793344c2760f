//! The flags that name whom to trust, the same for each program that verifies: a file, a public
//! instance or a TUF repository, and one of them only.

use std::fmt::Display;
use std::path::PathBuf;
use std::str::FromStr;

use crate::flag::{Flag, Repeat};
use crate::{Matches, Usage};

/// `--trusted-root FILE`: what to trust, in a file.
pub const TRUSTED_ROOT: Flag = Flag {
    name: "trusted-root",
    short: None,
    value: Some("FILE"),
    repeat: Repeat::Once,
    about: "The authorities and logs to trust, and no others",
    detail: "A TrustedRoot, as a Sigstore instance publishes it. It replaces everything that the \
             program would trust otherwise: without it and the next three, that is the public \
             Sigstore instance.",
};

/// `--staging`: the other public instance.
pub const STAGING: Flag = Flag {
    name: "staging",
    short: None,
    value: None,
    repeat: Repeat::Once,
    about: "Trust the public instance for trying things, and not the real one",
    detail: "Anyone can sign anything there.",
};

/// `--tuf-url URL`: a private instance.
pub const TUF_URL: Flag = Flag {
    name: "tuf-url",
    short: None,
    value: Some("URL"),
    repeat: Repeat::Once,
    about: "Trust what this TUF repository vouches for",
    detail: "Its target trusted_root.json names the authorities and logs. It is fetched at most \
             once a day, and verified each time: signatures, versions, expiry, hashes. It needs \
             --tuf-root.",
};

/// `--tuf-root FILE`: what a private instance begins with.
pub const TUF_ROOT: Flag = Flag {
    name: "tuf-root",
    short: None,
    value: Some("FILE"),
    repeat: Repeat::Once,
    about: "The root metadata that the repository of --tuf-url begins with",
    detail: "A root.json of any version, which came some other way than from that address: all \
             trust goes back to it.",
};

/// What these flags say; `U` is what the program has for an address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trust<U> {
    /// Nothing.
    Unnamed,
    /// The public instance for trying things.
    Staging,
    /// A trusted root.
    File(PathBuf),
    /// A TUF repository and the root metadata to begin with.
    Repository {
        /// Its address.
        url: U,
        /// The file.
        root: PathBuf,
    },
}

impl Matches {
    /// Whom to trust: by one way, since each is the whole of it.
    pub fn trust<U: FromStr<Err: Display>>(&self) -> Result<Trust<U>, Usage> {
        const WAYS: [&str; 3] = ["--trusted-root", "--staging", "--tuf-url"];
        let given: Vec<&str> =
            WAYS.into_iter().filter(|way| self.is_set(way.trim_start_matches('-'))).collect();
        if let [a, b, ..] = given.as_slice() {
            return Err(Usage::Conflict { a: (*a).to_owned(), b: (*b).to_owned() });
        }
        match (self.parse::<U>("tuf-url")?, self.path("tuf-root"), given.as_slice()) {
            (Some(url), Some(root), _) => Ok(Trust::Repository { url, root }),
            (Some(_), None, _) => Err(Usage::Missing {
                what: "the repository's root metadata (--tuf-root FILE)",
                hint: "--tuf-root root.json".to_owned(),
            }),
            (None, Some(_), [way]) => {
                Err(Usage::Conflict { a: "--tuf-root".to_owned(), b: (*way).to_owned() })
            }
            (None, Some(_), _) => Err(Usage::Missing {
                what: "the repository that --tuf-root is of (--tuf-url URL)",
                hint: "--tuf-url https://tuf.example.org".to_owned(),
            }),
            (None, None, ["--staging"]) => Ok(Trust::Staging),
            (None, None, _) => Ok(self.path("trusted-root").map_or(Trust::Unnamed, Trust::File)),
        }
    }
}
