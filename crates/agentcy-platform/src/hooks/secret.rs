//! The secret of a webhook: made by us, shown once, sealed in its trigger's row.

use agentcy_core::id::{OrgId, TriggerId};
use base64::{Engine, engine::general_purpose::STANDARD};
use secrecy::{ExposeSecret, SecretString};

use crate::{Platform, Result, seal::Cell};

/// What every secret begins with (Standard Webhooks).
pub(super) const PREFIX: &str = "whsec_";

/// A new secret: `whsec_` and the base64 of 256 random bits.
pub fn mint(platform: &Platform) -> SecretString {
    let mut bytes = [0; 32];
    platform.entropy.fill(&mut bytes);
    format!("{PREFIX}{}", STANDARD.encode(bytes)).into()
}

/// As the row of its trigger keeps it.
pub fn seal(
    platform: &Platform,
    org: OrgId,
    trigger: TriggerId,
    secret: &SecretString,
) -> Result<Vec<u8>> {
    platform.sealer.seal(Cell::hook(org, &trigger.to_string()), secret.expose_secret().as_bytes())
}

/// As its sender has it.
pub fn open(
    platform: &Platform,
    org: OrgId,
    trigger: TriggerId,
    sealed: &[u8],
) -> Result<SecretString> {
    platform.sealer.open_text(Cell::hook(org, &trigger.to_string()), sealed)
}
