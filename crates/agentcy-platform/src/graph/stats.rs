//! How much there is of what, and how far the engine follows.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use agentcy_core::{Action, Caller, Realms, id::OrgId};
use agentcy_store::{self as store, ledger::stats as counts};
use tokio::{sync::Mutex as Turn, time::Instant};

use crate::{
    Platform, Result,
    projection::{self, Status},
};

pub use agentcy_store::ledger::stats::Count;

/// What takes no longer is counted each time.
const QUICK: Duration = Duration::from_millis(250);
/// How long counts are good, as a multiple of what they took: one in eleven moments is spent on them at most.
const TIMES: u32 = 10;
/// The longest that counts are good.
const LONGEST: Duration = Duration::from_mins(1);
/// How many callers' counts are kept before those that are not good any more are let go.
const KEPT: usize = 1024;

/// Counts of what the caller sees.
#[derive(Debug, Clone)]
pub struct Stats {
    /// The counts.
    pub counts: counts::Stats,
    /// How far graph queries follow.
    pub projection: Status,
}

/// Counts everything that the caller sees; what takes long is some seconds old.
pub async fn stats(platform: &Platform, caller: &Caller) -> Result<Stats> {
    let by = platform.permit(caller, Action::GraphRead).await?;
    let counting = async {
        let mut reader = platform.db.read(&by).await?;
        Ok(counts::stats(&mut reader, by.realms()).await?)
    };
    let realms = by.realms();
    let key = (by.org_id(), matches!(realms, Realms::Only(_)).then(|| realms.to_slugs()));
    let counts = platform.counts.get(key, counting).await?;
    let projection = projection::status(platform, &mut platform.db.read(&by).await?).await?;
    Ok(Stats { counts, projection })
}

type Key = (OrgId, Option<Vec<String>>);
type Slot = Arc<Turn<Option<Counted>>>;

/// The last counts of each org and set of realms.
#[derive(Default)]
pub(crate) struct Counts(Mutex<HashMap<Key, Slot>>);

struct Counted {
    begun: Instant,
    ended: Instant,
    good_until: Instant,
    /// None where they could not be counted.
    counts: Option<counts::Stats>,
}

impl Counts {
    /// Counts, one caller at a time: whoever asked before it began is given the same, and is not given what is older.
    async fn get(
        &self,
        key: Key,
        counting: impl Future<Output = Result<counts::Stats>>,
    ) -> Result<counts::Stats> {
        let asked = Instant::now();
        let slot = self.slot(key, asked);
        let mut last = slot.lock().await;
        let answers = |last: &Counted| {
            let failed = last.counts.is_none() && last.ended > asked;
            failed || last.begun >= asked || last.good_until > Instant::now()
        };
        if let Some(last) = last.as_ref().filter(|last| answers(last)) {
            let failed = || store::Error::Unavailable("it could not be counted just now".into());
            return Ok(last.counts.clone().ok_or_else(failed)?);
        }
        let begun = Instant::now();
        let counted = counting.await;
        let ended = Instant::now();
        let took = ended - begun;
        let is_kept = counted.is_ok() && took > QUICK;
        let good = if is_kept { LONGEST.min(took * TIMES) } else { Duration::ZERO };
        let counts = counted.as_ref().ok().cloned();
        *last = Some(Counted { begun, ended, good_until: ended + good, counts });
        counted
    }

    fn slot(&self, key: Key, now: Instant) -> Slot {
        let mut slots = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if slots.len() >= KEPT && !slots.contains_key(&key) {
            let is_good =
                |last: &Option<Counted>| last.as_ref().is_some_and(|it| it.good_until > now);
            slots.retain(|_, slot| slot.try_lock().map_or(true, |last| is_good(&last)));
        }
        Arc::clone(slots.entry(key).or_default())
    }
}

#[cfg(test)]
mod tests {
    use futures_util::future::join_all;
    use tokio::time::sleep;
    use uuid::Uuid;

    use super::*;

    fn key(n: u128) -> Key {
        (Uuid::from_u128(n).into(), None)
    }

    /// Counts for as long, as the time of the test goes.
    async fn count(counts: &Counts, key: Key, took: Duration, says: i64) -> Result<i64> {
        let counting = async {
            sleep(took).await;
            Ok(counts::Stats { waiting: says, ..counts::Stats::default() })
        };
        counts.get(key, counting).await.map(|stats| stats.waiting)
    }

    #[tokio::test(start_paused = true)]
    async fn many_who_ask_at_once_are_counted_for_once_and_what_took_long_is_good_for_longer() {
        let counts = Counts::default();
        let second = Duration::from_secs(1);
        let asked = (1..=20).map(|says| count(&counts, key(1), second, says));
        let told: Vec<_> = join_all(asked).await.into_iter().map(Result::unwrap).collect();
        assert_eq!(told, [1; 20]);
        sleep(second * 9).await;
        assert_eq!(count(&counts, key(1), second, 2).await.unwrap(), 1);
        assert_eq!(count(&counts, key(2), Duration::ZERO, 3).await.unwrap(), 3);
        sleep(Duration::from_millis(1)).await;
        assert_eq!(count(&counts, key(2), Duration::ZERO, 4).await.unwrap(), 4);
        sleep(second * 2).await;
        assert_eq!(count(&counts, key(1), second, 5).await.unwrap(), 5);
    }

    #[tokio::test(start_paused = true)]
    async fn who_waited_for_a_count_that_failed_does_not_begin_another() {
        let counts = Counts::default();
        let fails = async {
            sleep(Duration::from_secs(10)).await;
            Err(store::Error::Unavailable("late".into()).into())
        };
        let (failed, waited) =
            tokio::join!(counts.get(key(1), fails), count(&counts, key(1), Duration::ZERO, 1));
        assert!(failed.is_err() && waited.is_err());
        sleep(Duration::from_millis(1)).await;
        assert_eq!(count(&counts, key(1), Duration::ZERO, 2).await.unwrap(), 2);
    }
}
