//! Changes that meet: none is lost, none waits for ever, and no edge is left waiting for what is there.

use agentcy_store::ledger::{Asserter, Kind, Stage, Staged};
use futures_util::future::join_all;
use serde_json::{Value, json};

use super::book::{Book, by_key, edge, person, shared, source};

/// The time of a batch counts up by calls, so a round of syncs is made before any of them runs.
async fn all_at_once(book: &Book, syncs: &[(agentcy_core::id::SourceId, Vec<Staged>)]) {
    let running = syncs.iter().map(|(source, said)| book.try_sync(*source, said, true));
    for outcome in join_all(running).await {
        outcome.unwrap();
    }
}

#[tokio::test]
async fn an_edge_and_its_ends_that_are_said_at_the_same_moment_find_each_other() {
    let book = Book::new().await;
    let (one, two, three) = (source(), source(), source());
    for round in 0..30 {
        let (a, b) = (format!("a{round}"), format!("b{round}"));
        let edge_type = format!("TO{round}");
        let mut syncs = [
            (one, vec![edge(&edge_type, by_key(&a), by_key(&b))]),
            (two, vec![shared(&a, json!({}))]),
            (three, vec![shared(&b, json!({}))]),
        ];
        syncs.rotate_left(round % 3);
        all_at_once(&book, &syncs).await;
        assert_eq!(book.edge(&edge_type).await.state, "live", "round {round}");
        assert_eq!(book.node(&a).await.state, "live");
    }
}

#[tokio::test]
async fn an_edge_that_is_said_while_its_ends_vanish_or_come_back_tells_how_it_ends() {
    let book = Book::new().await;
    let (one, two, three) = (source(), source(), source());
    let gone = |key: &str| super::book::gone(Kind::Node, key);
    book.sync(two, &[shared("a", json!({}))]).await;
    book.sync(three, &[shared("b", json!({}))]).await;
    for round in 0..30 {
        let say = |key: &str, is_there: bool| {
            if is_there { vec![shared(key, json!({ "round": round }))] } else { vec![gone(key)] }
        };
        let (a_is, b_is) = (round % 2 == 0, round % 3 == 0);
        let Staged::Edge(mut to) = edge("TO", by_key("a"), by_key("b")) else { unreachable!() };
        to.properties.insert("round".into(), round.into());
        let syncs = [(two, say("a", a_is)), (one, vec![Staged::Edge(to)]), (three, say("b", b_is))];
        all_at_once(&book, &syncs).await;
        let to = book.edge("TO").await;
        let expected = if a_is && b_is { "live" } else { "waiting" };
        assert_eq!((to.state.as_str(), &to.properties["round"]), (expected, &Value::from(round)));
    }
}

#[tokio::test]
async fn two_syncs_that_share_a_thousand_things_lose_nothing_of_each_other() {
    let book = Book::new().await;
    let (one, two) = (source(), source());
    for round in 0..3 {
        let node = |i: i32, name: &str| shared(&format!("k{i}"), json!({ name: round }));
        let link = |i: i32| {
            edge("NEXT", by_key(&format!("k{i}")), by_key(&format!("k{}", (i + 1) % 1000)))
        };
        let ours: Vec<_> = (0..1000).flat_map(|i| [node(i, "one"), link(i)]).collect();
        let theirs: Vec<_> = (0..1000).rev().flat_map(|i| [link(i), node(i, "two")]).collect();
        let (ours, theirs) =
            tokio::join!(book.try_sync(one, &ours, false), book.try_sync(two, &theirs, false));
        ours.unwrap();
        theirs.unwrap();
        let merged: i64 = sqlx::query_scalar(
            "select count(*) from entities where kind = 'node' and state = 'live' and properties = $1
                 and jsonb_array_length(sources) = 2",
        )
        .bind(json!({ "one": round, "two": round }))
        .fetch_one(&mut book.owner().await)
        .await
        .unwrap();
        assert_eq!(merged, 1000, "round {round}");
    }
    let edges = book.edges("NEXT").await;
    assert_eq!(edges.len(), 1000);
    assert!(edges.iter().all(|it| it.state == "live" && it.sources.as_array().unwrap().len() == 2));
}

#[tokio::test]
async fn edits_of_one_node_at_the_same_moment_all_count() {
    let book = Book::new().await;
    let source = source();
    for round in 0..10 {
        let key = format!("k{round}");
        let edits = (0..6).map(|i| book.edit(person(), &key, json!({ format!("p{i}"): round })));
        let said = [shared(&key, json!({ "source": round }))];
        let (ids, sync) = tokio::join!(join_all(edits), book.try_sync(source, &said, true));
        sync.unwrap();
        assert!(ids.iter().all(|id| *id == ids[0]));
        let node = book.node(&key).await;
        assert_eq!(node.properties.as_object().unwrap().len(), 7, "{node:?}");
    }
}

#[tokio::test]
async fn one_person_who_edits_twice_at_once_loses_no_word() {
    let book = Book::new().await;
    let who = person();
    let edits = (0..6).map(|i| book.edit(who, "k", json!({ format!("p{i}"): i })));
    join_all(edits).await;
    assert_eq!(book.node("k").await.properties.as_object().unwrap().len(), 6);
}

#[tokio::test]
async fn two_syncs_of_one_source_take_turns() {
    let book = Book::new().await;
    let source = source();
    let said = [shared("k", json!({ "n": 1 }))];
    let (one, two) =
        tokio::join!(book.try_sync(source, &said, false), book.try_sync(source, &said, false));
    let added = one.unwrap().0.added + two.unwrap().0.added;
    assert_eq!((added, book.said(Asserter::Source(source), "k").await.len()), (1, 1));
}

#[tokio::test]
async fn a_sync_that_waited_for_another_sees_what_that_one_wrote() {
    let book = Book::new().await;
    let (one, two) = (source(), source());
    book.sync(one, &[shared("k", json!({ "n": 0 }))]).await;
    let batch = book.batch(Asserter::Source(one));
    let mut tx = book.begin().await;
    let mut stage = Stage::open(&mut tx, &batch, &book.realm).await.unwrap();
    stage.add(&mut tx, &[shared("k", json!({ "n": 1 }))]).await.unwrap();
    stage.apply(&mut tx, false).await.unwrap();
    let said = [shared("k", json!({ "m": 1 }))];
    let mut other = Box::pin(book.try_sync(two, &said, false));
    // It has come to the lock and stands there.
    tokio::time::timeout(std::time::Duration::from_millis(300), &mut other).await.unwrap_err();
    tx.commit().await.unwrap();
    other.await.unwrap();
    assert_eq!(book.node("k").await.properties, json!({ "n": 1, "m": 1 }));
}
