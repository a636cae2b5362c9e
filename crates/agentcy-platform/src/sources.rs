//! The systems that an org has connected.

mod calls;
mod catalog;
mod content;
mod credentials;
mod place;
mod settings;
mod tools;
mod update;

use std::collections::BTreeMap;

use agentcy_core::{Action, By, Caller, Realm, Realms, Timestamp, id::SourceId};
use agentcy_store::{OnConstraint, Tenant, audit, sources as store};
use serde_json::{Value, json};

use crate::{
    Change, Draft, Error, Listing, PageRequest, Platform, Result, realms,
    sync::{self, Sync, SyncState},
};

pub use agentcy_sources::Output;
pub use calls::{ToolCall, judge_tool, run_judged};
pub use catalog::{Kind, ToolInfo, catalog, tools};
pub(crate) use content::StoredContent;
pub use content::{BoxError, MAX_CONTENT, upload};
pub use credentials::GivenCredentials;
pub use place::sweep_caches;
pub(crate) use settings::Settings;
use settings::try_out;
pub use tools::run_tool;
pub use update::{SourceUpdate, remove, update};

/// A source to connect.
#[derive(Debug, Clone)]
pub struct NewSource {
    /// What people call it.
    pub name: String,
    /// The kind of connector.
    pub source_type: String,
    /// Where all it says lies.
    pub realm: Realm,
    /// The connector's settings.
    pub config: Value,
    /// Its secrets.
    pub credentials: GivenCredentials,
}

/// A connected source, as it is shown.
#[derive(Debug, Clone)]
pub struct Source {
    /// Its id.
    pub id: SourceId,
    /// What people call it.
    pub name: String,
    /// The kind of connector.
    pub source_type: String,
    /// Where all it says lies.
    pub realm: Realm,
    /// The connector's settings.
    pub config: Value,
    /// Masked.
    pub credentials: BTreeMap<String, String>,
    /// How it is.
    pub state: SourceState,
    /// Its newest sync.
    pub last_sync: Option<Sync>,
    /// How much was uploaded, in bytes.
    pub content_bytes: Option<u64>,
    /// When it was connected.
    pub created_at: Timestamp,
    /// When its settings or its content last changed.
    pub updated_at: Timestamp,
}

/// How a source is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SourceState {
    /// Never synced.
    New,
    /// A sync is queued or running.
    Syncing,
    /// The last sync came through, or there is nothing to sync.
    Ready,
    /// The last sync failed.
    Failed,
}

/// The sources of the caller's realms, the newest first. Errors: `invalid_cursor`.
pub async fn list(
    platform: &Platform,
    caller: &Caller,
    page: PageRequest,
) -> Result<Listing<Source>> {
    let by = platform.permit(caller, Action::SourceRead).await?;
    let scope = format!("{}/sources/{}", by.org_id(), by.realms().to_slugs().join(","));
    let after = platform.cursors.read(&scope, &page)?;
    let mut reader = platform.db.read(&by).await?;
    let found = store::list(&mut reader, by.realms(), page.limit, after).await?;
    let ids: Vec<SourceId> = found.items.iter().map(|source| source.id).collect();
    let mut last = sync::newest(&mut reader, &ids).await?;
    drop(reader);
    let mut shown = Vec::with_capacity(ids.len());
    for source in &found.items {
        shown.push(show(platform, &by, source, last.remove(&source.id))?);
    }
    let page = agentcy_core::Page { items: shown, next: found.next, total: found.total };
    Ok(platform.cursors.listing(&scope, page))
}

/// One source. Errors: `not_found`.
pub async fn read(platform: &Platform, caller: &Caller, id: SourceId) -> Result<Source> {
    let by = platform.permit(caller, Action::SourceRead).await?;
    let mut reader = platform.db.read(&by).await?;
    let source = find(&mut reader, by.realms(), id).await?;
    let last = sync::newest(&mut reader, &[id]).await?.remove(&id);
    show(platform, &by, &source, last)
}

/// Connects a source, once its settings were tried.
///
/// Errors: `invalid`, `unknown_realm`, `insufficient_role`, `source_validation_failed`, `upstream_refused`,
/// `upstream_unavailable`, `taken("name")`.
pub async fn create(platform: &Platform, caller: &Caller, new: NewSource) -> Result<Draft<Source>> {
    let by = platform.permit(caller, Action::SourceCreate).await?;
    let id = platform.ids.next();
    let settings = tried(platform, &by, &new).await?;
    let now = platform.clock.now();
    let source = store::Source {
        id,
        name: new.name,
        source_type: new.source_type,
        realm: new.realm,
        config: new.config,
        credentials: settings.seal(platform, by.org_id(), id)?,
        cursor: None,
        content: None,
        created_by: caller.principal.to_string(),
        created_at: now,
        updated_at: now,
    };
    let mut tx = platform.db.begin(&by).await?;
    realms::require_known(&mut tx, "realm", &Realms::Only([source.realm.clone()].into())).await?;
    store::insert(&mut tx, &source)
        .await
        .on_constraint(store::NAME_KEY, || Error::taken("name"))?;
    let details =
        json!({ "name": source.name, "source_type": source.source_type, "realm": source.realm });
    audit::record(&mut tx, &platform.done(&by, id, details)).await?;
    let shown = show(platform, &by, &source, None)?;
    Ok(Draft::new(platform, by, tx, shown))
}

/// Tries settings that nobody keeps. Errors: those of [`create`].
pub async fn validate(platform: &Platform, caller: &Caller, new: NewSource) -> Result<()> {
    let by = platform.permit(caller, Action::SourceValidate).await?;
    tried(platform, &by, &new).await?;
    let mut tx = platform.db.begin(&by).await?;
    realms::require_known(&mut tx, "realm", &Realms::Only([new.realm].into())).await?;
    match store::find_by_name(&mut tx, &new.name).await? {
        Some(_) => Err(Error::taken("name")),
        None => Ok(()),
    }
}

/// Tries the settings of a stored source.
///
/// Errors: `not_found`, `source_validation_failed`, `upstream_refused`, `upstream_unavailable`.
pub async fn validate_stored(platform: &Platform, caller: &Caller, id: SourceId) -> Result<()> {
    let by = platform.permit(caller, Action::SourceValidate).await?;
    let source = find(&mut platform.db.read(&by).await?, by.realms(), id).await?;
    let settings = Settings::stored(platform, by.org_id(), &source)?;
    let content = StoredContent::of(platform, &by, &source);
    try_out(platform, &by, &settings, content).await
}

/// Settings of a source to be, after they were tried.
async fn tried(platform: &Platform, by: &By, new: &NewSource) -> Result<Settings> {
    let mut faults = crate::error::Faults::default();
    faults.require(crate::text::is_name(&new.name), "name", crate::text::NAME_RULE);
    settings::check_config(&new.config, &mut faults);
    credentials::check(&new.credentials, &mut faults);
    let known = platform.connectors.get(&new.source_type).is_some();
    faults.require(known, "source_type", "is not in the catalog; see GET /sources/catalog");
    faults.into_result()?;
    let within = by.realms().contains(&new.realm);
    platform.permit_on(by, within, crate::grant::REALMS_BEYOND).await?;
    let given = Change::Set(new.credentials.clone());
    let credentials = credentials::merge(BTreeMap::new(), given, true)?;
    let settings = Settings::new(platform, &new.source_type, new.config.clone(), credentials)?;
    try_out(platform, by, &settings, None).await?;
    Ok(settings)
}

/// A source of these realms; one outside them is as unknown as a foreign one.
pub(crate) async fn find(
    tenant: &mut impl Tenant,
    realms: &Realms,
    id: SourceId,
) -> Result<store::Source> {
    let source = store::find(tenant, id).await?.filter(|source| realms.contains(&source.realm));
    source.ok_or_else(|| Error::not_found("source"))
}

fn show(
    platform: &Platform,
    by: &By,
    source: &store::Source,
    last: Option<Sync>,
) -> Result<Source> {
    let sealed = source.credentials.as_deref();
    let open = credentials::open(&platform.sealer, by.org_id(), source.id, sealed)?;
    let syncs = platform.connectors.get(&source.source_type).is_some_and(|kind| kind.syncs());
    let state = match last.as_ref().map(|sync| sync.state) {
        None if syncs => SourceState::New,
        Some(SyncState::Queued | SyncState::Running) => SourceState::Syncing,
        Some(SyncState::Failed) => SourceState::Failed,
        None | Some(SyncState::Succeeded | SyncState::Cancelled) => SourceState::Ready,
    };
    Ok(Source {
        id: source.id,
        name: source.name.clone(),
        source_type: source.source_type.clone(),
        realm: source.realm.clone(),
        config: source.config.clone(),
        credentials: credentials::masked(&open),
        state,
        last_sync: last,
        content_bytes: source.content.and_then(|upload| upload.bytes.try_into().ok()),
        created_at: source.created_at,
        updated_at: source.updated_at,
    })
}
