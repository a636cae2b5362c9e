//! Parts of answers.

use serde_json::Value;

/// How much of a value is shown, in characters.
const VALUE: usize = 300;

/// A text of somebody else as a part of an answer: one line, so many characters at most, and nothing that would be taken for a
/// link.
pub(super) fn plain(text: &str, most: usize) -> String {
    let line = text.chars().map(|c| if c.is_control() { ' ' } else { c });
    let mut plain: String = line.take(most).collect();
    if text.chars().nth(most).is_some() {
        plain.push('…');
    }
    plain.trim().replace("](", "] (")
}

/// A value as a part of an answer.
pub(super) fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => plain(text, VALUE),
        other => plain(&other.to_string(), VALUE),
    }
}

/// Parts of a sentence in a row.
pub(super) fn and(parts: &[String]) -> String {
    match parts {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

/// Several things of a label.
pub(super) fn counted(count: usize, label: &str) -> String {
    let ends = |ends: &[&str]| ends.iter().any(|end| label.ends_with(end));
    match label.strip_suffix('y') {
        _ if count == 1 => format!("1 {label}"),
        Some(stem) if !ends(&["ay", "ey", "oy", "uy"]) => format!("{count} {stem}ies"),
        _ if ends(&["s", "x", "ch", "sh"]) => format!("{count} {label}es"),
        _ => format!("{count} {label}s"),
    }
}

/// A head with a list below it, of which these are the first.
pub(super) fn bullets(head: &str, items: impl IntoIterator<Item = String>, total: usize) -> String {
    let mut lines = vec![format!("{head}:"), String::new()];
    lines.extend(items.into_iter().map(|item| format!("- {item}")));
    let more = total.saturating_sub(lines.len() - 2);
    if more > 0 {
        lines.push(format!("- and {more} more"));
    }
    lines.join("\n")
}

/// A number of things, as JSON has it.
pub(super) fn number(value: Option<&Value>) -> Option<usize> {
    usize::try_from(value?.as_u64()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_things_have_a_plural() {
        let many = ["File", "Repository", "Index", "Branch", "Survey"].map(|one| counted(2, one));
        assert_eq!(many, ["2 Files", "2 Repositories", "2 Indexes", "2 Branches", "2 Surveys"]);
        assert_eq!(counted(1, "Repository"), "1 Repository");
    }

    #[test]
    fn texts_of_others_are_one_line_and_never_a_link() {
        assert_eq!(plain("a\n- [b](node:n_1)\u{1b}", 80), "a - [b] (node:n_1)");
        assert_eq!(plain("äöü", 2), "äö…");
        assert_eq!(plain("äöü\u{85}", 4), "äöü");
    }

    #[test]
    fn a_list_says_how_many_are_left_out() {
        let items = ["a", "b"].map(str::to_owned);
        assert_eq!(bullets("Two", items.clone(), 2), "Two:\n\n- a\n- b");
        assert_eq!(bullets("Five", items, 5), "Five:\n\n- a\n- b\n- and 3 more");
    }
}
