//! Changing and disconnecting a source.

use agentcy_core::{Action, Caller, ErrorCode, Realm, Realms, id::SourceId};
use agentcy_store::{
    OnConstraint, audit, ledger,
    sources::{self as store, Source as Stored},
};
use serde_json::{Value, json};

use super::{
    Source, StoredContent, credentials,
    credentials::GivenCredentials,
    find,
    settings::{Settings, check_config, try_out},
    show,
};
use crate::{Change, Error, Platform, Result, error::Faults, grant, realms, sync, text};

/// What to change of a source.
#[derive(Debug, Clone, Default)]
pub struct SourceUpdate {
    /// What people call it.
    pub name: Option<String>,
    /// Where all it says lies; what it said before moves with the next sync.
    pub realm: Option<Realm>,
    /// The connector's settings, whole.
    pub config: Option<Value>,
    /// Its secrets, one by one.
    pub credentials: Change<GivenCredentials>,
}

/// Changes a source. Settings that change are tried first.
///
/// Errors: `not_found`, `invalid`, `unknown_realm`, `insufficient_role`, `credentials_required`,
/// `source_validation_failed`, `upstream_refused`, `upstream_unavailable`, `taken("name")`, `in_use` (somebody else
/// changed it meanwhile).
pub async fn update(
    platform: &Platform,
    caller: &Caller,
    id: SourceId,
    change: SourceUpdate,
) -> Result<Source> {
    let by = platform.permit(caller, Action::SourceUpdate).await?;
    change.check()?;
    let before = find(&mut platform.db.read(&by).await?, by.realms(), id).await?;
    if let Some(realm) = &change.realm {
        let within = by.realms().contains(realm);
        platform.permit_on(&by, within, grant::REALMS_BEYOND).await?;
    }
    let mut settings = Settings::stored(platform, by.org_id(), &before)?;
    let mut after = before.clone();
    let is_tried = change.config.is_some() || !matches!(change.credentials, Change::Keep);
    if let Some(config) = change.config {
        let place = credentials::is_same_place(&*settings.connector, &settings.config, &config);
        settings.config = config;
        settings.credentials = credentials::merge(settings.credentials, change.credentials, place)?;
    } else {
        settings.credentials = credentials::merge(settings.credentials, change.credentials, true)?;
    }
    if is_tried {
        try_out(platform, &by, &settings, StoredContent::of(platform, &by, &before)).await?;
        after.credentials = settings.seal(platform, by.org_id(), id)?;
    }
    after.name = change.name.unwrap_or(after.name);
    after.realm = change.realm.unwrap_or(after.realm);
    after.config = settings.config;
    after.updated_at = platform.clock.now();

    let mut tx = platform.db.begin(&by).await?;
    let locked = store::lock(&mut tx, id).await?.ok_or_else(|| Error::not_found("source"))?;
    if locked.updated_at != before.updated_at {
        let message = "somebody else changed the source meanwhile; read it again";
        return Err(Error::refused(ErrorCode::InUse, message));
    }
    // A delta would leave what it said elsewhere as it was; and a sync may have gone on since the source was read.
    let is_moved = after.realm != before.realm || after.config != before.config;
    after.cursor = locked.cursor.filter(|_| !is_moved);
    realms::require_known(&mut tx, "realm", &Realms::Only([after.realm.clone()].into())).await?;
    let updated = store::update(&mut tx, &after).await;
    updated.on_constraint(store::NAME_KEY, || Error::taken("name"))?;
    let details = json!({
        "name": after.name,
        "realm": after.realm,
        "config_changed": after.config != before.config,
        "credentials_changed": after.credentials != before.credentials,
    });
    audit::record(&mut tx, &platform.done(&by, id, details)).await?;
    let last = sync::newest(&mut tx, &[id]).await?.remove(&id);
    let shown = show(platform, &by, &after, last)?;
    tx.commit().await?;
    Ok(shown)
}

/// Disconnects a source. With `purge` its part of the graph is archived, in the background; that may be asked for later
/// as well, while there is something left.
///
/// Errors: `not_found`, `sync_in_progress`.
pub async fn remove(platform: &Platform, caller: &Caller, id: SourceId, purge: bool) -> Result<()> {
    let by = platform.permit(caller, Action::SourceDelete).await?;
    let mut tx = platform.db.begin(&by).await?;
    let source = store::lock(&mut tx, id).await?;
    let left = match &source {
        Some(source) => Some(source.realm.clone()),
        None if purge => ledger::realm_of(&mut tx, id).await?,
        None => None,
    };
    let realm = left.filter(|realm| by.realms().contains(realm));
    let realm = realm.ok_or_else(|| Error::not_found("source"))?;
    let is_active = sync::is_active(&mut tx, id).await?;
    if source.is_none() && is_active {
        // It is being archived already.
        return Ok(());
    }
    if is_active {
        let message = "the source is being synced; cancel that first";
        return Err(Error::refused(ErrorCode::SyncInProgress, message));
    }
    store::delete(&mut tx, id).await?;
    if purge {
        sync::retire(platform, &mut tx, &by, id, realm).await?;
    }
    let details = match source {
        Some(Stored { name, source_type, .. }) => {
            json!({ "name": name, "source_type": source_type, "purge": purge })
        }
        None => json!({ "purge": purge }),
    };
    audit::record(&mut tx, &platform.done(&by, id, details)).await?;
    tx.commit().await?;
    if purge {
        sync::wake(platform).await;
    }
    platform.forget_cache(by.org_id(), id).await;
    Ok(())
}

impl SourceUpdate {
    fn check(&self) -> Result<()> {
        let mut faults = Faults::default();
        if let Some(name) = &self.name {
            faults.require(text::is_name(name), "name", text::NAME_RULE);
        }
        if let Some(config) = &self.config {
            check_config(config, &mut faults);
        }
        if let Change::Set(given) = &self.credentials {
            credentials::check(given, &mut faults);
        }
        faults.into_result()
    }
}
