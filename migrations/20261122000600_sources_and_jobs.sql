-- What an org has connected. Credentials are sealed; the cursor is the connector's own note of how far its last
-- applied sync went.
create table sources (
    id uuid primary key,
    org_id uuid not null references orgs on delete cascade,
    name text not null,
    source_type text not null,
    realm text not null,
    config jsonb not null,
    credentials bytea,
    cursor jsonb,
    content_id uuid,
    content_bytes bigint,
    created_by text not null,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    foreign key (org_id, realm) references realms
);
create unique index source_name_key on sources (org_id, lower(name));
create index sources_newest_idx on sources (org_id, created_at desc, id desc);

-- What was uploaded for a source, in pieces; sources.content_id names the upload that counts.
create table source_contents (
    org_id uuid not null references orgs on delete cascade,
    source_id uuid not null references sources on delete cascade,
    content_id uuid not null,
    piece int not null,
    bytes bytea not null,
    primary key (source_id, content_id, piece)
);
alter table source_contents alter column bytes set storage external;

-- Work that somebody waits for. The kind is the present half: what was collected is applied by the same row.
create table jobs (
    id uuid primary key,
    org_id uuid not null references orgs on delete cascade,
    kind text not null,
    subject uuid,
    state text not null check (state in ('queued', 'running', 'succeeded', 'failed', 'cancelled')),
    payload jsonb not null,
    made_by text not null,
    attempt int not null default 0,
    max_attempts int not null,
    run_at timestamptz not null,
    lease_until timestamptz,
    fence bigint not null default 0,
    holder text,
    cancel boolean not null default false,
    done bigint not null default 0,
    total bigint,
    counts jsonb,
    errors jsonb not null default '[]',
    -- Why it is dead: no further attempt will be made.
    reason text,
    batch_id uuid,
    created_at timestamptz not null,
    started_at timestamptz,
    finished_at timestamptz,
    constraint job_finished check ((state in ('succeeded', 'failed', 'cancelled')) = (finished_at is not null)),
    constraint job_leased check ((state = 'running') = (lease_until is not null))
);
create unique index job_subject_key on jobs (org_id, subject) where subject is not null and state in ('queued', 'running');
create index jobs_due_idx on jobs (run_at, id) where state = 'queued';
create index jobs_lease_idx on jobs (lease_until) where state = 'running';
create index jobs_ended_idx on jobs (finished_at) where finished_at is not null;
create index jobs_of_subject_idx on jobs (org_id, subject, created_at desc, id desc);

-- What was collected and is not yet applied: NDJSON, a batch a row, which may be sent again.
create table job_records (
    org_id uuid not null references orgs on delete cascade,
    job_id uuid not null references jobs on delete cascade,
    fence bigint not null,
    batch int not null,
    records bytea not null,
    primary key (job_id, fence, batch)
);
alter table job_records alter column records set storage external;

alter table sources enable row level security;
alter table sources force row level security;
alter table source_contents enable row level security;
alter table source_contents force row level security;
alter table jobs enable row level security;
alter table jobs force row level security;
alter table job_records enable row level security;
alter table job_records force row level security;

create policy tenant on sources to agentcy_tenant
    using (org_id = (select agentcy_org())) with check (org_id = (select agentcy_org()));
create policy tenant on source_contents to agentcy_tenant
    using (org_id = (select agentcy_org())) with check (org_id = (select agentcy_org()));
create policy tenant on jobs to agentcy_tenant
    using (org_id = (select agentcy_org())) with check (org_id = (select agentcy_org()));
create policy tenant on job_records to agentcy_tenant
    using (org_id = (select agentcy_org())) with check (org_id = (select agentcy_org()));
grant select, insert, update, delete on sources, source_contents, jobs, job_records to agentcy_tenant;

-- Claims look across orgs; what a job holds is read in its own org afterwards.
create policy system on jobs to agentcy_system using (true) with check (true);
grant select (id, org_id, kind, subject, state, made_by, attempt, max_attempts, run_at, lease_until, fence, holder,
              cancel, created_at, started_at, finished_at),
      update (state, attempt, run_at, lease_until, fence, holder, started_at, finished_at, reason),
      delete
    on jobs to agentcy_system;
