//! Leads the projection: which orgs are behind, which of them are worked on, and which are left alone for a while.

use std::{
    collections::{HashMap, HashSet, VecDeque},
    sync::Arc,
    time::Duration,
};

use agentcy_core::{
    Chain, Timestamp,
    id::{EventId, OrgId},
};
use agentcy_graph::Error as GraphError;
use agentcy_store::{
    Error as StoreError,
    system::projections::{self, Behind},
};
use futures_util::{FutureExt, StreamExt, future::BoxFuture, stream::FuturesUnordered};
use tokio::time::{Instant, timeout};
use uuid::Uuid;

use super::{
    desk::Desk,
    follow::Followed,
    reign::{Reign, TTL},
};
use crate::{Error, Platform, Result};

/// How many orgs are worked on at once.
const AT_ONCE: usize = 3;
/// How many of them may be made anew: that may take long, and the others go on.
const REBUILDS: usize = AT_ONCE - 1;
/// After how long a graph makes way for those of others, where there is more to do.
const TURN: Duration = Duration::from_secs(1);
/// How long we wait for one of them before we look whether others have fallen behind.
const SLICE: Duration = Duration::from_millis(50);
/// How long what was removed is remembered after it is in no batch to come. An engine call that was held up longer is
/// made up for by a rebuild.
const REMEMBER: Duration = Duration::from_mins(10);
/// How long an org is left alone after its first failure; each time twice as long.
const FIRST_REST: Duration = Duration::from_millis(250);
const LONGEST_REST: Duration = Duration::from_mins(1);

/// What a turn found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    /// Another process leads.
    Waiting,
    /// Every graph is where its ledger is, or is left alone for a while.
    Idle,
    /// There is more to do.
    More,
}

/// One process' claim to write the graphs.
pub struct Projector {
    holder: Uuid,
    ttl: Duration,
    reign: Option<Arc<Reign>>,
    running: FuturesUnordered<BoxFuture<'static, Done>>,
    busy: HashSet<OrgId>,
    /// Orgs whose graph was not looked at yet in this reign: it may be gone.
    unseen: VecDeque<OrgId>,
    resting: HashMap<OrgId, Rest>,
    removals: HashMap<OrgId, Removals>,
    /// Orgs of which somebody who led before may have forgotten nothing.
    unforgotten: HashSet<OrgId>,
    remember: Duration,
    mended: HashSet<OrgId>,
    /// When those had their last turn that have more to do.
    turns: HashMap<OrgId, u64>,
    count: u64,
    turn: Duration,
    /// Those whose graph somebody wants made anew.
    rebuilding: HashSet<OrgId>,
}

struct Done {
    org: OrgId,
    asked: Option<Timestamp>,
    outcome: Result<Followed>,
}

/// When removals are forgotten, and up to which batch.
struct Removals {
    next: (Instant, i64),
    /// The newest of those that came meanwhile.
    later: Option<(Instant, i64)>,
}

/// An org that is left alone.
#[derive(Debug, Clone, Copy)]
struct Rest {
    until: Instant,
    pause: Duration,
    /// The wish for a rebuild that failed; a newer one is tried at once.
    asked: Option<Timestamp>,
}

impl Projector {
    /// A claimant with an id of its own.
    pub fn new(platform: &Platform) -> Self {
        let id: EventId = platform.new_id();
        Self {
            holder: Uuid::from(id),
            ttl: TTL,
            reign: None,
            running: FuturesUnordered::new(),
            busy: HashSet::new(),
            unseen: VecDeque::new(),
            resting: HashMap::new(),
            removals: HashMap::new(),
            unforgotten: HashSet::new(),
            remember: REMEMBER,
            mended: HashSet::new(),
            turns: HashMap::new(),
            count: 0,
            turn: TURN,
            rebuilding: HashSet::new(),
        }
    }

    /// The same, with a lease of another length.
    #[must_use]
    pub fn leading_for(mut self, ttl: Duration) -> Self {
        self.ttl = ttl;
        self
    }

    /// The same, remembering removals for another time.
    #[must_use]
    pub fn remembering(mut self, remember: Duration) -> Self {
        self.remember = remember;
        self
    }

    /// The same, with turns of another length.
    #[must_use]
    pub fn taking_turns_of(mut self, turn: Duration) -> Self {
        self.turn = turn;
        self
    }

    /// Goes on with the graphs that are behind, if the lease is ours.
    pub async fn turn(&mut self, platform: &Platform) -> Result<Turn> {
        let Some(reign) = self.lead(platform).await? else {
            show_lag(platform, &[]);
            return Ok(if self.reign.is_none() { Turn::Waiting } else { Turn::More });
        };
        let mut tx = platform.db.system(&platform.system).await?;
        let behind = projections::behind(&mut tx).await?;
        tx.commit().await?;
        show_lag(platform, &behind);
        self.begin(platform, &reign, &behind);
        if self.running.is_empty() {
            return Ok(Turn::Idle);
        }
        self.work(platform).await;
        Ok(Turn::More)
    }

    /// Begins nothing new, lets what is under way come to the end of its step, and gives the lease back.
    pub async fn finish(mut self, platform: &Platform) -> Result<()> {
        let Some(reign) = self.reign.take() else { return Ok(()) };
        reign.end();
        while self.running.next().await.is_some() {}
        reign.close(platform).await
    }

    /// The lease, if it is ours. Of one that was lost the work ends first.
    async fn lead(&mut self, platform: &Platform) -> Result<Option<Arc<Reign>>> {
        if let Some(reign) = &self.reign {
            if reign.keep(platform).await? {
                return Ok(Some(Arc::clone(reign)));
            }
            if !self.running.is_empty() {
                self.work(platform).await;
                return Ok(None);
            }
            reign.close(platform).await?;
            self.reign = None;
        }
        let Some(reign) = Reign::begin(platform, self.holder, self.ttl).await? else {
            return Ok(None);
        };
        let mut tx = platform.db.system(&platform.system).await?;
        self.unseen = projections::orgs(&mut tx).await?.into();
        tx.commit().await?;
        let reign = Arc::new(reign);
        self.reign = Some(Arc::clone(&reign));
        self.resting.clear();
        self.removals.clear();
        self.unforgotten = self.unseen.iter().copied().collect();
        Ok(Some(reign))
    }

    /// Takes up as many orgs as there is room for: those that wait longest first, and after them those that had a turn.
    fn begin(&mut self, platform: &Platform, reign: &Arc<Reign>, behind: &[Behind]) {
        let mut behind: Vec<&Behind> = behind.iter().collect();
        behind.sort_by_key(|it| self.turns.get(&it.org_id));
        for it in behind {
            self.take_up(platform, reign, it.org_id, it.rebuild_asked_at);
        }
        let now = Instant::now();
        let due = |rest: &Rest| rest.until <= now;
        let rested: Vec<_> = self.resting.iter().filter(|(_, rest)| due(rest)).collect();
        let rested: Vec<_> = rested.into_iter().map(|(org, rest)| (*org, rest.asked)).collect();
        for (org, asked) in rested {
            self.take_up(platform, reign, org, asked);
        }
        while self.running.len() < AT_ONCE
            && let Some(org) = self.unseen.pop_front()
        {
            self.take_up(platform, reign, org, None);
        }
        let forgettable = self.removals.iter().filter(|(_, removals)| removals.next.0 <= now);
        let forgettable: Vec<_> =
            forgettable.map(|(org, removals)| (*org, removals.next.1)).collect();
        for (org, mark) in forgettable {
            if self.has_room(org) {
                let later = self.removals.remove(&org).and_then(|removals| removals.later);
                if let Some(next) = later {
                    self.removals.insert(org, Removals { next, later: None });
                }
                let desk = self.desk(platform, reign, org);
                self.start(org, None, async move { desk.forget(mark).await });
            }
        }
    }

    fn take_up(
        &mut self,
        platform: &Platform,
        reign: &Arc<Reign>,
        org: OrgId,
        asked: Option<Timestamp>,
    ) {
        let rests = |rest: &Rest| rest.until > Instant::now() && asked <= rest.asked;
        let is_rebuild = asked.is_some();
        if is_rebuild && self.rebuilding.len() >= REBUILDS {
            return;
        }
        if self.has_room(org) && !self.resting.get(&org).is_some_and(rests) {
            if is_rebuild {
                self.rebuilding.insert(org);
            }
            let desk = self.desk(platform, reign, org);
            self.start(org, asked, async move { desk.follow().await });
        }
    }

    fn has_room(&self, org: OrgId) -> bool {
        self.running.len() < AT_ONCE && !self.busy.contains(&org)
    }

    fn desk(&self, platform: &Platform, reign: &Arc<Reign>, org: OrgId) -> Desk {
        let mended = self.mended.contains(&org);
        let (platform, reign) = (platform.clone(), Arc::clone(reign));
        Desk { platform, reign, org, mended, turn: self.turn }
    }

    fn start(
        &mut self,
        org: OrgId,
        asked: Option<Timestamp>,
        work: impl Future<Output = Result<Followed>> + Send + 'static,
    ) {
        self.busy.insert(org);
        self.unseen.retain(|unseen| *unseen != org);
        self.running.push(async move { Done { org, asked, outcome: work.await } }.boxed());
    }

    /// Waits a little for whoever is done.
    async fn work(&mut self, platform: &Platform) {
        let Ok(Some(done)) = timeout(SLICE, self.running.next()).await else { return };
        let Done { org, asked, outcome } = done;
        self.busy.remove(&org);
        self.rebuilding.remove(&org);
        self.turns.remove(&org);
        match outcome {
            Ok(followed) => {
                if self.resting.remove(&org).is_some() {
                    tracing::info!(org.id = %org, seq = followed.mark, "the graph follows again");
                }
                if self.unforgotten.remove(&org) || followed.removed {
                    let next = (Instant::now() + self.remember, followed.mark);
                    self.removals
                        .entry(org)
                        .and_modify(|removals| removals.later = Some(next))
                        .or_insert(Removals { next, later: None });
                }
                if followed.more {
                    self.count += 1;
                    self.turns.insert(org, self.count);
                }
                if followed.mended {
                    self.mended.insert(org);
                }
            }
            // Whoever leads now does it.
            Err(Error::Store(StoreError::LeaseLost(_))) => {}
            Err(error) => {
                self.unforgotten.insert(org);
                self.rest(platform, org, asked, &error).await;
            }
        }
    }

    /// Leaves an org alone for a while, and says why where somebody has to know.
    async fn rest(
        &mut self,
        platform: &Platform,
        org: OrgId,
        asked: Option<Timestamp>,
        error: &Error,
    ) {
        let before = self.resting.get(&org).map(|rest| rest.pause);
        let pause = before.map_or(FIRST_REST, |pause| (pause * 2).min(LONGEST_REST));
        self.resting.insert(org, Rest { until: Instant::now() + pause, pause, asked });
        metrics::counter!("agentcy_graph_projection_failures_total").increment(1);
        let Some(fault) = fault(error) else {
            // It passes by itself; once is enough to say so.
            if before.is_none() {
                tracing::warn!(org.id = %org, error = %Chain(error), "the graph cannot be written now");
            } else {
                tracing::debug!(org.id = %org, error = %Chain(error), "the graph can still not be written");
            }
            return;
        };
        match note(platform, org, &fault).await {
            Ok(true) => {
                tracing::error!(org.id = %org, error = %Chain(error), fault, "the graph does not follow");
            }
            Ok(false) => {}
            Err(error) => {
                tracing::warn!(org.id = %org, error = %Chain(&error), "a fault could not be noted");
            }
        }
    }
}

impl Desk {
    /// Forgets what was removed up to a batch that has been in the graph for long.
    async fn forget(&self, mark: i64) -> Result<Followed> {
        self.engine(|graph| graph.forget_removals(self.org, mark + 1)).await?;
        Ok(Followed { mark, ..Followed::default() })
    }
}

/// What somebody has to know of; `None` for what passes by itself.
fn fault(error: &Error) -> Option<String> {
    match error {
        Error::Graph(error) if error.is_retryable() => None,
        Error::Store(StoreError::Unavailable(_)) => None,
        Error::Graph(error @ GraphError::Foreign { org, .. }) => Some(format!(
            "{error}; put its own back, or replace it with `agentcy graph rebuild --org {org}`"
        )),
        error => Some(error.to_string()),
    }
}

async fn note(platform: &Platform, org: OrgId, fault: &str) -> Result<bool> {
    let mut tx = platform.db.system(&platform.system).await?;
    let new = projections::fail(&mut tx, org, fault).await?;
    tx.commit().await?;
    Ok(new)
}

/// How far all graphs together are behind, as whoever leads sees it.
fn show_lag(platform: &Platform, behind: &[Behind]) {
    let batches: i64 = behind.iter().map(|it| it.last - it.seq).sum();
    let oldest = behind.iter().filter_map(|it| it.since).min();
    let seconds = oldest.map_or(0.0, |oldest| (platform.clock.now() - oldest).as_seconds_f64());
    #[expect(clippy::cast_precision_loss, reason = "a metric")]
    metrics::gauge!("agentcy_graph_lag_batches").set(batches as f64);
    metrics::gauge!("agentcy_graph_lag_seconds").set(seconds.max(0.0));
}
