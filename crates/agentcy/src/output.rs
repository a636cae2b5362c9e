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
