//! Stored secrets: sealed with a key of the environment and bound to the row they lie in.

use std::sync::Arc;

use agentcy_core::{Entropy, id::OrgId};
use chacha20poly1305::{
    KeyInit, XChaCha20Poly1305, XNonce,
    aead::{Aead, Payload},
};
use hmac::Mac;
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;

use crate::{Error, Result};

const NONCE: usize = 24;

/// Seals and opens what the database keeps of secrets (XChaCha20-Poly1305). Cheap to clone.
#[derive(Clone)]
pub struct Sealer {
    keys: Arc<Keys>,
    entropy: Arc<dyn Entropy>,
}

struct Keys {
    current: [u8; 32],
    previous: Option<[u8; 32]>,
}

/// Which cell a secret lies in. A sealed value moved to another cell does not open.
#[derive(Debug, Clone, Copy)]
pub struct Cell<'a> {
    /// The org it belongs to.
    pub org: OrgId,
    /// Table and column, such as `llm_settings.api_key`.
    pub column: &'static str,
    /// The row within the org.
    pub row: &'a str,
}

/// Every column in which something is sealed; what is sealed anew goes by this list.
impl<'a> Cell<'a> {
    /// The credentials of a source.
    pub(crate) const fn credentials(org: OrgId, row: &'a str) -> Self {
        Self { org, column: "sources.credentials", row }
    }

    /// The key of a model provider.
    pub(crate) const fn api_key(org: OrgId, row: &'a str) -> Self {
        Self { org, column: "llm_settings.api_key", row }
    }

    /// A secret of a webhook. The present one and the one before share a cell: a rotation moves the sealed bytes over.
    pub(crate) const fn hook(org: OrgId, row: &'a str) -> Self {
        Self { org, column: "triggers.secret", row }
    }

    /// A kept answer.
    pub(crate) const fn answer(org: OrgId, row: &'a str) -> Self {
        Self { org, column: "idempotency_keys.answer", row }
    }

    fn associated_data(&self) -> Vec<u8> {
        // No part contains NUL, so no two cells share their data.
        format!("{}\0{}\0{}", self.org, self.column, self.row).into_bytes()
    }
}

/// How a sealed value opened.
pub(crate) enum Opened {
    /// With the present key.
    Present(Vec<u8>),
    /// With the key before it.
    Previous(Vec<u8>),
    /// With none in force.
    Not,
}

impl Sealer {
    /// Seals with `current`; what `previous` sealed still opens.
    pub fn new(current: [u8; 32], previous: Option<[u8; 32]>, entropy: Arc<dyn Entropy>) -> Self {
        Self { keys: Arc::new(Keys { current, previous }), entropy }
    }

    /// Seals bytes for a cell.
    pub fn seal(&self, cell: Cell<'_>, bytes: &[u8]) -> Result<Vec<u8>> {
        let mut nonce = [0; NONCE];
        self.entropy.fill(&mut nonce);
        let payload = Payload { msg: bytes, aad: &cell.associated_data() };
        let sealed = XChaCha20Poly1305::new(&self.keys.current.into())
            .encrypt(&XNonce::from(nonce), payload)
            .map_err(|_| Error::Internal("a secret could not be sealed".into(), None))?;
        Ok([nonce.as_slice(), &sealed].concat())
    }

    /// Opens what was sealed for this cell.
    pub fn open(&self, cell: Cell<'_>, sealed: &[u8]) -> Result<Vec<u8>> {
        let unreadable = || {
            let what = format!("{} does not open with the encryption keys in force", cell.column);
            Error::Internal(what.into(), None)
        };
        match self.opened(cell, sealed) {
            Opened::Present(bytes) | Opened::Previous(bytes) => Ok(bytes),
            Opened::Not => Err(unreadable()),
        }
    }

    /// Opens what was sealed for this cell, and tells with which key.
    pub(crate) fn opened(&self, cell: Cell<'_>, sealed: &[u8]) -> Opened {
        let Some((nonce, bytes)) = sealed.split_first_chunk::<NONCE>() else { return Opened::Not };
        let aad = cell.associated_data();
        let with = |key: [u8; 32]| {
            let payload = Payload { msg: bytes, aad: &aad };
            XChaCha20Poly1305::new(&key.into()).decrypt(&XNonce::from(*nonce), payload).ok()
        };
        if let Some(bytes) = with(self.keys.current) {
            return Opened::Present(bytes);
        }
        self.keys.previous.and_then(with).map_or(Opened::Not, Opened::Previous)
    }

    /// What tells each key in force from others, and tells nothing of it; the present one first.
    pub(crate) fn fingerprints(&self) -> Vec<[u8; 32]> {
        let keys = [Some(self.keys.current), self.keys.previous];
        keys.iter().flatten().map(|key| derived(key, "fingerprint")).collect()
    }

    /// Seals a text.
    pub fn seal_text(&self, cell: Cell<'_>, text: &SecretString) -> Result<Vec<u8>> {
        self.seal(cell, text.expose_secret().as_bytes())
    }

    /// Opens a text.
    pub fn open_text(&self, cell: Cell<'_>, sealed: &[u8]) -> Result<SecretString> {
        let bytes = self.open(cell, sealed)?;
        let text =
            String::from_utf8(bytes).map_err(|e| Error::internal("a secret is no text", e))?;
        Ok(text.into())
    }

    /// A key for another purpose, which tells nothing about this one.
    pub(crate) fn derive(&self, purpose: &str) -> [u8; 32] {
        derived(&self.keys.current, purpose)
    }
}

fn derived(key: &[u8; 32], purpose: &str) -> [u8; 32] {
    #[expect(clippy::expect_used, reason = "HMAC takes keys of any length")]
    let mut mac = hmac::Hmac::<Sha256>::new_from_slice(key).expect("any length");
    mac.update(purpose.as_bytes());
    mac.finalize().into_bytes().into()
}

impl std::fmt::Debug for Sealer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Sealer")
    }
}

#[cfg(test)]
mod tests {
    use agentcy_core::clock::SystemEntropy;
    use uuid::Uuid;

    use super::*;

    fn sealer(current: u8, previous: Option<u8>) -> Sealer {
        Sealer::new([current; 32], previous.map(|byte| [byte; 32]), Arc::new(SystemEntropy))
    }

    fn cell(org: u128, row: &str) -> Cell<'_> {
        Cell { org: Uuid::from_u128(org).into(), column: "llm_settings.api_key", row }
    }

    #[test]
    fn a_secret_opens_only_in_its_own_cell() {
        let sealed = sealer(1, None).seal(cell(1, "a"), b"secret").unwrap();
        assert_eq!(sealer(1, None).open(cell(1, "a"), &sealed).unwrap(), b"secret");
        assert!(sealer(1, None).open(cell(2, "a"), &sealed).is_err());
        assert!(sealer(1, None).open(cell(1, "b"), &sealed).is_err());
        assert!(sealer(2, None).open(cell(1, "a"), &sealed).is_err());
        assert!(sealer(1, None).open(cell(1, "a"), &sealed[..10]).is_err());
    }

    #[test]
    fn a_rotated_key_still_opens_what_the_previous_one_sealed() {
        let sealed = sealer(1, None).seal(cell(1, "a"), b"secret").unwrap();
        assert_eq!(sealer(2, Some(1)).open(cell(1, "a"), &sealed).unwrap(), b"secret");
    }
}
