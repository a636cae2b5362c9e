//! What every engine does alike when it walks outward from some nodes.

use std::sync::Arc;

use agentcy_core::{Realms, id::OrgId};
use agentcy_graph::{Direction, Edge, Error, Expand, GraphStore, Node, Scope, Subgraph};

use crate::{
    contract::HOSTILE,
    sample::{edge, edge_ids, gone, node, node_id, org},
};

type Store = Arc<dyn GraphStore>;

/// Everything two steps around some nodes.
fn around(nodes: &[agentcy_core::id::NodeId]) -> Expand<'_> {
    Expand {
        nodes,
        depth: 2,
        direction: Direction::Both,
        kinds: &[],
        labels: &[],
        limit: 100,
        work: Expand::WORK,
    }
}

async fn walk(store: &Store, org: OrgId, expand: Expand<'_>) -> Subgraph {
    store.expand(Scope { org, realms: &Realms::All }, expand).await.unwrap()
}

fn numbers(found: &Subgraph) -> Vec<u128> {
    let number = |node: &Node| uuid::Uuid::from(node.id).as_u128();
    found.nodes.iter().map(number).collect()
}

fn ties(found: &Subgraph) -> Vec<u128> {
    found.edges.iter().map(|edge| uuid::Uuid::from(edge.id).as_u128()).collect()
}

async fn write(store: &Store, org: OrgId, nodes: &[Node], edges: &[Edge]) {
    store.upsert_nodes(org, nodes).await.unwrap();
    assert_eq!(store.upsert_edges(org, edges).await.unwrap().written, edges.len());
}

/// Nodes 1 to `last` in a row, joined by edges 101 (from 1 to 2), 102 and so on.
async fn row(store: &Store, last: u128) -> OrgId {
    let org = org();
    let nodes: Vec<_> = (1..=last).map(|number| node(number, 1)).collect();
    let edges: Vec<_> = (1..last).map(|from| edge(100 + from, from, from + 1, 1)).collect();
    write(store, org, &nodes, &edges).await;
    org
}

pub(crate) async fn the_walk_goes_breadth_first_and_no_further_than_asked(store: Store) {
    let org = row(&store, 9).await;
    for (depth, expected) in [
        (0, vec![3]),
        (1, vec![3, 2, 4]),
        (2, vec![3, 2, 4, 1, 5]),
        (3, vec![3, 2, 4, 1, 5, 6]),
        (4, vec![3, 2, 4, 1, 5, 6, 7]),
    ] {
        let found = walk(&store, org, Expand { depth, ..around(&[node_id(3)]) }).await;
        assert_eq!(numbers(&found), expected);
        assert_eq!(found.edges.len(), expected.len() - 1);
        assert!(!found.truncated);
    }
    let found = walk(&store, org, Expand { depth: 1, ..around(&[node_id(3)]) }).await;
    assert_eq!(found.nodes, [node(3, 1), node(2, 1), node(4, 1)]);
    assert_eq!(found.edges, [edge(102, 2, 3, 1), edge(103, 3, 4, 1)]);
}

pub(crate) async fn what_is_met_is_in_the_order_of_steps_then_ids(store: Store) {
    let org = org();
    // Written from the last to the first, in batches of their own, so that no engine's own order is that of the ids.
    for number in (1..=8).rev() {
        store.upsert_nodes(org, &[node(number, 1)]).await.unwrap();
    }
    for (number, from, to) in [(107, 1, 8), (106, 1, 5), (105, 6, 1), (104, 8, 2), (103, 6, 7)] {
        store.upsert_edges(org, &[edge(number, from, to, 1)]).await.unwrap();
    }
    store.upsert_edges(org, &[edge(102, 5, 4, 1), edge(101, 8, 3, 1)]).await.unwrap();
    let found = walk(&store, org, around(&[node_id(1)])).await;
    assert_eq!(numbers(&found), [1, 5, 6, 8, 2, 3, 4, 7]);
    assert_eq!(ties(&found), [101, 102, 103, 104, 105, 106, 107]);
}

pub(crate) async fn several_starts_are_one_picture(store: Store) {
    let org = row(&store, 9).await;
    let starts = [node_id(7), node_id(2), node_id(7), node_id(3)];
    let found = walk(&store, org, Expand { depth: 1, ..around(&starts) }).await;
    assert_eq!(numbers(&found), [2, 3, 7, 1, 4, 6, 8]);
    assert_eq!(ties(&found), [101, 102, 103, 106, 107]);
    let nothing = walk(&store, org, around(&[])).await;
    assert_eq!(nothing, Subgraph::default());
}

pub(crate) async fn a_walk_keeps_to_its_direction(store: Store) {
    let org = row(&store, 9).await;
    for (direction, expected) in [(Direction::Out, vec![5, 6, 7]), (Direction::In, vec![5, 4, 3])] {
        let found = walk(&store, org, Expand { direction, ..around(&[node_id(5)]) }).await;
        assert_eq!(numbers(&found), expected);
        assert_eq!(found.edges.len(), 2);
    }
}

pub(crate) async fn a_walk_keeps_to_its_types(store: Store) {
    let org = org();
    let nodes: Vec<_> = (1..=4).map(|number| node(number, 1)).collect();
    let mut edges = [edge(11, 1, 2, 1), edge(12, 2, 3, 1), edge(13, 1, 4, 1), edge(14, 1, 2, 1)];
    edges[1].kind = "OWNS".into();
    edges[2].kind = "KNOWS".into();
    edges[3].kind = "KNOWS".into();
    write(&store, org, &nodes, &edges).await;
    for (kinds, met, tied) in [
        (vec!["USES".to_owned()], vec![1, 2], vec![11]),
        (vec!["USES".to_owned(), "OWNS".to_owned()], vec![1, 2, 3], vec![11, 12]),
        (vec!["KNOWS".to_owned(), "NEVER".to_owned()], vec![1, 2, 4], vec![13, 14]),
        (vec!["NEVER".to_owned()], vec![1], vec![]),
    ] {
        let found = walk(&store, org, Expand { kinds: &kinds, ..around(&[node_id(1)]) }).await;
        assert_eq!((numbers(&found), ties(&found)), (met, tied), "{kinds:?}");
    }
}

pub(crate) async fn labels_say_which_nodes_are_entered(store: Store) {
    let org = org();
    let mut nodes: Vec<_> = (1..=6).map(|number| node(number, 1)).collect();
    nodes[1].labels = vec!["Host".into(), "Linux".into()];
    nodes[3].labels = vec!["Team".into()];
    nodes[4].labels = Vec::new();
    // 1 Service - 2 Host - 3 Service, 1 - 4 Team - 6 Service, 1 - 5 without a label.
    let edges = [
        edge(11, 1, 2, 1),
        edge(12, 2, 3, 1),
        edge(13, 1, 4, 1),
        edge(14, 1, 5, 1),
        edge(15, 4, 6, 1),
    ];
    write(&store, org, &nodes, &edges).await;
    for (labels, met, tied) in [
        (vec!["Host"], vec![1, 2], vec![11]),
        (vec!["Service"], vec![1], vec![]),
        (vec!["Linux", "Service"], vec![1, 2, 3], vec![11, 12]),
        (vec!["Team", "Service"], vec![1, 4, 6], vec![13, 15]),
        (vec!["Nothing"], vec![1], vec![]),
        (vec!["_Node"], vec![1], vec![]),
    ] {
        let labels: Vec<String> = labels.into_iter().map(Into::into).collect();
        let found = walk(&store, org, Expand { labels: &labels, ..around(&[node_id(1)]) }).await;
        assert_eq!((numbers(&found), ties(&found)), (met, tied), "{labels:?}");
    }
}

pub(crate) async fn every_edge_between_what_was_met_is_there(store: Store) {
    let org = org();
    let nodes: Vec<_> = (1..=4).map(|number| node(number, 1)).collect();
    // Beyond the last step, against the direction, to itself and doubled.
    let edges = [
        edge(11, 1, 2, 1),
        edge(12, 1, 3, 1),
        edge(13, 2, 3, 1),
        edge(14, 3, 2, 1),
        edge(15, 3, 3, 1),
        edge(16, 2, 1, 1),
        edge(17, 1, 2, 1),
        edge(18, 3, 4, 1),
    ];
    write(&store, org, &nodes, &edges).await;
    let starts = [node_id(1)];
    let out = Expand { depth: 1, direction: Direction::Out, ..around(&starts) };
    let found = walk(&store, org, out).await;
    assert_eq!(numbers(&found), [1, 2, 3]);
    assert_eq!(edge_ids(&found.edges), edge_ids(&edges[..7]));
}

pub(crate) async fn a_walk_stays_within_the_realms(store: Store) {
    let org = org();
    let mut nodes: Vec<_> = (1..=5).map(|number| node(number, 1)).collect();
    let mut edges = [edge(11, 1, 2, 1), edge(12, 2, 3, 1), edge(13, 1, 4, 1), edge(14, 1, 5, 1)];
    nodes[1].realm = "crm".parse().unwrap();
    edges[2].realm = "crm".parse().unwrap();
    write(&store, org, &nodes, &edges).await;
    let realms = Realms::Only(vec!["infrastructure".parse().unwrap(), "data".parse().unwrap()]);
    let seen = |starts: Vec<u128>, depth| {
        let (store, realms) = (&store, &realms);
        async move {
            let starts: Vec<_> = starts.into_iter().map(node_id).collect();
            let expand = Expand { depth, ..around(&starts) };
            let found = store.expand(Scope { org, realms }, expand).await.unwrap();
            assert!(!found.truncated);
            (numbers(&found), ties(&found))
        }
    };
    assert_eq!(seen(vec![1], 4).await, (vec![1, 5], vec![14]));
    assert_eq!(seen(vec![1, 4], 1).await, (vec![1, 4, 5], vec![14]));
    assert_eq!(seen(vec![2], 2).await, (vec![], vec![]));
    let nothing = Scope { org, realms: &Realms::Only(Vec::new()) };
    let found = store.expand(nothing, around(&[node_id(1)])).await.unwrap();
    assert_eq!(found, Subgraph::default());
}

pub(crate) async fn a_walk_stays_within_the_org(store: Store) {
    let (ours, theirs) = (row(&store, 3).await, row(&store, 5).await);
    let found = walk(&store, ours, Expand { depth: 4, ..around(&[node_id(2)]) }).await;
    assert_eq!(numbers(&found), [2, 1, 3]);
    let found = walk(&store, theirs, Expand { depth: 4, ..around(&[node_id(2)]) }).await;
    assert_eq!(numbers(&found), [2, 1, 3, 4, 5]);
    assert_eq!(walk(&store, org(), around(&[node_id(2)])).await, Subgraph::default());
}

pub(crate) async fn the_limit_counts_nodes_and_says_when_it_cut(store: Store) {
    let org = row(&store, 5).await;
    for (limit, met, tied, truncated) in [
        (0, vec![], vec![], true),
        (1, vec![3], vec![], true),
        (2, vec![3, 2], vec![102], true),
        (3, vec![3, 2, 4], vec![102, 103], true),
        (4, vec![3, 2, 4, 1], vec![101, 102, 103], true),
        (5, vec![3, 2, 4, 1, 5], vec![101, 102, 103, 104], false),
        (6, vec![3, 2, 4, 1, 5], vec![101, 102, 103, 104], false),
    ] {
        let found = walk(&store, org, Expand { limit, ..around(&[node_id(3)]) }).await;
        assert_eq!((numbers(&found), ties(&found)), (met, tied), "{limit}");
        assert_eq!(found.truncated, truncated, "{limit}");
    }
    // Full, and nothing beyond the last step is asked for.
    let starts = [node_id(3)];
    let step = Expand { depth: 1, limit: 3, ..around(&starts) };
    assert!(!walk(&store, org, step).await.truncated);
    // Starts are cut as well.
    let starts = [node_id(4), node_id(1), node_id(2)];
    let found = walk(&store, org, Expand { depth: 0, limit: 2, ..around(&starts) }).await;
    assert_eq!((numbers(&found), found.truncated), (vec![1, 2], true));
}

pub(crate) async fn a_hub_is_looked_at_only_so_far(store: Store) {
    let org = org();
    let nodes: Vec<_> = (1..=60).map(|number| node(number, 1)).collect();
    let edges: Vec<_> = (2..=60).map(|from| edge(100 + from, from, 1, 1)).collect();
    write(&store, org, &nodes, &edges).await;
    let all = walk(&store, org, Expand { work: 59, ..around(&[node_id(2)]) }).await;
    assert_eq!((all.nodes.len(), all.edges.len(), all.truncated), (60, 59, false));
    let some = walk(&store, org, Expand { work: 20, ..around(&[node_id(2)]) }).await;
    assert_eq!(numbers(&some)[..2], [2, 1]);
    assert!(some.truncated);
    assert!((20..=22).contains(&some.nodes.len()), "{}", some.nodes.len());
    // The limit is kept beside it, and of what was looked at the first ids stay.
    let few = walk(&store, org, Expand { limit: 5, ..around(&[node_id(2)]) }).await;
    assert_eq!((numbers(&few), few.truncated), (vec![2, 1, 3, 4, 5], true));
    assert_eq!(few.edges.len(), 4);
}

pub(crate) async fn nodes_without_edges_hide_no_cut(store: Store) {
    let org = org();
    let nodes: Vec<_> = (1..=5).map(|number| node(number, 1)).collect();
    let edges: Vec<_> =
        (2..=4).flat_map(|x| [edge(100 + x, x, 1, 1), edge(200 + x, x, 5, 1)]).collect();
    write(&store, org, &nodes, &edges).await;
    // The step looks at three edges, what is between at six.
    let starts = [node_id(1)];
    let inward = Expand { depth: 1, direction: Direction::In, ..around(&starts) };
    for (work, truncated) in [(2, true), (3, true), (5, true), (6, false)] {
        let found = walk(&store, org, Expand { work, ..inward.clone() }).await;
        assert_eq!(found.truncated, truncated, "{work}");
    }
    let all = walk(&store, org, Expand { work: 6, ..inward }).await;
    assert_eq!((numbers(&all), ties(&all)), (vec![1, 2, 3, 4], vec![102, 103, 104]));
    // A leaf comes before the node that has one edge too many.
    let starts = [node_id(1), node_id(2)];
    let outward = Expand { depth: 1, direction: Direction::Out, ..around(&starts) };
    for (work, truncated) in [(1, true), (2, false)] {
        let found = walk(&store, org, Expand { work, ..outward.clone() }).await;
        assert_eq!(found.truncated, truncated, "{work}");
    }
}

pub(crate) async fn a_walk_in_a_circle_ends(store: Store) {
    let org = row(&store, 3).await;
    store.upsert_edges(org, &[edge(200, 3, 1, 1), edge(201, 2, 2, 1)]).await.unwrap();
    let starts = [node_id(1)];
    for direction in [Direction::Out, Direction::In, Direction::Both] {
        let expand = Expand { depth: 4, direction, ..around(&starts) };
        let found = walk(&store, org, expand).await;
        let mut met = numbers(&found);
        met.sort_unstable();
        assert_eq!((met, ties(&found)), (vec![1, 2, 3], vec![101, 102, 200, 201]));
        assert!(!found.truncated);
    }
}

pub(crate) async fn a_start_that_is_not_there_is_left_out(store: Store) {
    let org = row(&store, 3).await;
    store.remove_nodes(org, &[gone(3, 2)]).await.unwrap();
    let starts = [node_id(3), node_id(77), node_id(2)];
    let found = walk(&store, org, around(&starts)).await;
    assert_eq!((numbers(&found), ties(&found)), (vec![2, 1], vec![101]));
    assert!(!found.truncated);
}

pub(crate) async fn a_depth_too_large_is_refused(store: Store) {
    let org = row(&store, 2).await;
    let starts = [node_id(1)];
    let deep = Expand { depth: Expand::MAX_DEPTH + 1, ..around(&starts) };
    let refused = store.expand(Scope { org, realms: &Realms::All }, deep).await;
    assert!(matches!(refused, Err(Error::TooLarge { .. })));
}

pub(crate) async fn hostile_filters_are_data(store: Store) {
    let org = org();
    let mut nodes = vec![node(1, 1), node(2, 1)];
    nodes[0].labels.clear();
    let mut edges = Vec::new();
    for (number, word) in (10_u128..).zip(HOSTILE) {
        let mut labelled = node(number, 1);
        labelled.labels = vec![word.into()];
        nodes.push(labelled);
        let mut tie = edge(100 + number, 1, number, 1);
        tie.kind = word.into();
        edges.push(tie);
    }
    write(&store, org, &nodes, &edges).await;
    for (number, word) in (10_u128..).zip(HOSTILE) {
        let words = [word.to_owned()];
        for expand in [
            Expand { labels: &words, ..around(&[node_id(1)]) },
            Expand { kinds: &words, ..around(&[node_id(1)]) },
            Expand { kinds: &words, labels: &words, ..around(&[node_id(1)]) },
        ] {
            let found = walk(&store, org, expand).await;
            assert_eq!(numbers(&found), [1, number], "{word:?}");
            assert_eq!(ties(&found), [100 + number], "{word:?}");
        }
    }
    let all = HOSTILE.map(str::to_owned);
    let starts = [node_id(1)];
    let found = walk(&store, org, Expand { kinds: &all, labels: &all, ..around(&starts) }).await;
    assert_eq!(found.nodes.len(), HOSTILE.len() + 1);
    // Everything is still there, and nothing else.
    let found = walk(&store, org, around(&[node_id(1)])).await;
    assert_eq!((found.nodes.len(), found.edges.len()), (HOSTILE.len() + 1, HOSTILE.len()));
}
