//! `agentcy secrets`: the keys of what is stored sealed.

use std::collections::BTreeMap;

use agentcy_config::Config;
use agentcy_platform::{
    lifecycle::{GRACE, Lifecycle},
    sealing::{self, Found, Resealed},
};
use anyhow::bail;
use serde::Serialize;

use crate::{
    cli::{Reseal, SecretsCommand},
    compose, output,
};

/// What was done.
#[derive(Serialize)]
struct Done<'a> {
    /// How many secrets are sealed with the present key.
    sealed: u64,
    /// How many of them are so only now.
    sealed_anew: u64,
    /// How many open with no key in force, by where they are.
    lost: &'a BTreeMap<&'static str, u64>,
}

/// Does what was asked for.
pub(crate) async fn run(
    command: SecretsCommand,
    config: &Config,
    json: bool,
) -> anyhow::Result<()> {
    let SecretsCommand::Reseal(Reseal { accept_loss }) = command;
    let lifecycle = Lifecycle::default();
    let assembly = compose::start_once(config, &lifecycle).await?;
    let outcome = sealing::reseal(&assembly.platform, accept_loss).await;
    lifecycle.wait(GRACE).await;
    assembly.close().await;
    match outcome? {
        Resealed::Unknown => bail!(
            "no server was started with this encryption key yet; start them all with it, and with the key before as \
             AGENTCY_ENCRYPTION_KEY_PREVIOUS, and seal anew then"
        ),
        Resealed::Incomplete(found) => {
            tell(&found, json)?;
            bail!(
                "some secrets open with no key in force and stay as they are ({}); set the key that sealed them as \
                 AGENTCY_ENCRYPTION_KEY_PREVIOUS, or give them up with --accept-loss",
                compose::lost(&found)
            )
        }
        Resealed::Done(found) => {
            tell(&found, json)?;
            output::say(
                "the key before it may go: AGENTCY_ENCRYPTION_KEY_PREVIOUS, or encryption_key in the data folder",
            );
            Ok(())
        }
    }
}

fn tell(found: &Found, json: bool) -> anyhow::Result<()> {
    let (sealed, sealed_anew) = (found.present + found.previous, found.previous);
    if json {
        return output::print_json(&Done { sealed, sealed_anew, lost: &found.lost });
    }
    output::say(&format!(
        "{sealed} secrets are sealed with the present key, {sealed_anew} of them anew"
    ));
    Ok(())
}
