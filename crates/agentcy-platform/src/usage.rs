//! Tokens, cost and runs. Admins see the whole org, others what they used themselves.

use agentcy_core::{
    Action, Caller, Principal, Role,
    id::{AgentId, UserId},
};
use agentcy_store::usage as store;
use chrono::{Days, NaiveDate};
use uuid::Uuid;

use crate::{Error, Platform, Result, error::Faults};

pub use agentcy_store::usage::{Grouping, Sums};

const MAX_DAYS: i64 = 366;
const DEFAULT_DAYS: u64 = 30;

/// Which days, and what to add up by.
#[derive(Debug, Clone, Copy, Default)]
pub struct UsageQuery {
    /// The first day; 29 days before the last unless said.
    pub from: Option<NaiveDate>,
    /// The last day; today (UTC) unless said.
    pub to: Option<NaiveDate>,
    /// By what; by day unless said.
    pub by: Option<Grouping>,
}

/// What was used.
#[derive(Debug, Clone, PartialEq)]
pub struct Usage {
    /// The first day.
    pub from: NaiveDate,
    /// The last day.
    pub to: NaiveDate,
    /// What it is added up by.
    pub by: Grouping,
    /// Days in order, others the costliest first; at most 1000.
    pub rows: Vec<UsageRow>,
    /// Everything in the span, also what is beyond the rows.
    pub totals: Sums,
}

/// One group.
#[derive(Debug, Clone, PartialEq)]
pub struct UsageRow {
    /// The id of the person or agent, the model, or the day; `None` where none was noted.
    pub key: Option<String>,
    /// What it used.
    pub sums: Sums,
}

/// Adds usage up. An API key below admin sees nothing, since usage is noted of people. Errors: `invalid`.
pub async fn read(platform: &Platform, caller: &Caller, query: UsageQuery) -> Result<Usage> {
    let by = platform.permit(caller, Action::UsageRead).await?;
    let to = query.to.unwrap_or_else(|| platform.clock.now().date_naive());
    let from = query.from.or_else(|| to.checked_sub_days(Days::new(DEFAULT_DAYS - 1)));
    let from = from.unwrap_or(NaiveDate::MIN);
    let days = (to - from).num_days() + 1;
    let mut faults = Faults::default();
    let written = |date: NaiveDate| (1..=9999).contains(&chrono::Datelike::year(&date));
    faults.require(written(from), "from", "a year from 0001 to 9999");
    faults.require(written(to), "to", "a year from 0001 to 9999");
    faults.require(days >= 1, "from", "not after `to`");
    faults.require(days <= MAX_DAYS, "from", "at most 366 days with `to`");
    faults.into_result()?;
    let grouping = query.by.unwrap_or(Grouping::Day);
    let user = match caller.principal {
        _ if caller.role >= Role::Admin => None,
        Principal::User(id) => Some(id),
        // No person has this id.
        Principal::Key(_) => Some(UserId::from(Uuid::nil())),
    };
    let span = store::Span { from, to, user };
    let mut reader = platform.db.read(&by).await?;
    let groups = store::by_group(&mut reader, span, grouping).await?;
    let totals = store::total(&mut reader, span).await?;
    let rows = groups
        .into_iter()
        .map(|(key, sums)| Ok(UsageRow { key: written_key(grouping, key)?, sums }))
        .collect::<Result<_>>()?;
    Ok(Usage { from, to, by: grouping, rows, totals })
}

fn written_key(grouping: Grouping, key: Option<String>) -> Result<Option<String>> {
    let uuid = |text: String| {
        Uuid::parse_str(&text).map_err(|e| Error::internal("a key of usage is no id", e))
    };
    key.map(|text| match grouping {
        Grouping::User => Ok(UserId::from(uuid(text)?).to_string()),
        Grouping::Agent => Ok(AgentId::from(uuid(text)?).to_string()),
        Grouping::Model | Grouping::Day => Ok(text),
    })
    .transpose()
}
