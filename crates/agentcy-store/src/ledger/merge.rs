//! What is shown of an entity: the merge of its open facts, and whether an edge has both of its ends.

/// Every node that is touched, and every end of an edge that is.
pub(super) const LOCK_NODES: &str = "
    with ours as (
        select id from ledger_nodes
        union select old_entity from ledger_work where kind = 'node' and fact_id is not null
        union select from_id from ledger_edges
        union select to_id from ledger_edges
        union select f.from_id from ledger_work w join facts f on f.id = w.fact_id where w.kind = 'edge'
        union select f.to_id from ledger_work w join facts f on f.id = w.fact_id where w.kind = 'edge'
        except select id from ledger_made
    ), locked as (
        select e.id from entities e
        where e.org_id = $1 and e.id in (select id from ours)
        order by e.id
        for update
    )
    select count(*) from locked";

pub(super) const TOUCH_NODES: &str = "
    insert into ledger_touched (id)
    select id from ledger_nodes where not made
    union select old_entity from ledger_work where kind = 'node' and fact_id is not null";

/// What search looks at, of the nodes that are new or touched; in the order of ids, in which it is looked at. Rows that
/// say the same as before are left alone: their index is the dearest there is.
pub(super) const SEARCHED: &str = "
    with nodes as (
        select id from ledger_made union all select id from ledger_touched
    ), gone as (
        delete from searched_nodes s
        using nodes n, entities e
        where s.org_id = $1 and s.id = n.id and e.org_id = $1 and e.id = n.id and e.state <> 'live'
    )
    insert into searched_nodes as s (org_id, id, words, marks)
    select r.org_id, r.id, r.words, r.marks
    from nodes n
    join search_rows r on r.org_id = $1 and r.id = n.id
    where r.shown
    order by r.id
    on conflict (org_id, id) do update
        set words = excluded.words, marks = excluded.marks
        where (s.words, s.marks) is distinct from (excluded.words, excluded.marks)";

/// The words of their names that were in none before. Very long ones nobody misspells, and an index takes them no more.
pub(super) const SPELT: &str = "
    insert into searched_spellings (org_id, realm, spelling)
    select distinct $1::uuid, said.realm, said.spelling
    from (
        select r.realm, regexp_split_to_table(r.title, '\\s+') as spelling
        from (select id from ledger_made union all select id from ledger_touched) n
        join search_rows r on r.org_id = $1 and r.id = n.id
        where r.shown
    ) said
    where octet_length(said.spelling) between 3 and 1000 and not exists (
        select from searched_spellings s
        where s.spelling = said.spelling and s.org_id = $1 and s.realm = said.realm)";

/// The edges whose facts changed. What a person or a run says is always merged: a null of theirs hides.
pub(super) const TOUCH_EDGES: &str = "
    with nodes as (delete from ledger_touched)
    insert into ledger_touched (id)
    select id from ledger_edges where not made or $6 <> 'source'
    union select old_entity from ledger_work where kind = 'edge' and fact_id is not null";

/// These, and every edge at a node that appeared or vanished.
pub(super) const LOCK_EDGES: &str = "
    with ours as (
        select id from ledger_touched
        union
        select e.id from ledger_flipped n
        join entities e on e.org_id = $1 and e.kind = 'edge' and e.from_id = n.id
        union
        select e.id from ledger_flipped n
        join entities e on e.org_id = $1 and e.kind = 'edge' and e.to_id = n.id
    ), locked as (
        select e.id from entities e
        where e.org_id = $1 and e.id in (select id from ours)
        order by e.id
        for update
    )
    select count(*) from locked";

/// Labels are those of all; a property is the one of a person, else of a run, else of a source, and of several the
/// newest; a null of a person or run hides it. What nobody asserts any more is archived as it last was.
pub(super) const MERGE: &str = "
    with open as (
        select f.entity_id, f.id, f.asserter_kind, f.asserter_id, f.external_id, f.labels, f.properties,
            f.valid_from, f.recorded_at
        from ledger_touched t
        join facts f on f.org_id = $1 and f.entity_id = t.id and f.valid_to is null and f.superseded_at is null
    ), speakers as (
        select entity_id, count(*) as count, min(valid_from) as valid_from, max(recorded_at) as recorded_at,
            jsonb_agg(jsonb_build_object('source_id', asserter_id, 'external_id', external_id)
                order by asserter_id, external_id) filter (where asserter_kind = 'source') as sources
        from open
        group by entity_id
    ), called as (
        select entity_id,
            (array_agg(distinct label collate \"C\" order by label collate \"C\"))[1:64] as labels
        from open cross join unnest(labels) label
        group by entity_id
    ), chosen as (
        select distinct on (o.entity_id, p.key collate \"C\") o.entity_id, p.key, p.value, o.asserter_kind,
            o.asserter_id
        from open o cross join jsonb_each(o.properties) p
        order by o.entity_id, p.key collate \"C\",
            case o.asserter_kind when 'person' then 0 when 'run' then 1 else 2 end,
            o.valid_from desc, o.recorded_at desc, o.id desc
    ), known as (
        select entity_id, jsonb_object_agg(key, value) as properties,
            jsonb_object_agg(key, jsonb_build_object('asserter', asserter_kind, 'id', asserter_id)) as provenance
        from chosen
        where value <> 'null'
        group by entity_id
    ), merged as (
        select e.id, e.state as before,
            case when s.count is null then 'archived'
                 when e.kind = 'node' or f.state = 'live' and t.state = 'live' then 'live'
                 else 'waiting' end as state,
            case when s.count is null then e.labels else coalesce(c.labels, '{}') end as labels,
            case when s.count is null then e.properties else coalesce(k.properties, '{}') end as properties,
            case when s.count > 1 then coalesce(k.provenance, '{}') else '{}' end as provenance,
            coalesce(s.sources, '[]') as sources,
            coalesce(s.valid_from, e.valid_from) as valid_from,
            coalesce(s.recorded_at, e.recorded_at) as recorded_at
        from ledger_touched x
        join entities e on e.org_id = $1 and e.id = x.id
        left join speakers s on s.entity_id = e.id
        left join called c on c.entity_id = e.id
        left join known k on k.entity_id = e.id
        left join entities f on f.org_id = $1 and f.id = e.from_id
        left join entities t on t.org_id = $1 and t.id = e.to_id
    ), written as (
        update entities e
        set state = m.state, labels = m.labels, properties = m.properties, provenance = m.provenance,
            sources = m.sources, valid_from = m.valid_from, recorded_at = m.recorded_at,
            archived_at = case when m.state = 'archived' then $5 end, batch_id = $4
        from merged m
        where e.org_id = $1 and e.id = m.id
        returning e.id, e.kind, m.before = 'live' as before, e.state = 'live' as after
    )
    insert into ledger_flipped (id) select id from written where kind = 'node' and before <> after";

/// An edge is live while both of its ends are.
pub(super) const FLIP_EDGES: &str = "
    with near as (
        select e.id from ledger_flipped n
        join entities e on e.org_id = $1 and e.kind = 'edge' and e.from_id = n.id
        union
        select e.id from ledger_flipped n
        join entities e on e.org_id = $1 and e.kind = 'edge' and e.to_id = n.id
    ), now as (
        select e.id, case when f.state = 'live' and t.state = 'live' then 'live' else 'waiting' end as state
        from near
        join entities e on e.org_id = $1 and e.id = near.id and e.state in ('live', 'waiting')
        join entities f on f.org_id = $1 and f.id = e.from_id
        join entities t on t.org_id = $1 and t.id = e.to_id
    )
    update entities e
    set state = now.state, batch_id = $4
    from now
    where e.org_id = $1 and e.id = now.id and e.state <> now.state";
