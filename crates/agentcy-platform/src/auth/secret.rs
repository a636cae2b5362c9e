//! Random texts that are shown once and kept as a digest.

use std::fmt::Write as _;

use agentcy_core::Entropy;
use secrecy::SecretString;
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq;

/// What is kept of a secret text. The text is random, so a fast digest is enough.
pub(crate) type Digest = [u8; 32];

/// The digest of a text.
pub(crate) fn digest(text: &str) -> Digest {
    Sha256::digest(text.as_bytes()).into()
}

/// The prefix and 256 random bits in hexadecimal, which a double click selects whole.
pub(crate) fn mint(prefix: &str, entropy: &dyn Entropy) -> SecretString {
    let mut random = [0; 32];
    entropy.fill(&mut random);
    let mut text = String::with_capacity(prefix.len() + 64);
    text.push_str(prefix);
    for byte in random {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    text.into()
}

/// Whether two digests are one, in a time that tells nothing of where they differ.
pub(crate) fn same(one: &[u8], other: &[u8]) -> bool {
    one.ct_eq(other).into()
}
