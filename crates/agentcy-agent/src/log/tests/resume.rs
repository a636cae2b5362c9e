//! Going on after any event, and how a stream ends.

use serde_json::json;

use super::*;

/// One of each kind, with what is awkward in JSON and in lines.
fn awkward(platform: &TestPlatform) -> Vec<LogEvent> {
    vec![
        delta("two\nlines and a \"quote\" \\ \u{0} \u{2028} 🦀"),
        LogEvent::ToolCallStart {
            tool_call_id: platform.ids.next(),
            name: "search graph".to_owned(),
            connector: None,
            args: Some(json!({ "b": 1.5e300, "a": ["x y", null, { "": "\r\n" }] })),
        },
        LogEvent::ToolResult {
            tool_call_id: platform.ids.next(),
            result: json!({ "text": "a b\nc", "n": u64::MAX }),
            is_error: false,
        },
        delta(""),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_goes_on_after_any_event_sees_the_same_bytes_live_stored_and_elsewhere() {
    let stage = Stage::new().await;
    let elsewhere = stage.replica();
    let mut writer = stage.start(&stage.hub).await;
    let mut live = stage.follow(&stage.hub, 0, Until::Quiet);
    let mut shown = next(&mut live, 2).await;
    for round in 0..12 {
        for event in awkward(&stage.platform) {
            writer.append(&event).unwrap();
        }
        if round % 5 == 4 {
            stage.flush(&mut writer).await;
        }
    }
    shown.extend(next(&mut live, 48).await);
    // In the middle of the run, with the last two rounds not stored.
    for after in 0..shown.len() {
        let mut here = stage.follow(&stage.hub, i64::try_from(after).unwrap(), Until::Quiet);
        let rest = next(&mut here, shown.len() - after).await;
        assert_eq!(seen(&rest), seen(&shown[after..]));
        let mut there = stage.follow(&elsewhere, i64::try_from(after).unwrap(), Until::Quiet);
        let rest = next(&mut there, shown.len() - after).await;
        assert_eq!(seen(&rest), seen(&shown[after..]));
    }
    stage.finish(writer).await;
    shown.extend(all(live).await);
    assert_eq!(shown.last().unwrap().name(), "message_end");
    assert_eq!(seen(&stage.stored(0).await), seen(&shown));
    for after in 0..=shown.len() {
        for hub in [&stage.hub, &elsewhere] {
            let tail = stage.follow(hub, i64::try_from(after).unwrap(), Until::Quiet);
            assert_eq!(seen(&all(tail).await), seen(&shown[after..]));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_held_back_is_shown_by_the_commit_and_not_before() {
    let stage = Stage::new().await;
    let mut writer = stage.start(&stage.hub).await;
    let mut tail = stage.follow(&stage.hub, 2, Until::Quiet);
    writer.append(&delta("shown")).unwrap();
    writer.hold();
    writer.append(&delta("held")).unwrap();
    assert_eq!(numbers(&next(&mut tail, 1).await), [3]);
    assert!(futures_util::FutureExt::now_or_never(tail.next()).is_none());
    stage.flush(&mut writer).await;
    writer.append(&delta("shown again")).unwrap();
    assert_eq!(numbers(&next(&mut tail, 2).await), [4, 5]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_terminal_event_is_shown_once_it_is_stored() {
    let stage = Stage::new().await;
    let mut writer = stage.start(&stage.hub).await;
    let mut tail = stage.follow(&stage.hub, 2, Until::Quiet);
    writer.append(&delta("all")).unwrap();
    writer.append(&end(&stage.platform)).unwrap();
    assert_eq!(numbers(&next(&mut tail, 1).await), [3]);
    assert!(futures_util::FutureExt::now_or_never(tail.next()).is_none());
    drop(writer);
    assert_eq!(stage.stored(0).await.len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_follows_one_run_sees_its_events_alone_and_who_follows_all_sees_the_next_run_too() {
    let stage = Stage::new().await;
    let first = stage.start(&stage.hub).await;
    let second: RunId = stage.platform.ids.next();
    let now = stage.platform.clock.now();
    let mut tx = stage.platform.platform.begin(&stage.by).await.unwrap();
    let new = NewRun {
        id: second,
        conversation_id: stage.conversation,
        agent_id: None,
        message_id: stage.platform.ids.next(),
        starter: stage.starter.clone(),
        limits: agentcy_core::agent::RunLimits::default(),
        system: None,
        task: None,
        at: now,
        start: Start::Pending { wake_at: None },
    };
    runs::insert(&mut tx, &new).await.unwrap();
    tx.commit().await.unwrap();
    let one = all(stage.follow(&stage.hub, 0, Until::Run(first.place.run)));
    let other = stage.follow(&stage.hub, 2, Until::Run(second));
    let everything = stage.watch(&stage.hub, 0);
    stage.finish(first).await;
    assert_eq!(numbers(&one.await), [1, 2, 3]);
    let mut tx = stage.platform.db.system(&stage.platform.system).await.unwrap();
    let claimed = system::runs::claim(&mut tx, "a test", 1, now, now + LEASE).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(claimed[0].hold.id, second);
    let (kept, place) = (stage.kept().await, stage.place(claimed[0].hold));
    let at = Position::after(kept.last_seq, kept.reserved);
    let mut writer = Writer::new(&stage.hub, place, at, Instant::now() + LEASE);
    writer.append(&delta("next")).unwrap();
    stage.finish(writer).await;
    assert_eq!(numbers(&all(other).await), [4, 5]);
    assert_eq!(numbers(&everything.await.unwrap()), [1, 2, 3, 4, 5]);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_follows_a_run_that_is_over_or_a_quiet_conversation_is_not_kept_waiting() {
    let stage = Stage::new().await;
    let writer = stage.start(&stage.hub).await;
    let run = writer.place.run;
    stage.finish(writer).await;
    assert!(all(stage.follow(&stage.hub, 3, Until::Quiet)).await.is_empty());
    let _another = stage.start(&stage.replica()).await;
    assert!(all(stage.follow(&stage.hub, 3, Until::Run(run))).await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn readers_end_quietly_when_the_server_stops_and_the_writer_goes_on() {
    let stage = Stage::new().await;
    let mut writer = stage.start(&stage.hub).await;
    let here = stage.watch(&stage.hub, 0);
    let there = stage.watch(&stage.replica(), 0);
    let mut live = stage.follow(&stage.hub, 0, Until::Quiet);
    next(&mut live, 2).await;
    stage.lifecycle.stop();
    assert_eq!(here.await.unwrap().len() % 2, 0);
    assert_eq!(there.await.unwrap().len() % 2, 0);
    assert!(all(live).await.is_empty());
    writer.append(&delta("still")).unwrap();
    stage.finish(writer).await;
    assert_eq!(stage.stored(0).await.len(), 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_conversation_that_is_deleted_ends_its_readers() {
    let stage = Stage::new().await;
    let writer = stage.start(&stage.hub).await;
    let reader = stage.watch(&stage.hub, 0);
    drop(writer);
    let mut tx = stage.platform.platform.begin(&stage.by).await.unwrap();
    conversations::delete(&mut tx, stage.conversation).await.unwrap();
    tx.commit().await.unwrap();
    reader.await.unwrap();
}
