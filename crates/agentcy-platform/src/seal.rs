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

impl Cell<'_> {
    fn associated_data(&self) -> Vec<u8> {
        // No part contains NUL, so no two cells share their data.
        format!("{}\0{}\0{}", self.org, self.column, self.row).into_bytes()
    }
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
            Error::Internal(
                format!("{} does not open with the encryption keys in force", cell.column).into(),
                None,
            )
        };
        let (nonce, bytes) = sealed.split_first_chunk::<NONCE>().ok_or_else(unreadable)?;
        let keys = [Some(self.keys.current), self.keys.previous];
        keys.into_iter()
            .flatten()
            .find_map(|key| {
                let payload = Payload { msg: bytes, aad: &cell.associated_data() };
                XChaCha20Poly1305::new(&key.into()).decrypt(&XNonce::from(*nonce), payload).ok()
            })
            .ok_or_else(unreadable)
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
        #[expect(clippy::expect_used, reason = "HMAC takes keys of any length")]
        let mut mac = hmac::Hmac::<Sha256>::new_from_slice(&self.keys.current).expect("any length");
        mac.update(purpose.as_bytes());
        mac.finalize().into_bytes().into()
    }
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
