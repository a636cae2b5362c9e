//! Bytes of git as text of ours: nothing is lost where it names something, nothing fails where it is read.

use std::fmt::Write as _;

use gix::bstr::{BStr, ByteSlice as _};
use sha2::{Digest as _, Sha256};

/// How long a part of an id may be before it is cut; ids have 1024 bytes.
const MAX_PART: usize = 900;

/// A name that tells any two apart: bytes that are no UTF-8 become `\xHH`, a backslash is doubled.
pub(super) fn exact(bytes: &BStr) -> String {
    if let Ok(text) = bytes.to_str()
        && !text.contains('\\')
    {
        return text.to_owned();
    }
    let mut name = String::with_capacity(bytes.len() + 8);
    for chunk in bytes.utf8_chunks() {
        name.push_str(&chunk.valid().replace('\\', "\\\\"));
        for byte in chunk.invalid() {
            // Writing into a String does not fail.
            let _ = write!(name, "\\x{byte:02X}");
        }
    }
    name
}

/// A text for reading: what is no UTF-8 becomes `U+FFFD`.
pub(super) fn readable(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// The same text, or its beginning and its digest where an id could not hold it.
pub(super) fn bounded(text: &str) -> String {
    if text.len() <= MAX_PART {
        return text.to_owned();
    }
    let digest = hex::encode(Sha256::digest(text));
    format!("{}…{digest}", &text[..text.floor_char_boundary(256)])
}

/// At most so many bytes of a text, at the end of a character.
pub(super) fn cut(text: &str, bytes: usize) -> &str {
    &text[..text.floor_char_boundary(bytes)]
}

/// The last part of a path.
pub(super) fn last(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn two_names_never_become_one(one: Vec<u8>, two: Vec<u8>) {
            let (a, b) = (exact(one.as_bstr()), exact(two.as_bstr()));
            prop_assert_eq!(one == two, a == b);
        }

        #[test]
        fn a_bounded_part_fits_and_stays_itself_when_short(text in "\\PC{0,1200}") {
            prop_assert!(bounded(&text).len() <= MAX_PART);
            prop_assert_eq!(bounded(&text) == text, text.len() <= MAX_PART);
        }
    }

    #[test]
    fn what_is_no_utf8_is_spelt_out() {
        assert_eq!(exact(b"caf\xe9/\\x".as_bstr()), "caf\\xE9/\\\\x");
        assert_eq!(exact("café".into()), "café");
    }
}
