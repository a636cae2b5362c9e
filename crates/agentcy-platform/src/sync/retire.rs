//! What is left of a removed source is archived.

use agentcy_core::{
    Action,
    job::{Payload, RetireSource},
};
use agentcy_store::{
    Tx,
    jobs::{self, Outcome},
    ledger::{self, Asserter},
};
use futures_util::{FutureExt, future::BoxFuture};

use crate::{
    Result, events,
    jobs::{Held, JobError, Kind},
};

/// Ends all that a removed source said.
#[derive(Debug, Clone, Copy)]
pub struct Retire;

impl Kind for Retire {
    fn name(&self) -> &'static str {
        RetireSource::NAME
    }

    fn action(&self) -> Action {
        Action::SourceDelete
    }

    fn run<'a>(&'a self, job: &'a Held) -> BoxFuture<'a, Result<(), JobError>> {
        run(job).boxed()
    }

    // Whoever could ask for the sync of a removed source is told that there is no such source.
    fn tell<'a>(&'a self, _: &'a mut Tx, _: &'a Held) -> BoxFuture<'a, Result<()>> {
        std::future::ready(Ok(())).boxed()
    }
}

async fn run(job: &Held) -> Result<(), JobError> {
    let platform = &job.platform;
    let mut tx = platform.db.begin_long(&job.by).await?;
    let RetireSource { source, realm } = jobs::payload(&mut tx, job.hold).await?;
    let batch = ledger::Batch {
        id: platform.ids.next(),
        at: platform.clock.now(),
        asserter: Asserter::Source(source),
        cause: job.hold.id.to_string(),
    };
    let counts = ledger::retire(&mut tx, &batch, source).await?;
    let has_changed = counts.archived > 0;
    if has_changed {
        let what = (batch.id, counts);
        events::graph_changed(platform, &mut tx, Some(source), &realm, what).await?;
    }
    let outcome = Outcome { counts, faults: Vec::new(), batch: has_changed.then_some(batch.id) };
    jobs::succeed(&mut tx, job.hold, &outcome, platform.clock.now()).await?;
    tx.commit().await?;
    platform.wrote().await;
    Ok(())
}
