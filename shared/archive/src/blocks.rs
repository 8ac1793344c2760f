//! Copying in blocks of one size, so that what comes out never depends on how the input was cut.

use std::io::{Read, Write};

use crate::error::{Fault, Format};

const BLOCK: usize = 64 << 10;

/// Copies to the end of `reader`; says how many bytes. Errors of the reader are the archive's.
pub(crate) fn copy(
    format: Format,
    reader: &mut impl Read,
    sink: &mut impl Write,
) -> Result<u64, Fault> {
    let mut block = Vec::with_capacity(BLOCK);
    let mut copied = 0;
    loop {
        block.clear();
        let mut part = reader.by_ref().take(size(BLOCK));
        part.read_to_end(&mut block).map_err(|cause| Fault::on_read(format, cause))?;
        sink.write_all(&block).map_err(Fault::Write)?;
        copied += size(block.len());
        if block.len() < BLOCK {
            return Ok(copied);
        }
    }
}

/// A length in memory as a size in a file.
pub(crate) fn size(length: usize) -> u64 {
    u64::try_from(length).unwrap_or(u64::MAX)
}
