//! Chat: conversations, what was said in them, and answers as they are given.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{Client, Effect, Error, List};

mod approvals;
mod event;
mod stream;

pub use approvals::{Approval, ApprovalState, Decision};
pub use event::{ChatEvent, LogEntry, RunUsage, UnknownEvent};
pub use stream::Events;
pub(crate) use stream::Start;

/// A conversation.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct Conversation {
    /// Its id.
    pub id: String,
    /// What people call it.
    #[serde(default)]
    pub title: String,
    /// The agent that answers; none is the plain assistant.
    pub agent_id: Option<String>,
    /// The realm that it is limited to.
    pub realm: Option<String>,
    /// Whether it was put away.
    #[serde(default)]
    pub archived: bool,
    /// Whose it is; none is the org's.
    pub owner: Option<String>,
    /// The run that answers now, or waits for a decision.
    pub active_run_id: Option<String>,
    /// The number of the last event of its log.
    #[serde(default)]
    pub last_event_id: i64,
    /// When it began.
    pub created_at: Option<DateTime<Utc>>,
    /// When something last happened in it.
    pub updated_at: Option<DateTime<Utc>>,
}

/// A conversation to be begun.
#[derive(Debug, Clone, Default, Serialize)]
pub struct NewConversation {
    /// What people call it; taken from the first message unless said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// The agent that shall answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agent_id: Option<String>,
    /// The realm that it is limited to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub realm: Option<String>,
}

/// What to change of a conversation; what is none stays.
#[derive(Debug, Clone, Default, Serialize)]
pub struct ConversationUpdate {
    /// What people call it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Whether it is put away.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub archived: Option<bool>,
    /// The realm that it is limited to; `Some(None)` is no limit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub realm: Option<Option<String>>,
}

/// Something that was said, whole or so far.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct Message {
    /// Its id.
    pub id: String,
    /// `user`, `assistant` or `summary`.
    pub role: String,
    /// `queued`, `streaming`, `complete`, `failed` or `cancelled`.
    #[serde(default)]
    pub state: String,
    /// The run that it belongs to.
    pub run_id: Option<String>,
    /// The number of its first event; none while it is queued.
    pub event_id: Option<i64>,
    /// Its text.
    #[serde(default)]
    pub content: String,
    /// Text, tool calls and citations in their order.
    #[serde(default)]
    pub parts: Vec<Value>,
    /// The tool calls in it.
    #[serde(default)]
    pub tool_calls: Vec<ToolCall>,
    /// The model that wrote it.
    pub model: Option<String>,
    /// What it used.
    pub usage: Option<RunUsage>,
    /// Why it ended.
    pub finish_reason: Option<String>,
    /// When it began.
    pub created_at: Option<DateTime<Utc>>,
    /// When it was whole.
    pub finished_at: Option<DateTime<Utc>>,
}

/// Something that a model asked for.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct ToolCall {
    /// Its id.
    pub id: String,
    /// The tool, as the model named it.
    pub name: String,
    /// The source that it works on.
    pub connector: Option<String>,
    /// The arguments.
    #[serde(default)]
    pub args: Value,
    /// What it changes.
    pub effect: Option<Effect>,
    /// `requested`, `waiting`, `claimed`, `done`, `failed`, `refused`, `unknown` or `cancelled`.
    #[serde(default)]
    pub state: String,
    /// What the model was told.
    pub result: Option<Value>,
    /// What a person was asked for it.
    pub approval: Option<Approval>,
    /// When it was asked for.
    pub created_at: Option<DateTime<Utc>>,
    /// When it ended.
    pub finished_at: Option<DateTime<Utc>>,
}

/// What happens to a message while an answer is being given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum OnBusy {
    /// It is refused: `run_active`.
    Refuse,
    /// It waits for the answer to end.
    Queue,
    /// The answer is stopped.
    Interrupt,
}

/// Something to say.
#[derive(Debug, Clone, Serialize)]
pub struct NewMessage {
    /// The text.
    pub content: String,
    /// What happens while an answer is being given; refused unless said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub on_busy: Option<OnBusy>,
}

impl NewMessage {
    /// A text, refused while an answer is being given.
    pub fn new(content: impl Into<String>) -> Self {
        Self { content: content.into(), on_busy: None }
    }
}

impl Client {
    /// The caller's conversations, the latest first.
    pub fn conversations(&self) -> List<Conversation> {
        List::new(self, &["chat", "conversations"])
    }

    /// One conversation.
    pub async fn conversation(&self, conversation_id: &str) -> Result<Conversation, Error> {
        self.get(&["chat", "conversations", conversation_id]).read().await
    }

    /// Begins a conversation.
    pub async fn create_conversation(&self, new: &NewConversation) -> Result<Conversation, Error> {
        self.create(&["chat", "conversations"]).json(new).read().await
    }

    /// Renames, moves or puts away a conversation.
    pub async fn update_conversation(
        &self,
        conversation_id: &str,
        change: &ConversationUpdate,
    ) -> Result<Conversation, Error> {
        self.patch(&["chat", "conversations", conversation_id]).json(change).read().await
    }

    /// Deletes a conversation and all that was said in it.
    pub async fn remove_conversation(&self, conversation_id: &str) -> Result<(), Error> {
        self.delete(&["chat", "conversations", conversation_id]).done().await
    }

    /// What was said, the newest first.
    pub fn messages(&self, conversation_id: &str) -> List<Message> {
        List::new(self, &["chat", "conversations", conversation_id, "messages"])
    }

    /// The tool calls of a conversation, the newest first.
    pub fn tool_calls(&self, conversation_id: &str) -> List<ToolCall> {
        List::new(self, &["chat", "conversations", conversation_id, "tool-calls"])
    }

    /// Says something, and gives the answer event by event. A connection that is cut is taken up again where it
    /// was; the message is sent once, whatever happens.
    pub async fn send(&self, conversation_id: &str, message: &NewMessage) -> Result<Events, Error> {
        let start =
            Start::posting(&["chat", "conversations", conversation_id, "messages"], message)?;
        Events::begin(self, start.of(conversation_id)).await
    }

    /// Everything that happened in a conversation after an event (0 is from its beginning), and what goes on
    /// happening until no answer is being given. Nothing at all when that is so already.
    pub async fn follow(&self, conversation_id: &str, after: i64) -> Result<Events, Error> {
        Events::begin(self, Start::after(conversation_id, after)).await
    }

    /// Stops the answer that is being given.
    pub async fn cancel_answer(&self, conversation_id: &str) -> Result<(), Error> {
        self.create(&["chat", "conversations", conversation_id, "cancel"]).done().await
    }
}

impl List<Conversation> {
    /// Only those whose title holds this.
    pub fn search(self, text: &str) -> Self {
        self.with("q", text.to_owned())
    }
}
