//! Who holds a sync, and who does no more.

use agentcy_platform::{
    jobs::LEASE,
    sync::{self, SyncState},
};
use chrono::TimeDelta;

use super::{
    script::{Step, node},
    theatre::{Theatre, platform, run},
};

fn lease() -> TimeDelta {
    TimeDelta::from_std(LEASE).unwrap()
}

#[tokio::test]
async fn a_runner_that_comes_back_after_its_lease_writes_nothing() {
    let stage = Theatre::playing([node("late"), Step::Wait, node("later")]).await;
    stage.script.then([node("a")]);
    let sync = stage.start().await;
    stage.runner.claim().await.unwrap();
    stage.script.waits().await;

    stage.clock.advance(lease());
    let other = stage.another_runner();
    run(&other).await;
    assert_eq!(stage.read(&sync).await.state, SyncState::Succeeded);

    stage.script.cue();
    stage.runner.idle().await;
    let after = stage.read(&sync).await;
    assert_eq!((after.state, after.counts.added), (SyncState::Succeeded, 1));
    assert_eq!(stage.said().await, ["a"]);
    assert_eq!((stage.count("fact_batches").await, stage.count("job_records").await), (1, 0));
}

#[tokio::test]
async fn a_runner_stops_what_it_has_lost() {
    let stage = Theatre::playing([Step::Wait]).await;
    stage.script.then([Step::Wait, node("a")]);
    let sync = stage.start().await;
    stage.runner.claim().await.unwrap();
    stage.script.waits().await;
    stage.clock.advance(lease());
    let other = stage.another_runner();
    other.claim().await.unwrap();
    stage.script.waits().await;

    stage.runner.beat().await.unwrap();
    stage.runner.idle().await;
    assert_eq!(stage.job(&sync, "state").await, "running");
    other.beat().await.unwrap();
    stage.script.cue();
    other.idle().await;
    run(&other).await;
    assert_eq!(stage.read(&sync).await.state, SyncState::Succeeded);
}

#[tokio::test]
async fn a_heartbeat_keeps_others_away() {
    let stage = Theatre::playing([Step::Wait, node("a")]).await;
    let sync = stage.start().await;
    stage.runner.claim().await.unwrap();
    stage.script.waits().await;
    let other = stage.another_runner();
    for _ in 0..5 {
        stage.clock.advance(lease() / 2);
        stage.runner.beat().await.unwrap();
        assert_eq!(other.claim().await.unwrap(), 0);
    }
    stage.script.cue();
    stage.runner.idle().await;
    stage.run().await;
    assert_eq!(stage.read(&sync).await.state, SyncState::Succeeded);
}

#[tokio::test]
async fn a_process_that_stops_gives_its_jobs_back_at_once() {
    let stage = Theatre::playing([node("late"), Step::Wait]).await;
    stage.script.then([node("a")]);
    let sync = stage.start().await;
    stage.runner.claim().await.unwrap();
    stage.script.waits().await;
    stage.runner.drain().await;
    assert_eq!(stage.job(&sync, "state").await, "queued");
    assert_eq!(stage.job(&sync, "attempt").await, 0, "it is not the job's fault");
    run(&stage.another_runner()).await;
    assert_eq!(stage.read(&sync).await.state, SyncState::Succeeded);
    assert_eq!(stage.said().await, ["a"]);
}

#[tokio::test]
async fn a_queued_sync_is_cancelled_at_once() {
    let stage = Theatre::playing([node("a")]).await;
    let queued = stage.start().await;
    let sync = sync::cancel(&stage.platform, &stage.caller, stage.source).await.unwrap();
    assert_eq!((sync.id, sync.state), (queued.id, SyncState::Cancelled));
    stage.run().await;
    assert!(stage.script.cursors().is_empty());
    assert_eq!(stage.told("sources").await.last().unwrap()["state"], "cancelled");
}

#[tokio::test]
async fn a_running_sync_is_cancelled_with_the_next_heartbeat_and_leaves_nothing() {
    let stage = Theatre::playing([node("a"), Step::Wait]).await;
    let sync = stage.start().await;
    stage.runner.claim().await.unwrap();
    stage.script.waits().await;
    // Asked of another process than the one that runs it.
    let asked = sync::cancel(&platform(&stage), &stage.caller, stage.source).await.unwrap();
    assert_eq!(asked.state, SyncState::Running);
    stage.runner.beat().await.unwrap();
    stage.runner.idle().await;
    assert_eq!(stage.read(&sync).await.state, SyncState::Cancelled);
    assert_eq!((stage.count("facts").await, stage.count("job_records").await), (0, 0));
    assert_eq!(stage.told("sources").await.last().unwrap()["state"], "cancelled");
}

#[tokio::test]
async fn what_was_collected_is_not_applied_once_it_is_cancelled() {
    let stage = Theatre::playing([node("a")]).await;
    let sync = stage.start().await;
    stage.runner.claim().await.unwrap();
    stage.runner.idle().await;
    assert_eq!(stage.count("job_records").await, 1);
    sync::cancel(&stage.platform, &stage.caller, stage.source).await.unwrap();
    stage.run().await;
    assert_eq!(stage.read(&sync).await.state, SyncState::Cancelled);
    assert_eq!((stage.count("facts").await, stage.count("job_records").await), (0, 0));
}

#[tokio::test]
async fn a_cancelled_sync_whose_runner_died_ends_cancelled() {
    let stage = Theatre::playing([Step::Wait]).await;
    let sync = stage.start().await;
    let dead = stage.another_runner();
    dead.claim().await.unwrap();
    stage.script.waits().await;
    sync::cancel(&stage.platform, &stage.caller, stage.source).await.unwrap();
    stage.clock.advance(lease());
    stage.run().await;
    assert_eq!(stage.read(&sync).await.state, SyncState::Cancelled);
    assert_eq!(stage.script.cursors().len(), 1);
}

#[tokio::test]
async fn a_clock_that_is_put_back_keeps_nothing_waiting() {
    let stage = Theatre::playing([node("a")]).await;
    stage.clock.advance(TimeDelta::hours(1));
    let sync = stage.start().await;
    stage.clock.advance(TimeDelta::hours(-1));
    run(&stage.runner).await;
    assert_eq!(stage.read(&sync).await.state, SyncState::Succeeded);
}
