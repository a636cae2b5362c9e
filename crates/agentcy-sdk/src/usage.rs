//! Tokens, cost and runs.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::{Client, Error};

/// What to add up by.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Grouping {
    /// Who used it.
    User,
    /// The agent that ran.
    Agent,
    /// The model that answered.
    Model,
    /// The day.
    Day,
    /// One that this version does not know.
    #[serde(untagged)]
    Other(String),
}

impl Grouping {
    fn name(&self) -> &str {
        match self {
            Self::User => "user",
            Self::Agent => "agent",
            Self::Model => "model",
            Self::Day => "day",
            Self::Other(name) => name,
        }
    }
}

/// Which days, and what to add up by.
#[derive(Debug, Clone, Default)]
pub struct UsageQuery {
    /// The first day; 29 days before the last unless said.
    pub from: Option<NaiveDate>,
    /// The last day; today (UTC) unless said.
    pub to: Option<NaiveDate>,
    /// By what; by day unless said.
    pub by: Option<Grouping>,
}

/// What was used.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[non_exhaustive]
pub struct Usage {
    /// The first day.
    pub from: NaiveDate,
    /// The last day.
    pub to: NaiveDate,
    /// What it is added up by.
    pub by: Grouping,
    /// Days in order, others the costliest first.
    pub rows: Vec<UsageRow>,
    /// Everything in the span.
    pub totals: UsageSums,
}

/// One group.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[non_exhaustive]
pub struct UsageRow {
    /// The person, agent, model or day; none where none was noted.
    pub key: Option<String>,
    /// What it used.
    #[serde(flatten)]
    pub sums: UsageSums,
}

/// Sums.
#[derive(Debug, Clone, Copy, PartialEq, Default, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct UsageSums {
    /// Runs.
    pub runs: u64,
    /// Tokens read by models.
    pub in_tokens: u64,
    /// Tokens written by models.
    pub out_tokens: u64,
    /// What it cost in US dollars.
    pub cost_usd: f64,
}

impl Client {
    /// Tokens, cost and runs: of the org for admins, of oneself for others.
    pub async fn usage(&self, query: &UsageQuery) -> Result<Usage, Error> {
        let day = |name, day: Option<NaiveDate>| day.map(|day| (name, day.to_string()));
        let by = query.by.as_ref().map(|by| ("by", by.name().to_owned()));
        let pairs = [day("from", query.from), day("to", query.to), by];
        self.get(&["usage"]).query(pairs.into_iter().flatten()).read().await
    }
}
