//! Syncs that do not come through.

use agentcy_platform::{
    jobs::{LEASE, LONGEST_DELAY, MAX_ATTEMPTS, longest_delay},
    sync::SyncState,
};
use agentcy_store::system::jobs as system;

use super::{
    script::{Step, node},
    theatre::Theatre,
};

#[tokio::test]
async fn a_source_that_dies_in_the_middle_publishes_and_archives_nothing_and_is_asked_again() {
    let stage = Theatre::playing([node("a"), node("b")]).await;
    stage.script.then([node("a"), node("c"), Step::Away]);
    stage.script.then([node("a"), node("c")]);
    stage.sync().await;

    let sync = stage.sync().await;
    assert_eq!(sync.state, SyncState::Queued);
    assert_eq!(stage.said().await, ["a", "b"]);
    let words = &sync.faults[0].message;
    assert!(words.contains("attempt 1 of 5") && words.contains("no route to it"), "{words}");
    let stored = stage.job(&sync, "run_at").await;
    let now = stage.platform.now();
    let at = stored.as_str().unwrap().parse::<chrono::DateTime<chrono::Utc>>().unwrap();
    assert!(at >= now && at <= now + longest_delay(1));

    stage.clock.advance(chrono::TimeDelta::from_std(longest_delay(1)).unwrap());
    stage.run().await;
    let sync = stage.read(&sync).await;
    assert_eq!((sync.state, sync.faults.len()), (SyncState::Succeeded, 0));
    assert_eq!(stage.said().await, ["a", "c"]);
    assert_eq!(stage.count("job_records").await, 0);
}

#[tokio::test]
async fn a_source_that_says_no_is_not_asked_again() {
    let stage = Theatre::playing([node("a"), Step::Refuse]).await;
    let sync = stage.sync().await;
    assert_eq!(sync.state, SyncState::Failed);
    assert_eq!(stage.job(&sync, "attempt").await, 1);
    let reason = stage.job(&sync, "reason").await;
    assert_eq!(reason, "the source was refused: the password is wrong");
    assert_eq!(sync.faults[0].message, reason);
    assert_eq!((stage.count("facts").await, stage.count("job_records").await), (0, 0));
    let told = stage.told("sources").await;
    assert_eq!(told.last().unwrap()["state"], "failed");
}

#[tokio::test]
async fn a_source_that_stays_away_is_given_up_with_a_reason() {
    let stage = Theatre::playing([node("a"), Step::Away]).await;
    let sync = stage.start().await;
    for attempt in 1..=MAX_ATTEMPTS {
        assert_eq!(stage.read(&sync).await.state, SyncState::Queued);
        stage.run().await;
        assert_eq!(stage.job(&sync, "attempt").await, attempt);
        stage.clock.advance(chrono::TimeDelta::from_std(LONGEST_DELAY).unwrap());
    }
    assert_eq!(stage.read(&sync).await.state, SyncState::Failed);
    let reason = stage.job(&sync, "reason").await;
    let words = "given up after 5 attempts: the source cannot be reached: no route to it";
    assert_eq!(reason, words);
    stage.run().await;
    assert_eq!(stage.script.cursors().len(), 5, "it is not asked any more");
    assert_eq!(stage.sync().await.state, SyncState::Queued, "and may be asked for anew");
}

#[tokio::test]
async fn a_connector_that_panics_fails_its_sync_and_nothing_else() {
    let stage = Theatre::playing([node("a"), Step::Panic]).await;
    stage.script.then([node("a")]);
    let sync = stage.sync().await;
    assert_eq!(sync.state, SyncState::Failed);
    assert!(!sync.faults[0].message.contains("as told"), "what a panic says is for the log");
    assert_eq!(stage.sync().await.state, SyncState::Succeeded);
}

#[tokio::test]
async fn a_job_that_kills_its_runner_is_given_up() {
    let stage = Theatre::playing([node("a")]).await;
    let sync = stage.start().await;
    for attempt in 1..=MAX_ATTEMPTS {
        let now = stage.platform.now();
        let mut tx = stage.db.system(&stage.system).await.unwrap();
        let kinds = ["source.collect"];
        let claimed = system::claim(&mut tx, &kinds, "doomed", 9, now, now + LEASE).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(claimed[0].attempt, attempt);
        assert_eq!(stage.runner.claim().await.unwrap(), 0, "nobody takes what is held");
        stage.clock.advance(chrono::TimeDelta::from_std(LEASE).unwrap());
    }
    stage.run().await;
    assert_eq!(stage.read(&sync).await.state, SyncState::Failed);
    assert_eq!(stage.job(&sync, "reason").await, "its runner died with it each time");
    assert!(stage.script.cursors().is_empty(), "the last claim only buries it");
}

#[tokio::test]
async fn a_job_that_nobody_asked_for_is_not_claimed_for_ever() {
    let stage = Theatre::playing([node("a")]).await;
    let sync = stage.start().await;
    stage.database.execute("update jobs set made_by = 'nobody'").await;
    stage.run().await;
    assert_eq!(stage.read(&sync).await.state, SyncState::Failed);
    assert_eq!(stage.job(&sync, "reason").await, "nobody knows who asked for it");
    assert_eq!(stage.count("facts").await, 0);
}
