//! Edges, whose ends may come later, from elsewhere, or go before them.

use agentcy_store::ledger::{End, Kind, Staged, StagedEdge};
use serde_json::json;

use super::book::{Book, by_key, by_own, edge, gone, keyed, own, person, shared, source};

#[tokio::test]
async fn an_edge_waits_for_its_end_whichever_comes_first() {
    let book = Book::new().await;
    let (one, two) = (source(), source());
    book.sync(one, &[shared("a", json!({})), edge("TO", by_key("a"), by_key("b"))]).await;
    let (waiting, awaited) = (book.edge("TO").await, book.node("b").await);
    assert_eq!((waiting.state.as_str(), awaited.state.as_str()), ("waiting", "awaited"));
    assert_eq!((awaited.batch_id, awaited.valid_from), (None, None));
    // The end comes, from another source.
    book.sync(two, &[shared("b", json!({ "here": true }))]).await;
    let (live, b) = (book.edge("TO").await, book.node("b").await);
    assert_eq!((live.state.as_str(), b.state.as_str(), b.id), ("live", "live", awaited.id));
    assert_eq!(live.id, waiting.id);
    assert_eq!(live.batch_id, b.batch_id, "both are projected together");
    // And goes.
    book.sync(two, &[]).await;
    let (again, b) = (book.edge("TO").await, book.node("b").await);
    assert_eq!((again.state.as_str(), b.state.as_str()), ("waiting", "archived"));
    assert_eq!(again.batch_id, b.batch_id);
    // An edge to what is there already is live at once.
    book.sync(two, &[shared("b", json!({})), edge("BACK", by_key("b"), by_key("a"))]).await;
    assert_eq!(book.edge("BACK").await.state, "live");
}

#[tokio::test]
async fn an_edge_with_both_ends_missing_waits_for_both() {
    let book = Book::new().await;
    let (one, two, three) = (source(), source(), source());
    book.sync(one, &[edge("TO", by_key("a"), by_key("b"))]).await;
    book.sync(two, &[shared("a", json!({}))]).await;
    let half = book.edge("TO").await;
    assert_eq!(half.state, "waiting");
    assert_ne!(half.batch_id, book.node("a").await.batch_id, "nothing about it changed");
    book.sync(three, &[shared("b", json!({}))]).await;
    assert_eq!(book.edge("TO").await.state, "live");
}

#[tokio::test]
async fn an_end_by_the_sources_own_name_is_found_in_a_later_delta_under_whatever_key_it_gets() {
    let book = Book::new().await;
    let (one, two) = (source(), source());
    book.sync(one, &[own("a", json!({})), edge("TO", by_own("a"), by_own("b"))]).await;
    let waiting = book.edge("TO").await;
    assert_eq!(waiting.state, "waiting");
    // Another source's own b is another thing.
    book.sync(two, &[own("b", json!({}))]).await;
    assert_eq!(book.edge("TO").await.state, "waiting");
    book.delta(one, &[keyed("b", "key of b", json!({}))]).await;
    let b = book.node("key of b").await;
    let edges = book.edges("TO").await;
    assert_eq!((edges[0].state.as_str(), edges[0].to_id), ("live", Some(b.id)));
    assert_eq!((edges[1].id, edges[1].state.as_str()), (waiting.id, "archived"));
    // An edge of a later delta finds it by the same name.
    book.delta(one, &[edge("LATER", by_own("b"), by_own("a"))]).await;
    let later = book.edge("LATER").await;
    assert_eq!((later.state.as_str(), later.from_id), ("live", Some(b.id)));
    // Its node goes: the name stands for nobody, and the edge waits.
    book.delta(one, &[gone(Kind::Node, "b")]).await;
    assert_eq!(book.edges("TO").await[0].state, "waiting");
    book.delta(one, &[keyed("b", "key of b", json!({}))]).await;
    assert_eq!(book.edges("TO").await[0].to_id, Some(b.id));
    assert_eq!(book.edges("TO").await[0].state, "live");
}

#[tokio::test]
async fn an_edge_that_two_sources_assert_is_one_and_parallel_ones_are_told_apart_by_key() {
    let book = Book::new().await;
    let (one, two) = (source(), source());
    let with = |key: &str, n: i64| {
        let Staged::Edge(plain) = edge("TO", by_key("a"), by_key("b")) else { unreachable!() };
        let properties = super::book::map(json!({ "n": n }));
        let external_id = format!("{key}{n}");
        Staged::Edge(StagedEdge { key: key.to_owned(), properties, external_id, ..plain })
    };
    book.sync(one, &[shared("a", json!({})), shared("b", json!({})), with("", 1), with("x", 1)])
        .await;
    book.sync(two, &[with("", 2)]).await;
    let edges = book.edges("TO").await;
    assert_eq!(edges.len(), 2);
    assert!(edges.iter().all(|edge| edge.state == "live"));
    let both = edges.iter().find(|edge| edge.sources.as_array().unwrap().len() == 2).unwrap();
    assert_eq!(both.properties, json!({ "n": 2 }));
    book.sync(two, &[]).await;
    let left = book.edges("TO").await;
    assert!(left.iter().all(|edge| edge.properties == json!({ "n": 1 }) && edge.state == "live"));
}

#[tokio::test]
async fn an_edge_from_a_thing_to_itself_lives_and_waits_with_it() {
    let book = Book::new().await;
    let source = source();
    let me = || End::Own("a".to_owned());
    book.sync(source, &[edge("SELF", me(), me())]).await;
    assert_eq!(book.edge("SELF").await.state, "waiting");
    book.delta(source, &[own("a", json!({}))]).await;
    assert_eq!(book.edge("SELF").await.state, "live");
    book.delta(source, &[gone(Kind::Node, "a")]).await;
    assert_eq!(book.edge("SELF").await.state, "waiting");
}

#[tokio::test]
async fn a_person_makes_a_node_and_an_edge_that_stand_beside_those_of_sources() {
    let book = Book::new().await;
    let (source, who) = (source(), person());
    book.sync(source, &[shared("a", json!({}))]).await;
    let b = book.edit(who, "b", json!({ "name": "b" })).await;
    let a = book.node("a").await.id.into();
    let id = book.link(who, (a, b), "OWNS", json!({ "since": 1 })).await.unwrap();
    let owns = book.edge("OWNS").await;
    assert_eq!((owns.id, owns.state.as_str()), (id.into(), "live"));
    assert_eq!((owns.properties, owns.sources), (json!({ "since": 1 }), json!([])));
    assert_eq!(book.link(who, (a, b), "OWNS", json!({ "more": 2 })).await.unwrap(), id);
    assert_eq!(book.edge("OWNS").await.properties, json!({ "since": 1, "more": 2 }));
    book.sync(source, &[]).await;
    assert_eq!(book.edge("OWNS").await.state, "waiting");
    assert!(book.withdraw(who, Kind::Edge, id.into()).await);
    assert_eq!(book.edge("OWNS").await.state, "archived");
}
