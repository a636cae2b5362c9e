//! A worker asks for work, and waits for it.

use std::{collections::BTreeMap, time::Duration};

use agentcy_core::{
    Action, FieldError, Timestamp,
    audit::AuditEntry,
    id::{OrgId, SourceId, WorkerId},
    job::{CollectSource, Payload},
};
use agentcy_sources::Credentials;
use agentcy_store::{
    audit,
    jobs::{self, Hold},
    orgs, sources,
    system::{
        jobs::{Claimed, release},
        workers as store,
    },
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::time::Instant;

use super::{KINDS, LONGEST_WAIT, MAX_CAPACITY, is_remote, lets};
use crate::{
    Error, Platform, Result,
    jobs::{LEASE, POLL},
    lifecycle::Lifecycle,
    sources::Settings,
    sync::updated_all,
    wake::Bell,
};

/// What a worker asks for.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// The kinds of jobs it can do; all unless said.
    pub kinds: Option<Vec<String>>,
    /// How long it waits when there is nothing.
    pub wait: Duration,
    /// How many it takes at most; as many as it can do unless said.
    pub most: Option<i32>,
    /// Its request, for the audit log.
    pub request_id: String,
}

/// A job in the hands of a worker, with all that it takes to do it.
#[derive(Debug)]
pub struct Work {
    /// The claim, which every later word names.
    pub hold: Hold,
    /// The kind.
    pub kind: String,
    /// The org it belongs to.
    pub org_id: OrgId,
    /// The source.
    pub source_id: SourceId,
    /// Its connector.
    pub source_type: String,
    /// Its settings.
    pub config: Value,
    /// Its secrets.
    pub credentials: Credentials,
    /// What its last sync noted.
    pub cursor: Option<Value>,
    /// Which attempt this is, from 1 on.
    pub attempt: i32,
    /// How long the claim holds without a word.
    pub lease_until: Timestamp,
}

/// What a job is done with, noted when it was handed out: what the worker says is judged by it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct HandedOut {
    pub(super) source: SourceId,
    /// When the source had last changed.
    pub(super) version: Timestamp,
    /// Whether a cursor was given along.
    pub(super) resumed: bool,
}

impl Payload for HandedOut {
    const NAME: &'static str = CollectSource::NAME;
}

/// Claims what there is for workers elsewhere, and waits for it if there is nothing. None when nothing came, or the
/// process stops.
///
/// Errors: `not_found` (the worker), `invalid`.
pub async fn claim(
    platform: &Platform,
    worker: WorkerId,
    wanted: Wanted,
    lifecycle: &Lifecycle,
) -> Result<Vec<Work>> {
    let until = Instant::now() + wanted.wait;
    let mut tx = platform.db.system(&platform.system).await?;
    let capacity = store::beat(&mut tx, worker, platform.clock.now()).await?;
    tx.commit().await?;
    let capacity = capacity.ok_or_else(|| Error::not_found("worker"))?;
    let (kinds, most) = wanted.check(capacity)?;
    let mut due = platform.listen(Bell::Due);
    loop {
        let found = attempt(platform, worker, &kinds, most, &wanted.request_id).await?;
        let left = until.saturating_duration_since(Instant::now());
        if !found.is_empty() || left.is_zero() {
            return Ok(found);
        }
        tokio::select! {
            () = due.wait(left.min(POLL)) => {}
            () = lifecycle.stopping() => return Ok(Vec::new()),
        }
    }
}

impl Wanted {
    fn check(&self, capacity: i32) -> Result<(Vec<String>, i64)> {
        let mut faults = Vec::new();
        let most = self.most.unwrap_or(capacity);
        if !(1..=capacity.min(MAX_CAPACITY)).contains(&most) {
            faults.push(FieldError::new("max", "1 to the capacity of the worker"));
        }
        if self.wait > LONGEST_WAIT {
            faults.push(FieldError::new("wait_secs", "0 to 30"));
        }
        let kinds = self.kinds.clone().unwrap_or_else(|| KINDS.map(str::to_owned).to_vec());
        for (index, kind) in kinds.iter().enumerate().take(100) {
            if !KINDS.contains(&kind.as_str()) {
                faults.push(FieldError::new(format!("kinds[{index}]"), "no kind for workers"));
            }
        }
        if faults.is_empty() { Ok((kinds, most.into())) } else { Err(Error::invalid(faults)) }
    }
}

async fn attempt(
    platform: &Platform,
    worker: WorkerId,
    kinds: &[String],
    most: i64,
    request_id: &str,
) -> Result<Vec<Work>> {
    let now = platform.clock.now();
    let lease_until = now + LEASE;
    let mut tx = platform.db.system(&platform.system).await?;
    let claimed = store::claim(&mut tx, worker, kinds, most, now, lease_until).await?;
    if claimed.is_empty() {
        return Ok(Vec::new());
    }
    tx.commit().await?;
    let holds: Vec<Hold> = claimed.iter().map(|claimed| claimed.hold).collect();
    let mut by_org = BTreeMap::<OrgId, Vec<Claimed>>::new();
    for claimed in claimed {
        by_org.entry(claimed.org_id).or_default().push(claimed);
    }
    let mut works = Vec::new();
    let mut left = Vec::new();
    for (org, claimed) in by_org {
        let hand = Hand { platform, worker, org, lease_until, request_id };
        match hand.out(claimed).await {
            Ok((given, kept)) => {
                works.extend(given);
                left.extend(kept);
            }
            Err(error) => {
                give_back(platform, &holds).await;
                return Err(error);
            }
        }
    }
    if !left.is_empty() {
        let mut tx = platform.db.system(&platform.system).await?;
        store::leave(&mut tx, &left, platform.clock.now()).await?;
        tx.commit().await?;
        platform.ring(Bell::Due).await;
    }
    Ok(works)
}

/// Nobody will hear of these claims.
async fn give_back(platform: &Platform, holds: &[Hold]) {
    let given_back = async {
        let mut tx = platform.db.system(&platform.system).await?;
        release(&mut tx, holds, platform.clock.now()).await?;
        tx.commit().await
    };
    if let Err(error) = given_back.await {
        tracing::debug!(error = %error, "claims that nobody hears of run out by themselves");
    }
}

/// Hands out the claimed jobs of one org.
struct Hand<'a> {
    platform: &'a Platform,
    worker: WorkerId,
    org: OrgId,
    lease_until: Timestamp,
    request_id: &'a str,
}

impl Hand<'_> {
    /// What the worker gets, and what it may not have or cannot do: that is for the runners beside the stores, who also
    /// say what is wrong with it.
    async fn out(&self, claimed: Vec<Claimed>) -> Result<(Vec<Work>, Vec<Hold>)> {
        let platform = self.platform;
        let all: Vec<Hold> = claimed.iter().map(|claimed| claimed.hold).collect();
        let proof = claimed.iter().find_map(|one| {
            let id = one.hold.id;
            platform.acting(self.org, id, &one.made_by, Action::SourceSync).ok()
        });
        let Some(by) = proof else { return Ok((Vec::new(), all)) };
        let mut tx = platform.db.begin(&by).await?;
        let org = orgs::find_steady(&mut tx).await?;
        if !org.is_some_and(|org| lets(platform, &org)) {
            return Ok((Vec::new(), all));
        }
        let subjects: Vec<SourceId> =
            claimed.iter().filter_map(|one| one.subject.map(SourceId::from)).collect();
        let found = sources::find_all(&mut tx, &subjects).await?;
        let mut works = Vec::new();
        let mut notes = Vec::new();
        for one in claimed {
            let source = found.iter().find(|source| one.subject == Some(source.id.into()));
            let Some(source) = source.filter(|source| is_remote(platform, source)) else {
                continue;
            };
            let Ok(settings) = Settings::stored(platform, self.org, source) else { continue };
            let resumed = source.cursor.is_some();
            let note = HandedOut { source: source.id, version: source.updated_at, resumed };
            notes.push((one.hold, note));
            works.push(Work {
                hold: one.hold,
                kind: one.kind,
                org_id: self.org,
                source_id: source.id,
                source_type: source.source_type.clone(),
                config: settings.config,
                credentials: settings.credentials,
                cursor: source.cursor.clone(),
                attempt: one.attempt,
                lease_until: self.lease_until,
            });
        }
        let left = all.into_iter().filter(|hold| !notes.iter().any(|(given, _)| given == hold));
        let left = left.collect();
        if works.is_empty() {
            return Ok((works, left));
        }
        let held = jobs::hand_out(&mut tx, &notes).await?;
        works.retain(|work| held.contains(&work.hold));
        let ids: Vec<_> = works.iter().map(|work| work.hold.id).collect();
        updated_all(platform, &mut tx, &ids, &found).await?;
        audit::record(&mut tx, &self.told(&works)).await?;
        tx.commit().await?;
        Ok((works, left))
    }

    /// Credentials leave the server: that is kept.
    fn told(&self, works: &[Work]) -> AuditEntry {
        let jobs: Vec<Value> = works
            .iter()
            .map(|work| json!({ "job": work.hold.id, "source": work.source_id }))
            .collect();
        AuditEntry {
            id: self.platform.ids.next(),
            org_id: Some(self.org),
            at: self.platform.clock.now(),
            actor: self.worker.to_string(),
            action: "worker.claim".to_owned(),
            decision: agentcy_core::audit::Decision::Allowed,
            target: String::new(),
            details: json!({ "jobs": jobs }),
            request_id: self.request_id.to_owned(),
            ip: None,
        }
    }
}
