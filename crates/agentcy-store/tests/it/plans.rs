//! How many rows a statement reads beside a table full of what others have, planned as one whose values are not known.

use agentcy_core::{Limit, Realms, id::OrgId, job::CollectSource, job::Payload as _};
use agentcy_store::{
    Tenant as _,
    approvals::{self, Inbox},
    conversations::{self, Filter},
    jobs, runs,
    system::jobs as system,
};
use sqlx::types::Uuid;

use crate::world::{SYSTEM, World, at, by, next_id, run};

/// How many rows others have.
const OTHERS: i64 = 20_000;
/// More than any of these statements needs for the few rows that it gives.
const FEW: i64 = 300;

struct Scale {
    world: World,
    org: OrgId,
}

impl Scale {
    async fn new() -> Self {
        let world = World::with_pool(1).await;
        let name = &world.test.name;
        let generic = format!("alter database {name} set plan_cache_mode = force_generic_plan");
        run(&mut world.owner().await, generic).await;
        let org = world.org().await;
        Self { world, org }
    }

    async fn fill(&self, statements: String) {
        let org = Uuid::from(self.org);
        let fill =
            statements.replace(":org", &format!("'{org}'")).replace(":n", &OTHERS.to_string());
        let mut owner = self.world.owner().await;
        run(&mut owner, fill).await;
        run(&mut owner, "vacuum analyze").await;
        // What was read for that is told before it counts as read by anybody else.
        run(&mut owner, "select pg_stat_force_next_flush()").await;
    }

    /// The rows that were read of tables and indexes since the database is there.
    async fn read(&self) -> i64 {
        let mut tx = self.world.db.begin(&by(self.org)).await.unwrap();
        sqlx::query("select pg_stat_force_next_flush()").execute(tx.conn()).await.unwrap();
        tx.commit().await.unwrap();
        let read = "select ((select sum(seq_tup_read) from pg_stat_user_tables)
                          + (select sum(idx_tup_read) from pg_stat_user_indexes))::bigint";
        sqlx::query_scalar(read).fetch_one(&mut self.world.owner().await).await.unwrap()
    }

    /// What `asks` gives, which reads few rows.
    async fn frugal<T>(&self, asks: impl AsyncFnOnce() -> T) -> T {
        let before = self.read().await;
        let given = asks().await;
        let read = self.read().await - before;
        assert!(read < FEW, "{read} rows were read");
        given
    }
}

#[tokio::test]
async fn a_claim_does_not_read_the_jobs_of_other_kinds() {
    let scale = Scale::new().await;
    let kind = CollectSource::NAME;
    let mine = next_id();
    scale
        .fill(format!(
            "insert into jobs (id, org_id, kind, state, payload, made_by, max_attempts, run_at, created_at)
             select gen_random_uuid(), :org, 'task.start', 'queued', '{{}}', 'u', 1, '{now}', '{now}'
             from generate_series(1, :n);
             insert into jobs (id, org_id, kind, state, payload, made_by, max_attempts, run_at, created_at)
             values ('{mine}', :org, '{kind}', 'queued', '{{}}', 'u', 1, '{now}', '{now}')",
            now = at(0).to_rfc3339(),
        ))
        .await;
    let claimed = scale
        .frugal(async || {
            let mut tx = scale.world.db.system(&SYSTEM).await.unwrap();
            let kinds = [kind, "source.apply"];
            let claimed = system::claim(&mut tx, &kinds, "me", 4, at(1), at(31));
            let claimed = claimed.await.unwrap();
            tx.commit().await.unwrap();
            claimed
        })
        .await;
    assert_eq!(claimed.len(), 1);
}

#[tokio::test]
async fn what_waits_for_workers_elsewhere_is_counted_without_the_rest() {
    let scale = Scale::new().await;
    scale
        .fill(format!(
            "insert into jobs (id, org_id, kind, state, payload, made_by, max_attempts, run_at, created_at, remote)
             select gen_random_uuid(), :org, 'task.start', 'queued', '{{}}', 'u', 1, '{now}', '{now}', n = 1
             from generate_series(1, :n) n",
            now = at(0).to_rfc3339(),
        ))
        .await;
    let waiting = async || {
        let mut reader = scale.world.db.read(&by(scale.org)).await.unwrap();
        jobs::waiting(&mut reader).await.unwrap()
    };
    assert_eq!(scale.frugal(waiting).await.queued, 1);
    let kept = async || {
        let mut tx = scale.world.db.begin(&by(scale.org)).await.unwrap();
        jobs::keep_here(&mut tx, at(1)).await.unwrap();
        tx.commit().await.unwrap();
    };
    scale.frugal(kept).await;
    assert_eq!(waiting().await.queued, 0);
}

#[tokio::test]
async fn the_runs_of_one_starter_are_found_beside_those_of_others() {
    let scale = Scale::new().await;
    let agent = next_id();
    scale
        .fill(format!(
            "insert into agents (id, org_id, name, instructions, created_by, created_at, updated_at)
             values ('{agent}', :org, 'a', '', 'u', '{now}', '{now}');
             insert into conversations (id, org_id, agent_id, created_at, updated_at)
             values ('{agent}', :org, '{agent}', '{now}', '{now}');
             insert into runs (id, org_id, conversation_id, agent_id, message_id, starter, state, created_at, finished_at)
             select gen_random_uuid(), :org, '{agent}', '{agent}', gen_random_uuid(),
                    case when n <= 3 then 'me' else 'u' || n % 100 end, 'succeeded', '{now}', '{now}'
             from generate_series(1, :n) n",
            now = at(0).to_rfc3339(),
        ))
        .await;
    let page = scale
        .frugal(async || {
            let mut reader = scale.world.db.read(&by(scale.org)).await.unwrap();
            let limit = Limit::new(2).unwrap();
            runs::list_of_agent(&mut reader, agent.into(), Some("me"), limit, None).await.unwrap()
        })
        .await;
    assert_eq!((page.items.len(), page.total), (2, 3));
}

#[tokio::test]
async fn what_was_decided_for_one_is_found_beside_what_was_for_others() {
    let scale = Scale::new().await;
    let (mine, ours) = (next_id(), next_id());
    scale
        .fill(format!(
            "insert into conversations (id, org_id, owner, created_at, updated_at)
             values ('{mine}', :org, 'me', '{now}', '{now}'), ('{ours}', :org, null, '{now}', '{now}');
             insert into conversations (id, org_id, owner, created_at, updated_at)
             select md5(n::text)::uuid, :org, 'u' || n, '{now}', '{now}' from generate_series(0, 99) n;
             insert into runs (id, org_id, conversation_id, message_id, starter, state, created_at, finished_at)
             select id, org_id, id, id, 'u', 'succeeded', '{now}', '{now}' from conversations;
             insert into tool_calls (id, org_id, conversation_id, run_id, message_id, step, ordinal, provider_id, name,
                                     args, state, created_at)
             select gen_random_uuid(), :org, whose, whose, whose, n, 0, '', 't', '{{}}', 'done', '{now}'
             from generate_series(1, :n) n
             cross join lateral (select case n when 1 then '{mine}'::uuid when 2 then '{ours}' else md5((n % 100)::text)::uuid end) w (whose);
             insert into approvals (id, org_id, conversation_id, run_id, tool_call_id, tool, args, args_schema, digest,
                                    effect, reason, requested_by, state, expires_at, created_at, decided_at, owner)
             select gen_random_uuid(), t.org_id, c.id, c.id, t.id, 't', '{{}}', '{{}}', '', 'write', '', 'u', 'denied',
                    '{now}', '{now}', '{now}', c.owner
             from tool_calls t join conversations c on c.id = t.conversation_id",
            now = at(0).to_rfc3339(),
        ))
        .await;
    let of = |realms| Inbox {
        owner: "me",
        realms,
        others: false,
        destructive: true,
        not_of: None,
        now: at(1),
    };
    let page = scale
        .frugal(async || {
            let mut reader = scale.world.db.read(&by(scale.org)).await.unwrap();
            let all = of(&Realms::All);
            approvals::decided(&mut reader, all, Limit::default(), None).await.unwrap()
        })
        .await;
    assert_eq!((page.items.len(), page.total), (2, 2));
    let mut reader = scale.world.db.read(&by(scale.org)).await.unwrap();
    let everyones = Inbox { others: true, ..of(&Realms::All) };
    let page = approvals::decided(&mut reader, everyones, Limit::new(5).unwrap(), None);
    let page = page.await.unwrap();
    assert_eq!((page.items.len(), page.total), (5, agentcy_core::page::TOTAL_CAP + 1));
}

#[tokio::test]
async fn a_page_of_conversations_is_read_from_where_it_begins() {
    let scale = Scale::new().await;
    scale
        .fill(
            "insert into realms (org_id, slug, name, created_at) 
             select :org, slug, '', now() from (select 'near' union all select 'far' || n from generate_series(0, 99) n) r (slug);
             insert into conversations (id, org_id, owner, realm, archived, created_at, updated_at)
             select gen_random_uuid(), :org, case when n <= 4 and n % 2 = 0 then 'me' when n % 2 = 0 then 'u' || n / 2 % 100 end,
                    case when n % 2 = 1 and n > 2 then 'far' || n / 2 % 100 else 'near' end, n <= 4, now(), now() - make_interval(secs => n)
             from generate_series(1, :n) n"
                .to_owned(),
        )
        .await;
    let near = Realms::Only(vec!["near".parse().unwrap()]);
    let list = async |filter: Filter<'_>, after| {
        let mut reader = scale.world.db.read(&by(scale.org)).await.unwrap();
        conversations::list(&mut reader, filter, Limit::new(5).unwrap(), after).await.unwrap()
    };
    let stranger = Filter { owner: "you", realms: &near, query: None, archived: None };
    let page = scale.frugal(async || list(stranger, None).await).await;
    assert_eq!((page.items.len(), page.total), (1, 1));
    for (realms, total) in [(&near, 3), (&Realms::All, 4)] {
        let put_away = Filter { owner: "me", realms, query: None, archived: Some(true) };
        let page = scale.frugal(async || list(put_away, None).await).await;
        assert_eq!((page.items.len(), page.total), (total, i64::try_from(total).unwrap()));
        assert!(page.items.iter().all(|one| one.archived));
        assert!(page.items.is_sorted_by(|a, b| a.updated_at >= b.updated_at));
    }
}
