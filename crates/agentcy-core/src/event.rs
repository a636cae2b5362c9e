//! Domain events: what changed, for whoever listens.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    Realm, Timestamp,
    id::{EventId, OrgId, TaskId},
};

/// Something that changed in an org; written in the transaction of the change, numbered later.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct DomainEvent {
    /// Its id, made with the change.
    pub id: EventId,
    /// The org it happened in.
    pub org_id: OrgId,
    /// The topic that readers resume on, such as `graph` or `tasks`.
    pub topic: String,
    /// What happened, such as `graph.changed`.
    pub event: String,
    /// When it happened.
    pub at: Timestamp,
    /// What a subscriber is told.
    pub data: Value,
    /// The realm it happened in: who does not see that is not told. None is for all.
    #[serde(default)]
    pub realm: Option<Realm>,
    /// The principal whose affair it is: nobody else is told but admins. None is for all.
    #[serde(default)]
    pub owner: Option<String>,
    /// The tasks that led to it, the first one first.
    #[serde(default)]
    pub causes: Vec<TaskId>,
}
