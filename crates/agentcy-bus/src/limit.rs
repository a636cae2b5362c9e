//! Rate limits: a sliding window that never lets more than the limit through in any stretch of its length.
//!
//! What was let through is counted in slots. Up to [`SLOTS`] calls each has a slot of its own and the window is exact; beyond,
//! a slot is a sixtieth of the window and counts until its end has left it, which errs to the strict side by that much.
//! `redis/limit.lua` is the same in Lua.

use std::{collections::VecDeque, num::NonZeroU32, time::Duration};

use crate::{Result, key::millis};

pub(crate) const SLOTS: u64 = 60;

/// How much is let through, and under which name it is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Policy {
    /// The name, as `RateLimit-Policy` shows it; each counts for itself.
    pub name: &'static str,
    /// How many in any window.
    pub limit: NonZeroU32,
    /// The length of the window.
    pub window: Duration,
}

/// What a limit says of one call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verdict {
    /// Whether the call may go on; only then it counts.
    pub allowed: bool,
    /// The limit of the policy.
    pub limit: u32,
    /// How many more may go on at once.
    pub remaining: u32,
    /// When all of the limit is there again, if nothing else comes.
    pub reset_after: Duration,
    /// When the next call may go on; zero if this one may.
    pub retry_after: Duration,
}

impl Policy {
    /// The window in microseconds; refused when it is nothing or beyond a year.
    pub(crate) fn micros(&self) -> Result<u64> {
        Ok(millis(self.window)?.saturating_mul(1_000))
    }

    pub(crate) fn verdict(&self, allowed: bool, used: u64, reset: u64, retry: u64) -> Verdict {
        let limit = self.limit.get();
        Verdict {
            allowed,
            limit,
            remaining: limit.saturating_sub(u32::try_from(used).unwrap_or(u32::MAX)),
            reset_after: Duration::from_micros(reset),
            retry_after: Duration::from_micros(retry),
        }
    }
}

/// What one key used, oldest first: the end of a slot in microseconds, and how many it holds.
#[derive(Debug, Default)]
pub(crate) struct Window(VecDeque<(u64, u32)>);

impl Window {
    /// Judges a call at `now`, and counts it when it is allowed.
    pub(crate) fn judge(&mut self, policy: &Policy, window: u64, now: u64) -> Verdict {
        let limit = u64::from(policy.limit.get());
        let step = if limit <= SLOTS { 1 } else { (window / SLOTS).max(1) };
        let slot = (now / step + 1) * step - 1;
        while self.0.front().is_some_and(|(end, _)| end + window <= now) {
            self.0.pop_front();
        }
        let mut used = 0;
        for (end, count) in &mut self.0 {
            // A clock that was set back must not lock anybody out for longer than a window.
            *end = slot.min(*end);
            used += u64::from(*count);
        }
        let allowed = used < limit;
        if allowed {
            used += 1;
            match self.0.back_mut() {
                Some((end, count)) if *end == slot => *count += 1,
                _ => self.0.push_back((slot, 1)),
            }
        }
        let until = |end: Option<&(u64, u32)>| end.map_or(0, |(end, _)| end + window - now);
        let retry = if allowed { 0 } else { until(self.0.front()) };
        policy.verdict(allowed, used, until(self.0.back()), retry)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SECOND: u64 = 1_000_000;

    fn policy(limit: u32, window: Duration) -> Policy {
        Policy { name: "test", limit: limit.try_into().unwrap(), window }
    }

    proptest! {
        #[test]
        fn no_window_ever_holds_more_than_the_limit(
            limit in 1..200_u32,
            window in 1..5_000_u64,
            steps in prop::collection::vec(0..2_000_000_u64, 1..400),
        ) {
            let policy = policy(limit, Duration::from_millis(window));
            let window = policy.micros().unwrap();
            let (mut state, mut now, mut passed) = (Window::default(), SECOND, Vec::new());
            for step in steps {
                // Mostly bursts, now and then a pause.
                now += if step % 8 == 0 { step } else { step % 50 };
                if state.judge(&policy, window, now).allowed {
                    passed.push(now);
                }
                prop_assert!(state.0.len() as u64 <= SLOTS + 2);
            }
            for (index, start) in passed.iter().enumerate() {
                let inside = passed[index..].iter().take_while(|at| **at < start + window).count();
                prop_assert!(inside <= limit as usize, "{inside} in one window");
            }
        }

        #[test]
        fn whoever_waits_as_told_gets_through(
            limit in 1..200_u32,
            steps in prop::collection::vec(0..100_000_u64, 1..400),
        ) {
            let policy = policy(limit, Duration::from_secs(3));
            let (mut state, mut now) = (Window::default(), SECOND);
            for step in steps {
                now += step;
                let verdict = state.judge(&policy, 3 * SECOND, now);
                prop_assert_eq!(verdict.allowed, verdict.retry_after.is_zero());
                if !verdict.allowed {
                    prop_assert_eq!(verdict.remaining, 0);
                    now += u64::try_from(verdict.retry_after.as_micros()).unwrap();
                    prop_assert!(state.judge(&policy, 3 * SECOND, now).allowed);
                }
            }
        }
    }

    #[test]
    fn a_clock_that_is_set_back_locks_nobody_out_for_longer_than_a_window() {
        let policy = policy(1, Duration::from_secs(1));
        let mut state = Window::default();
        assert!(state.judge(&policy, SECOND, 1_000 * SECOND).allowed);
        let verdict = state.judge(&policy, SECOND, 10 * SECOND);
        assert_eq!((verdict.allowed, verdict.retry_after), (false, Duration::from_secs(1)));
        assert!(state.judge(&policy, SECOND, 11 * SECOND).allowed);
    }

    #[test]
    fn all_of_the_limit_is_there_again_after_the_reset() {
        let policy = policy(100, Duration::from_mins(1));
        let mut state = Window::default();
        let last = (0..100).map(|_| state.judge(&policy, 60 * SECOND, SECOND)).last().unwrap();
        assert_eq!(last.remaining, 0);
        let reset = u64::try_from(last.reset_after.as_micros()).unwrap();
        assert_eq!(state.judge(&policy, 60 * SECOND, SECOND + reset).remaining, 99);
    }
}
