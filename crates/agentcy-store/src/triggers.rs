//! `triggers`: what sets a task off. Secrets of webhooks are sealed, and never part of what is read here.

use agentcy_core::{
    Realm, Timestamp,
    id::{TaskId, TriggerId},
    task::{EventFilter, LifecycleEvent, Missed, Overlap, TriggerKind},
};
use uuid::Uuid;

use crate::{
    Result, Tenant, Tx,
    columns::{json, realm, to_json},
};

pub(crate) const TABLE: &str = "triggers";

/// What sets a task off.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trigger {
    /// Its id; a webhook's is in its address.
    pub id: TriggerId,
    /// What it is.
    pub kind: TriggerKind,
    /// The ticks of a schedule.
    pub cron: Option<String>,
    /// The time zone that these are meant in.
    pub timezone: String,
    /// What happens while a run of the task goes on.
    pub overlap: Overlap,
    /// What happens to ticks that nobody was there for.
    pub missed: Missed,
    /// What may happen to set a lifecycle task off.
    pub events: Vec<LifecycleEvent>,
    /// Which of these.
    pub filter: EventFilter,
    /// How long a webhook without an id is known by its body, in seconds.
    pub dedupe_secs: i32,
    /// Whether a webhook must be signed with its time.
    pub require_timestamp: bool,
    /// The header that holds the id of a webhook.
    pub header_id: Option<String>,
    /// Until when the secret before the present one is good.
    pub previous_until: Option<Timestamp>,
    /// The next tick, while the task is on.
    pub next_at: Option<Timestamp>,
    /// When it was last not followed.
    pub skipped: Option<Skipped>,
}

/// An event that a trigger did not follow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Skipped {
    /// When.
    pub at: Timestamp,
    /// Why.
    pub why: String,
}

/// What an update of a trigger does to the secret of its webhook.
#[derive(Debug, Clone, Copy)]
pub enum Secret<'a> {
    /// Nothing.
    Keep,
    /// It has none any more.
    Clear,
    /// This is it, sealed; the one before is good no longer.
    Set(&'a [u8]),
}

pub(crate) async fn insert(
    tx: &mut Tx,
    task: TaskId,
    trigger: &Trigger,
    secret: Option<&[u8]>,
) -> Result<()> {
    sqlx::query!(
        "insert into triggers (id, org_id, task_id, kind, cron, timezone, overlap, missed, events,
                               filter, dedupe_secs, require_timestamp, header_id, secret, next_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)",
        Uuid::from(trigger.id),
        Uuid::from(tx.org()),
        Uuid::from(task),
        trigger.kind.name(),
        trigger.cron,
        trigger.timezone,
        trigger.overlap.name(),
        trigger.missed.name(),
        &names(&trigger.events),
        to_json(TABLE, trigger.id, &trigger.filter)?,
        trigger.dedupe_secs,
        trigger.require_timestamp,
        trigger.header_id,
        secret,
        trigger.next_at,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

pub(crate) async fn update(tx: &mut Tx, trigger: &Trigger, secret: Secret<'_>) -> Result<()> {
    let (keeps, secret) = match secret {
        Secret::Keep => (true, None),
        Secret::Clear => (false, None),
        Secret::Set(sealed) => (false, Some(sealed)),
    };
    sqlx::query!(
        "update triggers set kind = $3, cron = $4, timezone = $5, overlap = $6, missed = $7,
                             events = $8, filter = $9, dedupe_secs = $10, require_timestamp = $11,
                             header_id = $12, next_at = $13,
                             secret = case when $14 then secret else $15 end,
                             previous_secret = case when $14 then previous_secret end,
                             previous_until = case when $14 then previous_until end
         where org_id = $1 and id = $2",
        Uuid::from(tx.org()),
        Uuid::from(trigger.id),
        trigger.kind.name(),
        trigger.cron,
        trigger.timezone,
        trigger.overlap.name(),
        trigger.missed.name(),
        &names(&trigger.events),
        to_json(TABLE, trigger.id, &trigger.filter)?,
        trigger.dedupe_secs,
        trigger.require_timestamp,
        trigger.header_id,
        trigger.next_at,
        keeps,
        secret,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

fn names(events: &[LifecycleEvent]) -> Vec<String> {
    events.iter().map(|event| event.name().to_owned()).collect()
}

/// Gives a webhook a new sealed secret; the present one is good until then.
#[tracing::instrument(name = "db.triggers.rotate", skip_all)]
pub async fn rotate(
    tx: &mut Tx,
    id: TriggerId,
    secret: &[u8],
    previous_until: Option<Timestamp>,
) -> Result<()> {
    sqlx::query!(
        "update triggers set secret = $3, previous_until = $4,
                             previous_secret = case when $4::timestamptz is not null then secret end
         where org_id = $1 and id = $2",
        Uuid::from(tx.org()),
        Uuid::from(id),
        secret,
        previous_until,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Moves a schedule on from a tick to the next one. Not when somebody else did, or the schedule is another by now.
#[tracing::instrument(name = "db.triggers.advance", skip_all)]
pub async fn advance(
    tx: &mut Tx,
    trigger: &Trigger,
    from: Timestamp,
    to: Option<Timestamp>,
) -> Result<bool> {
    let done = sqlx::query!(
        "update triggers set next_at = $6
         where org_id = $1 and id = $2 and next_at = $3 and cron = $4 and timezone = $5",
        Uuid::from(tx.org()),
        Uuid::from(trigger.id),
        from,
        trigger.cron,
        trigger.timezone,
        to,
    )
    .execute(tx.conn())
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Notes that a trigger did not follow an event. Not while somebody else changes it: two chains of tasks that end at each
/// other would wait for each other.
#[tracing::instrument(name = "db.triggers.skip", skip_all)]
pub async fn skip(tx: &mut Tx, id: TriggerId, skipped: &Skipped) -> Result<()> {
    sqlx::query!(
        "update triggers set skipped_at = $3, skipped_why = $4
         where id = (select id from triggers where org_id = $1 and id = $2
                     for no key update skip locked)",
        Uuid::from(tx.org()),
        Uuid::from(id),
        skipped.at,
        skipped.why,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// A trigger that listens for an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listening {
    /// Which.
    pub id: TriggerId,
    /// Its task.
    pub task_id: TaskId,
    /// The realm of the task.
    pub realm: Option<Realm>,
    /// The principal whose rights its runs have.
    pub run_as: String,
    /// Which of the events it is for.
    pub filter: EventFilter,
}

/// The triggers that listen for an event and whose tasks are on, always in the same order.
#[tracing::instrument(name = "db.triggers.listening", skip_all)]
pub async fn listening(tenant: &mut impl Tenant, event: LifecycleEvent) -> Result<Vec<Listening>> {
    let rows = sqlx::query!(
        "select g.id, g.task_id, t.realm, t.run_as, g.filter
         from triggers g join tasks t on t.org_id = g.org_id and t.id = g.task_id
         where g.org_id = $1 and g.kind = 'lifecycle' and $2 = any(g.events) and t.enabled
         order by g.id",
        Uuid::from(tenant.org()),
        event.name(),
    )
    .fetch_all(tenant.conn())
    .await?;
    let listening = rows.into_iter().map(|row| {
        Ok(Listening {
            id: row.id.into(),
            task_id: row.task_id.into(),
            realm: realm(TABLE, row.id, row.realm)?,
            run_as: row.run_as,
            filter: json(TABLE, row.id, row.filter)?,
        })
    });
    listening.collect()
}
