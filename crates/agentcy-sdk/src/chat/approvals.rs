//! Approvals: what waits for a person, and their word.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{Client, Effect, Error, List};

/// A tool call that a person decides.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct Approval {
    /// Its id.
    pub id: String,
    /// Where it was asked for.
    pub conversation_id: String,
    /// The run that waits.
    pub run_id: String,
    /// The call.
    pub tool_call_id: Option<String>,
    /// The tool; of a source's it is `source.tool`.
    pub tool: String,
    /// The arguments that the decision is bound to.
    #[serde(default)]
    pub args: Value,
    /// What the call changes.
    pub effect: Effect,
    /// Why a person is asked.
    #[serde(default)]
    pub reason: String,
    /// Where it stands.
    pub state: ApprovalState,
    /// What is known of the effect: `none`, `claimed`, `done`, `failed` or `unknown`.
    #[serde(default)]
    pub effect_state: String,
    /// Until when the decision is waited for.
    pub expires_at: Option<DateTime<Utc>>,
    /// Who decided.
    pub decided_by: Option<String>,
    /// Their words.
    pub note: Option<String>,
}

/// Where an approval stands.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum ApprovalState {
    /// Nobody has decided.
    Pending,
    /// The call may run, once.
    Approved,
    /// The call does not run.
    Denied,
    /// Nobody decided in time.
    Expired,
    /// Its run was stopped.
    Cancelled,
    /// Its run made way for another message.
    Superseded,
    /// One that this version does not know.
    #[serde(untagged)]
    Other(String),
}

impl ApprovalState {
    /// The name as the API writes it.
    pub fn name(&self) -> &str {
        match self {
            Self::Pending => "pending",
            Self::Approved => "approved",
            Self::Denied => "denied",
            Self::Expired => "expired",
            Self::Cancelled => "cancelled",
            Self::Superseded => "superseded",
            Self::Other(name) => name,
        }
    }
}

/// A person's word.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Decision {
    /// Whether the call may run.
    pub approved: bool,
    /// Why; the model is told when it may not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// Put in place of the arguments.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub args: Option<Value>,
    /// For how many seconds the same call in this conversation needs no other word, 86,400 at most.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remember_secs: Option<u32>,
}

impl Client {
    /// Everything that waits for the caller's word, across conversations; the newest first.
    pub fn approvals(&self) -> List<Approval> {
        List::new(self, &["chat", "approvals"])
    }

    /// What was asked for in a conversation, the newest first.
    pub fn approvals_of(&self, conversation_id: &str) -> List<Approval> {
        List::new(self, &["chat", "conversations", conversation_id, "approvals"])
    }

    /// Decides. Of several who do so at once one wins; the others get `approval_decided`.
    pub async fn decide(
        &self,
        conversation_id: &str,
        approval_id: &str,
        decision: &Decision,
    ) -> Result<Approval, Error> {
        let path = ["chat", "conversations", conversation_id, "approvals", approval_id];
        self.create(&path).json(decision).read().await
    }
}
