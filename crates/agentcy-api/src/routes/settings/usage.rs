//! `/usage`: tokens, cost and runs.

use agentcy_core::{Action, ErrorCode};
use agentcy_platform::usage::{self, Grouping, Sums, UsageQuery};
use aide::{
    axum::{ApiRouter, routing::get_with},
    transform::TransformOperation,
};
use axum::extract::State;
use chrono::NaiveDate;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    docs::{Audience, Doc, ok},
    error::ApiError,
    extract::{Known, ValidQuery},
    respond::Reply,
    state::AppState,
};

const COLLECTION: &str = "/api/v1/usage";

pub(super) fn router() -> ApiRouter<AppState> {
    ApiRouter::new().api_route(COLLECTION, get_with(read, read_docs))
}

/// By what to add up.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum By {
    User,
    Agent,
    Model,
    Day,
}

impl From<By> for Grouping {
    fn from(by: By) -> Self {
        match by {
            By::User => Self::User,
            By::Agent => Self::Agent,
            By::Model => Self::Model,
            By::Day => Self::Day,
        }
    }
}

/// Which days, added up by what.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Query {
    /// The first day; 30 days ago unless given.
    from: Option<NaiveDate>,
    /// The last day; today unless given.
    to: Option<NaiveDate>,
    /// `day` unless given.
    by: Option<By>,
}

/// What was used.
#[derive(Debug, Serialize, JsonSchema)]
struct UsageView {
    from: NaiveDate,
    to: NaiveDate,
    by: String,
    rows: Vec<RowView>,
    totals: SumsView,
}

/// One group.
#[derive(Debug, Serialize, JsonSchema)]
struct RowView {
    /// The user, agent, model or day; null where there was none.
    key: Option<String>,
    #[serde(flatten)]
    sums: SumsView,
}

/// Sums.
#[derive(Debug, Serialize, JsonSchema)]
struct SumsView {
    runs: i64,
    in_tokens: i64,
    out_tokens: i64,
    cost_usd: f64,
}

impl From<Sums> for SumsView {
    fn from(sums: Sums) -> Self {
        let Sums { runs, in_tokens, out_tokens, cost_usd } = sums;
        Self { runs, in_tokens, out_tokens, cost_usd }
    }
}

#[tracing::instrument(name = "api.usage.read", skip_all)]
async fn read(
    State(app): State<AppState>,
    Known(caller): Known,
    ValidQuery(query): ValidQuery<Query>,
) -> Result<Reply<UsageView>, ApiError> {
    let query = UsageQuery { from: query.from, to: query.to, by: query.by.map(Grouping::from) };
    let usage = usage::read(&app.platform, &caller, query).await?;
    Ok(Reply(UsageView {
        from: usage.from,
        to: usage.to,
        by: usage.by.name().to_owned(),
        rows: usage
            .rows
            .into_iter()
            .map(|row| RowView { key: row.key, sums: row.sums.into() })
            .collect(),
        totals: usage.totals.into(),
    }))
}

fn read_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    let doc = Doc {
        id: "usage_read",
        tag: "settings",
        summary: "Read usage",
        description: "Tokens, cost and runs of up to 366 days. Below admin one sees one's own.",
        audience: Audience::May(Action::UsageRead),
        errors: &[ErrorCode::Invalid],
    };
    let sums = || SumsView { runs: 3, in_tokens: 1200, out_tokens: 340, cost_usd: 0.02 };
    let day = NaiveDate::default();
    let row = RowView { key: Some("2026-01-01".to_owned()), sums: sums() };
    let example =
        UsageView { from: day, to: day, by: "day".to_owned(), rows: vec![row], totals: sums() };
    ok(doc.of(op), "What was used.", example)
}
