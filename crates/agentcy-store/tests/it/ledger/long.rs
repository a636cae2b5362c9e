//! Long transactions and copies, on a connection that is used for other things before and after.

use std::task::Poll;

use agentcy_store::{Error, Tenant, ledger::Asserter, ledger::Stage};
use serde_json::json;

use super::book::{Book, own, source};

async fn limits(t: &mut impl Tenant) -> (String, String) {
    let statement = sqlx::query_scalar("show statement_timeout");
    (statement.fetch_one(t.conn()).await.unwrap(), format!("{:?}", t.conn()))
}

#[tokio::test]
async fn a_long_transaction_has_five_minutes_a_statement_and_the_next_one_has_not() {
    let book = Book::with_pool(1).await;
    for end_well in [true, false] {
        let mut tx = book.begin().await;
        let (server, ours) = limits(&mut tx).await;
        assert!(server == "5min" && ours.contains("deadline: 302s"), "{server} {ours}");
        if end_well {
            tx.commit().await.unwrap();
        } else {
            sqlx::query("select 1 / 0").execute(tx.conn()).await.unwrap_err();
            drop(tx);
        }
        let (server, ours) = limits(&mut book.db().begin(&book.by).await.unwrap()).await;
        assert!(server == "10s" && ours.contains("deadline: 12s"), "{server} {ours}");
        let (server, ours) = limits(&mut book.db().read(&book.by).await.unwrap()).await;
        assert!(server == "10s" && ours.contains("deadline: 12s"), "{server} {ours}");
    }
}

#[tokio::test]
async fn a_copy_that_is_refused_fails_its_transaction_and_no_other() {
    let book = Book::with_pool(1).await;
    let batch = book.batch(Asserter::Source(source()));
    let mut tx = book.begin().await;
    let mut stage = Stage::open(&mut tx, &batch, &book.realm).await.unwrap();
    sqlx::query("drop table ledger_stage").execute(tx.conn()).await.unwrap();
    let refused = stage.add(&mut tx, &[own("a", json!({}))]).await;
    assert!(matches!(refused, Err(Error::Database(_))), "{refused:?}");
    tx.commit().await.unwrap_err();
    assert_eq!(book.sync(source(), &[own("a", json!({}))]).await.added, 1);
}

#[tokio::test]
async fn a_copy_that_is_cut_off_leaves_nothing_behind() {
    let book = Book::with_pool(1).await;
    let said: Vec<_> =
        (0..300).map(|i| own(&i.to_string(), json!({ "text": "x".repeat(4000) }))).collect();
    for polls in 0..8 {
        let batch = book.batch(Asserter::Source(source()));
        let mut tx = book.begin().await;
        let mut stage = Stage::open(&mut tx, &batch, &book.realm).await.unwrap();
        let mut add = Box::pin(stage.add(&mut tx, &said));
        for _ in 0..polls {
            let once = std::future::poll_fn(|context| Poll::Ready(add.as_mut().poll(context)));
            if once.await.is_ready() {
                break;
            }
            tokio::task::yield_now().await;
        }
        drop(add);
        drop(tx);
        assert_eq!(book.sync(source(), &[own("a", json!({}))]).await.added, 1, "after {polls}");
    }
    let nodes: i64 = sqlx::query_scalar("select count(*) from entities")
        .fetch_one(&mut book.owner().await)
        .await
        .unwrap();
    assert_eq!(nodes, 8);
}
