//! Showing that a secret is there without showing it.

/// What stands before the last characters of a masked secret.
pub const MASK: &str = "****";

/// `****` and the last four characters, or only `****` when that would show too much of it.
pub fn mask(secret: &str) -> String {
    let count = secret.chars().count();
    if count < 12 {
        return MASK.to_owned();
    }
    let tail: String = secret.chars().skip(count - 4).collect();
    format!("{MASK}{tail}")
}

/// Whether a text that came back is a mask, which means unchanged.
pub fn is_mask(text: &str) -> bool {
    text.starts_with(MASK)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_secret_shows_nothing_and_a_long_one_its_tail() {
        assert_eq!(mask("short"), "****");
        assert_eq!(mask("sk-0123456789abcd"), "****abcd");
        assert!(is_mask(&mask("sk-0123456789abcd")));
    }
}
