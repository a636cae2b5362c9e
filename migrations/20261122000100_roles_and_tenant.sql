-- The two roles that the server works as. Neither logs in, owns a table or bypasses a policy; the login role of
-- DATABASE_URL is a member of both. Roles belong to the whole cluster, so another database may have made them.
-- They are looked for first, since only a login with CREATEROLE may even try: a DBA can make them beforehand.
do $$
begin
    if not exists (select from pg_roles where rolname = 'agentcy_tenant') then
        create role agentcy_tenant nologin noinherit;
    end if;
exception when duplicate_object or unique_violation then null;
end $$;

do $$
begin
    if not exists (select from pg_roles where rolname = 'agentcy_system') then
        create role agentcy_system nologin noinherit;
    end if;
exception when duplicate_object or unique_violation then null;
end $$;

grant usage on schema public to agentcy_tenant, agentcy_system;

-- The org of the present connection. Without the setting it is null, which equals nothing: no row shows.
create function agentcy_org() returns uuid
    language sql stable parallel safe
    as $$ select nullif(current_setting('agentcy.org', true), '')::uuid $$;

-- What this database is called by what is kept outside of it, such as a graph file.
create table installation (
    only_one boolean primary key default true check (only_one),
    id uuid not null default gen_random_uuid(),
    created_at timestamptz not null default now()
);
insert into installation default values;
grant select on installation to agentcy_tenant, agentcy_system;
