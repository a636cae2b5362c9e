//! What an org keeps for some days only.

use agentcy_core::Role;
use agentcy_platform::{
    Change, housekeeping,
    settings::{self, SettingsUpdate},
};
use chrono::TimeDelta;
use uuid::Uuid;

use crate::stage::Stage;

#[tokio::test]
async fn what_ended_longer_ago_than_an_org_keeps_it_is_deleted() {
    let stage = Stage::new().await;
    let (org, other) = (stage.org().await, stage.org().await);
    let platform = &stage.platform;
    let owner = stage.member(org, Role::Owner).await;
    let days = |days| SettingsUpdate { retention_days: days, ..SettingsUpdate::default() };
    settings::update(platform, &owner, days(Change::Set(1))).await.unwrap();
    let [ours, theirs] = [org, other].map(Uuid::from);
    let ago = |hours| {
        format!("'{}'::timestamptz", (platform.now() - TimeDelta::hours(hours)).to_rfc3339())
    };
    let (old, new, soon) = (ago(25), ago(23), ago(-1));
    let fill = |org: Uuid| {
        format!(
            "insert into conversations (id, org_id, created_at, updated_at)
                 select gen_random_uuid(), '{org}', at, at from (values ({old}), ({new})) t (at);
             insert into conversations (id, org_id, title, created_at, updated_at, active_run)
                 select gen_random_uuid(), '{org}', title, {old}, {old}, active
                 from (values ('asks', null), ('answers', '{org}'::uuid), ('waits', null)) t (title, active);
             insert into runs (id, org_id, conversation_id, message_id, starter, state, created_at, finished_at)
                 select id, org_id, id, id, 'u', case title when 'asks' then 'succeeded' else 'waiting_approval' end,
                        {old}, case title when 'asks' then {old} end
                 from conversations where org_id = '{org}' and title in ('asks', 'waits');
             insert into tool_calls (id, org_id, conversation_id, run_id, message_id, step, ordinal, provider_id, name,
                                     args, state, created_at)
                 select id, org_id, id, id, id, 0, 0, '', 't', '{{}}', 'waiting', {old}
                 from conversations where org_id = '{org}' and title = 'asks';
             insert into approvals (id, org_id, conversation_id, run_id, tool_call_id, tool, args, args_schema, digest,
                                    effect, reason, requested_by, state, expires_at, created_at)
                 select id, org_id, id, id, id, 't', '{{}}', '{{}}', '', 'write', '', 'u', 'pending', {old}, {old}
                 from conversations where org_id = '{org}' and title = 'asks';
             insert into agents (id, org_id, name, instructions, created_by, created_at, updated_at)
                 values ('{org}', '{org}', 'a', '', 'u', {old}, {old});
             insert into tasks (id, org_id, name, agent_id, run_as, input_template, created_by, created_at, updated_at)
                 values ('{org}', '{org}', 't', '{org}', 'u', '{{}}', 'u', {old}, {old});
             insert into triggers (id, org_id, task_id, kind, secret) values ('{org}', '{org}', '{org}', 'webhook', '');
             insert into task_runs (id, org_id, task_id, state, cause, created_at, finished_at)
                 values ('{org}', '{org}', '{org}', 'failed', '{{}}', {old}, {old}),
                        (gen_random_uuid(), '{org}', '{org}', 'failed', '{{}}', {new}, {new}),
                        (gen_random_uuid(), '{org}', '{org}', 'pending', '{{}}', {old}, null);
             insert into deliveries (id, org_id, trigger_id, task_run_id, key, headers, body, received_at, expires_at)
                 select gen_random_uuid(), '{org}', '{org}', '{org}', key, '{{}}', '', {old}, expires
                 from (values ('over'::bytea, {old}), ('known'::bytea, {soon})) t (key, expires);
             insert into jobs (id, org_id, kind, subject, state, payload, made_by, max_attempts, run_at, created_at,
                               finished_at)
                 select gen_random_uuid(), '{org}', 'k', subject, 'failed', '1', 'u', 1, {old}, {old}, {old}
                 from (values (null::uuid), ('{org}')) t (subject);"
        )
    };
    for org in [ours, theirs] {
        stage.database.execute(&fill(org)).await;
    }
    housekeeping::sweep(platform).await.unwrap();
    let tables = ["conversations", "runs", "approvals", "task_runs", "deliveries", "jobs"];
    for (org, counts) in [(ours, [4, 2, 1, 2, 1, 1]), (theirs, [5, 2, 1, 3, 2, 2])] {
        for (table, expected) in tables.iter().zip(counts) {
            let rows = format!("select org_id from {table} where org_id = '{org}'");
            assert_eq!(stage.database.rows(&rows).await.len(), expected, "{table}");
        }
    }
}

#[tokio::test]
async fn what_cannot_be_deleted_keeps_nothing_else() {
    let stage = Stage::new().await;
    let org = Uuid::from(stage.org().await);
    let old = (stage.platform.now() - TimeDelta::days(100)).to_rfc3339();
    let fill = format!(
        "insert into invites (id, org_id, email, role, token_hash, created_at, expires_at)
             values (gen_random_uuid(), '{org}', 'a@b.c', 'viewer', 'a', '{old}', '{old}');
         insert into outbox (id, org_id, topic, seq, event, at, data)
             values (gen_random_uuid(), '{org}', 't', 1, 'e', '{old}', '1');
         create function refuse() returns trigger language plpgsql as 'begin raise ''no''; end';
         create trigger refuse before delete on invites execute function refuse();"
    );
    stage.database.execute(&fill).await;
    housekeeping::sweep(&stage.platform).await.unwrap();
    assert_eq!(stage.database.rows("select id from invites").await.len(), 1);
    assert!(stage.database.rows("select id from outbox").await.is_empty());
}
