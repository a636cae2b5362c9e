//! What ends a run that would go on.

use agentcy_core::{agent::Limits, chat::FinishReason};

use super::{room::Room, session::Session, stop::Stop};

impl Session {
    fn limits(&self) -> Limits {
        self.run.limits.or_default()
    }

    /// Whether the run may take one more step.
    pub(super) fn may_step(&self) -> Result<(), Stop> {
        let limits = self.limits();
        let usage = &self.run.usage;
        let reached = if self.turns >= limits.steps {
            FinishReason::MaxIterations
        } else if usage.in_tokens + usage.out_tokens >= limits.tokens {
            FinishReason::MaxTokens
        } else if usage.cost_usd >= limits.cost_usd {
            FinishReason::MaxCost
        } else if self.clock.active() >= limits.time {
            FinishReason::MaxTime
        } else {
            return Ok(());
        };
        Err(Stop::finished(reached))
    }

    /// When its time is over.
    pub(super) fn deadline(&self) -> tokio::time::Instant {
        self.clock.began + self.limits().time.saturating_sub(self.clock.before)
    }

    /// How much the model may be told and may write next.
    pub(super) fn room(&self) -> Room {
        let window = self.runs.asker.window(&self.provider.settings);
        Room::of(window, &self.limits(), &self.run.usage)
    }
}
