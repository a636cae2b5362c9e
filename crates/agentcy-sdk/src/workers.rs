//! Workers: daemons elsewhere that collect. Members see them; a daemon speaks with the worker token in place of a session.

use std::{collections::BTreeMap, time::Duration};

use chrono::{DateTime, Utc};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{Client, Error, call::LONGEST_UPLOAD};

/// The longest that a claim waits.
const LONGEST_WAIT: Duration = Duration::from_secs(30);

/// The workers, and how much of the org waits for them.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[non_exhaustive]
pub struct Workers {
    /// The newest first.
    pub items: Vec<Worker>,
    /// Give it to [`Client::workers`] to read on; none at the end.
    pub next_cursor: Option<String>,
    /// How many there are in all, exact up to 10,000.
    #[serde(default)]
    pub total: u64,
    /// How many jobs of the org wait for a worker.
    #[serde(default)]
    pub queue_depth: u64,
    /// How many jobs of the org workers have.
    #[serde(default)]
    pub in_flight: u64,
}

/// A daemon elsewhere.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct Worker {
    /// Its id.
    pub id: String,
    /// What it calls itself.
    pub name: String,
    /// What it says of itself.
    #[serde(default)]
    pub labels: BTreeMap<String, String>,
    /// How many jobs it does at once.
    #[serde(default)]
    pub capacity: u32,
    /// Which release it is.
    #[serde(default)]
    pub version: String,
    /// How many jobs of the org it has.
    #[serde(default)]
    pub in_flight: u64,
    /// Whether it was heard of lately.
    #[serde(default)]
    pub is_online: bool,
    /// When it came.
    pub registered_at: Option<DateTime<Utc>>,
    /// When it was last heard of.
    pub last_heartbeat_at: Option<DateTime<Utc>>,
}

/// A daemon that comes.
#[derive(Debug, Clone, Serialize)]
pub struct NewWorker {
    /// What it calls itself.
    pub name: String,
    /// What it says of itself.
    pub labels: BTreeMap<String, String>,
    /// How many jobs it does at once.
    pub capacity: u32,
    /// Which release it is.
    pub version: String,
}

/// How a daemon is called from now on.
#[derive(Debug, Clone, Deserialize)]
#[non_exhaustive]
pub struct RegisteredWorker {
    /// Its id.
    pub worker_id: String,
    /// How often it says that it lives.
    pub heartbeat_secs: u64,
    /// How long a claim holds without a word.
    pub lease_secs: u64,
}

/// What a daemon asks for.
#[derive(Debug, Clone)]
pub struct Claim {
    /// The kinds of jobs that it can do.
    pub kinds: Vec<String>,
    /// How long it waits when there is nothing: 30 seconds at most.
    pub wait: Duration,
    /// How many it takes at most.
    pub max: u32,
}

/// A job in the hands of a daemon.
#[derive(Debug, Clone, Deserialize)]
#[non_exhaustive]
pub struct ClaimedJob {
    /// Its id.
    pub id: String,
    /// The kind.
    pub kind: String,
    /// The org it belongs to.
    pub org_id: String,
    /// What it takes to do it.
    pub payload: CollectPayload,
    /// From 1 on.
    pub attempt: u32,
    /// How long the claim holds without a word.
    pub lease_until: DateTime<Utc>,
    /// Every word about the job names it.
    pub fence: i64,
}

/// What to collect from.
#[derive(Debug, Clone, Deserialize)]
#[non_exhaustive]
pub struct CollectPayload {
    /// The source.
    pub source_id: String,
    /// Its connector.
    pub source_type: String,
    /// Its settings.
    pub config: Value,
    /// Its secrets.
    #[serde(default)]
    pub credentials: BTreeMap<String, SecretString>,
    /// What its last sync noted.
    pub cursor: Option<Value>,
}

/// What became of the jobs that a daemon holds.
#[derive(Debug, Clone, Default, Deserialize)]
#[non_exhaustive]
pub struct Beats {
    /// Somebody asked to stop these.
    #[serde(default)]
    pub cancelled: Vec<String>,
    /// These are somebody else's by now, or over.
    #[serde(default)]
    pub lost: Vec<String>,
}

/// How far a job is.
#[derive(Debug, Clone, Default, Serialize)]
pub struct WorkerProgress {
    /// How much is done.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub done: Option<u64>,
    /// Of how much.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub total: Option<u64>,
    /// Lines for whoever looks at the sync.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub log: Vec<String>,
}

/// How a job ended.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum JobEnd {
    /// All that the source says was brought.
    Result {
        /// In how many batches.
        batches: i32,
    },
    /// It broke off.
    Error {
        /// Why.
        message: String,
        /// Whether it may succeed later.
        retry: bool,
    },
}

#[derive(Serialize)]
struct Held<'a> {
    id: &'a str,
    fence: i64,
}

#[derive(Serialize)]
struct Fenced<T> {
    fence: i64,
    #[serde(flatten)]
    body: T,
}

#[derive(Deserialize)]
struct Jobs {
    jobs: Vec<ClaimedJob>,
}

#[derive(Deserialize)]
struct Noted {
    cancelled: bool,
}

impl Client {
    /// A page of the workers with what they do for the caller's org.
    pub async fn workers(&self, cursor: Option<&str>) -> Result<Workers, Error> {
        let cursor = cursor.map(|cursor| ("cursor", cursor.to_owned()));
        self.get(&["workers"]).query(cursor).read().await
    }

    /// Registers a daemon.
    pub async fn register_worker(&self, new: &NewWorker) -> Result<RegisteredWorker, Error> {
        self.post(&["workers", "register"]).json(new).read().await
    }

    /// Removes a daemon; what it holds is due for others at once.
    pub async fn remove_worker(&self, worker: &str) -> Result<(), Error> {
        self.delete(&["workers", worker]).done().await
    }

    /// Says that a daemon lives, and keeps what it holds: jobs and the fences of their claims.
    pub async fn worker_heartbeat(
        &self,
        worker: &str,
        jobs: &[(String, i64)],
    ) -> Result<Beats, Error> {
        let jobs: Vec<_> = jobs.iter().map(|(id, fence)| Held { id, fence: *fence }).collect();
        let body = serde_json::json!({ "jobs": jobs });
        self.post(&["workers", worker, "heartbeat"]).json(&body).at_once().read().await
    }

    /// Asks for jobs, and waits for them; nothing when none came.
    pub async fn claim_jobs(&self, worker: &str, claim: &Claim) -> Result<Vec<ClaimedJob>, Error> {
        let wait = claim.wait.min(LONGEST_WAIT);
        let body = serde_json::json!({
            "kinds": claim.kinds, "wait_secs": wait.as_secs(), "max": claim.max,
        });
        // The answer comes when there is one.
        let call = self.post(&["workers", worker, "claim"]).json(&body).at_once();
        let answer = call.within(self.timeout + wait).send().await?.accepted()?;
        if answer.is_empty() {
            return Ok(Vec::new());
        }
        Ok(answer.decode::<Jobs>()?.jobs)
    }

    /// Says how far a job is. True: somebody asked to stop it.
    pub async fn job_progress(
        &self,
        worker: &str,
        job: &ClaimedJob,
        progress: &WorkerProgress,
    ) -> Result<bool, Error> {
        let body = Fenced { fence: job.fence, body: progress };
        let path = ["workers", worker, "jobs", &job.id, "progress"];
        let noted: Noted = self.post(&path).json(&body).read().await?;
        Ok(noted.cancelled)
    }

    /// Brings a batch of records, NDJSON; the same batch again changes nothing.
    pub async fn job_records(
        &self,
        worker: &str,
        job: &ClaimedJob,
        batch: i32,
        records: Vec<u8>,
    ) -> Result<(), Error> {
        let path = ["workers", worker, "jobs", &job.id, "records"];
        let query = [("fence", job.fence.to_string()), ("batch", batch.to_string())];
        self.ask(&path).query(query).ndjson(records).within(LONGEST_UPLOAD).done().await
    }

    /// Ends a job.
    pub async fn complete_job(
        &self,
        worker: &str,
        job: &ClaimedJob,
        end: &JobEnd,
    ) -> Result<(), Error> {
        let path = ["workers", worker, "jobs", &job.id, "complete"];
        self.post(&path).json(&Fenced { fence: job.fence, body: end }).done().await
    }
}
