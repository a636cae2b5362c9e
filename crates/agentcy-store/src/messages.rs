//! `messages`: the finished reading of a conversation's log, for history and for what the model is told.

use std::collections::BTreeMap;

use agentcy_core::{
    Limit, Page, Timestamp,
    chat::{FinishReason, MessageRole, MessageState, Part, Usage},
    id::{ConversationId, MessageId, RunId},
    page::TOTAL_CAP,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use crate::{
    Error, Result, Tenant, Tx,
    columns::{json, name, to_json},
    runs::Failure,
};

/// How many messages the model is told at most, the latest ones.
pub const MOST_TOLD: i64 = 2000;

const TABLE: &str = "messages";

/// Where a message stands in the history of its conversation: the number of its first event, [`i64::MAX`] while it has
/// none, and its id.
pub type Place = (i64, Uuid);

/// A message.
#[derive(Debug, Clone, PartialEq)]
pub struct Message {
    /// Its id.
    pub id: MessageId,
    /// Its conversation.
    pub conversation_id: ConversationId,
    /// The run that it started, that gave it, or that wrote the summary.
    pub run_id: RunId,
    /// Whose words it holds.
    pub role: MessageRole,
    /// Where it stands.
    pub state: MessageState,
    /// The number of its first event; none while it is queued.
    pub seq: Option<i64>,
    /// Of a summary: the number of the last event that it stands for.
    pub through: Option<i64>,
    /// What it says and does, in order.
    pub parts: Vec<Part>,
    /// What a model is told with it; nothing of it in a history.
    pub aside: Aside,
    /// The model that wrote it.
    pub model: Option<String>,
    /// What it used.
    pub usage: Option<Usage>,
    /// Why it ended.
    pub finish_reason: Option<FinishReason>,
    /// Why it broke off.
    pub error: Option<Failure>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was whole, or broke off.
    pub finished_at: Option<Timestamp>,
}

/// What a model is told with a message, and nobody is shown.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Aside {
    /// Of a question: what held at the moment, such as the time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub now: Option<String>,
    /// Of an answer: what its provider wants back with a turn, by step.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub kept: BTreeMap<u32, Value>,
}

impl Aside {
    /// As it is written; nothing where there is nothing.
    pub(crate) fn written(&self, of: MessageId) -> Result<Option<Value>> {
        (*self != Self::default()).then(|| to_json(TABLE, of, self)).transpose()
    }
}

impl Message {
    /// Where it stands in the history.
    pub fn place(&self) -> Place {
        (self.seq.unwrap_or(i64::MAX), self.id.into())
    }
}

struct MessageRow {
    id: Uuid,
    conversation_id: Uuid,
    run_id: Uuid,
    role: String,
    state: String,
    seq: Option<i64>,
    through: Option<i64>,
    parts: Value,
    aside: Option<Value>,
    model: Option<String>,
    usage: Option<Value>,
    finish_reason: Option<String>,
    error: Option<Value>,
    created_at: Timestamp,
    finished_at: Option<Timestamp>,
}

impl TryFrom<MessageRow> for Message {
    type Error = Error;
    fn try_from(row: MessageRow) -> Result<Self> {
        let id = MessageId::from(row.id);
        Ok(Self {
            id,
            conversation_id: row.conversation_id.into(),
            run_id: row.run_id.into(),
            role: name(TABLE, id, &row.role)?,
            state: name(TABLE, id, &row.state)?,
            seq: row.seq,
            through: row.through,
            parts: json(TABLE, id, row.parts)?,
            aside: row.aside.map_or(Ok(Aside::default()), |aside| json(TABLE, id, aside))?,
            model: row.model,
            usage: row.usage.map(|usage| json(TABLE, id, usage)).transpose()?,
            finish_reason: row.finish_reason.map(|text| name(TABLE, id, &text)).transpose()?,
            error: row.error.map(|error| json(TABLE, id, error)).transpose()?,
            created_at: row.created_at,
            finished_at: row.finished_at,
        })
    }
}

// A macro, since a checked statement is a literal and the columns of a message are many.
macro_rules! messages {
    ($rest:literal $(, $arg:expr)* $(,)?) => { messages!(with "aside", $rest $(, $arg)*) };
    (with $aside:literal, $rest:literal $(, $arg:expr)* $(,)?) => {
        sqlx::query_as!(
            MessageRow,
            "select id, conversation_id, run_id, role, state, seq, through, parts, model, usage,
                    finish_reason, error, created_at, finished_at, " + $aside + " as aside
             from messages " + $rest
            $(, $arg)*
        )
    };
}

/// Keeps new messages.
#[tracing::instrument(name = "db.messages.insert", skip_all)]
pub async fn insert(tx: &mut Tx, messages: &[Message]) -> Result<()> {
    for message in messages {
        let json = Written::of(message)?;
        sqlx::query!(
            "insert into messages (id, org_id, conversation_id, run_id, role, state, seq, through,
                                   parts, model, usage, finish_reason, error, created_at,
                                   finished_at, aside)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)",
            Uuid::from(message.id),
            Uuid::from(tx.org()),
            Uuid::from(message.conversation_id),
            Uuid::from(message.run_id),
            message.role.name(),
            message.state.name(),
            message.seq,
            message.through,
            json.parts,
            message.model,
            json.usage,
            message.finish_reason.map(FinishReason::name),
            json.error,
            message.created_at,
            message.finished_at,
            json.aside,
        )
        .execute(tx.conn())
        .await?;
    }
    Ok(())
}

/// Writes state, number, parts, aside, model, usage, and how it ended.
#[tracing::instrument(name = "db.messages.update", skip_all)]
pub async fn update(tx: &mut Tx, message: &Message) -> Result<bool> {
    let json = Written::of(message)?;
    let done = sqlx::query!(
        "update messages set state = $3, seq = $4, parts = $5, model = $6, usage = $7,
                             finish_reason = $8, error = $9, finished_at = $10, aside = $11
         where org_id = $1 and id = $2",
        Uuid::from(tx.org()),
        Uuid::from(message.id),
        message.state.name(),
        message.seq,
        json.parts,
        message.model,
        json.usage,
        message.finish_reason.map(FinishReason::name),
        json.error,
        message.finished_at,
        json.aside,
    )
    .execute(tx.conn())
    .await?;
    Ok(done.rows_affected() == 1)
}

/// One message.
#[tracing::instrument(name = "db.messages.find", skip_all)]
pub async fn find(tenant: &mut impl Tenant, id: MessageId) -> Result<Option<Message>> {
    let org = Uuid::from(tenant.org());
    messages!("where org_id = $1 and id = $2", org, Uuid::from(id))
        .fetch_optional(tenant.conn())
        .await?
        .map(Message::try_from)
        .transpose()
}

/// The messages of a run, in order: its question, its answer, a summary that it wrote.
#[tracing::instrument(name = "db.messages.of_run", skip_all)]
pub async fn of_run(tenant: &mut impl Tenant, run: RunId) -> Result<Vec<Message>> {
    let org = Uuid::from(tenant.org());
    messages!(
        "where org_id = $1 and run_id = $2 order by coalesce(seq, 9223372036854775807), id",
        org,
        Uuid::from(run)
    )
    .fetch_all(tenant.conn())
    .await?
    .into_iter()
    .map(Message::try_from)
    .collect()
}

/// A page of the history, the newest first; what is queued stands before all.
#[tracing::instrument(name = "db.messages.list", skip_all)]
pub async fn list(
    tenant: &mut impl Tenant,
    conversation: ConversationId,
    limit: Limit,
    after: Option<Place>,
) -> Result<Page<Message, Place>> {
    let org = Uuid::from(tenant.org());
    let (after_seq, after_id) = after.unzip();
    let rows = messages!(
        with "null::jsonb",
        "where org_id = $1 and conversation_id = $2
             and ($3::bigint is null
                  or (coalesce(seq, 9223372036854775807), id) < ($3, $4::uuid))
         order by coalesce(seq, 9223372036854775807) desc, id desc
         limit $5",
        org,
        Uuid::from(conversation),
        after_seq,
        after_id,
        limit.plus_one(),
    )
    .fetch_all(tenant.conn())
    .await?;
    let total = sqlx::query_scalar!(
        r#"select count(*) as "count!" from (
               select from messages where org_id = $1 and conversation_id = $2 limit $3) counted"#,
        org,
        Uuid::from(conversation),
        TOTAL_CAP + 1,
    )
    .fetch_one(tenant.conn())
    .await?;
    let items = rows.into_iter().map(Message::try_from).collect::<Result<_>>()?;
    Ok(Page::cut(items, limit, total, Message::place))
}

/// What the model is told of what came before a number, in order: the latest whole summary, and all that is over and
/// came after what it stands for. At most [`MOST_TOLD`].
#[tracing::instrument(name = "db.messages.context", skip_all)]
pub async fn context(
    tenant: &mut impl Tenant,
    conversation: ConversationId,
    before_seq: i64,
) -> Result<Vec<Message>> {
    let org = Uuid::from(tenant.org());
    let conversation = Uuid::from(conversation);
    let summary = messages!(
        "where org_id = $1 and conversation_id = $2 and role = 'summary' and state = 'complete'
             and coalesce(seq, 9223372036854775807) < $3
         order by coalesce(seq, 9223372036854775807) desc
         limit 1",
        org,
        conversation,
        before_seq,
    )
    .fetch_optional(tenant.conn())
    .await?
    .map(Message::try_from)
    .transpose()?;
    let through = summary.as_ref().and_then(|summary| summary.through).unwrap_or(0);
    let rows = messages!(
        "where org_id = $1 and conversation_id = $2 and role <> 'summary'
             and state in ('complete', 'failed', 'cancelled')
             and coalesce(seq, 9223372036854775807) < $3
             and coalesce(seq, 9223372036854775807) > $4
         order by coalesce(seq, 9223372036854775807) desc, id desc
         limit $5",
        org,
        conversation,
        before_seq,
        through,
        MOST_TOLD,
    )
    .fetch_all(tenant.conn())
    .await?;
    let said = rows.into_iter().rev().map(Message::try_from);
    summary.map(Ok).into_iter().chain(said).collect()
}

/// The JSON columns of a message.
struct Written {
    parts: Value,
    aside: Option<Value>,
    usage: Option<Value>,
    error: Option<Value>,
}

impl Written {
    fn of(message: &Message) -> Result<Self> {
        let id = message.id;
        Ok(Self {
            parts: to_json(TABLE, id, &message.parts)?,
            aside: message.aside.written(id)?,
            usage: message.usage.map(|usage| to_json(TABLE, id, &usage)).transpose()?,
            error: message.error.as_ref().map(|error| to_json(TABLE, id, error)).transpose()?,
        })
    }
}
