//! Mutations that know what they mutate: a byte within base64 within a text within JSON is one that
//! the reader gets to see. What is of no known form is mutated as bytes.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

use crate::Random;
use crate::der;

/// A form within a form, as PEM within base64 within JSON within base64 within JSON.
const MAX_DEPTH: usize = 6;
/// Past every cap of a reader by a little.
const LARGE: usize = 1 << 20;

/// What readers look for, or trip over.
const TOKENS: [&[u8]; 44] = [
    b"null",
    b"true",
    b"{}",
    b"[]",
    b"\"\"",
    b"0",
    b"-1",
    b"1.0",
    b"1e3",
    b"9223372036854775807",
    b"9223372036854775808",
    b"18446744073709551616",
    b"\\u0000",
    b"\\ud800",
    b"\xef\xbb\xbf",
    b"\0",
    b"\n",
    b"\n\n",
    b"\r\n",
    b"\t",
    b" ",
    b"=",
    b"==",
    b"-----BEGIN CERTIFICATE-----\n",
    b"-----END CERTIFICATE-----\n",
    b"-----BEGIN PUBLIC KEY-----\n",
    b"\xe2\x80\x94 ",
    b"..",
    b"/",
    b"%2f",
    b"{version}",
    b"*",
    b"refs/tags/",
    b"sha256",
    b"\x30\x80",
    b"\x00\x00",
    b"\x30\x84\xff\xff\xff\xff",
    b"\x06\x03\x55\x1d\x11",
    b"\xff\xff\xff\xff",
    b"https://",
    b"(?i)",
    b"{999}",
    b"(.*)*",
    b"[^\\pL]",
];

/// Another document made of `seed`, and perhaps of parts of `other`: JSON, PEM, DER or base64 is
/// mutated as what it is, and anything else as bytes.
pub fn mutate(random: &mut Random, seed: &[u8], other: &[u8]) -> Vec<u8> {
    let mut mutation = Mutation { random, other };
    let mut mutated = mutation.any(seed, 0);
    while mutation.random.once_in(3) {
        mutated = mutation.any(&mutated, 0);
    }
    mutated
}

struct Mutation<'a> {
    random: &'a mut Random,
    other: &'a [u8],
}

impl Mutation<'_> {
    /// By its form, which its first byte gives away; sometimes as if it had none.
    fn any(&mut self, bytes: &[u8], depth: usize) -> Vec<u8> {
        if depth >= MAX_DEPTH || self.random.once_in(6) {
            return self.raw(bytes);
        }
        let mutated = match bytes.first() {
            Some(b'{' | b'[') => self.json(bytes, depth),
            Some(b'-') => self.pem(bytes, depth),
            Some(0x30) => self.der(bytes).or_else(|| self.base64(bytes, depth)),
            _ => self.base64(bytes, depth),
        };
        mutated.unwrap_or_else(|| self.raw(bytes))
    }

    fn json(&mut self, bytes: &[u8], depth: usize) -> Option<Vec<u8>> {
        let mut document: Value = serde_json::from_slice(bytes).ok()?;
        let other = serde_json::from_slice(self.other).unwrap_or_else(|_| document.clone());
        self.value(&mut document, &other, depth);
        let text = document.to_string();
        // The one change that a value can't hold: a member that is there twice.
        Some(text.replace(AGAIN, "\"").into_bytes())
    }

    /// Changes one place at or below `value`; `other` is what another document has there.
    fn value(&mut self, value: &mut Value, other: &Value, depth: usize) {
        match value {
            Value::Object(members) if !self.random.once_in(5) => {
                let at = self.random.below(members.len());
                let Some((name, inner)) = members.iter_mut().nth(at) else { return };
                let name = name.clone();
                let beside = other.get(&name).unwrap_or(other);
                if self.random.once_in(6) {
                    self.members(members, &name);
                } else {
                    self.value(inner, beside, depth);
                }
            }
            Value::Array(items) if !self.random.once_in(5) => {
                let at = self.random.below(items.len());
                let Some(inner) = items.get_mut(at) else { return };
                let beside = other.get(at).unwrap_or(other);
                if self.random.once_in(6) {
                    self.items(items, at);
                } else {
                    self.value(inner, beside, depth);
                }
            }
            Value::String(text) if !self.random.once_in(5) => *text = self.text(text, depth),
            _ => *value = self.replacement(value, other),
        }
    }

    fn members(&mut self, members: &mut Map<String, Value>, name: &str) {
        let Some(value) = members.get(name).cloned() else { return };
        let new = match self.random.below(4) {
            0 => return drop(members.remove(name)),
            // Twice the same name, by way of an escape that is undone in the text.
            1 => format!("{AGAIN_NAME}{name}"),
            2 => self.text(name, MAX_DEPTH),
            _ => "more".to_owned(),
        };
        members.insert(new, value);
    }

    fn items(&mut self, items: &mut Vec<Value>, at: usize) {
        let Some(item) = items.get(at).cloned() else { return };
        match self.random.below(4) {
            0 => drop(items.remove(at)),
            1 => items.insert(at, item),
            2 => {
                let to = self.random.below(items.len());
                items.swap(at, to);
            }
            _ => {
                let count = self.random.below(40);
                items.extend(vec![item; count]);
            }
        }
    }

    fn text(&mut self, text: &str, depth: usize) -> String {
        if let Ok(number) = text.parse::<i64>()
            && !self.random.once_in(4)
        {
            return self.number(number).to_string();
        }
        String::from_utf8_lossy(&self.any(text.as_bytes(), depth + 1)).into_owned()
    }

    fn number(&mut self, number: i64) -> i64 {
        match self.random.below(6) {
            0 => number.saturating_add(1),
            1 => number.saturating_sub(1),
            2 => number.wrapping_neg(),
            3 => i64::MAX,
            4 => number.saturating_mul(1 << 20),
            _ => 0,
        }
    }

    fn replacement(&mut self, value: &Value, other: &Value) -> Value {
        match (self.random.below(8), value.as_i64()) {
            (0..3, Some(number)) => self.number(number).into(),
            (0..3, None) => other.clone(),
            (3, _) => Value::Null,
            (4, _) => json!([value]),
            (5, _) => json!({"more": value}),
            (6, _) => json!(value.to_string()),
            _ => json!(self.random.below(1 << 20)),
        }
    }

    fn base64(&mut self, bytes: &[u8], depth: usize) -> Option<Vec<u8>> {
        let text = bytes.strip_suffix(b"\n").unwrap_or(bytes);
        if text.len() < 8 {
            return None;
        }
        let inner = STANDARD.decode(text).ok()?;
        Some(STANDARD.encode(self.any(&inner, depth + 1)).into_bytes())
    }

    /// Lines of 64, as everyone writes them.
    fn pem(&mut self, bytes: &[u8], depth: usize) -> Option<Vec<u8>> {
        let text = std::str::from_utf8(bytes).ok()?;
        let (begin, rest) = text.split_once('\n')?;
        let (body, end) = rest.split_once("-----END")?;
        let inner = STANDARD.decode(body.replace('\n', "")).ok()?;
        let inner = STANDARD.encode(self.any(&inner, depth + 1));
        let lines: Vec<u8> =
            inner.as_bytes().chunks(64).flat_map(|line| [line, b"\n"].concat()).collect();
        Some([begin.as_bytes(), b"\n", &lines, b"-----END", end.as_bytes()].concat())
    }

    fn der(&mut self, bytes: &[u8]) -> Option<Vec<u8>> {
        let mut values: Vec<(u8, Vec<u8>)> = der::split(bytes)?
            .into_iter()
            .map(|value| (value.tag, value.content.to_vec()))
            .collect();
        let at = self.random.below(values.len());
        let (tag, content) = values.get_mut(at)?;
        let nested = der::Tlv { tag: *tag, content }.is_nested();
        let deeper = if nested && !self.random.once_in(6) { self.der(content) } else { None };
        match deeper {
            Some(inner) => *content = inner,
            None => match self.random.below(6) {
                0 => drop(values.remove(at)),
                1 => {
                    let copy = (*tag, content.clone());
                    values.insert(at, copy);
                }
                2 => *tag = self.random.byte() & !0x1f | *tag & 0x1f,
                3 => *tag = self.random.byte(),
                _ => *content = self.raw(content),
            },
        }
        Some(values.iter().flat_map(|(tag, content)| der::encode(*tag, content)).collect())
    }

    /// As bytes and lines.
    fn raw(&mut self, bytes: &[u8]) -> Vec<u8> {
        let mut bytes = bytes.to_vec();
        for _ in 0..=self.random.below(3) {
            self.once(&mut bytes);
        }
        bytes
    }

    fn once(&mut self, bytes: &mut Vec<u8>) {
        let at = self.random.below(bytes.len());
        let end = at + self.random.below(32).min(bytes.len() - at);
        match self.random.below(11) {
            0..3 => {
                let bit = 1 << self.random.below(8);
                bytes.get_mut(at).into_iter().for_each(|byte| *byte ^= bit);
            }
            3 => {
                let other = self.random.byte();
                bytes.get_mut(at).into_iter().for_each(|byte| *byte = other);
            }
            4 => drop(bytes.drain(at..end)),
            5 => bytes.truncate(at),
            6 => {
                let copy: Vec<u8> = bytes.drain(at..end).collect();
                bytes.splice(at..at, [copy.as_slice(), &copy].concat());
            }
            7 => {
                let from = self.random.below(self.other.len());
                let some = self.random.below(64);
                bytes.splice(at..end, self.other.iter().skip(from).take(some).copied());
            }
            8 => self.lines(bytes),
            9 if self.random.once_in(500) => {
                let unit = bytes.get(at..end).unwrap_or_default().to_vec();
                let times = LARGE / unit.len().max(1);
                bytes.splice(at..at, unit.repeat(times));
            }
            _ => {
                let token = self.random.pick(&TOKENS).unwrap_or_default();
                bytes.splice(at..at, token.iter().copied());
            }
        }
    }

    /// Removes, doubles or empties a line.
    fn lines(&mut self, bytes: &mut Vec<u8>) {
        let mut lines: Vec<&[u8]> = bytes.split(|byte| *byte == b'\n').collect();
        let at = self.random.below(lines.len());
        let Some(line) = lines.get(at).copied() else { return };
        match self.random.below(3) {
            0 => drop(lines.remove(at)),
            1 => lines.insert(at, line),
            _ => lines.insert(at, b""),
        }
        *bytes = lines.join(&b'\n');
    }
}

/// A mark in a member's name that makes it another one, and how JSON writes it after the quote.
const AGAIN_NAME: &str = "\u{1}";
const AGAIN: &str = "\"\\u0001";

#[cfg(test)]
mod tests {
    use super::*;

    fn all(seed: &[u8], rounds: u64) -> Vec<Vec<u8>> {
        (0..rounds).map(|round| mutate(&mut Random::new(round), seed, b"other")).collect()
    }

    #[test]
    fn the_same_number_gives_the_same_mutation() {
        let seed = br#"{"a": ["AAAAAAAAAAA=", 7], "b": null}"#;
        assert_eq!(all(seed, 200), all(seed, 200));
    }

    #[test]
    fn nothing_is_too_short() {
        for seed in
            [&b""[..], b"\n", b"{", b"{}", b"[]", b"\x30\x00", b"-----BEGIN X-----\n", b"AAAA"]
        {
            assert_eq!(all(seed, 500).len(), 500);
        }
    }

    #[test]
    fn a_byte_is_reached_through_every_form_around_it() {
        let der = der::encode(0x30, &der::encode(0x04, &der::encode(0x0c, b"gitlab.com")));
        let pem = format!(
            "-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n",
            STANDARD.encode(&der)
        );
        let body = json!({"key": STANDARD.encode(pem)}).to_string();
        let document = json!({"body": STANDARD.encode(body)}).to_string();
        let changed = all(document.as_bytes(), 1_500).into_iter().filter(|mutated| {
            let reach = || {
                let outer: Value = serde_json::from_slice(mutated).ok()?;
                let body = STANDARD.decode(outer["body"].as_str()?).ok()?;
                let body: Value = serde_json::from_slice(&body).ok()?;
                let pem = String::from_utf8(STANDARD.decode(body["key"].as_str()?).ok()?).ok()?;
                let inner = STANDARD.decode(pem.lines().nth(1)?).ok()?;
                let [sequence] = <[der::Tlv<'_>; 1]>::try_from(der::split(&inner)?).ok()?;
                let [octets] = <[der::Tlv<'_>; 1]>::try_from(der::split(sequence.content)?).ok()?;
                let [text] = <[der::Tlv<'_>; 1]>::try_from(der::split(octets.content)?).ok()?;
                Some(text.tag == 0x0c && text.content != b"gitlab.com")
            };
            reach() == Some(true)
        });
        assert!(changed.count() > 30);
    }

    #[test]
    fn a_member_may_be_there_twice() {
        let twice = all(br#"{"a":1}"#, 3_000).into_iter().any(|one| one == br#"{"a":1,"a":1}"#);
        assert!(twice);
    }
}
