//! The fault layer: what goes wrong in front of a service, without the service knowing of it.
//!
//! A fault is written `SERVICE[/METHOD]:KIND[*COUNT][@FIRST]`, as `fulcio:html`,
//! `generic/put:status=503;retry-after=1*2` or `storage:wrong-bytes@2`.
//!
//! - SERVICE: `oidc`, `fulcio`, `ct`, `rekor`, `rekor2`, `tsa`, `tuf`; of GitLab `index` (simple pages),
//!   `pypi` (uploads and files), `generic`, `packages` (the list API); `storage`, the object store
//!   on another origin; `public`, the index that unknown projects are forwarded to.
//! - METHOD: only requests of this method, in lower case.
//! - `*COUNT`: only so many requests, so that a retry succeeds. `@FIRST`: from this request on
//!   (1, the default, is the next one); both count the requests that SERVICE and METHOD name.
//!
//! Of several faults that fit a request, the one that was asked for first happens.
//!
//! | KIND | what the client sees |
//! |---|---|
//! | `status=N[;retry-after=S]` | this status with a short JSON body; the service sees nothing |
//! | `html` | 200 and a page, as a portal or a proxy answers; the service sees nothing |
//! | `echo[=N]` | status N (default 400) and all headers and the body of the request: in a JSON body, or, where N redirects, in the path on the object store's origin that it leads to; the service sees nothing |
//! | `redirect[=N]` | status N (default 302) to `/elsewhere` on the object store's origin |
//! | `delay[=S]` | no answer until the client gives up, or for S seconds and then the right one |
//! | `stall` | half of the right answer, then nothing until the client gives up |
//! | `truncate` | half of the right answer, then the end of the connection |
//! | `endless` | 200 and bytes that don't end |
//! | `trickle` | so, but one byte four times a second |
//! | `reset` | the connection is reset; the service sees nothing |
//! | `lost-reply` | what isn't GET or HEAD is done, and the connection is reset instead of the answer |
//!
//! The rest are lies, each well-formed and signed as far as the liar can:
//!
//! | service | lie | |
//! |---|---|---|
//! | `fulcio` | `wrong-key` | the certificate is for a key of Fulcio's own |
//! | | `wrong-identity` | it names another pipeline definition (`not-asked-for.yml`) of the project |
//! | | `wrong-issuer` | it names the other GitLab instance as issuer |
//! | | `no-sct`, `bad-sct` | it has no promise of the log, or one with a broken signature |
//! | | `post-dated` | it is a good one, but an hour later |
//! | | `short-lived` | it is a good one, but for 100 seconds |
//! | `rekor`, `rekor2` | `bad-proof` | a hash of the inclusion proof is another |
//! | | `bad-checkpoint` | the checkpoint's signature is broken |
//! | | `other-entry` | the answer is a true one, about another artifact by another key; to a search or a look-up too |
//! | | `other-proof` | the inclusion proof is a good one, but another entry's |
//! | `rekor` | `behind` | the proof is against a tree head of before the entry |
//! | | `no-proof` | there is no proof |
//! | | `bad-set` | the promise's signature is broken |
//! | | `many-entries` | a search finds 1000 entries, the true ones last |
//! | `tsa` | `wrong-nonce`, `wrong-imprint` | the token is for another question |
//! | | `bad-signature` | the token's signature is broken |
//! | all four | `unknown-signer` | a stand-in with the same names and other keys answers |
//! | `index`, `public` | `wrong-digest`, `no-digest` | the page lists other SHA-256s, or none |
//! | `pypi`, `generic`, `storage`, `public` | `wrong-bytes` | the last byte of a file is another |
//! | `tuf` | | see the module `tuf_lie` |

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::{Error, tuf_lie};

/// A part of the sandbox that can fail by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Service {
    Oidc,
    Fulcio,
    Ct,
    Rekor,
    Rekor2,
    Tsa,
    Tuf,
    Index,
    Pypi,
    Generic,
    Packages,
    Storage,
    Public,
}

impl Service {
    pub(crate) const ALL: [(Self, &str); 13] = [
        (Self::Oidc, "oidc"),
        (Self::Fulcio, "fulcio"),
        (Self::Ct, "ct"),
        (Self::Rekor, "rekor"),
        (Self::Rekor2, "rekor2"),
        (Self::Tsa, "tsa"),
        (Self::Tuf, "tuf"),
        (Self::Index, "index"),
        (Self::Pypi, "pypi"),
        (Self::Generic, "generic"),
        (Self::Packages, "packages"),
        (Self::Storage, "storage"),
        (Self::Public, "public"),
    ];

    pub(crate) fn name(self) -> &'static str {
        Self::ALL.iter().find(|(service, _)| *service == self).map_or("", |(_, name)| name)
    }

    pub(crate) fn parse(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|(_, known)| *known == name).map(|(service, _)| *service)
    }
}

/// What goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Delay(Option<Duration>),
    Echo(u16),
    Endless,
    Html,
    Lie(Lie),
    LostReply,
    Redirect(u16),
    Reset,
    Stall,
    Status { code: u16, retry_after: Option<u32> },
    Trickle,
    Truncate,
    TufLie(tuf_lie::Lie),
}

/// An answer that is wrong in one thing: see the module's table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lie {
    BadCheckpoint,
    BadProof,
    BadSct,
    BadSet,
    BadSignature,
    Behind,
    ManyEntries,
    NoDigest,
    NoProof,
    NoSct,
    OtherEntry,
    OtherProof,
    PostDated,
    ShortLived,
    UnknownSigner,
    WrongBytes,
    WrongDigest,
    WrongIdentity,
    WrongImprint,
    WrongIssuer,
    WrongKey,
    WrongNonce,
}

/// Every lie, and who can tell it.
const LIES: [(&str, Lie, &[Service]); 22] = {
    use Service::{Fulcio, Generic, Index, Public, Pypi, Rekor, Rekor2, Storage, Tsa};
    [
        ("bad-checkpoint", Lie::BadCheckpoint, &[Rekor, Rekor2]),
        ("bad-proof", Lie::BadProof, &[Rekor, Rekor2]),
        ("bad-sct", Lie::BadSct, &[Fulcio]),
        ("bad-set", Lie::BadSet, &[Rekor]),
        ("bad-signature", Lie::BadSignature, &[Tsa]),
        ("behind", Lie::Behind, &[Rekor]),
        ("many-entries", Lie::ManyEntries, &[Rekor]),
        ("no-digest", Lie::NoDigest, &[Index, Public]),
        ("no-proof", Lie::NoProof, &[Rekor]),
        ("no-sct", Lie::NoSct, &[Fulcio]),
        ("other-entry", Lie::OtherEntry, &[Rekor, Rekor2]),
        ("other-proof", Lie::OtherProof, &[Rekor, Rekor2]),
        ("post-dated", Lie::PostDated, &[Fulcio]),
        ("short-lived", Lie::ShortLived, &[Fulcio]),
        ("unknown-signer", Lie::UnknownSigner, &[Fulcio, Rekor, Rekor2, Tsa]),
        ("wrong-bytes", Lie::WrongBytes, &[Generic, Public, Pypi, Storage]),
        ("wrong-digest", Lie::WrongDigest, &[Index, Public]),
        ("wrong-identity", Lie::WrongIdentity, &[Fulcio]),
        ("wrong-imprint", Lie::WrongImprint, &[Tsa]),
        ("wrong-issuer", Lie::WrongIssuer, &[Fulcio]),
        ("wrong-key", Lie::WrongKey, &[Fulcio]),
        ("wrong-nonce", Lie::WrongNonce, &[Tsa]),
    ]
};

/// The faults that are still to happen.
#[derive(Default)]
pub(crate) struct Faults(Mutex<Vec<Fault>>);

#[derive(Debug, PartialEq, Eq)]
struct Fault {
    service: Service,
    /// In upper case.
    method: Option<String>,
    kind: Kind,
    /// Requests that are still spared.
    spared: u32,
    /// How often it still happens; without end when `None`.
    left: Option<u32>,
}

impl Faults {
    /// Adds a fault, in the module's grammar.
    pub(crate) fn add(&self, text: &str) -> Result<(), Error> {
        let fault =
            Fault::parse(text).map_err(|reason| Error::Fault { fault: text.to_owned(), reason })?;
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(fault);
        Ok(())
    }

    pub(crate) fn clear(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// What happens to the next request of a service, if anything does.
    pub(crate) fn next(&self, service: Service, method: &str) -> Option<Kind> {
        let mut faults = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        faults.iter_mut().filter(|fault| fault.fits(service, method)).find_map(Fault::happen)
    }
}

impl Fault {
    fn parse(text: &str) -> Result<Self, &'static str> {
        let (place, rest) = text.split_once(':').ok_or("is not SERVICE:KIND")?;
        let (service, method) = match place.split_once('/') {
            Some((service, method)) => (service, Some(method.to_ascii_uppercase())),
            None => (place, None),
        };
        let service = Service::parse(service).ok_or("names no service")?;
        let positive = |text: &str| text.parse().ok().filter(|number| *number > 0);
        let (rest, spared) = match rest.rsplit_once('@') {
            Some((rest, first)) => {
                let first: u32 = positive(first).ok_or("has a FIRST that is no number")?;
                (rest, first.saturating_sub(1))
            }
            None => (rest, 0),
        };
        let (kind, left) = match rest.rsplit_once('*') {
            Some((rest, count)) => {
                (rest, Some(positive(count).ok_or("has a COUNT that is no number")?))
            }
            None => (rest, None),
        };
        Ok(Self { service, method, kind: Kind::parse(service, kind)?, spared, left })
    }

    fn fits(&self, service: Service, method: &str) -> bool {
        let writes = !matches!(method, "GET" | "HEAD");
        self.service == service
            && self.method.as_deref().is_none_or(|wanted| wanted == method)
            && (self.kind != Kind::LostReply || writes)
    }

    fn happen(&mut self) -> Option<Kind> {
        if self.spared > 0 {
            self.spared -= 1;
            return None;
        }
        if let Some(left) = &mut self.left {
            *left = left.checked_sub(1)?;
        }
        Some(self.kind)
    }
}

impl Kind {
    fn parse(service: Service, text: &str) -> Result<Self, &'static str> {
        let (name, value) = match text.split_once('=') {
            Some((name, value)) => (name, Some(value)),
            None => (text, None),
        };
        let is_status = |code: &u16| (200..600).contains(code);
        match (name, value) {
            ("status", Some(value)) => {
                let (code, retry_after) = match value.split_once(";retry-after=") {
                    Some((code, seconds)) => {
                        let seconds =
                            seconds.parse().map_err(|_| "has a time that is no number")?;
                        (code, Some(seconds))
                    }
                    None => (value, None),
                };
                let code = code.parse().ok().filter(is_status).ok_or("has no status")?;
                Ok(Self::Status { code, retry_after })
            }
            ("delay", Some(seconds)) => {
                let seconds = seconds.parse().map_err(|_| "has a time that is no number")?;
                Ok(Self::Delay(Some(Duration::from_secs(seconds))))
            }
            ("echo" | "redirect", Some(code)) => {
                let code = code.parse().ok().filter(is_status).ok_or("has no status")?;
                Ok(if name == "echo" { Self::Echo(code) } else { Self::Redirect(code) })
            }
            (_, Some(_)) => Err("has a value that its kind doesn't take"),
            ("delay", None) => Ok(Self::Delay(None)),
            ("echo", None) => Ok(Self::Echo(400)),
            ("endless", None) => Ok(Self::Endless),
            ("html", None) => Ok(Self::Html),
            ("lost-reply", None) => Ok(Self::LostReply),
            ("redirect", None) => Ok(Self::Redirect(302)),
            ("reset", None) => Ok(Self::Reset),
            ("stall", None) => Ok(Self::Stall),
            ("trickle", None) => Ok(Self::Trickle),
            ("truncate", None) => Ok(Self::Truncate),
            (name, None) if service == Service::Tuf => {
                let lie = tuf_lie::LIES.iter().find(|(known, _)| *known == name);
                let lie = lie.ok_or("is of no kind that there is")?;
                Ok(Self::TufLie(lie.1))
            }
            (name, None) => match LIES.iter().find(|(known, ..)| *known == name) {
                Some((_, lie, tellers)) if tellers.contains(&service) => Ok(Self::Lie(*lie)),
                Some(_) => Err("is a lie that its service can't tell"),
                None => Err("is of no kind that there is"),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(all: &[&str]) -> Faults {
        let faults = Faults::default();
        for text in all {
            faults.add(text).unwrap();
        }
        faults
    }

    #[test]
    fn every_kind_is_read() {
        let status = |code, retry_after| Kind::Status { code, retry_after };
        for (text, kind) in [
            ("fulcio:status=503", status(503, None)),
            ("oidc:status=429;retry-after=2", status(429, Some(2))),
            ("ct:html", Kind::Html),
            ("index:redirect", Kind::Redirect(302)),
            ("fulcio:echo", Kind::Echo(400)),
            ("fulcio:echo=307", Kind::Echo(307)),
            ("generic:redirect=307", Kind::Redirect(307)),
            ("pypi:delay", Kind::Delay(None)),
            ("pypi:delay=2", Kind::Delay(Some(Duration::from_secs(2)))),
            ("packages:stall", Kind::Stall),
            ("storage:truncate", Kind::Truncate),
            ("public:endless", Kind::Endless),
            ("tuf:trickle", Kind::Trickle),
            ("tuf:bad-root", Kind::TufLie(tuf_lie::Lie::BadRoot)),
            ("rekor2:reset", Kind::Reset),
            ("tsa:wrong-nonce", Kind::Lie(Lie::WrongNonce)),
        ] {
            let (service, _) = text.split_once(':').unwrap();
            let service = Service::parse(service).unwrap();
            assert_eq!(faults(&[text]).next(service, "GET"), Some(kind), "{text}");
        }
    }

    #[test]
    fn every_lie_is_told_by_its_services_and_no_other() {
        for (name, lie, tellers) in LIES {
            for (service, place) in Service::ALL {
                let told = Fault::parse(&format!("{place}:{name}")).map(|fault| fault.kind);
                assert_eq!(
                    told == Ok(Kind::Lie(lie)),
                    tellers.contains(&service),
                    "{place}:{name}"
                );
            }
        }
    }

    #[test]
    fn what_is_not_in_the_grammar_is_refused() {
        for text in [
            "fulcio",
            "fulcio:",
            "nobody:html",
            "fulcio:nothing",
            "fulcio:html=1",
            "fulcio:status",
            "fulcio:status=42",
            "fulcio:status=500;retry-after=soon",
            "fulcio:html*0",
            "fulcio:html*x",
            "fulcio:html@0",
            "fulcio:delay=x",
            "tsa:no-sct",
            "tsa:bad-root",
            "tuf:no-sct",
        ] {
            assert!(Faults::default().add(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_counted_fault_ends_and_a_later_one_begins() {
        let faults = faults(&["rekor:reset*1", "rekor:html*1@2"]);
        assert_eq!(faults.next(Service::Tsa, "GET"), None);
        // The first request is the reset's and does not count for the page.
        assert_eq!(faults.next(Service::Rekor, "GET"), Some(Kind::Reset));
        assert_eq!(faults.next(Service::Rekor, "GET"), None);
        assert_eq!(faults.next(Service::Rekor, "GET"), Some(Kind::Html));
        assert_eq!(faults.next(Service::Rekor, "GET"), None);
    }

    #[test]
    fn a_fault_may_be_for_one_method() {
        let faults = faults(&["generic/put:html", "pypi:lost-reply"]);
        assert_eq!(faults.next(Service::Generic, "GET"), None);
        assert_eq!(faults.next(Service::Generic, "PUT"), Some(Kind::Html));
        assert_eq!(faults.next(Service::Pypi, "GET"), None);
        assert_eq!(faults.next(Service::Pypi, "POST"), Some(Kind::LostReply));
        faults.clear();
        assert_eq!(faults.next(Service::Generic, "PUT"), None);
    }
}
