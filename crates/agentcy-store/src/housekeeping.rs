//! Deletes what has outlived its use, a bounded batch of one kind at a time.

use agentcy_core::Timestamp;
use chrono::TimeDelta;

use crate::{Result, SystemTx, idempotency};

/// How long an ended session is kept, so that a reused refresh token is still told apart from a made-up one.
pub const SESSIONS_KEPT: TimeDelta = TimeDelta::days(30);
/// How long an invitation is kept after its end.
pub const INVITES_KEPT: TimeDelta = TimeDelta::days(90);
/// How long a reader may stay away and still resume without a reset.
pub const EVENTS_KEPT: TimeDelta = TimeDelta::days(7);
/// How long an ended job is kept; the last one of each subject stays.
pub const JOBS_KEPT: TimeDelta = TimeDelta::days(90);
/// How long a delivery of a webhook is kept once a repeat is not known any more; one whose run waits stays.
pub const DELIVERIES_KEPT: TimeDelta = TimeDelta::days(3);
/// How long a run of a task is kept that is over, and a conversation of one in which nothing happens; the last run of each
/// task stays, with its conversation.
pub const TASK_RUNS_KEPT: TimeDelta = TimeDelta::days(90);
/// How long a worker is listed that is not heard of.
pub const WORKERS_KEPT: TimeDelta = TimeDelta::days(7);

/// What is swept, each by itself: none waits for another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Sessions that ended long ago.
    Sessions,
    /// Invitations that ended long ago.
    Invites,
    /// Answers to requests that nobody repeats any more.
    IdempotencyKeys,
    /// Events that every reader has had the time to read.
    Events,
    /// Jobs that ended long ago, with what was said of them.
    Jobs,
    /// Deliveries that no run waits to read.
    Deliveries,
    /// Runs of tasks that ended long ago.
    TaskRuns,
    /// Conversations of such runs, with all that was said in them.
    TaskConversations,
    /// Workers that were not heard of for long.
    Workers,
    /// Runs of tasks that were removed.
    RunsOfRemovedTasks,
    /// What came in for tasks that were removed.
    DeliveriesOfRemovedTasks,
    /// Tasks that were removed, once nothing is left of them.
    RemovedTasks,
    /// The mention, in conversations, of agents that were removed.
    ConversationsOfRemovedAgents,
    /// The mention, in runs, of agents that were removed.
    RunsOfRemovedAgents,
    /// Agents that were removed, once nothing mentions them.
    RemovedAgents,
}

impl Kind {
    /// All, in the order in which one makes way for the next.
    pub const ALL: [Self; 15] = [
        Self::Sessions,
        Self::Invites,
        Self::IdempotencyKeys,
        Self::Events,
        Self::Jobs,
        Self::Deliveries,
        Self::TaskRuns,
        Self::TaskConversations,
        Self::Workers,
        Self::RunsOfRemovedTasks,
        Self::DeliveriesOfRemovedTasks,
        Self::RemovedTasks,
        Self::ConversationsOfRemovedAgents,
        Self::RunsOfRemovedAgents,
        Self::RemovedAgents,
    ];

    /// How many one batch has: fewer of what has many or large rows of its own.
    pub const fn batch(self) -> u64 {
        match self {
            Self::TaskConversations => 50,
            Self::Jobs | Self::Deliveries | Self::DeliveriesOfRemovedTasks => 100,
            _ => 1000,
        }
    }
}

/// Deletes one batch of at most `most`. Gives how many those were.
#[tracing::instrument(name = "db.housekeeping.sweep", skip(tx, now))]
#[expect(clippy::too_many_lines, reason = "a list of one statement for each kind")]
pub async fn sweep(tx: &mut SystemTx, kind: Kind, most: u64, now: Timestamp) -> Result<u64> {
    let most = most.cast_signed();
    let done = match kind {
        Kind::Sessions => sqlx::query!(
            "delete from sessions where id = any(array(
                 select id from sessions where expires_at <= $1
                 union all
                 select id from sessions where revoked_at <= $1
                 limit $2))",
            now - SESSIONS_KEPT,
            most,
        ),
        Kind::Invites => sqlx::query!(
            "delete from invites where id = any(array(
                 select id from invites where expires_at <= $1 limit $2))",
            now - INVITES_KEPT,
            most,
        ),
        Kind::IdempotencyKeys => sqlx::query!(
            "delete from idempotency_keys where ctid = any(array(
                 select ctid from idempotency_keys where created_at <= $1 limit $2))",
            now - idempotency::KEPT,
            most,
        ),
        Kind::Events => sqlx::query!(
            "delete from outbox where id = any(array(
                 select id from outbox where seq is not null and at <= $1 limit $2))",
            now - EVENTS_KEPT,
            most,
        ),
        Kind::Jobs => sqlx::query!(
            "delete from jobs where id = any(array(
                 select id from jobs old
                 where finished_at <= $1
                     and (subject is null or exists
                          (select from jobs later
                           where later.org_id = old.org_id and later.subject = old.subject
                               and (later.created_at, later.id) > (old.created_at, old.id)))
                 limit $2))",
            now - JOBS_KEPT,
            most,
        ),
        Kind::Deliveries => sqlx::query!(
            "delete from deliveries where id = any(array(
                 select d.id from deliveries d
                 where d.expires_at <= $1 and not exists
                     (select from task_runs r where r.id = d.task_run_id and r.state = 'pending')
                 limit $2))",
            now - DELIVERIES_KEPT,
            most,
        ),
        Kind::TaskRuns => sqlx::query!(
            "delete from task_runs where id = any(array(
                 select id from task_runs old
                 where finished_at <= $1 and exists
                     (select from task_runs later
                      where later.task_id = old.task_id
                          and (later.created_at, later.id) > (old.created_at, old.id))
                 limit $2))",
            now - TASK_RUNS_KEPT,
            most,
        ),
        Kind::TaskConversations => sqlx::query!(
            "delete from conversations where id = any(array(
                 select c.id from conversations c
                 where c.task_id is not null and c.owner is null and c.updated_at <= $1
                     and c.active_run is null
                     and not exists (select from runs r
                                     where r.conversation_id = c.id
                                         and r.state in ('pending', 'running', 'waiting_approval'))
                     and not exists (select from task_runs t where t.conversation_id = c.id)
                 order by c.updated_at limit $2 for update skip locked))",
            now - TASK_RUNS_KEPT,
            most,
        ),
        Kind::Workers => sqlx::query!(
            "delete from workers where id = any(array(
                 select id from workers where beat_at <= $1 limit $2))",
            now - WORKERS_KEPT,
            most,
        ),
        Kind::RunsOfRemovedTasks => sqlx::query!(
            "delete from task_runs where id = any(array(
                 select r.id from tasks t join task_runs r on r.task_id = t.id
                 where t.deleted_at is not null limit $1))",
            most,
        ),
        Kind::DeliveriesOfRemovedTasks => sqlx::query!(
            "delete from deliveries where id = any(array(
                 select d.id from tasks t
                 join triggers g on g.task_id = t.id join deliveries d on d.trigger_id = g.id
                 where t.deleted_at is not null limit $1))",
            most,
        ),
        Kind::RemovedTasks => sqlx::query!(
            "delete from tasks where id = any(array(
                 select t.id from tasks t
                 where t.deleted_at is not null
                     and not exists (select from task_runs r where r.task_id = t.id)
                     and not exists (select from triggers g join deliveries d on d.trigger_id = g.id
                                     where g.task_id = t.id)
                 limit $1))",
            most,
        ),
        // An answer that is not over goes on with its agent.
        Kind::ConversationsOfRemovedAgents => sqlx::query!(
            "update conversations set agent_id = null where id = any(array(
                 select c.id from agents a join conversations c on c.agent_id = a.id
                 where a.deleted_at is not null and not exists
                     (select from runs r
                      where r.agent_id = a.id and r.state in ('pending', 'running', 'waiting_approval'))
                 limit $1 for update of c skip locked))",
            most,
        ),
        Kind::RunsOfRemovedAgents => sqlx::query!(
            "update runs set agent_id = null where id = any(array(
                 select r.id from agents a join runs r on r.agent_id = a.id
                 where a.deleted_at is not null
                     and r.state not in ('pending', 'running', 'waiting_approval')
                 limit $1))",
            most,
        ),
        Kind::RemovedAgents => sqlx::query!(
            "delete from agents where id = any(array(
                 select a.id from agents a
                 where a.deleted_at is not null
                     and not exists (select from conversations c where c.agent_id = a.id)
                     and not exists (select from runs r where r.agent_id = a.id)
                 limit $1))",
            most,
        ),
    };
    Ok(done.execute(tx.conn()).await?.rows_affected())
}
