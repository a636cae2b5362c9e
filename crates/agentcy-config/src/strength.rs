//! Whether a secret is one: long and varied enough once well-known words are taken out.

use secrecy::{ExposeSecret, SecretString};

use crate::{fault::Faulty, reader::Reader, setting::Setting};

/// Words that people leave in examples. They count for nothing, so a long random rest still passes.
const WELL_KNOWN: [&str; 11] = [
    "change", "secret", "password", "default", "example", "agentcy", "admin", "insecure", "123456",
    "abcdef", "qwerty",
];

/// The least length of a token or signing secret: that of 32 random bytes, or 16 in hex.
pub(crate) const SECRET_LENGTH: usize = 32;
/// The least length of a password.
pub(crate) const PASSWORD_LENGTH: usize = 12;

/// A secret that must be strong, and perhaps set, once others can reach the server.
pub(crate) fn strong(
    reader: &mut Reader<'_>,
    setting: &Setting,
    least: usize,
    exposed: bool,
    needed: bool,
) -> Result<Option<SecretString>, Faulty> {
    let secret = reader.secret(setting)?;
    let wrong = match &secret {
        None if needed => Some("is not set".to_owned()),
        Some(secret) if exposed => weakness(secret.expose_secret(), least),
        _ => None,
    };
    match wrong {
        None => Ok(secret),
        Some(wrong) => {
            let wrong = format!("{wrong}, and others can reach this server");
            Err(reader.fault(setting.name, wrong, crate::RUN_INIT))
        }
    }
}

/// Why a text is a weak secret, if it is.
fn weakness(text: &str, least: usize) -> Option<String> {
    if text.len() < least {
        return Some(format!("is shorter than {least} bytes"));
    }
    let mut rest = text.to_lowercase();
    for word in WELL_KNOWN {
        rest = rest.replace(word, "");
    }
    if rest.len() < least {
        return Some("is little more than well-known words".to_owned());
    }
    // 32 random characters have 14 different ones even in hex; a repeated phrase has no more than
    // one period of it.
    let varied = distinct(rest.as_bytes()) > least / 4;
    (!varied || repeats(rest.as_bytes())).then(|| "repeats itself".to_owned())
}

/// How many different bytes there are.
pub(crate) fn distinct(bytes: &[u8]) -> usize {
    let mut seen = [false; 256];
    for byte in bytes {
        seen[usize::from(*byte)] = true;
    }
    seen.iter().filter(|seen| **seen).count()
}

/// Whether the text is one piece said twice or more.
fn repeats(bytes: &[u8]) -> bool {
    (1..=bytes.len() / 2).any(|period| bytes[period..] == bytes[..bytes.len() - period])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_known_and_repeated_texts_are_weak() {
        for weak in [
            "short",
            "changeme-changeme-changeme-changeme",
            "secret_secret_secret_secret_secret_secret",
            "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
            "0123456789abcdef0123456789abcdef0123",
            "agentcy-default-jwt-secret-please-change",
        ] {
            assert!(weakness(weak, SECRET_LENGTH).is_some(), "{weak}");
        }
    }

    #[test]
    fn random_texts_are_strong_even_with_a_word_in_them() {
        for strong in [
            "5f0c1d6be2a94873b1f7d20e8c3a6495",
            "kQz7vD2mXw8RtL4yNc1HbJ6sGf3PaE9u",
            "admin-kQz7vD2mXw8RtL4yNc1HbJ6sGf3PaE9u",
        ] {
            assert_eq!(weakness(strong, SECRET_LENGTH), None, "{strong}");
        }
        assert_eq!(weakness("correct horse battery", PASSWORD_LENGTH), None);
    }
}
