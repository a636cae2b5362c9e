-- Runs are taken up of one org after another: many of one do not stand before another's. Plainly made, since no version was
-- released whose tables are full.
drop index runs_due_idx;
create index runs_due_idx on runs (org_id, wake_at)
    where state in ('pending', 'waiting_approval') and wake_at is not null;
