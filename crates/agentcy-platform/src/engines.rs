//! The engines, for what runs beside the operations.

use std::sync::Arc;

use agentcy_bus::Bus;
use agentcy_core::Entropy;
use agentcy_egress::Egress;
use agentcy_store::SystemTx;

use crate::{Platform, Result};

impl Platform {
    /// What processes tell each other over.
    pub fn bus(&self) -> &Bus {
        &self.bus
    }

    /// The way out.
    pub fn egress(&self) -> &Egress {
        &self.egress
    }

    /// Randomness.
    pub fn entropy(&self) -> &Arc<dyn Entropy> {
        &self.entropy
    }

    /// Opens a transaction before or beside any org: the keeper of runs looks across them.
    pub async fn system_tx(&self) -> Result<SystemTx> {
        Ok(self.db.system(&self.system).await?)
    }
}
