//! What is different: said for the first time, said otherwise, said no more, and what follows from that.

use super::{Counts, change::Change};
use crate::{Result, Tenant as _, Tx};

/// What is different in a sync that says everything: one pass over both sides, which no wrong guess of the planner makes
/// any slower.
///
/// What holds since when: as the source says, where that is after the row before, and now at the latest, since it is
/// shown from now on; at the same time or without a word, since now; where it is before, the row was wrong, and the new
/// one begins there, or where the row before that ended. A row that would end before it began is wrong as well.
const EVERYTHING: &str = "
    insert into ledger_work (n, kind, fact_id, old_entity, since, void)
    select d.n, d.kind, d.fact_id, d.entity_id, d.since, d.fact_id is not null and d.since <= d.began
    from (
        select s.n, coalesce(s.kind, f.kind) as kind, f.id as fact_id, f.entity_id, f.valid_from as began,
            case when s.valid_from is null or s.valid_from = f.valid_from then $5
                 when f.id is null or s.valid_from > f.valid_from then least(s.valid_from, $5)
                 else greatest(s.valid_from, (
                     select max(p.valid_to) from facts p
                     where p.org_id = $1 and p.entity_id = f.entity_id and p.asserter_id = $2
                         and p.external_id = f.external_id and p.superseded_at is null))
            end as since
        from (select * from ledger_stage where not gone) s
        full join (
            select * from facts
            where org_id = $1 and asserter_id = $2 and valid_to is null and superseded_at is null
        ) f on f.kind = s.kind and f.external_id = s.external_id
        where s.n is null or f.id is null or f.digest <> s.digest
    ) d";

/// The same in a delta: only what is named.
const NAMED: &str = "
    insert into ledger_work (n, kind, fact_id, old_entity, since, void)
    select d.n, d.kind, d.fact_id, d.entity_id, d.since, d.fact_id is not null and d.since <= d.began
    from (
        select case when not s.gone then s.n end as n, s.kind, f.id as fact_id, f.entity_id, f.valid_from as began,
            case when s.valid_from is null or s.valid_from = f.valid_from then $5
                 when f.id is null or s.valid_from > f.valid_from then least(s.valid_from, $5)
                 else greatest(s.valid_from, (
                     select max(p.valid_to) from facts p
                     where p.org_id = $1 and p.entity_id = f.entity_id and p.asserter_id = $2
                         and p.external_id = f.external_id and p.superseded_at is null))
            end as since
        from ledger_stage s
        left join facts f on f.org_id = $1 and f.asserter_id = $8 and f.kind = s.kind
            and f.external_id = s.external_id and f.valid_to is null and f.superseded_at is null
        where case when s.gone then f.id is not null else f.id is null or f.digest <> s.digest end
    ) d";

const COUNT: &str = "
    select count(*) filter (where n is not null and fact_id is null) as added,
        count(*) filter (where n is not null and fact_id is not null) as changed,
        count(*) filter (where n is null) as archived,
        (select count(*) from ledger_stage where not gone) as said
    from ledger_work";

/// An edge whose source names an end by its own word follows the node of that name to another entity, although the edge
/// itself is said as before or not at all. A name that the source gives to nothing stands for a node of its own that is
/// awaited.
const FOLLOW: &str = "
    with moved as (
        select s.external_id, w.old_entity as place
        from ledger_work w
        join ledger_stage s on s.n = w.n
        join entities e on e.org_id = $1 and e.id = w.old_entity
        where w.kind = 'node' and (e.key <> s.key or e.realm <> $3)
        union all
        select s.external_id, e.id
        from ledger_work w
        join ledger_stage s on s.n = w.n
        join entities e on e.org_id = $1 and e.kind = 'node' and e.realm = $3
            and e.key = 's:' || $2::text || ':' || s.external_id
        where w.kind = 'node' and w.fact_id is null and e.key <> s.key
        union all
        select f.external_id, w.old_entity
        from ledger_work w
        join facts f on f.id = w.fact_id
        join entities e on e.org_id = $1 and e.id = w.old_entity
        where w.n is null and w.kind = 'node'
            and (e.key <> 's:' || $2::text || ':' || f.external_id or e.realm <> $3)
    ), pulled as (
        select f.id
        from moved m
        join facts f on f.org_id = $1 and f.kind = 'edge' and f.from_id = m.place and f.from_own = m.external_id
            and f.asserter_id = $2 and f.valid_to is null and f.superseded_at is null
        union
        select f.id
        from moved m
        join facts f on f.org_id = $1 and f.kind = 'edge' and f.to_id = m.place and f.to_own = m.external_id
            and f.asserter_id = $2 and f.valid_to is null and f.superseded_at is null
    ), numbered as (
        select (select coalesce(max(n), -1) from ledger_stage) + row_number() over () as n, f.*, e.key
        from pulled
        join facts f on f.id = pulled.id
        join entities e on e.org_id = $1 and e.id = f.entity_id
        where not exists (select from ledger_work w where w.fact_id = f.id)
    ), staged as (
        insert into ledger_stage (n, kind, external_id, gone, key, labels, type, from_own, from_id, to_own, to_id,
            properties, digest)
        select n, kind, external_id, false, key, labels, type,
            from_own, case when from_own is null then from_id end,
            to_own, case when to_own is null then to_id end, properties, digest
        from numbered
    )
    insert into ledger_work (n, kind, fact_id, old_entity, since, void)
    select n, kind, id, entity_id, $5, $5 <= valid_from from numbered";

#[derive(sqlx::FromRow)]
struct Counted {
    added: i64,
    changed: i64,
    archived: i64,
    said: i64,
}

/// Notes the work there is to do, and counts it.
pub(super) async fn compare(change: &Change<'_>, tx: &mut Tx, delta: bool) -> Result<Counts> {
    change.run(tx, if delta { NAMED } else { EVERYTHING }).await?;
    let counted: Counted = sqlx::query_as(COUNT).persistent(false).fetch_one(tx.conn()).await?;
    let [added, changed, archived, said] =
        [counted.added, counted.changed, counted.archived, counted.said].map(i64::cast_unsigned);
    Ok(Counts { added, changed, archived, unchanged: said - added - changed })
}

/// Adds the edges that follow a node.
pub(super) async fn follow(change: &Change<'_>, tx: &mut Tx, counts: &mut Counts) -> Result<()> {
    let followed = change.run(tx, FOLLOW).await?;
    counts.changed += followed;
    counts.unchanged = counts.unchanged.saturating_sub(followed);
    Ok(())
}
