//! `approvals`: what a person decides, bound to what would run. Of many decisions exactly one wins.

mod list;

use agentcy_core::{
    Timestamp,
    chat::{ApprovalState, CallState},
    id::{ApprovalId, ConversationId, RunId, ToolCallId},
    tool::Effect,
};
use serde_json::Value;
use uuid::Uuid;

use crate::{
    Error, Result, Tenant, Tx,
    columns::name,
    tool_calls::{effect, effect_name},
};

pub use list::{Inbox, decided, inbox, of_conversation};

const TABLE: &str = "approvals";

/// Something for a person to decide.
#[derive(Debug, Clone, PartialEq)]
pub struct Approval {
    /// Its id.
    pub id: ApprovalId,
    /// Its conversation.
    pub conversation_id: ConversationId,
    /// Its run.
    pub run_id: RunId,
    /// The call that waits.
    pub tool_call_id: ToolCallId,
    /// The tool; of a source's it is `source.tool`.
    pub tool: String,
    /// The source that it works on.
    pub connector: Option<String>,
    /// The arguments that the decision is bound to.
    pub args: Value,
    /// What may be put in place of them.
    pub args_schema: Value,
    /// Tool, arguments and version of the connector in one figure.
    pub digest: Vec<u8>,
    /// What the call changes.
    pub effect: Effect,
    /// Why a person is asked.
    pub reason: String,
    /// In whose name the run works.
    pub requested_by: String,
    /// Where it stands.
    pub state: ApprovalState,
    /// Where the call stands.
    pub call_state: CallState,
    /// Who decided.
    pub decided_by: Option<String>,
    /// Their words.
    pub note: Option<String>,
    /// Until when the same call passes without asking.
    pub remember_until: Option<Timestamp>,
    /// Until when the decision is waited for.
    pub expires_at: Timestamp,
    /// Since when.
    pub created_at: Timestamp,
    /// When it was decided, or need not be any more.
    pub decided_at: Option<Timestamp>,
}

struct ApprovalRow {
    id: Uuid,
    conversation_id: Uuid,
    run_id: Uuid,
    tool_call_id: Uuid,
    tool: String,
    connector: Option<String>,
    args: Value,
    args_schema: Value,
    digest: Vec<u8>,
    effect: String,
    reason: String,
    requested_by: String,
    state: String,
    call_state: String,
    decided_by: Option<String>,
    note: Option<String>,
    remember_until: Option<Timestamp>,
    expires_at: Timestamp,
    created_at: Timestamp,
    decided_at: Option<Timestamp>,
}

impl TryFrom<ApprovalRow> for Approval {
    type Error = Error;
    fn try_from(row: ApprovalRow) -> Result<Self> {
        let id = ApprovalId::from(row.id);
        Ok(Self {
            id,
            conversation_id: row.conversation_id.into(),
            run_id: row.run_id.into(),
            tool_call_id: row.tool_call_id.into(),
            tool: row.tool,
            connector: row.connector,
            args: row.args,
            args_schema: row.args_schema,
            digest: row.digest,
            effect: effect(TABLE, id, &row.effect)?,
            reason: row.reason,
            requested_by: row.requested_by,
            state: name(TABLE, id, &row.state)?,
            call_state: name(TABLE, id, &row.call_state)?,
            decided_by: row.decided_by,
            note: row.note,
            remember_until: row.remember_until,
            expires_at: row.expires_at,
            created_at: row.created_at,
            decided_at: row.decided_at,
        })
    }
}

// A macro, since a checked statement is a literal and the columns of an approval are many.
macro_rules! approvals {
    ($rest:literal $(, $arg:expr)* $(,)?) => {
        sqlx::query_as!(
            ApprovalRow,
            "select p.id, p.conversation_id, p.run_id, p.tool_call_id, p.tool, p.connector, p.args,
                    p.args_schema, p.digest, p.effect, p.reason, p.requested_by, p.state,
                    t.state as call_state, p.decided_by, p.note, p.remember_until, p.expires_at,
                    p.created_at, p.decided_at
             from approvals p
             join tool_calls t on t.org_id = p.org_id and t.id = p.tool_call_id " + $rest
            $(, $arg)*
        )
    };
}
use approvals;

/// Asks a person. A call that was asked about before breaks `approval_call_key`.
#[tracing::instrument(name = "db.approvals.insert", skip_all)]
pub async fn insert(tx: &mut Tx, new: &Approval) -> Result<()> {
    sqlx::query!(
        "insert into approvals (id, org_id, conversation_id, run_id, tool_call_id, tool, connector,
                                args, args_schema, digest, effect, reason, requested_by, state,
                                expires_at, created_at, owner)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, 'pending', $14, $15,
                 (select owner from conversations where org_id = $2 and id = $3))",
        Uuid::from(new.id),
        Uuid::from(tx.org()),
        Uuid::from(new.conversation_id),
        Uuid::from(new.run_id),
        Uuid::from(new.tool_call_id),
        new.tool,
        new.connector,
        new.args,
        new.args_schema,
        new.digest,
        effect_name(new.effect),
        new.reason,
        new.requested_by,
        new.expires_at,
        new.created_at,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// One approval.
#[tracing::instrument(name = "db.approvals.find", skip_all)]
pub async fn find(tenant: &mut impl Tenant, id: ApprovalId) -> Result<Option<Approval>> {
    let org = Uuid::from(tenant.org());
    approvals!("where p.org_id = $1 and p.id = $2", org, Uuid::from(id))
        .fetch_optional(tenant.conn())
        .await?
        .map(Approval::try_from)
        .transpose()
}

/// One approval, which nobody decides before the transaction ends.
#[tracing::instrument(name = "db.approvals.lock", skip_all)]
pub async fn lock(tx: &mut Tx, id: ApprovalId) -> Result<Option<Approval>> {
    let org = Uuid::from(tx.org());
    approvals!("where p.org_id = $1 and p.id = $2 for no key update of p", org, Uuid::from(id))
        .fetch_optional(tx.conn())
        .await?
        .map(Approval::try_from)
        .transpose()
}

/// The approvals of a run, in the order of its calls.
#[tracing::instrument(name = "db.approvals.of_run", skip_all)]
pub async fn of_run(tenant: &mut impl Tenant, run: RunId) -> Result<Vec<Approval>> {
    let org = Uuid::from(tenant.org());
    approvals!(
        "where p.org_id = $1 and p.run_id = $2 order by t.step, t.ordinal",
        org,
        Uuid::from(run)
    )
    .fetch_all(tenant.conn())
    .await?
    .into_iter()
    .map(Approval::try_from)
    .collect()
}

/// The approvals of these calls.
#[tracing::instrument(name = "db.approvals.of_calls", skip_all)]
pub async fn of_calls(tenant: &mut impl Tenant, calls: &[ToolCallId]) -> Result<Vec<Approval>> {
    let org = Uuid::from(tenant.org());
    let calls: Vec<Uuid> = calls.iter().copied().map(Uuid::from).collect();
    approvals!("where p.org_id = $1 and p.tool_call_id = any($2)", org, &calls)
        .fetch_all(tenant.conn())
        .await?
        .into_iter()
        .map(Approval::try_from)
        .collect()
}

/// What a run still waits for, what expires first before all.
#[tracing::instrument(name = "db.approvals.pending_of_run", skip_all)]
pub async fn pending_of_run(tenant: &mut impl Tenant, run: RunId) -> Result<Vec<Approval>> {
    let org = Uuid::from(tenant.org());
    approvals!(
        "where p.org_id = $1 and p.run_id = $2 and p.state = 'pending'
         order by p.expires_at, t.step, t.ordinal",
        org,
        Uuid::from(run)
    )
    .fetch_all(tenant.conn())
    .await?
    .into_iter()
    .map(Approval::try_from)
    .collect()
}

/// What a person decides.
#[derive(Debug, Clone, Copy)]
pub struct Verdict<'a> {
    /// Whether the call runs.
    pub approved: bool,
    /// Who decides.
    pub by: &'a str,
    /// Their words.
    pub note: Option<&'a str>,
    /// Other arguments, with the digest and the effect that go with them.
    pub args: Option<(&'a Value, &'a [u8], Effect)>,
    /// Until when the same call passes without asking.
    pub remember_until: Option<Timestamp>,
    /// Now.
    pub at: Timestamp,
}

/// Decides. False when somebody was faster, or it is too late.
#[tracing::instrument(name = "db.approvals.decide", skip_all)]
pub async fn decide(tx: &mut Tx, id: ApprovalId, verdict: &Verdict<'_>) -> Result<bool> {
    let state = if verdict.approved { ApprovalState::Approved } else { ApprovalState::Denied };
    let (args, digest, effect) = match verdict.args {
        Some((args, digest, effect)) => (Some(args), Some(digest), Some(effect_name(effect))),
        None => (None, None, None),
    };
    let done = sqlx::query!(
        "update approvals set state = $3, decided_by = $4, note = $5, args = coalesce($6, args),
                              digest = coalesce($7, digest), effect = coalesce($8, effect),
                              remember_until = $9, decided_at = $10
         where org_id = $1 and id = $2 and state = 'pending' and expires_at > $10",
        Uuid::from(tx.org()),
        Uuid::from(id),
        state.name(),
        verdict.by,
        verdict.note,
        args,
        digest,
        effect,
        verdict.remember_until,
        verdict.at,
    )
    .execute(tx.conn())
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Ends all that a run still waits for in this state. Gives their ids.
#[tracing::instrument(name = "db.approvals.resolve_all", skip_all)]
pub async fn resolve_all(
    tx: &mut Tx,
    run: RunId,
    state: ApprovalState,
    now: Timestamp,
) -> Result<Vec<ApprovalId>> {
    let ids = sqlx::query_scalar!(
        "update approvals set state = $3, decided_at = $4
         where org_id = $1 and run_id = $2 and state = 'pending'
         returning id",
        Uuid::from(tx.org()),
        Uuid::from(run),
        state.name(),
        now,
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(ids.into_iter().map(ApprovalId::from).collect())
}

/// Ends what a run waited for too long. Gives their ids.
#[tracing::instrument(name = "db.approvals.expire", skip_all)]
pub async fn expire(tx: &mut Tx, run: RunId, now: Timestamp) -> Result<Vec<ApprovalId>> {
    let ids = sqlx::query_scalar!(
        "update approvals set state = 'expired', decided_at = $3
         where org_id = $1 and run_id = $2 and state = 'pending' and expires_at <= $3
         returning id",
        Uuid::from(tx.org()),
        Uuid::from(run),
        now,
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(ids.into_iter().map(ApprovalId::from).collect())
}

/// The approval by which the same call still passes in this conversation.
#[tracing::instrument(name = "db.approvals.remembered", skip_all)]
pub async fn remembered(
    tenant: &mut impl Tenant,
    conversation: ConversationId,
    digest: &[u8],
    now: Timestamp,
) -> Result<Option<ApprovalId>> {
    let id = sqlx::query_scalar!(
        "select id from approvals
         where org_id = $1 and conversation_id = $2 and digest = $3 and state = 'approved'
             and remember_until > $4
         order by remember_until desc limit 1",
        Uuid::from(tenant.org()),
        Uuid::from(conversation),
        digest,
        now,
    )
    .fetch_optional(tenant.conn())
    .await?;
    Ok(id.map(ApprovalId::from))
}
