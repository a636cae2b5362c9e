//! `/settings`: the org itself.

use agentcy_core::{Action, Timestamp, id::OrgId};
use agentcy_platform::settings::{self, Org, SettingsUpdate};
use aide::{
    axum::{ApiRouter, routing::get_with},
    transform::TransformOperation,
};
use axum::extract::State;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    docs::{Audience, Doc, ok},
    error::ApiError,
    extract::{Known, ValidJson},
    patch::Patch,
    respond::Reply,
    samples,
    state::AppState,
};

const ITEM: &str = "/api/v1/settings";

pub(super) fn router() -> ApiRouter<AppState> {
    ApiRouter::new().api_route(ITEM, get_with(read, read_docs).patch_with(update, update_docs))
}

/// The org's settings.
#[derive(Debug, Serialize, JsonSchema)]
struct SettingsView {
    org_id: OrgId,
    name: String,
    /// IANA name. Agents are told the time in it, and mean its days by words such as "today". Usage is counted by days of
    /// UTC, and each schedule names its own zone.
    timezone: String,
    /// After how many days what is over is deleted: versions of the graph that ended, and nodes and edges of which
    /// nothing else is left; conversations in which nothing happened; ended runs of tasks and jobs; deliveries of webhooks. What
    /// holds stays, and so does the audit log. Null keeps all of it.
    retention_days: Option<i32>,
    /// Whether remote workers get this org's credentials.
    remote_workers: bool,
    /// The OpenID Connect issuer whose tokens may name this org.
    oidc_issuer: Option<String>,
    created_at: Timestamp,
    updated_at: Timestamp,
}

impl From<Org> for SettingsView {
    fn from(org: Org) -> Self {
        Self {
            org_id: org.id,
            name: org.name,
            timezone: org.timezone,
            retention_days: org.retention_days,
            remote_workers: org.remote_workers,
            oidc_issuer: org.oidc_issuer,
            created_at: org.created_at,
            updated_at: org.updated_at,
        }
    }
}

/// What may change. `remote_workers` and `oidc_issuer` are the owner's.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct SettingsPatch {
    name: Option<String>,
    timezone: Option<String>,
    /// 1 to 3650, or null.
    #[serde(default)]
    retention_days: Patch<i32>,
    remote_workers: Option<bool>,
    #[serde(default)]
    oidc_issuer: Patch<String>,
}

#[tracing::instrument(name = "api.settings.read", skip_all)]
async fn read(
    State(app): State<AppState>,
    Known(caller): Known,
) -> Result<Reply<SettingsView>, ApiError> {
    Ok(Reply(settings::read(&app.platform, &caller).await?.into()))
}

fn read_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    let doc = Doc {
        id: "settings_read",
        tag: "settings",
        summary: "Read the org's settings",
        description: "Name, time zone, retention.",
        audience: Audience::May(Action::SettingsRead),
        errors: &[],
    };
    ok(doc.of(op), "The settings.", SettingsView::sample())
}

#[tracing::instrument(name = "api.settings.update", skip_all)]
async fn update(
    State(app): State<AppState>,
    Known(caller): Known,
    ValidJson(body): ValidJson<SettingsPatch>,
) -> Result<Reply<SettingsView>, ApiError> {
    let SettingsPatch { name, timezone, retention_days, remote_workers, oidc_issuer } = body;
    let change = SettingsUpdate {
        name,
        timezone,
        retention_days: retention_days.0,
        remote_workers,
        oidc_issuer: oidc_issuer.0,
    };
    Ok(Reply(settings::update(&app.platform, &caller, change).await?.into()))
}

fn update_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    let doc = Doc {
        id: "settings_update",
        tag: "settings",
        summary: "Change the org's settings",
        description: "Fields that are left out stay. Only an owner changes `remote_workers` and `oidc_issuer`.",
        audience: Audience::May(Action::SettingsUpdate),
        errors: &[],
    };
    ok(doc.of(op), "The settings as they are now.", SettingsView::sample())
}

impl SettingsView {
    fn sample() -> Self {
        Self {
            org_id: samples::id(),
            name: "Default".to_owned(),
            timezone: "Europe/Berlin".to_owned(),
            retention_days: None,
            remote_workers: false,
            oidc_issuer: None,
            created_at: samples::time(),
            updated_at: samples::time(),
        }
    }
}
