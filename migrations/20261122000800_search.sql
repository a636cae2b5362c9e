-- Whether a fact is seen by who asks what held at as_of, knowing what was known at known_at; without them, what is open
-- now. An end that was learned later does not count.
create function fact_shows(
    valid_from timestamptz, valid_to timestamptz,
    recorded_at timestamptz, ended_at timestamptz, superseded_at timestamptz,
    as_of timestamptz, known_at timestamptz
) returns boolean
    language sql immutable parallel safe
    return recorded_at <= coalesce(known_at, 'infinity')
       and (superseded_at is null or superseded_at > coalesce(known_at, 'infinity'))
       and valid_from <= coalesce(as_of, 'infinity')
       and (ended_at is null or ended_at > coalesce(known_at, 'infinity') or valid_to > coalesce(as_of, 'infinity'));

-- The tenant in an index beside words; in contrib, and trusted like pg_trgm.
create extension if not exists btree_gin;

-- A text as search compares it: without accents, in lower case, cut where a name is put together (camelCase, snake_case,
-- paths, dots). The ranges are spelled out, so that it is the same in every locale.
create function search_fold(value text) returns text
    language plpgsql immutable strict parallel safe
as $$
begin
    if octet_length(value) > length(value) then
        value := translate(regexp_replace(normalize(value, nfkd), '[\u0300-\u036f]', '', 'g'),
                           'ØøŁłĐđÆæŒœßı', 'OoLlDdAaOosi');
    end if;
    if value ~ '[a-z0-9][A-Z]|[A-Z][A-Z][a-z]' then
        value := regexp_replace(value, '([a-z0-9])(?=[A-Z])|([A-Z])(?=[A-Z][a-z])', '\1\2 ', 'g');
    end if;
    return regexp_replace(lower(value), '[!-/:-@[-`{-~]+', ' ', 'g');
end $$;

-- The same with composed names in one piece, for who writes them so: payment-service and PaymentService become
-- paymentservice. Null when there is none.
create function search_joined(value text) returns text
    language plpgsql immutable strict parallel safe
as $$
begin
    if value !~ '[A-Za-z0-9][-_][A-Za-z0-9]|[a-z0-9][A-Z]|[A-Z][A-Z][a-z]' then
        return null;
    end if;
    return regexp_replace(regexp_replace(lower(value), '[-_]+', '', 'g'), '[!-/:-@[-`{-~]+', ' ', 'g');
end $$;

-- A property as text, cut to a length; null unless it is a string or a number.
create function search_text(properties jsonb, name text, length integer) returns text
    language sql immutable parallel safe
    return case when jsonb_typeof(properties -> name) in ('string', 'number')
                then left(properties ->> name, length) end;

-- What a node is called: its name and title. Cut, as all that is searched: a text of a megabyte is found by its beginning.
create function search_title(properties jsonb) returns text
    language plpgsql immutable strict parallel safe
as $$
declare
    name text := public.search_text(properties, 'name', 300);
    title text := public.search_text(properties, 'title', 300);
begin
    return btrim(public.search_fold(concat_ws(' ', name, nullif(title, name))));
end $$;

-- The words of a node: name and title weigh most, then labels and ids, then the description. What it is called is one
-- more word, behind a sign that no other has, for who knows the whole of it.
create function search_words(labels text[], properties jsonb, ids text) returns tsvector
    language plpgsql immutable parallel safe
as $$
declare
    name text := public.search_text(properties, 'name', 300);
    title text := public.search_text(properties, 'title', 300);
    called text := concat_ws(' ', name, nullif(title, name));
    known text := left(concat_ws(' ', array_to_string(labels, ' '), ids), 4000);
    description text := public.search_text(properties, 'description', 2000);
    joined text := public.search_joined(called || ' ' || known);
    folded text := btrim(public.search_fold(called));
    words tsvector := setweight(to_tsvector('simple', folded), 'A')
                   || setweight(to_tsvector('simple', public.search_fold(known)), 'B');
begin
    if octet_length(folded) between 1 and 1000 then
        words := words || array_to_tsvector(array['=' || folded]);
    end if;
    if description is not null then
        words := words || to_tsvector('simple', public.search_fold(description));
    end if;
    if joined is not null then
        words := words || strip(to_tsvector('simple', joined));
    end if;
    return words;
end $$;

-- The ids of a node that people know it by: its shared key, and what its sources call it.
create function search_ids(key text, sources jsonb) returns text
    language sql immutable parallel safe
    return concat_ws(' ', case when key like 'k:%' then substr(key, 3) end,
                     jsonb_path_query_array(sources, '$[*].external_id') #>> '{}');

-- What a filter asks for, as a number: two things share one as rarely as two random numbers do.
create function search_mark(kind text, value text) returns bigint
    language sql immutable strict parallel safe
    return hashtextextended(value, hashtextextended(kind, 0));

create function search_property_mark(name text, value jsonb) returns bigint
    language sql immutable strict parallel safe
    return jsonb_hash_extended(value, hashtextextended(name, 1));

-- All that a node is filtered by: its tenant, its realm, labels, properties of one value, sources, and what those call it.
-- Numbers and truth values count as the text they are written as too, so that one mark finds whatever is written so.
create function search_marks(org_id uuid, realm text, labels text[], properties jsonb, sources jsonb) returns bigint[]
    language sql immutable parallel safe
    return array[search_mark('org', org_id::text), search_mark(org_id::text, realm)]
        || array(select search_mark('label', label) from unnest(labels) label)
        || array(select search_property_mark(key, value) from jsonb_each(properties)
                 where jsonb_typeof(value) in ('string', 'number'))
        || array(select search_property_mark(key, to_jsonb(coalesce(trim_scale(written::numeric)::text, value #>> '{}')))
                 from jsonb_each(properties)
                 cross join lateral (select case jsonb_typeof(value) when 'number' then value end as written) w
                 where jsonb_typeof(value) in ('number', 'boolean'))
        || array(select unnest(array[search_mark('source', said ->> 'source_id'),
                                     search_mark('called', said ->> 'external_id')])
                 from jsonb_array_elements(sources) said);

-- What search looks at: a row of each live node, beside the node itself, because a search that finds ten thousand looks
-- at ten thousand rows, and those are narrow. The ledger writes them with the nodes.
create table searched_nodes (
    org_id uuid not null,
    id uuid not null,
    words tsvector not null,
    marks bigint[] not null,
    primary key (org_id, id)
);
create index searched_nodes_search_idx on searched_nodes using gin (marks, words)
    with (gin_pending_list_limit = 1024);
alter table searched_nodes enable row level security;
alter table searched_nodes force row level security;
create policy tenant on searched_nodes to agentcy_tenant
    using (org_id = (select agentcy_org())) with check (org_id = (select agentcy_org()));
grant select, insert, update, delete on searched_nodes to agentcy_tenant;

-- The words of which names are made, each once, for who misspells one: to compare them is dear, and most names have a word
-- that many have. Nothing is unique here, so that two syncs never wait for each other over a word, and nothing is ever
-- taken out: a word that no node holds any more is known by that.
create table searched_spellings (
    org_id uuid not null,
    realm text not null,
    spelling text not null
);
create index searched_spellings_idx on searched_spellings (spelling, org_id, realm);
create index searched_spellings_search_idx on searched_spellings using gin (org_id, spelling gin_trgm_ops)
    with (gin_pending_list_limit = 1024);
alter table searched_spellings enable row level security;
alter table searched_spellings force row level security;
create policy tenant on searched_spellings to agentcy_tenant
    using (org_id = (select agentcy_org())) with check (org_id = (select agentcy_org()));
grant select, insert on searched_spellings to agentcy_tenant;

-- Tells the planner of what a large change wrote, and puts it into the index, both of which wait for a worker of
-- PostgreSQL else: without it the newest of many matches are found by sorting all nodes, and a page of nodes by reading
-- all of them. Tables that did not grow much are still known. Only owners may.
create function search_settle() returns void
    language plpgsql security definer set search_path = public, pg_temp
as $$
declare
    grown regclass;
begin
    analyze (skip_locked) searched_nodes;
    perform gin_clean_pending_list('searched_nodes_search_idx');
    for grown in
        select oid from pg_class
        where oid in ('entities'::regclass, 'facts'::regclass)
            and pg_relation_size(oid) > 1.5 * relpages * current_setting('block_size')::integer
    loop
        execute format('analyze (skip_locked) %s', grown);
    end loop;
end $$;
revoke execute on function search_settle() from public;
grant execute on function search_settle() to agentcy_tenant;

-- Nodes as rows of it, whether they are shown or not.
create view search_rows with (security_invoker = true) as
    select org_id, id, realm, state = 'live' as shown, search_title(properties) as title,
        search_words(labels, properties, search_ids(key, sources)) as words,
        search_marks(org_id, realm, labels, properties, sources) as marks
    from entities
    where kind = 'node';
grant select on search_rows to agentcy_tenant;

-- As for the other columns of facts: a check a row is a tenth of what a first sync takes, and no org is ever deleted
-- under its ledger.
alter table entities drop constraint entities_org_id_fkey;
alter table facts drop constraint facts_org_id_fkey;

alter table facts drop column title, drop column words;
alter table facts
    add column words tsvector generated always as (
        case when kind = 'node' then search_words(labels, properties, external_id) end) stored;

create index facts_search_idx on facts using gin (org_id, words)
    with (gin_pending_list_limit = 1024)
    where kind = 'node';
create index entities_nodes_idx on entities (org_id, id) include (state) where kind = 'node';
create index entities_edges_idx on entities (org_id, realm, type) where kind = 'edge' and state = 'live';
create index entities_waiting_idx on entities (org_id, id) where kind = 'edge' and state = 'waiting';

-- The door of search. Under a policy PostgreSQL uses no index for @@, @> and %>: they might tell of a row of another
-- tenant by the error they raise, so they run after the policy. Ours raise none. These views read as their owner, for whom
-- the policy is always true and so no bar, and fence the tenant themselves, by the setting that the policies go by;
-- nobody becomes the owner but who migrates. The fence of nodes is none that another index would be read for. A place is
-- good within one statement.
create policy search on searched_nodes for select to current_user using (true);
create policy search on searched_spellings for select to current_user using (true);
create policy search on facts for select to current_user using (true);
create view search_nodes as
    select org_id, id, words, marks, ctid as place
    from searched_nodes
    where org_id is not distinct from (select agentcy_org());
create view search_spellings as
    select org_id, realm, spelling
    from searched_spellings
    where org_id = (select agentcy_org());
create view search_facts as
    select org_id, entity_id, words, valid_from, valid_to, recorded_at, ended_at, superseded_at
    from facts
    where kind = 'node' and org_id = (select agentcy_org());
grant select on search_nodes, search_spellings, search_facts to agentcy_tenant;
