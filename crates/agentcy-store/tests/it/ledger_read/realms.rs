//! What lies outside of a caller's realms is as if it were not there.

use agentcy_core::{Limit, Realm, Realms, id::NodeId};
use agentcy_store::{
    Reader,
    ledger::{
        Moment, history,
        past::{self, Direction, Expand, Hop},
        read,
        search::{self, NodeQuery},
        stats, waiting,
    },
};
use serde_json::json;

use super::number;
use crate::{
    ledger::book::{Book, by_key, edge, shared, source},
    world::at,
};

fn realm(slug: &str) -> Realm {
    slug.parse().unwrap()
}

/// Two nodes in `data` and one in `crm`, with an edge from the first to each of the others.
async fn book() -> (Book, [NodeId; 3]) {
    let mut book = Book::new().await;
    book.realm = realm("crm");
    book.sync(source(), &[shared("c", json!({ "name": "thing c" }))]).await;
    let far = book.node("c").await.id;
    book.realm = realm("data");
    let records = [
        shared("a", json!({ "name": "thing a" })),
        shared("b", json!({ "name": "thing b" })),
        edge("NEAR", by_key("a"), by_key("b")),
    ];
    book.sync(source(), &records).await;
    let ids = [book.node("a").await.id, book.node("b").await.id, far].map(NodeId::from);
    book.link(crate::ledger::book::person(), (ids[0], ids[2]), "FAR", json!({})).await.unwrap();
    (book, ids)
}

fn moments() -> [Moment; 2] {
    [Moment::default(), Moment { as_of: Some(at(100)), known_at: Some(at(100)) }]
}

async fn reader(book: &Book) -> Reader {
    book.db().read(&book.by).await.unwrap()
}

#[tokio::test]
async fn nodes_edges_and_degree_of_other_realms_are_hidden() {
    let (book, ids) = book().await;
    let mut t = reader(&book).await;
    let data = Realms::Only(vec![realm("data")]);
    for moment in moments() {
        for (realms, degree, count) in [(Realms::All, 2, 3), (data.clone(), 1, 2)] {
            let found = read::node(&mut t, &realms, ids[0], moment).await.unwrap().unwrap();
            assert_eq!(found.degree, degree);
            let found = read::nodes(&mut t, &realms, &ids, moment).await.unwrap();
            assert_eq!(found.len(), count);
            let hop = Hop { node: ids[0], direction: Direction::Both, types: &[], limit: 10 };
            let near = past::neighbours(&mut t, &realms, &hop, moment).await.unwrap();
            assert_eq!(near.items.len(), count - 1);
            let ask = Expand {
                nodes: &ids[..1],
                depth: 2,
                direction: Direction::Both,
                types: &[],
                labels: &[],
                limit: 10,
            };
            let found = past::expand(&mut t, &realms, &ask, moment).await.unwrap();
            assert_eq!((found.nodes.len(), found.edges.len()), (count, count - 1));
            let query = NodeQuery { q: "thing".into(), ..NodeQuery::default() };
            let limit = Limit::default();
            let page = search::search(&mut t, &realms, &query, moment, limit, None).await.unwrap();
            assert_eq!((page.items.len(), page.total), (count, number(count)));
        }
        let none = Realms::Only(vec![]);
        assert!(read::node(&mut t, &none, ids[0], moment).await.unwrap().is_none());
        assert!(read::node(&mut t, &data, ids[2], moment).await.unwrap().is_none());
        let hop = Hop { node: ids[2], direction: Direction::In, types: &[], limit: 10 };
        let near = past::neighbours(&mut t, &data, &hop, moment).await.unwrap();
        assert!(near.items.is_empty());
    }
    let seen = history::history(&mut t, &data, ids[2], Limit::default(), None).await.unwrap();
    assert!(seen.is_none());
}

#[tokio::test]
async fn an_exact_id_of_another_realm_finds_nothing() {
    let (book, ids) = book().await;
    let mut t = reader(&book).await;
    let data = Realms::Only(vec![realm("data")]);
    for moment in moments() {
        for q in [ids[2].to_string(), "c".into(), "thing c".into(), "thnig c".into()] {
            let query = NodeQuery { q: q.clone(), ..NodeQuery::default() };
            let limit = Limit::default();
            let page = search::search(&mut t, &data, &query, moment, limit, None).await.unwrap();
            assert_eq!((page.items, page.total), (vec![], 0), "{q}");
            let page =
                search::search(&mut t, &Realms::All, &query, moment, limit, None).await.unwrap();
            assert_eq!(page.items[0].id, ids[2], "{q}");
        }
        // A realm that is asked for gives no more than the caller's own.
        let query = NodeQuery { realms: vec![realm("crm")], ..NodeQuery::default() };
        let limit = Limit::default();
        let page = search::search(&mut t, &data, &query, moment, limit, None).await.unwrap();
        assert_eq!(page.total, 0);
    }
}

#[tokio::test]
async fn counts_and_waiting_edges_are_those_of_the_callers_realms() {
    let (book, ids) = book().await;
    let source = source();
    book.sync(source, &[edge("WAITS", by_key("a"), by_key("nowhere"))]).await;
    let mut t = reader(&book).await;
    let data = Realms::Only(vec![realm("data")]);
    let all = stats::stats(&mut t, &Realms::All).await.unwrap();
    assert_eq!((all.total.nodes, all.total.edges, all.waiting), (3, 2, 1));
    let some = stats::stats(&mut t, &data).await.unwrap();
    assert_eq!((some.total.nodes, some.total.edges, some.waiting), (2, 1, 1));
    assert_eq!(some.types, [("NEAR".to_owned(), 1)]);
    assert_eq!(some.labels, [("Thing".to_owned(), 2)]);
    let crm = Realms::Only(vec![realm("crm")]);
    let other = stats::stats(&mut t, &crm).await.unwrap();
    assert_eq!((other.total.nodes, other.total.edges, other.waiting), (1, 0, 0));
    let list = waiting::waiting(&mut t, &crm, Limit::default(), None).await.unwrap();
    assert_eq!((list.items.len(), list.total), (0, 0));
    assert!(read::node(&mut t, &crm, ids[0], Moment::default()).await.unwrap().is_none());
}
