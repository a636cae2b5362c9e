//! What has outlived its use goes, what has not stays.

use agentcy_store::housekeeping::{self, Swept};
use sqlx::AssertSqlSafe;
use uuid::Uuid;

use crate::world::{SYSTEM, World, at};

const DAY: i64 = 86_400;

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

    let mut tx = world.db.system(&SYSTEM).await.unwrap();
    let swept = housekeeping::sweep(&mut tx, now).await.unwrap();
    let expected = Swept {
        sessions: 2,
        invites: 1,
        idempotency_keys: 1,
        events: 1,
        jobs: 2,
        deliveries: 1,
        task_runs: 1,
        workers: 1,
    };
    assert_eq!(swept, expected);
    assert!(!swept.more());
    assert_eq!(housekeeping::sweep(&mut tx, now).await.unwrap(), Swept::default());
    tx.commit().await.unwrap();
}
