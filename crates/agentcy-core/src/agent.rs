//! What bounds a run, and what passes without asking.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::Timestamp;

/// What a run may use. Unless said: 25 turns of the model, 500,000 tokens, 5 US dollars and 10 minutes of work.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct RunLimits {
    /// Turns of the model, 1 to 100.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub steps: Option<u32>,
    /// Tokens read and written together, 1,000 to 10,000,000.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tokens: Option<i64>,
    /// US dollars, above 0 and up to 1,000. Of a model without a known price nothing is counted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cost_usd: Option<f64>,
    /// Seconds of work, 1 to 86,400; waiting for a person does not count.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secs: Option<u32>,
}

/// The limits that hold for a run.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Limits {
    /// Turns of the model.
    pub steps: u32,
    /// Tokens read and written together.
    pub tokens: i64,
    /// US dollars.
    pub cost_usd: f64,
    /// Work, without waiting for a person.
    pub time: Duration,
}

impl RunLimits {
    /// What holds: 25 turns, 500,000 tokens, 5 dollars and 10 minutes unless said.
    pub fn or_default(&self) -> Limits {
        Limits {
            steps: self.steps.unwrap_or(25),
            tokens: self.tokens.unwrap_or(500_000),
            cost_usd: self.cost_usd.unwrap_or(5.0),
            time: Duration::from_secs(self.secs.unwrap_or(600).into()),
        }
    }
}

/// Calls that an admin has agreed to before they are made.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StandingApproval {
    /// The source, by id or name; `graph` for the tools of the graph.
    pub connector: String,
    /// The tool.
    pub tool: String,
    /// What the arguments must fit, as a JSON Schema. For a destructive tool it pins every argument.
    pub args_schema: Value,
    /// How many calls a day (UTC), 1 to 10,000.
    pub max_per_day: u32,
    /// Until when.
    pub expires_at: Timestamp,
}
