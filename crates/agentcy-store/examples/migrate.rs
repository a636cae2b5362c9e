//! Runs the migrations on the database of a URL, nothing else: queries are then checked against it.

use std::str::FromStr;

use agentcy_store::{PgConnectOptions, migrate};
use sqlx::ConnectOptions;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let url = std::env::args().nth(1).ok_or("usage: migrate <url of a superuser>")?;
    let mut conn = PgConnectOptions::from_str(&url)?.connect().await?;
    migrate::run(&mut conn).await?;
    Ok(())
}
