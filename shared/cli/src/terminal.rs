//! How wide the terminal is, and what has room on it.

use std::os::fd::AsFd;

/// Where there is no terminal, or none that says how wide it is.
const WIDTH: usize = 80;

/// The columns of the terminal behind `stream`.
pub(crate) fn width(stream: impl AsFd) -> usize {
    let size = rustix::termios::tcgetwinsize(stream).map(|size| usize::from(size.ws_col));
    size.ok().filter(|columns| *columns > 0).unwrap_or(WIDTH)
}

/// As much of `text` as has room in `columns`: what goes over the edge of a terminal can't be wiped.
/// Any character beyond ASCII may be two columns wide.
pub(crate) fn cut(text: &str, columns: usize) -> String {
    let mut left = columns;
    let fits = |c: &char| {
        let wide = if c.is_ascii() { 1 } else { 2 };
        let room = left >= wide;
        left = left.saturating_sub(wide);
        room
    };
    text.chars().take_while(fits).collect()
}

/// `text` in lines of at most `columns`, where its words allow it.
pub(crate) fn wrap(text: &str, columns: usize) -> Vec<String> {
    let mut lines: Vec<String> = vec![String::new()];
    for word in text.split(' ') {
        match lines.last_mut() {
            Some(line) if line.is_empty() => line.push_str(word),
            Some(line) if line.chars().count() + 1 + word.chars().count() <= columns => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_more_is_shown_than_has_room() {
        assert_eq!(cut("downloading x", 11), "downloading");
        assert_eq!(cut("日本語", 5), "日本");
        assert_eq!(cut("日本語", 4), "日本");
        assert_eq!(cut("a", 0), "");
    }

    #[test]
    fn lines_end_between_words() {
        assert_eq!(wrap("one two three", 7), ["one two", "three"]);
        assert_eq!(wrap("incomprehensible a", 4), ["incomprehensible", "a"]);
        assert_eq!(wrap("", 4), [""]);
    }
}
