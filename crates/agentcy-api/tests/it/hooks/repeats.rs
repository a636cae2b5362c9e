//! What comes again sets nothing off again.

use agentcy_platform::tasks::TriggerSpec;
use agentcy_testkit::{reply::Reply, webhook::Webhook};
use chrono::TimeDelta;
use futures_util::future::join_all;

use super::{BODY, Stage, send};

#[track_caller]
fn is_repeat(reply: Reply, first: &Reply) {
    let reply = reply.expecting(202);
    assert_eq!(reply.body["duplicate"], true, "{}", reply.text);
    assert_eq!(reply.body["delivery_id"], first.body["delivery_id"]);
    assert_eq!(reply.body["run_id"], first.body["run_id"]);
}

#[track_caller]
fn is_new(reply: Reply) -> Reply {
    let reply = reply.expecting(202);
    assert!(reply.body["duplicate"].is_null(), "{}", reply.text);
    reply
}

#[tokio::test]
async fn a_delivery_is_known_by_its_signed_id_for_three_days() {
    let stage = Stage::new().await;
    let (webhook, clock) = (&stage.webhook, &stage.app.stage.clock);
    let first = is_new(stage.stamped(webhook, "msg_1", BODY).await);
    is_repeat(stage.stamped(webhook, "msg_1", b"another body").await, &first);
    is_new(stage.stamped(webhook, "msg_2", BODY).await);
    // An id that nobody signed is none.
    is_new(stage.deliver(webhook, &[("webhook-id", "msg_1")], BODY).await);
    clock.advance(TimeDelta::hours(72) - TimeDelta::seconds(1));
    is_repeat(stage.stamped(webhook, "msg_1", BODY).await, &first);
    clock.advance(TimeDelta::seconds(1));
    let again = is_new(stage.stamped(webhook, "msg_1", BODY).await);
    is_repeat(stage.stamped(webhook, "msg_1", BODY).await, &again);
    assert_eq!(stage.kept().await, [4, 4, 4]);
}

#[tokio::test]
async fn without_one_it_is_known_by_what_its_sender_calls_it() {
    let stage = Stage::new().await;
    let webhook = &stage.webhook;
    let named = [("x-agentcy-delivery", "7")];
    let first = is_new(stage.deliver(webhook, &named, BODY).await);
    is_repeat(stage.deliver(webhook, &named, b"another body").await, &first);
    is_new(stage.deliver(webhook, &[("x-agentcy-delivery", "8")], BODY).await);

    let github = |spec: &mut TriggerSpec| spec.header_id = Some("x-github-delivery".to_owned());
    let github = Webhook::with(&stage.app.stage.platform, &stage.owner, "github", github).await;
    let named = [("x-github-delivery", "7"), ("x-agentcy-delivery", "1")];
    let first = is_new(stage.deliver(&github, &named, BODY).await);
    let named = [("x-github-delivery", "7"), ("x-agentcy-delivery", "2")];
    is_repeat(stage.deliver(&github, &named, BODY).await, &first);
    // The header of one trigger is nothing to another.
    is_new(stage.deliver(webhook, &named, BODY).await);
}

#[tokio::test]
async fn without_a_name_an_equal_body_is_a_repeat_for_a_while() {
    let stage = Stage::new().await;
    let (webhook, clock) = (&stage.webhook, &stage.app.stage.clock);
    let first = is_new(stage.deliver(webhook, &[], BODY).await);
    is_repeat(stage.deliver(webhook, &[], BODY).await, &first);
    is_new(stage.deliver(webhook, &[], b"another body").await);
    clock.advance(TimeDelta::seconds(300));
    let later = is_new(stage.deliver(webhook, &[], BODY).await);
    is_repeat(stage.deliver(webhook, &[], BODY).await, &later);

    let never = |spec: &mut TriggerSpec| spec.dedupe_secs = Some(0);
    let never = Webhook::with(&stage.app.stage.platform, &stage.owner, "never", never).await;
    is_new(stage.deliver(&never, &[], BODY).await);
    is_new(stage.deliver(&never, &[], BODY).await);
    // The first body is still there for the run that waits for it.
    assert_eq!(stage.kept().await, [5, 5, 5]);
}

#[tokio::test]
async fn of_many_at_once_in_two_processes_one_is_new() {
    let stage = Stage::new().await;
    let other = stage.app.replica().await;
    let rounds = 8;
    for round in 0..rounds {
        let body = format!("round {round}");
        let headers = [
            ("x-agentcy-signature", stage.webhook.signature(body.as_bytes())),
            ("x-agentcy-delivery", format!("of round {round}")),
        ];
        let path = stage.webhook.path();
        let sent = (0..24).map(|n| {
            let app = if n % 2 == 0 { &stage.app } else { &other };
            send(app, &path, &headers, body.as_bytes())
        });
        let replies = join_all(sent).await;
        let new: Vec<_> = replies.iter().filter(|it| it.body["duplicate"].is_null()).collect();
        assert_eq!(new.len(), 1, "round {round}");
        let first = new[0].clone();
        for reply in replies {
            assert_eq!(reply.status, 202, "{}", reply.text);
            assert_eq!(reply.body["run_id"], first.body["run_id"]);
        }
    }
    assert_eq!(stage.kept().await, [rounds; 3]);
}

#[tokio::test]
async fn different_keys_in_different_orders_do_not_stand_in_each_others_way() {
    let stage = Stage::new().await;
    let other = stage.app.replica().await;
    let sent = (0..200).map(|n| {
        let (app, key) = if n % 2 == 0 { (&stage.app, n / 2) } else { (&other, 99 - n / 2) };
        let headers = [
            ("x-agentcy-signature", stage.webhook.signature(BODY)),
            ("x-agentcy-delivery", key.to_string()),
        ];
        let path = stage.webhook.path();
        async move { send(app, &path, &headers, BODY).await.expecting(202) }
    });
    let replies = join_all(sent).await;
    assert_eq!(replies.iter().filter(|it| it.body["duplicate"].is_null()).count(), 100);
    assert_eq!(stage.kept().await, [100; 3]);
}
