//! The table that a program's command line is made from.

/// One row: the parser, help, man page, completions and tests read the same one.
#[derive(Clone, Copy, Debug)]
pub struct Flag {
    /// The long name, without its hyphens.
    pub name: &'static str,
    /// The one-letter name.
    pub short: Option<char>,
    /// What the value is called, if it takes one; `|-` at its end says that `-` is standard input.
    /// Words with `|` between them are all that it can be.
    pub value: Option<&'static str>,
    /// What giving it again means.
    pub repeat: Repeat,
    /// One line, for `--help`.
    pub about: &'static str,
    /// What the man page says beyond that; may be empty.
    pub detail: &'static str,
}

impl Flag {
    /// What a flag is if its row says no more: a switch without a short name.
    pub const PLAIN: Self =
        Self { name: "", short: None, value: None, repeat: Repeat::Last, about: "", detail: "" };
}

/// What it means when a flag is given twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Repeat {
    /// The last one counts, so that a script's default can be overridden.
    Last,
    /// All count.
    Many,
    /// It is an error: a policy that overrides another is a mistake.
    Once,
}

/// What a program takes beside its flags.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Takes {
    /// A manifest on standard input or by `-m`, or files and directories.
    Files,
    /// Operands only; standard input is never read.
    Nothing,
    /// Requirements as operands; without any, a manifest on standard input or by `-m`.
    Requirements,
}

/// All that a program's command line, help and man page consist of.
#[derive(Clone, Copy, Debug)]
pub struct Spec {
    /// The name of the program.
    pub name: &'static str,
    /// What the program is for, in one line.
    pub about: &'static str,
    /// The man page's DESCRIPTION; an empty line parts paragraphs.
    pub description: &'static str,
    /// What an operand is called.
    pub operands: Option<&'static str>,
    /// What the program takes beside its flags.
    pub input: Takes,
    /// Flags that stand in the place of operands: with one of them, standard input is not read.
    pub instead: &'static [&'static str],
    /// The program's flags, in the order of the help. Those that all programs have are added.
    pub flags: &'static [Flag],
    /// Names that are part of the design and not offered yet; one of one letter is a short one.
    pub later: &'static [&'static str],
    /// Further sections of the man page, before its EXAMPLES: title and text. An empty line parts
    /// paragraphs; one whose lines begin with two spaces is shown as it is.
    pub sections: &'static [(&'static str, &'static str)],
    /// What a command is for, and the command.
    pub examples: &'static [(&'static str, &'static str)],
    /// A variable of the environment, and what it does.
    pub environment: &'static [(&'static str, &'static str)],
    /// The codes of its diagnostics, crate by crate; those that all programs have are added.
    pub codes: &'static [&'static [&'static str]],
}

impl Flag {
    /// The words that its value is one of; none where it may be something else.
    pub(crate) fn choices(&self) -> Vec<&'static str> {
        let words: Vec<_> = self.value.unwrap_or_default().split('|').collect();
        let is_word = |word: &&str| word.chars().all(|c| c.is_ascii_lowercase());
        if words.len() > 1 && words.iter().all(is_word) { words } else { Vec::new() }
    }

    /// A flag without a value, of which the last one counts: what the others begin with.
    pub const SWITCH: Self =
        Self { name: "", short: None, value: None, repeat: Repeat::Last, about: "", detail: "" };

    /// Whether its value is an address or may begin with one, in which people put passwords.
    pub(crate) fn takes_address(&self) -> bool {
        let is_in = |word: &&str| self.value.is_some_and(|value| value.contains(word));
        ["URL", "://", "TARGET", "INDEX"].iter().any(is_in)
    }
}

impl Spec {
    /// Every flag that the program takes: its own, then the common ones.
    pub(crate) fn all_flags(&self) -> impl Iterator<Item = &'static Flag> + use<> {
        self.flags.iter().chain(flags::COMMON)
    }
}

/// Rows that several programs share.
pub mod flags {
    use super::{Flag, Repeat};

    const fn switch(name: &'static str, short: Option<char>, about: &'static str) -> Flag {
        Flag { name, short, value: None, repeat: Repeat::Last, about, detail: "" }
    }

    /// `-m FILE`: where the manifest is.
    pub const MANIFEST: Flag = Flag {
        name: "manifest",
        short: Some('m'),
        value: Some("FILE|-"),
        repeat: Repeat::Many,
        about: "Read the manifest from FILE instead of standard input",
        detail: "Relative paths in it are relative to its directory. Operands are then further \
                 manifests, which are merged with it. An empty one is exit 6.",
    };

    /// `--jobs N`: how much at once.
    pub const JOBS: Flag = Flag {
        name: "jobs",
        short: None,
        value: Some("N"),
        repeat: Repeat::Last,
        about: "Work on up to N files at once (default: the number of cores)",
        detail: "From 1 to 256. What is written, and its order, does not depend on it.",
    };

    /// `-o DIR`: where files go.
    pub const OUTPUT: Flag = Flag {
        name: "output",
        short: Some('o'),
        value: Some("DIR"),
        repeat: Repeat::Last,
        about: "Write files into DIR",
        detail: "A file with the same content is left alone; one with different content is an error.",
    };

    /// `-f`: replace files.
    pub const FORCE: Flag = Flag {
        detail: "What is verified stays the same.",
        ..switch("force", Some('f'), "Replace output files whose content differs")
    };

    /// `-n`: only say what would be done.
    pub const DRY_RUN: Flag = Flag {
        detail: "No manifest is printed, so a later stage of a pipe ends with exit 6.",
        ..switch("dry-run", Some('n'), "Say what would be done, without doing it")
    };

    /// `--timeout SECS`: how long to wait for a silent service.
    pub const TIMEOUT: Flag = Flag {
        name: "timeout",
        short: None,
        value: Some("SECS"),
        repeat: Repeat::Last,
        about: "Give up on a request after SECS without progress (default: 30)",
        detail: "Progress is the payload of an answer, or of what is sent: headers, the framing of \
                 chunks, trailers and error pages have SECS in all. A request that may succeed \
                 later is retried up to five times, first after a hundredth of SECS and then after \
                 pauses that double, or when the service says (Retry-After). Retries end after ten \
                 times SECS or 300 seconds, whichever is less.",
    };

    /// `--offline`: no network.
    pub const OFFLINE: Flag =
        switch("offline", None, "Never use the network; a request that is needed is exit 4");

    /// `--cacert FILE`: further roots for TLS.
    pub const CACERT: Flag = Flag {
        name: "cacert",
        short: None,
        value: Some("FILE"),
        repeat: Repeat::Last,
        about: "Also trust the TLS authorities in FILE (PEM)",
        detail: "In addition to the platform's. Whoever holds one of their keys can answer in the \
                 place of any service.",
    };

    /// What every program takes.
    pub const COMMON: &[Flag] = &[
        Flag {
            name: "directory",
            short: Some('C'),
            value: Some("DIR"),
            repeat: Repeat::Last,
            about: "Act as if started in DIR",
            detail: "As with git and tar: the directory is changed before anything is read, so \
                     relative paths start there. In a pipe, give every stage the same -C.",
        },
        switch("quiet", Some('q'), "Show errors only"),
        Flag {
            repeat: Repeat::Many,
            detail: "Given twice, also say how. Standard output stays the same. A retry is named with its \
                     cause.",
            ..switch("verbose", Some('v'), "Say what was checked and done")
        },
        Flag {
            name: "color",
            short: None,
            value: Some("auto|always|never"),
            repeat: Repeat::Last,
            about: "Colour diagnostics",
            detail: "auto, the default: if standard error is a terminal, NO_COLOR is empty and TERM \
                     is not dumb.",
        },
        Flag {
            name: "error-format",
            short: None,
            value: Some("human|json"),
            repeat: Repeat::Last,
            about: "Write diagnostics as text, or as one JSON object a line",
            detail: "JSON objects have the schema pysign-diagnostic/1.",
        },
        Flag {
            name: "generate",
            short: None,
            value: Some("man|bash|zsh|fish"),
            repeat: Repeat::Last,
            about: "Print the man page, or completions for a shell",
            detail: "",
        },
        switch("help", Some('h'), "Print this help"),
        switch("version", Some('V'), "Print the version"),
    ];
}

#[cfg(test)]
mod tests {
    use super::flags::COMMON;
    use std::collections::BTreeSet;

    #[test]
    fn common_flags_are_unique_and_documented() {
        let names: BTreeSet<_> = COMMON.iter().map(|flag| flag.name).collect();
        let shorts: BTreeSet<_> = COMMON.iter().filter_map(|flag| flag.short).collect();
        assert_eq!(names.len(), COMMON.len());
        assert_eq!(shorts.len(), COMMON.iter().filter(|flag| flag.short.is_some()).count());
        assert!(COMMON.iter().all(|flag| !flag.about.is_empty() && !flag.about.ends_with('.')));
    }
}
