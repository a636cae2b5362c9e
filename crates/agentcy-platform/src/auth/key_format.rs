//! The form of an API key: `ak_live_<id>_<secret>`.

use agentcy_core::{Entropy, id::KeyId};
use secrecy::{ExposeSecret, SecretString};
use uuid::Uuid;

use super::secret::{self, Digest};

/// What every API key begins with.
pub(crate) const PREFIX: &str = "ak_live_";

/// A key that was just made.
pub(crate) struct Minted {
    /// The whole key, shown once.
    pub(crate) text: SecretString,
    /// What is kept of it.
    pub(crate) hash: Digest,
    /// What tells it apart and gives nothing away.
    pub(crate) fingerprint: String,
}

/// Makes a key, or a new secret for one.
pub(crate) fn mint(id: KeyId, entropy: &dyn Entropy) -> Minted {
    let text = secret::mint(&format!("{PREFIX}{}_", Uuid::from(id).simple()), entropy);
    let hash = secret::digest(text.expose_secret());
    Minted { text, hash, fingerprint: hex::encode(&hash[..8]) }
}

/// Which key a text claims to be, and the digest to compare. `None` when it is no key at all.
pub(crate) fn parse(text: &str) -> Option<(KeyId, Digest)> {
    let (id, random) = text.strip_prefix(PREFIX)?.split_once('_')?;
    let is_hex = |text: &str| text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    if id.len() != 32 || random.len() != 64 || !is_hex(id) || !is_hex(random) {
        return None;
    }
    Some((Uuid::try_parse(id).ok()?.into(), secret::digest(text)))
}

#[cfg(test)]
mod tests {
    use agentcy_core::clock::SystemEntropy;

    use super::*;

    #[test]
    fn a_key_names_itself_and_its_digest_covers_all_of_it() {
        let id = KeyId::from(Uuid::from_u128(7));
        let minted = mint(id, &SystemEntropy);
        let text = minted.text.expose_secret();
        assert_eq!(parse(text), Some((id, minted.hash)));
        assert!(!text.contains(&minted.fingerprint));
    }

    #[test]
    fn what_only_looks_like_a_key_is_none() {
        let text = mint(KeyId::from(Uuid::from_u128(7)), &SystemEntropy).text;
        let text = text.expose_secret();
        for bad in [&text[1..], &text[..text.len() - 1], &text.to_uppercase(), &format!("{text}0")]
        {
            assert_eq!(parse(bad), None, "{bad}");
        }
        assert_eq!(parse("ak_live__"), None);
    }
}
