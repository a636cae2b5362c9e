-- Runs that a clock which was ahead has put off are found without a look at all that wait for a person. Before the first
-- release no table is filled, so nobody waits for this index.
create index runs_pending_idx on runs (wake_at) where state = 'pending' and wake_at is not null;
