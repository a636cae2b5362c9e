-- Written unnumbered in the transaction of their cause; the sequencer numbers what is committed, in the order in which
-- it was written: ids of one millisecond have no order, and clocks of two machines differ.
create table audit (
    id uuid primary key,
    org_id uuid references orgs on delete cascade,
    written bigint not null generated always as identity,
    seq bigint,
    at timestamptz not null,
    actor text not null,
    action text not null,
    decision text not null check (decision in ('allowed', 'denied')),
    target text not null default '',
    details jsonb not null default '{}',
    request_id text not null default '',
    ip inet
);
create unique index audit_seq_key on audit (org_id, seq) where seq is not null;
create index audit_unnumbered_idx on audit (written) where seq is null and org_id is not null;

create table outbox (
    id uuid primary key,
    org_id uuid not null references orgs on delete cascade,
    topic text not null check (char_length(topic) between 1 and 100),
    written bigint not null generated always as identity,
    seq bigint,
    event text not null,
    at timestamptz not null,
    data jsonb not null,
    constraint outbox_topic_is_not_audit check (topic <> 'audit')
);
create unique index outbox_seq_key on outbox (org_id, topic, seq) where seq is not null;
create index outbox_unnumbered_idx on outbox (written) where seq is null;
create index outbox_age_idx on outbox (at) where seq is not null;

-- The last number given, per org and topic; the audit log counts as the topic `audit`.
create table sequences (
    org_id uuid not null references orgs on delete cascade,
    topic text not null,
    last bigint not null,
    primary key (org_id, topic)
);

-- Who alone may do something, and the fence that tells a former holder that it no longer may.
create table leases (
    name text primary key,
    holder uuid not null,
    fence bigint not null,
    expires_at timestamptz not null
);

-- The first answer to a request that may be repeated.
create table idempotency_keys (
    org_id uuid not null references orgs on delete cascade,
    principal text not null,
    method text not null,
    path text not null,
    key text not null,
    body_hash bytea not null,
    attempt uuid not null,
    lease_until timestamptz not null,
    status smallint,
    answer bytea,
    created_at timestamptz not null,
    primary key (org_id, principal, method, path, key),
    constraint idempotency_answer check ((status is null) = (answer is null))
);
create index idempotency_age_idx on idempotency_keys (created_at);

alter table audit enable row level security;
alter table audit force row level security;
alter table outbox enable row level security;
alter table outbox force row level security;
alter table sequences enable row level security;
alter table sequences force row level security;
alter table leases enable row level security;
alter table leases force row level security;
alter table idempotency_keys enable row level security;
alter table idempotency_keys force row level security;

create policy tenant on audit to agentcy_tenant
    using (org_id = (select agentcy_org())) with check (org_id = (select agentcy_org()));
create policy tenant on outbox to agentcy_tenant
    using (org_id = (select agentcy_org())) with check (org_id = (select agentcy_org()));
create policy tenant on sequences to agentcy_tenant using (org_id = (select agentcy_org()));
create policy tenant on idempotency_keys to agentcy_tenant
    using (org_id = (select agentcy_org())) with check (org_id = (select agentcy_org()));
-- Append only: what happened is not rewritten by whom it speaks of, and only the sequencer numbers.
grant select, insert (id, org_id, at, actor, action, decision, target, details, request_id, ip)
    on audit to agentcy_tenant;
grant select, insert (id, org_id, topic, event, at, data) on outbox to agentcy_tenant;
grant select on sequences to agentcy_tenant;
grant select, insert, update, delete on idempotency_keys to agentcy_tenant;

create policy system on audit to agentcy_system using (true) with check (true);
create policy system on outbox to agentcy_system using (true) with check (true);
create policy system on sequences to agentcy_system using (true) with check (true);
create policy system on leases to agentcy_system using (true) with check (true);
create policy system on idempotency_keys to agentcy_system using (true) with check (true);
grant select, insert (id, org_id, at, actor, action, decision, target, details, request_id, ip), update (seq)
    on audit to agentcy_system;
grant select, update (seq), delete on outbox to agentcy_system;
grant select, insert, update on sequences to agentcy_system;
grant select, insert, update, delete on leases to agentcy_system;
grant select, delete on idempotency_keys to agentcy_system;
