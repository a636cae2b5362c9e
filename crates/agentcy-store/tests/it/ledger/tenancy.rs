//! An org neither sees nor touches another's ledger, whatever ids and keys it knows.

use agentcy_core::id::NodeId;
use agentcy_store::{
    Tenant as _,
    ledger::{AssertError, Asserter, Kind, Target},
};
use serde_json::json;
use uuid::Uuid;

use super::book::{Book, by_key, by_own, edge, own, person, shared, source};
use crate::world::by;

#[tokio::test]
async fn another_org_sees_and_touches_nothing_although_it_knows_the_ids() {
    let mut book = Book::new().await;
    let (source, who) = (source(), person());
    let said =
        [shared("k", json!({ "n": 1 })), own("x", json!({})), edge("TO", by_key("k"), by_own("x"))];
    book.sync(source, &said).await;
    let edited = book.edit(who, "mine", json!({ "n": 1 })).await;
    let (ours, k) = (book.org, book.node("k").await);
    let before = book.fingerprint().await;

    book.org = book.world.org().await;
    book.by = by(book.org);
    // Statements without an org, as none of ours is.
    let mut tx = book.begin().await;
    for table in ["facts", "entities", "fact_batches"] {
        let statement = sqlx::AssertSqlSafe(format!("select count(*) from {table}"));
        let seen: i64 = sqlx::query_scalar(statement).fetch_one(tx.conn()).await.unwrap();
        assert_eq!(seen, 0, "{table}");
    }
    let ended = sqlx::query("update facts set superseded_at = now()").execute(tx.conn()).await;
    assert_eq!(ended.unwrap().rows_affected(), 0);
    let forged = sqlx::query(
        "insert into entities (org_id, id, kind, realm, key, state) values ($1, $2, 'node', 'data', 'k:f', 'live')",
    )
    .bind(Uuid::from(ours))
    .bind(Uuid::nil())
    .execute(tx.conn())
    .await;
    forged.unwrap_err();
    drop(tx);

    let target = Target::Id(NodeId::from(k.id));
    let unknown = book.edit_node(who, target, None, json!({}), None).await;
    assert!(matches!(unknown, Err(AssertError::Unknown)), "{unknown:?}");
    let unknown = book.link(who, (k.id.into(), edited), "TO", json!({})).await;
    assert!(matches!(unknown, Err(AssertError::Unknown)), "{unknown:?}");
    assert!(!book.withdraw(who, Kind::Node, edited.into()).await);
    assert!(book.retire(source).await.is_empty());
    assert_eq!(book.fingerprint().await, before);
}

#[tokio::test]
async fn the_same_source_key_and_person_in_another_org_are_others() {
    let mut book = Book::new().await;
    let (source, who) = (source(), person());
    let said = |n: i64| [shared("k", json!({ "n": n })), own("x", json!({ "n": n }))];
    book.sync(source, &said(1)).await;
    book.edit(who, "k", json!({ "m": 1 })).await;
    let (ours, ours_by) = (book.org, book.by.clone());
    let k = book.node("k").await;

    book.org = book.world.org().await;
    book.by = by(book.org);
    assert_eq!(book.sync(source, &said(2)).await.added, 2);
    book.edit(who, "k", json!({ "m": 2 })).await;
    let theirs = book.node("k").await;
    assert_eq!((theirs.id == k.id, theirs.properties), (false, json!({ "n": 2, "m": 2 })));
    book.retire(source).await;

    (book.org, book.by) = (ours, ours_by);
    assert_eq!(book.node("k").await, k);
    assert_eq!(book.said(Asserter::Source(source), "x").await.len(), 1);
}
