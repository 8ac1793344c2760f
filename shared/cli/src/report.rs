//! Diagnostics on standard error, for people or for programs.

use std::error::Error;
use std::fmt::Write as _;
use std::io::{IsTerminal as _, Write as _};
use std::sync::{Mutex, PoisonError};

use pysign_host::{Env, Failure, Note, Problem};
use pysign_manifest::{Map, Value, json};

use crate::{Matches, Usage};

/// How diagnostics are shown.
#[derive(Debug)]
pub(crate) struct Report {
    tool: &'static str,
    json: bool,
    color: bool,
    terminal: bool,
    /// `None` is `--quiet`, else how often `--verbose` was given.
    verbosity: Option<usize>,
    /// The closing line, which waits for the end, and whether a progress line stands there.
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    summary: Vec<String>,
    progress: bool,
}

impl Report {
    /// As the command line asks for it, as far as it was understood.
    pub(crate) fn new(tool: &'static str, matches: &Matches, env: &Env) -> Result<Self, Usage> {
        let terminal = std::io::stderr().is_terminal();
        let wanted = terminal && env.os("NO_COLOR").is_none() && env.var("TERM") != Some("dumb");
        let color = match choice(matches, "color", &["auto", "always", "never"])? {
            Some("always") => true,
            Some("never") => false,
            _ => wanted,
        };
        let json = choice(matches, "error-format", &["human", "json"])? == Some("json");
        Ok(Self {
            tool,
            json,
            color,
            terminal,
            verbosity: (!matches.is_set("quiet")).then(|| matches.count("verbose")),
            state: Mutex::default(),
        })
    }

    /// For a command line on which the form itself is wrong.
    pub(crate) fn plain(tool: &'static str) -> Self {
        Self {
            tool,
            json: false,
            color: false,
            terminal: false,
            verbosity: Some(0),
            state: Mutex::default(),
        }
    }

    /// Shows one note, if it is asked for.
    pub(crate) fn note(&self, note: Note) {
        let Some(verbosity) = self.verbosity else { return };
        match note {
            Note::Detail(message) if verbosity >= 1 => self.line("note", None, &message),
            Note::Trace(message) if verbosity >= 2 => self.line("note", None, &message),
            Note::Warning { code, message } => self.line("warning", Some(code), &message),
            Note::Summary(message) => self.lock().summary.push(message),
            Note::Progress(message) if self.terminal && !self.json => self.progress(&message),
            Note::Detail(_) | Note::Trace(_) | Note::Progress(_) => {}
        }
    }

    /// The closing lines of a run that went well.
    pub(crate) fn close(&self) {
        let summary = std::mem::take(&mut self.lock().summary);
        for message in summary {
            self.line("summary", None, &message);
        }
        self.write("");
    }

    /// Every problem of a failed run.
    pub(crate) fn failure(&self, failure: &Failure) {
        for problem in failure.problems() {
            let text = if self.json { self.object(problem) } else { self.text(problem) };
            self.write(&text);
        }
    }

    fn text(&self, problem: &dyn Problem) -> String {
        let mut text = format!(
            "{}: {} {}\n",
            self.tool,
            self.paint("1;31", "error:"),
            escape(&problem.to_string())
        );
        if let Some(evidence) = problem.evidence() {
            let _ = writeln!(text, "  expected {}", escape(&evidence.expected));
            let _ = writeln!(text, "  found    {}", escape(&evidence.found));
        }
        for cause in causes(problem) {
            let _ = writeln!(text, "  because {}", escape(&cause));
        }
        if let Some(hint) = problem.hint() {
            let hint = escape(&hint);
            let _ = writeln!(text, "{}: {} {hint}", self.tool, self.paint("1;36", "hint:"));
        }
        text
    }

    fn object(&self, problem: &dyn Problem) -> String {
        let mut object = self.head("error", Some(problem.code()), &problem.to_string());
        let file = problem.file().map(|file| file.display().to_string());
        object.insert("file".to_owned(), json!(file));
        object.insert("hint".to_owned(), json!(problem.hint()));
        object.insert("causes".to_owned(), json!(causes(problem)));
        if let Some(evidence) = problem.evidence() {
            object.insert("expected".to_owned(), json!(evidence.expected));
            object.insert("found".to_owned(), json!(evidence.found));
        }
        format!("{}\n", Value::Object(object))
    }

    fn line(&self, level: &str, code: Option<&str>, message: &str) {
        if self.json {
            self.write(&format!("{}\n", Value::Object(self.head(level, code, message))));
            return;
        }
        let label = match level {
            "warning" => format!("{} ", self.paint("1;33", "warning:")),
            _ => String::new(),
        };
        self.write(&format!("{}: {label}{}\n", self.tool, escape(message)));
    }

    fn head(&self, level: &str, code: Option<&str>, message: &str) -> Map<String, Value> {
        let mut object = Map::new();
        object.insert("schema".to_owned(), json!("pysign-diagnostic/1"));
        object.insert("tool".to_owned(), json!(self.tool));
        object.insert("level".to_owned(), json!(level));
        object.insert("code".to_owned(), json!(code));
        object.insert("message".to_owned(), json!(message));
        object
    }

    fn paint(&self, style: &str, text: &str) -> String {
        if self.color { format!("\x1b[{style}m{text}\x1b[0m") } else { text.to_owned() }
    }

    fn progress(&self, message: &str) {
        // One line of the narrowest terminal, so that it can be wiped.
        let line: String = escape(message).chars().take(78).collect();
        let mut state = self.lock();
        state.progress = true;
        let _ = write!(std::io::stderr().lock(), "\r\x1b[K{line}");
    }

    /// A broken standard error is nobody's concern.
    fn write(&self, text: &str) {
        let mut state = self.lock();
        let wipe = if std::mem::take(&mut state.progress) { "\r\x1b[K" } else { "" };
        let _ = std::io::stderr().lock().write_all(format!("{wipe}{text}").as_bytes());
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What `name` was given as, if it is one of `choices`.
pub(crate) fn choice<'m>(
    matches: &'m Matches,
    name: &'static str,
    choices: &[&str],
) -> Result<Option<&'m str>, Usage> {
    match matches.text(name)? {
        Some(value) if !choices.contains(&value) => Err(Usage::Invalid {
            flag: format!("--{name}"),
            value: value.to_owned(),
            reason: format!("expected {}", choices.join(", ")),
        }),
        value => Ok(value),
    }
}

/// What lies behind a problem, outermost first.
fn causes(problem: &dyn Problem) -> Vec<String> {
    let mut causes = Vec::new();
    let mut cause: Option<&(dyn Error + 'static)> = problem.source();
    while let Some(error) = cause {
        causes.push(error.to_string());
        cause = error.source();
    }
    causes
}

/// `text` without anything that a terminal obeys: other people's words are shown, not run. Further
/// lines are indented, so that none of them can pass for a line of ours.
fn escape(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.trim_end().chars() {
        match c {
            '\n' => shown.push_str("\n    "),
            c if c.is_control() || is_invisible(c) => shown.extend(c.escape_unicode()),
            c => shown.push(c),
        }
    }
    shown
}

/// Characters that change how their neighbours are shown (Unicode TR36 §3.1: bidirectional
/// controls, zero-width characters, tags).
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_terminal_would_obey_is_shown_instead() {
        assert_eq!(escape("a\u{1b}[2Jb"), "a\\u{1b}[2Jb");
        assert_eq!(escape("a\r\u{202e}b"), "a\\u{d}\\u{202e}b");
        assert_eq!(escape("ünï \"x\"\n"), "ünï \"x\"");
    }

    #[test]
    fn a_second_line_is_indented() {
        assert_eq!(escape("a\npysign-verify: error: b"), "a\n    pysign-verify: error: b");
    }

    #[test]
    fn the_json_form_names_everything() {
        let report = Report::plain("t");
        let error = pysign_host::FileError::Exists { file: "x".into() };
        let object: Value = serde_json::from_str(&report.object(&error)).unwrap();
        assert_eq!(
            object,
            json!({"schema": "pysign-diagnostic/1", "tool": "t", "level": "error",
                "code": "output-exists", "file": "x", "causes": [],
                "message": "'x' exists already, with other bytes",
                "hint": "to replace it: --force"})
        );
    }
}
