//! The org's settings: its name and days, and when tools ask.

use agentcy_core::{Action, By, Caller, Role, tool::ApprovalDefaults};
use agentcy_store::{Tx, audit, jobs, orgs};
use serde_json::{Map, Value, json};

use crate::{Change, Error, Platform, Result, error::Faults, text, workers};

pub use agentcy_store::orgs::Org;

/// What to change of the org.
#[derive(Debug, Clone, Default)]
pub struct SettingsUpdate {
    /// Its name.
    pub name: Option<String>,
    /// The IANA name of the zone whose days agents mean by "today".
    pub timezone: Option<String>,
    /// After how many days what is over is deleted; null is never.
    pub retention_days: Change<i32>,
    /// Whether remote workers get its credentials. Owners only.
    pub remote_workers: Option<bool>,
    /// The issuer whose tokens may name it. Owners only.
    pub oidc_issuer: Change<String>,
}

/// When tools ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Security {
    /// What tools may do without asking.
    pub approval_defaults: ApprovalDefaults,
    /// How long an approval waits.
    pub approval_timeout_secs: i32,
    /// Whether nobody may decide an approval of their own.
    pub require_other: bool,
}

/// What to change of when tools ask.
#[derive(Debug, Clone, Default)]
pub struct SecurityUpdate {
    /// What tools may do without asking.
    pub approval_defaults: Option<ApprovalDefaults>,
    /// How long an approval waits.
    pub approval_timeout_secs: Option<i32>,
    /// Whether nobody may decide an approval of their own.
    pub require_other: Option<bool>,
}

/// The org and its settings.
pub async fn read(platform: &Platform, caller: &Caller) -> Result<Org> {
    let by = platform.permit(caller, Action::SettingsRead).await?;
    find(platform, &by).await
}

/// Changes the org's settings. Errors: `invalid`, `insufficient_role` (fields of owners).
pub async fn update(platform: &Platform, caller: &Caller, change: SettingsUpdate) -> Result<Org> {
    let by = platform.permit(caller, Action::SettingsUpdate).await?;
    let of_owners = change.remote_workers.is_some() || change.oidc_issuer != Change::Keep;
    let holds = !of_owners || by.caller().role == Role::Owner;
    platform.permit_on(&by, holds, "only an owner changes remote_workers and oidc_issuer").await?;
    let mut tx = platform.db.begin(&by).await?;
    change.check(&mut tx).await?;
    let before = lock(&mut tx).await?;
    let mut after = before.clone();
    after.name = change.name.unwrap_or(after.name);
    after.timezone = change.timezone.unwrap_or(after.timezone);
    after.remote_workers = change.remote_workers.unwrap_or(after.remote_workers);
    change.retention_days.apply(&mut after.retention_days);
    change.oidc_issuer.apply(&mut after.oidc_issuer);
    save(platform, &by, tx, &before, after).await
}

/// When tools ask.
pub async fn read_security(platform: &Platform, caller: &Caller) -> Result<Security> {
    let by = platform.permit(caller, Action::SecurityRead).await?;
    Ok(Security::of(&find(platform, &by).await?))
}

/// Changes when tools ask. Errors: `invalid`.
pub async fn update_security(
    platform: &Platform,
    caller: &Caller,
    change: SecurityUpdate,
) -> Result<Security> {
    let by = platform.permit(caller, Action::SecurityUpdate).await?;
    let in_bounds = change.approval_timeout_secs.is_none_or(|secs| (10..=604_800).contains(&secs));
    let mut faults = Faults::default();
    faults.require(in_bounds, "approval_timeout_secs", "10 to 604800");
    faults.into_result()?;
    let mut tx = platform.db.begin(&by).await?;
    let before = lock(&mut tx).await?;
    let mut after = before.clone();
    after.approval_defaults = change.approval_defaults.unwrap_or(after.approval_defaults);
    after.approval_timeout_secs =
        change.approval_timeout_secs.unwrap_or(after.approval_timeout_secs);
    after.require_other = change.require_other.unwrap_or(after.require_other);
    Ok(Security::of(&save(platform, &by, tx, &before, after).await?))
}

/// The org of a permitted caller.
pub(crate) async fn find(platform: &Platform, by: &By) -> Result<Org> {
    let org = orgs::find(&mut platform.db.read(by).await?).await?;
    org.ok_or_else(|| Error::not_found("org"))
}

/// The same, locked until the transaction ends.
pub(crate) async fn lock(tx: &mut Tx) -> Result<Org> {
    orgs::lock(tx).await?.ok_or_else(|| Error::not_found("org"))
}

/// Keeps a changed org together with its audit row; one that did not change is left alone.
pub(crate) async fn save(
    platform: &Platform,
    by: &By,
    mut tx: Tx,
    before: &Org,
    mut after: Org,
) -> Result<Org> {
    if after == *before {
        return Ok(after);
    }
    after.updated_at = platform.clock.now();
    orgs::update(&mut tx, &after).await?;
    if before.remote_workers && !workers::lets(platform, &after) {
        jobs::keep_here(&mut tx, after.updated_at).await?;
    }
    let details = json!({ "changed": changed(before, &after) });
    audit::record(&mut tx, &platform.done(by, "", details)).await?;
    tx.commit().await?;
    Ok(after)
}

/// The fields that differ, with what they are now. None of them is a secret.
fn changed(before: &Org, after: &Org) -> Map<String, Value> {
    let fields = |org: &Org| {
        [
            ("name", json!(org.name)),
            ("timezone", json!(org.timezone)),
            ("retention_days", json!(org.retention_days)),
            ("features", json!(org.features)),
            ("approval_defaults", json!(org.approval_defaults)),
            ("approval_timeout_secs", json!(org.approval_timeout_secs)),
            ("require_other", json!(org.require_other)),
            ("remote_workers", json!(org.remote_workers)),
            ("oidc_issuer", json!(org.oidc_issuer)),
        ]
    };
    let pairs = fields(before).into_iter().zip(fields(after));
    pairs
        .filter(|((_, old), (_, new))| old != new)
        .map(|(_, (name, new))| (name.to_owned(), new))
        .collect()
}

impl Security {
    fn of(org: &Org) -> Self {
        Self {
            approval_defaults: org.approval_defaults,
            approval_timeout_secs: org.approval_timeout_secs,
            require_other: org.require_other,
        }
    }
}

impl SettingsUpdate {
    async fn check(&self, tx: &mut Tx) -> Result<()> {
        let mut faults = Faults::default();
        faults.require(self.name.as_deref().is_none_or(text::is_name), "name", text::NAME_RULE);
        if let Some(timezone) = &self.timezone {
            let known = is_zone_name(timezone) && orgs::is_timezone(tx, timezone).await?;
            faults.require(known, "timezone", "an IANA time zone such as Europe/Berlin or UTC");
        }
        let days = self.retention_days.as_set();
        let in_bounds = days.is_none_or(|days| (1..=3650).contains(days));
        faults.require(in_bounds, "retention_days", "1 to 3650, or null");
        let issuer = self.oidc_issuer.as_set();
        let rule = "1 to 2048 characters without spaces, or null";
        faults.require(issuer.is_none_or(|issuer| is_issuer(issuer)), "oidc_issuer", rule);
        faults.into_result()
    }
}

/// Spares the database what cannot be the name of a zone.
fn is_zone_name(text: &str) -> bool {
    let fits = |b: u8| b.is_ascii_alphanumeric() || b"/_+-".contains(&b);
    (1..=64).contains(&text.len()) && text.bytes().all(fits)
}

/// An issuer is compared, never called, and some are no addresses.
fn is_issuer(text: &str) -> bool {
    (1..=2048).contains(&text.chars().count())
        && !text.chars().any(|c| c.is_whitespace() || c.is_control())
}
