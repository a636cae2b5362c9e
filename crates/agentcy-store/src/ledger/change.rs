//! One change of the ledger, set by set: compared, resolved, written, merged.
//!
//! Two changes that meet lose nothing, and never wait for each other in a ring. New nodes are made in the order of their
//! keys, while no lock is held; then every node that is touched, or is an end of an edge that is, gets locked in the
//! order of ids; then the edges. Who writes an edge holds both of its ends or the edge itself, and looks at what others
//! made of them in a later statement than the one that locks.

use agentcy_core::Realm;
use sqlx::{
    Executor as _, Row as _,
    postgres::{PgArguments, Postgres},
    query::Query,
};
use uuid::Uuid;

use super::{Asserter, Batch, Counts, compare, merge, resolve};
use crate::{Result, Tenant as _, Tx};

/// From how many rows on the planner is told what is in the tables of the transaction, and kept from nested loops: what
/// it knows of the ledger may be from before that had any rows, and a loop over a million is for ever.
const MANY: u64 = 2_000;

/// What stays the same for all statements of a change.
#[derive(Debug, Clone, Copy)]
pub(super) struct Change<'a> {
    pub(super) batch: &'a Batch,
    pub(super) asserter: Asserter,
    /// Whose words it takes the place of: the asserter's own, or those of the run before.
    pub(super) before: Asserter,
    pub(super) realm: &'a Realm,
}

impl Change<'_> {
    /// A statement with what it may name: `$1` the org, `$2` the asserter, `$3` the realm, `$4` the batch, `$5` its
    /// time, `$6` the kind of the asserter, `$7` how new ids begin, `$8` the asserter whose words end.
    fn query(&self, tx: &Tx, sql: &'static str) -> Query<'static, Postgres, PgArguments> {
        sqlx::query(sql)
            .bind(Uuid::from(tx.org()))
            .bind(self.asserter.uuid())
            .bind(self.realm.to_string())
            .bind(Uuid::from(self.batch.id))
            .bind(self.batch.at)
            .bind(self.asserter.kind())
            .bind(self.id_prefix())
            .bind(self.before.uuid())
            // Its tables are gone with the transaction, and a plan for one size of them is wrong for another.
            .persistent(false)
    }

    /// Runs a statement and gives how many rows it wrote, or read.
    pub(super) async fn run(&self, tx: &mut Tx, sql: &'static str) -> Result<u64> {
        let query = self.query(tx, sql);
        Ok(tx.conn().execute(query).await?.rows_affected())
    }

    /// Runs a statement that gives a number.
    pub(super) async fn count(&self, tx: &mut Tx, sql: &'static str) -> Result<u64> {
        let query = self.query(tx, sql);
        let row = tx.conn().fetch_one(query).await?;
        Ok(row.try_get::<i64, _>(0)?.cast_unsigned())
    }

    /// The time and the version of a UUID of version 7; the rest is random.
    fn id_prefix(&self) -> String {
        let millis = self.batch.at.timestamp_millis().max(0);
        format!("{:08x}-{:04x}-7", millis >> 16, millis & 0xffff)
    }

    /// Compares what is staged with the ledger, and writes the difference.
    pub(super) async fn apply(&self, tx: &mut Tx, delta: bool, rows: u64) -> Result<Counts> {
        let stage = "analyze ledger_stage (n, kind, external_id, key, from_own, to_own)";
        when_many(tx, rows, stage).await?;
        let mut counts = compare::compare(self, tx, delta).await?;
        if counts.is_empty() {
            return Ok(counts);
        }
        let rows = counts.added + counts.changed + counts.archived;
        when_many(tx, rows, "analyze ledger_work").await?;
        when_many(tx, rows, "set local enable_nestloop = off").await?;
        compare::follow(self, tx, &mut counts).await?;
        self.write(tx, rows).await?;
        when_many(tx, rows, "set local enable_nestloop = on").await?;
        self.record(tx, counts).await?;
        Ok(counts)
    }

    async fn write(&self, tx: &mut Tx, rows: u64) -> Result<()> {
        self.run(tx, resolve::ENDS).await?;
        when_many(tx, rows, "analyze ledger_ends").await?;
        self.run(tx, resolve::MAKE_NODES).await?;
        self.run(tx, resolve::NODES).await?;
        when_many(tx, rows, "analyze ledger_nodes, ledger_made").await?;
        let new = self.count(tx, resolve::EDGES).await?;
        when_many(tx, rows, "analyze ledger_edges").await?;
        self.run(tx, resolve::CLOSE).await?;

        self.run(tx, merge::LOCK_NODES).await?;
        self.run(tx, resolve::NODE_FACTS).await?;
        self.run(tx, merge::TOUCH_NODES).await?;
        let flipped = self.run(tx, merge::MERGE).await?;
        self.run(tx, merge::SEARCHED).await?;
        self.run(tx, merge::SPELT).await?;

        let made = self.run(tx, resolve::MAKE_EDGES).await?;
        if made < new {
            self.run(tx, resolve::SAME_EDGES).await?;
        }
        self.run(tx, resolve::EDGE_FACTS).await?;
        self.run(tx, merge::TOUCH_EDGES).await?;
        self.run(tx, merge::LOCK_EDGES).await?;
        self.run(tx, merge::MERGE).await?;
        if flipped > 0 {
            self.run(tx, merge::FLIP_EDGES).await?;
        }
        when_many(tx, rows, "select search_settle()").await?;
        Ok(())
    }

    /// The batch, which may have several changes in one transaction.
    async fn record(&self, tx: &mut Tx, counts: Counts) -> Result<()> {
        let [added, changed, archived] =
            [counts.added, counts.changed, counts.archived].map(u64::cast_signed);
        sqlx::query!(
            "insert into fact_batches as b
                 (id, org_id, at, asserter_kind, asserter_id, cause, added, changed, archived)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
             on conflict (id) do update set added = b.added + excluded.added,
                 changed = b.changed + excluded.changed, archived = b.archived + excluded.archived",
            Uuid::from(self.batch.id),
            Uuid::from(tx.org()),
            self.batch.at,
            self.batch.asserter.kind(),
            self.batch.asserter.uuid(),
            &*super::text::escape(&self.batch.cause),
            added,
            changed,
            archived,
        )
        .execute(tx.conn())
        .await?;
        Ok(())
    }
}

/// Runs a statement for the planner when there are many rows to plan for.
pub(super) async fn when_many(tx: &mut Tx, rows: u64, statement: &'static str) -> Result<()> {
    if rows >= MANY {
        sqlx::query(statement).persistent(false).execute(tx.conn()).await?;
    }
    Ok(())
}
