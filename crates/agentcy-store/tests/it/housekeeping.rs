//! What has outlived its use goes, what has not stays.

use agentcy_core::Timestamp;
use agentcy_store::housekeeping::{self, Kind};
use sqlx::AssertSqlSafe;
use uuid::Uuid;

use crate::world::{SYSTEM, World, at};

const DAY: i64 = 86_400;

/// What a sweep of all deletes, where it deletes anything.
async fn sweep(world: &World, now: Timestamp) -> Vec<(Kind, u64)> {
    let mut swept = Vec::new();
    for kind in Kind::ALL {
        let mut tx = world.db.system(&SYSTEM).await.unwrap();
        let count = housekeeping::sweep(&mut tx, kind, kind.batch(), now).await.unwrap();
        tx.commit().await.unwrap();
        if count > 0 {
            swept.push((kind, count));
        }
    }
    swept
}

#[tokio::test]
async fn a_sweep_deletes_what_is_past_its_time_and_nothing_else() {
    let world = World::new().await;
    let org = Uuid::from(world.org().await);
    let mut owner = world.owner().await;
    let now = at(200 * DAY);
    let ago = |days: i64| format!("'{}'", at((200 - days) * DAY).to_rfc3339());
    let (soon, d31, d29, d91, d89) = (ago(-1), ago(31), ago(29), ago(91), ago(89));
    let other = Uuid::from_u128(99);
    let (d8, d6, d2, today) = (ago(8), ago(6), ago(2), ago(0));
    let fill = format!(
        "insert into users (id, email, name, password_hash, created_at, updated_at)
             values ('{org}', 'a@b.c', 'a', 'x', {d91}, {d91});
         insert into memberships (org_id, user_id, role, created_at, updated_at)
             values ('{org}', '{org}', 'owner', {d91}, {d91});
         insert into sessions (id, org_id, user_id, kind, created_at, refreshed_at, expires_at, revoked_at)
             select gen_random_uuid(), '{org}', '{org}', 'bearer', {d91}, {d91}, expires_at, revoked_at
             from (values ({d31}::timestamptz, null::timestamptz), ({soon}, {d31}), ({d29}, null), ({soon}, null))
                  ends (expires_at, revoked_at);
         insert into invites (id, org_id, email, role, token_hash, created_at, expires_at)
             values (gen_random_uuid(), '{org}', 'a@b.c', 'viewer', 'a', {d91}, {d91}),
                    (gen_random_uuid(), '{org}', 'b@b.c', 'viewer', 'b', {d91}, {d89});
         insert into idempotency_keys (org_id, principal, method, path, key, body_hash, attempt, lease_until, created_at)
             values ('{org}', 'u', 'POST', '/', 'old', '', '{org}', {d2}, {d2}),
                    ('{org}', 'u', 'POST', '/', 'new', '', '{org}', {today}, {today});
         insert into outbox (id, org_id, topic, seq, event, at, data)
             values (gen_random_uuid(), '{org}', 't', 1, 'e', {d8}, '1'),
                    (gen_random_uuid(), '{org}', 't', 2, 'e', {d6}, '1'),
                    (gen_random_uuid(), '{org}', 't', null, 'e', {d8}, '1');
         insert into jobs (id, org_id, kind, subject, state, payload, made_by, max_attempts, run_at, created_at, finished_at)
             select gen_random_uuid(), '{org}', 'k', subject, state, '1', 'u', 1, made, made, finished
             from (values (null::uuid, 'failed', {d91}::timestamptz, {d91}::timestamptz),
                          ('{org}', 'succeeded', {d91}, {d91}), ('{org}', 'succeeded', {d89}, {d89}),
                          ('{other}', 'failed', {d91}, {d91}), (null, 'queued', {d91}, null))
                  jobs (subject, state, made, finished);
         insert into agents (id, org_id, name, instructions, created_by, created_at, updated_at)
             values ('{org}', '{org}', 'a', '', 'u', {d91}, {d91});
         insert into tasks (id, org_id, name, agent_id, run_as, input_template, created_by, created_at, updated_at)
             select id, '{org}', name, '{org}', 'u', '{{}}', 'u', {d91}, {d91}
             from (values ('{org}'::uuid, 't'), ('{other}', 'of one run')) tasks (id, name);
         insert into triggers (id, org_id, task_id, kind, secret) values ('{org}', '{org}', '{org}', 'webhook', '');
         insert into task_runs (id, org_id, task_id, state, cause, created_at)
             values ('{org}', '{org}', '{org}', 'pending', '{{}}', {d8});
         insert into task_runs (id, org_id, task_id, state, cause, created_at, finished_at)
             values (gen_random_uuid(), '{org}', '{org}', 'failed', '{{}}', {d91}, {d91}),
                    (gen_random_uuid(), '{org}', '{org}', 'failed', '{{}}', {d91}, {d89}),
                    ('{other}', '{org}', '{other}', 'succeeded', '{{}}', {d91}, {d91});
         insert into conversations (id, org_id, title, owner, task_id, active_run, created_at, updated_at)
             select gen_random_uuid(), '{org}', title, owner, task_id, active_run, {d91}, made
             from (values ('old', null, '{org}'::uuid, null::uuid, {d91}::timestamptz),
                          ('of the last run', null, '{other}', null, {d91}),
                          ('of late', null, '{org}', null, {d89}),
                          ('under way', null, '{org}', '{org}', {d91}),
                          ('a person''s', 'u', null, null, {d91}))
                  conversations (title, owner, task_id, active_run, made);
         update task_runs set conversation_id = c.id from conversations c
             where c.title = 'of the last run' and task_runs.task_id = '{other}';
         insert into workers (id, name, labels, capacity, version, registered_at, beat_at)
             values (gen_random_uuid(), 'gone', '{{}}', 1, '1', {d91}, {d8}),
                    (gen_random_uuid(), 'there', '{{}}', 1, '1', {d91}, {d6});
         insert into deliveries (id, org_id, trigger_id, task_run_id, key, headers, body, received_at, expires_at)
             select gen_random_uuid(), '{org}', '{org}', run, key, '{{}}', '', {d8}, expires_at
             from (values ('{other}'::uuid, 'over'::bytea, {d6}::timestamptz), ('{other}', 'young', {d2}),
                          ('{org}', 'waited for', {d6}))
                  deliveries (run, key, expires_at)"
    );
    sqlx::raw_sql(AssertSqlSafe(fill)).execute(&mut owner).await.unwrap();

    let expected = [
        (Kind::Sessions, 2),
        (Kind::Invites, 1),
        (Kind::IdempotencyKeys, 1),
        (Kind::Events, 1),
        (Kind::Jobs, 2),
        (Kind::Deliveries, 1),
        (Kind::TaskRuns, 1),
        (Kind::TaskConversations, 1),
        (Kind::Workers, 1),
    ];
    assert_eq!(sweep(&world, now).await, expected);
    assert_eq!(sweep(&world, now).await, []);
    let left = "select title from conversations order by title";
    let left: Vec<String> = sqlx::query_scalar(left).fetch_all(&mut owner).await.unwrap();
    assert_eq!(left, ["a person's", "of late", "of the last run", "under way"]);
}

#[tokio::test]
async fn what_is_left_of_removed_tasks_and_agents_goes_in_batches() {
    let world = World::new().await;
    let org = Uuid::from(world.org().await);
    let mut owner = world.owner().await;
    let (now, busy) = (at(0), Uuid::from_u128(77));
    let fill = format!(
        "insert into agents (id, org_id, name, instructions, created_by, created_at, updated_at, deleted_at)
             values ('{org}', '{org}', 'a', '', 'u', '{now}', '{now}', '{now}'),
                    ('{busy}', '{org}', 'b', '', 'u', '{now}', '{now}', '{now}');
         insert into tasks (id, org_id, name, run_as, input_template, enabled, created_by, created_at, updated_at, deleted_at)
             values ('{org}', '{org}', 't', 'u', '{{}}', false, 'u', '{now}', '{now}', '{now}');
         insert into triggers (id, org_id, task_id, kind) values ('{org}', '{org}', '{org}', 'manual');
         insert into conversations (id, org_id, agent_id, task_id, created_at, updated_at)
             select gen_random_uuid(), '{org}', '{org}', '{org}', '{now}', '{now}' from generate_series(1, 1100);
         insert into conversations (id, org_id, agent_id, created_at, updated_at)
             values ('{busy}', '{org}', '{busy}', '{now}', '{now}');
         insert into runs (id, org_id, conversation_id, agent_id, message_id, starter, state, created_at, finished_at)
             select gen_random_uuid(), '{org}', id, '{org}', id, 'u', 'failed', '{now}', '{now}' from conversations
             where agent_id = '{org}';
         insert into runs (id, org_id, conversation_id, agent_id, message_id, starter, state, created_at)
             values ('{busy}', '{org}', '{busy}', '{busy}', '{busy}', 'u', 'pending', '{now}');
         insert into task_runs (id, org_id, task_id, state, cause, conversation_id, created_at)
             select id, '{org}', '{org}', 'pending', '{{}}', id, '{now}' from conversations where agent_id = '{org}';
         insert into deliveries (id, org_id, trigger_id, task_run_id, key, headers, body, received_at, expires_at)
             select id, '{org}', '{org}', id, uuid_send(id), '{{}}', '', '{now}', '{now}' from task_runs limit 110",
        now = now.to_rfc3339(),
    );
    sqlx::raw_sql(AssertSqlSafe(fill)).execute(&mut owner).await.unwrap();
    let first = [
        (Kind::RunsOfRemovedTasks, 1000),
        (Kind::DeliveriesOfRemovedTasks, 100),
        (Kind::ConversationsOfRemovedAgents, 1000),
        (Kind::RunsOfRemovedAgents, 1000),
    ];
    assert_eq!(sweep(&world, now).await, first);
    let rest = [
        (Kind::RunsOfRemovedTasks, 100),
        (Kind::DeliveriesOfRemovedTasks, 10),
        (Kind::RemovedTasks, 1),
        (Kind::ConversationsOfRemovedAgents, 100),
        (Kind::RunsOfRemovedAgents, 100),
        (Kind::RemovedAgents, 1),
    ];
    assert_eq!(sweep(&world, now).await, rest);
    assert_eq!(sweep(&world, now).await, [], "an answer is under way");
    let left = "select (select count(*) from triggers) + (select count(*) from agents)
                     + (select count(*) from conversations)";
    let left: i64 = sqlx::query_scalar(left).fetch_one(&mut owner).await.unwrap();
    assert_eq!(left, 1 + 1101);
}
