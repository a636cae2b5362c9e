//! `sealing_keys`: which keys stored secrets may be sealed with, by their fingerprints.

use agentcy_core::{Timestamp, id::OrgId};
use uuid::Uuid;

use crate::{Error, Result, SystemTx};

const TABLE: &str = "sealing_keys";
/// How many orgs are given at once.
const ORGS: i64 = 100;

/// What tells one key from another.
pub type Fingerprint = [u8; 32];

/// The keys that something may be sealed with.
#[tracing::instrument(name = "db.sealing_keys.list", skip_all)]
pub async fn list(tx: &mut SystemTx) -> Result<Vec<Fingerprint>> {
    let rows = sqlx::query_scalar!("select fingerprint from sealing_keys");
    let rows = rows.fetch_all(tx.conn()).await?;
    let read = |row: Vec<u8>| {
        row.try_into().map_err(|row| Error::corrupt(TABLE, format!("{row:?}"), "fingerprint"))
    };
    rows.into_iter().map(read).collect()
}

/// From now on something may be sealed with these.
#[tracing::instrument(name = "db.sealing_keys.note", skip_all)]
pub async fn note(tx: &mut SystemTx, keys: &[Fingerprint], at: Timestamp) -> Result<()> {
    sqlx::query!(
        "insert into sealing_keys (fingerprint, first_used_at) select key, $2 from unnest($1::bytea[]) key
         on conflict (fingerprint) do nothing",
        &owned(keys),
        at,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Nothing is sealed any more with any but these.
#[tracing::instrument(name = "db.sealing_keys.forget_others", skip_all)]
pub async fn forget_others(tx: &mut SystemTx, keys: &[Fingerprint]) -> Result<()> {
    sqlx::query!("delete from sealing_keys where fingerprint <> all($1)", &owned(keys))
        .execute(tx.conn())
        .await?;
    Ok(())
}

fn owned(keys: &[Fingerprint]) -> Vec<Vec<u8>> {
    keys.iter().map(|key| key.to_vec()).collect()
}

/// Some of the orgs, in the order of their ids; none once all were given.
#[tracing::instrument(name = "db.sealing_keys.orgs", skip_all)]
pub async fn orgs(tx: &mut SystemTx, after: Option<OrgId>) -> Result<Vec<OrgId>> {
    let rows = sqlx::query_scalar!(
        "select id from orgs where $1::uuid is null or id > $1 order by id limit $2",
        after.map(Uuid::from),
        ORGS,
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows.into_iter().map(OrgId::from).collect())
}
