//! `agentcy migrate`: brings the database up to date as its owner.

use agentcy_config::Config;
use agentcy_store::migrate;
use anyhow::{Context, bail};
use serde::Serialize;

use crate::{compose, output};

/// What was done.
#[derive(Serialize)]
struct Done {
    /// Whether the database is our own, which `serve` brings up to date itself.
    embedded: bool,
    /// The migrations that ran.
    applied: Vec<i64>,
}

/// Runs what pends, and makes sure that the server may work on what comes out.
pub(crate) async fn run(config: &Config, json: bool) -> anyhow::Result<()> {
    let Some(url) = &config.database.url else {
        let done = Done { embedded: true, applied: Vec::new() };
        return tell(
            json,
            &done,
            "the database is embedded: `agentcy serve` brings it up to date by itself",
        );
    };
    let app = compose::login(url)?;
    let Some(owner) = &config.database.migrate_url else {
        // As the server's own login they would make it the owner, which it must not be.
        let pending = migrate::pending(&app).await.context("DATABASE_URL cannot be used")?;
        if !pending.is_empty() {
            bail!(
                "{} migrations pend; set DATABASE_MIGRATE_URL to the same database as its owner",
                pending.len()
            );
        }
        migrate::check_fit(&app).await?;
        let done = Done { embedded: false, applied: Vec::new() };
        return tell(json, &done, "the database is up to date");
    };
    let owner = compose::login(owner)?;
    let pending = migrate::pending(&owner).await.context("DATABASE_MIGRATE_URL cannot be used")?;
    migrate::migrate(&owner, &app).await.context("the database could not be migrated")?;
    migrate::check_fit(&app).await.context("migrated, but not fit for the server")?;
    let says = match pending.len() {
        0 => "the database was up to date".to_owned(),
        count => format!("{count} migrations ran; the database is up to date"),
    };
    tell(json, &Done { embedded: false, applied: pending }, &says)
}

fn tell(json: bool, done: &Done, says: &str) -> anyhow::Result<()> {
    if json {
        return output::print_json(done);
    }
    output::say(says);
    Ok(())
}
