//! What an org keeps for some days only goes when they are over; what holds stays.

use agentcy_store::{
    Tenant as _,
    ledger::Stage,
    retention::{self, Things},
};
use serde_json::json;
use sqlx::AssertSqlSafe;
use uuid::Uuid;

use crate::{
    ledger::book::{Book, by_key, edge, own, person, shared, source},
    world::at,
};

impl Book {
    /// As if everything were numbered, and the graph engine had followed up to there.
    async fn followed(&self) {
        let org = Uuid::from(self.org);
        let statement = format!(
            "update fact_batches set seq = n.seq
             from (select id, row_number() over (order by at, id) as seq from fact_batches where org_id = '{org}') n
             where fact_batches.id = n.id;
             insert into projections (org_id, seq) select '{org}', max(seq) from fact_batches where org_id = '{org}'
             on conflict (org_id) do update set seq = excluded.seq"
        );
        sqlx::raw_sql(AssertSqlSafe(statement)).execute(&mut self.owner().await).await.unwrap();
    }

    /// Deletes what ended before then: versions first, as housekeeping does.
    async fn forget(&self, secs: i64) -> (u64, Things) {
        let mut tx = self.db().begin(&self.by).await.unwrap();
        let facts = retention::facts(&mut tx, at(secs)).await.unwrap();
        let things = retention::things(&mut tx, at(secs)).await.unwrap();
        tx.commit().await.unwrap();
        (facts, things)
    }

    async fn count(&self, table: &str) -> i64 {
        let statement = format!("select count(*) from {table} where org_id = $1");
        let count = sqlx::query_scalar(AssertSqlSafe(statement)).bind(Uuid::from(self.org));
        count.fetch_one(&mut self.owner().await).await.unwrap()
    }
}

#[tokio::test]
async fn what_was_said_goes_when_it_ended_long_enough_ago() {
    let book = Book::new().await;
    let (ours, other) = (source(), book.beside().await);
    book.at(10).sync(ours, &[shared("k", json!({ "v": 1 })), shared("gone", json!({}))]).await;
    other.at(10).sync(source(), &[shared("k", json!({ "v": 1 }))]).await;
    book.at(20).sync(ours, &[shared("k", json!({ "v": 2 })), shared("gone", json!({}))]).await;
    book.at(30).sync(ours, &[shared("k", json!({ "v": 3 }))]).await;
    book.followed().await;
    // What ended just then, and what holds for ever so long, stays.
    assert_eq!(book.forget(19).await, (0, Things::default()));
    assert_eq!(book.forget(20).await, (1, Things::default()));
    assert_eq!(book.find_node("k:gone").await.unwrap().state, "archived");
    assert_eq!(book.forget(30).await, (2, Things { edges: 0, nodes: 1 }));
    assert_eq!(book.find_node("k:gone").await, None);
    assert_eq!(book.node("k").await.properties, json!({ "v": 3 }));
    assert_eq!(book.forget(1000).await, (0, Things::default()));
    assert_eq!((book.count("facts").await, other.count("facts").await), (1, 1));
    // It comes back as any other.
    book.at(40).sync(ours, &[shared("k", json!({ "v": 3 })), shared("gone", json!({}))]).await;
    assert_eq!(book.node("gone").await.state, "live");
}

#[tokio::test]
async fn a_node_at_which_an_edge_still_waits_is_only_awaited_then() {
    let book = Book::new().await;
    let (one, two) = (source(), source());
    let secret = json!({ "secret": "x" });
    book.at(10).sync(one, &[shared("hub", secret.clone()), own("never", secret)]).await;
    let leads = [
        shared("leaf", json!({})),
        edge("USES", by_key("leaf"), by_key("hub")),
        edge("ASKS", by_key("leaf"), by_key("nobody")),
    ];
    book.at(20).sync(two, &leads).await;
    book.at(30).sync(one, &[]).await;
    book.followed().await;
    assert_eq!(book.forget(30).await.1, Things { edges: 0, nodes: 2 });
    let hub = book.node("hub").await;
    assert_eq!((hub.state.as_str(), hub.properties, hub.labels), ("awaited", json!({}), vec![]));
    assert_eq!(book.edge("USES").await.state, "waiting");
    // It is said again, and the edge is there.
    book.at(40).sync(one, &[shared("hub", json!({ "v": 1 }))]).await;
    assert_eq!(
        (book.node("hub").await.id, book.edge("USES").await.state.as_str()),
        (hub.id, "live")
    );
    // Edges take along the ends that nobody ever spoke of.
    book.at(50).sync(two, &[]).await;
    book.followed().await;
    assert_eq!(book.forget(50).await.1, Things { edges: 2, nodes: 2 });
    assert_eq!(book.find_node("k:nobody").await, None);
    assert_eq!(book.count("entities").await, 1);
}

#[tokio::test]
async fn a_thing_stays_until_the_graph_has_taken_it_out_and_while_somebody_writes() {
    let book = Book::new().await;
    let ours = source();
    book.at(10).sync(ours, &[shared("k", json!({}))]).await;
    book.followed().await;
    book.at(20).sync(ours, &[]).await;
    assert_eq!(book.forget(90).await, (1, Things::default()));
    book.followed().await;
    let mut busy = book.begin().await;
    let batch = book.batch(person());
    let realm = book.realm.clone();
    let stage = Stage::open(&mut busy, &batch, &realm).await.unwrap();
    assert_eq!(book.forget(90).await, (0, Things::default()));
    drop((stage, busy));
    while book.forget(90).await.1 == Things::default() {
        tokio::task::yield_now().await;
    }
    assert_eq!(book.find_node("k:k").await, None);
    let org = Uuid::from(book.org);
    let forgotten: i64 = sqlx::query_scalar("select forgotten from projections where org_id = $1")
        .bind(org)
        .fetch_one(&mut book.owner().await)
        .await
        .unwrap();
    assert_eq!(forgotten, 2);
}

#[tokio::test]
async fn nothing_that_holds_can_be_deleted() {
    let book = Book::new().await;
    book.sync(source(), &[shared("k", json!({}))]).await;
    let mut tx = book.begin().await;
    for table in ["facts", "entities"] {
        let statement = format!("delete from {table}");
        let done = sqlx::raw_sql(AssertSqlSafe(statement)).execute(tx.conn()).await.unwrap();
        assert_eq!(done.rows_affected(), 0, "{table}");
    }
}
