//! The one form of an e-mail address.

use super::secret::{self, Digest};

/// What the rule says to whoever broke it.
pub(crate) const RULE: &str = "must be an e-mail address of 3 to 254 characters";

/// The address without the space around it, or `None` where it is none.
pub(crate) fn read(text: &str) -> Option<String> {
    let text = text.trim();
    let (local, domain) = text.split_once('@')?;
    let sound = (3..=254).contains(&text.chars().count())
        && !local.is_empty()
        && !domain.is_empty()
        && !domain.contains('@')
        && !text.chars().any(|c| c.is_control() || c.is_whitespace());
    sound.then(|| text.to_owned())
}

/// Whether two addresses are one; upper and lower case are.
pub(crate) fn same(one: &str, other: &str) -> bool {
    one.to_lowercase() == other.to_lowercase()
}

/// A short stand-in for an address, for names of counters.
pub(crate) fn digest(email: &str) -> Digest {
    secret::digest(&email.to_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_one_at_and_nothing_strange_in_it() {
        assert_eq!(read(" Ada@example.org ").as_deref(), Some("Ada@example.org"));
        assert!(read("a@b").is_some());
        let long = format!("{}@example.org", "a".repeat(254));
        for bad in ["", "a@", "@b", "a@b@c", "ab", "a\u{0}@b", "a b@c", "a\n@b", &long] {
            assert_eq!(read(bad), None, "{bad}");
        }
    }

    #[test]
    fn case_does_not_tell_people_apart() {
        assert!(same("Ada@Example.org", "ada@example.ORG"));
        assert_eq!(digest("Ada@Example.org"), digest("ada@example.org"));
    }
}
