//! Looks, for all sockets at once, whether those who watch still may, and whether a feed was not told that its channel
//! went on.

use std::{sync::Arc, time::Duration};

use agentcy_platform::{auth::Stands, live};
use tokio::time::{Instant, sleep_until, timeout};

use crate::{registry::Whom, seat::Close, state::Shared};

/// How soon those who just came are looked at: what let them in may be a look that was made before.
const SOON: Duration = Duration::from_millis(100);
/// How long a look may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// Looks until the process stops, and then closes every socket.
pub(crate) async fn run(shared: Arc<Shared>) {
    let stopping = shared.lifecycle.soft_token().clone();
    stopping.run_until_cancelled(keep(&shared)).await;
    shared.registry.close(Close::GoingAway);
}

async fn keep(shared: &Shared) {
    let mut due = Instant::now();
    loop {
        if shared.registry.is_empty() && shared.feeds.is_empty() {
            shared.registry.arrived.notified().await;
            due = Instant::now() + SOON;
        }
        let whom = tokio::select! {
            () = sleep_until(due) => Whom::All,
            () = shared.registry.arrived.notified() => {
                sleep_until(due.min(Instant::now() + SOON)).await;
                if Instant::now() < due { Whom::Fresh } else { Whom::All }
            }
        };
        if whom == Whom::All {
            due = Instant::now() + shared.limits.look;
        }
        look(shared, whom).await;
    }
}

async fn look(shared: &Shared, whom: Whom) {
    let anchors = shared.registry.anchors(whom);
    let feeds = if whom == Whom::All { shared.feeds.all() } else { Vec::new() };
    let channels: Vec<_> = feeds.iter().map(|feed| (feed.org(), feed.channel())).collect();
    let looking = live::look(&shared.platform, &anchors, &channels);
    let look = match timeout(PATIENCE, looking).await {
        Ok(Ok(look)) => look,
        // A store that is away takes no rights away.
        Ok(Err(error)) => {
            return tracing::debug!(error = %error, "nobody who watches could be looked at");
        }
        Err(_) => return tracing::debug!("looking at those who watch takes too long"),
    };
    let now = shared.platform.now();
    for anchor in &anchors {
        let present = look.present.get(anchor);
        for seat in shared.registry.seats(anchor) {
            let before = seat.caller();
            match present.map_or(Stands::NoMore, |present| present.judge(&before, now)) {
                Stands::AsBefore => {}
                Stands::Changed(caller) => seat.turn_into(*caller),
                Stands::NoMore => seat.end(Close::Revoked),
            }
        }
    }
    for (feed, last) in feeds.iter().zip(look.lasts) {
        feed.reach(last);
    }
}
