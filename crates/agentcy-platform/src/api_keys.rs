//! API keys: what programs show instead of a session.

use std::net::IpAddr;

use agentcy_core::{Action, By, Caller, Realms, Role, Timestamp, id::KeyId};
use agentcy_store::{OnConstraint, api_keys as store, audit};
use chrono::{Datelike, SubsecRound, TimeDelta};
use ipnet::IpNet;
use secrecy::SecretString;
use serde_json::json;

use crate::{
    Draft, Error, Listing, PageRequest, Platform, Result,
    auth::key_format::{self, Minted},
    error::Faults,
    grant, realms, text,
};

pub use agentcy_store::api_keys::ApiKey;

const MAX_ALLOWED_IPS: usize = 50;
const MAX_NOTES: usize = 2000;
const MAX_GRACE_SECS: u32 = 7 * 24 * 60 * 60;
const DEFAULT_GRACE_SECS: u32 = 24 * 60 * 60;

/// A key to be made.
#[derive(Debug, Clone)]
pub struct NewApiKey {
    /// What people call it.
    pub name: String,
    /// What it may do; not more than its maker.
    pub role: Role,
    /// The realms it sees; those of its maker unless said.
    pub realms: Option<Realms>,
    /// When it runs out.
    pub expires_at: Option<Timestamp>,
    /// Addresses and networks it is good from; empty means everywhere.
    pub allowed_ips: Vec<String>,
    /// What it is for.
    pub notes: String,
    /// Whether it may decide approvals.
    pub can_approve: bool,
}

/// A key with its new secret, which is never shown again.
#[derive(Debug, Clone)]
pub struct IssuedKey {
    /// The key.
    pub key: ApiKey,
    /// What its holder sends.
    pub secret: SecretString,
}

/// The live keys of the org, the newest first. Errors: `invalid_cursor`.
pub async fn list(
    platform: &Platform,
    caller: &Caller,
    page: PageRequest,
) -> Result<Listing<ApiKey>> {
    let by = platform.permit(caller, Action::ApiKeyRead).await?;
    let scope = format!("{}/api-keys", by.org_id());
    let after = platform.cursors.read(&scope, &page)?;
    let found = store::list(&mut platform.db.read(&by).await?, page.limit, after).await?;
    Ok(platform.cursors.listing(&scope, found))
}

/// One live key. Errors: `not_found`.
pub async fn read(platform: &Platform, caller: &Caller, id: KeyId) -> Result<ApiKey> {
    let by = platform.permit(caller, Action::ApiKeyRead).await?;
    find(platform, &by, id).await
}

/// Makes a key. Errors: `invalid`, `insufficient_role`, `unknown_realm`, `taken` (`name`).
pub async fn create(
    platform: &Platform,
    caller: &Caller,
    new: NewApiKey,
) -> Result<Draft<IssuedKey>> {
    let by = platform.permit(caller, Action::ApiKeyCreate).await?;
    let now = platform.clock.now();
    let allowed_ips = new.check(now)?;
    let realms = new.realms.unwrap_or_else(|| by.realms().clone());
    platform.permit_to_give(&by, new.role, &realms).await?;
    let id = platform.ids.next();
    let Minted { text, hash, fingerprint } = key_format::mint(id, &*platform.entropy);
    let key = ApiKey {
        id,
        name: new.name,
        notes: new.notes,
        role: new.role,
        realms,
        can_approve: new.can_approve,
        allowed_ips,
        fingerprint,
        previous_until: None,
        // What the database keeps of it, so that the first answer says what later ones do.
        expires_at: new.expires_at.map(|at| at.trunc_subsecs(6)),
        created_by: Some(grant::person(&by)?),
        created_at: now,
        last_used_at: None,
    };
    let mut tx = platform.db.begin(&by).await?;
    realms::require_known(&mut tx, "realms", &key.realms).await?;
    store::insert(&mut tx, &key, &hash)
        .await
        .on_constraint(store::NAME_KEY, || Error::taken("name"))?;
    let details = json!({
        "name": key.name,
        "role": key.role,
        "realms": key.realms,
        "can_approve": key.can_approve,
        "fingerprint": key.fingerprint,
    });
    audit::record(&mut tx, &platform.done(&by, id, details)).await?;
    Ok(Draft::new(platform, by, tx, IssuedKey { key, secret: text }))
}

/// Gives a key a new secret; the one before is good for `grace_secs` more, a day unless said.
///
/// Errors: `not_found`, `invalid` (`grace_secs`), `insufficient_role`.
pub async fn rotate(
    platform: &Platform,
    caller: &Caller,
    id: KeyId,
    grace_secs: Option<u32>,
) -> Result<Draft<IssuedKey>> {
    let by = platform.permit(caller, Action::ApiKeyRotate).await?;
    let grace = grace_secs.unwrap_or(DEFAULT_GRACE_SECS);
    let mut faults = Faults::default();
    faults.require(grace <= MAX_GRACE_SECS, "grace_secs", "0 to 604800");
    faults.into_result()?;
    let mut key = find(platform, &by, id).await?;
    // Whoever rotates a key holds it afterwards, so this is giving it to oneself.
    platform.permit_to_give(&by, key.role, &key.realms).await?;
    let Minted { text, hash, fingerprint } = key_format::mint(id, &*platform.entropy);
    key.previous_until =
        (grace > 0).then(|| platform.clock.now() + TimeDelta::seconds(grace.into()));
    let before = std::mem::replace(&mut key.fingerprint, fingerprint);
    let mut tx = platform.db.begin(&by).await?;
    if !store::rotate(&mut tx, &key, &hash).await? {
        return Err(not_found());
    }
    let details = json!({
        "fingerprint": key.fingerprint,
        "previous_fingerprint": before,
        "grace_secs": grace,
    });
    audit::record(&mut tx, &platform.done(&by, id, details)).await?;
    Ok(Draft::new(platform, by, tx, IssuedKey { key, secret: text }))
}

/// Ends a key at once, also a secret in its grace. Errors: `not_found`, `insufficient_role`.
pub async fn revoke(platform: &Platform, caller: &Caller, id: KeyId) -> Result<()> {
    let by = platform.permit(caller, Action::ApiKeyRevoke).await?;
    let key = find(platform, &by, id).await?;
    let holds = key.role <= by.caller().role;
    platform.permit_on(&by, holds, "nobody revokes a key whose role is above their own").await?;
    let mut tx = platform.db.begin(&by).await?;
    if !store::revoke(&mut tx, id, platform.clock.now()).await? {
        return Err(not_found());
    }
    let details = json!({ "name": key.name, "fingerprint": key.fingerprint });
    audit::record(&mut tx, &platform.done(&by, id, details)).await?;
    tx.commit().await?;
    platform.auth.forget_standings();
    Ok(())
}

async fn find(platform: &Platform, by: &By, id: KeyId) -> Result<ApiKey> {
    let mut reader = platform.db.read(by).await?;
    store::find(&mut reader, id).await?.ok_or_else(not_found)
}

fn not_found() -> Error {
    Error::not_found("API key")
}

impl NewApiKey {
    /// Judges all fields; the addresses come back in their one written form.
    fn check(&self, now: Timestamp) -> Result<Vec<String>> {
        let mut faults = Faults::default();
        faults.require(text::is_name(&self.name), "name", text::NAME_RULE);
        let notes = text::is_prose(&self.notes, MAX_NOTES);
        faults.require(notes, "notes", "at most 2000 characters, no control characters");
        let in_time = self.expires_at.is_none_or(|at| at > now && at.year() <= 9999);
        faults.require(in_time, "expires_at", "a time to come, before the year 10000");
        let few = self.allowed_ips.len() <= MAX_ALLOWED_IPS;
        faults.require(few, "allowed_ips", "at most 50 addresses");
        let mut networks = Vec::new();
        for (index, text) in self.allowed_ips.iter().enumerate().take(MAX_ALLOWED_IPS) {
            let network = network(text);
            let rule = "an IP address, or a network such as 10.0.0.0/8";
            faults.require(network.is_some(), format!("allowed_ips[{index}]"), rule);
            networks.extend(network);
        }
        faults.into_result()?;
        Ok(networks)
    }
}

fn network(text: &str) -> Option<String> {
    if let Ok(address) = text.parse::<IpAddr>() {
        return Some(address.to_canonical().to_string());
    }
    text.parse::<IpNet>().ok().map(|network| network.trunc().to_string())
}
