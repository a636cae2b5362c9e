//! `jobs`: work that somebody waits for. Its rows are asked for, read and stopped here, in their org; runners claim them
//! through the system's door, and write what they hold in `held`, each time with the fence of their claim.

mod held;
mod log;
mod records;
mod remote;

use agentcy_core::{
    Limit, Page, Timestamp,
    id::JobId,
    job::{JobState, Payload},
    page::TOTAL_CAP,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use crate::{Error, Result, Tenant, Tx, ledger::Counts};

pub use held::{Hold, Outcome, advance, cancelled, fail, note, payload, put_off, succeed};
pub use log::{Line, MAX_LINES, append as append_log, lines as log};
pub use records::{
    append as append_records, batch as records, forget_other as forget_records, kept,
};
pub use remote::{Waiting, extend, hand_out, in_flight, keep_here, waiting};

/// The index that keeps one unfinished job per subject.
pub const SUBJECT_KEY: &str = "job_subject_key";

/// How many faults a job lists; the rest are counted.
pub const MAX_FAULTS: usize = 1000;

/// How many characters of a fault are kept, of its place and of its message each.
const MAX_WORDS: usize = 500;

/// Something that failed alone in a job.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fault {
    /// Where it is; empty for the job as a whole.
    pub place: String,
    /// What is wrong with it.
    pub message: String,
}

impl Fault {
    /// A fault in words that the database can keep.
    pub fn new(place: &str, message: &str) -> Self {
        Self { place: plain(place), message: plain(message) }
    }
}

/// Cut, and without NUL, which PostgreSQL has no place for: it is for people to read.
fn plain(text: &str) -> String {
    text.chars().take(MAX_WORDS).map(|c| if c == '\0' { '\u{fffd}' } else { c }).collect()
}

/// A job to be queued.
#[derive(Debug, Clone)]
pub struct NewJob {
    /// Its id.
    pub id: JobId,
    /// What it is about; there is one unfinished job of a subject at most.
    pub subject: Option<Uuid>,
    /// Who asked for it.
    pub made_by: String,
    /// How often a runner may try each half.
    pub max_attempts: i32,
    /// When it was asked for; it is due at once.
    pub at: Timestamp,
}

/// A job as its readers see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Job {
    /// Its id.
    pub id: JobId,
    /// The kind of its present half.
    pub kind: String,
    /// What it is about.
    pub subject: Option<Uuid>,
    /// Where it stands.
    pub state: JobState,
    /// Who asked for it.
    pub made_by: String,
    /// How many attempts at its present half began.
    pub attempt: i32,
    /// Whether somebody asked to stop it.
    pub cancel: bool,
    /// How far it is.
    pub done: u64,
    /// Of how much, when that is known.
    pub total: Option<u64>,
    /// What it changed in the ledger, once it succeeded.
    pub counts: Option<Counts>,
    /// What failed alone, as far as it is listed.
    pub faults: Vec<Fault>,
    /// Why it was given up.
    pub reason: Option<String>,
    /// Whether the graph engine shows what it changed.
    pub projected: bool,
    /// When it was asked for.
    pub created_at: Timestamp,
    /// When a runner first took it.
    pub started_at: Option<Timestamp>,
    /// When it ended.
    pub finished_at: Option<Timestamp>,
}

struct JobRow {
    id: Uuid,
    kind: String,
    subject: Option<Uuid>,
    state: String,
    made_by: String,
    attempt: i32,
    cancel: bool,
    done: i64,
    total: Option<i64>,
    counts: Option<Value>,
    errors: Value,
    reason: Option<String>,
    projected: bool,
    created_at: Timestamp,
    started_at: Option<Timestamp>,
    finished_at: Option<Timestamp>,
}

impl TryFrom<JobRow> for Job {
    type Error = Error;
    fn try_from(row: JobRow) -> Result<Self> {
        let id = JobId::from(row.id);
        let number = |number: i64| u64::try_from(number).map_err(|e| Error::corrupt("jobs", id, e));
        Ok(Self {
            id,
            kind: row.kind,
            subject: row.subject,
            state: row.state.parse().map_err(|error| Error::corrupt("jobs", id, error))?,
            made_by: row.made_by,
            attempt: row.attempt,
            cancel: row.cancel,
            done: number(row.done)?,
            total: row.total.map(number).transpose()?,
            counts: row.counts.map(|counts| read_counts(id, counts)).transpose()?,
            faults: serde_json::from_value(row.errors)
                .map_err(|error| Error::corrupt("jobs", id, error))?,
            reason: row.reason,
            projected: row.projected,
            created_at: row.created_at,
            started_at: row.started_at,
            finished_at: row.finished_at,
        })
    }
}

/// [`Counts`] as the column keeps them.
#[derive(Serialize, Deserialize)]
struct KeptCounts {
    added: u64,
    changed: u64,
    archived: u64,
    unchanged: u64,
}

fn read_counts(id: JobId, kept: Value) -> Result<Counts> {
    let KeptCounts { added, changed, archived, unchanged } =
        serde_json::from_value(kept).map_err(|error| Error::corrupt("jobs", id, error))?;
    Ok(Counts { added, changed, archived, unchanged })
}

fn to_json(id: JobId, value: &impl Serialize) -> Result<Value> {
    serde_json::to_value(value).map_err(|error| Error::corrupt("jobs", id, error))
}

// A macro, since a checked statement is a literal and the columns of a job are many.
macro_rules! jobs {
    ($rest:literal $(, $arg:expr)* $(,)?) => {
        sqlx::query_as!(
            JobRow,
            r#"select j.id, j.kind, j.subject, j.state, j.made_by, j.attempt, j.cancel, j.done,
                      j.total, j.counts, j.errors, j.reason, j.created_at, j.started_at,
                      j.finished_at,
                      (j.state = 'succeeded' and (j.batch_id is null or exists (
                          select from fact_batches b join projections p using (org_id)
                          where b.org_id = j.org_id and b.id = j.batch_id and b.seq <= p.seq)))
                          as "projected!"
               from jobs j "# + $rest
            $(, $arg)*
        )
    };
}

/// Queues a job. An unfinished one of the same subject breaks [`SUBJECT_KEY`].
#[tracing::instrument(name = "db.jobs.enqueue", skip_all, fields(job = P::NAME))]
pub async fn enqueue<P: Payload>(tx: &mut Tx, new: &NewJob, payload: &P) -> Result<()> {
    insert(tx, new, payload, false).await
}

/// The same for workers elsewhere, and for nobody beside the stores.
#[tracing::instrument(name = "db.jobs.enqueue_remote", skip_all, fields(job = P::NAME))]
pub async fn enqueue_remote<P: Payload>(tx: &mut Tx, new: &NewJob, payload: &P) -> Result<()> {
    insert(tx, new, payload, true).await
}

/// Queues many jobs that are about nothing for runners beside the stores.
#[tracing::instrument(name = "db.jobs.enqueue_all", skip_all, fields(job = P::NAME, many = new.len()))]
pub async fn enqueue_all<P: Payload>(tx: &mut Tx, new: &[(NewJob, P)]) -> Result<()> {
    let payloads = new.iter().map(|(job, payload)| to_json(job.id, payload));
    let payloads = payloads.collect::<Result<Vec<Value>>>()?;
    let ids: Vec<Uuid> = new.iter().map(|(job, _)| job.id.into()).collect();
    let makers: Vec<&str> = new.iter().map(|(job, _)| job.made_by.as_str()).collect();
    let attempts: Vec<i32> = new.iter().map(|(job, _)| job.max_attempts).collect();
    let ats: Vec<Timestamp> = new.iter().map(|(job, _)| job.at).collect();
    sqlx::query!(
        "insert into jobs (id, org_id, kind, state, payload, made_by, max_attempts, run_at, created_at)
         select id, $1, $2, 'queued', payload, made_by, max_attempts, at, at
         from unnest($3::uuid[], $4::jsonb[], $5::text[], $6::int[], $7::timestamptz[])
             as given (id, payload, made_by, max_attempts, at)",
        Uuid::from(tx.org()),
        P::NAME,
        &ids,
        &payloads,
        &makers as &[&str],
        &attempts,
        &ats,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

async fn insert<P: Payload>(tx: &mut Tx, new: &NewJob, payload: &P, remote: bool) -> Result<()> {
    let payload = to_json(new.id, payload)?;
    sqlx::query!(
        "insert into jobs (id, org_id, kind, subject, state, payload, made_by, max_attempts,
                           run_at, created_at, remote)
         values ($1, $2, $3, $4, 'queued', $5, $6, $7, $8, $8, $9)",
        Uuid::from(new.id),
        Uuid::from(tx.org()),
        P::NAME,
        new.subject,
        payload,
        new.made_by,
        new.max_attempts,
        new.at,
        remote,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// One job.
#[tracing::instrument(name = "db.jobs.find", skip_all)]
pub async fn find(tenant: &mut impl Tenant, id: JobId) -> Result<Option<Job>> {
    let org = Uuid::from(tenant.org());
    jobs!("where j.org_id = $1 and j.id = $2", org, Uuid::from(id))
        .fetch_optional(tenant.conn())
        .await?
        .map(Job::try_from)
        .transpose()
}

/// Those of these jobs that there are, in any order.
#[tracing::instrument(name = "db.jobs.find_all", skip_all)]
pub async fn find_all(tenant: &mut impl Tenant, ids: &[JobId]) -> Result<Vec<Job>> {
    let org = Uuid::from(tenant.org());
    let ids: Vec<Uuid> = ids.iter().map(|id| Uuid::from(*id)).collect();
    let rows = jobs!("where j.org_id = $1 and j.id = any($2)", org, &ids);
    rows.fetch_all(tenant.conn()).await?.into_iter().map(Job::try_from).collect()
}

/// What a job was asked for, wherever it stands by now; nothing when it is of another kind.
#[tracing::instrument(name = "db.jobs.asked_for", skip_all, fields(job = P::NAME))]
pub async fn asked_for<P: Payload>(tenant: &mut impl Tenant, id: JobId) -> Result<Option<P>> {
    let kept: Option<Value> = sqlx::query_scalar!(
        "select payload from jobs where org_id = $1 and id = $2 and kind = $3",
        Uuid::from(tenant.org()),
        Uuid::from(id),
        P::NAME,
    )
    .fetch_optional(tenant.conn())
    .await?;
    let read = |kept| serde_json::from_value(kept).map_err(|e| Error::corrupt("jobs", id, e));
    kept.map(read).transpose()
}

/// The unfinished job of a subject, if there is one.
#[tracing::instrument(name = "db.jobs.unfinished", skip_all)]
pub async fn unfinished(tenant: &mut impl Tenant, subject: Uuid) -> Result<Option<Job>> {
    let org = Uuid::from(tenant.org());
    jobs!(
        "where j.org_id = $1 and j.subject = $2 and j.state in ('queued', 'running')",
        org,
        subject
    )
    .fetch_optional(tenant.conn())
    .await?
    .map(Job::try_from)
    .transpose()
}

/// The newest job of each of these subjects that has one.
#[tracing::instrument(name = "db.jobs.latest", skip_all)]
pub async fn latest(tenant: &mut impl Tenant, subjects: &[Uuid]) -> Result<Vec<Job>> {
    let org = Uuid::from(tenant.org());
    jobs!(
        "where j.org_id = $1 and j.id in (
             select newest.id from unnest($2::uuid[]) asked (subject)
             cross join lateral (
                 select id from jobs where org_id = $1 and subject = asked.subject
                 order by created_at desc, id desc limit 1) newest)",
        org,
        subjects,
    )
    .fetch_all(tenant.conn())
    .await?
    .into_iter()
    .map(Job::try_from)
    .collect()
}

/// A page of the jobs of a subject, unfinished ones too, the newest first.
#[tracing::instrument(name = "db.jobs.history", skip_all)]
pub async fn history(
    tenant: &mut impl Tenant,
    subject: Uuid,
    limit: Limit,
    after: Option<(Timestamp, Uuid)>,
) -> Result<Page<Job>> {
    let org = Uuid::from(tenant.org());
    let (after_at, after_id) = after.unzip();
    let rows = jobs!(
        "where j.org_id = $1 and j.subject = $2
             and ($3::timestamptz is null or (j.created_at, j.id) < ($3, $4::uuid))
         order by j.created_at desc, j.id desc
         limit $5",
        org,
        subject,
        after_at,
        after_id,
        limit.plus_one(),
    )
    .fetch_all(tenant.conn())
    .await?;
    let total = sqlx::query_scalar!(
        r#"select count(*) as "count!" from (
               select from jobs where org_id = $1 and subject = $2 limit $3) counted"#,
        org,
        subject,
        TOTAL_CAP + 1,
    )
    .fetch_one(tenant.conn())
    .await?;
    let items = rows.into_iter().map(Job::try_from).collect::<Result<_>>()?;
    Ok(Page::cut(items, limit, total, |job: &Job| (job.created_at, job.id.into())))
}

/// What came of asking to stop a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stop {
    /// Nobody held it: it is over.
    Over(JobId),
    /// Its runner is told with its next heartbeat.
    Asked(JobId),
}

/// Stops the unfinished job of a subject, if there is one.
#[tracing::instrument(name = "db.jobs.stop", skip_all)]
pub async fn stop(tx: &mut Tx, subject: Uuid, at: Timestamp) -> Result<Option<Stop>> {
    let org = Uuid::from(tx.org());
    // The right-hand sides read the row as it is once it is locked: a claim in between is seen.
    let row = sqlx::query!(
        "update jobs set
             cancel = true,
             state = case when state = 'queued' then 'cancelled' else state end,
             finished_at = case when state = 'queued' then $3::timestamptz end
         where org_id = $1 and subject = $2 and state in ('queued', 'running')
         returning id, state",
        org,
        subject,
        at,
    )
    .fetch_optional(tx.conn())
    .await?;
    let Some(row) = row else { return Ok(None) };
    let id = JobId::from(row.id);
    if row.state != JobState::Cancelled.name() {
        return Ok(Some(Stop::Asked(id)));
    }
    records::clear(tx, id).await?;
    Ok(Some(Stop::Over(id)))
}
