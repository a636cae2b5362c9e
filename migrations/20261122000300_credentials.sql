-- A signed-in session. Its token names a generation; a refresh makes the next one, and an old one that comes back
-- to be refreshed again ends the session.
create table sessions (
    id uuid primary key,
    org_id uuid not null references orgs on delete cascade,
    user_id uuid not null references users on delete cascade,
    kind text not null check (kind in ('bearer', 'cookie')),
    generation integer not null default 1,
    created_at timestamptz not null,
    refreshed_at timestamptz not null,
    expires_at timestamptz not null,
    revoked_at timestamptz,
    foreign key (org_id, user_id) references memberships on delete cascade
);
create index session_user_idx on sessions (user_id) where revoked_at is null;
create index session_expiry_idx on sessions (expires_at);

create table api_keys (
    id uuid primary key,
    org_id uuid not null references orgs on delete cascade,
    name text not null check (char_length(name) between 1 and 100),
    notes text not null default '' check (char_length(notes) <= 2000),
    role text not null check (role in ('owner', 'admin', 'member', 'viewer')),
    realms text[] not null default '{*}',
    can_approve boolean not null default false,
    allowed_ips text[] not null default '{}',
    secret_hash bytea not null,
    fingerprint text not null,
    previous_hash bytea,
    previous_until timestamptz,
    expires_at timestamptz,
    created_by uuid references users on delete set null,
    created_at timestamptz not null,
    last_used_at timestamptz,
    revoked_at timestamptz,
    constraint api_key_rotation check ((previous_hash is null) = (previous_until is null))
);
create unique index api_key_name_key on api_keys (org_id, name) where revoked_at is null;
create index api_key_page_idx on api_keys (org_id, created_at desc, id desc) where revoked_at is null;

create table invites (
    id uuid primary key,
    org_id uuid not null references orgs on delete cascade,
    email text not null check (char_length(email) between 3 and 254),
    role text not null check (role in ('owner', 'admin', 'member', 'viewer')),
    realms text[] not null default '{*}',
    token_hash bytea not null unique,
    invited_by uuid references users on delete set null,
    created_at timestamptz not null,
    expires_at timestamptz not null,
    accepted_at timestamptz
);
create unique index invite_email_key on invites (org_id, lower(email)) where accepted_at is null;
create index invite_page_idx on invites (org_id, created_at desc, id desc) where accepted_at is null;

alter table sessions enable row level security;
alter table sessions force row level security;
alter table api_keys enable row level security;
alter table api_keys force row level security;
alter table invites enable row level security;
alter table invites force row level security;

create policy tenant on sessions to agentcy_tenant
    using (org_id = (select agentcy_org())) with check (org_id = (select agentcy_org()));
create policy tenant on api_keys to agentcy_tenant
    using (org_id = (select agentcy_org())) with check (org_id = (select agentcy_org()));
create policy tenant on invites to agentcy_tenant
    using (org_id = (select agentcy_org())) with check (org_id = (select agentcy_org()));
grant select, update (revoked_at) on sessions to agentcy_tenant;
grant select, insert, update, delete on api_keys, invites to agentcy_tenant;

-- Before the org is known: the check of a session, a key, an invitation; the end of what has expired.
create policy system on sessions to agentcy_system using (true) with check (true);
create policy system on api_keys to agentcy_system using (true) with check (true);
create policy system on invites to agentcy_system using (true) with check (true);
grant select, insert, delete on sessions to agentcy_system;
grant update (generation, refreshed_at, revoked_at) on sessions to agentcy_system;
grant select on api_keys to agentcy_system;
grant update (last_used_at) on api_keys to agentcy_system;
grant select, delete on invites to agentcy_system;
grant update (accepted_at) on invites to agentcy_system;
