//! What waits and what is in use, as gauges for whoever watches the server.

use std::collections::BTreeSet;

use agentcy_core::Timestamp;
use agentcy_store::system::backlog::{self, Waiting};

use crate::{Platform, Result};

/// The gauges of one process. What all processes share each of them tells: the greatest of them holds.
#[derive(Debug, Default)]
pub struct Gauges {
    /// The kinds of jobs and the states of runs that were told: what waits no more is told to be none.
    told: BTreeSet<(Of, String)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Of {
    Jobs,
    Runs,
}

impl Gauges {
    /// Looks once, and tells.
    #[tracing::instrument(name = "gauges.turn", skip_all)]
    pub async fn turn(&mut self, platform: &Platform) -> Result<()> {
        let connections = platform.db.connections();
        metrics::gauge!("agentcy_postgres_connections", "state" => "used")
            .set(count(connections.used));
        metrics::gauge!("agentcy_postgres_connections", "state" => "idle")
            .set(count(connections.idle));
        metrics::gauge!("agentcy_postgres_connections_waited_for")
            .set(count(connections.waited_for));

        let mut tx = platform.db.system(&platform.system).await?;
        let backlog = backlog::read(&mut tx).await?;
        tx.commit().await?;
        let now = platform.clock.now();
        self.tell(Of::Jobs, &backlog.jobs, now);
        self.tell(Of::Runs, &backlog.runs, now);
        metrics::gauge!("agentcy_unnumbered_events").set(count(backlog.unnumbered));
        metrics::gauge!("agentcy_unnumbered_seconds").set(since(backlog.unnumbered_since, now));
        Ok(())
    }

    fn tell(&mut self, of: Of, all: &[Waiting], now: Timestamp) {
        let mut gone = std::mem::take(&mut self.told);
        self.told.extend(gone.iter().filter(|(other, _)| *other != of).cloned());
        for one in all {
            set(of, &one.name, count(one.count), since(one.since, now));
            gone.remove(&(of, one.name.clone()));
            self.told.insert((of, one.name.clone()));
        }
        for (_, name) in gone.iter().filter(|(whose, _)| *whose == of) {
            set(of, name, 0.0, 0.0);
        }
    }
}

fn set(of: Of, name: &str, how_many: f64, seconds: f64) {
    let name = name.to_owned();
    match of {
        Of::Jobs => {
            metrics::gauge!("agentcy_jobs_queued", "kind" => name.clone()).set(how_many);
            metrics::gauge!("agentcy_jobs_due_seconds", "kind" => name).set(seconds);
        }
        Of::Runs => {
            metrics::gauge!("agentcy_runs", "state" => name.clone()).set(how_many);
            metrics::gauge!("agentcy_runs_due_seconds", "state" => name).set(seconds);
        }
    }
}

/// How long that is ago; nothing where it is not there or is yet to come.
fn since(then: Option<Timestamp>, now: Timestamp) -> f64 {
    then.map_or(0.0, |then| (now - then).as_seconds_f64().max(0.0))
}

#[expect(clippy::cast_precision_loss, reason = "a metric")]
fn count(of: impl TryInto<i64>) -> f64 {
    of.try_into().unwrap_or(i64::MAX) as f64
}
