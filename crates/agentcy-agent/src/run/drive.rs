//! The steps of a run, one after another, until it does not go on here.

use std::{convert::Infallible, panic::AssertUnwindSafe};

use agentcy_core::chat::{FinishReason, RunErrorCode};
use agentcy_platform::wake::Bell;
use agentcy_store::system::runs as store;
use futures_util::FutureExt;

use super::{session::Session, stop::Stop, turn::Asked};

/// Goes on with a run as long as it may. `asked` is a model that was asked already.
pub(super) async fn drive(mut session: Session, asked: Option<Asked>) {
    let stop = AssertUnwindSafe(session.steps(asked)).catch_unwind().await;
    let stop = stop.unwrap_or_else(|_| Stop::internal());
    close(session, stop).await;
}

/// Writes why it does not go on.
pub(super) async fn close(mut session: Session, stop: Stop) {
    let written = AssertUnwindSafe(session.close(stop)).catch_unwind().await;
    if !matches!(written, Ok(Ok(()))) {
        // Its lease runs out, and whoever takes it over tries once more.
        tracing::warn!("how a run ended could not be written");
    }
}

impl Session {
    async fn steps(&mut self, asked: Option<Asked>) -> Stop {
        match self.go_on(asked).await {
            Err(stop) => stop,
            Ok(never) => match never {},
        }
    }

    async fn go_on(&mut self, mut asked: Option<Asked>) -> Result<Infallible, Stop> {
        let mut is_silent = false;
        loop {
            self.settle().await?;
            self.check()?;
            self.may_step()?;
            if asked.is_none() {
                self.compact().await?;
            }
            self.take_turn(asked.take()).await?;
            if !self.calls.is_empty() {
                continue;
            }
            if !self.answer.text().is_empty() {
                return Err(Stop::finished(FinishReason::EndTurn));
            }
            // Some say nothing once, after they thought or were told what came of a call.
            if std::mem::replace(&mut is_silent, true) {
                return Err(Stop::failed(RunErrorCode::ModelFailed, "the model said nothing"));
            }
        }
    }

    async fn close(&mut self, stop: Stop) -> Result<(), Stop> {
        match stop {
            Stop::End(end) => self.finish(&end).await,
            Stop::Draining => self.give_back().await,
            Stop::Parked => Ok(()),
            Stop::Lost => {
                tracing::info!("the run goes on elsewhere");
                Ok(())
            }
        }
    }

    /// Lets another process go on at once.
    async fn give_back(&mut self) -> Result<(), Stop> {
        // Numbers that were shown and not stored would be given twice.
        self.flush().await?;
        let platform = &self.runs.platform;
        let mut tx = platform.system_tx().await?;
        store::release(&mut tx, &[self.hold()], platform.now()).await?;
        tx.commit().await?;
        platform.ring(Bell::Runs).await;
        Ok(())
    }
}
