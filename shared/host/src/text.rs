//! Text made safe for its reader: a server, a shell, or whoever reads the log of a job.

use std::fmt::Write as _;

/// What stands in the place of a secret.
pub const SECRET: &str = "[secret]";

/// Percent-encodes everything but the unreserved characters (RFC 3986 §2.3), so that the text is
/// one segment of a path or one value of a query.
///
/// ```
/// assert_eq!(pysign_host::percent_encode("1.0+x/é"), "1.0%2Bx%2F%C3%A9");
/// ```
pub fn percent_encode(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            // A String takes all that is written to it.
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    encoded
}

/// In single quotes for a POSIX shell.
///
/// ```
/// assert_eq!(pysign_host::shell_quoted("it's $HOME"), r"'it'\''s $HOME'");
/// ```
pub fn shell_quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// As it is where a POSIX shell reads one word, else in single quotes.
///
/// ```
/// assert_eq!(pysign_host::shell_word("https://a.example"), "https://a.example");
/// assert_eq!(pysign_host::shell_word("https://a/;rm"), "'https://a/;rm'");
/// ```
pub fn shell_word(text: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-._~:/@%+=,".contains(c);
    if text.is_empty() || !text.chars().all(is_plain) {
        return shell_quoted(text);
    }
    text.to_owned()
}

/// An address without the user and password in it. It need not be a valid one: what comes before the
/// last `@` is taken for them.
///
/// ```
/// let shown = pysign_host::without_user("https://user:pass/word@a.example/x");
/// assert_eq!(shown, "https://[secret]@a.example/x");
/// ```
pub fn without_user(address: &str) -> String {
    let (scheme, rest) = match address.split_once("://") {
        Some((scheme, rest)) => (format!("{scheme}://"), rest),
        None => (String::new(), address),
    };
    match rest.rsplit_once('@') {
        Some((_, host)) => format!("{scheme}{SECRET}@{host}"),
        None => address.to_owned(),
    }
}

/// Text of another program without the users and passwords of the addresses in it: an index's
/// address may come from the environment with a job's token.
///
/// ```
/// let shown = pysign_host::without_passwords("no 'https://u:p@a.example/x@1'");
/// assert_eq!(shown, "no 'https://[secret]@a.example/x@1'");
/// ```
pub fn without_passwords(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("://") {
        shown.push_str(before);
        shown.push_str("://");
        let end = after.find(|c: char| c.is_whitespace() || "'\"<>".contains(c));
        let (address, remainder) = after.split_at(end.unwrap_or(after.len()));
        let (authority, path) = address.split_at(address.find('/').unwrap_or(address.len()));
        let port = authority.rsplit_once(':').map(|(_, port)| port);
        if authority.contains('@') {
            shown.push_str(&without_user(authority));
            shown.push_str(path);
        } else if port.is_some_and(|port| port.contains(|c: char| !c.is_ascii_digit() && c != ']'))
        {
            // No port, so a password that has a slash in it.
            shown.push_str(&without_user(address));
        } else {
            shown.push_str(address);
        }
        rest = remainder;
    }
    shown + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shell_reads_nothing_into_a_word() {
        for (text, word) in [
            ("refs/tags/v1.0", "refs/tags/v1.0"),
            ("", "''"),
            ("a b", "'a b'"),
            ("$(x)", "'$(x)'"),
            ("'", r"''\'''"),
            ("~", "~"),
        ] {
            assert_eq!(shell_word(text), word);
        }
    }

    #[test]
    fn an_address_is_shown_without_its_user() {
        for (address, shown) in [
            ("https://user:canary@a.example/x", "https://[secret]@a.example/x"),
            ("legacy:https://canary@a.example", "legacy:https://[secret]@a.example"),
            ("https://user:can/ary@a.example", "https://[secret]@a.example"),
            ("user:can@ary@a.example", "[secret]@a.example"),
            ("https://a.example/x", "https://a.example/x"),
        ] {
            assert_eq!(without_user(address), shown);
        }
    }

    #[test]
    fn passwords_of_addresses_in_a_text_are_not_shown() {
        for (text, shown) in [
            ("at https://u:p@host/x", "at https://[secret]@host/x"),
            ("'http://t@h', ftp://a:b@c", "'http://[secret]@h', ftp://[secret]@c"),
            ("https://u:can/ary@host/x", "https://[secret]@host/x"),
            ("git+https://host:80/a@b", "git+https://host:80/a@b"),
            ("http://[::1]/a@b", "http://[::1]/a@b"),
            ("no address, a@b", "no address, a@b"),
        ] {
            assert_eq!(without_passwords(text), shown);
        }
    }
}
