//! What a source says is in the ledger afterwards.

use agentcy_core::Action;
use agentcy_platform::{
    sources as sources_of,
    sync::{Counts, Fault, SyncState},
};
use agentcy_store::{jobs, sources};
use serde_json::json;
use uuid::Uuid;

use super::{
    script::{broken, cursor, delta, edge, gone, node, titled},
    theatre::Theatre,
};

#[tokio::test]
async fn a_sync_collects_applies_and_tells_what_it_did() {
    let stage = Theatre::playing([node("a"), node("b"), edge("a", "b"), cursor(7)]).await;
    let sync = stage.sync().await;
    assert_eq!(sync.state, SyncState::Succeeded);
    assert_eq!(sync.counts, Counts { added: 3, ..Counts::default() });
    assert_eq!((sync.done, sync.faults.len()), (3, 0));
    assert!(sync.started_at.is_some() && sync.finished_at.is_some());
    assert!(!sync.projected, "no projector has run");
    assert_eq!(stage.said().await, ["a", "a-b", "b"]);
    assert_eq!(stage.count("job_records").await, 0, "what was applied is not kept twice");

    let batches = stage.database.rows("select cause, added from fact_batches").await;
    assert_eq!(batches, [json!({ "cause": sync.id.to_string(), "added": 3 })]);
    let told = stage.told("graph").await;
    assert_eq!((told.len(), &told[0]["source_id"]), (1, &json!(stage.source)));
    assert_eq!((&told[0]["realm"], &told[0]["added"]), (&json!("data"), &json!(3)));
    let told = stage.told("sources").await;
    assert!(told.iter().all(|it| it["id"] == json!(sync.id) && it["realm"] == "data"));
    assert_eq!(told.first().unwrap()["state"], "queued");
    assert_eq!(told.last().unwrap()["state"], "succeeded");
    assert_eq!(told.last().unwrap()["counts"]["added"], 3);
}

#[tokio::test]
async fn the_same_words_again_change_nothing_and_tell_nobody() {
    let stage = Theatre::playing([node("a"), node("b"), edge("a", "b")]).await;
    stage.sync().await;
    let facts = stage.database.rows("select * from facts order by id").await;
    let again = stage.sync().await;
    assert_eq!(again.state, SyncState::Succeeded);
    assert_eq!(again.counts, Counts { unchanged: 3, ..Counts::default() });
    assert!(again.projected, "there is nothing to project");
    assert_eq!(stage.database.rows("select * from facts order by id").await, facts);
    assert_eq!(stage.count("fact_batches").await, 1);
    assert_eq!(stage.told("graph").await.len(), 1);
}

#[tokio::test]
async fn what_is_said_no_more_is_archived_and_what_is_said_otherwise_changed() {
    let stage = Theatre::playing([node("a"), node("b"), node("c")]).await;
    stage.script.then([node("a"), titled("b", "another")]);
    stage.sync().await;
    let sync = stage.sync().await;
    assert_eq!(sync.counts, Counts { added: 0, changed: 1, archived: 1, unchanged: 1 });
    assert_eq!(stage.said().await, ["a", "b"]);
}

#[tokio::test]
async fn a_broken_record_fails_alone_and_is_listed() {
    let long = "x".repeat(2000);
    let stage = Theatre::playing([node("a"), broken("line 2"), node(&long), node("b")]).await;
    let sync = stage.sync().await;
    assert_eq!(sync.state, SyncState::Succeeded);
    assert_eq!(stage.said().await, ["a", "b"]);
    assert_eq!(sync.faults.len(), 2, "{:?}", sync.faults);
    assert_eq!(sync.faults[0], Fault::new("line 2", "no key"));
    assert!(sync.faults[1].place.starts_with("xxx"));
}

#[tokio::test]
async fn a_delta_goes_on_from_the_cursor_and_leaves_the_rest_as_it_was() {
    let stage = Theatre::playing([node("a"), node("b"), cursor("one")]).await;
    stage.script.then([delta(), gone("a"), node("c"), cursor("two")]);
    stage.script.then([delta(), cursor("three")]);
    stage.sync().await;
    let sync = stage.sync().await;
    assert_eq!(sync.counts, Counts { added: 1, archived: 1, ..Counts::default() });
    assert_eq!(stage.said().await, ["b", "c"]);
    stage.sync().await;
    assert_eq!(stage.said().await, ["b", "c"]);
    let given = [None, Some(json!("one")), Some(json!("two"))];
    assert_eq!(stage.script.cursors(), given);
}

#[tokio::test]
async fn a_delta_that_nobody_asked_for_fails_and_archives_nothing() {
    let stage = Theatre::playing([node("a")]).await;
    stage.script.then([delta(), node("b")]);
    stage.sync().await;
    let sync = stage.sync().await;
    assert_eq!(sync.state, SyncState::Failed);
    assert!(sync.faults[0].message.contains("told of changes"), "{:?}", sync.faults);
    assert_eq!(stage.said().await, ["a"]);
}

#[tokio::test]
async fn many_records_travel_in_several_batches() {
    let many = 20_500;
    let stage = Theatre::playing((0..many).map(|n| node(&format!("{n:05}")))).await;
    let sync = stage.start().await;
    stage.runner.claim().await.unwrap();
    stage.runner.idle().await;
    let batches = "select batch from job_records order by batch";
    let batches = stage.database.rows(batches).await;
    assert_eq!(batches, [0, 1, 2].map(|n| json!({ "batch": n })));
    stage.run().await;
    let sync = stage.read(&sync).await;
    assert_eq!((sync.state, sync.counts.added), (SyncState::Succeeded, many));
    assert_eq!(sync.done, many);
}

#[tokio::test]
async fn a_source_that_changed_meanwhile_is_collected_from_again() {
    let stage = Theatre::playing([node("old")]).await;
    stage.script.then([node("new")]);
    let sync = stage.start().await;
    stage.runner.claim().await.unwrap();
    stage.runner.idle().await;
    assert_eq!(stage.job(&sync, "kind").await, "source.apply");
    let id = Uuid::from(stage.source);
    let change = format!("update sources set updated_at = updated_at + '1s' where id = '{id}'");
    stage.database.execute(&change).await;
    stage.run().await;
    assert_eq!(stage.read(&sync).await.state, SyncState::Succeeded);
    assert_eq!(stage.said().await, ["new"]);
}

#[tokio::test]
async fn the_sync_of_a_source_that_is_gone_is_cancelled() {
    for halves in [0, 1] {
        let stage = Theatre::playing([node("a")]).await;
        let sync = stage.start().await;
        for _ in 0..halves {
            stage.runner.claim().await.unwrap();
            stage.runner.idle().await;
        }
        let by = stage.by(Action::SourceDelete);
        let mut tx = stage.db.begin(&by).await.unwrap();
        assert!(sources::delete(&mut tx, stage.source).await.unwrap());
        tx.commit().await.unwrap();
        stage.run().await;
        let mut reader = stage.db.read(&by).await.unwrap();
        let job = jobs::find(&mut reader, sync.id).await.unwrap().unwrap();
        assert_eq!(job.state, SyncState::Cancelled);
        assert_eq!((stage.count("facts").await, stage.count("job_records").await), (0, 0));
    }
}

#[tokio::test]
async fn what_a_removed_source_said_is_archived_when_that_is_asked_for() {
    let stage = Theatre::playing([node("a"), node("b"), edge("a", "b")]).await;
    let other = stage.ids.next();
    stage.connect(other, "tools").await;
    stage.sync().await;
    for (source, purge) in [(other, false), (stage.source, true)] {
        sources_of::remove(&stage.platform, &stage.caller, source, purge).await.unwrap();
    }
    assert_eq!(stage.said().await.len(), 3, "in the background");
    stage.run().await;
    assert!(stage.said().await.is_empty());
    let told = stage.told("graph").await;
    assert_eq!(told.last().unwrap()["archived"], 3);
    let ended = stage.database.rows("select state from jobs where kind = 'source.retire'").await;
    assert_eq!(ended, [json!({ "state": "succeeded" })]);
}
