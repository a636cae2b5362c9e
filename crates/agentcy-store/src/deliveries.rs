//! `deliveries`: what came in by webhook. A delivery, the run that it sets off and the job that begins it are written
//! by one statement, for many deliveries at once.

use agentcy_core::{
    Timestamp,
    id::{DeliveryId, JobId, TaskRunId, TriggerId},
    job::{Payload, StartTask},
    task::Cause,
};
use serde_json::{Map, Value};
use sqlx::types::Json;
use uuid::Uuid;

use crate::{Error, Result, Tenant};

/// How often a delivery is offered again whose key was in use and then was not.
const ATTEMPTS: usize = 3;

/// What came in, and the ids of what it sets off.
#[derive(Debug, Clone)]
pub struct NewDelivery {
    /// Its id.
    pub id: DeliveryId,
    /// The run that it sets off.
    pub run: TaskRunId,
    /// The job that begins that.
    pub job: JobId,
    /// How often a runner may try that.
    pub max_attempts: i32,
    /// The trigger it is for.
    pub trigger: TriggerId,
    /// What a repeat has in common with it. None begins with a zero.
    pub key: Vec<u8>,
    /// Its headers, without what nobody should keep.
    pub headers: Map<String, Value>,
    /// What its body says it is.
    pub content_type: Option<String>,
    /// Its body.
    pub body: bytes::Bytes,
    /// When it came.
    pub at: Timestamp,
    /// Until when a repeat is known.
    pub expires_at: Timestamp,
}

/// What became of a delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taken {
    /// It sets its task off.
    New,
    /// It came before.
    Repeat {
        /// As this delivery.
        delivery: DeliveryId,
        /// Which set this run off.
        run: TaskRunId,
    },
    /// Its task is off, or gone.
    Gone,
}

/// A delivery as it came.
#[derive(Debug, Clone)]
pub struct Delivery {
    /// Its id.
    pub id: DeliveryId,
    /// The trigger it is for.
    pub trigger_id: TriggerId,
    /// The run that it set off.
    pub task_run_id: TaskRunId,
    /// Its headers, without what nobody should keep.
    pub headers: Map<String, Value>,
    /// What its body says it is.
    pub content_type: Option<String>,
    /// Its body.
    pub body: Vec<u8>,
    /// When it came.
    pub received_at: Timestamp,
}

/// One delivery.
#[tracing::instrument(name = "db.deliveries.find", skip_all)]
pub async fn find(tenant: &mut impl Tenant, id: DeliveryId) -> Result<Option<Delivery>> {
    let row = sqlx::query!(
        "select id, trigger_id, task_run_id, headers, content_type, body, received_at
         from deliveries where org_id = $1 and id = $2",
        Uuid::from(tenant.org()),
        Uuid::from(id),
    )
    .fetch_optional(tenant.conn())
    .await?;
    let Some(row) = row else { return Ok(None) };
    let Value::Object(headers) = row.headers else {
        return Err(Error::corrupt("deliveries", id, "headers"));
    };
    Ok(Some(Delivery {
        id: row.id.into(),
        trigger_id: row.trigger_id.into(),
        task_run_id: row.task_run_id.into(),
        headers,
        content_type: row.content_type,
        body: row.body,
        received_at: row.received_at,
    }))
}

/// Takes deliveries in, and says of each what became of it, in their order.
///
/// Outside a transaction what is new is durable when this returns, at the price of one flush for all of them.
#[tracing::instrument(name = "db.deliveries.take_in", skip_all, fields(many = given.len()))]
pub async fn take_in(tenant: &mut impl Tenant, given: &[NewDelivery]) -> Result<Vec<Taken>> {
    let mut taken = vec![Taken::Gone; given.len()];
    // In one order everywhere: two who insert the same keys then wait for each other in turn, and never in a ring.
    let mut open: Vec<usize> = (0..given.len()).collect();
    open.sort_by_key(|&index| (given[index].trigger, given[index].key.as_slice()));
    for _ in 0..ATTEMPTS {
        let offered: Vec<&NewDelivery> = open.iter().map(|&index| &given[index]).collect();
        let known = insert(tenant, &offered).await?;
        let mut in_use = Vec::new();
        for (index, outcome) in open.iter().copied().zip(known) {
            match outcome {
                Some(true) => taken[index] = Taken::New,
                Some(false) => in_use.push(index),
                None => taken[index] = Taken::Gone,
            }
        }
        if in_use.is_empty() {
            return Ok(taken);
        }
        open = repeats(tenant, given, in_use, &mut taken).await?;
        if open.is_empty() {
            return Ok(taken);
        }
    }
    Err(Error::Unavailable("a key of a delivery is taken and freed again and again".into()))
}

/// Of each whether its key was free; `None` where there is nothing to set off.
async fn insert(tenant: &mut impl Tenant, offered: &[&NewDelivery]) -> Result<Vec<Option<bool>>> {
    let mut columns = Columns::default();
    for new in offered {
        columns.push(new);
    }
    // An array of what was kept, since a join of the two has no index and no statistics: a loop in a loop.
    let rows = sqlx::query!(
        r#"with given as (
               select * from unnest($2::uuid[], $3::uuid[], $4::uuid[], $5::uuid[], $6::bytea[], $7::jsonb[],
                                    $8::text[], $9::bytea[], $10::timestamptz[], $11::timestamptz[],
                                    $12::jsonb[], $13::jsonb[], $14::int[])
                   as g (id, run, job, trigger_id, key, headers, content_type, body, at, expires_at,
                         cause, payload, max_attempts)
           ), wanted as materialized (
               select g.*, k.id as task_id, k.run_as from given g
               join triggers t on t.org_id = $1 and t.id = g.trigger_id
               join tasks k on k.org_id = $1 and k.id = t.task_id and k.enabled
           ), kept as (
               insert into deliveries (id, org_id, trigger_id, task_run_id, key, headers, content_type, body,
                                       received_at, expires_at)
               select id, $1, trigger_id, run, key, headers, content_type, body, at, expires_at from wanted
               on conflict on constraint delivery_key do nothing
               returning id
           ), begun as (
               insert into task_runs (id, org_id, task_id, state, cause, delivery_id, created_at)
               select run, $1, task_id, 'pending', cause, id, at from wanted
               where id = any(array(select id from kept))
           ), queued as (
               insert into jobs (id, org_id, kind, state, payload, made_by, max_attempts, run_at, created_at)
               select job, $1, $15, 'queued', payload, run_as, max_attempts, at, at
               from wanted where id = any(array(select id from kept))
           )
           select id as "id!", id = any(array(select id from kept)) as "kept!" from wanted"#,
        Uuid::from(tenant.org()),
        &columns.ids,
        &columns.runs,
        &columns.jobs,
        &columns.triggers,
        &columns.keys as &[&[u8]],
        &columns.headers as &[Json<&Map<String, Value>>],
        &columns.content_types as &[Option<&str>],
        &columns.bodies as &[&[u8]],
        &columns.ats,
        &columns.ends,
        &columns.causes as &[Json<Cause>],
        &columns.payloads as &[Json<StartTask>],
        &columns.max_attempts,
        StartTask::NAME,
    )
    .fetch_all(tenant.conn())
    .await?;
    let known = |id: &Uuid| rows.iter().find(|row| row.id == *id).map(|row| row.kept);
    Ok(columns.ids.iter().map(known).collect())
}

/// Finds what was there before, and frees the keys of what has expired; gives those that may be offered again.
async fn repeats(
    tenant: &mut impl Tenant,
    given: &[NewDelivery],
    in_use: Vec<usize>,
    taken: &mut [Taken],
) -> Result<Vec<usize>> {
    let org = Uuid::from(tenant.org());
    let triggers: Vec<Uuid> = in_use.iter().map(|&i| given[i].trigger.into()).collect();
    let keys: Vec<&[u8]> = in_use.iter().map(|&i| given[i].key.as_slice()).collect();
    let rows = sqlx::query!(
        "select d.id, d.task_run_id, d.trigger_id, d.key, d.expires_at
         from unnest($2::uuid[], $3::bytea[]) g (trigger_id, key)
         join deliveries d on d.org_id = $1 and d.trigger_id = g.trigger_id and d.key = g.key",
        org,
        &triggers,
        &keys as &[&[u8]],
    )
    .fetch_all(tenant.conn())
    .await?;
    let (mut again, mut expired) = (Vec::new(), Vec::new());
    for index in in_use {
        let new = &given[index];
        let first = rows
            .iter()
            .find(|row| row.trigger_id == Uuid::from(new.trigger) && row.key == new.key.as_slice());
        match first {
            Some(first) if first.expires_at > new.at => {
                let (delivery, run) = (first.id.into(), first.task_run_id.into());
                taken[index] = Taken::Repeat { delivery, run };
            }
            // Gone since, or to be freed.
            Some(first) => {
                expired.push(first.id);
                again.push(index);
            }
            None => again.push(index),
        }
    }
    if !expired.is_empty() {
        // A run that waits still needs it, so it stays, under a key that nobody has.
        sqlx::query!(
            r"update deliveries set key = '\x00'::bytea || uuid_send(id) where org_id = $1 and id = any($2)",
            org,
            &expired,
        )
        .execute(tenant.conn())
        .await?;
    }
    Ok(again)
}

/// Deliveries by column, as the statement takes them.
#[derive(Default)]
struct Columns<'a> {
    ids: Vec<Uuid>,
    runs: Vec<Uuid>,
    jobs: Vec<Uuid>,
    triggers: Vec<Uuid>,
    keys: Vec<&'a [u8]>,
    headers: Vec<Json<&'a Map<String, Value>>>,
    content_types: Vec<Option<&'a str>>,
    bodies: Vec<&'a [u8]>,
    ats: Vec<Timestamp>,
    ends: Vec<Timestamp>,
    causes: Vec<Json<Cause>>,
    payloads: Vec<Json<StartTask>>,
    max_attempts: Vec<i32>,
}

impl<'a> Columns<'a> {
    fn push(&mut self, new: &'a NewDelivery) {
        self.ids.push(new.id.into());
        self.runs.push(new.run.into());
        self.jobs.push(new.job.into());
        self.triggers.push(new.trigger.into());
        self.keys.push(&new.key);
        self.headers.push(Json(&new.headers));
        self.content_types.push(new.content_type.as_deref());
        self.bodies.push(&new.body);
        self.ats.push(new.at);
        self.ends.push(new.expires_at);
        self.causes.push(Json(Cause::Webhook { delivery_id: new.id }));
        self.payloads.push(Json(StartTask { run: new.run }));
        self.max_attempts.push(new.max_attempts);
    }
}
