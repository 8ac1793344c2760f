//! The last lines of what a program said before it failed: the cause of an error.

use std::fmt;
use std::path::Path;

use pysign_host::without_passwords;

/// What a reader of an error looks at; the rest is shown with `-v`.
const LINES: usize = 20;

/// The line that Python begins to report an exception with.
const TRACEBACK: &str = "Traceback (most recent call last):";

/// Lines that another program wrote: they are data.
#[derive(Debug)]
pub(crate) struct Tail(String);

impl Tail {
    /// The last lines of `output`, without empty ones; `None` when nothing was said. The private
    /// directory, whose name differs with every run, reads `<build>`, and no password is shown.
    pub(crate) fn of(output: &[u8], workspace: &Path) -> Option<Self> {
        let text = String::from_utf8_lossy(output);
        let shown = |line: &str| {
            let line = line.rsplit('\r').find(|part| !part.trim().is_empty())?;
            let line = line.trim_end().replace('\t', "    ");
            let line = line.replace(&*workspace.to_string_lossy(), "<build>");
            Some(without_passwords(&line))
        };
        let mut lines: Vec<String> = text.lines().rev().filter_map(shown).take(LINES).collect();
        // What was said before the exception is seldom about it.
        if let Some(start) = lines.iter().position(|line| line == TRACEBACK) {
            lines.truncate(start + 1);
        }
        lines.reverse();
        (!lines.is_empty()).then(|| Self(lines.join("\n")))
    }

    /// Whether it holds one of `words`.
    pub(crate) fn mentions(&self, words: &[&str]) -> bool {
        words.iter().any(|word| self.0.contains(word))
    }
}

impl fmt::Display for Tail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Tail {}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(output: &str) -> Vec<String> {
        let tail = Tail::of(output.as_bytes(), Path::new("/tmp/workspace"));
        tail.map_or_else(Vec::new, |tail| tail.to_string().lines().map(str::to_owned).collect())
    }

    #[test]
    fn the_last_lines_are_kept_in_order() {
        assert_eq!(lines("one\n\ntwo  \n"), ["one", "two"]);
        assert!(lines(" \n\n").is_empty());
        let many: Vec<_> = (0..50).map(|number: u8| number.to_string()).collect();
        let many = many.join("\n");
        assert_eq!(lines(&many).len(), LINES);
        assert_eq!(lines(&many).last().unwrap(), "49");
    }

    #[test]
    fn an_exception_begins_the_tail() {
        let output = format!("noise\n{TRACEBACK}\nIt: a\n\n{TRACEBACK}\n  line\nIt: b\n");
        assert_eq!(lines(&output), [TRACEBACK, "  line", "It: b"]);
    }

    #[test]
    fn the_private_directory_has_one_name_in_every_run() {
        assert_eq!(
            lines("File \"/tmp/workspace/tree/setup.py\""),
            ["File \"<build>/tree/setup.py\""]
        );
    }

    #[test]
    fn of_a_line_that_was_overwritten_the_last_state_is_kept() {
        assert_eq!(lines("10%\r90%\r\n"), ["90%"]);
    }
}
