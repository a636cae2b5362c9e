-- What answers: instructions, tools, limits, and what it may do without asking.
create table agents (
    id uuid primary key,
    org_id uuid not null references orgs on delete cascade,
    name text not null,
    instructions text not null,
    model text,
    -- Names of tools; none listed means every tool.
    tools jsonb not null default '[]',
    realm text,
    limits jsonb not null default '{}',
    approval_defaults jsonb,
    standing_approvals jsonb not null default '[]',
    created_by text not null,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    foreign key (org_id, realm) references realms
);
create unique index agent_name_key on agents (org_id, lower(name));
create index agents_newest_idx on agents (org_id, created_at desc, id desc);

-- Whoever owns a conversation reads it, and admins; one without an owner is the org's.
create table conversations (
    id uuid primary key,
    org_id uuid not null references orgs on delete cascade,
    owner text,
    agent_id uuid references agents on delete set null,
    title text not null default '',
    realm text,
    archived boolean not null default false,
    -- The last number of the log that is committed, and the last that somebody may have been shown: numbers are
    -- reserved in blocks before they are used, so that none is used twice after a crash.
    last_seq bigint not null default 0,
    reserved bigint not null default 0,
    -- The run that answers now, or is parked; others wait for it.
    active_run uuid,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    foreign key (org_id, realm) references realms
);
create index conversations_of_owner_idx on conversations (org_id, owner, updated_at desc, id desc);
create index conversations_latest_idx on conversations (org_id, updated_at desc, id desc);
create index conversations_of_agent_idx on conversations (agent_id) where agent_id is not null;

-- An answer being given. Who gives it holds a lease; its fence tells a former holder that it no longer may.
create table runs (
    id uuid primary key,
    org_id uuid not null references orgs on delete cascade,
    conversation_id uuid not null references conversations on delete cascade,
    agent_id uuid references agents on delete set null,
    message_id uuid not null,
    starter text not null,
    state text not null check (state in ('pending', 'running', 'waiting_approval', 'succeeded', 'failed', 'cancelled')),
    -- What the model is told first, as it was when the run began; none before it has begun.
    system text,
    limits jsonb not null default '{}',
    tainted boolean not null default false,
    step int not null default 0,
    in_tokens bigint not null default 0,
    out_tokens bigint not null default 0,
    cost_usd double precision not null default 0,
    active_ms bigint not null default 0,
    model text,
    output text,
    finish_reason text,
    error jsonb,
    cancel boolean not null default false,
    -- Whether it was stopped to make way for another message.
    superseded boolean not null default false,
    attempt int not null default 0,
    fence bigint not null default 0,
    lease_until timestamptz,
    holder text,
    -- When somebody should take it up: now, or when nobody has decided in time. None while it waits behind another.
    wake_at timestamptz,
    created_at timestamptz not null,
    started_at timestamptz,
    finished_at timestamptz,
    constraint run_finished check ((state in ('succeeded', 'failed', 'cancelled')) = (finished_at is not null)),
    constraint run_leased check ((state = 'running') = (lease_until is not null))
);
-- A conversation is deleted with all that refers to it, so indexes of what it has begin with it, not with the org.
create index runs_due_idx on runs (wake_at) where state in ('pending', 'waiting_approval') and wake_at is not null;
create index runs_lease_idx on runs (lease_until) where state = 'running';
create index runs_of_conversation_idx on runs (conversation_id, created_at desc, id desc);
create index runs_of_agent_idx on runs (agent_id, created_at desc, id desc) where agent_id is not null;

-- The log: a row for what was committed together, one line an event: its number, its name and its data, parted by
-- spaces. What was streamed is read back as it was, byte for byte.
create table conversation_log (
    org_id uuid not null references orgs on delete cascade,
    conversation_id uuid not null references conversations on delete cascade,
    first_seq bigint not null,
    last_seq bigint not null,
    run_id uuid not null,
    fence bigint not null,
    at timestamptz not null,
    events text not null,
    primary key (conversation_id, first_seq)
);
create index conversation_log_of_run_idx on conversation_log (run_id);

-- The finished reading of the log for history and context: what was said, by whom, in which order.
create table messages (
    id uuid primary key,
    org_id uuid not null references orgs on delete cascade,
    conversation_id uuid not null references conversations on delete cascade,
    run_id uuid not null references runs on delete cascade,
    role text not null check (role in ('user', 'assistant', 'summary')),
    state text not null check (state in ('queued', 'streaming', 'complete', 'failed', 'cancelled')),
    -- The number of its first event; none while it is queued.
    seq bigint,
    -- Of a summary: the number of the last event that it stands for.
    through bigint,
    parts jsonb not null default '[]',
    model text,
    usage jsonb,
    finish_reason text,
    error jsonb,
    created_at timestamptz not null,
    finished_at timestamptz
);
create index messages_of_conversation_idx on messages (conversation_id, (coalesce(seq, 9223372036854775807)) desc, id desc);
create index messages_of_run_idx on messages (run_id);

-- What a model asked for. The claim stands before the effect, so that no effect is repeated.
create table tool_calls (
    id uuid primary key,
    org_id uuid not null references orgs on delete cascade,
    conversation_id uuid not null references conversations on delete cascade,
    run_id uuid not null references runs on delete cascade,
    message_id uuid not null,
    step int not null,
    ordinal int not null,
    -- The name that the provider gave the call.
    provider_id text not null,
    name text not null,
    connector text,
    tool text,
    args jsonb not null,
    effect text check (effect in ('read', 'write', 'destructive')),
    state text not null check (state in ('requested', 'waiting', 'claimed', 'done', 'failed', 'refused', 'unknown', 'cancelled')),
    -- Why it was let pass: default, approval, remembered or standing.
    passed_by text,
    result jsonb,
    created_at timestamptz not null,
    started_at timestamptz,
    finished_at timestamptz,
    constraint tool_call_key unique (run_id, step, ordinal)
);
create index tool_calls_of_conversation_idx on tool_calls (conversation_id, created_at desc, id desc);

-- What a person decides. It is bound to what would run: the tool, the arguments and the version of the connector.
create table approvals (
    id uuid primary key,
    org_id uuid not null references orgs on delete cascade,
    conversation_id uuid not null references conversations on delete cascade,
    run_id uuid not null references runs on delete cascade,
    tool_call_id uuid not null references tool_calls on delete cascade,
    tool text not null,
    connector text,
    args jsonb not null,
    -- What may be put in place of the arguments.
    args_schema jsonb not null,
    digest bytea not null,
    effect text not null check (effect in ('read', 'write', 'destructive')),
    reason text not null,
    requested_by text not null,
    state text not null check (state in ('pending', 'approved', 'denied', 'expired', 'cancelled', 'superseded')),
    decided_by text,
    note text,
    remember_until timestamptz,
    expires_at timestamptz not null,
    created_at timestamptz not null,
    decided_at timestamptz,
    constraint approval_decided check ((state = 'pending') = (decided_at is null)),
    constraint approval_call_key unique (tool_call_id)
);
create index approvals_waiting_idx on approvals (org_id, created_at desc, id desc) where state = 'pending';
create index approvals_decided_idx on approvals (org_id, created_at desc, id desc) where state <> 'pending';
create index approvals_of_conversation_idx on approvals (conversation_id, created_at desc, id desc);
create index approvals_remembered_idx on approvals (conversation_id, digest) where remember_until is not null;
create index approvals_of_run_idx on approvals (run_id);

-- How often a standing approval was made use of on a day (UTC).
create table standing_uses (
    org_id uuid not null references orgs on delete cascade,
    -- The agent or task that has it.
    subject uuid not null,
    connector text not null,
    tool text not null,
    day date not null,
    uses int not null,
    primary key (org_id, subject, connector, tool, day)
);

do $$
declare
    name text;
begin
    foreach name in array array['agents', 'conversations', 'runs', 'conversation_log', 'messages', 'tool_calls',
                                'approvals', 'standing_uses']
    loop
        execute format('alter table %I enable row level security', name);
        execute format('alter table %I force row level security', name);
        execute format('create policy tenant on %I to agentcy_tenant
            using (org_id = (select agentcy_org())) with check (org_id = (select agentcy_org()))', name);
        execute format('grant select, insert, update, delete on %I to agentcy_tenant', name);
    end loop;
end
$$;
-- The log is appended to, and goes with its conversation.
revoke update, delete on conversation_log from agentcy_tenant;

-- Who takes up runs looks across orgs; what a run holds is read in its own org afterwards.
create policy system on runs to agentcy_system using (true) with check (true);
grant select (id, org_id, conversation_id, state, starter, cancel, attempt, fence, lease_until, holder, wake_at),
      update (state, attempt, fence, lease_until, holder, wake_at)
    on runs to agentcy_system;
