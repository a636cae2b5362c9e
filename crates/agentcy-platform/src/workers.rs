//! Workers elsewhere: daemons that collect, and have no store. They belong to no org, and get the jobs and credentials of
//! those alone whose owner lets them.
//!
//! Whoever shows the worker token may speak for any worker. What a worker says of a job counts while its claim holds: each
//! write names the fence, and a former holder's is refused.

mod claim;
mod held;

use std::{collections::BTreeMap, time::Duration};

use agentcy_core::{
    Action, Caller, Feature, Page, Timestamp,
    id::WorkerId,
    job::{CollectSource, Payload},
};
use agentcy_store::{
    Tx, jobs,
    orgs::{self, Org},
    sources::Source,
    system::workers as store,
};

use crate::{
    Error, Listing, PageRequest, Platform, Result, error::Faults, features, jobs::LEASE, text,
};

pub use agentcy_store::jobs::Waiting;
pub use claim::{Wanted, Work, claim};
pub use held::{Beats, Ending, complete, heartbeat, progress, records};

/// How often a worker says that it lives, and keeps what it holds.
pub const HEARTBEAT: Duration = Duration::from_secs(5);
/// How long a claim waits at most.
pub const LONGEST_WAIT: Duration = Duration::from_secs(30);
/// How many jobs a worker does at once at most.
pub const MAX_CAPACITY: i32 = 1000;
/// How many lines one report brings at most.
pub const MAX_REPORT: usize = 100;
/// The kinds of jobs that workers elsewhere may be given.
pub const KINDS: [&str; 2] = [CollectSource::NAME, "source.tool"];
/// How many labels a worker has at most.
const MAX_LABELS: usize = 32;

/// A worker that comes.
#[derive(Debug, Clone)]
pub struct NewWorker {
    /// What it calls itself.
    pub name: String,
    /// What it says of itself.
    pub labels: BTreeMap<String, String>,
    /// How many jobs it does at once.
    pub capacity: i32,
    /// Which release it is.
    pub version: String,
}

/// A worker as members of an org see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Worker {
    /// Its id.
    pub id: WorkerId,
    /// What it calls itself.
    pub name: String,
    /// What it says of itself.
    pub labels: BTreeMap<String, String>,
    /// How many jobs it does at once.
    pub capacity: i32,
    /// Which release it is.
    pub version: String,
    /// How many jobs of the org it has.
    pub in_flight: u64,
    /// Whether it was heard of within the time of a lease.
    pub is_online: bool,
    /// When it came.
    pub registered_at: Timestamp,
    /// When it was last heard of.
    pub beat_at: Timestamp,
}

/// Whether there is a token for them to show.
pub fn have_token(platform: &Platform) -> bool {
    platform.setup.auth.worker_token.is_some()
}

/// Whether there may be workers here at all.
pub fn are_on(platform: &Platform) -> bool {
    have_token(platform) && platform.setup.features.has(Feature::Workers)
}

/// Takes a worker in. Errors: `invalid`.
pub async fn register(platform: &Platform, new: NewWorker) -> Result<WorkerId> {
    new.check()?;
    let NewWorker { name, labels, capacity, version } = new;
    let (id, now) = (platform.ids.next(), platform.clock.now());
    let worker =
        store::Worker { id, name, labels, capacity, version, registered_at: now, beat_at: now };
    let mut tx = platform.db.system(&platform.system).await?;
    store::insert(&mut tx, &worker).await?;
    tx.commit().await?;
    tracing::info!(worker.id = %id, worker.name, worker.capacity, worker.version, "a worker came");
    Ok(id)
}

/// Lets a worker go; what it holds is due at once. Errors: `not_found`.
pub async fn remove(platform: &Platform, id: WorkerId) -> Result<()> {
    let mut tx = platform.db.system(&platform.system).await?;
    let removed = store::remove(&mut tx, id, platform.clock.now()).await?;
    if !removed {
        return Err(Error::not_found("worker"));
    }
    tx.commit().await?;
    platform.ring(crate::wake::Bell::Due).await;
    tracing::info!(worker.id = %id, "a worker went");
    Ok(())
}

/// The workers there are with what they do for the caller's org, and what of it waits for them. Errors: `invalid_cursor`.
pub async fn list(
    platform: &Platform,
    caller: &Caller,
    page: PageRequest,
) -> Result<(Listing<Worker>, Waiting)> {
    let by = platform.permit(caller, Action::WorkerRead).await?;
    let scope = format!("{}/workers", by.org_id());
    let after = platform.cursors.read(&scope, &page)?;
    let mut tx = platform.db.system(&platform.system).await?;
    let found: Page<store::Worker, _> = store::list(&mut tx, page.limit, after).await?;
    tx.commit().await?;
    let mut reader = platform.db.read(&by).await?;
    let holders: Vec<String> = found.items.iter().map(|worker| worker.id.to_string()).collect();
    let counts = jobs::in_flight(&mut reader, &holders).await?;
    let waiting = jobs::waiting(&mut reader).await?;
    let now = platform.clock.now();
    let shown = found.map(|worker| Worker {
        in_flight: counts.get(&worker.id.to_string()).copied().unwrap_or(0),
        is_online: worker.beat_at + LEASE > now,
        id: worker.id,
        name: worker.name,
        labels: worker.labels,
        capacity: worker.capacity,
        version: worker.version,
        registered_at: worker.registered_at,
        beat_at: worker.beat_at,
    });
    Ok((platform.cursors.listing(&scope, shown), waiting))
}

/// Whether syncs of the source are for workers elsewhere. What the org lets them stays so until the transaction ends.
pub(crate) async fn takes(platform: &Platform, tx: &mut Tx, source: &Source) -> Result<bool> {
    if !are_on(platform) || !is_remote(platform, source) {
        return Ok(false);
    }
    let org = orgs::find_steady(tx).await?;
    Ok(org.is_some_and(|org| lets(platform, &org)))
}

/// Whether the connector of a source gets along without files and uploads.
fn is_remote(platform: &Platform, source: &Source) -> bool {
    let connector = platform.connectors.get(&source.source_type);
    connector.is_some_and(|connector| connector.is_remote(&source.config))
}

/// Where there are no workers any more, what they were to do is done beside the stores. To be called at every start.
pub async fn keep_here_without_them(platform: &Platform) -> Result<()> {
    if are_on(platform) {
        return Ok(());
    }
    let mut tx = platform.db.system(&platform.system).await?;
    let jobs = store::keep_here(&mut tx, platform.clock.now()).await?;
    tx.commit().await?;
    if jobs > 0 {
        tracing::info!(jobs, "there are no workers any more: their jobs are done here");
    }
    Ok(())
}

/// Whether an org lets workers elsewhere work for it.
pub(crate) fn lets(platform: &Platform, org: &Org) -> bool {
    org.remote_workers && features::effective(platform, org).has(Feature::Workers)
}

impl NewWorker {
    fn check(&self) -> Result<()> {
        let mut faults = Faults::default();
        faults.require(text::is_name(&self.name), "name", text::NAME_RULE);
        let in_bounds = (1..=MAX_CAPACITY).contains(&self.capacity);
        faults.require(in_bounds, "capacity", "1 to 1000");
        faults.require(text::is_name(&self.version), "version", text::NAME_RULE);
        faults.require(self.labels.len() <= MAX_LABELS, "labels", "at most 32");
        for (name, value) in &self.labels {
            let fits = text::is_name(name) && (value.is_empty() || text::is_name(value));
            faults.require(fits, format!("labels.{name}"), text::NAME_RULE);
        }
        faults.into_result()
    }
}
