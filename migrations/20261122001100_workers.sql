-- Daemons elsewhere that collect for the orgs whose owners let them. They belong to no org.
create table workers (
    id uuid primary key,
    name text not null,
    labels jsonb not null,
    capacity int not null check (capacity > 0),
    version text not null,
    registered_at timestamptz not null,
    beat_at timestamptz not null
);
create index workers_newest_idx on workers (registered_at desc, id desc);
alter table workers enable row level security;
alter table workers force row level security;
create policy system on workers to agentcy_system using (true) with check (true);
grant select, insert, update (beat_at), delete on workers to agentcy_system;

-- What is for them alone: runners beside the stores leave it, until it is stopped or was tried too often.
alter table jobs add column remote boolean not null default false;
drop index jobs_due_idx;
create index jobs_due_idx on jobs (run_at, id) where state = 'queued' and not remote;
create index jobs_remote_due_idx on jobs (run_at, id) where state = 'queued' and remote;
grant select (remote), update (remote) on jobs to agentcy_system;

-- What whoever does a job says of it, line by line.
create table job_logs (
    org_id uuid not null references orgs on delete cascade,
    job_id uuid not null references jobs on delete cascade,
    number int not null,
    at timestamptz not null,
    line text not null,
    primary key (job_id, number)
);
alter table job_logs enable row level security;
alter table job_logs force row level security;
create policy tenant on job_logs to agentcy_tenant
    using (org_id = (select agentcy_org())) with check (org_id = (select agentcy_org()));
grant select, insert on job_logs to agentcy_tenant;
