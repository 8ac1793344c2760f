//! `--help` and `--version`, from the table.

use std::fmt::Write as _;

use crate::{Flag, Spec, Takes};

/// The exit codes, their names and what they mean: the same for all programs.
pub(crate) const EXIT_CODES: [(&str, &str, &str); 8] = [
    ("0", "ok", "done"),
    ("1", "refused", "the answer is no: digest, signature, identity, log, archive, conflict"),
    ("2", "usage", "the command line is wrong, or no policy was given"),
    ("3", "input", "manifest, file or source unfit; a build failed; output can't be written"),
    ("4", "unavailable", "a service can't be reached or asks to wait; worth a retry"),
    ("5", "denied", "a service said no for good, or there is no fit identity token"),
    ("6", "upstream", "standard input was empty: the stage before failed and says why"),
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

pub(crate) fn page(spec: &Spec) -> String {
    let mut page = format!("{}: {}\n\nUsage: {}\n", spec.name, spec.about, synopsis(spec));
    let flags: Vec<_> = spec.all_flags().map(|flag| (signature(flag), flag.about)).collect();
    // A longer name has its text on the next line.
    let width = flags.iter().map(|(left, _)| left.len()).filter(|len| *len <= 28).max();
    let width = width.unwrap_or_default();
    page.push_str("\nFlags:\n");
    for (left, about) in flags {
        if left.len() > width {
            let _ = writeln!(page, "  {left}\n  {:width$}  {about}", "");
        } else {
            let _ = writeln!(page, "  {left:width$}  {about}");
        }
    }
    page.push_str("\nExamples:\n");
    for (what, command) in spec.examples {
        let _ = writeln!(page, "  # {what}\n  {command}");
    }
    page.push_str("\nExit codes:\n");
    for (code, name, meaning) in EXIT_CODES {
        let _ = writeln!(page, "  {code:>3}  {name:11}  {meaning}");
    }
    page
}
