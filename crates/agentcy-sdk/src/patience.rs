//! How long something that goes on is tried again.

use std::time::Duration;

use crate::{
    Error,
    repeats::{ATTEMPTS, LONGEST_PAUSE, MAX_PAUSE, PAUSE},
};

/// How often a stream that was there is taken up again without anything new, before it is given up: half a minute.
const RESUMES: u32 = 9;

/// How long it goes on trying.
pub(crate) struct Patience {
    left: u32,
    pause: Duration,
}

impl Patience {
    /// A server that refuses to begin needs a moment.
    pub(crate) const fn to_begin() -> Self {
        Self { left: ATTEMPTS, pause: PAUSE }
    }

    /// What was just there is most likely there at once.
    pub(crate) const fn to_go_on() -> Self {
        Self { left: RESUMES, pause: Duration::ZERO }
    }

    /// Waits before another attempt, or gives up.
    pub(crate) async fn pause(&mut self, error: Error) -> Result<(), Error> {
        let wait = match &error {
            Error::Refused { status: 429 | 503, retry_after, .. } => {
                retry_after.unwrap_or(self.pause)
            }
            Error::Refused { code, .. } if code == "idempotency_in_progress" => self.pause,
            Error::Unreachable { .. }
            | Error::Timeout { .. }
            | Error::Unreadable { status: 500.., .. } => self.pause,
            _ => return Err(error),
        };
        self.left = self.left.saturating_sub(1);
        if self.left == 0 || wait > LONGEST_PAUSE {
            return Err(error);
        }
        tokio::time::sleep(wait).await;
        self.pause = (self.pause * 2).clamp(PAUSE, MAX_PAUSE);
        Ok(())
    }
}
