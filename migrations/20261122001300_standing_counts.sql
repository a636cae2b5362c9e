-- How often a standing approval was made use of on a day (UTC). Two for the same tool are told apart by what their
-- arguments must fit, which standing_uses cannot: the version before still counts there, so it goes a release later.
create table standing_counts (
    org_id uuid not null references orgs on delete cascade,
    -- The agent or task that has it.
    subject uuid not null,
    connector text not null,
    tool text not null,
    -- The digest of the schema.
    args_schema bytea not null,
    day date not null,
    uses int not null,
    primary key (org_id, subject, connector, tool, args_schema, day)
);
alter table standing_counts enable row level security;
alter table standing_counts force row level security;
create policy tenant on standing_counts to agentcy_tenant
    using (org_id = (select agentcy_org())) with check (org_id = (select agentcy_org()));
grant select, insert, update, delete on standing_counts to agentcy_tenant;
