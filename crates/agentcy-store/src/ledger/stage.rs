//! The stage: what one change says, in a temporary table of its transaction, beside the ledger it is compared with.

use std::collections::HashSet;

use agentcy_core::{Realm, id::SourceId};
use sqlx::Executor as _;
use uuid::Uuid;

use super::{
    Asserter, Batch, Counts, Refused, Staged,
    change::Change,
    digest::Digest,
    said::{Said, write_name},
};
use crate::{Error, Result, Tenant, Tx};

/// `copy` does not work on a table with row-level security, hence tables of the transaction's own.
const OPEN: &str = "
    create temp table ledger_stage (
        n int not null, kind text not null, external_id text not null, gone boolean not null, key text not null,
        labels text[] not null, type text, from_own text, from_key text, from_id uuid, to_own text, to_key text,
        to_id uuid, properties jsonb not null, digest uuid not null, valid_from timestamptz
    ) on commit drop;
    create temp table ledger_refused (kind text not null, external_id text not null) on commit drop;
    create temp table ledger_work (
        n int, kind text not null, fact_id bigint, old_entity uuid, since timestamptz not null, void boolean not null
    ) on commit drop;
    create temp table ledger_ends (
        n int not null, from_n int, from_id uuid, from_key text, to_n int, to_id uuid, to_key text
    ) on commit drop;
    create temp table ledger_made (id uuid not null) on commit drop;
    create temp table ledger_nodes (n int not null, id uuid not null, made boolean not null) on commit drop;
    create temp table ledger_edges (
        n int not null, id uuid not null, made boolean not null, from_id uuid not null, to_id uuid not null
    ) on commit drop;
    create temp table ledger_touched (id uuid not null) on commit drop;
    create temp table ledger_flipped (id uuid not null) on commit drop";

const CLOSE: &str = "
    drop table ledger_stage, ledger_refused, ledger_work, ledger_ends, ledger_made, ledger_nodes, ledger_edges,
        ledger_touched, ledger_flipped";

const COPY: &str = "copy ledger_stage from stdin";
const COPY_REFUSED: &str = "copy ledger_refused from stdin";

/// How many bytes of rows are sent in one copy.
const PART: usize = 4 << 20;

/// What one asserter says in one transaction. Dropped without [`Stage::apply`] it said nothing.
#[derive(Debug)]
pub struct Stage<'a> {
    pub(super) change: Change<'a>,
    /// By digest: an id of a kilobyte costs no more than a short one.
    seen: HashSet<Uuid>,
    rows: i32,
    pub(super) has_refused: bool,
}

impl<'a> Stage<'a> {
    /// Opens the stage of a sync, of which there is one at a time in a transaction. Everything that is said lies in
    /// the realm. Changes of one asserter take turns from here on.
    #[tracing::instrument(name = "db.ledger.open", skip_all)]
    pub async fn open(tx: &mut Tx, batch: &'a Batch, realm: &'a Realm) -> Result<Self> {
        Self::open_for(tx, batch, batch.asserter, realm).await
    }

    pub(super) async fn open_for(
        tx: &mut Tx,
        batch: &'a Batch,
        asserter: Asserter,
        realm: &'a Realm,
    ) -> Result<Self> {
        let change = Change { batch, asserter, before: asserter, realm };
        take_turns(tx, asserter).await?;
        tx.conn().execute(sqlx::raw_sql(OPEN)).await?;
        Ok(Self { change, seen: HashSet::new(), rows: 0, has_refused: false })
    }

    /// Takes what is said. A record over a bound, or of something that was said before, is refused alone, and what it is
    /// about stays as it was.
    #[tracing::instrument(name = "db.ledger.stage", skip_all, fields(records = records.len()))]
    pub async fn add(&mut self, tx: &mut Tx, records: &[Staged]) -> Result<Vec<Refused>> {
        let mut refused = Vec::new();
        let (mut rows, mut left) = (Vec::new(), Vec::new());
        for record in records {
            let taken = Said::of(self.change.asserter, record).and_then(|said| self.first(said));
            match taken {
                Ok(said) => self.push(&said, &mut rows),
                Err(message) => {
                    write_name(record, &mut left);
                    refused.push(Refused { place: place(record), message });
                }
            }
            if rows.len() >= PART {
                tx.conn().copy_in(COPY, &rows).await?;
                rows.clear();
            }
        }
        if !rows.is_empty() {
            tx.conn().copy_in(COPY, &rows).await?;
        }
        if !left.is_empty() {
            self.has_refused = true;
            tx.conn().copy_in(COPY_REFUSED, &left).await?;
        }
        Ok(refused)
    }

    /// Whether nothing that was said was taken.
    pub const fn is_empty(&self) -> bool {
        self.rows == 0
    }

    pub(super) const fn size(&self) -> u64 {
        self.rows.unsigned_abs() as u64
    }

    /// Takes one thing without asking whether it was said before.
    pub(super) async fn say(&mut self, tx: &mut Tx, said: &Said<'_>) -> Result<()> {
        let mut rows = Vec::new();
        self.push(said, &mut rows);
        tx.conn().copy_in(COPY, &rows).await?;
        Ok(())
    }

    fn first<'b>(&mut self, said: Said<'b>) -> Result<Said<'b>, String> {
        let mut digest = Digest::new();
        digest.text(said.kind.name());
        digest.text(&said.external_id);
        let first = self.seen.insert(digest.finish());
        if first { Ok(said) } else { Err("it was said before; the first one counts".to_owned()) }
    }

    fn push(&mut self, said: &Said<'_>, rows: &mut Vec<u8>) {
        said.write(self.rows, self.change.realm, rows);
        self.rows += 1;
    }

    /// Writes what is new, changed or said no more. In a delta, what is not named is as it was. When nothing changed,
    /// nothing is written, no batch either.
    #[tracing::instrument(name = "db.ledger.apply", skip(self, tx))]
    pub async fn apply(mut self, tx: &mut Tx, delta: bool) -> Result<Counts> {
        if !delta {
            self.keep_refused(tx).await?;
        }
        let counts = self.change.apply(tx, delta, self.size()).await?;
        tx.conn().execute(sqlx::raw_sql(CLOSE)).await?;
        Ok(counts)
    }
}

/// One change of an asserter at a time: two that say the same thing first would both find it unsaid. All runs count as
/// one, since each goes on from what the one before said.
pub(super) async fn take_turns(tx: &mut Tx, asserter: Asserter) -> Result<()> {
    let turn = match asserter {
        Asserter::Run(_) => Uuid::nil(),
        Asserter::Source(_) | Asserter::Person(_) => asserter.uuid(),
    };
    sqlx::query!(
        "select pg_advisory_xact_lock_shared(hashtextextended($1::uuid::text, 0)),
             pg_advisory_xact_lock(hashtextextended($1::uuid::text || $2::uuid::text, 0))",
        Uuid::from(tx.org()),
        turn,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Whether nobody is changing the org's ledger, nor will before this transaction ends: else a thing that is deleted could
/// be one that somebody has just found, to speak of it.
pub(crate) async fn is_still(tx: &mut Tx) -> Result<bool> {
    let still = sqlx::query_scalar!(
        r#"select pg_try_advisory_xact_lock(hashtextextended($1::uuid::text, 0)) as "still!""#,
        Uuid::from(tx.org()),
    )
    .fetch_one(tx.conn())
    .await?;
    Ok(still)
}

/// Ends everything that the source asserts.
#[tracing::instrument(name = "db.ledger.retire", skip_all)]
pub async fn retire(tx: &mut Tx, batch: &Batch, source: SourceId) -> Result<Counts> {
    // Nothing is said, so it is said in no realm of its own: any will do.
    let [realm, ..] = Realm::built_in();
    let stage = Stage::open_for(tx, batch, Asserter::Source(source), &realm).await?;
    stage.apply(tx, false).await
}

/// A realm in which the source still asserts something; none when all that it said is archived.
#[tracing::instrument(name = "db.facts.realm_of", skip_all)]
pub async fn realm_of(tenant: &mut impl Tenant, source: SourceId) -> Result<Option<Realm>> {
    let slug = sqlx::query_scalar!(
        "select e.realm from facts f
         join entities e on e.org_id = f.org_id and e.id = f.entity_id
         where f.org_id = $1 and f.asserter_id = $2 and f.asserter_kind = 'source' and f.valid_to is null
             and f.superseded_at is null
         limit 1",
        Uuid::from(tenant.org()),
        Uuid::from(source),
    )
    .fetch_optional(tenant.conn())
    .await?;
    slug.map(|slug| slug.parse().map_err(|error| Error::corrupt("entities", source, error)))
        .transpose()
}

/// The external id as people see it in a list of errors.
fn place(record: &Staged) -> String {
    let (Staged::Node(super::StagedNode { external_id, .. })
    | Staged::Edge(super::StagedEdge { external_id, .. })
    | Staged::Gone { external_id, .. }) = record;
    external_id.chars().take(200).collect()
}
