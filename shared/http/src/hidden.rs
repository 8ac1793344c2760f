//! What was sent in secret and comes back. An error page, or the address of a redirect, may repeat
//! all of it or a part, and both are shown to whoever reads the log of a job.

use std::collections::HashSet;

use pysign_host::SECRET;

/// So many bytes of a secret in a row are a part of it, and no word that it has by chance.
const PART: usize = 12;

/// `text` without the secrets and their parts.
///
/// ```
/// let shown = pysign_http::without_secrets(&["glpat-abcdefghijkl"], "no: t-abcdefghijkl");
/// assert_eq!(shown, "no: [secret]");
/// ```
pub fn without_secrets(secrets: &[&str], text: &str) -> String {
    let hidden = found(secrets.iter().copied(), text.as_bytes());
    let mut shown = String::with_capacity(text.len());
    let mut was_hidden = false;
    for ((_, letter), is_hidden) in text.char_indices().map(|(at, letter)| {
        let is_hidden = hidden.iter().skip(at).take(letter.len_utf8()).any(|hidden| *hidden);
        ((at, letter), is_hidden)
    }) {
        if !is_hidden {
            shown.push(letter);
        } else if !was_hidden {
            shown.push_str(SECRET);
        }
        was_hidden = is_hidden;
    }
    shown
}

/// Whether an address holds a secret or a part of it, escaped (RFC 3986 §2.1) or not. A secret that
/// is shorter than a part may be a word that any address has.
pub(crate) fn is_in_address(secrets: &[&str], address: &str) -> bool {
    let secrets = || secrets.iter().copied().filter(|secret| secret.len() >= PART);
    let holds = |bytes: &[u8]| found(secrets(), bytes).contains(&true);
    holds(address.as_bytes()) || holds(&unescaped(address))
}

/// Which bytes belong to a secret.
fn found<'s>(secrets: impl Iterator<Item = &'s str>, text: &[u8]) -> Vec<bool> {
    let mut hidden = vec![false; text.len()];
    for secret in secrets.filter(|secret| !secret.is_empty()) {
        let length = PART.min(secret.len());
        let parts: HashSet<&[u8]> = secret.as_bytes().windows(length).collect();
        for (at, window) in text.windows(length).enumerate() {
            if parts.contains(window) {
                hidden.iter_mut().skip(at).take(length).for_each(|hidden| *hidden = true);
            }
        }
    }
    hidden
}

fn unescaped(text: &str) -> Vec<u8> {
    let digit =
        |byte: &u8| char::from(*byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let (mut bytes, mut rest) = (Vec::with_capacity(text.len()), text.as_bytes());
    while let [first, tail @ ..] = rest {
        let escaped = match (first, tail) {
            (b'%', [high, low, after @ ..]) => digit(high).zip(digit(low)).zip(Some(after)),
            _ => None,
        };
        let byte = escaped.map(|((high, low), after)| (high << 4 | low, after));
        let (byte, after) = byte.unwrap_or((*first, tail));
        bytes.push(byte);
        rest = after;
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOKEN: &str = "eyJhbGci.eyJzdWIi.c2lnbmF0dXJl";

    #[test]
    fn a_secret_and_its_parts_are_not_shown() {
        for (text, shown) in [
            (format!("no: {TOKEN}!"), "no: [secret]!"),
            (format!("{TOKEN} {TOKEN}"), "[secret] [secret]"),
            ("the part zdWIi.c2lnbm was bad".to_owned(), "the part [secret] was bad"),
            ("\u{e9}eyJhbGci.eyJ\u{e9}".to_owned(), "\u{e9}[secret]\u{e9}"),
            ("eyJhbGci is its beginning".to_owned(), "eyJhbGci is its beginning"),
        ] {
            assert_eq!(without_secrets(&[TOKEN, ""], &text), shown);
        }
        assert_eq!(without_secrets(&["short"], "short, and sho"), "[secret], and sho");
        assert_eq!(without_secrets(&["\u{e9}\u{e8}"], "a\u{e9}\u{e8}\u{e9}"), "a[secret]\u{e9}");
    }

    #[test]
    fn an_address_may_hold_a_secret_escaped() {
        let secret = "user:pass+word/1";
        for address in ["/x?user:pass+word/1", "/user%3apass%2Bword", "/%75ser:pass+wo%2"] {
            assert!(is_in_address(&[secret], address), "{address}");
        }
        for address in ["/user:pass", "/user%3", "/%zz", ""] {
            assert!(!is_in_address(&[secret], address), "{address}");
        }
        assert!(!is_in_address(&["packages"], "/packages/demo"));
    }
}
