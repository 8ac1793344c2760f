//! PEM (RFC 7468) in one spelling: one block, lines of 64, each with LF (or each with CRLF), and
//! nothing around it. What stands before or after a block is for some readers text and for others another block.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use der::pem;

use crate::error::Fault;
use crate::text::{with_lf, without_newline};

/// A kind of block.
#[derive(Clone, Copy)]
pub(crate) struct Block {
    /// How it is marked (RFC 7468).
    pub(crate) label: &'static str,
    /// What is said where it is missing.
    pub(crate) missing: &'static str,
}

/// The bytes of the one block of this kind; its last newline may be missing.
pub(crate) fn decode(text: &[u8], Block { label, missing }: Block) -> Result<Vec<u8>, Fault> {
    let text = &*with_lf(text);
    let begin = format!("-----BEGIN {label}-----\n");
    let blocks = text.windows(BEGIN.len()).filter(|window| *window == BEGIN).count();
    if blocks != 1 || !text.starts_with(begin.as_bytes()) {
        return Err(Fault::Rule(missing));
    }
    // The decoder would pass over text before the block, and take any white space in it.
    let (_, der) = pem::decode_vec(text).map_err(|cause| Fault::Der(cause.into()))?;
    if without_newline(text) != without_newline(encode(&der, label).as_bytes()) {
        return Err(Fault::Rule("a PEM block in another spelling, or something after it"));
    }
    Ok(der)
}

/// How every block begins, whatever its label.
const BEGIN: &[u8] = b"-----BEGIN ";

/// One block, in that spelling.
pub fn encode(der: &[u8], label: &str) -> String {
    let text = STANDARD.encode(der);
    let mut block = format!("-----BEGIN {label}-----\n");
    for line in text.as_bytes().chunks(64) {
        block.extend(line.iter().copied().map(char::from));
        block.push('\n');
    }
    block.push_str("-----END ");
    block.push_str(label);
    block.push_str("-----\n");
    block
}
