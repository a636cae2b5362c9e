//! What every engine makes of several who write at once.

use std::sync::Arc;

use crate::{
    contract::{Store, applied},
    sample::{edge, edge_ids, edges, node, org, read},
};

pub(crate) async fn two_writers_both_land(store: Store) {
    let org = org();
    let batch = |numbers: std::ops::Range<u128>| numbers.map(|n| node(n, 1)).collect::<Vec<_>>();
    let (first, second) = (batch(1..300), batch(300..600));
    let (one, two) =
        tokio::join!(store.upsert_nodes(org, &first), store.upsert_nodes(org, &second));
    assert_eq!((one.unwrap(), two.unwrap()), (applied(299, 0), applied(300, 0)));
    for number in [1, 299, 300, 599] {
        assert_eq!(read(&*store, org, number).await, Some(node(number, 1)));
    }
}

pub(crate) async fn of_many_writers_of_one_node_the_newest_wins(store: Store) {
    let org = org();
    store.upsert_nodes(org, &[node(2, 1)]).await.unwrap();
    let tasks: Vec<_> = (1..=16)
        .rev()
        .map(|version| {
            let store = Arc::clone(&store);
            tokio::spawn(async move {
                let mut newer = node(1, version);
                newer.labels = vec![format!("V{version}")];
                store.upsert_nodes(org, &[newer]).await.unwrap();
                store.upsert_edges(org, &[edge(3, 1, 2, version)]).await.unwrap();
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    let found = read(&*store, org, 1).await.unwrap();
    assert_eq!((found.version, found.labels), (16, vec!["V16".to_owned()]));
    assert_eq!(edges(&*store, org, 1).await, [edge(3, 1, 2, 16)]);
}

pub(crate) async fn writers_of_crossing_edges_all_land(store: Store) {
    let org = org();
    let nodes: Vec<_> = (0..20).map(|number| node(number, 1)).collect();
    store.upsert_nodes(org, &nodes).await.unwrap();
    let tasks: Vec<_> = (0..6_u128)
        .map(|writer| {
            let store = Arc::clone(&store);
            tokio::spawn(async move {
                // Each writer goes through the same nodes in an order of its own.
                let ties: Vec<_> = (0..20)
                    .map(|step| {
                        let from = (step * (2 * writer + 1) + writer) % 20;
                        edge(1_000 * (writer + 1) + step, from, (from + writer + 1) % 20, 1)
                    })
                    .collect();
                store.upsert_edges(org, &ties).await.unwrap()
            })
        })
        .collect();
    for task in tasks {
        assert_eq!(task.await.unwrap(), applied(20, 0));
    }
    let mut all = std::collections::HashSet::new();
    for number in 0..20 {
        all.extend(edge_ids(&edges(&*store, org, number).await));
    }
    assert_eq!(all.len(), 120);
}
