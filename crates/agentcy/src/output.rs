//! Data on stdout, talk on stderr. The one place that prints.

use std::{
    fmt::Write as _,
    io::{ErrorKind, IsTerminal, Write},
};

use anyhow::Context;
use serde::Serialize;

/// Prints data as people read it.
pub(crate) fn print(text: &str) -> anyhow::Result<()> {
    print_exact(&harmless(text))
}

/// Prints data to the byte, which nobody else has a word in.
pub(crate) fn print_exact(text: &str) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    let written = writeln!(out, "{}", text.trim_end_matches('\n')).and_then(|()| out.flush());
    match written {
        // A reader that has gone away is no failure of ours.
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        written => written.context("it is done, but what came of it cannot be written"),
    }
}

/// Prints one JSON document. What would steer a terminal stands in it escaped, which means the same.
pub(crate) fn print_json(value: &impl Serialize) -> anyhow::Result<()> {
    let json = serde_json::to_string_pretty(value)?;
    let mut document = String::with_capacity(json.len());
    for c in json.chars() {
        // Outside of texts there is nothing of the kind, and all of it lies in the first plane.
        if steers(c) { write!(document, "\\u{:04x}", u32::from(c))? } else { document.push(c) }
    }
    print_exact(&document)
}

/// Says something to the person at the terminal.
pub(crate) fn say(text: &str) {
    say_part(&format!("{}\n", harmless(text.trim_end_matches('\n'))));
}

/// Says what went wrong.
pub(crate) fn complain(text: &str) {
    say(text);
}

/// Whether a person reads stderr.
pub(crate) fn is_terminal() -> bool {
    std::io::stderr().is_terminal()
}

/// Whether a person reads what is printed.
pub(crate) fn is_read_by_person() -> bool {
    std::io::stdout().is_terminal()
}

/// How many columns there are to print in; none where nobody looks.
pub(crate) fn width() -> Option<u16> {
    let size = rustix::termios::tcgetwinsize(std::io::stdout()).ok()?;
    (is_read_by_person() && size.ws_col > 0).then_some(size.ws_col)
}

/// Whether a person can be asked: types at stdin, and sees at stderr what for.
pub(crate) fn can_ask() -> bool {
    std::io::stdin().is_terminal() && is_terminal()
}

/// Prints a part of a line, at once.
pub(crate) fn print_part(text: &str) {
    let mut out = std::io::stdout().lock();
    let _ = out.write_all(text.as_bytes());
    let _ = out.flush();
}

/// Says a part of a line, at once and as it is: colours and all.
pub(crate) fn say_part(text: &str) {
    let mut err = std::io::stderr().lock();
    let _ = err.write_all(text.as_bytes());
    let _ = err.flush();
}

/// Whether stderr may be coloured: a terminal that can, and nobody who asked for none (<https://no-color.org>).
pub(crate) fn has_colours() -> bool {
    let unwanted = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    let is_dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
    is_terminal() && !unwanted && !is_dumb
}

/// A text of somebody else as a terminal may be given it: what would move the cursor, change colours or turn the
/// direction of writing is shown as the character that it is not.
pub(crate) fn harmless(text: &str) -> String {
    let safe = |c: char| if steers(c) { '\u{fffd}' } else { c };
    text.replace("\r\n", "\n").chars().map(safe).collect()
}

fn steers(c: char) -> bool {
    let turns = matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    (c.is_control() && !matches!(c, '\n' | '\t')) || turns
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_cannot_steer_the_terminal() {
        assert_eq!(harmless("a\tb\nc é"), "a\tb\nc é");
        assert_eq!(harmless("a\r\nb\rc\u{61c}"), "a\nb\u{fffd}c\u{fffd}");
        assert_eq!(harmless("\u{1b}[2J\r\u{9b}\u{202e}x"), "\u{fffd}[2J\u{fffd}\u{fffd}\u{fffd}x");
    }
}
