//! Nodes as they are: what syncs and edits wrote is what is read, and the past up to now says the same.

use agentcy_core::{Limit, Realms, id::NodeId};
use agentcy_store::ledger::{Asserter, Kind, Moment, past, read, waiting};
use serde_json::json;

use crate::{
    ledger::book::{Book, by_key, by_own, edge, keyed, own, person, shared, source},
    world::at,
};

async fn node(book: &Book, id: impl Into<NodeId>) -> Option<read::NodeDetail> {
    let mut t = book.db().read(&book.by).await.unwrap();
    read::node(&mut t, &Realms::All, id.into(), Moment::default()).await.unwrap()
}

#[tokio::test]
async fn a_node_is_read_with_its_degree_and_who_said_what() {
    let book = Book::new().await;
    let (one, two) = (source(), source());
    book.sync(one, &[shared("a", json!({ "name": "A", "size": 1 })), own("b", json!({}))]).await;
    book.sync(
        two,
        &[keyed("aa", "a", json!({ "size": 2 })), edge("LOOP", by_key("a"), by_key("a"))],
    )
    .await;
    book.delta(one, &[edge("TO", by_key("a"), by_own("b"))]).await;
    let who = person();
    book.edit(who, "a", json!({ "owner": "me" })).await;

    let found = node(&book, book.node("a").await.id).await.unwrap();
    assert_eq!(found.degree, 2);
    assert_eq!(json!(found.node.properties), json!({ "name": "A", "size": 2, "owner": "me" }));
    let said: Vec<_> =
        found.node.provenance.iter().map(|(name, who)| (name.as_str(), *who)).collect();
    let told = [("name", Asserter::Source(one)), ("owner", who), ("size", Asserter::Source(two))];
    assert_eq!(said, told);
    let names: Vec<_> = found.node.sources.iter().map(|it| it.external_id.as_str()).collect();
    assert_eq!(names, ["a", "aa"]);
}

#[tokio::test]
async fn what_nobody_speaks_of_any_more_is_read_by_its_id_and_marked() {
    let book = Book::new().await;
    let source = source();
    let records = [
        own("a", json!({ "name": "A" })),
        own("b", json!({})),
        edge("TO", by_own("a"), by_own("b")),
    ];
    book.at(10).sync(source, &records).await;
    let id = book.own_node(source, "a").await.id;
    book.at(20).sync(source, &[own("b", json!({}))]).await;

    let found = node(&book, id).await.unwrap();
    assert_eq!(found.node.archived_at, Some(at(20)));
    assert_eq!(found.node.valid_to, Some(at(20)));
    assert_eq!(json!(found.node.properties), json!({ "name": "A" }));
    assert_eq!(found.degree, 0);
    let other = node(&book, book.own_node(source, "b").await.id).await.unwrap();
    assert_eq!(other.degree, 0);
}

#[tokio::test]
async fn a_node_of_which_only_an_edge_spoke_is_unknown_and_the_edge_is_listed() {
    let book = Book::new().await;
    let source = source();
    book.sync(source, &[own("a", json!({})), edge("TO", by_own("a"), by_key("far"))]).await;
    let awaited = book.node("far").await;
    assert!(node(&book, awaited.id).await.is_none());

    let mut t = book.db().read(&book.by).await.unwrap();
    let list = waiting::waiting(&mut t, &Realms::All, Limit::default(), None).await.unwrap();
    assert_eq!(list.total, 1);
    let edge = &list.items[0];
    assert_eq!((&edge.from.name, edge.from.presence), (&by_own("a"), waiting::Presence::Live));
    assert_eq!((&edge.to.name, edge.to.presence), (&by_key("far"), waiting::Presence::Awaited));
    assert_eq!(edge.to.node, NodeId::from(awaited.id));
    assert_eq!(edge.sources.len(), 1);
}

#[tokio::test]
async fn the_facts_up_to_now_read_as_the_merge_of_the_syncs() {
    let book = Book::new().await;
    let (one, two) = (source(), source());
    for round in 0..4 {
        let size = json!({ "size": round / 2, "name": "x", "gone": (round == 1).then_some(1) });
        let mut records = vec![shared("a", size), own("b", json!({ "n": round }))];
        if round != 2 {
            records.push(edge("TO", by_key("a"), by_own("b")));
        }
        book.sync(one, &records).await;
        book.sync(two, &[keyed("z", "a", json!({ "size": 10 - round }))]).await;
        if round == 1 {
            book.edit(person(), "a", json!({ "size": 99, "name": null })).await;
            book.withdraw(Asserter::Source(two), Kind::Node, book.node("a").await.id).await;
        }
        let ids = [book.node("a").await.id.into(), book.own_node(one, "b").await.id.into()];
        let mut t = book.db().read(&book.by).await.unwrap();
        let now = read::nodes(&mut t, &Realms::All, &ids, Moment::default()).await.unwrap();
        let later = Moment { as_of: Some(at(1000)), known_at: Some(at(1000)) };
        let then = read::nodes(&mut t, &Realms::All, &ids, later).await.unwrap();
        assert_eq!(now, then);
        for (id, node) in ids.iter().zip(&now) {
            let one = read::node(&mut t, &Realms::All, *id, Moment::default()).await.unwrap();
            let other = read::node(&mut t, &Realms::All, *id, later).await.unwrap();
            assert_eq!(one, other);
            assert_eq!(&one.unwrap().node, node);
        }
        let hop =
            past::Hop { node: ids[0], direction: past::Direction::Both, types: &[], limit: 10 };
        let near = past::neighbours(&mut t, &Realms::All, &hop, Moment::default()).await.unwrap();
        assert_eq!(near.items.len(), usize::from(round != 2));
    }
}

#[tokio::test]
async fn a_list_of_ids_is_answered_in_its_order_without_those_unknown() {
    let book = Book::new().await;
    book.sync(source(), &[shared("a", json!({})), shared("b", json!({}))]).await;
    let (a, b): (NodeId, NodeId) = (book.node("a").await.id.into(), book.node("b").await.id.into());
    let ids = [b, NodeId::from(uuid::Uuid::max()), a, b];
    let mut t = book.db().read(&book.by).await.unwrap();
    for as_of in [None, Some(at(100))] {
        let moment = Moment { as_of, known_at: None };
        let found = read::nodes(&mut t, &Realms::All, &ids, moment).await.unwrap();
        assert_eq!(found.iter().map(|node| node.id).collect::<Vec<_>>(), [b, a]);
    }
}
