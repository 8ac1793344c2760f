//! Bytes in base64 as tools write them into files: one spelling, and perhaps a line end after it.

use std::borrow::Cow;

use crate::error::{Error, Fault, Form};
use crate::protobuf::decode_base64;

/// The signatures of the largest keys in use (RSA 4096, ML-DSA) have 0.5 to 5 kB.
const MAX_BYTES: usize = 16 << 10;

/// Reads a `.sig` file: base64, and at most one line end after it.
pub fn signature_from_text(text: &[u8]) -> Result<Vec<u8>, Error> {
    Fault::if_larger(text, MAX_BYTES).map_err(|fault| Form::Signature.error(fault))?;
    decode(text)
        .filter(|signature| !signature.is_empty())
        .ok_or_else(|| Form::Signature.error(Fault::Rule("it is no base64")))
}

/// The bytes that `text` stands for.
pub(crate) fn decode(text: &[u8]) -> Option<Vec<u8>> {
    decode_base64(std::str::from_utf8(without_newline(&with_lf(text))).ok()?)
}

/// The text with LF for CRLF, which Windows and its git write; one in which line ends differ stays
/// as it is, so that there are two spellings and no more.
pub(crate) fn with_lf(text: &[u8]) -> Cow<'_, [u8]> {
    let lf: Vec<u8> = text.iter().copied().filter(|byte| *byte != b'\r').collect();
    let mut crlf = Vec::with_capacity(text.len());
    for line in lf.split_inclusive(|byte| *byte == b'\n') {
        let end = line.strip_suffix(b"\n");
        crlf.extend_from_slice(end.unwrap_or(line));
        crlf.extend_from_slice(if end.is_some() { b"\r\n" } else { b"" });
    }
    if lf.len() < text.len() && crlf == text { lf.into() } else { text.into() }
}

/// Without one newline at the end.
pub(crate) fn without_newline(text: &[u8]) -> &[u8] {
    text.strip_suffix(b"\n").unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_has_one_spelling() {
        assert_eq!(signature_from_text(b"AAE=").unwrap(), [0, 1]);
        assert_eq!(signature_from_text(b"AAE=\n").unwrap(), [0, 1]);
        assert_eq!(signature_from_text(b"AAE=\r\n").unwrap(), [0, 1]);
        for text in [
            &b""[..],
            b"\n",
            b"AAE=\n\n",
            b"AAE=\r",
            b"AAE=\n\r",
            b"AAE=\r\n\r\n",
            b" AAE=",
            b"AAE",
            b"AAF=",
            b"AAE=AAE=",
            b"\xff",
        ] {
            assert!(signature_from_text(text).is_err(), "{text:?}");
        }
        assert!(signature_from_text(&vec![b'A'; 16 << 10]).is_ok());
        assert!(signature_from_text(&vec![b'A'; (16 << 10) + 4]).is_err());
    }
}
