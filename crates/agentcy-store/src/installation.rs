//! `installation`: what this database is called by what is kept outside of it.

use uuid::Uuid;

use crate::{Result, SystemTx};

/// The id of this database; a graph file carries it.
#[tracing::instrument(name = "db.installation.find", skip_all)]
pub async fn find(tx: &mut SystemTx) -> Result<Uuid> {
    Ok(sqlx::query_scalar!("select id from installation").fetch_one(tx.conn()).await?)
}
