//! Tables for people: wrapped at a terminal, and a line a row where something else reads them.

use agentcy_sdk::Page;
use comfy_table::{ContentArrangement, Table, presets::NOTHING};

use crate::output;

/// Prints rows under their headings.
pub(crate) fn print<const N: usize>(
    headings: [&str; N],
    rows: impl IntoIterator<Item = [String; N]>,
) -> anyhow::Result<()> {
    draw(&headings.map(str::to_owned), rows.into_iter().map(Vec::from))
}

/// The same where the headings are somebody else's.
pub(crate) fn draw(
    headings: &[String],
    rows: impl IntoIterator<Item = Vec<String>>,
) -> anyhow::Result<()> {
    let mut table = Table::new();
    table.load_style(NOTHING).set_header(headings.iter().map(|text| cell(text)));
    if let Some(width) = output::width() {
        table.set_content_arrangement(ContentArrangement::Dynamic).set_width(width);
    }
    for row in rows {
        table.add_row(row.iter().map(|text| cell(text)));
    }
    for column in table.column_iter_mut() {
        column.set_padding((0, 2));
    }
    output::print(&table.trim_fmt())
}

/// Says below a page how much of the list it is, and how to see more.
pub(crate) fn say_rest<T>(page: &Page<T>) {
    let Some(cursor) = &page.next_cursor else { return };
    let (shown, more) = (page.items.len(), if page.total_capped { "more than " } else { "" });
    output::say(&format!(
        "{shown} of {more}{}; --limit shows more, --cursor {cursor} goes on",
        page.total
    ));
}

/// One line that cannot steer the terminal.
fn cell(text: &str) -> String {
    output::harmless(text).replace(['\n', '\t'], " ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_is_one_line_that_steers_nothing() {
        assert_eq!(cell("a\nb\tc\u{1b}[2J"), "a b c\u{fffd}[2J");
    }
}
