//! What sets a task off.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use url::Url;

/// What sets a task off; only what its kind knows is there.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct Trigger {
    /// Its id.
    pub id: String,
    /// `manual`, `schedule`, `webhook` or `lifecycle`.
    pub kind: String,
    /// What happens while a run goes on: `skip`, `queue` or `cancel_previous`.
    #[serde(default)]
    pub overlap: String,
    /// The ticks of a schedule.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cron: Option<String>,
    /// The time zone that they are meant in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timezone: Option<String>,
    /// What happens to ticks that nobody was there for: `skip` or `run_once`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub missed: Option<String>,
    /// What may happen to set it off.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub events: Option<Vec<String>>,
    /// Which of these.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub filter: Option<EventFilter>,
    /// Where deliveries of a webhook are sent to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<Url>,
    /// Until when the secret before the present one is good.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub previous_until: Option<DateTime<Utc>>,
    /// How long a delivery without an id is known by its body, in seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dedupe_secs: Option<u32>,
    /// Whether deliveries must be signed with their time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub require_timestamp: Option<bool>,
    /// The header that holds the id of a delivery.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub header_id: Option<String>,
    /// When an event was last not followed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub skipped: Option<Skipped>,
}

/// An event that was not followed.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct Skipped {
    /// When.
    pub at: DateTime<Utc>,
    /// Why.
    pub why: String,
}

/// Which events set a task off; what is none does not matter.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize, Serialize)]
#[serde(default)]
pub struct EventFilter {
    /// Only what this source caused.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source_id: Option<String>,
    /// Only what happens in this realm.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub realm: Option<String>,
    /// Only changes of nodes with this label.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
}

impl EventFilter {
    /// Whether everything passes.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// A trigger to be made; what is none is as the server has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NewTrigger {
    /// `manual`, `schedule`, `webhook` or `lifecycle`.
    pub kind: String,
    /// Of a schedule: five fields, or a name such as `@hourly`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cron: Option<String>,
    /// Of a schedule: an IANA time zone; UTC unless said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timezone: Option<String>,
    /// What happens while a run goes on: `skip` (unless said), `queue` or `cancel_previous`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub overlap: Option<String>,
    /// Of a schedule: what happens to ticks that nobody was there for, `skip` or `run_once` (unless said).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub missed: Option<String>,
    /// Of a lifecycle trigger: what may happen.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub events: Vec<String>,
    /// Of a lifecycle trigger: which of these.
    #[serde(skip_serializing_if = "EventFilter::is_empty")]
    pub filter: EventFilter,
    /// Of a webhook: how long a delivery without an id is known by its body.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dedupe_secs: Option<u32>,
    /// Of a webhook: whether deliveries must be signed with their time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub require_timestamp: Option<bool>,
    /// Of a webhook: the header that holds the id of a delivery.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub header_id: Option<String>,
}

impl NewTrigger {
    /// Somebody, each time.
    pub fn manual() -> Self {
        Self::of("manual")
    }

    /// The clock: five fields in UTC, or a name such as `@hourly`.
    pub fn schedule(cron: impl Into<String>) -> Self {
        Self { cron: Some(cron.into()), ..Self::of("schedule") }
    }

    /// A signed request from elsewhere.
    pub fn webhook() -> Self {
        Self::of("webhook")
    }

    /// Something that happens in the org, such as `sync.succeeded`.
    pub fn lifecycle<T: Into<String>>(events: impl IntoIterator<Item = T>) -> Self {
        Self { events: events.into_iter().map(Into::into).collect(), ..Self::of("lifecycle") }
    }

    fn of(kind: &str) -> Self {
        Self {
            kind: kind.to_owned(),
            cron: None,
            timezone: None,
            overlap: None,
            missed: None,
            events: Vec::new(),
            filter: EventFilter::default(),
            dedupe_secs: None,
            require_timestamp: None,
            header_id: None,
        }
    }
}
