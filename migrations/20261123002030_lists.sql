-- Each page of a list is read from where it begins to where it ends, whatever others have beside it. Plainly made, since no
-- version was released whose tables are full.
create index runs_of_starter_idx on runs (agent_id, starter, created_at desc, id desc) where agent_id is not null;

drop index conversations_of_owner_idx;
create index conversations_of_owner_idx on conversations (org_id, owner, archived, updated_at desc, id desc);
create index conversations_of_realm_idx on conversations (org_id, realm, archived, updated_at desc, id desc)
    where owner is null;
create index conversations_of_org_idx on conversations (org_id, archived, updated_at desc, id desc) where owner is null;

-- The owner of its conversation, which never changes. It finds, and who may see what is asked of the conversation itself.
alter table approvals add column owner text;
update approvals p set owner = c.owner from conversations c where c.id = p.conversation_id;
create index approvals_decided_of_owner_idx on approvals (org_id, owner, created_at desc, id desc) where state <> 'pending';
