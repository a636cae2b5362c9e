//! The feeds of a process: one a channel and org that somebody follows, and for a while afterwards.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use agentcy_core::{Caller, id::OrgId};
use agentcy_platform::{
    Result,
    live::{self, Channel},
};
use futures_util::{FutureExt, StreamExt};
use tokio::time::{Instant, interval_at};

use crate::{feed::Feed, state::Shared};

/// How often a feed that nobody follows is looked for: whoever lost the connection comes back to what it holds.
const LINGER: Duration = Duration::from_mins(1);

/// The feeds of a process.
#[derive(Default)]
pub(crate) struct Feeds {
    open: Mutex<HashMap<(OrgId, Channel), Arc<Feed>>>,
}

impl Feeds {
    /// Whether there is none.
    pub(crate) fn is_empty(&self) -> bool {
        self.open().is_empty()
    }

    /// Every feed.
    pub(crate) fn all(&self) -> Vec<Arc<Feed>> {
        self.open().values().cloned().collect()
    }

    /// The feed of a channel in the caller's org. Errors: `insufficient_role`.
    pub(crate) async fn enter(
        &self,
        shared: &Arc<Shared>,
        caller: &Caller,
        channel: Channel,
    ) -> Result<Arc<Feed>> {
        let by = live::open(&shared.platform, caller, channel).await?;
        let place = (by.org_id(), channel);
        if let Some(feed) = self.open().get(&place) {
            return Ok(Arc::clone(feed));
        }
        let last = live::last(&shared.platform, &by, channel).await?;
        let mut open = self.open();
        // Somebody else may have been quicker.
        if let Some(feed) = open.get(&place) {
            return Ok(Arc::clone(feed));
        }
        let feed = Arc::new(Feed::new(channel, by, last));
        open.insert(place, Arc::clone(&feed));
        shared.lifecycle.spawn(run(Arc::clone(&feed), Arc::clone(shared)));
        Ok(feed)
    }

    /// Forgets a feed that nobody follows, or is about to; true when it did.
    fn forget(&self, feed: &Arc<Feed>) -> bool {
        let mut open = self.open();
        // One reference is here, one is the caller's.
        let is_unused = feed.is_idle() && Arc::strong_count(feed) == 2;
        if is_unused {
            open.remove(&(feed.org(), feed.channel()));
        }
        is_unused
    }

    fn open(&self) -> MutexGuard<'_, HashMap<(OrgId, Channel), Arc<Feed>>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Keeps a feed up with its channel.
async fn run(feed: Arc<Feed>, shared: Arc<Shared>) {
    let stopping = shared.lifecycle.soft_token().clone();
    stopping.run_until_cancelled(follow(&feed, &shared)).await;
}

async fn follow(feed: &Arc<Feed>, shared: &Arc<Shared>) {
    let mut rings = live::rings(&shared.platform, feed.org(), feed.channel());
    let mut tidy = interval_at(Instant::now() + LINGER, LINGER);
    loop {
        tokio::select! {
            rung = rings.next() => {
                if rung.is_none() {
                    return;
                }
                // One look answers all of them.
                while let Some(Some(())) = rings.next().now_or_never() {}
            }
            () = feed.behind.notified() => {}
            _ = tidy.tick() => {
                if shared.feeds.forget(feed) {
                    return;
                }
                continue;
            }
        }
        if let Err(error) = feed.read_on(shared).await {
            // The keeper sees that it is behind, and rings again.
            tracing::debug!(channel = feed.channel().topic(), error = %error, "a feed waits for the store");
        }
    }
}
