-- The model provider of an org, taken whole; without a row the environment's holds.
create table llm_settings (
    org_id uuid primary key references orgs on delete cascade,
    provider text not null check (provider in ('builtin', 'openai', 'anthropic')),
    model text not null,
    base_url text,
    api_key bytea,
    fallbacks jsonb not null default '[]',
    updated_at timestamptz not null
);

-- Tokens, cost and runs of a day, by who and what.
create table usage_days (
    org_id uuid not null references orgs on delete cascade,
    day date not null,
    user_id uuid,
    agent_id uuid,
    model text not null,
    runs bigint not null default 0,
    in_tokens bigint not null default 0,
    out_tokens bigint not null default 0,
    cost_usd double precision not null default 0,
    constraint usage_day_key unique nulls not distinct (org_id, day, user_id, agent_id, model)
);

alter table llm_settings enable row level security;
alter table llm_settings force row level security;
alter table usage_days enable row level security;
alter table usage_days force row level security;
create policy tenant on llm_settings to agentcy_tenant
    using (org_id = (select agentcy_org())) with check (org_id = (select agentcy_org()));
create policy tenant on usage_days to agentcy_tenant
    using (org_id = (select agentcy_org())) with check (org_id = (select agentcy_org()));
grant select, insert, update, delete on llm_settings to agentcy_tenant;
grant select, insert, update on usage_days to agentcy_tenant;
