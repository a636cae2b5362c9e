-- Runners look for some kinds of jobs each, of one org after another: many of another kind or org are no longer read each
-- time. What is for workers elsewhere
-- is counted without a look at anything else. Plainly made, since no version was released whose tables are full.
drop index jobs_due_idx;
create index jobs_due_idx on jobs (kind, org_id, run_at, id) where state = 'queued' and not remote;
drop index jobs_remote_due_idx;
create index jobs_remote_due_idx on jobs (kind, run_at, id) where state = 'queued' and remote;
create index jobs_elsewhere_idx on jobs (org_id, state) where remote and state in ('queued', 'running');
