//! What is refused of what a worker says.

use agentcy_testkit::reply::Reply;
use reqwest::header::CONTENT_TYPE;
use serde_json::json;

use super::{Scene, WORKERS, node};

#[tokio::test]
async fn a_batch_is_refused_that_is_no_records_or_too_large_or_of_another_kind() {
    let scene = Scene::new().await;
    let source = scene.source("things").await;
    scene.sync(&source).await;
    let worker = scene.worker().await;
    let job = worker.job().await;
    let bad = job.records(0, &format!("{}{{}}\n", node("a"))).await.expecting_error(400, "invalid");
    assert_eq!(bad.fields(), ["$[2]"]);
    job.records(512, &node("a")).await.expecting_error(400, "invalid");
    job.records(-1, &node("a")).await.expecting_error(400, "invalid");
    let large = "x".repeat((8 << 20) + 1);
    job.records(0, &large).await.expecting_error(413, "payload_too_large");
    let place = format!("{}?fence={}&batch=0", job.place("records"), job.fence());
    let other = worker.client.request("POST", &place).header(CONTENT_TYPE, "application/json");
    Reply::of(other.body(node("a"))).await.expecting_error(415, "unsupported_media_type");
    // As large as it may be.
    let whole = node("a") + &"\n".repeat((8 << 20) - node("a").len());
    job.records(0, &whole).await.expecting(204);
}

#[tokio::test]
async fn a_job_is_not_complete_while_batches_are_missing() {
    let scene = Scene::new().await;
    let source = scene.source("things").await;
    scene.sync(&source).await;
    let worker = scene.worker().await;
    let job = worker.job().await;
    job.records(0, &node("a")).await.expecting(204);
    job.records(2, &node("c")).await.expecting(204);
    job.done(json!({ "batches": 3 })).await.expecting_error(400, "invalid");
    job.records(1, &node("b")).await.expecting(204);
    // What arrived may not be all: only the worker knows.
    job.done(json!({})).await.expecting_error(400, "invalid");
    job.done(json!({ "batches": 2 })).await.expecting_error(400, "invalid");
    job.done(json!({ "batches": 4 })).await.expecting_error(400, "invalid");
    job.done(json!({ "batches": 3 })).await.expecting(204);
}

#[tokio::test]
async fn what_a_worker_says_of_itself_and_asks_for_has_bounds() {
    let scene = Scene::new().await;
    let daemon = scene.daemon();
    let body = json!({ "name": "", "labels": { "a\n": "" }, "capacity": 0, "version": "" });
    let bad =
        daemon.post(&format!("{WORKERS}/register"), body).await.expecting_error(400, "invalid");
    assert_eq!(bad.fields(), ["name", "capacity", "version", "labels.a\n"]);
    let worker = scene.worker().await;
    let claim = format!("{}/claim", worker.place);
    let body = json!({ "wait_secs": 31, "max": 5, "kinds": ["task.start"] });
    let bad = worker.client.post(&claim, body).await.expecting_error(400, "invalid");
    assert_eq!(bad.fields(), ["max", "wait_secs", "kinds[0]"]);
}

#[tokio::test]
async fn a_job_ends_with_a_result_or_with_an_error() {
    let scene = Scene::new().await;
    let source = scene.source("things").await;
    scene.sync(&source).await;
    let worker = scene.worker().await;
    let job = worker.job().await;
    job.say("complete", json!({})).await.expecting_error(400, "invalid");
    let both = json!({ "result": {}, "error": { "message": "no" } });
    job.say("complete", both).await.expecting_error(400, "invalid");
}

#[tokio::test]
async fn the_log_of_a_job_has_a_thousand_lines_and_what_comes_later_is_left_out() {
    let scene = Scene::new().await;
    let source = scene.source("things").await;
    let place = scene.sync(&source).await;
    let worker = scene.worker().await;
    let job = worker.job().await;
    let lines: Vec<String> = (0..101).map(|n| format!("line {n}\0{}", "x".repeat(600))).collect();
    job.say("progress", json!({ "log": lines })).await.expecting_error(400, "invalid");
    for _ in 0..11 {
        job.say("progress", json!({ "log": lines[..95] })).await.expecting(200);
    }
    let log = scene.owner.get(&place).await.expecting(200).body["log"].clone();
    let log = log.as_array().unwrap();
    assert_eq!(log.len(), 1000);
    let last = log[999]["line"].as_str().unwrap();
    assert!(last.starts_with("line 49\u{fffd}x") && last.chars().count() == 500, "{last}");
}
