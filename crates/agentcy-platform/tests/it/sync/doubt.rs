//! What could not be read is not taken for gone.

use agentcy_platform::sync::{Counts, SyncState};
use agentcy_sources::{Fault, NodeRecord, Record};
use serde_json::{Map, json};

use super::{
    script::{Step, broken, cursor, delta, edge, gone, node},
    theatre::Theatre,
};

/// A node that the ledger does not take.
fn refused(id: &str) -> Step {
    Step::Say(Record::Node(NodeRecord {
        external_id: id.to_owned(),
        key: None,
        labels: vec!["x".repeat(2000)],
        properties: Map::new(),
        valid_from: None,
    }))
}

fn unchanged(unchanged: u64) -> Counts {
    Counts { unchanged, ..Counts::default() }
}

#[tokio::test]
async fn a_source_of_which_nothing_can_be_read_fails_and_archives_nothing() {
    let stage = Theatre::playing([node("a"), node("b")]).await;
    stage.script.then([broken("line 1")]);
    stage.script.then([refused("a")]);
    stage.sync().await;
    for place in ["line 1: no key", "a: a label is longer"] {
        let sync = stage.sync().await;
        assert_eq!(sync.state, SyncState::Failed);
        let reason = &sync.faults.last().unwrap().message;
        assert!(reason.contains(place), "{reason}");
        assert_eq!(stage.said().await, ["a", "b"]);
    }
}

#[tokio::test]
async fn a_record_that_is_refused_leaves_what_it_is_about_as_it_was() {
    let stage = Theatre::playing([node("a"), node("b"), edge("a", "b")]).await;
    stage.script.then([node("a"), refused("b"), edge("a", "b")]);
    stage.script.then([refused("new"), node("a"), refused("b"), node("b"), edge("a", "b")]);
    stage.script.then([node("a"), edge("a", "b")]);
    stage.sync().await;
    for refusals in [1, 2] {
        let sync = stage.sync().await;
        assert_eq!((sync.state, sync.counts), (SyncState::Succeeded, unchanged(3)));
        assert_eq!(sync.faults.len(), refusals, "{:?}", sync.faults);
        assert_eq!(stage.said().await, ["a", "a-b", "b"]);
    }
    assert_eq!(stage.sync().await.counts.archived, 1, "what is not said is gone");
}

#[tokio::test]
async fn while_something_cannot_be_read_nothing_is_archived_and_the_result_says_so() {
    let stage = Theatre::playing([node("a"), node("b"), node("c"), cursor(1)]).await;
    stage.script.then([node("a"), broken("line 2"), node("d"), cursor(2)]);
    stage.script.then([node("a"), node("d"), cursor(3)]);
    stage.script.then([node("a"), broken("line 2"), node("d"), cursor(4)]);
    stage.sync().await;
    let sync = stage.sync().await;
    assert_eq!(sync.state, SyncState::Succeeded);
    assert_eq!(sync.counts, Counts { added: 1, unchanged: 1, ..Counts::default() });
    assert_eq!(stage.said().await, ["a", "b", "c", "d"]);
    let words = &sync.faults[1].message;
    assert_eq!(sync.faults.len(), 2);
    assert!(
        words.contains("nothing was archived") && words.contains("nodes and edges: 2"),
        "{words}"
    );

    let clean = stage.sync().await;
    assert_eq!((clean.counts.archived, clean.faults.len()), (2, 0));
    assert_eq!(stage.said().await, ["a", "d"]);
    assert_eq!(stage.sync().await.faults.len(), 1, "there was nothing to hold back");
    let given = [None, Some(json!(1)), None, Some(json!(3))];
    assert_eq!(stage.script.cursors(), given, "what was held back is said in whole again");
}

#[tokio::test]
async fn what_a_delta_says_is_gone_stays_while_something_cannot_be_read() {
    let stage = Theatre::playing([node("a"), node("b"), edge("a", "b"), cursor(1)]).await;
    stage.script.then([delta(), broken("commit"), gone("a"), gone("never"), node("c"), cursor(2)]);
    stage.script.then([node("b"), node("c"), cursor(3)]);
    stage.sync().await;
    let sync = stage.sync().await;
    assert_eq!(sync.counts, Counts { added: 1, ..Counts::default() });
    assert_eq!(stage.said().await, ["a", "a-b", "b", "c"]);
    assert!(sync.faults[1].message.contains("nodes and edges: 1"), "{:?}", sync.faults);
    assert_eq!(stage.sync().await.counts.archived, 2);
    assert_eq!(stage.script.cursors(), [None, Some(json!(1)), None]);
}

#[tokio::test]
async fn a_fault_that_hides_nothing_holds_nothing_back() {
    let stage = Theatre::playing([node("a"), node("b")]).await;
    let fault = Fault { hides: false, ..Fault::new("line 2", "the key came before") };
    stage.script.then([node("a"), Step::Say(Record::Fault(fault))]);
    stage.sync().await;
    let sync = stage.sync().await;
    assert_eq!((sync.counts.archived, sync.faults.len()), (1, 1));
}
