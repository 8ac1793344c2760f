//! One document into one value, with the rules that `serde_json` leaves open.

use std::cell::Cell;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

use crate::Fault;

/// Integers up to 2^53 are the same number in every reader (RFC 8259 §6).
const MAX_EXACT: u64 = 1 << 53;

/// Which numbers a document may hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Numbers {
    /// Integers that every reader reads alike: up to 2^53. They are written as they were read.
    Exact,
    /// Integers of 64 bits.
    Integers,
    /// All. Nobody may compute with them.
    Any,
}

/// Reads one document of at most `cap` bytes, without equal keys or anything after it.
pub fn parse(document: &[u8], cap: usize, numbers: Numbers) -> Result<Value, Fault> {
    if document.len() > cap {
        return Err(Fault::TooMany { what: "bytes".to_owned(), cap });
    }
    let kind: Cell<fn(serde_json::Error) -> Fault> = Cell::new(Fault::Syntax);
    let mut reader = serde_json::Deserializer::from_slice(document);
    let value = Strict { numbers, kind: &kind }
        .deserialize(&mut reader)
        .map_err(|cause| (kind.get())(cause))?;
    reader.end().map_err(Fault::Trailing)?;
    Ok(value)
}

/// Reads a value; `kind` is what its error will be.
#[derive(Clone, Copy)]
struct Strict<'k> {
    numbers: Numbers,
    kind: &'k Cell<fn(serde_json::Error) -> Fault>,
}

impl Strict<'_> {
    fn check_number<E: Error>(self, allowed: bool, value: impl fmt::Display) -> Result<(), E> {
        if allowed {
            return Ok(());
        }
        self.kind.set(Fault::Number);
        let what = match self.numbers {
            Numbers::Exact => "an integer of at most 2^53",
            Numbers::Integers | Numbers::Any => "an integer",
        };
        Err(E::custom(format_args!("the number {value} is not {what}")))
    }
}

impl<'de> DeserializeSeed<'de> for Strict<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<Value, D::Error> {
        reader.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict<'_> {
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

    fn visit_u64<E: Error>(self, value: u64) -> Result<Value, E> {
        self.check_number(self.numbers != Numbers::Exact || value <= MAX_EXACT, value)?;
        Ok(value.into())
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Value, E> {
        let exact = value.unsigned_abs() <= MAX_EXACT;
        self.check_number(self.numbers != Numbers::Exact || exact, value)?;
        Ok(value.into())
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        self.check_number(self.numbers == Numbers::Any, value)?;
        Ok(value.into())
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
                self.kind.set(Fault::DuplicateKey);
                return Err(Error::custom(format_args!("duplicate key {key:?}")));
            }
            let value = entries.next_value_seed(self)?;
            map.insert(key, value);
        }
        Ok(map.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn exact(text: &str) -> Result<Value, Fault> {
        parse(text.as_bytes(), 1 << 20, Numbers::Exact)
    }

    #[test]
    fn a_faithful_document_is_read() {
        let text = r#"{"a":[null,true,-1,9007199254740992,"é"],"b":{}}"#;
        assert_eq!(exact(text).unwrap().to_string(), text);
        assert!(exact("{}\n \n").is_ok());
    }

    #[test]
    fn equal_keys_are_refused_at_any_depth() {
        for text in [r#"{"a":1,"a":1}"#, r#"[{"b":{"a":1,"\u0061":2}}]"#, r#"{"a":1.5,"a":1.5}"#] {
            let fault = parse(text.as_bytes(), 99, Numbers::Any).unwrap_err();
            assert!(matches!(fault, Fault::DuplicateKey(_)), "{text}: {fault}");
        }
    }

    #[test]
    fn each_form_says_which_numbers_it_takes() {
        for (text, exact, integers) in [
            ("9007199254740992", true, true),
            ("-9007199254740992", true, true),
            ("9007199254740993", false, true),
            ("-9007199254740993", false, true),
            ("18446744073709551616", false, false),
            ("2.50", false, false),
            ("1e3", false, false),
            ("1.0", false, false),
        ] {
            let taken = |numbers| match parse(text.as_bytes(), 99, numbers) {
                Ok(_) => true,
                Err(Fault::Number(_)) => false,
                Err(other) => panic!("{text}: {other}"),
            };
            assert_eq!((taken(Numbers::Exact), taken(Numbers::Integers)), (exact, integers));
            assert!(taken(Numbers::Any));
        }
    }

    #[test]
    fn text_after_the_document_is_refused() {
        for text in ["{} {}", "{}\nx", "1 2"] {
            assert!(matches!(exact(text), Err(Fault::Trailing(_))), "{text}");
        }
    }

    #[test]
    fn a_cut_off_or_deep_document_is_refused() {
        for text in ["", "{", r#"{"a":"#, r#"{"a":1"#, "[1,", "\"\u{1}\"", &"[".repeat(100_000)] {
            assert!(matches!(exact(text), Err(Fault::Syntax(_))), "{text}");
        }
    }

    #[test]
    fn a_document_has_a_limited_size() {
        let read = |cap| parse(br#"{"a":[1,-1,"x",null,true]}"#, cap, Numbers::Exact);
        assert!(read(26).is_ok());
        assert!(matches!(read(25), Err(Fault::TooMany { cap: 25, .. })));
    }
}
