//! What protobuf's JSON mapping makes of bytes and long integers, taken in one spelling.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use pysign_host::Sha256;
use pysign_json::{Fault, Members, Value};

/// Members that a document in protobuf's JSON mapping has.
pub(crate) trait Protobuf {
    /// Bytes in base64 (RFC 4648 §4).
    fn bytes(&mut self, name: &str) -> Result<Vec<u8>, Fault>;

    /// Bytes that may be absent.
    fn optional_bytes(&mut self, name: &str) -> Result<Option<Vec<u8>>, Fault>;

    /// A SHA-256 digest in base64.
    fn hash(&mut self, name: &str) -> Result<Sha256, Fault>;

    /// An `int64`: a string of digits, or a number; an absent one is zero.
    fn integer(&mut self, name: &str) -> Result<u64, Fault>;
}

impl Protobuf for Members {
    fn bytes(&mut self, name: &str) -> Result<Vec<u8>, Fault> {
        self.optional_bytes(name)?.ok_or_else(|| self.missing(name))
    }

    fn optional_bytes(&mut self, name: &str) -> Result<Option<Vec<u8>>, Fault> {
        let Some(text) = self.optional_text(name)? else { return Ok(None) };
        decode_base64(&text).map(Some).ok_or_else(|| self.wrong(name, "bytes in base64"))
    }

    fn hash(&mut self, name: &str) -> Result<Sha256, Fault> {
        decode_hash(&self.text(name)?).ok_or_else(|| self.wrong(name, HASH))
    }

    fn integer(&mut self, name: &str) -> Result<u64, Fault> {
        let value = match self.take(name) {
            None => Some(0),
            Some(Value::String(text)) => {
                let plain = text == "0" || !text.starts_with(['0', '+']);
                text.parse().ok().filter(|_| plain)
            }
            Some(value) => value.as_u64(),
        };
        let value = value.filter(|value| i64::try_from(*value).is_ok());
        value.ok_or_else(|| self.wrong(name, "a number from 0 to 2^63-1"))
    }
}

/// The engine takes neither white space nor other padding nor stray bits at the end.
pub(crate) fn decode_base64(text: &str) -> Option<Vec<u8>> {
    STANDARD.decode(text).ok()
}

pub(crate) fn encode_base64(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

/// How a SHA-256 digest is written outside of protobuf.
pub(crate) const HEX: &str = "64 lower-case hexadecimal digits";

/// What [`decode_hash`] takes.
pub(crate) const HASH: &str = "32 bytes in base64";

pub(crate) fn decode_hash(text: &str) -> Option<Sha256> {
    decode_base64(text)?.try_into().ok().map(Sha256::from_bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use pysign_json::{Numbers, parse};

    fn members(text: &str) -> Members {
        Members::protobuf("", parse(text.as_bytes(), 1000, Numbers::Integers).unwrap()).unwrap()
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
    fn bytes_have_one_spelling() {
        for (text, good) in [("AAE=", true), ("AAE", false), ("AAF=", false), ("AA E=", false)] {
            let bytes = members(&format!(r#"{{"b":"{text}"}}"#)).bytes("b");
            assert_eq!(bytes.is_ok(), good, "{text}");
        }
        assert!(members(r#"{"b":"_-8="}"#).bytes("b").is_err());
    }
}
