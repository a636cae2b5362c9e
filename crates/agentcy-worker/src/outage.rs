//! What a loop tries again and again: that it fails is told when it begins, and that it works again when it does.

use std::error::Error;

use agentcy_core::Chain;
use tokio::time::Instant;

/// How many reasons of one outage are told; each once.
const REASONS: usize = 4;

/// Whether what one loop does works at present.
pub(crate) struct Outage {
    what: &'static str,
    begun: Option<(Instant, Vec<String>)>,
}

impl Outage {
    /// Of what is done so.
    pub(crate) const fn new(what: &'static str) -> Self {
        Self { what, begun: None }
    }

    /// Notes how a try ended.
    pub(crate) fn note<T>(&mut self, outcome: &Result<T, impl Error + 'static>) {
        match outcome {
            Ok(_) => self.is_over(),
            Err(error) => self.goes_on(Chain(error).to_string()),
        }
    }

    fn goes_on(&mut self, why: String) {
        let (_, told) = self.begun.get_or_insert_with(|| (Instant::now(), Vec::new()));
        if told.len() == REASONS || told.contains(&why) {
            tracing::debug!(what = self.what, error = why, "it still fails");
            return;
        }
        tracing::warn!(what = self.what, error = why, "it fails, and is tried again");
        told.push(why);
        self.show(1.0);
    }

    fn is_over(&mut self) {
        if let Some((since, _)) = self.begun.take() {
            self.show(0.0);
            tracing::info!(what = self.what, seconds = since.elapsed().as_secs(), "it works again");
        }
    }

    fn show(&self, fails: f64) {
        metrics::gauge!("agentcy_loop_failing", "loop" => self.what).set(fails);
    }
}
