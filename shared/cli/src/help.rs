//! `--help` and `--version`, from the table.

use std::fmt::Write as _;

use crate::terminal::wrap;
use crate::{Flag, Spec, Takes};

/// The exit codes, their names and what they mean: the same for all programs.
pub(crate) const EXIT_CODES: [(&str, &str, &str); 8] = [
    ("0", "ok", "done"),
    ("1", "refused", "a check failed: digest, signature, identity, log, archive, or conflict"),
    ("2", "usage", "the command line is wrong, or no policy was given"),
    ("3", "input", "an input is missing or malformed; a build failed; output can't be written"),
    ("4", "unavailable", "a service can't be reached or asks to wait; worth a retry"),
    ("5", "denied", "a service refused the request, or there is no suitable identity token"),
    ("6", "upstream", "standard input or a file of -m was empty: the stage before failed"),
    ("101", "bug", "a panic: please report it"),
];

/// Name and version, as the manifest's `tools` has it but for the space.
pub(crate) fn version(spec: &Spec) -> String {
    format!("{} {}", spec.name, env!("CARGO_PKG_VERSION"))
}

/// `pysign-x [FLAGS] [FILE...]`, or `[SRC]` where there is one source.
pub(crate) fn synopsis(spec: &Spec) -> String {
    let more = if spec.input == Takes::Nothing { "" } else { "..." };
    let operands = spec.operands.map(|name| format!(" [{name}{more}]")).unwrap_or_default();
    format!("{} [FLAGS]{operands}", spec.name)
}

/// `-o, --output DIR`
pub(crate) fn signature(flag: &Flag) -> String {
    let short = flag.short.map_or("    ".to_owned(), |short| format!("-{short}, "));
    let value = flag.value.map(|value| format!(" {value}")).unwrap_or_default();
    format!("{short}--{}{value}", flag.name)
}

/// All of `--help` in lines of at most `columns`.
pub(crate) fn page(spec: &Spec, columns: usize) -> String {
    let mut page = String::new();
    section(&mut page, &format!("{}: {}", spec.name, spec.about), "", columns);
    page.push('\n');
    section(&mut page, &format!("Usage: {}", synopsis(spec)), "", columns);
    page.push_str("\nFlags:\n");
    for flag in spec.all_flags() {
        row(&mut page, &signature(flag), flag.about, 28, columns);
    }
    page.push_str("\nExamples:\n");
    for (what, command) in spec.examples {
        section(&mut page, &format!("# {what}"), "# ", columns);
        // The command in several lines is still one that can be pasted.
        let lines = wrap(command, columns.saturating_sub(6));
        let _ = writeln!(page, "  {}", lines.join(" \\\n    "));
    }
    page.push_str("\nExit codes:\n");
    for (code, name, meaning) in EXIT_CODES {
        row(&mut page, &format!("{code:>3}  {name}"), meaning, 16, columns);
    }
    page
}

/// A paragraph; what begins with a mark is indented, and has it on every line.
fn section(page: &mut String, text: &str, mark: &str, columns: usize) {
    let indent = if mark.is_empty() { "" } else { "  " };
    let text = text.trim_start_matches(mark);
    for line in wrap(text, columns.saturating_sub(indent.len() + mark.len())) {
        let _ = writeln!(page, "{indent}{mark}{line}");
    }
}

/// A name and what it means beside it: below it, where the name is longer than `left` or the terminal
/// has too little room.
fn row(page: &mut String, name: &str, about: &str, left: usize, columns: usize) {
    let is_narrow = left > columns / 2;
    let margin = if is_narrow { 10 } else { left + 4 };
    let mut lines = wrap(about, columns.saturating_sub(margin)).into_iter();
    if is_narrow || name.chars().count() > left {
        let _ = writeln!(page, "  {name}");
    } else {
        let first = lines.next().unwrap_or_default();
        let _ = writeln!(page, "  {name:left$}  {first}");
    }
    for line in lines {
        let _ = writeln!(page, "{:margin$}{line}", "");
    }
}
