//! Strict JSON: what would be changed by reading and writing it is refused.
//!
//! `serde_json` keeps the last of two equal keys, and turns 2.50 into 2.5 and a long integer into a
//! float (RFC 8259 §4 and §6 leave all of it open); a signature chain can't afford any of them.

use std::fmt;

use serde::de::{DeserializeSeed, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

use crate::{Error, MAX_BYTES};

/// Integers up to 2^53 are the same number in every JSON reader (RFC 8259 §6).
const MAX_INTEGER: u64 = 1 << 53;

pub(crate) fn parse(document: &[u8]) -> Result<Value, Error> {
    if u64::try_from(document.len()).is_ok_and(|size| size > MAX_BYTES) {
        return Err(Error::TooLarge { what: "bytes", cap: "64 MiB" });
    }
    let mut reader = serde_json::Deserializer::from_slice(document);
    let value = Strict.deserialize(&mut reader).map_err(explain)?;
    reader.end().map_err(explain)?;
    Ok(value)
}

/// The rule that was broken, as far as the parser says it.
fn explain(cause: serde_json::Error) -> Error {
    let text = cause.to_string();
    if text.starts_with(DUPLICATE) {
        Error::DuplicateKey { cause }
    } else if text.starts_with(NUMBER) {
        Error::Number { cause }
    } else if text.starts_with("trailing characters") {
        Error::Trailing { cause }
    } else {
        Error::Malformed { cause }
    }
}

const DUPLICATE: &str = "the key ";
const NUMBER: &str = "the number ";

struct Strict;

impl<'de> DeserializeSeed<'de> for Strict {
    type Value = Value;

    fn deserialize<D: serde::Deserializer<'de>>(self, reader: D) -> Result<Value, D::Error> {
        reader.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E: serde::de::Error>(self, value: u64) -> Result<Value, E> {
        if value > MAX_INTEGER {
            return Err(E::custom(format_args!("{NUMBER}{value} is larger than 2^53")));
        }
        Ok(value.into())
    }

    fn visit_i64<E: serde::de::Error>(self, value: i64) -> Result<Value, E> {
        if value.unsigned_abs() > MAX_INTEGER {
            return Err(E::custom(format_args!("{NUMBER}{value} is smaller than -2^53")));
        }
        Ok(value.into())
    }

    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<Value, E> {
        Err(E::custom(format_args!("{NUMBER}{value:?} is not an integer")))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element_seed(Self)? {
            list.push(item);
        }
        Ok(list.into())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let mut map = Map::new();
        while let Some(key) = entries.next_key::<String>()? {
            if map.contains_key(&key) {
                return Err(A::Error::custom(format_args!("{DUPLICATE}{key:?} is there twice")));
            }
            let value = entries.next_value_seed(Self)?;
            map.insert(key, value);
        }
        Ok(map.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_faithful_is_read() {
        let text = r#"{"a":[null,true,-1,9007199254740992,"é"],"b":{}}"#;
        assert_eq!(parse(text.as_bytes()).unwrap().to_string(), text);
    }

    #[test]
    fn equal_keys_are_refused_at_any_depth() {
        for text in [r#"{"a":1,"a":1}"#, r#"[{"b":{"a":1,"\u0061":2}}]"#] {
            assert!(matches!(parse(text.as_bytes()), Err(Error::DuplicateKey { .. })), "{text}");
        }
    }

    #[test]
    fn numbers_that_would_change_are_refused() {
        for text in
            ["2.50", "1e3", "9007199254740993", "-9007199254740993", "1234567890123456789012"]
        {
            assert!(matches!(parse(text.as_bytes()), Err(Error::Number { .. })), "{text}");
        }
    }

    #[test]
    fn text_after_the_document_is_refused() {
        for text in ["{} {}", "{}\nx", "1 2"] {
            assert!(matches!(parse(text.as_bytes()), Err(Error::Trailing { .. })), "{text}");
        }
        assert!(parse(b"{}\n \n").is_ok());
    }

    #[test]
    fn a_cut_off_document_is_malformed() {
        for text in ["", "{", r#"{"a":"#, r#"{"a":1"#, "[1,", "\"\u{1}\""] {
            assert!(matches!(parse(text.as_bytes()), Err(Error::Malformed { .. })), "{text}");
        }
        let deep = "[".repeat(100_000);
        assert!(matches!(parse(deep.as_bytes()), Err(Error::Malformed { .. })));
    }
}
