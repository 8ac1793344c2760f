//! What a run says beside its result; who shows it, and how, is the listener's business.

use std::sync::Arc;

/// One thing worth saying.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Note {
    /// Shown with `-v`: what was checked or done.
    Detail(String),
    /// Shown on a terminal while it is true.
    Progress(String),
    /// The closing line of a run that went well.
    Summary(String),
    /// Shown with `-vv`: how it was done.
    Trace(String),
    /// Something that the user should know although the run goes on.
    Warning {
        /// A stable name for it.
        code: &'static str,
        /// One line, lower case, no full stop.
        message: String,
    },
}

/// The way from any depth of a run to the user's eyes.
#[derive(Clone)]
pub struct Notes(Arc<dyn Fn(Note) + Send + Sync>);

impl Notes {
    /// Hands every note to `listener`.
    pub fn new(listener: Box<dyn Fn(Note) + Send + Sync>) -> Self {
        Self(listener.into())
    }

    /// Drops every note.
    pub fn silent() -> Self {
        Self(Arc::new(drop))
    }

    /// What was checked or done, for `-v`.
    pub fn detail(&self, message: String) {
        (self.0)(Note::Detail(message));
    }

    /// What is going on, for someone who waits at a terminal.
    pub fn progress(&self, message: String) {
        (self.0)(Note::Progress(message));
    }

    /// The closing line.
    pub fn summary(&self, message: String) {
        (self.0)(Note::Summary(message));
    }

    /// How it was done, for `-vv`.
    pub fn trace(&self, message: String) {
        (self.0)(Note::Trace(message));
    }

    /// A warning with its stable code.
    pub fn warn(&self, code: &'static str, message: String) {
        (self.0)(Note::Warning { code, message });
    }
}

impl std::fmt::Debug for Notes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Notes")
    }
}
