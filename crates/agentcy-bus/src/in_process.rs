//! The engine in this process: mutexed maps and the listeners of this process.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use agentcy_core::Clock;
use bytes::Bytes;

use crate::{
    Error, Policy, Result, Verdict,
    expiring::Expiring,
    limit::{SLOTS, Window},
    topics::Topics,
};

/// How many bytes the values may take, and how many the windows.
const ROOM: usize = 256 << 20;

pub(crate) struct InProcess {
    clock: Arc<dyn Clock>,
    values: Mutex<Expiring<Bytes>>,
    windows: Mutex<Expiring<Window>>,
    room: usize,
    pub(crate) topics: Arc<Topics>,
}

impl InProcess {
    pub(crate) fn new(clock: Arc<dyn Clock>, topics: Arc<Topics>) -> Self {
        Self { clock, values: Mutex::default(), windows: Mutex::default(), room: ROOM, topics }
    }

    pub(crate) fn put(&self, key: &str, value: &Bytes, millis: u64) -> Result<()> {
        let (mut values, now) = self.values();
        self.keep(&mut values, key, value, ends(now, millis))
    }

    pub(crate) fn put_if_absent(&self, key: &str, value: &Bytes, millis: u64) -> Result<bool> {
        let (mut values, now) = self.values();
        if values.get(key, now).is_some() {
            return Ok(false);
        }
        self.keep(&mut values, key, value, ends(now, millis)).map(|()| true)
    }

    pub(crate) fn get(&self, key: &str) -> Option<Bytes> {
        let (mut values, now) = self.values();
        values.get(key, now).cloned()
    }

    pub(crate) fn take(&self, key: &str) -> Option<Bytes> {
        let (mut values, now) = self.values();
        values.remove(key, now)
    }

    pub(crate) fn delete_if(&self, key: &str, value: &Bytes) -> bool {
        let (mut values, now) = self.values();
        let same = values.get(key, now).is_some_and(|kept| kept == value);
        same && values.remove(key, now).is_some()
    }

    pub(crate) fn prolong_if(&self, key: &str, value: &Bytes, millis: u64) -> bool {
        let (mut values, now) = self.values();
        let same = values.get(key, now).is_some_and(|kept| kept == value);
        if same {
            values.prolong(key, ends(now, millis));
        }
        same
    }

    pub(crate) fn limit(&self, key: &str, policy: &Policy) -> Result<Verdict> {
        let length = policy.micros()?;
        let mut windows = locked(&self.windows);
        let now = self.now();
        windows.collect(now);
        let known = windows.get(key, now);
        if let Some(window) = known {
            let verdict = window.judge(policy, length, now);
            if verdict.allowed {
                windows.prolong(key, now.saturating_add(micros(&verdict)));
            }
            return Ok(verdict);
        }
        let mut window = Window::default();
        let verdict = window.judge(policy, length, now);
        // Full of windows, it forgets the one that would end first: the service goes on, the memory does not grow.
        while windows.weight() > self.room {
            windows.evict();
        }
        let slots = u64::from(policy.limit.get()).min(SLOTS);
        let weight = usize::try_from(slots).unwrap_or_default() * size_of::<(u64, u32)>();
        windows.set(key, window, weight, now.saturating_add(micros(&verdict)));
        Ok(verdict)
    }

    fn keep(&self, kept: &mut Expiring<Bytes>, key: &str, value: &Bytes, ends: u64) -> Result<()> {
        if kept.weight() > self.room {
            return Err(Error::Full);
        }
        // A copy, since a slice would hold all of the buffer that it was cut from.
        kept.set(key, Bytes::copy_from_slice(value), value.len(), ends);
        Ok(())
    }

    fn values(&self) -> (MutexGuard<'_, Expiring<Bytes>>, u64) {
        let mut values = locked(&self.values);
        let now = self.now();
        values.collect(now);
        (values, now)
    }

    fn now(&self) -> u64 {
        u64::try_from(self.clock.now().timestamp_micros()).unwrap_or_default()
    }
}

fn micros(verdict: &Verdict) -> u64 {
    u64::try_from(verdict.reset_after.as_micros()).unwrap_or(u64::MAX)
}

fn ends(now: u64, millis: u64) -> u64 {
    now.saturating_add(millis.saturating_mul(1_000))
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::{num::NonZeroU32, time::Duration};

    use agentcy_core::clock::SystemClock;
    use tokio_util::sync::CancellationToken;

    use super::*;

    fn small() -> InProcess {
        let topics = Topics::new(CancellationToken::new());
        InProcess { room: 10_000, ..InProcess::new(Arc::new(SystemClock), topics) }
    }

    #[test]
    fn when_values_fill_their_room_new_ones_are_refused_and_old_ones_stay() {
        let (engine, value) = (small(), Bytes::from(vec![1; 1_000]));
        let kept = (0..100).take_while(|n| engine.put(&n.to_string(), &value, 60_000).is_ok());
        assert!((8..=10).contains(&kept.count()));
        assert_eq!(engine.take("0"), Some(value.clone()));
        assert!(engine.put("new", &value, 60_000).is_ok());
    }

    #[test]
    fn when_windows_fill_their_room_the_service_goes_on() {
        let engine = small();
        let limit = NonZeroU32::new(100).unwrap();
        let policy = Policy { name: "p", limit, window: Duration::from_mins(1) };
        for caller in 0..1_000 {
            assert!(engine.limit(&caller.to_string(), &policy).unwrap().allowed);
            assert!(locked(&engine.windows).weight() < 12_000);
        }
        assert_eq!(engine.limit("999", &policy).unwrap().remaining, 98);
    }
}
