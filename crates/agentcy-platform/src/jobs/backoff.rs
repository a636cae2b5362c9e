//! How long a job waits for its next attempt.

use std::time::Duration;

use agentcy_core::Entropy;

/// The longest that the second attempt waits; it doubles with each that follows.
pub const FIRST_DELAY: Duration = Duration::from_secs(15);
/// The longest that any attempt waits.
pub const LONGEST_DELAY: Duration = Duration::from_mins(10);

/// The longest wait after this many attempts.
pub fn longest_delay(attempts: i32) -> Duration {
    let doublings = u32::try_from(attempts.saturating_sub(1)).unwrap_or(0).min(16);
    FIRST_DELAY.saturating_mul(1 << doublings).min(LONGEST_DELAY)
}

/// Any time up to the longest ("full jitter"), so that what failed together does not come back together.
pub(super) fn delay(attempts: i32, entropy: &dyn Entropy) -> Duration {
    let mut random = [0; 4];
    entropy.fill(&mut random);
    let share = f64::from(u32::from_le_bytes(random)) / f64::from(u32::MAX);
    longest_delay(attempts).mul_f64(share)
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
    fn the_wait_doubles_up_to_its_bound() {
        let waits = [1, 2, 3, 4, 5].map(|attempts| longest_delay(attempts).as_secs());
        assert_eq!(waits, [15, 30, 60, 120, 240]);
        assert_eq!(longest_delay(i32::MAX), LONGEST_DELAY);
        assert_eq!(longest_delay(0), FIRST_DELAY);
    }

    #[test]
    fn the_wait_lies_anywhere_below_its_bound() {
        assert_eq!(delay(3, &Always(0)), Duration::ZERO);
        assert_eq!(delay(3, &Always(255)), longest_delay(3));
        let middle = delay(3, &Always(128));
        assert!(middle > longest_delay(3) / 3 && middle < longest_delay(3));
    }
}
