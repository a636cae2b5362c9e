//! What a process does with its assembly before anybody may use it.

use agentcy_config::Config;
use agentcy_platform::{
    lifecycle::Lifecycle,
    sealing::{self, Found, Keys},
};
use agentcy_store::embedded::login_beside;
use anyhow::{Context, bail};

use super::{Assembly, assemble, assemble_beside, beside, stores::Postgres};
use crate::data_dir::DataDir;

/// A server's assembly that is fit to work with; none when a stop was asked for first.
pub(crate) async fn start(
    config: &Config,
    lifecycle: &Lifecycle,
) -> anyhow::Result<Option<Assembly>> {
    unless_stopped(lifecycle, Box::pin(assemble(config, lifecycle))).await
}

/// The same for a process beside a server.
pub(crate) async fn start_beside(
    config: &Config,
    lifecycle: &Lifecycle,
) -> anyhow::Result<Option<Assembly>> {
    unless_stopped(lifecycle, Box::pin(assemble_beside(config, lifecycle))).await
}

/// For a command that works on what is stored and ends: beside the server that runs, or by itself where none does.
pub(crate) async fn start_once(config: &Config, lifecycle: &Lifecycle) -> anyhow::Result<Assembly> {
    if config.database.url.is_some() {
        return assemble_beside(config, lifecycle).await;
    }
    if !DataDir::is_held(&config.data_dir) {
        return Box::pin(assemble(config, lifecycle)).await;
    }
    let login = login_beside(&config.data_dir)
        .context("the server that runs on the data folder is not ready yet; try again")?;
    beside(config, lifecycle, Postgres::of(login)).await
}

/// Lets go of what was begun when a stop is asked for: a host that never answers holds nobody up.
async fn unless_stopped(
    lifecycle: &Lifecycle,
    assembly: impl Future<Output = anyhow::Result<Assembly>>,
) -> anyhow::Result<Option<Assembly>> {
    let fit = async {
        let assembly = assembly.await?;
        judge(sealing::check(&assembly.platform).await?)?;
        anyhow::Ok(assembly)
    };
    tokio::select! {
        assembly = fit => assembly.map(Some),
        () = lifecycle.stopping() => {
            tracing::info!("stopped while starting");
            Ok(None)
        }
    }
}

/// Nothing may turn out to be unreadable when it is needed.
fn judge(keys: Keys) -> anyhow::Result<()> {
    match keys {
        Keys::Present => {}
        Keys::Both => tracing::warn!(
            "stored secrets may still be sealed with another key than the present one; `agentcy secrets reseal` ends that"
        ),
        Keys::Lacking(found) => bail!(
            "stored secrets open with no encryption key in force ({}): set AGENTCY_ENCRYPTION_KEY to the one they were \
             sealed with, or AGENTCY_ENCRYPTION_KEY_PREVIOUS beside a new one; when it is lost, `agentcy secrets \
             reseal --accept-loss` gives them up",
            lost(&found)
        ),
    }
    Ok(())
}

/// How many secrets of each kind nothing opens.
pub(crate) fn lost(found: &Found) -> String {
    let kinds = found.lost.iter().map(|(column, count)| format!("{column}: {count}"));
    kinds.collect::<Vec<_>>().join(", ")
}
