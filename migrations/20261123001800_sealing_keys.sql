-- The keys that stored secrets may be sealed with, by a digest that tells nothing of them. A server looks here whether
-- what it has been given opens everything, without opening it.
create table sealing_keys (
    fingerprint bytea primary key,
    first_used_at timestamptz not null
);
alter table sealing_keys enable row level security;
alter table sealing_keys force row level security;
create policy system on sealing_keys to agentcy_system using (true) with check (true);
grant select, insert, delete on sealing_keys to agentcy_system;
