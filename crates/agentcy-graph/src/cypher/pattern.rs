//! Regular expressions that no engine can get lost in.

/// The longest regular expression in bytes.
const MAX_PATTERN: usize = 256;

/// How many parts may repeat without end.
const MAX_LOOPS: usize = 4;

/// Refuses a regular expression that can take time out of proportion to the text: too long, with more than
/// four endless repetitions, or with a repeated group that itself repeats or chooses.
pub fn check_pattern(pattern: &str) -> Result<(), &'static str> {
    if pattern.len() > MAX_PATTERN {
        return Err("a regular expression has at most 256 bytes");
    }
    let (mut loops, mut groups) = (0, Vec::new());
    let mut chars = pattern.chars().peekable();
    // Whether the group that has just closed repeats or chooses.
    let mut closed = None;
    while let Some(c) = chars.next() {
        let group = closed.take();
        match c {
            '\\' => match chars.next() {
                Some('1'..='9' | 'k') => return Err("a regular expression has no back references"),
                Some('Q') => return Err("a regular expression has no \\Q"),
                _ => {}
            },
            '[' => class(&mut chars)?,
            '(' => groups.push(false),
            ')' => {
                let inner = groups.pop().ok_or("the regular expression closes a group too many")?;
                closed = Some(inner);
                if inner && let Some(outer) = groups.last_mut() {
                    *outer = true;
                }
            }
            '|' => {
                if let Some(outer) = groups.last_mut() {
                    *outer = true;
                }
            }
            // After a `(` it only says of what kind the group is.
            '?' if group != Some(true) => {}
            '*' | '+' | '{' | '?' => {
                if group == Some(true) {
                    return Err(
                        "a repeated group of a regular expression neither repeats nor chooses inside",
                    );
                }
                loops += 1;
                if let Some(outer) = groups.last_mut() {
                    *outer = true;
                }
            }
            _ => {}
        }
    }
    if loops > MAX_LOOPS {
        return Err("a regular expression repeats at most four parts");
    }
    Ok(())
}

fn class(chars: &mut std::iter::Peekable<std::str::Chars<'_>>) -> Result<(), &'static str> {
    chars.next_if_eq(&'^');
    chars.next_if_eq(&']');
    while let Some(c) = chars.next() {
        match c {
            '\\' => drop(chars.next()),
            '[' => return Err("a class of a regular expression holds no other class"),
            ']' => return Ok(()),
            _ => {}
        }
    }
    Err("the regular expression does not close a class")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everyday_patterns_pass() {
        for pattern in
            ["(?i).*api.*", "v[0-9]+\\.[0-9]+", "^(prod|test)-.*$", "[]a-z]{1,3}", "a\\(b"]
        {
            assert_eq!(check_pattern(pattern), Ok(()), "{pattern}");
        }
    }

    #[test]
    fn patterns_that_explode_are_refused() {
        let long = "a".repeat(257);
        for pattern in [
            "(a+)+$",
            "(a|aa)*b",
            "((a*))*",
            "(a{1,9}){1,9}",
            ".*.*.*.*.*x",
            "(a)\\1*",
            &long,
            "[a",
        ] {
            assert!(check_pattern(pattern).is_err(), "{pattern}");
        }
    }
}
