//! How long a daemon waits for a server that is away.

use std::{sync::Arc, time::Duration};

use agentcy_core::Entropy;
use agentcy_platform::lifecycle::Lifecycle;

const FIRST: Duration = Duration::from_millis(250);
const LONGEST: Duration = Duration::from_secs(5);

/// Pauses that grow. Many daemons that lost the same server do not come back at the same moment.
pub(super) struct Patience {
    entropy: Arc<dyn Entropy>,
    next: Duration,
}

impl Patience {
    pub(super) fn new(entropy: &Arc<dyn Entropy>) -> Self {
        Self { entropy: Arc::clone(entropy), next: FIRST }
    }

    /// It went well: the next pause is short again.
    pub(super) const fn rest(&mut self) {
        self.next = FIRST;
    }

    /// Waits, unless the process stops.
    pub(super) async fn pause(&mut self, lifecycle: &Lifecycle) {
        tokio::select! {
            () = tokio::time::sleep(self.longer()) => {}
            () = lifecycle.stopping() => {}
        }
    }

    /// Between half and all of a span that doubles.
    fn longer(&mut self) -> Duration {
        let span = self.next;
        self.next = (span * 2).min(LONGEST);
        let mut random = [0; 4];
        self.entropy.fill(&mut random);
        let share = f64::from(u32::from_le_bytes(random)) / f64::from(u32::MAX);
        span.mul_f64(0.5 + share / 2.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Always(u8);

    impl Entropy for Always {
        fn fill(&self, buffer: &mut [u8]) {
            buffer.fill(self.0);
        }
    }

    #[test]
    fn pauses_double_up_to_a_bound_and_are_short_again_after_a_rest() {
        let always = |byte| -> Arc<dyn Entropy> { Arc::new(Always(byte)) };
        let mut long = Patience::new(&always(255));
        let pauses: Vec<_> = (0..6).map(|_| long.longer().as_millis()).collect();
        assert_eq!(pauses, [250, 500, 1000, 2000, 4000, 5000]);
        long.rest();
        assert_eq!(long.longer(), FIRST);
        assert_eq!(Patience::new(&always(0)).longer(), FIRST / 2);
    }
}
