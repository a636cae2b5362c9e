//! What a connector may read and write on this machine, for one org.

use std::path::PathBuf;

use agentcy_core::{
    Chain,
    id::{OrgId, SourceId},
};
use agentcy_sources::{Files, cache};
use agentcy_store::system::founding;

use crate::{Platform, Result};

impl Platform {
    /// The files that the sources of an org may read.
    pub(crate) async fn files_of(&self, org: OrgId) -> Result<Files> {
        let setup = &self.setup.sources;
        let has_common = setup.files_allow.iter().any(|(owner, _)| owner.is_none());
        let is_first = has_common && self.is_first(org).await?;
        let is_theirs = |owner: &Option<OrgId>| owner.map_or(is_first, |owner| owner == org);
        let folders = setup.files_allow.iter().filter(|(owner, _)| is_theirs(owner));
        let allowed = folders.map(|(_, folder)| folder.clone()).collect();
        Ok(Files::new(allowed, setup.protected.clone()))
    }

    /// Whether an org was made before all others; folders without an owner are its own.
    async fn is_first(&self, org: OrgId) -> Result<bool> {
        let mut tx = self.db.system(&self.system).await?;
        let first = founding::first_org(&mut tx).await?;
        tx.commit().await?;
        Ok(first == Some(org))
    }

    /// Where a source keeps what can be fetched again.
    pub(crate) fn cache_of(&self, org: OrgId, source: SourceId) -> Option<PathBuf> {
        let root = self.setup.sources.cache.as_ref()?;
        Some(cache::place(root, org, source))
    }

    /// Removes what a source kept here. What is left is removed when it was not used for long, as it is elsewhere.
    pub(crate) async fn forget_cache(&self, org: OrgId, source: SourceId) {
        let Some(folder) = self.cache_of(org, source) else { return };
        let forgotten = tokio::task::spawn_blocking(move || cache::forget(&folder)).await;
        if let Ok(Err(error)) = forgotten {
            tracing::warn!(source.id = %source, error = %Chain(&error), "the copies of a source could not be removed");
        }
    }
}

/// Removes the copies of sources that are not used any more.
pub async fn sweep_caches(platform: &Platform) {
    let Some(root) = platform.setup.sources.cache.clone() else { return };
    match tokio::task::spawn_blocking(move || cache::sweep(&root)).await {
        Ok(Ok(removed)) => tracing::debug!(removed, "swept copies that are not used any more"),
        Ok(Err(error)) => {
            tracing::warn!(error = %Chain(&error), "copies of sources could not be swept");
        }
        Err(_) => {}
    }
}
