//! Data on stdout, talk on stderr. The one place that prints.

use std::io::{IsTerminal, Write};

use serde::Serialize;

/// Prints data. A reader that has gone away is no failure of ours.
pub(crate) fn print(text: &str) {
    let mut out = std::io::stdout().lock();
    let _ = writeln!(out, "{}", text.trim_end_matches('\n'));
}

/// Prints one JSON document.
pub(crate) fn print_json(value: &impl Serialize) -> anyhow::Result<()> {
    print(&serde_json::to_string_pretty(value)?);
    Ok(())
}

/// Says something to the person at the terminal.
pub(crate) fn say(text: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{}", text.trim_end_matches('\n'));
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

/// Says a part of a line, at once.
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
    let turns = |c: char| matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let safe = |c: char| {
        if (c.is_control() && !matches!(c, '\n' | '\t')) || turns(c) { '\u{fffd}' } else { c }
    };
    text.chars().map(safe).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_cannot_steer_the_terminal() {
        assert_eq!(harmless("a\tb\nc é"), "a\tb\nc é");
        assert_eq!(harmless("\u{1b}[2J\r\u{9b}\u{202e}x"), "\u{fffd}[2J\u{fffd}\u{fffd}\u{fffd}x");
    }
}
