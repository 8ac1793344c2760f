//! The little of a URL that can be checked without a client: its form and its origin.

/// What an accepted URL looks like, for messages.
pub(crate) const FORM: &str =
    "an http or https URL without user, query, fragment or '/' at its end";

/// The origin (RFC 6454) of `url`, scheme and authority as written, when the URL has [`FORM`].
pub(crate) fn origin(url: &str) -> Option<&str> {
    let scheme = ["https://", "http://"].into_iter().find(|scheme| url.starts_with(scheme))?;
    let rest = url.get(scheme.len()..)?;
    let (authority, path) = match rest.find('/') {
        Some(slash) => rest.split_at(slash),
        None => (rest, ""),
    };
    let plain = |c: char| c.is_ascii_alphanumeric() || "-._~/".contains(c);
    let path_is_plain = path.chars().all(plain) && !path.ends_with('/') && !path.contains("..");
    (is_authority(authority) && path_is_plain).then(|| url.get(..scheme.len() + authority.len()))?
}

/// `host` or `host:port`, the host a name, an IPv4 address or an IPv6 address in brackets.
pub(crate) fn is_authority(text: &str) -> bool {
    let (host, port) = match text.rfind(':') {
        Some(colon) if !text.ends_with(']') => text.split_at(colon),
        _ => (text, ":1"),
    };
    let named = |host: &str| {
        host.starts_with(|c: char| c.is_ascii_alphanumeric())
            && host.chars().all(|c| c.is_ascii_alphanumeric() || "-.".contains(c))
    };
    let address = |inner: &str| inner.parse::<std::net::Ipv6Addr>().is_ok();
    let host_is_good = match host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        Some(inner) => address(inner),
        None => named(host),
    };
    let digits = port.trim_start_matches(':');
    host_is_good
        && digits.bytes().all(|byte| byte.is_ascii_digit())
        && digits.parse::<u16>().is_ok_and(|port| port > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_origin_is_scheme_and_authority() {
        for (url, expected) in [
            ("https://gitlab.com", "https://gitlab.com"),
            ("https://git.example.org:8443/gitlab/api/v4", "https://git.example.org:8443"),
            ("http://127.0.0.1:4000/api/v4", "http://127.0.0.1:4000"),
            ("http://[::1]:4000", "http://[::1]:4000"),
        ] {
            assert_eq!(origin(url), Some(expected));
        }
    }

    #[test]
    fn what_could_name_another_place_is_no_url() {
        for url in [
            "gitlab.com",
            "ftp://gitlab.com",
            "https://",
            "https:///api",
            "https://user@gitlab.com",
            "https://gitlab.com:",
            "https://gitlab.com:0",
            "https://gitlab.com:+1",
            "https://gitlab.com:99999",
            "https://gitlab.com/",
            "https://gitlab.com/api?x",
            "https://gitlab.com/api#x",
            "https://gitlab.com/a/../b",
            "https://git lab.com",
            "https://gitlab.com\n",
            "https://[::1",
            "https://[x]",
        ] {
            assert_eq!(origin(url), None, "{url}");
        }
    }
}
