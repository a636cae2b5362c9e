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

-- The tenant in an index beside words and labels; in contrib, and trusted like pg_trgm.
create extension if not exists btree_gin;

-- All of it is computed by the tables themselves: whoever writes entities and facts names none of it.

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

alter table entities
    add column title text generated always as (
        case when kind = 'node' then search_title(properties) end) stored,
    add column words tsvector generated always as (
        case when kind = 'node' then search_words(labels, properties, search_ids(key, sources)) end) stored;

alter table facts drop column title, drop column words;
alter table facts
    add column words tsvector generated always as (
        case when kind = 'node' then search_words(labels, properties, external_id) end) stored;

create index entities_search_idx on entities
    using gin (org_id, realm, words, labels, properties jsonb_path_ops, sources jsonb_path_ops, title gin_trgm_ops)
    with (gin_pending_list_limit = 1024)
    where kind = 'node' and state = 'live';
create index facts_search_idx on facts using gin (org_id, words)
    with (gin_pending_list_limit = 1024)
    where kind = 'node';
create index entities_nodes_idx on entities (org_id, id) include (state) where kind = 'node';
create index entities_edges_idx on entities (org_id, realm, type) where kind = 'edge' and state = 'live';
create index entities_waiting_idx on entities (org_id, id) where kind = 'edge' and state = 'waiting';

-- The door of search. Under a policy PostgreSQL uses no index for @@, @> and %>: they might tell of a row of another
-- tenant by the error they raise, so they run after the policy. Ours raise none. These views read as their owner, for whom
-- the policy is always true and so no bar, and fence the tenant themselves, by the setting that the policies go by;
-- nobody becomes the owner but who migrates.
create policy search on entities for select to current_user using (true);
create policy search on facts for select to current_user using (true);
create view search_nodes as
    select org_id, id, realm, labels, properties, sources, title, words
    from entities
    where kind = 'node' and state = 'live' and org_id = (select agentcy_org());
create view search_facts as
    select org_id, entity_id, words, valid_from, valid_to, recorded_at, ended_at, superseded_at
    from facts
    where kind = 'node' and org_id = (select agentcy_org());
grant select on search_nodes, search_facts to agentcy_tenant;
