//! Where an answer may send us.

use crate::{Error, Url};

/// PyPI needs one, GitLab's object storage one or two; browsers stop at 20.
pub(crate) const MAX_REDIRECTS: usize = 5;

/// Whether this status asks to go elsewhere (RFC 9110 §15.4). 300 and 304 do not.
pub(crate) fn is_redirect(status: u16) -> bool {
    matches!(status, 301 | 302 | 303 | 307 | 308)
}

/// Which redirects a request follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Redirects {
    /// To any origin.
    Any,
    /// Within the origin.
    SameOrigin,
    /// Within the origin, and only those that keep method and body (RFC 9110 §15.4.8 and §15.4.9):
    /// a POST that becomes a GET looks like a success.
    SameRequest,
    /// None.
    Refused,
}

/// The address that a redirect from `from` to `location` leads to, if `rule` allows it; never from
/// https to http. A credential needs no check here: it is sent to its own origin only.
pub(crate) fn follow(
    rule: Redirects,
    status: u16,
    from: &Url,
    location: Option<&str>,
) -> Result<Url, Error> {
    let url = from.without_query();
    let Some(location) = location else {
        return Err(Error::Redirect { url, to: None, reason: "but does not say where" });
    };
    let Ok(to) = from.join(location) else {
        return Err(Error::Redirect {
            url,
            to: None,
            reason: "to an address that is malformed or not http",
        });
    };
    let stays = from.origin() == to.origin();
    let refused = match rule {
        Redirects::Refused => Some("where no redirect is followed"),
        Redirects::SameOrigin | Redirects::SameRequest if !stays => Some("which is another origin"),
        Redirects::SameRequest if !matches!(status, 307 | 308) => {
            Some("which would turn the request into a GET")
        }
        _ if from.origin().is_encrypted() && !to.origin().is_encrypted() => {
            Some("which is not encrypted")
        }
        _ if !from.origin().is_loopback() && to.origin().is_loopback() => {
            Some("which is this machine")
        }
        _ => None,
    };
    match refused {
        Some(reason) => {
            Err(Error::Redirect { url, to: Some(Box::new(to.without_query())), reason })
        }
        None => Ok(to),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn led(rule: Redirects, status: u16, from: &str, location: &str) -> Option<String> {
        let led = follow(rule, status, &from.parse().unwrap(), Some(location));
        led.ok().map(|url| url.to_string())
    }

    fn to(from: &str, location: &str) -> Option<String> {
        led(Redirects::Any, 302, from, location)
    }

    #[test]
    fn a_redirect_leads_to_another_encrypted_address() {
        let led = to("https://a.example/x", "https://b.example/y");
        assert_eq!(led.as_deref(), Some("https://b.example/y"));
        assert_eq!(to("https://a.example/x/y", "z").as_deref(), Some("https://a.example/x/z"));
        assert!(to("http://127.0.0.1:1/", "http://127.0.0.1:2/").is_some());
    }

    #[test]
    fn a_redirect_that_gives_something_up_is_refused() {
        for (from, location) in [
            ("https://a.example/", "http://a.example/"),
            ("https://a.example/", "http://127.0.0.1/"),
            ("https://a.example/", "https://127.0.0.1/"),
            ("https://a.example/", "https://localhost./"),
            ("https://a.example/", "https://[::ffff:127.0.0.1]/"),
            ("https://127.0.0.1/", "http://127.0.0.1/"),
            ("https://a.example/", "file:///etc/passwd"),
            ("https://a.example/", "https://user@b.example/"),
        ] {
            assert_eq!(to(from, location), None, "{from} {location}");
        }
        assert!(follow(Redirects::Any, 302, &"https://a.example/".parse().unwrap(), None).is_err());
    }

    #[test]
    fn a_rule_narrows_what_is_followed() {
        use Redirects::{Any, Refused, SameOrigin, SameRequest};
        let near = |rule, status| led(rule, status, "https://a.example/x", "/x/").is_some();
        let far = |rule, status| {
            led(rule, status, "https://a.example/", "https://a.example:8443/").is_some()
        };
        assert!(near(Any, 301) && far(Any, 301));
        assert!(near(SameOrigin, 301) && !far(SameOrigin, 301));
        for (status, kept) in [(301, false), (302, false), (303, false), (307, true), (308, true)] {
            assert_eq!(near(SameRequest, status), kept, "{status}");
            assert!(!far(SameRequest, status) && !near(Refused, status), "{status}");
        }
    }
}
