//! Values of a certificate in a hint: what is typed must not be read by the shell.

/// In single quotes for a POSIX shell.
pub(crate) fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}
