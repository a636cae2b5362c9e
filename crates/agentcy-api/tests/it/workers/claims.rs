//! How work is waited for, stopped and given back.

use serde_json::json;

use super::{Scene, WORKERS, node};
use crate::sources::SOURCES;

#[tokio::test]
async fn a_claim_waits_until_there_is_something() {
    let scene = Scene::new().await;
    let source = scene.source("things").await;
    let worker = scene.worker().await;
    let place = format!("{}/claim", worker.place);
    let body = json!({ "kinds": ["source.collect"], "wait_secs": 30, "max": 4 });
    let waiting = worker.client.post(&place, body);
    let asking = async {
        // Nothing that a test could see tells that it waits.
        tokio::time::sleep(std::time::Duration::from_millis(300)).await;
        scene.sync(&source).await
    };
    let (claimed, _) = tokio::join!(waiting, asking);
    assert_eq!(claimed.expecting(200).body["jobs"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_claim_takes_as_much_as_it_asks_for_and_no_kind_that_it_does_not_name() {
    let scene = Scene::new().await;
    for name in ["a", "b", "c"] {
        let source = scene.source(name).await;
        scene.sync(&source).await;
    }
    let worker = scene.worker().await;
    let place = format!("{}/claim", worker.place);
    let claim = async |body| worker.client.post(&place, body).await;
    claim(json!({ "kinds": ["source.tool"] })).await.expecting(204);
    let two = claim(json!({ "max": 2 })).await.expecting(200);
    assert_eq!(two.body["jobs"].as_array().unwrap().len(), 2);
    let one = claim(json!({})).await.expecting(200);
    assert_eq!(one.body["jobs"].as_array().unwrap().len(), 1);
    claim(json!({})).await.expecting(204);
}

#[tokio::test]
async fn a_worker_hears_that_its_job_is_stopped_and_the_sync_ends_so() {
    let scene = Scene::new().await;
    let source = scene.source("things").await;
    let place = scene.sync(&source).await;
    let worker = scene.worker().await;
    let job = worker.job().await;
    scene.owner.post(&format!("{SOURCES}/{source}/sync/cancel"), json!({})).await.expecting(200);
    let held = json!({ "jobs": [{ "id": job.told["id"], "fence": job.fence() }] });
    let beats = worker.beat(held).await.expecting(200).body;
    assert_eq!(beats["cancelled"], json!([job.told["id"]]));
    assert_eq!(job.say("progress", json!({})).await.expecting(200).body["cancelled"], true);
    job.failed(true).await.expecting(204);
    assert_eq!(scene.owner.get(&place).await.body["state"], "cancelled");
}

#[tokio::test]
async fn a_stopped_job_whose_worker_is_gone_ends_beside_the_stores() {
    let scene = Scene::new().await;
    let source = scene.source("things").await;
    let worker = scene.worker().await;
    for gives_back in [false, true] {
        let place = scene.sync(&source).await;
        worker.job().await;
        let stop = format!("{SOURCES}/{source}/sync/cancel");
        scene.owner.post(&stop, json!({})).await.expecting(200);
        if gives_back {
            worker.client.delete(&worker.place).await.expecting(204);
        } else {
            scene.later(31);
        }
        scene.app.stage.settle().await;
        assert_eq!(scene.owner.get(&place).await.body["state"], "cancelled", "{gives_back}");
    }
}

#[tokio::test]
async fn what_a_worker_holds_that_goes_is_due_at_once_and_the_attempt_does_not_count() {
    let scene = Scene::new().await;
    let source = scene.source("things").await;
    scene.sync(&source).await;
    let (going, staying) = (scene.worker().await, scene.worker().await);
    let job = going.job().await;
    going.client.delete(&going.place).await.expecting(204);
    going.client.delete(&going.place).await.expecting_error(404, "not_found");
    going.claim().await.expecting_error(404, "not_found");
    going.beat(json!({})).await.expecting_error(404, "not_found");
    job.records(0, &node("a")).await.expecting_error(409, "lease_lost");
    assert_eq!(staying.job().await.told["attempt"], 1);
    let listed = scene.owner.get(WORKERS).await.expecting(200);
    assert_eq!(listed.body["total"], 1);
}

#[tokio::test]
async fn a_source_that_changed_meanwhile_is_collected_again_elsewhere() {
    let scene = Scene::new().await;
    let source = scene.source("things").await;
    let place = scene.sync(&source).await;
    let worker = scene.worker().await;
    let job = worker.job().await;
    job.records(0, &node("a")).await.expecting(204);
    scene.later(1);
    let change = json!({ "realm": "crm" });
    scene.owner.patch(&format!("{SOURCES}/{source}"), change).await.expecting(200);
    job.done(json!({ "batches": 1 })).await.expecting(204);
    scene.app.stage.settle().await;
    assert_eq!(scene.owner.get(&place).await.body["state"], "queued");
    let again = worker.job().await;
    again.records(0, &node("b")).await.expecting(204);
    again.done(json!({ "batches": 1 })).await.expecting(204);
    scene.app.stage.settle().await;
    assert_eq!(scene.owner.get(&place).await.body["state"], "succeeded");
    let facts = scene.app.stage.database.rows("select external_id from facts").await;
    assert_eq!(facts, [json!({ "external_id": "b" })]);
}
