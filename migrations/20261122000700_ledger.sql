-- Typo-tolerant search; in contrib, and trusted, so that the owner of the database may add it.
create extension if not exists pg_trgm;

-- One change of the ledger: a sync, or an edit. Written unnumbered; the sequencer numbers what is committed
-- (topic `facts`), and the projection follows the numbers.
create table fact_batches (
    id uuid primary key,
    org_id uuid not null references orgs on delete cascade,
    written bigint not null generated always as identity,
    seq bigint,
    at timestamptz not null,
    asserter_kind text not null check (asserter_kind in ('source', 'person', 'run')),
    asserter_id uuid not null,
    cause text not null,
    added bigint not null default 0,
    changed bigint not null default 0,
    archived bigint not null default 0
);
create unique index fact_batch_seq_key on fact_batches (org_id, seq) where seq is not null;
create index fact_batches_unnumbered_idx on fact_batches (written) where seq is null;

-- What facts are about, in its present state: the merge of its open facts. An awaited node is the end of an edge that
-- nobody has spoken of yet; an edge waits while one of its ends is not live. An edge's key is empty unless its source
-- tells parallel ones apart.
create table entities (
    org_id uuid not null references orgs on delete cascade,
    id uuid not null,
    kind text not null check (kind in ('node', 'edge')),
    realm text not null,
    key text not null,
    state text not null check (state in ('live', 'waiting', 'awaited', 'archived')),
    labels text[] not null default '{}',
    type text,
    from_id uuid,
    to_id uuid,
    properties jsonb not null default '{}',
    -- [{source_id, external_id}] of the sources that assert it now.
    sources jsonb not null default '[]',
    -- Property -> asserter, for a node or edge of which several speak; empty where one does.
    provenance jsonb not null default '{}',
    valid_from timestamptz,
    recorded_at timestamptz,
    archived_at timestamptz,
    -- The batch that last changed what is shown; the projection reads by it.
    batch_id uuid,
    primary key (org_id, id),
    constraint entity_ends check ((kind = 'edge') = (type is not null and from_id is not null and to_id is not null))
);
create unique index entity_node_key on entities (org_id, realm, key) where kind = 'node';
create unique index entity_edge_key on entities (org_id, from_id, type, to_id, realm, key) where kind = 'edge';
create index entities_to_idx on entities (org_id, to_id) where kind = 'edge';
create index entities_batch_idx on entities (org_id, batch_id, id);

-- What somebody asserts of an entity, and when it held. A row is never rewritten but to say when it ended: valid_to is
-- when it ceased to hold, ended_at when that was learned, superseded_at when the whole row was found wrong.
-- No foreign keys: the ledger writes both sides in one transaction, and checks a row at a time would double its time.
create table facts (
    id bigint primary key generated always as identity,
    org_id uuid not null references orgs on delete cascade,
    entity_id uuid not null,
    kind text not null check (kind in ('node', 'edge')),
    asserter_kind text not null check (asserter_kind in ('source', 'person', 'run')),
    asserter_id uuid not null,
    external_id text not null,
    labels text[] not null default '{}',
    type text,
    from_id uuid,
    to_id uuid,
    -- What its source calls the node at an end, where it named the end so and not by its key: when that node moves to
    -- another entity, so does the edge.
    from_own text,
    to_own text,
    properties jsonb not null,
    -- Of everything that was said, to tell without comparing whether it changed.
    digest uuid not null,
    valid_from timestamptz not null,
    valid_to timestamptz,
    recorded_at timestamptz not null,
    ended_at timestamptz,
    superseded_at timestamptz,
    batch_id uuid not null,
    end_batch_id uuid,
    -- What search looks at; of nodes only.
    title text,
    words tsvector,
    constraint fact_end check ((valid_to is null) = (ended_at is null))
);
create unique index fact_open_key on facts (org_id, asserter_id, kind, external_id)
    where valid_to is null and superseded_at is null;
create index facts_entity_idx on facts (org_id, entity_id);
create index facts_from_idx on facts (org_id, from_id) where kind = 'edge';
create index facts_to_idx on facts (org_id, to_id) where kind = 'edge';

-- How far the graph engine follows the ledger, and what is asked of the one that leads it.
create table projections (
    org_id uuid primary key references orgs on delete cascade,
    seq bigint not null default 0,
    at timestamptz,
    rebuild_asked_at timestamptz,
    rebuild_done bigint,
    rebuild_total bigint,
    fault text
);

alter table fact_batches enable row level security;
alter table fact_batches force row level security;
alter table entities enable row level security;
alter table entities force row level security;
alter table facts enable row level security;
alter table facts force row level security;
alter table projections enable row level security;
alter table projections force row level security;

create policy tenant on fact_batches to agentcy_tenant
    using (org_id = (select agentcy_org())) with check (org_id = (select agentcy_org()));
create policy tenant on entities to agentcy_tenant
    using (org_id = (select agentcy_org())) with check (org_id = (select agentcy_org()));
create policy tenant on facts to agentcy_tenant
    using (org_id = (select agentcy_org())) with check (org_id = (select agentcy_org()));
create policy tenant on projections to agentcy_tenant
    using (org_id = (select agentcy_org())) with check (org_id = (select agentcy_org()));
grant select, insert (id, org_id, at, asserter_kind, asserter_id, cause, added, changed, archived),
      update (added, changed, archived) on fact_batches to agentcy_tenant;
grant select, insert, update on entities, projections to agentcy_tenant;
-- What was said stays said: only its end is written afterwards.
grant select, insert, update (valid_to, ended_at, superseded_at, end_batch_id) on facts to agentcy_tenant;

create policy system on fact_batches to agentcy_system using (true) with check (true);
create policy system on projections to agentcy_system using (true) with check (true);
grant select (id, org_id, written, seq, at), update (seq) on fact_batches to agentcy_system;
grant select, insert, update on projections to agentcy_system;

-- A sync is compared with the ledger in a temporary table of its transaction.
do $$
begin
    execute format('grant temporary on database %I to agentcy_tenant', current_database());
end $$;
