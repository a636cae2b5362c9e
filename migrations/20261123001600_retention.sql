-- What an org keeps for some days only is deleted: what was said and is over, and then the things of which nobody speaks
-- any more. No word that holds, and nothing that is shown, is anybody's to delete.
grant delete on facts, entities to agentcy_tenant;
create policy over on facts as restrictive for delete to agentcy_tenant
    using (valid_to is not null or superseded_at is not null);
create policy over on entities as restrictive for delete to agentcy_tenant
    using (state in ('archived', 'awaited'));

-- The last batch of which something was deleted: an older graph would never hear that it is gone.
alter table projections add column forgotten bigint not null default 0;

-- Finds them. Plainly made, since no version was released whose tables are full.
create index facts_over_idx on facts (org_id, coalesce(superseded_at, greatest(ended_at, valid_to)))
    where coalesce(superseded_at, greatest(ended_at, valid_to)) is not null;
create index entities_archived_idx on entities (org_id, archived_at) where state = 'archived';
