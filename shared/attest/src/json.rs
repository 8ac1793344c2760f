//! JSON that everyone reads alike (RFC 8259 §4 and §6 leave the rest to each reader): no equal keys,
//! no fractions; and objects taken apart member by member until none is left.

use std::collections::BTreeMap;
use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use pysign_host::Sha256;
use serde::de::{DeserializeSeed, Error as _, MapAccess, SeqAccess, Unexpected, Visitor};
use serde_json::{Map, Value};

use crate::error::Fault;

/// One value of at most `cap` bytes, and nothing after it: without equal keys and fractions.
pub fn parse(document: &[u8], cap: usize) -> Result<Value, Fault> {
    read(document, cap, Strict { fractions: false })
}

/// As [`parse`], for what others define: fractions are allowed, and nothing here computes with them.
pub(crate) fn parse_with_fractions(document: &[u8], cap: usize) -> Result<Value, Fault> {
    read(document, cap, Strict { fractions: true })
}

fn read(document: &[u8], cap: usize, strict: Strict) -> Result<Value, Fault> {
    if document.len() > cap {
        return Err(Fault::TooMany { what: "bytes".to_owned(), cap });
    }
    let mut reader = serde_json::Deserializer::from_slice(document);
    let value = strict.deserialize(&mut reader).map_err(Fault::Json)?;
    reader.end().map_err(Fault::Json)?;
    Ok(value)
}

#[derive(Clone, Copy)]
struct Strict {
    fractions: bool,
}

impl<'de> DeserializeSeed<'de> for Strict {
    type Value = Value;

    fn deserialize<D: serde::Deserializer<'de>>(self, reader: D) -> Result<Value, D::Error> {
        reader.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value without fractions")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<Value, E> {
        if self.fractions {
            return Ok(value.into());
        }
        Err(E::invalid_type(Unexpected::Float(value), &self))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element_seed(self)? {
            list.push(item);
        }
        Ok(list.into())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let mut map = Map::new();
        while let Some(key) = entries.next_key::<String>()? {
            if map.contains_key(&key) {
                return Err(A::Error::custom(format_args!("the key {key:?} is there twice")));
            }
            let value = entries.next_value_seed(self)?;
            map.insert(key, value);
        }
        Ok(map.into())
    }
}

/// The members of one object, and where it stands in the document. Each is taken once, and at the end
/// none is left.
#[derive(Debug)]
pub struct Members {
    place: String,
    members: Map<String, Value>,
}

impl Members {
    /// The members of `value`, which must be an object; `place` is what messages call it, and empty
    /// for the document.
    pub fn of(place: String, value: Value) -> Result<Self, Fault> {
        match value {
            Value::Object(members) => Ok(Self { place, members }),
            _ => Err(Fault::Member { place: or_document(place), expected: "an object" }),
        }
    }

    /// Where it stands in the document.
    pub fn place(&self) -> &str {
        &self.place
    }

    fn place_of(&self, name: &str) -> String {
        if self.place.is_empty() { name.to_owned() } else { format!("{}.{name}", self.place) }
    }

    pub(crate) fn wrong(&self, name: &str, expected: &'static str) -> Fault {
        Fault::Member { place: self.place_of(name), expected }
    }

    /// `null` is absence (protobuf's JSON mapping).
    fn take(&mut self, name: &str) -> Option<Value> {
        self.members.remove(name).filter(|value| !value.is_null())
    }

    /// A string.
    pub fn text(&mut self, name: &str) -> Result<String, Fault> {
        match self.take(name) {
            Some(Value::String(text)) => Ok(text),
            _ => Err(self.wrong(name, "a string")),
        }
    }

    /// A string that may be absent.
    pub fn optional_text(&mut self, name: &str) -> Result<Option<String>, Fault> {
        match self.take(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(self.wrong(name, "a string")),
        }
    }

    /// Bytes in base64 (RFC 4648 §4), of which there is one spelling.
    pub(crate) fn bytes(&mut self, name: &str) -> Result<Vec<u8>, Fault> {
        let text = self.text(name)?;
        decode_base64(&text).ok_or_else(|| self.wrong(name, "bytes in base64"))
    }

    /// Bytes that may be absent.
    pub(crate) fn optional_bytes(&mut self, name: &str) -> Result<Option<Vec<u8>>, Fault> {
        let Some(text) = self.optional_text(name)? else { return Ok(None) };
        decode_base64(&text).map(Some).ok_or_else(|| self.wrong(name, "bytes in base64"))
    }

    /// A SHA-256 digest in base64.
    pub(crate) fn hash(&mut self, name: &str) -> Result<Sha256, Fault> {
        let text = self.text(name)?;
        decode_hash(&text).ok_or_else(|| self.wrong(name, HASH))
    }

    /// An `int64` of protobuf's JSON mapping: a string of digits, or a number; none is zero.
    pub(crate) fn integer(&mut self, name: &str) -> Result<u64, Fault> {
        let value = match self.take(name) {
            None => Some(0),
            Some(Value::String(text)) => {
                let plain = text == "0" || !text.starts_with(['0', '+']);
                text.parse().ok().filter(|_| plain)
            }
            Some(value) => value.as_u64(),
        };
        value
            .filter(|value| i64::try_from(*value).is_ok())
            .ok_or_else(|| self.wrong(name, "a number from 0 to 2^63-1"))
    }

    /// A number that is written as one.
    pub(crate) fn number(&mut self, name: &str) -> Result<u64, Fault> {
        let value = self.take(name).as_ref().and_then(Value::as_u64);
        value
            .filter(|value| i64::try_from(*value).is_ok())
            .ok_or_else(|| self.wrong(name, "a number from 0 to 2^63-1, without quotes"))
    }

    /// A SHA-256 digest in lower-case hexadecimal digits.
    pub(crate) fn hex_hash(&mut self, name: &str) -> Result<Sha256, Fault> {
        let text = self.text(name)?;
        text.parse().map_err(|_| self.wrong(name, "64 lower-case hexadecimal digits"))
    }

    /// The object as it was read, for another document that holds the same.
    pub(crate) fn value(&self) -> Value {
        Value::Object(self.members.clone())
    }

    /// An object that may be absent.
    pub fn optional_object(&mut self, name: &str) -> Result<Option<Self>, Fault> {
        let place = self.place_of(name);
        self.take(name).map(|value| Self::of(place, value)).transpose()
    }

    pub(crate) fn object(&mut self, name: &str) -> Result<Self, Fault> {
        self.optional_object(name)?.ok_or_else(|| self.wrong(name, "an object"))
    }

    /// Up to `cap` items, each read by `read`; an absent list is an empty one.
    pub fn list<T>(
        &mut self,
        name: &str,
        cap: usize,
        read: impl Fn(String, Value) -> Result<T, Fault>,
    ) -> Result<Vec<T>, Fault> {
        let place = self.place_of(name);
        let items = match self.take(name) {
            None => Vec::new(),
            Some(Value::Array(items)) => items,
            Some(_) => return Err(self.wrong(name, "a list")),
        };
        if items.len() > cap {
            return Err(Fault::TooMany { what: format!("items in '{place}'"), cap });
        }
        let items = items.into_iter().enumerate();
        items.map(|(index, item)| read(format!("{place}[{index}]"), item)).collect()
    }

    /// A list of objects.
    pub fn objects<T>(
        &mut self,
        name: &str,
        cap: usize,
        read: impl Fn(Self) -> Result<T, Fault>,
    ) -> Result<Vec<T>, Fault> {
        self.list(name, cap, |place, item| read(Self::of(place, item)?))
    }

    /// All members, of which there are at most `cap`: each a string.
    pub(crate) fn texts(self, cap: usize) -> Result<BTreeMap<String, String>, Fault> {
        let Self { place, members } = self;
        if members.len() > cap {
            return Err(Fault::TooMany { what: format!("members of '{place}'"), cap });
        }
        let text = |(name, value)| match value {
            Value::String(text) => Ok((name, text)),
            _ => Err(Fault::Member { place: format!("{place}.{name}"), expected: "a string" }),
        };
        members.into_iter().map(text).collect()
    }

    /// What was not taken, for forms that say nothing of it.
    pub fn into_inner(self) -> Map<String, Value> {
        self.members
    }

    /// The end of the object: what was not taken is not known.
    pub fn end(self) -> Result<(), Fault> {
        match self.members.keys().next() {
            None => Ok(()),
            Some(name) => Err(Fault::Unknown { place: self.place_of(name) }),
        }
    }
}

fn or_document(place: String) -> String {
    if place.is_empty() { "the document".to_owned() } else { place }
}

/// The engine takes neither white space nor other padding nor stray bits at the end.
pub(crate) fn decode_base64(text: &str) -> Option<Vec<u8>> {
    STANDARD.decode(text).ok()
}

pub(crate) fn encode_base64(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

/// What [`decode_hash`] takes.
pub(crate) const HASH: &str = "32 bytes in base64";

pub(crate) fn decode_hash(text: &str) -> Option<Sha256> {
    decode_base64(text)?.try_into().ok().map(Sha256::from_bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn members(text: &str) -> Members {
        Members::of(String::new(), parse(text.as_bytes(), 1000).unwrap()).unwrap()
    }

    #[test]
    fn what_readers_would_read_differently_is_refused() {
        for text in
            [r#"{"a":1,"a":1}"#, r#"[{"b":{"a":1,"\u0061":2}}]"#, "[1.0]", "[1e3]", "{} x", "{", ""]
        {
            assert!(matches!(parse(text.as_bytes(), 1000), Err(Fault::Json(_))), "{text}");
        }
        let deep = "[".repeat(100_000);
        assert!(matches!(parse(deep.as_bytes(), 1 << 20), Err(Fault::Json(_))));
        assert_eq!(parse_with_fractions(b"[1.5]", 9).unwrap(), serde_json::json!([1.5]));
        assert!(parse_with_fractions(br#"{"a":1.5,"a":1.5}"#, 99).is_err());
        assert!(parse(br#"{"a":[1,-1,"x",null,true]}"#, 26).is_ok());
        assert!(matches!(parse(br#"{"a":[1,-1,"x",null,true]}"#, 25), Err(Fault::TooMany { .. })));
    }

    #[test]
    fn a_number_has_one_spelling() {
        for (text, expected) in [
            (r#"{"n":"7"}"#, Some(7)),
            (r#"{"n":7}"#, Some(7)),
            (r#"{"n":"0"}"#, Some(0)),
            ("{}", Some(0)),
            (r#"{"n":null}"#, Some(0)),
            (r#"{"n":"9223372036854775807"}"#, Some(9_223_372_036_854_775_807)),
            (r#"{"n":"9223372036854775808"}"#, None),
            (r#"{"n":"-1"}"#, None),
            (r#"{"n":-1}"#, None),
            (r#"{"n":"07"}"#, None),
            (r#"{"n":"+7"}"#, None),
            (r#"{"n":" 7"}"#, None),
            (r#"{"n":""}"#, None),
            (r#"{"n":[7]}"#, None),
        ] {
            assert_eq!(members(text).integer("n").ok(), expected, "{text}");
        }
    }

    #[test]
    fn a_number_without_quotes_has_none() {
        for (text, expected) in [
            (r#"{"n":7}"#, Some(7)),
            (r#"{"n":0}"#, Some(0)),
            (r#"{"n":9223372036854775807}"#, Some(9_223_372_036_854_775_807)),
            (r#"{"n":9223372036854775808}"#, None),
            (r#"{"n":"7"}"#, None),
            (r#"{"n":-1}"#, None),
            (r#"{"n":null}"#, None),
            ("{}", None),
        ] {
            assert_eq!(members(text).number("n").ok(), expected, "{text}");
        }
    }

    #[test]
    fn bytes_have_one_spelling() {
        for (text, good) in [("AAE=", true), ("AAE", false), ("AAF=", false), ("AA E=", false)] {
            let bytes = members(&format!(r#"{{"b":"{text}"}}"#)).bytes("b");
            assert_eq!(bytes.is_ok(), good, "{text}");
        }
        assert!(members(r#"{"b":"_-8="}"#).bytes("b").is_err());
    }

    #[test]
    fn what_was_not_taken_is_named() {
        let mut outer = members(r#"{"a":{"b":1,"c":2}}"#);
        let mut inner = outer.object("a").unwrap();
        assert_eq!(inner.integer("b").unwrap(), 1);
        assert_eq!(inner.end().unwrap_err().to_string(), "'a.c' is no member of it");
        assert!(outer.end().is_ok());
    }

    #[test]
    fn a_list_has_a_cap() {
        let list = |cap| members(r#"{"l":["a","b"]}"#).list("l", cap, |_, item| Ok(item));
        assert_eq!(list(2).unwrap().len(), 2);
        assert_eq!(list(1).unwrap_err().to_string(), "more than 1 items in 'l'");
    }
}
