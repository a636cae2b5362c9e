//! Row-level security holds whatever happens to a connection: statements here name no org on purpose.

use std::{task::Poll, time::Duration};

use agentcy_core::id::OrgId;
use agentcy_store::{Error, Tenant, audit};
use sqlx::Row as _;
use uuid::Uuid;

use crate::world::{World, at, by, connect, entry};

/// A pool of one connection, and two orgs with a realm each.
async fn two_orgs() -> (World, OrgId, OrgId) {
    let world = World::with_pool(1).await;
    let (ours, theirs) = (world.org().await, world.org().await);
    let mut owner = world.owner().await;
    for (org, slug) in [(ours, "ours"), (theirs, "theirs")] {
        sqlx::query(
            "insert into realms (org_id, slug, name, created_at) values ($1, $2, 'realm', $3)",
        )
        .bind(Uuid::from(org))
        .bind(slug)
        .bind(at(0))
        .execute(&mut owner)
        .await
        .unwrap();
    }
    (world, ours, theirs)
}

async fn seen(t: &mut impl Tenant) -> Vec<String> {
    let rows = sqlx::query("select slug from realms order by slug").fetch_all(t.conn()).await;
    rows.unwrap().iter().map(|row| row.get(0)).collect()
}

/// After whatever happened, each org sees its own row and no other: in a transaction first, then in a transaction and in a
/// reader after a reader of the other org.
async fn assert_apart(world: &World, ours: OrgId, theirs: OrgId) {
    for (org, own, other) in [(theirs, "theirs", ours), (ours, "ours", theirs)] {
        assert_eq!(seen(&mut world.db.begin(&by(org)).await.unwrap()).await, [own]);
        seen(&mut world.db.read(&by(other)).await.unwrap()).await;
        assert_eq!(seen(&mut world.db.begin(&by(org)).await.unwrap()).await, [own]);
        assert_eq!(seen(&mut world.db.read(&by(org)).await.unwrap()).await, [own]);
    }
}

#[tokio::test]
async fn an_org_sees_its_own_rows_only() {
    let (world, ours, theirs) = two_orgs().await;
    assert_apart(&world, ours, theirs).await;
}

#[tokio::test]
async fn a_connection_without_an_org_sees_nothing() {
    let (world, _, _) = two_orgs().await;
    let mut bare = connect(&world.test.app.clone().options([("role", "agentcy_tenant")])).await;
    for table in ["orgs", "users", "memberships", "realms", "audit", "outbox", "sequences"] {
        let statement = sqlx::AssertSqlSafe(format!("select count(*) from {table}"));
        let count: i64 = sqlx::query_scalar(statement).fetch_one(&mut bare).await.unwrap();
        assert_eq!(count, 0, "{table}");
    }
}

#[tokio::test]
async fn a_row_of_another_org_can_be_neither_written_nor_changed() {
    let (world, ours, theirs) = two_orgs().await;
    let mut tx = world.db.begin(&by(ours)).await.unwrap();
    let changed = sqlx::query("update realms set name = 'mine now' where slug = 'theirs'")
        .execute(tx.conn())
        .await
        .unwrap();
    assert_eq!(changed.rows_affected(), 0);
    let error = audit::record(&mut tx, &entry(Some(theirs), "x")).await.unwrap_err();
    assert!(matches!(error, Error::Database(_)), "{error:?}");
}

#[tokio::test]
async fn a_refused_statement_leaves_no_org_behind() {
    let (world, ours, theirs) = two_orgs().await;
    let mut reader = world.db.read(&by(ours)).await.unwrap();
    sqlx::query("select 1 / 0").execute(reader.conn()).await.unwrap_err();
    drop(reader);
    assert_apart(&world, ours, theirs).await;

    let mut tx = world.db.begin(&by(ours)).await.unwrap();
    sqlx::query("select 1 / 0").execute(tx.conn()).await.unwrap_err();
    drop(tx);
    assert_apart(&world, ours, theirs).await;
}

#[tokio::test]
async fn a_dropped_transaction_did_nothing_and_leaves_no_org_behind() {
    let (world, ours, theirs) = two_orgs().await;
    let mut tx = world.db.begin(&by(ours)).await.unwrap();
    sqlx::query("delete from realms").execute(tx.conn()).await.unwrap();
    assert!(seen(&mut tx).await.is_empty());
    drop(tx);
    assert_apart(&world, ours, theirs).await;
}

#[tokio::test]
async fn a_setting_made_inside_a_rolled_back_transaction_is_not_believed() {
    let (world, ours, theirs) = two_orgs().await;
    let mut tx = world.db.begin(&by(ours)).await.unwrap();
    sqlx::query("select set_config('agentcy.org', $1, false)")
        .bind(Uuid::from(theirs).to_string())
        .execute(tx.conn())
        .await
        .unwrap();
    drop(tx);
    assert_apart(&world, ours, theirs).await;
}

#[tokio::test]
async fn a_future_dropped_in_the_middle_of_a_statement_leaves_no_org_behind() {
    let (world, ours, theirs) = two_orgs().await;
    let soon = Duration::from_millis(20);

    let mut reader = world.db.read(&by(ours)).await.unwrap();
    let slow = sqlx::query("select pg_sleep(30)").execute(reader.conn());
    tokio::time::timeout(soon, slow).await.unwrap_err();
    drop(reader);
    assert_apart(&world, ours, theirs).await;

    let mut tx = world.db.begin(&by(ours)).await.unwrap();
    let slow = sqlx::query("update realms set name = pg_sleep(30)::text").execute(tx.conn());
    tokio::time::timeout(soon, slow).await.unwrap_err();
    drop(tx);
    assert_apart(&world, ours, theirs).await;
}

#[tokio::test]
async fn a_future_dropped_while_it_opens_leaves_no_org_behind() {
    let (world, ours, theirs) = two_orgs().await;
    let (ours_by, theirs_by) = (by(ours), by(theirs));
    // Each step of opening is cut once: a future is polled a few times, then dropped.
    for polls in 0..12 {
        for who in [&ours_by, &theirs_by] {
            cut(world.db.read(who), polls).await;
            cut(world.db.begin(who), polls).await;
        }
        assert_apart(&world, ours, theirs).await;
    }
}

async fn cut<T>(future: impl Future<Output = T>, polls: u32) {
    let mut future = std::pin::pin!(future);
    for _ in 0..polls {
        let once = std::future::poll_fn(|context| Poll::Ready(future.as_mut().poll(context)));
        if once.await.is_ready() {
            return;
        }
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_transaction_of_the_system_leaves_no_role_behind() {
    let (world, ours, theirs) = two_orgs().await;
    drop(world.db.system(&super::world::SYSTEM).await.unwrap());
    assert_apart(&world, ours, theirs).await;
    world.db.system(&super::world::SYSTEM).await.unwrap().commit().await.unwrap();
    assert_apart(&world, ours, theirs).await;
}

#[tokio::test]
async fn a_transaction_with_a_refused_statement_does_not_claim_to_be_committed() {
    let (world, ours, _) = two_orgs().await;
    let mut tx = world.db.begin(&by(ours)).await.unwrap();
    audit::record(&mut tx, &entry(Some(ours), "kept?")).await.unwrap();
    sqlx::query("select 1 / 0").execute(tx.conn()).await.unwrap_err();
    tx.commit().await.unwrap_err();
    let mut reader = world.db.read(&by(ours)).await.unwrap();
    let kept: i64 =
        sqlx::query_scalar("select count(*) from audit").fetch_one(reader.conn()).await.unwrap();
    assert_eq!(kept, 0);
}

#[tokio::test]
async fn a_dropped_transaction_lets_go_of_its_locks_without_waiting_for_a_next_user() {
    let world = World::with_pool(4).await;
    let org = world.org().await;
    let mut tx = world.db.begin(&by(org)).await.unwrap();
    sqlx::query("update orgs set timezone = 'CET'").execute(tx.conn()).await.unwrap();
    drop(tx);
    // The connection of its own is never asked for again; the lock is waited for by another one.
    let mut owner = world.owner().await;
    sqlx::query("set lock_timeout = '4s'").execute(&mut owner).await.unwrap();
    sqlx::query("update orgs set timezone = 'UTC'").execute(&mut owner).await.unwrap();
}

#[tokio::test]
async fn a_server_that_hung_up_on_every_connection_fails_one_request() {
    let world = World::with_pool(4).await;
    let org = world.org().await;
    let mut readers = Vec::new();
    for _ in 0..4 {
        readers.push(world.db.read(&by(org)).await.unwrap());
    }
    drop(readers);
    let end = "select pg_terminate_backend(pid) from pg_stat_activity
               where application_name = 'agentcy' and datname = current_database()";
    sqlx::query(end).execute(&mut world.owner().await).await.unwrap();
    assert!(matches!(world.db.ping().await, Err(Error::Unavailable(_))));
    for _ in 0..8 {
        world.db.ping().await.unwrap();
    }
}
