//! The man page, from the table. The language is man(7) of groff.

use std::fmt::Write as _;

use crate::Spec;
use crate::help::{EXIT_CODES, signature, synopsis};

/// The programs, in the order of the pipe.
const STAGES: [&str; 5] =
    ["pysign-build", "pysign-sign", "pysign-verify", "pysign-publish", "pysign-fetch"];

pub(crate) fn page(spec: &Spec) -> String {
    let mut page = String::new();
    let title = spec.name.to_uppercase();
    let _ = writeln!(page, ".TH {title} 1 \"\" \"pysign {}\"", env!("CARGO_PKG_VERSION"));
    let _ = writeln!(page, ".SH NAME\n{} \\- {}", text(spec.name), text(spec.about));
    let _ = writeln!(page, ".SH SYNOPSIS\n{}", text(&synopsis(spec)));
    page.push_str(".SH DESCRIPTION\n");
    paragraphs(&mut page, spec.description);
    page.push_str(".SH OPTIONS\n");
    for flag in spec.all_flags() {
        let _ = writeln!(page, ".TP\n{}", text(signature(flag).trim_start()));
        let _ = writeln!(page, "{}.", text(flag.about));
        if !flag.detail.is_empty() {
            let _ = writeln!(page, "{}", text(flag.detail));
        }
    }
    if !spec.environment.is_empty() {
        page.push_str(".SH ENVIRONMENT\n");
        for (name, about) in spec.environment {
            let _ = writeln!(page, ".TP\n{}\n{}", text(name), text(about));
        }
    }
    page.push_str(".SH EXIT STATUS\n");
    for (code, name, meaning) in EXIT_CODES {
        let _ = writeln!(page, ".TP\n{code} {name}\n{}", text(meaning));
    }
    page.push_str(".SH DIAGNOSTICS\n");
    paragraphs(&mut page, "An error or a warning has its code in brackets. Codes are stable.");
    let mut codes: Vec<&str> = spec.all_codes().collect();
    codes.sort_unstable();
    codes.dedup();
    let _ = writeln!(page, ".PP\n{}", text(&codes.join(", ")));
    for (title, prose) in spec.sections {
        let _ = writeln!(page, ".SH {title}");
        paragraphs(&mut page, prose);
    }
    page.push_str(".SH EXAMPLES\n");
    for (what, command) in spec.examples {
        let _ = writeln!(page, ".PP\n{}\n.PP\n.nf\n.RS\n{}\n.RE\n.fi", text(what), text(command));
    }
    let others = STAGES.iter().filter(|stage| **stage != spec.name);
    let others: Vec<String> = others.map(|stage| format!("{stage}(1)")).collect();
    let _ = writeln!(page, ".SH SEE ALSO\n{}", text(&others.join(", ")));
    page
}

fn paragraphs(page: &mut String, prose: &str) {
    for paragraph in prose.split("\n\n") {
        if paragraph.lines().all(|line| line.starts_with("  ")) {
            let lines: Vec<String> =
                paragraph.lines().map(|line| text(line.get(2..).unwrap_or_default())).collect();
            let _ = writeln!(page, ".PP\n.nf\n.RS\n{}\n.RE\n.fi", lines.join("\n"));
        } else {
            let _ = writeln!(page, ".PP\n{}", text(paragraph.trim()));
        }
    }
}

/// `prose` as groff takes it: what can be pasted as itself, no line a request, and no second hyphen
/// in a word that has one.
fn text(prose: &str) -> String {
    let escape = |c: char| match c {
        '\\' => "\\e".to_owned(),
        '-' => "\\-".to_owned(),
        '\'' => "\\(aq".to_owned(),
        '`' => "\\(ga".to_owned(),
        '^' => "\\(ha".to_owned(),
        '~' => "\\(ti".to_owned(),
        c => c.to_string(),
    };
    let word = |word: &str| {
        let whole = if word.contains(['-', '_', '/']) { "\\%" } else { "" };
        whole.to_owned() + &word.chars().map(escape).collect::<String>()
    };
    let escaped = prose.split_inclusive([' ', '\n']).map(word).collect::<String>();
    let line = |line: &str| match line.chars().next() {
        Some('.') => format!("\\&{line}"),
        _ => line.to_owned(),
    };
    escaped.lines().map(line).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::text;

    #[test]
    fn no_text_is_a_request() {
        assert_eq!(text(".crt\n'x' a-b \\n"), "\\&.crt\n\\(aqx\\(aq \\%a\\-b \\en");
    }
}
