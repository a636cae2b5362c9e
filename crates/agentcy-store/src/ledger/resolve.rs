//! Which entities are meant: found, or made; and the facts about them.
//!
//! New ids are UUIDs of version 7 that rise with the number of what is staged, so that a million of them go to the end
//! of their indexes and not all over them; the last 48 bits are random.

/// Which nodes the ends of edges are: one that this change speaks of, one that the source spoke of before, one by its
/// key, or one that is awaited under the source's own name.
pub(super) const ENDS: &str = "
    with own as not materialized (
        select s.external_id, s.n, null::uuid as id
        from ledger_work w
        join ledger_stage s on s.n = w.n
        where w.kind = 'node'
        union all
        select f.external_id, null, f.entity_id
        from facts f
        where f.org_id = $1 and f.asserter_id = $2 and f.kind = 'node' and f.valid_to is null
            and f.superseded_at is null
            and not exists (select from ledger_work w where w.fact_id = f.id)
    )
    insert into ledger_ends (n, from_n, from_id, from_key, to_n, to_id, to_key)
    select s.n,
        f.n, coalesce(s.from_id, f.id),
        case when f.external_id is null then coalesce(s.from_key, 's:' || $2::text || ':' || s.from_own) end,
        t.n, coalesce(s.to_id, t.id),
        case when t.external_id is null then coalesce(s.to_key, 's:' || $2::text || ':' || s.to_own) end
    from ledger_work w
    join ledger_stage s on s.n = w.n
    left join own f on f.external_id = s.from_own
    left join own t on t.external_id = s.to_own
    where w.kind = 'edge'";

/// Makes the nodes that nobody spoke of yet. One of which a source says one thing is made as that says.
pub(super) const MAKE_NODES: &str = "
    with spoken as (
        select s.key, max(s.n) as n, count(*) = 1 and $6 = 'source' as whole
        from ledger_work w
        join ledger_stage s on s.n = w.n
        where w.kind = 'node'
        group by s.key
    ), wanted as (
        select key, case when whole then n end as n from spoken
        union all
        select key, null
        from (select from_key as key from ledger_ends union select to_key from ledger_ends) named
        where key is not null and not exists (select from spoken where spoken.key = named.key)
    ), made as (
        insert into entities (org_id, id, kind, realm, key, state, labels, properties, sources, valid_from,
            recorded_at, batch_id)
        select $1, overlay(gen_random_uuid()::text placing $7 || lpad(to_hex(coalesce(k.n, 0) >> 12 & 4095), 3, '0') || '-8'
                || lpad(to_hex(coalesce(k.n, 0) & 4095), 3, '0') from 1)::uuid,
            'node', $3, k.key,
            case when k.n is null then 'awaited' else 'live' end,
            coalesce(s.labels, '{}'), coalesce(s.properties, '{}'),
            case when k.n is null then '[]'
                 else jsonb_build_array(jsonb_build_object('source_id', $2, 'external_id', s.external_id)) end,
            w.since, case when k.n is not null then $5 end, case when k.n is not null then $4 end
        from wanted k
        left join ledger_stage s on s.n = k.n
        left join ledger_work w on w.n = k.n
        where not exists (
            select from entities e
            where e.org_id = $1 and e.kind = 'node' and e.realm = $3 and e.key = k.key)
        order by k.key collate \"C\"
        on conflict (org_id, realm, key) where kind = 'node' do nothing
        returning id, state
    )
    insert into ledger_made (id) select id from made where state = 'live'";

pub(super) const NODES: &str = "
    insert into ledger_nodes (n, id, made)
    select w.n, e.id, m.id is not null
    from ledger_work w
    join ledger_stage s on s.n = w.n
    join entities e on e.org_id = $1 and e.kind = 'node' and e.realm = $3 and e.key = s.key
    left join ledger_made m on m.id = e.id
    where w.kind = 'node'";

/// The edges with their ends, under the ids they have or are to get; gives how many are new.
pub(super) const EDGES: &str = "
    with named as (
        select d.n, s.type, s.key, coalesce(d.from_id, fn.id, fe.id) as from_id,
            coalesce(d.to_id, tn.id, te.id) as to_id
        from ledger_ends d
        join ledger_stage s on s.n = d.n
        left join ledger_nodes fn on fn.n = d.from_n
        left join ledger_nodes tn on tn.n = d.to_n
        left join entities fe on fe.org_id = $1 and fe.kind = 'node' and fe.realm = $3 and fe.key = d.from_key
        left join entities te on te.org_id = $1 and te.kind = 'node' and te.realm = $3 and te.key = d.to_key
    ), edges as (
        insert into ledger_edges (n, id, made, from_id, to_id)
        select p.n,
            coalesce(e.id, overlay(gen_random_uuid()::text placing $7 || lpad(to_hex(p.n >> 12 & 4095), 3, '0') || '-8'
                || lpad(to_hex(p.n & 4095), 3, '0') from 1)::uuid),
            e.id is null, p.from_id, p.to_id
        from named p
        left join entities e on e.org_id = $1 and e.kind = 'edge' and e.from_id = p.from_id
            and e.type = p.type and e.to_id = p.to_id and e.realm = $3 and e.key = p.key
        returning made
    )
    select count(*) filter (where made) from edges";

/// Ends the rows that no longer hold.
pub(super) const CLOSE: &str = "
    update facts f
    set valid_to = case when not w.void then w.since end, ended_at = case when not w.void then $5 end,
        superseded_at = case when w.void then $5 end, end_batch_id = $4
    from ledger_work w
    where f.org_id = $1 and f.id = w.fact_id";

/// What comes back is not believed to have held while it was not said.
pub(super) const NODE_FACTS: &str = "
    insert into facts (org_id, entity_id, kind, asserter_kind, asserter_id, external_id, labels, properties, digest,
        valid_from, recorded_at, batch_id)
    select $1, m.id, 'node', $6, $2, case when $6 = 'source' then s.external_id else m.id::text end, s.labels,
        s.properties, s.digest,
        case when m.made or w.since = $5 then w.since else (
            select case when w.since < max(p.valid_to) then greatest($5, max(p.valid_to)) else w.since end
            from facts p
            where p.org_id = $1 and p.entity_id = m.id and p.asserter_id = $2 and p.external_id = s.external_id
                and p.superseded_at is null) end,
        $5, $4
    from ledger_nodes m
    join ledger_work w on w.n = m.n
    join ledger_stage s on s.n = m.n";

/// Makes the edges that are new. Their ends are locked: nobody else makes the same ones meanwhile.
pub(super) const MAKE_EDGES: &str = "
    insert into entities (org_id, id, kind, realm, key, state, type, from_id, to_id, properties, sources, valid_from,
        recorded_at, batch_id)
    select $1, d.id, 'edge', $3, s.key,
        case when f.state = 'live' and t.state = 'live' then 'live' else 'waiting' end,
        s.type, d.from_id, d.to_id, s.properties,
        jsonb_build_array(jsonb_build_object('source_id', $2, 'external_id', s.external_id)), w.since, $5, $4
    from ledger_edges d
    join ledger_work w on w.n = d.n
    join ledger_stage s on s.n = d.n
    join entities f on f.org_id = $1 and f.id = d.from_id
    join entities t on t.org_id = $1 and t.id = d.to_id
    where d.made
    on conflict (org_id, from_id, type, to_id, realm, key) where kind = 'edge' do nothing";

/// Two that are said are the same edge, or somebody else made it before its ends were locked.
pub(super) const SAME_EDGES: &str = "
    update ledger_edges d
    set id = e.id, made = false
    from ledger_stage s, entities e
    where d.made and s.n = d.n and e.org_id = $1 and e.kind = 'edge' and e.from_id = d.from_id and e.type = s.type
        and e.to_id = d.to_id and e.realm = $3 and e.key = s.key and e.id <> d.id";

pub(super) const EDGE_FACTS: &str = "
    insert into facts (org_id, entity_id, kind, asserter_kind, asserter_id, external_id, type, from_id, to_id,
        from_own, to_own, properties, digest, valid_from, recorded_at, batch_id)
    select $1, m.id, 'edge', $6, $2, case when $6 = 'source' then s.external_id else m.id::text end, s.type,
        m.from_id, m.to_id, s.from_own, s.to_own, s.properties, s.digest,
        case when m.made or w.since = $5 then w.since else (
            select case when w.since < max(p.valid_to) then greatest($5, max(p.valid_to)) else w.since end
            from facts p
            where p.org_id = $1 and p.entity_id = m.id and p.asserter_id = $2 and p.external_id = s.external_id
                and p.superseded_at is null) end,
        $5, $4
    from ledger_edges m
    join ledger_work w on w.n = m.n
    join ledger_stage s on s.n = m.n";
