//! `/auth/ticket`: a single-use stand-in for a credential where a browser cannot send headers.

use agentcy_core::{Action, Timestamp};
use agentcy_platform::auth;
use aide::{
    axum::{ApiRouter, routing::post_with},
    transform::TransformOperation,
};
use axum::extract::State;
use schemars::JsonSchema;
use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize};

use crate::{
    docs::{Audience, Doc, ok},
    error::ApiError,
    extract::{Known, ValidJson},
    respond::Reply,
    samples,
    state::AppState,
};

const TICKET: &str = "/api/v1/auth/ticket";

pub(super) fn router() -> ApiRouter<AppState> {
    ApiRouter::new().api_route(TICKET, post_with(create, create_docs))
}

/// What the ticket is for.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct TicketBody {
    /// The path it will be shown at, such as `/ws`.
    path: String,
}

/// A ticket.
#[derive(Debug, Serialize, JsonSchema)]
struct TicketView {
    /// For `?token=`, once, within a minute.
    ticket: String,
    expires_at: Timestamp,
}

#[tracing::instrument(name = "api.auth.ticket", skip_all)]
async fn create(
    State(app): State<AppState>,
    Known(caller): Known,
    ValidJson(body): ValidJson<TicketBody>,
) -> Result<Reply<TicketView>, ApiError> {
    let ticket = auth::create_ticket(&app.platform, &caller, &body.path).await?;
    let expires_at = ticket.expires_at;
    Ok(Reply(TicketView { ticket: ticket.ticket.expose_secret().to_owned(), expires_at }))
}

fn create_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    let doc = Doc {
        id: "auth_ticket",
        tag: "auth",
        summary: "Make a ticket",
        description: "Good once, for 60 seconds, at one path, with the rights of its maker at the time of use.",
        audience: Audience::May(Action::TicketCreate),
        errors: &[],
    };
    let example = TicketView { ticket: "tkt_…".to_owned(), expires_at: samples::time() };
    ok(doc.of(op), "The ticket.", example)
}
