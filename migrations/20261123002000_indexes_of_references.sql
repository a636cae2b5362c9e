-- Whoever deletes a row that others refer to looks for those by what they refer with: without an index that is the whole
-- table, each time. Plainly made, since no version was released whose tables are full.
create index task_runs_of_conversation_idx on task_runs (conversation_id) where conversation_id is not null;
create index api_key_maker_idx on api_keys (created_by) where created_by is not null;
create index invite_maker_idx on invites (invited_by) where invited_by is not null;
-- Of one that is partial a cascade makes no use.
drop index session_user_idx;
create index session_user_idx on sessions (user_id, org_id);
