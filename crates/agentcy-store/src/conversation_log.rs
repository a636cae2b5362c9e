//! `conversation_log`: the numbered events of a conversation, a row for what was committed together.
//!
//! A row's text is its lines, `<number> <name> <data>`, each ended by a newline: what was streamed, byte for byte.

use agentcy_core::{
    Timestamp,
    id::{ConversationId, RunId},
};
use uuid::Uuid;

use crate::{
    Result, Tenant,
    runs::{Hold, Kept},
};

/// How many rows one look gives at most.
const MOST: i64 = 1000;

/// What was committed together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogRow {
    /// The number of the first event.
    pub first_seq: i64,
    /// The number of the last event.
    pub last_seq: i64,
    /// Whose events they are.
    pub run_id: RunId,
    /// Under which claim.
    pub fence: i64,
    /// When they were committed.
    pub at: Timestamp,
    /// The lines.
    pub events: String,
}

struct Row {
    first_seq: i64,
    last_seq: i64,
    run_id: Uuid,
    fence: i64,
    at: Timestamp,
    events: String,
}

impl From<Row> for LogRow {
    fn from(row: Row) -> Self {
        Self {
            first_seq: row.first_seq,
            last_seq: row.last_seq,
            run_id: row.run_id.into(),
            fence: row.fence,
            at: row.at,
            events: row.events,
        }
    }
}

/// What a run adds to the log.
#[derive(Debug, Clone, Copy)]
pub struct Lines<'a> {
    /// The conversation.
    pub conversation: ConversationId,
    /// The number of the first event; above all that are there.
    pub first: i64,
    /// The number of the last event.
    pub last: i64,
    /// Up to which number the run may show events from now on; never lowered.
    pub reserved: i64,
    /// The lines.
    pub events: &'a str,
    /// Now.
    pub at: Timestamp,
}

/// Adds lines, moves the numbers of the conversation and keeps the run for longer, in one statement, which is a
/// transaction of its own where none is open.
///
/// Errors: `LeaseLost` when the run is not held under this fence any more, or the numbers were used by somebody else.
#[tracing::instrument(name = "db.conversation_log.flush", skip_all)]
pub async fn flush(
    tenant: &mut impl Tenant,
    hold: Hold,
    lines: &Lines<'_>,
    lease_until: Timestamp,
) -> Result<Kept> {
    // Each part needs the one before, which also makes it run after it: conversations are locked before runs.
    let cancel = sqlx::query_scalar!(
        "with moved as (
             update conversations set last_seq = $6, reserved = greatest(reserved, $7, $6)
             where org_id = $1 and id = $2 and last_seq < $5
             returning id
         ), kept as (
             update runs set lease_until = $10
             where org_id = $1 and id = $3 and fence = $4 and state = 'running'
                 and conversation_id = (select id from moved)
             returning cancel
         ), added as (
             insert into conversation_log (org_id, conversation_id, first_seq, last_seq, run_id,
                                           fence, at, events)
             select $1, $2, $5, $6, $3, $4, $8, $9 from kept
         )
         select cancel from kept",
        Uuid::from(tenant.org()),
        Uuid::from(lines.conversation),
        Uuid::from(hold.id),
        hold.fence,
        lines.first,
        lines.last,
        lines.reserved,
        lines.at,
        lines.events,
        lease_until,
    )
    .fetch_optional(tenant.conn())
    .await?;
    cancel.map(|cancel| Kept { cancel }).ok_or_else(|| hold.lost())
}

/// Reserves numbers up to this one, before any of them is shown.
#[tracing::instrument(name = "db.conversation_log.reserve", skip_all)]
pub async fn reserve(
    tenant: &mut impl Tenant,
    conversation: ConversationId,
    upto: i64,
) -> Result<()> {
    sqlx::query!(
        "update conversations set reserved = greatest(reserved, $3) where org_id = $1 and id = $2",
        Uuid::from(tenant.org()),
        Uuid::from(conversation),
        upto,
    )
    .execute(tenant.conn())
    .await?;
    Ok(())
}

/// The rows with events after this number, in order: at least one if there is one, then up to so many bytes.
///
/// The first row may also hold events up to the number.
#[tracing::instrument(name = "db.conversation_log.after", skip_all)]
pub async fn after(
    tenant: &mut impl Tenant,
    conversation: ConversationId,
    seq: i64,
    limit_bytes: i64,
) -> Result<Vec<LogRow>> {
    let rows = sqlx::query_as!(
        Row,
        r#"select first_seq, last_seq, run_id, fence, at, events
           from (
               select *, sum(octet_length(events)) over (order by first_seq) - octet_length(events)
                   as before
               from (
                   select * from conversation_log
                   where org_id = $1 and conversation_id = $2 and last_seq > $3
                       and first_seq >= coalesce((
                           select max(first_seq) from conversation_log
                           where org_id = $1 and conversation_id = $2 and first_seq <= $3), 0)
                   order by first_seq
                   limit $5) newer) measured
           where before < $4
           order by first_seq"#,
        Uuid::from(tenant.org()),
        Uuid::from(conversation),
        seq,
        limit_bytes,
        MOST,
    )
    .fetch_all(tenant.conn())
    .await?;
    Ok(rows.into_iter().map(LogRow::from).collect())
}

/// What a run has added so far, in order.
#[tracing::instrument(name = "db.conversation_log.of_run", skip_all)]
pub async fn of_run(tenant: &mut impl Tenant, run: RunId) -> Result<Vec<LogRow>> {
    let rows = sqlx::query_as!(
        Row,
        "select first_seq, last_seq, run_id, fence, at, events from conversation_log
         where org_id = $1 and run_id = $2 order by first_seq",
        Uuid::from(tenant.org()),
        Uuid::from(run),
    )
    .fetch_all(tenant.conn())
    .await?;
    Ok(rows.into_iter().map(LogRow::from).collect())
}
