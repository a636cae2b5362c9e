//! What could not be read is not taken for gone.

use super::{change::when_many, stage::Stage};
use crate::{Result, Tx};

/// What was refused is said as it was, where it was said before.
const KEEP: &str = "
    insert into ledger_stage (n, kind, external_id, gone, key, labels, properties, digest)
    select (select coalesce(max(n), -1) from ledger_stage) + row_number() over (), f.kind, f.external_id, false, '', '{}',
        '{}', f.digest
    from (select distinct kind, external_id from ledger_refused) r
    join facts f on f.org_id = $1 and f.asserter_id = $2 and f.kind = r.kind and f.external_id = r.external_id
        and f.valid_to is null and f.superseded_at is null
    where not exists (select from ledger_stage s where s.kind = r.kind and s.external_id = r.external_id)";

const UNSAID: &str = "
    select count(*) from facts f
    where f.org_id = $1 and f.asserter_id = $2 and f.valid_to is null and f.superseded_at is null
        and not exists (select from ledger_stage s where s.kind = f.kind and s.external_id = f.external_id)";

const TAKE_BACK: &str = "
    with held as (
        delete from ledger_stage s
        using facts f
        where s.gone and f.org_id = $1 and f.asserter_id = $2 and f.kind = s.kind and f.external_id = s.external_id
            and f.valid_to is null and f.superseded_at is null
        returning s.n
    )
    select count(*) from held";

impl Stage<'_> {
    /// Takes nothing for gone, since something could not be read: what is not said, or said to be gone, stays as it was.
    /// Says how much that is; when it is something, the rest is to be applied as a delta.
    #[tracing::instrument(name = "db.ledger.hold_back", skip(self, tx))]
    pub async fn hold_back(&mut self, tx: &mut Tx, delta: bool) -> Result<u64> {
        when_many(tx, self.size(), "analyze ledger_stage (kind, external_id)").await?;
        if delta {
            return self.change.count(tx, TAKE_BACK).await;
        }
        self.keep_refused(tx).await?;
        self.change.count(tx, UNSAID).await
    }

    /// What was refused stays as it was, unless it was said as well.
    pub(super) async fn keep_refused(&mut self, tx: &mut Tx) -> Result<()> {
        if self.has_refused {
            self.change.run(tx, KEEP).await?;
        }
        Ok(())
    }
}
