//! The form of an API key: `ak_live_<id>_<secret>`, and what is kept of it.

use agentcy_core::{Entropy, id::KeyId};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use secrecy::SecretString;
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::secret::Digest;

/// What every API key begins with.
pub(crate) const PREFIX: &str = "ak_live_";
const ID: usize = 32;
const SECRET: usize = 43;

/// A key that was just made: its text is shown once, the rest is kept.
pub(crate) struct Minted {
    /// The key as its holder sends it.
    pub(crate) text: SecretString,
    /// SHA-256 of the secret's bytes.
    pub(crate) hash: Digest,
    /// The first 16 hexadecimal digits of the SHA-256 of the whole key, which tell nothing of `hash`.
    pub(crate) fingerprint: String,
}

/// Makes a key, or a new secret for one.
pub(crate) fn mint(id: KeyId, entropy: &dyn Entropy) -> Minted {
    let mut secret = [0; 32];
    entropy.fill(&mut secret);
    let text = format!("{PREFIX}{}_{}", Uuid::from(id).simple(), URL_SAFE_NO_PAD.encode(secret));
    let whole = Sha256::digest(&text);
    Minted {
        hash: Sha256::digest(secret).into(),
        fingerprint: hex::encode(&whole[..8]),
        text: text.into(),
    }
}

/// Which key a text claims to be, and the digest to compare in constant time.
///
/// `None` for anything but the one form that [`mint`] writes.
pub(crate) fn parse(text: &str) -> Option<(KeyId, Digest)> {
    // By position, since a secret may hold underscores.
    let (id, secret) = text.strip_prefix(PREFIX)?.split_at_checked(ID)?;
    let secret = secret.strip_prefix('_').filter(|secret| secret.len() == SECRET)?;
    if !id.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')) {
        return None;
    }
    let id = Uuid::try_parse(id).ok()?;
    let secret = URL_SAFE_NO_PAD.decode(secret).ok()?;
    Some((id.into(), Sha256::digest(secret).into()))
}

#[cfg(test)]
mod tests {
    use agentcy_core::clock::SystemEntropy;
    use secrecy::ExposeSecret;

    use super::*;

    #[test]
    fn a_key_reads_back_as_it_was_made() {
        for number in 0..200 {
            let id = KeyId::from(Uuid::from_u128((number << 64) | 7));
            let minted = mint(id, &SystemEntropy);
            let text = minted.text.expose_secret();
            assert_eq!(text.len(), 8 + 32 + 1 + 43);
            assert_eq!(parse(text), Some((id, minted.hash)));
            assert_eq!(minted.fingerprint.len(), 16);
            assert!(!hex::encode(minted.hash).starts_with(&minted.fingerprint));
        }
    }

    #[test]
    fn a_key_in_any_other_form_is_none() {
        let minted = mint(KeyId::from(Uuid::from_u128(0x00ab_cdef)), &SystemEntropy);
        let text = minted.text.expose_secret();
        let upper = text.replace("abcdef", "ABCDEF");
        let padded = format!("{text}=");
        let dashed = text.replacen("000000", "0000-0", 1);
        for bad in ["", "ak_live_", &text[..83], &padded, &upper, &dashed, &text[1..], "ak_live_ä"]
        {
            assert_eq!(parse(bad), None, "{bad}");
        }
    }
}
