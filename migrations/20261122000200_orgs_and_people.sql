create table orgs (
    id uuid primary key,
    name text not null check (char_length(name) between 1 and 100),
    timezone text not null default 'UTC',
    retention_days integer check (retention_days between 1 and 3650),
    features jsonb not null default '{}',
    approval_defaults jsonb not null
        default '{"read":"allow","write":"approve","destructive":"approve"}',
    approval_timeout_secs integer not null default 300
        check (approval_timeout_secs between 10 and 604800),
    require_other boolean not null default false,
    remote_workers boolean not null default false,
    oidc_issuer text,
    created_at timestamptz not null,
    updated_at timestamptz not null
);

-- A person, known to every org they are a member of. Local people have an e-mail and a password hash, others an
-- issuer and a subject; the two are never linked by e-mail.
create table users (
    id uuid primary key,
    email text not null check (char_length(email) between 3 and 254),
    name text not null check (char_length(name) between 1 and 100),
    avatar_url text,
    preferences jsonb not null default '{}',
    password_hash text,
    issuer text,
    subject text,
    platform_admin boolean not null default false,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    constraint user_has_one_way_in check ((issuer is null) = (subject is null)
        and (issuer is null) <> (password_hash is null))
);
create unique index user_email_key on users (lower(email)) where issuer is null;
create unique index user_subject_key on users (issuer, subject) where issuer is not null;

create table memberships (
    org_id uuid not null references orgs on delete cascade,
    user_id uuid not null references users on delete cascade,
    role text not null check (role in ('owner', 'admin', 'member', 'viewer')),
    realms text[] not null default '{*}',
    disabled_at timestamptz,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    primary key (org_id, user_id)
);
create index membership_user_idx on memberships (user_id);
create index membership_page_idx on memberships (org_id, created_at desc, user_id desc);

create table realms (
    org_id uuid not null references orgs on delete cascade,
    slug text not null check (slug ~ '^[a-z0-9-]{1,40}$'),
    name text not null,
    description text not null default '',
    built_in boolean not null default false,
    created_at timestamptz not null,
    primary key (org_id, slug)
);

alter table orgs enable row level security;
alter table orgs force row level security;
alter table users enable row level security;
alter table users force row level security;
alter table memberships enable row level security;
alter table memberships force row level security;
alter table realms enable row level security;
alter table realms force row level security;

create policy tenant on orgs to agentcy_tenant
    using (id = (select agentcy_org())) with check (id = (select agentcy_org()));
create policy tenant on users to agentcy_tenant
    using (exists (select from memberships m
                   where m.org_id = (select agentcy_org()) and m.user_id = users.id));
create policy tenant on memberships to agentcy_tenant
    using (org_id = (select agentcy_org())) with check (org_id = (select agentcy_org()));
create policy tenant on realms to agentcy_tenant
    using (org_id = (select agentcy_org())) with check (org_id = (select agentcy_org()));

grant select, update on orgs to agentcy_tenant;
grant select (id, email, name, avatar_url, preferences, password_hash, issuer, subject, platform_admin, created_at, updated_at),
    update (name, avatar_url, preferences, password_hash, updated_at) on users to agentcy_tenant;
grant select, insert, update, delete on memberships, realms to agentcy_tenant;

-- Before the org is known: the first start, registration, login, the issuer of a token.
create policy system on orgs to agentcy_system using (true) with check (true);
create policy system on users to agentcy_system using (true) with check (true);
create policy system on memberships to agentcy_system using (true) with check (true);
create policy system on realms to agentcy_system using (true) with check (true);
grant select, insert on orgs to agentcy_system;
grant select, insert on users to agentcy_system;
grant update (name, password_hash, updated_at) on users to agentcy_system;
grant select, insert on memberships to agentcy_system;
grant update (role, updated_at) on memberships to agentcy_system;
grant insert on realms to agentcy_system;
