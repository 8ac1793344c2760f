//! Diagnostics on standard error, for people or for programs.

use std::fmt::Write as _;
use std::io::{IsTerminal as _, Write as _};
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use pysign_host::{Env, Failure, Note, Problem, causes};
use pysign_manifest::{Map, Value, json};

use crate::terminal::{cut, width};
use crate::{Matches, Usage};

/// How diagnostics are shown.
#[derive(Debug)]
pub(crate) struct Report {
    tool: &'static str,
    json: bool,
    color: bool,
    /// Whether it is a terminal that obeys escapes.
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
        let terminal = std::io::stderr().is_terminal() && env.var("TERM") != Some("dumb");
        let wanted = terminal && env.os("NO_COLOR").is_none();
        let color = match matches.choice("color")? {
            Some("always") => true,
            Some("never") => false,
            _ => wanted,
        };
        let json = matches.choice("error-format")? == Some("json");
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
        if self.json {
            for problem in failure.problems() {
                self.write(&self.object(problem));
            }
            return;
        }
        let mut told: Vec<(String, Vec<&dyn Problem>)> = Vec::new();
        for problem in failure.problems() {
            let cause = self.text(problem, &[]);
            let cause = without_file(&cause, problem.facts().file);
            match told.iter_mut().find(|(other, _)| *other == cause) {
                Some((_, problems)) => problems.push(problem),
                None => told.push((cause, vec![problem])),
            }
        }
        for (_, problems) in told {
            if let [first, others @ ..] = problems.as_slice() {
                self.write(&self.text(*first, others));
            }
        }
    }

    /// A problem, and the files that have the same one.
    fn text(&self, problem: &dyn Problem, others: &[&dyn Problem]) -> String {
        let facts = problem.facts();
        let mut text = self.headline("error", facts.code, "1;31", &problem.to_string());
        let mut detail = |line: &str| {
            let _ = writeln!(text, "{CONTINUED}{}", escape(line));
        };
        if let Some(evidence) = &facts.evidence {
            detail(&format!("expected {}", evidence.expected));
            detail(&format!("found    {}", evidence.found));
        }
        for cause in causes(problem) {
            detail(&format!("because {cause}"));
        }
        // Two signatures of one file may have the same problem.
        let mut named = vec![facts.file];
        for file in others.iter().map(|other| other.facts().file) {
            if named.contains(&file) {
                continue;
            }
            named.push(file);
            let Some(file) = file else { continue };
            detail(&format!("also     '{}'", file.display()));
        }
        if let Some(hint) = facts.hint {
            let label = self.paint("1;36", "hint:");
            let _ = writeln!(text, "{}: {label} {}", self.tool, escape(&hint));
        }
        text
    }

    fn object(&self, problem: &dyn Problem) -> String {
        let facts = problem.facts();
        let mut object = self.head("error", Some(facts.code), &problem.to_string());
        let file = facts.file.map(|file| file.display().to_string());
        object.insert("file".to_owned(), json!(file));
        object.insert("hint".to_owned(), json!(facts.hint));
        object.insert("causes".to_owned(), json!(causes(problem)));
        if let Some(evidence) = facts.evidence {
            object.insert("expected".to_owned(), json!(evidence.expected));
            object.insert("found".to_owned(), json!(evidence.found));
        }
        one_line(&object)
    }

    fn line(&self, level: &str, code: Option<&str>, message: &str) {
        self.write(&match code {
            _ if self.json => one_line(&self.head(level, code, message)),
            Some(code) => self.headline(level, code, "1;33", message),
            None => format!("{}: {}\n", self.tool, escape(message)),
        });
    }

    /// The first line of an error or a warning.
    fn headline(&self, level: &str, code: &str, style: &str, message: &str) -> String {
        let label = self.paint(style, &format!("{level}[{code}]:"));
        format!("{}: {label} {}\n", self.tool, escape(message))
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
        let mut stderr = std::io::stderr().lock();
        // The last column is left free: some terminals go to the next line with it.
        let line = cut(&escape(message), width(&stderr).saturating_sub(1));
        let mut state = self.lock();
        state.progress = true;
        let _ = write!(stderr, "\r\x1b[K{line}");
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

/// A diagnostic without the name of its file: what is left is what it has in common with that of
/// another file. A problem without a file is only like itself.
fn without_file(text: &str, file: Option<&Path>) -> String {
    let Some(file) = file else { return text.to_owned() };
    let name = file.file_name().unwrap_or_default().display().to_string();
    let text = text.replace(&file.display().to_string(), "\0");
    if name.is_empty() { text } else { text.replace(&name, "\0") }
}

/// What every further line of a diagnostic begins with: a CI runner takes a line that begins with
/// `::` for a command, and a reader one that begins with a program's name for a diagnostic of its own.
const CONTINUED: &str = "  | ";

/// `text` without anything that a terminal or a CI runner obeys: other people's words are shown, not
/// run. GitHub and Azure look for `##[` and `##vso[` anywhere in a line.
fn escape(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.trim_end().chars() {
        match c {
            '\n' => shown.extend(["\n", CONTINUED]),
            c if is_unseen(c) => shown.extend(c.escape_unicode()),
            c => shown.push(c),
        }
    }
    shown.replace("##[", "#\\u{23}[").replace("##vso[", "#\\u{23}vso[")
}

/// The object on one line, with the same characters escaped as in [`escape`]: none of them stands
/// outside of a string in JSON.
fn one_line(object: &Map<String, Value>) -> String {
    let mut line = String::new();
    for c in json!(object).to_string().chars() {
        if is_unseen(c) {
            let mut units = [0; 2];
            for unit in c.encode_utf16(&mut units) {
                let _ = write!(line, "\\u{unit:04x}");
            }
        } else {
            line.push(c);
        }
    }
    line.replace("##[", "#\\u0023[").replace("##vso[", "#\\u0023vso[") + "\n"
}

fn is_unseen(c: char) -> bool {
    c.is_control() || is_invisible(c)
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
    fn no_line_of_others_stands_where_a_runner_reads_commands() {
        assert_eq!(escape("a\n::set-output name=x::1"), "a\n  | ::set-output name=x::1");
        assert_eq!(escape("a ##[error]b ##vso[task]c"), "a #\\u{23}[error]b #\\u{23}vso[task]c");
    }

    #[test]
    fn the_json_form_escapes_what_the_text_form_does() {
        let message = "\u{9b}2J\u{202e}\u{e0041}##[x]##vso[y]\n";
        let line = one_line(&Report::plain("t").head("error", None, message));
        assert!(line.contains(r"\u009b2J\u202e\udb40\udc41#\u0023[x]#\u0023vso[y]\n"), "{line}");
        let object: Value = serde_json::from_str(&line).unwrap();
        assert_eq!(object["message"], message);
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
                "message": "'x' already exists with other bytes",
                "hint": "to replace it: --force"})
        );
    }
}
