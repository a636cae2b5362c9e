//! Every version of a node, the newest first, with who said it and why.

use agentcy_core::{Limit, Realms};
use agentcy_store::ledger::{Asserter, Staged, history};
use serde_json::{Value, json};

use crate::{
    ledger::book::{Book, keyed, person, shared, since, source},
    world::at,
};

#[tokio::test]
async fn each_version_says_who_when_and_why() {
    let book = Book::new().await;
    let (one, who) = (source(), person());
    book.at(10).sync(one, &[shared("a", json!({ "n": 1 }))]).await;
    book.at(20).sync(one, &[shared("a", json!({ "n": 2 }))]).await;
    book.at(30).edit(who, "a", json!({ "n": null })).await;
    book.at(40).sync(one, &[]).await;
    // It was so all along: the version before was wrong.
    book.at(50).sync(one, &[since(45, shared("a", json!({ "n": 3 })))]).await;
    book.at(60).sync(one, &[since(42, shared("a", json!({ "n": 4 })))]).await;

    let id = book.node("a").await.id.into();
    let mut t = book.db().read(&book.by).await.unwrap();
    let page = history::history(&mut t, &Realms::All, id, Limit::default(), None).await.unwrap();
    let page = page.unwrap();
    assert_eq!(page.total, 5);
    let secs = |it: Option<agentcy_core::Timestamp>| it.map(|it| (it - at(0)).num_seconds());
    let told: Vec<_> = page
        .items
        .iter()
        .map(|it| {
            let valid = (secs(Some(it.valid_from)), secs(it.valid_to));
            let known = (secs(Some(it.recorded_at)), secs(it.ended_at), secs(it.superseded_at));
            (it.properties["n"].clone(), it.asserter, valid, known, it.end_cause.is_some())
        })
        .collect();
    let source = Asserter::Source(one);
    let some = |secs| Some(secs);
    assert_eq!(
        told,
        [
            (json!(4), source, (some(42), None), (some(60), None, None), false),
            (json!(3), source, (some(45), None), (some(50), None, some(60)), true),
            (Value::Null, who, (some(30), None), (some(30), None, None), false),
            (json!(2), source, (some(20), some(40)), (some(20), some(40), None), true),
            (json!(1), source, (some(10), some(20)), (some(10), some(20), None), true),
        ]
    );
    assert!(page.items.iter().all(|it| it.cause == "job"));
}

#[tokio::test]
async fn a_long_history_is_walked_without_loss_or_repeat() {
    let book = Book::new().await;
    let source = source();
    for n in 0..7 {
        let record: [Staged; 1] = [keyed("a", "a", json!({ "n": n }))];
        book.sync(source, &record).await;
    }
    let id = book.node("a").await.id.into();
    let mut t = book.db().read(&book.by).await.unwrap();
    let (mut after, mut seen) = (None, Vec::new());
    loop {
        let limit = Limit::new(3).unwrap();
        let page = history::history(&mut t, &Realms::All, id, limit, after).await.unwrap().unwrap();
        assert_eq!(page.total, 7);
        seen.extend(page.items.iter().map(|it| it.properties["n"].as_i64().unwrap()));
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    assert_eq!(seen, [6, 5, 4, 3, 2, 1, 0]);
}
