//! How much there is of what, and how far the engine follows.

use agentcy_core::{Action, Caller};
use agentcy_store::ledger::stats as counts;

use crate::{
    Platform, Result,
    projection::{self, Status},
};

pub use agentcy_store::ledger::stats::Count;

/// Counts of what the caller sees.
#[derive(Debug, Clone)]
pub struct Stats {
    /// The counts.
    pub counts: counts::Stats,
    /// How far graph queries follow.
    pub projection: Status,
}

/// Counts everything that the caller sees.
pub async fn stats(platform: &Platform, caller: &Caller) -> Result<Stats> {
    let by = platform.permit(caller, Action::GraphRead).await?;
    let mut reader = platform.db.read(&by).await?;
    let counts = counts::stats(&mut reader, by.realms()).await?;
    let projection = projection::status(platform, &mut reader).await?;
    Ok(Stats { counts, projection })
}
