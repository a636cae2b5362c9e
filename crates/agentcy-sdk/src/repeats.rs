//! What is sent again, and how soon.

use std::time::Duration;

use reqwest::Method;

use crate::{Error, call::Answer};

/// How often a call is sent at most.
pub(crate) const ATTEMPTS: u32 = 3;
/// The same for who waits for something that goes on at the server: half a minute.
const PATIENT_ATTEMPTS: u32 = 9;
/// The pause where the server names none; doubled from attempt to attempt.
pub(crate) const PAUSE: Duration = Duration::from_millis(500);
/// The longest of these pauses.
pub(crate) const MAX_PAUSE: Duration = Duration::from_secs(5);
/// Who shall wait longer than this is told so instead.
pub(crate) const LONGEST_PAUSE: Duration = Duration::from_secs(20);

/// When one call is sent again.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Repeats {
    /// How often it is sent yet.
    left: u32,
    pause: Duration,
    is_patient: bool,
    /// Having its effect twice is no harm.
    is_harmless: bool,
    /// The answer is not to be lost: of what was removed, the second would say that it never was.
    is_removal: bool,
}

impl Repeats {
    pub(crate) fn of(method: &Method, is_patient: bool) -> Self {
        Self {
            left: if is_patient { PATIENT_ATTEMPTS } else { ATTEMPTS },
            pause: PAUSE,
            is_patient,
            is_harmless: method.is_idempotent(),
            is_removal: method == Method::DELETE,
        }
    }

    /// Says that having its effect twice is no harm.
    pub(crate) const fn harmless(self) -> Self {
        Self { is_harmless: true, ..self }
    }

    /// Sends it once only, whatever comes back.
    pub(crate) const fn never(self) -> Self {
        Self { left: 1, ..self }
    }

    /// How long to wait before it is sent again; none where what came is the answer.
    pub(crate) fn pause(&mut self, came: &Result<Answer, Error>) -> Option<Duration> {
        self.left = self.left.saturating_sub(1);
        let wait = came.as_ref().ok().and_then(Answer::retry_after).unwrap_or(self.pause);
        if self.left == 0 || !self.is_harmless || !self.is_passing(came) || wait > LONGEST_PAUSE {
            return None;
        }
        self.pause = (self.pause * 2).min(MAX_PAUSE);
        Some(wait)
    }

    /// Whether the same call may get through in a moment, and be answered as this one would have been.
    fn is_passing(&self, came: &Result<Answer, Error>) -> bool {
        match came {
            Ok(answer) if answer.is_of_proxy() => !self.is_removal,
            Ok(answer) => answer.is_passing(),
            Err(Error::Unreachable { .. }) => !self.is_removal,
            Err(Error::Timeout { .. }) => self.is_patient && !self.is_removal,
            Err(_) => false,
        }
    }
}
