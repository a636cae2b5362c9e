-- A task or an agent may have more runs than one statement deletes in time. It is marked, which nobody sees who looks for
-- it, and the sweep takes away what it has, a batch at a time, and then itself.
alter table tasks add column deleted_at timestamptz;
alter table tasks alter column agent_id drop not null;
alter table tasks add constraint task_agent check (agent_id is not null or deleted_at is not null);
drop index task_name_key;
create unique index task_name_key on tasks (org_id, lower(name)) where deleted_at is null;
create index tasks_deleted_idx on tasks (id) where deleted_at is not null;
alter table agents add column deleted_at timestamptz;
drop index agent_name_key;
create unique index agent_name_key on agents (org_id, lower(name)) where deleted_at is null;
create index agents_deleted_idx on agents (id) where deleted_at is not null;
create index runs_unfinished_of_agent_idx on runs (agent_id)
    where state in ('pending', 'running', 'waiting_approval');

-- The conversation of a run of a task is one for good: it goes when it is old, and needs no index of its task.
alter table conversations drop constraint conversations_task_id_fkey;
drop index conversations_of_task_idx;
create index conversations_of_tasks_idx on conversations (updated_at) where task_id is not null and owner is null;

grant select (deleted_at), delete on tasks to agentcy_system;
grant select (trigger_id) on deliveries to agentcy_system;
grant select (conversation_id) on task_runs to agentcy_system;
create policy system on agents to agentcy_system using (true) with check (true);
grant select (id, deleted_at), delete on agents to agentcy_system;
create policy system on conversations to agentcy_system using (true) with check (true);
grant select (id, owner, agent_id, task_id, active_run, updated_at), update (agent_id), delete
    on conversations to agentcy_system;
grant select (agent_id), update (agent_id) on runs to agentcy_system;
