//! What ends a run that would go on.

use agentcy_core::{
    agent::Limits,
    chat::{FinishReason, Usage},
};

use super::{session::Session, stop::Stop};

/// The most tokens of one turn.
const MOST_WRITTEN: u32 = 16_384;

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

    /// How much the model may write next.
    pub(super) fn may_write(&self) -> u32 {
        may_write(&self.limits(), &self.run.usage)
    }
}

/// How much a model may write that has used this much.
pub(super) fn may_write(limits: &Limits, used: &Usage) -> u32 {
    let left = limits.tokens - used.in_tokens - used.out_tokens;
    u32::try_from(left.max(0)).unwrap_or(u32::MAX).clamp(1, MOST_WRITTEN)
}
