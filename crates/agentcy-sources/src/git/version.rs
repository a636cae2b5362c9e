//! Which tags are releases: those that are named after a version.

/// The version in the name of a tag: two to four numbers, with what semantic versioning allows behind
/// them, at the start or behind a `v` or one of `-_/@`. `v1.2`, `release-1.2.3` and `lib/v2.0.0-rc.1` are.
pub(super) fn of(name: &str) -> Option<&str> {
    let starts = name.char_indices().filter(|(at, _)| *at == 0 || is_border(&name[..*at]));
    starts.map(|(at, _)| &name[at..]).find(|rest| is_version(rest))
}

fn is_border(before: &str) -> bool {
    let mark = |text: &str| text.is_empty() || text.ends_with(['-', '_', '/', '@']);
    mark(before) || before.strip_suffix(['v', 'V']).is_some_and(mark)
}

fn is_version(text: &str) -> bool {
    let end = text.find(['-', '+']).unwrap_or(text.len());
    let (numbers, rest) = text.split_at(end);
    let numbers: Vec<&str> = numbers.split('.').collect();
    let is_number =
        |part: &&str| (1..=9).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
    let rest_fits = rest.bytes().all(|b| b.is_ascii_alphanumeric() || b"-+.".contains(&b));
    (2..=4).contains(&numbers.len())
        && numbers.iter().all(is_number)
        && rest_fits
        && rest.len() != 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_that_is_named_after_a_version_is_a_release() {
        for (name, version) in [
            ("1.2.3", "1.2.3"),
            ("v1.2", "1.2"),
            ("V10.0.1", "10.0.1"),
            ("release-1.2.3", "1.2.3"),
            ("lib/v2.0.0-rc.1", "2.0.0-rc.1"),
            ("pkg@1.0.0+build.7", "1.0.0+build.7"),
        ] {
            assert_eq!(of(name), Some(version), "{name}");
        }
    }

    #[test]
    fn other_tags_are_not() {
        for name in
            ["", "v", "v1", "latest", "2024", "av1.2", "1.2.", "1..2", "v1.2.x", "1.2-", "x1.2"]
        {
            assert_eq!(of(name), None, "{name}");
        }
    }
}
