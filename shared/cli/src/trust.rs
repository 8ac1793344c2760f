//! The flags that name whom to trust, the same for each program that verifies: a trusted root, the
//! public instance for tests or a TUF repository, and only one of them.

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
    about: "Trust the authorities and logs in FILE, and no others",
    detail: "A TrustedRoot, as a Sigstore instance publishes it. It replaces everything that the \
             program would trust otherwise: without it, --staging and --tuf-url, that is the \
             public Sigstore instance.",
};

/// `--staging`: the public instance for tests.
pub const STAGING: Flag = Flag {
    name: "staging",
    short: None,
    value: None,
    repeat: Repeat::Once,
    about: "Trust the public staging instance instead of the production instance",
    detail: "Anyone can sign anything there.",
};

/// `--tuf-url URL`: a private instance.
pub const TUF_URL: Flag = Flag {
    name: "tuf-url",
    short: None,
    value: Some("URL"),
    repeat: Repeat::Once,
    about: "Trust what the TUF repository at URL distributes",
    detail: "Its target trusted_root.json names the authorities and logs. It is fetched at most \
             once a day, and verified each time: signatures, versions, expiry, hashes. It needs \
             --tuf-root.",
};

/// `--tuf-root FILE`: where the trust in a private instance starts.
pub const TUF_ROOT: Flag = Flag {
    name: "tuf-root",
    short: None,
    value: Some("FILE"),
    repeat: Repeat::Once,
    about: "The root metadata to start with for --tuf-url",
    detail: "A root.json of any version, obtained some other way than from that address: all \
             trust is derived from it.",
};

/// What these flags say; `U` is what the program has for an address. At most one member is set:
/// none is the public instance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trust<U> {
    /// A trusted root.
    pub file: Option<PathBuf>,
    /// The public staging instance.
    pub staging: bool,
    /// The address of a TUF repository, and the root metadata to begin with.
    pub repository: Option<(U, PathBuf)>,
}

impl Matches {
    /// Whom to trust: by one way, since each is the whole of it.
    pub fn trust<U: FromStr<Err: Display>>(&self) -> Result<Trust<U>, Usage> {
        let ways = ["trusted-root", "staging", "tuf-url"].into_iter();
        let given: Vec<String> =
            ways.filter(|way| self.is_set(way)).map(|way| format!("--{way}")).collect();
        let url = self.parse("tuf-url")?;
        let repository = match (url, self.path("tuf-root"), given.as_slice()) {
            (_, _, [a, b, ..]) => return Err(Usage::conflict(a, b)),
            (None, Some(_), [way]) => return Err(Usage::conflict("--tuf-root", way)),
            (None, Some(_), []) => {
                let hint = "--tuf-url https://tuf.example.org";
                return Err(Usage::missing(
                    "the repository that belongs to --tuf-root (--tuf-url URL)",
                    hint,
                ));
            }
            (Some(_), None, _) => {
                let what = "the repository's root metadata (--tuf-root FILE)";
                return Err(Usage::missing(what, "--tuf-root root.json"));
            }
            (url, root, _) => url.zip(root),
        };
        Ok(Trust { file: self.path("trusted-root"), staging: self.is_set("staging"), repository })
    }
}
