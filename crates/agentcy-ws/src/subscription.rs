//! What a socket follows of the feeds.

use std::sync::Arc;

use agentcy_core::{Caller, Realm};
use agentcy_platform::{Result, live::Channel, realms};
use metrics::Gauge;

use crate::{feed::Feed, seat::Seat, state::Shared};

/// A place among the followers of a feed, which is left when this is dropped.
pub(crate) struct Subscription {
    pub(crate) topic: String,
    pub(crate) feed: Arc<Feed>,
    pub(crate) realm: Option<Realm>,
    pub(crate) name: u64,
    /// Whether it has not caught up yet since it came back.
    pub(crate) is_returning: bool,
    _counted: Counted,
}

impl Drop for Subscription {
    fn drop(&mut self) {
        self.feed.leave(self.name);
    }
}

/// One of the subscriptions that the metric shows.
pub(crate) struct Counted(Gauge);

impl Counted {
    pub(crate) fn new(shared: &Shared) -> Self {
        let gauge = shared.meters.subscriptions.clone();
        gauge.increment(1);
        Self(gauge)
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.decrement(1);
    }
}

/// A subscription that was made.
pub(crate) struct Made {
    pub(crate) subscription: Subscription,
    /// What it is told comes after this number.
    pub(crate) at: i64,
    /// Whether that is not what was asked for: no event has had that number.
    pub(crate) is_reset: bool,
}

/// Follows a channel, or a realm of it. `None` when there is no such realm for the caller.
pub(crate) async fn follow(
    shared: &Arc<Shared>,
    seat: &Arc<Seat>,
    caller: &Caller,
    topic: String,
    (channel, realm): (Channel, Option<Realm>),
    after: Option<i64>,
) -> Result<Option<Made>> {
    if let Some(realm) = &realm
        && !is_seen(shared, caller, realm).await?
    {
        return Ok(None);
    }
    let feed = shared.feeds.enter(shared, caller, channel).await?;
    if after.is_some_and(|after| after > feed.last()) {
        // Another process may have been ahead of this one.
        feed.read_on(shared).await?;
    }
    let known = after.filter(|after| (0..=feed.last()).contains(after));
    let (name, at) = feed.join(seat, realm.clone(), known);
    let is_returning = known.is_some();
    let counted = Counted::new(shared);
    let subscription = Subscription { topic, feed, realm, name, is_returning, _counted: counted };
    seat.stirred.notify_one();
    Ok(Some(Made { subscription, at, is_reset: after != known }))
}

async fn is_seen(shared: &Shared, caller: &Caller, realm: &Realm) -> Result<bool> {
    let seen = realms::available(&shared.platform, caller).await?;
    Ok(seen.iter().any(|info| info.realm == *realm))
}
