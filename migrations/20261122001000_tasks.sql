-- What happens without anyone asking: an agent, what it is told, and what sets it off.
create table tasks (
    id uuid primary key,
    org_id uuid not null references orgs on delete cascade,
    name text not null,
    agent_id uuid not null references agents,
    realm text,
    -- The principal whose rights its runs have.
    run_as text not null,
    -- Texts with places to be filled in; `prompt` is what the agent is told.
    input_template jsonb not null,
    limits jsonb not null default '{}',
    approval_defaults jsonb,
    approval_timeout_secs int,
    standing_approvals jsonb not null default '[]',
    enabled boolean not null default true,
    created_by text not null,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    constraint task_org_key unique (org_id, id),
    foreign key (org_id, realm) references realms
);
create unique index task_name_key on tasks (org_id, lower(name));
create index tasks_newest_idx on tasks (org_id, created_at desc, id desc);
create index tasks_of_agent_idx on tasks (agent_id);

-- What sets a task off: one trigger a task. Secrets of webhooks are sealed; the one before is good for a while after a
-- rotation.
create table triggers (
    id uuid primary key,
    org_id uuid not null references orgs on delete cascade,
    task_id uuid not null references tasks on delete cascade,
    kind text not null check (kind in ('manual', 'schedule', 'webhook', 'lifecycle')),
    cron text,
    timezone text not null default 'UTC',
    overlap text not null default 'skip' check (overlap in ('skip', 'queue', 'cancel_previous')),
    missed text not null default 'run_once' check (missed in ('skip', 'run_once')),
    events text[] not null default '{}',
    filter jsonb not null default '{}',
    dedupe_secs int not null default 300,
    require_timestamp boolean not null default false,
    header_id text,
    secret bytea,
    previous_secret bytea,
    previous_until timestamptz,
    -- The next tick, while the task is on; whoever moves it on makes the run of the tick in the same transaction.
    next_at timestamptz,
    -- When it was last not followed, and why: a chain of tasks that is too long, or its own doing.
    skipped_at timestamptz,
    skipped_why text,
    constraint trigger_task_key unique (task_id),
    constraint trigger_org_key unique (org_id, id),
    constraint trigger_schedule check ((kind = 'schedule') = (cron is not null)),
    constraint trigger_webhook check ((kind = 'webhook') = (secret is not null))
);
create index triggers_due_idx on triggers (next_at) where next_at is not null;
create index triggers_of_events_idx on triggers (org_id) where kind = 'lifecycle';

-- Each time that a task was set off. From the moment its agent runs, `run_id` tells how it stands until it is over.
-- Its task has an org: to check that of a run too would cost each of many that are written at once.
create table task_runs (
    id uuid primary key,
    org_id uuid not null,
    task_id uuid not null,
    state text not null check (state in ('pending', 'running', 'succeeded', 'failed', 'cancelled')),
    cause jsonb not null,
    -- The tasks that led to it, the first one first, without this one.
    causes uuid[] not null default '{}',
    -- What the template is filled in with, until that is done: the event, or what a person gave. A delivery is its own.
    payload jsonb,
    delivery_id uuid,
    -- The time of the tick.
    tick timestamptz,
    -- What was filled in.
    input jsonb,
    output text,
    error jsonb,
    run_id uuid,
    conversation_id uuid references conversations on delete set null,
    created_at timestamptz not null,
    started_at timestamptz,
    finished_at timestamptz,
    constraint task_run_finished check ((state in ('succeeded', 'failed', 'cancelled')) = (finished_at is not null)),
    foreign key (org_id, task_id) references tasks (org_id, id) on delete cascade
);
-- No tick of a task runs twice.
create unique index task_tick_key on task_runs (task_id, tick) where tick is not null;
create index task_runs_newest_idx on task_runs (task_id, created_at desc, id desc);
create index task_runs_active_idx on task_runs (task_id, created_at, id) where state in ('pending', 'running');
create index task_runs_begun_idx on task_runs (task_id, started_at) where started_at is not null;
create index task_runs_ended_idx on task_runs (finished_at) where finished_at is not null;

-- What came in by webhook. The key tells whether it came before. Its trigger has an org.
create table deliveries (
    id uuid primary key,
    org_id uuid not null,
    trigger_id uuid not null,
    task_run_id uuid not null,
    key bytea not null,
    headers jsonb not null,
    content_type text,
    body bytea not null,
    received_at timestamptz not null,
    -- Until when a repeat is known.
    expires_at timestamptz not null,
    constraint delivery_key unique (trigger_id, key),
    foreign key (org_id, trigger_id) references triggers (org_id, id) on delete cascade
);
alter table deliveries alter column body set storage external;
create index deliveries_age_idx on deliveries (expires_at);

-- The conversation of a task's run belongs to the org, and its run knows what it is for and what led to it.
alter table conversations add column task_id uuid references tasks on delete set null;
create index conversations_of_task_idx on conversations (task_id) where task_id is not null;
alter table runs add column task_run_id uuid;
alter table runs add column causes uuid[] not null default '{}';
grant select (causes) on runs to agentcy_system;

-- Who is told of an event, and which tasks led to it.
alter table outbox add column realm text;
alter table outbox add column owner text;
alter table outbox add column causes uuid[] not null default '{}';
grant insert (realm, owner, causes) on outbox to agentcy_tenant;

do $$
declare
    name text;
begin
    foreach name in array array['tasks', 'triggers', 'task_runs', 'deliveries']
    loop
        execute format('alter table %I enable row level security', name);
        execute format('alter table %I force row level security', name);
        execute format('create policy tenant on %I to agentcy_tenant
            using (org_id = (select agentcy_org())) with check (org_id = (select agentcy_org()))', name);
        execute format('grant select, insert, update, delete on %I to agentcy_tenant', name);
    end loop;
end
$$;

-- A delivery names its trigger and no org; a tick is looked for across orgs; what is old is swept.
create policy system on triggers to agentcy_system using (true) with check (true);
grant select (id, org_id, task_id, kind, dedupe_secs, require_timestamp, header_id, secret, previous_secret,
              previous_until, next_at)
    on triggers to agentcy_system;
create policy system on tasks to agentcy_system using (true) with check (true);
grant select (id, org_id, enabled, realm, run_as) on tasks to agentcy_system;
create policy system on deliveries to agentcy_system using (true) with check (true);
grant select (id, task_run_id, expires_at), delete on deliveries to agentcy_system;
create policy system on task_runs to agentcy_system using (true) with check (true);
grant select (id, task_id, state, created_at, finished_at), delete on task_runs to agentcy_system;

-- The many jobs that are about nothing are in no list of a subject.
drop index jobs_of_subject_idx;
create index jobs_of_subject_idx on jobs (org_id, subject, created_at desc, id desc) where subject is not null;

-- What a run was permitted, and who decided and stopped in it: read with a run of a task.
create index audit_of_run_idx on audit (org_id, request_id) where ip is null;
create index audit_of_thing_idx on audit (org_id, target)
    where action in ('approval.decide', 'run.cancel', 'task.run', 'task.run.cancel', 'task.trigger');
