//! Syncs: what is new, what changed, what is said no more, and what is left alone.

use agentcy_store::ledger::{Asserter, Counts, Kind, Stage, Staged};
use serde_json::json;

use super::book::{Book, Said, by_key, by_own, edge, gone, keyed, own, shared, source};

fn counts(added: u64, changed: u64, archived: u64, unchanged: u64) -> Counts {
    Counts { added, changed, archived, unchanged }
}

fn three() -> Vec<Staged> {
    vec![
        own("a", json!({ "name": "a" })),
        own("b", json!({ "name": "b" })),
        edge("KNOWS", by_own("a"), by_own("b")),
    ]
}

#[tokio::test]
async fn a_first_sync_makes_entities_facts_and_a_batch() {
    let book = Book::new().await;
    let source = source();
    assert_eq!(book.sync(source, &three()).await, counts(3, 0, 0, 0));
    let (a, b, knows) = (
        book.own_node(source, "a").await,
        book.own_node(source, "b").await,
        book.edge("KNOWS").await,
    );
    assert_eq!((a.state.as_str(), a.labels.as_slice()), ("live", &["Thing".to_owned()][..]));
    assert_eq!(a.properties, json!({ "name": "a" }));
    assert_eq!(a.sources, json!([{ "source_id": uuid::Uuid::from(source), "external_id": "a" }]));
    assert_eq!(a.provenance, json!({}));
    assert_eq!(
        (knows.state.as_str(), knows.from_id, knows.to_id),
        ("live", Some(a.id), Some(b.id))
    );
    assert_eq!(a.id.get_version_num(), 7);
    assert_eq!(a.batch_id, knows.batch_id);
}

#[tokio::test]
async fn a_sync_that_says_the_same_writes_nothing_at_all() {
    let book = Book::new().await;
    let source = source();
    let said = [three(), vec![shared("k", json!({ "n": [1, { "x": null }] }))]].concat();
    book.sync(source, &said).await;
    let before = book.fingerprint().await;
    let mut again = said;
    again.reverse();
    assert_eq!(book.sync(source, &again).await, counts(0, 0, 0, 4));
    assert_eq!(book.delta(source, &again[..2]).await, counts(0, 0, 0, 2));
    assert_eq!(book.delta(source, &[gone(Kind::Node, "never there")]).await, counts(0, 0, 0, 0));
    assert_eq!(book.fingerprint().await, before);
}

#[tokio::test]
async fn what_is_said_no_more_is_archived_and_comes_back_under_its_id() {
    let book = Book::new().await;
    let source = source();
    book.at(10).sync(source, &three()).await;
    let (a, knows) = (book.own_node(source, "a").await, book.edge("KNOWS").await);
    assert_eq!(book.at(20).sync(source, &three()[1..2]).await, counts(0, 0, 2, 1));
    let gone = book.own_node(source, "a").await;
    assert_eq!((gone.id, gone.state.as_str()), (a.id, "archived"));
    assert_eq!(gone.properties, json!({ "name": "a" }));
    assert_eq!(gone.sources, json!([]));
    assert_eq!(book.edge("KNOWS").await.state, "archived");
    assert_eq!(book.at(30).sync(source, &three()).await, counts(2, 0, 0, 1));
    let back = book.own_node(source, "a").await;
    assert_eq!((back.id, back.state.as_str()), (a.id, "live"));
    assert_eq!(book.edge("KNOWS").await.id, knows.id);
    let entity = a.id;
    let two = [
        Said { valid: (10, Some(20)), known: (10, Some(20)), superseded: None, entity },
        Said { valid: (30, None), known: (30, None), superseded: None, entity },
    ];
    assert_eq!(book.said(Asserter::Source(source), "a").await, two);
}

#[tokio::test]
async fn a_changed_attribute_keeps_its_past() {
    let book = Book::new().await;
    let source = source();
    book.at(10).sync(source, &[own("a", json!({ "size": 1 }))]).await;
    let counted = book.at(20).sync(source, &[own("a", json!({ "size": 2 }))]).await;
    assert_eq!(counted, counts(0, 1, 0, 0));
    let a = book.own_node(source, "a").await;
    assert_eq!(a.properties, json!({ "size": 2 }));
    let entity = a.id;
    let two = [
        Said { valid: (10, Some(20)), known: (10, Some(20)), superseded: None, entity },
        Said { valid: (20, None), known: (20, None), superseded: None, entity },
    ];
    assert_eq!(book.said(Asserter::Source(source), "a").await, two);
}

#[tokio::test]
async fn a_delta_leaves_alone_what_it_does_not_name() {
    let book = Book::new().await;
    let source = source();
    book.sync(source, &three()).await;
    let said = [own("b", json!({ "name": "B" })), own("c", json!({})), gone(Kind::Node, "a")];
    assert_eq!(book.delta(source, &said).await, counts(1, 1, 1, 0));
    assert_eq!(book.own_node(source, "a").await.state, "archived");
    assert_eq!(book.own_node(source, "b").await.properties, json!({ "name": "B" }));
    assert_eq!(book.own_node(source, "c").await.state, "live");
    assert_eq!(book.edge("KNOWS").await.state, "waiting");
}

#[tokio::test]
async fn a_name_gone_in_a_sync_that_says_everything_is_simply_not_said() {
    let book = Book::new().await;
    let source = source();
    book.sync(source, &three()).await;
    let said = [gone(Kind::Node, "a"), own("b", json!({ "name": "b" }))];
    assert_eq!(book.sync(source, &said).await, counts(0, 0, 2, 1));
}

#[tokio::test]
async fn a_sync_retires_only_its_own_words() {
    let book = Book::new().await;
    let (one, two) = (source(), source());
    book.sync(one, &[shared("k", json!({ "a": 1 })), own("x", json!({}))]).await;
    book.sync(two, &[shared("k", json!({ "b": 2 })), own("x", json!({}))]).await;
    assert_eq!(book.sync(two, &[]).await, counts(0, 0, 2, 0));
    let k = book.node("k").await;
    assert_eq!((k.state.as_str(), k.properties), ("live", json!({ "a": 1 })));
    assert_eq!(book.own_node(one, "x").await.state, "live");
    assert_eq!(book.own_node(two, "x").await.state, "archived");
}

#[tokio::test]
async fn retiring_a_source_ends_everything_it_asserts_and_nothing_else() {
    let book = Book::new().await;
    let (one, two) = (source(), source());
    book.sync(one, &[shared("k", json!({ "a": 1 })), shared("l", json!({}))]).await;
    book.sync(two, &[shared("k", json!({ "b": 2 })), edge("AT", by_key("k"), by_key("l"))]).await;
    assert_eq!(book.retire(one).await, counts(0, 0, 2, 0));
    assert_eq!(book.node("k").await.properties, json!({ "b": 2 }));
    assert_eq!(book.node("l").await.state, "archived");
    assert_eq!(book.edge("AT").await.state, "waiting");
    let before = book.fingerprint().await;
    assert_eq!(book.retire(one).await, counts(0, 0, 0, 0));
    assert_eq!(book.fingerprint().await, before);
}

#[tokio::test]
async fn a_record_that_is_said_twice_counts_once_and_is_listed() {
    let book = Book::new().await;
    let source = source();
    let said = [
        own("a", json!({ "n": 1 })),
        own("a", json!({ "n": 2 })),
        gone(Kind::Node, "a"),
        edge("a", by_own("a"), by_own("a")),
    ];
    let (counted, refused) = book.try_sync(source, &said, true).await.unwrap();
    assert_eq!(counted, counts(2, 0, 0, 0));
    assert_eq!(refused.iter().map(|it| it.place.as_str()).collect::<Vec<_>>(), ["a", "a"]);
    assert_eq!(book.own_node(source, "a").await.properties, json!({ "n": 1 }));
}

#[tokio::test]
async fn a_sync_that_is_dropped_leaves_nothing() {
    let book = Book::new().await;
    let source = source();
    book.sync(source, &three()).await;
    let before = book.fingerprint().await;
    let batch = book.batch(Asserter::Source(source));
    let mut tx = book.begin().await;
    let mut stage = Stage::open(&mut tx, &batch, &book.realm).await.unwrap();
    stage.add(&mut tx, &[own("new", json!({}))]).await.unwrap();
    drop((stage, tx));
    assert_eq!(book.fingerprint().await, before);
    let mut tx = book.begin().await;
    let mut stage = Stage::open(&mut tx, &batch, &book.realm).await.unwrap();
    stage.add(&mut tx, &[own("new", json!({}))]).await.unwrap();
    stage.apply(&mut tx, false).await.unwrap();
    drop(tx);
    // Rows were written and rolled back: what is left of them is not seen.
    assert_eq!(book.find_node("s:new").await, None);
    assert_eq!(book.edge("KNOWS").await.state, "live");
    assert_eq!(book.sync(source, &three()).await, counts(0, 0, 0, 3));
}

#[tokio::test]
async fn a_record_that_gets_another_key_moves_to_another_entity_and_its_edges_follow() {
    let book = Book::new().await;
    let source = source();
    let rest = [own("b", json!({})), edge("AT", by_own("a"), by_own("b"))];
    book.at(10).sync(source, &[&[own("a", json!({}))][..], &rest].concat()).await;
    let before = book.own_node(source, "a").await;
    // Keyed by all the world from now on; the edge is said in the same words as before.
    book.at(20).sync(source, &[&[keyed("a", "k", json!({}))][..], &rest].concat()).await;
    let k = book.node("k").await;
    assert_ne!(k.id, before.id);
    assert_eq!(book.own_node(source, "a").await.state, "archived");
    let edges = book.edges("AT").await;
    assert_eq!((edges[0].state.as_str(), edges[0].from_id), ("live", Some(k.id)));
    assert_eq!((edges[1].state.as_str(), edges[1].from_id), ("archived", Some(before.id)));
    // And in a delta that does not say the edge.
    book.at(30).delta(source, &[keyed("a", "l", json!({}))]).await;
    let l = book.node("l").await;
    assert_eq!(book.edges("AT").await[0].from_id, Some(l.id));
    let said = book.said(Asserter::Source(source), "a").await;
    assert_eq!(said.iter().map(|it| it.entity).collect::<Vec<_>>(), [before.id, k.id, l.id]);
    assert_eq!(said.iter().map(|it| it.valid.1).collect::<Vec<_>>(), [Some(20), Some(30), None]);
    // A full sync agrees with what the delta made of it.
    let before = book.fingerprint().await;
    book.sync(source, &[&[keyed("a", "l", json!({}))][..], &rest].concat()).await;
    assert_eq!(book.fingerprint().await, before);
}

#[tokio::test]
async fn a_source_that_moves_to_another_realm_takes_its_words_along() {
    let mut book = Book::new().await;
    let source = source();
    let said = [shared("k", json!({})), own("x", json!({})), edge("AT", by_key("k"), by_own("x"))];
    book.sync(source, &said).await;
    let before = book.node("k").await;
    book.realm = "crm".parse().unwrap();
    assert_eq!(book.sync(source, &said).await, counts(0, 3, 0, 0));
    let after = book.node("k").await;
    assert_ne!(after.id, before.id);
    assert_eq!((after.state.as_str(), book.edge("AT").await.state.as_str()), ("live", "live"));
    book.realm = "data".parse().unwrap();
    assert_eq!(book.node("k").await.state, "archived");
    assert_eq!(book.edge("AT").await.state, "archived");
}

#[tokio::test]
async fn two_records_of_one_source_may_speak_of_the_same_thing() {
    let book = Book::new().await;
    let source = source();
    let both = [keyed("x", "k", json!({ "a": 1 })), keyed("y", "k", json!({ "b": 2 }))];
    let edges = [edge("AT", by_own("x"), by_own("y")), edge("AT", by_key("k"), by_own("y"))];
    assert_eq!(book.sync(source, &[&both[..], &edges].concat()).await, counts(4, 0, 0, 0));
    assert_eq!(book.node("k").await.properties, json!({ "a": 1, "b": 2 }));
    let at = book.edge("AT").await;
    assert_eq!(at.sources.as_array().unwrap().len(), 2);
    book.sync(source, &[&both[1..], &edges[1..]].concat()).await;
    assert_eq!(book.node("k").await.properties, json!({ "b": 2 }));
    assert_eq!(book.edge("AT").await.sources.as_array().unwrap().len(), 1);
}
