//! What every engine shows, and to whom.

use agentcy_core::Realms;
use agentcy_graph::{Direction, Hop, Scope};
use uuid::Uuid;

use crate::{
    contract::Store,
    sample::{around, edge, edges, gone, hop_of, node, node_id, org, read},
};

pub(crate) async fn an_unknown_node_is_none(store: Store) {
    let org = org();
    assert_eq!(read(&*store, org, 1).await, None);
    assert!(around(&*store, org, 1).await.items.is_empty());
}

pub(crate) async fn another_org_sees_nothing(store: Store) {
    let (ours, theirs) = (org(), org());
    store.upsert_nodes(ours, &[node(1, 1), node(2, 1)]).await.unwrap();
    store.upsert_edges(ours, &[edge(3, 1, 2, 1)]).await.unwrap();
    assert_eq!(read(&*store, theirs, 1).await, None);
    assert!(around(&*store, theirs, 1).await.items.is_empty());
    let tie = edge(4, 1, 2, 1);
    let done = store.upsert_edges(theirs, std::slice::from_ref(&tie)).await.unwrap();
    assert_eq!(done.waiting, [tie.id]);
    store.remove_nodes(theirs, &[gone(1, 9)]).await.unwrap();
    store.remove_edges(theirs, &[gone(3, 9)]).await.unwrap();
    assert_eq!(edges(&*store, ours, 1).await, [edge(3, 1, 2, 1)]);
}

pub(crate) async fn the_same_ids_in_two_orgs_are_two_things(store: Store) {
    let (ours, theirs) = (org(), org());
    store.upsert_nodes(ours, &[node(1, 1), node(2, 1)]).await.unwrap();
    store.upsert_nodes(theirs, &[node(1, 7), node(2, 7)]).await.unwrap();
    store.upsert_edges(ours, &[edge(3, 1, 2, 1)]).await.unwrap();
    store.upsert_edges(theirs, &[edge(3, 2, 1, 7)]).await.unwrap();
    assert_eq!(read(&*store, ours, 1).await, Some(node(1, 1)));
    assert_eq!(read(&*store, theirs, 1).await, Some(node(1, 7)));
    assert_eq!(edges(&*store, ours, 1).await, [edge(3, 1, 2, 1)]);
    assert_eq!(edges(&*store, theirs, 1).await, [edge(3, 2, 1, 7)]);
}

pub(crate) async fn what_lies_in_another_realm_is_not_there(store: Store) {
    let org = org();
    let mut hidden = node(2, 1);
    hidden.realm = "crm".parse().unwrap();
    let mut hidden_tie = edge(12, 1, 3, 1);
    hidden_tie.realm = "crm".parse().unwrap();
    store.upsert_nodes(org, &[node(1, 1), hidden, node(3, 1)]).await.unwrap();
    store.upsert_edges(org, &[edge(11, 1, 2, 1), hidden_tie, edge(13, 3, 1, 1)]).await.unwrap();

    let realms = Realms::Only(vec!["infrastructure".parse().unwrap()]);
    let scope = Scope { org, realms: &realms };
    let hop =
        |number| Hop { node: node_id(number), direction: Direction::Both, kinds: &[], limit: 10 };
    assert_eq!(store.read_node(scope, node_id(2)).await.unwrap(), None);
    assert!(store.neighbours(scope, hop(2)).await.unwrap().items.is_empty());
    let seen = store.neighbours(scope, hop(1)).await.unwrap();
    assert_eq!(seen.items.len(), 1);
    assert_eq!(seen.items[0].edge, edge(13, 3, 1, 1));
    assert!(!seen.truncated);
    let nothing = Scope { org, realms: &Realms::Only(Vec::new()) };
    assert_eq!(store.read_node(nothing, node_id(1)).await.unwrap(), None);
}

pub(crate) async fn neighbours_follow_direction_type_and_limit(store: Store) {
    let org = org();
    let nodes: Vec<_> = (1..=6).map(|number| node(number, 1)).collect();
    let mut owns = edge(23, 1, 4, 1);
    owns.kind = "OWNS".into();
    let ties = [edge(21, 1, 2, 1), edge(22, 3, 1, 1), owns.clone(), edge(24, 5, 6, 1)];
    store.upsert_nodes(org, &nodes).await.unwrap();
    store.upsert_edges(org, &ties).await.unwrap();

    let kinds = |kinds: &[&str]| kinds.iter().map(ToString::to_string).collect::<Vec<_>>();
    for (direction, kinds, expected) in [
        (Direction::Out, kinds(&[]), vec![&ties[0], &ties[2]]),
        (Direction::In, kinds(&[]), vec![&ties[1]]),
        (Direction::Both, kinds(&[]), vec![&ties[0], &ties[1], &ties[2]]),
        (Direction::Both, kinds(&["OWNS"]), vec![&ties[2]]),
        (Direction::Out, kinds(&["OWNS", "USES"]), vec![&ties[0], &ties[2]]),
        (Direction::In, kinds(&["OWNS", "KNOWS"]), vec![]),
    ] {
        let hop = Hop { node: node_id(1), direction, kinds: &kinds, limit: 10 };
        let found = hop_of(&*store, org, hop).await;
        let edges: Vec<_> = found.items.iter().map(|item| &item.edge).collect();
        assert_eq!(edges, expected, "{direction:?} {kinds:?}");
        for item in &found.items {
            let other = if item.edge.from == node_id(1) { item.edge.to } else { item.edge.from };
            assert_eq!(item.node.id, other);
            assert_eq!(item.node.labels, ["Service"]);
        }
    }
    for (limit, length, truncated) in [(0, 0, true), (2, 2, true), (3, 3, false)] {
        let hop = Hop { node: node_id(1), direction: Direction::Both, kinds: &[], limit };
        let found = hop_of(&*store, org, hop).await;
        assert_eq!((found.items.len(), found.truncated), (length, truncated));
    }
}

pub(crate) async fn neighbours_come_in_the_order_of_ids(store: Store) {
    let org = org();
    let nodes: Vec<_> = (1..=9).map(|number| node(number, 1)).collect();
    store.upsert_nodes(org, &nodes).await.unwrap();
    // Neither written in their order nor named in it, and two of them to one node.
    let ties = [edge(34, 1, 7, 1), edge(33, 9, 1, 1), edge(32, 1, 3, 1), edge(31, 5, 1, 1)];
    store.upsert_edges(org, &ties).await.unwrap();
    store.upsert_edges(org, &[edge(30, 7, 1, 1), edge(35, 1, 1, 1)]).await.unwrap();
    for limit in [6, 3, 1] {
        let hop = Hop { node: node_id(1), direction: Direction::Both, kinds: &[], limit };
        let scope = Scope { org, realms: &Realms::All };
        let found = store.neighbours(scope, hop).await.unwrap();
        let seen: Vec<_> = found.items.iter().map(|item| (item.node.id, item.edge.id)).collect();
        let all = [(1, 35), (3, 32), (5, 31), (7, 30), (7, 34), (9, 33)]
            .map(|(node, edge)| (node_id(node), Uuid::from_u128(edge).into()));
        assert_eq!(seen, all[..limit]);
        assert_eq!(found.truncated, limit < 6);
    }
}

pub(crate) async fn a_loop_is_one_neighbour(store: Store) {
    let org = org();
    store.upsert_nodes(org, &[node(1, 1)]).await.unwrap();
    store.upsert_edges(org, &[edge(2, 1, 1, 1)]).await.unwrap();
    let found = around(&*store, org, 1).await;
    assert_eq!(found.items.len(), 1);
    assert_eq!((&found.items[0].edge, &found.items[0].node), (&edge(2, 1, 1, 1), &node(1, 1)));
}
