//! What every engine does alike.

use std::sync::Arc;

use agentcy_core::Timestamp;
use agentcy_graph::{Applied, Direction, Error, GraphStore, Hop, SourceRef};
use serde_json::json;

use crate::sample::{edge, edge_ids, edges, gone, hop_of, node, node_id, org, properties, read};

pub(crate) type Store = Arc<dyn GraphStore>;

/// Makes a test of every function named, with the attributes `$marks`, on the store that `$open` gives.
macro_rules! on {
    ($open:path, $marks:tt, $module:ident, [$($name:ident)*]) => {
        $(crate::contract::on!(@one $open, $marks, $module, $name);)*
    };
    (@one $open:path, ($($mark:tt)*), $module:ident, $name:ident) => {
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        $($mark)*
        async fn $name() {
            let home = $open();
            crate::$module::$name(home.store()).await;
        }
    };
}
pub(crate) use on;

/// Every test of the contract.
macro_rules! suite {
    ($open:path $(, $($mark:tt)*)?) => {
        crate::contract::on!($open, ($($($mark)*)?), expand, [
            the_walk_goes_breadth_first_and_no_further_than_asked
            what_is_met_is_in_the_order_of_steps_then_ids
            several_starts_are_one_picture
            a_walk_keeps_to_its_direction
            a_walk_keeps_to_its_types
            labels_say_which_nodes_are_entered
            every_edge_between_what_was_met_is_there
            a_walk_stays_within_the_realms
            a_walk_stays_within_the_org
            the_limit_counts_nodes_and_says_when_it_cut
            a_hub_is_looked_at_only_so_far
            nodes_without_edges_hide_no_cut
            a_walk_in_a_circle_ends
            a_start_that_is_not_there_is_left_out
            a_depth_too_large_is_refused
            hostile_filters_are_data
        ]);
        crate::contract::on!($open, ($($($mark)*)?), contract, [
            the_engine_answers
            every_value_reads_back
            writing_twice_changes_nothing
            an_older_version_loses
            a_newer_version_replaces_everything
            of_one_id_twice_in_a_batch_the_newest_stays
            an_edge_without_its_end_waits
            a_removed_node_takes_its_edges_along_and_stays_away
            a_removed_edge_stays_away
            removals_come_before_what_they_remove
            an_edge_that_moves_leaves_its_old_place
            clearing_one_org_leaves_the_others
            hostile_names_and_values_are_data
            thousands_of_nodes_and_edges_in_batches
            a_name_too_long_writes_nothing
            the_last_fact_never_goes_back
            a_forgotten_removal_no_longer_holds
        ]);
        crate::contract::on!($open, ($($($mark)*)?), reads, [
            an_unknown_node_is_none
            another_org_sees_nothing
            the_same_ids_in_two_orgs_are_two_things
            what_lies_in_another_realm_is_not_there
            neighbours_follow_direction_type_and_limit
            neighbours_come_in_the_order_of_ids
            a_loop_is_one_neighbour
        ]);
        crate::contract::on!($open, ($($($mark)*)?), writers, [
            two_writers_both_land
            of_many_writers_of_one_node_the_newest_wins
            writers_of_crossing_edges_all_land
        ]);
    };
}
pub(crate) use suite;

pub(crate) fn applied(written: usize, stale: usize) -> Applied {
    Applied { written, stale, waiting: Vec::new() }
}

pub(crate) async fn the_engine_answers(store: Store) {
    store.ping().await.unwrap();
    assert!(["neo4j", "grafeo"].contains(&store.engine().name));
}

pub(crate) async fn every_value_reads_back(store: Store) {
    let org = org();
    let mut written = node(1, 1);
    written.labels = vec!["Zone".into(), "Service".into(), "Zone".into()];
    written.properties = properties(json!({
        "yes": true, "int": -3, "large": i64::MAX, "larger": u64::MAX, "float": 1.0, "small": 1e-300,
        "text": "ä\0 `'\"\\ 🦀 \u{202e}", "empty": "", "list": [1, 2], "words": ["a", "b"], "none": [],
        "floats": [1.0, 2.5], "mixed": [1, 2.5, "x", null, {}], "nested": {"a": {"b": [1, {}]}},
        "id": "theirs", "version": 7, "org_id": "theirs", "realm": "theirs",
    }));
    written.sources.clear();
    let mut known = node(2, 1);
    known.valid_from = Timestamp::from_timestamp_micros(-62_135_596_800_000_001).unwrap();
    known.sources = ["", "a\0`'\"\\", "🦀\u{202e}"]
        .map(|word| SourceRef { source_id: "src_1".into(), external_id: word.into() })
        .into();
    store.upsert_nodes(org, &[written.clone(), known.clone()]).await.unwrap();
    let mut tie = edge(3, 1, 2, 1);
    tie.properties = written.properties.clone();
    store.upsert_edges(org, std::slice::from_ref(&tie)).await.unwrap();

    let labels = vec!["Service".to_owned(), "Zone".to_owned()];
    assert_eq!(read(&*store, org, 1).await.map(|node| node.labels), Some(labels));
    assert_eq!(read(&*store, org, 1).await.map(|n| n.properties), Some(written.properties));
    assert_eq!(read(&*store, org, 1).await.map(|n| n.sources), Some(Vec::new()));
    assert_eq!(read(&*store, org, 2).await, Some(known));
    assert_eq!(edges(&*store, org, 2).await, [tie]);
}

pub(crate) async fn writing_twice_changes_nothing(store: Store) {
    let org = org();
    let nodes = [node(1, 1), node(2, 1)];
    let ties = [edge(3, 1, 2, 1)];
    assert_eq!(store.upsert_nodes(org, &nodes).await.unwrap(), applied(2, 0));
    assert_eq!(store.upsert_edges(org, &ties).await.unwrap(), applied(1, 0));
    assert_eq!(store.upsert_nodes(org, &nodes).await.unwrap(), applied(0, 2));
    assert_eq!(store.upsert_edges(org, &ties).await.unwrap(), applied(0, 1));
    assert_eq!(read(&*store, org, 1).await, Some(node(1, 1)));
    assert_eq!(edges(&*store, org, 1).await, ties);
}

pub(crate) async fn an_older_version_loses(store: Store) {
    let org = org();
    store.upsert_nodes(org, &[node(1, 5), node(2, 5)]).await.unwrap();
    store.upsert_edges(org, &[edge(3, 1, 2, 5)]).await.unwrap();
    let mut old = node(1, 4);
    old.labels = vec!["Old".into()];
    assert_eq!(store.upsert_nodes(org, &[old]).await.unwrap(), applied(0, 1));
    assert_eq!(store.upsert_edges(org, &[edge(3, 2, 1, 4)]).await.unwrap(), applied(0, 1));
    assert_eq!(store.remove_nodes(org, &[gone(1, 4)]).await.unwrap(), applied(0, 1));
    assert_eq!(store.remove_edges(org, &[gone(3, 4)]).await.unwrap(), applied(0, 1));
    assert_eq!(read(&*store, org, 1).await, Some(node(1, 5)));
    assert_eq!(edges(&*store, org, 1).await, [edge(3, 1, 2, 5)]);
}

pub(crate) async fn a_newer_version_replaces_everything(store: Store) {
    let org = org();
    store.upsert_nodes(org, &[node(1, 1), node(2, 1)]).await.unwrap();
    store.upsert_edges(org, &[edge(3, 1, 2, 1)]).await.unwrap();
    let mut newer = node(1, 2);
    newer.labels = vec!["Host".into(), "Linux".into()];
    newer.properties = properties(json!({ "cpu": {"cores": 4} }));
    newer.realm = "development".parse().unwrap();
    assert_eq!(store.upsert_nodes(org, &[newer.clone()]).await.unwrap(), applied(1, 0));
    let mut tie = edge(3, 1, 2, 2);
    tie.properties = properties(json!({ "since": "today" }));
    assert_eq!(store.upsert_edges(org, std::slice::from_ref(&tie)).await.unwrap(), applied(1, 0));
    assert_eq!(read(&*store, org, 1).await, Some(newer));
    assert_eq!(edges(&*store, org, 1).await, [tie]);
}

pub(crate) async fn of_one_id_twice_in_a_batch_the_newest_stays(store: Store) {
    let org = org();
    let done = store.upsert_nodes(org, &[node(1, 2), node(1, 3), node(1, 1)]).await.unwrap();
    assert_eq!(done, applied(1, 2));
    assert_eq!(read(&*store, org, 1).await, Some(node(1, 3)));
}

pub(crate) async fn an_edge_without_its_end_waits(store: Store) {
    let org = org();
    store.upsert_nodes(org, &[node(1, 1)]).await.unwrap();
    let ties = [edge(3, 1, 2, 1), edge(4, 1, 1, 1), edge(5, 2, 1, 1)];
    let done = store.upsert_edges(org, &ties).await.unwrap();
    assert_eq!((done.written, done.stale), (1, 0));
    assert_eq!(done.waiting, [ties[0].id, ties[2].id]);
    store.upsert_nodes(org, &[node(2, 2)]).await.unwrap();
    assert_eq!(store.upsert_edges(org, &ties).await.unwrap(), applied(2, 1));
    assert_eq!(edges(&*store, org, 1).await, ties);
}

pub(crate) async fn a_removed_node_takes_its_edges_along_and_stays_away(store: Store) {
    let org = org();
    let tie = edge(3, 1, 2, 1);
    store.upsert_nodes(org, &[node(1, 1), node(2, 1)]).await.unwrap();
    store.upsert_edges(org, &[tie.clone(), edge(4, 1, 1, 1)]).await.unwrap();
    assert_eq!(store.remove_nodes(org, &[gone(1, 5)]).await.unwrap(), applied(1, 0));
    assert_eq!(store.remove_nodes(org, &[gone(1, 5)]).await.unwrap(), applied(0, 1));
    assert_eq!(read(&*store, org, 1).await, None);
    assert!(edges(&*store, org, 1).await.is_empty());
    assert!(edges(&*store, org, 2).await.is_empty());

    assert_eq!(store.upsert_nodes(org, &[node(1, 4)]).await.unwrap(), applied(0, 1));
    let waits = store.upsert_edges(org, std::slice::from_ref(&tie)).await.unwrap();
    assert_eq!(waits.waiting, [tie.id]);
    assert_eq!(read(&*store, org, 1).await, None);

    assert_eq!(store.upsert_nodes(org, &[node(1, 6)]).await.unwrap(), applied(1, 0));
    assert_eq!(read(&*store, org, 1).await, Some(node(1, 6)));
    assert!(edges(&*store, org, 1).await.is_empty());
    assert_eq!(store.upsert_edges(org, std::slice::from_ref(&tie)).await.unwrap(), applied(1, 0));
    assert_eq!(edges(&*store, org, 1).await, [tie]);
}

pub(crate) async fn a_removed_edge_stays_away(store: Store) {
    let org = org();
    store.upsert_nodes(org, &[node(1, 1), node(2, 1)]).await.unwrap();
    store.upsert_edges(org, &[edge(3, 1, 2, 1)]).await.unwrap();
    assert_eq!(store.remove_edges(org, &[gone(3, 5)]).await.unwrap(), applied(1, 0));
    assert_eq!(store.remove_edges(org, &[gone(3, 5)]).await.unwrap(), applied(0, 1));
    assert_eq!(store.upsert_edges(org, &[edge(3, 1, 2, 4)]).await.unwrap(), applied(0, 1));
    assert!(edges(&*store, org, 1).await.is_empty());
    assert_eq!(store.upsert_edges(org, &[edge(3, 1, 2, 6)]).await.unwrap(), applied(1, 0));
    assert_eq!(edges(&*store, org, 1).await, [edge(3, 1, 2, 6)]);
}

pub(crate) async fn removals_come_before_what_they_remove(store: Store) {
    let org = org();
    assert_eq!(store.remove_nodes(org, &[gone(1, 5)]).await.unwrap(), applied(1, 0));
    assert_eq!(store.remove_edges(org, &[gone(3, 5)]).await.unwrap(), applied(1, 0));
    assert_eq!(store.upsert_nodes(org, &[node(1, 4), node(2, 4)]).await.unwrap(), applied(1, 1));
    assert_eq!(store.upsert_edges(org, &[edge(3, 2, 2, 4)]).await.unwrap(), applied(0, 1));
    assert!(edges(&*store, org, 2).await.is_empty());
}

pub(crate) async fn an_edge_that_moves_leaves_its_old_place(store: Store) {
    let org = org();
    store.upsert_nodes(org, &[node(1, 1), node(2, 1), node(3, 1)]).await.unwrap();
    store.upsert_edges(org, &[edge(9, 1, 2, 1)]).await.unwrap();
    let mut moved = edge(9, 2, 3, 2);
    moved.kind = "OWNS".into();
    assert_eq!(store.upsert_edges(org, &[moved.clone()]).await.unwrap(), applied(1, 0));
    assert!(edges(&*store, org, 1).await.is_empty());
    assert_eq!(edges(&*store, org, 2).await, [moved]);

    let away = edge(9, 2, 4, 3);
    let done = store.upsert_edges(org, std::slice::from_ref(&away)).await.unwrap();
    assert_eq!(done.waiting, [away.id]);
    assert!(edges(&*store, org, 2).await.is_empty());
}

pub(crate) async fn clearing_one_org_leaves_the_others(store: Store) {
    let (ours, theirs) = (org(), org());
    for org in [ours, theirs] {
        store.upsert_nodes(org, &[node(1, 5), node(2, 5)]).await.unwrap();
        store.upsert_edges(org, &[edge(3, 1, 2, 5)]).await.unwrap();
        store.remove_nodes(org, &[gone(4, 5)]).await.unwrap();
        store.set_watermark(org, 5).await.unwrap();
    }
    store.clear(ours).await.unwrap();
    assert_eq!(read(&*store, ours, 1).await, None);
    assert_eq!(store.watermark(ours).await.unwrap(), 0);
    assert_eq!(edges(&*store, theirs, 1).await, [edge(3, 1, 2, 5)]);
    assert_eq!(store.watermark(theirs).await.unwrap(), 5);

    let nodes = [node(1, 1), node(2, 1), node(4, 1)];
    assert_eq!(store.upsert_nodes(ours, &nodes).await.unwrap(), applied(3, 0));
    assert_eq!(store.upsert_edges(ours, &[edge(3, 1, 2, 1)]).await.unwrap(), applied(1, 0));
}

/// Texts that are syntax somewhere, or ours.
pub(crate) const HOSTILE: [&str; 24] = [
    "a`b",
    "`",
    "``",
    "a``b`",
    "\\u0060",
    "\\",
    "\\\\u0060 OR",
    "a'b\"c",
    "a\0b",
    "\0",
    "",
    " ",
    "_Node",
    "_Edge",
    "_id",
    "_removed",
    "__x",
    "_%00",
    "a:b|c",
    "$rows",
    "TYPE",
    "X) DETACH DELETE (n",
    "ünïcödé 🦀\u{202e}\u{feff}",
    "line\nbreak\r\ttab",
];

pub(crate) async fn hostile_names_and_values_are_data(store: Store) {
    let org = org();
    let mut first = node(1, 1);
    first.labels = HOSTILE.iter().map(ToString::to_string).collect();
    first.labels.sort();
    first.properties =
        HOSTILE.iter().map(|name| ((*name).to_owned(), json!(format!("{name}`'\"\\")))).collect();
    let all = [first.clone(), node(2, 1)];
    assert_eq!(store.upsert_nodes(org, &all).await.unwrap(), applied(2, 0));
    assert_eq!(read(&*store, org, 1).await, Some(first.clone()));

    let ties: Vec<_> = (10_u128..)
        .zip(HOSTILE)
        .map(|(number, kind)| {
            let mut tie = edge(number, 1, 2, 1);
            tie.kind = kind.into();
            tie.properties.clone_from(&first.properties);
            tie
        })
        .collect();
    assert_eq!(store.upsert_edges(org, &ties).await.unwrap(), applied(ties.len(), 0));
    assert_eq!(edges(&*store, org, 1).await, ties);
    for tie in &ties {
        let kinds = [tie.kind.clone()];
        let hop = Hop { node: node_id(1), direction: Direction::Out, kinds: &kinds, limit: 100 };
        let found = hop_of(&*store, org, hop).await;
        assert_eq!(found.items.len(), 1, "{:?}", tie.kind);
        assert_eq!(&found.items[0].edge, tie);
    }

    // Taking such labels and types away again works as well.
    assert_eq!(store.upsert_nodes(org, &[node(1, 2)]).await.unwrap(), applied(1, 0));
    assert_eq!(read(&*store, org, 1).await, Some(node(1, 2)));
    let removals: Vec<_> = (10..).take(ties.len()).map(|number| gone(number, 2)).collect();
    assert_eq!(store.remove_edges(org, &removals).await.unwrap(), applied(ties.len(), 0));
    assert!(edges(&*store, org, 1).await.is_empty());
}

pub(crate) async fn thousands_of_nodes_and_edges_in_batches(store: Store) {
    let org = org();
    let nodes: Vec<_> = (1..=5_000).map(|number| node(number, 1)).collect();
    let ties: Vec<_> = (1..5_000_u128).map(|number| edge(number, number, number + 1, 1)).collect();
    assert_eq!(store.upsert_nodes(org, &nodes).await.unwrap(), applied(5_000, 0));
    assert_eq!(store.upsert_edges(org, &ties).await.unwrap(), applied(4_999, 0));
    assert_eq!(read(&*store, org, 4_321).await, Some(node(4_321, 1)));
    assert_eq!(edge_ids(&edges(&*store, org, 2_500).await), edge_ids(&ties[2_498..2_500]));
    let again: Vec<_> =
        (1..=5_000).map(|number| node(number, if number > 4_000 { 2 } else { 1 })).collect();
    assert_eq!(store.upsert_nodes(org, &again).await.unwrap(), applied(1_000, 4_000));
    store.clear(org).await.unwrap();
    assert_eq!(read(&*store, org, 4_321).await, None);
}

pub(crate) async fn a_name_too_long_writes_nothing(store: Store) {
    let org = org();
    let mut long = node(2, 1);
    long.labels = vec!["x".repeat(2_000)];
    let refused = store.upsert_nodes(org, &[node(1, 1), long]).await;
    assert!(matches!(refused, Err(Error::TooLarge { .. })));
    assert_eq!(read(&*store, org, 1).await, None);
}

pub(crate) async fn the_last_fact_never_goes_back(store: Store) {
    let org = org();
    assert_eq!(store.watermark(org).await.unwrap(), 0);
    for (fact, expected) in [(7, 7), (3, 7), (8, 8)] {
        store.set_watermark(org, fact).await.unwrap();
        assert_eq!(store.watermark(org).await.unwrap(), expected);
    }
}

pub(crate) async fn a_forgotten_removal_no_longer_holds(store: Store) {
    let org = org();
    store.upsert_nodes(org, &[node(3, 1)]).await.unwrap();
    store.remove_nodes(org, &[gone(1, 5), gone(2, 6)]).await.unwrap();
    store.remove_edges(org, &[gone(11, 5), gone(12, 6)]).await.unwrap();
    store.forget_removals(org, 6).await.unwrap();
    let nodes = [node(1, 1), node(2, 1)];
    assert_eq!(store.upsert_nodes(org, &nodes).await.unwrap(), applied(1, 1));
    let ties = [edge(11, 1, 3, 1), edge(12, 1, 3, 1)];
    assert_eq!(store.upsert_edges(org, &ties).await.unwrap(), applied(1, 1));
    assert_eq!(read(&*store, org, 3).await, Some(node(3, 1)));
}
