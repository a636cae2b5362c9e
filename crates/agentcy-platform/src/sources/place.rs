//! What a connector may read and write on this machine, for one org.

use std::path::PathBuf;

use agentcy_core::id::{Id as _, OrgId, SourceId};
use agentcy_sources::Files;
use agentcy_store::system::founding;

use crate::{Platform, Result};

impl Platform {
    /// The files that the sources of an org may read.
    pub(crate) async fn files_of(&self, org: OrgId) -> Result<Files> {
        let setup = &self.setup.sources;
        let mut allowed = Vec::new();
        let mut first = None;
        for (owner, folder) in &setup.files_allow {
            let owner = match owner {
                Some(owner) => Some(*owner),
                None => {
                    if first.is_none() {
                        let mut tx = self.db.system(&self.system).await?;
                        first = Some(founding::first_org(&mut tx).await?);
                        tx.commit().await?;
                    }
                    first.flatten()
                }
            };
            if owner == Some(org) {
                allowed.push(folder.clone());
            }
        }
        Ok(Files::new(allowed, setup.protected.clone()))
    }

    /// Where a source keeps what can be fetched again.
    pub(crate) fn cache_of(&self, org: OrgId, source: SourceId) -> Option<PathBuf> {
        let root = self.setup.sources.cache.as_ref()?;
        Some(root.join(org.uuid().to_string()).join(source.uuid().to_string()))
    }
}
