//! `/settings/security`: what runs without asking, and how long a question waits.

use agentcy_core::{Action, tool::ApprovalDefaults};
use agentcy_platform::settings::{self, Security, SecurityUpdate};
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
    respond::Reply,
    state::AppState,
};

const ITEM: &str = "/api/v1/settings/security";

pub(super) fn router() -> ApiRouter<AppState> {
    ApiRouter::new().api_route(ITEM, get_with(read, read_docs).post_with(update, update_docs))
}

/// The org's rules for approvals.
#[derive(Debug, Serialize, JsonSchema)]
struct SecurityView {
    approval_defaults: ApprovalDefaults,
    approval_timeout_secs: i32,
    /// Whether nobody may decide an approval of their own.
    require_other: bool,
}

impl From<Security> for SecurityView {
    fn from(security: Security) -> Self {
        let Security { approval_defaults, approval_timeout_secs, require_other } = security;
        Self { approval_defaults, approval_timeout_secs, require_other }
    }
}

/// What may change; fields left out stay.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct SecurityPost {
    approval_defaults: Option<ApprovalDefaults>,
    /// 10 to 604800.
    approval_timeout_secs: Option<i32>,
    require_other: Option<bool>,
}

#[tracing::instrument(name = "api.settings.security.read", skip_all)]
async fn read(
    State(app): State<AppState>,
    Known(caller): Known,
) -> Result<Reply<SecurityView>, ApiError> {
    Ok(Reply(settings::read_security(&app.platform, &caller).await?.into()))
}

fn read_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    let doc = Doc {
        id: "settings_security_read",
        tag: "settings",
        summary: "Read approval defaults",
        description: "What tools run without asking, by effect.",
        audience: Audience::May(Action::SecurityRead),
        errors: &[],
    };
    ok(doc.of(op), "The rules.", SecurityView::sample())
}

#[tracing::instrument(name = "api.settings.security.update", skip_all)]
async fn update(
    State(app): State<AppState>,
    Known(caller): Known,
    ValidJson(body): ValidJson<SecurityPost>,
) -> Result<Reply<SecurityView>, ApiError> {
    let SecurityPost { approval_defaults, approval_timeout_secs, require_other } = body;
    let change = SecurityUpdate { approval_defaults, approval_timeout_secs, require_other };
    Ok(Reply(settings::update_security(&app.platform, &caller, change).await?.into()))
}

fn update_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    let doc = Doc {
        id: "settings_security_update",
        tag: "settings",
        summary: "Set approval defaults",
        description: "Agents and tasks may be stricter on their own.",
        audience: Audience::May(Action::SecurityUpdate),
        errors: &[],
    };
    ok(doc.of(op), "The rules as they are now.", SecurityView::sample())
}

impl SecurityView {
    fn sample() -> Self {
        Self {
            approval_defaults: ApprovalDefaults::default(),
            approval_timeout_secs: 300,
            require_other: false,
        }
    }
}
