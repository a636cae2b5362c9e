//! Whose credentials leave the server, and who sees what.

use agentcy_core::Role;
use agentcy_platform::workers::keep_here_without_them;
use agentcy_testkit::app::TestApp;
use serde_json::json;

use super::{SECRET, Scene, WORKERS};
use crate::sources::SOURCES;

#[tokio::test]
async fn without_the_owners_word_nothing_of_an_org_leaves_the_server() {
    let scene = Scene::new().await;
    let foreign = scene.app.stage.org().await;
    let owner = scene.app.member(foreign, Role::Owner).await;
    let source = scene.source_of(&owner, "theirs").await;
    let sync = format!("{SOURCES}/{source}/sync");
    let place = owner.post(&sync, json!({})).await.expecting(202);
    let place = place.header("location").unwrap().to_owned();
    let worker = scene.worker().await;
    worker.claim().await.expecting(204);
    scene.app.stage.settle().await;
    assert_eq!(owner.get(&place).await.body["state"], "succeeded");
}

#[tokio::test]
async fn an_owner_who_takes_the_word_back_has_it_done_beside_the_stores() {
    let scene = Scene::new().await;
    let worker = scene.worker().await;
    let switches = [
        ("PATCH", "/api/v1/settings", json!({ "remote_workers": false })),
        ("PUT", "/api/v1/settings/features", json!({ "workers": false })),
    ];
    for (n, (method, path, off)) in switches.into_iter().enumerate() {
        let (held, queued) =
            (scene.source(&format!("h{n}")).await, scene.source(&format!("q{n}")).await);
        let held = scene.sync(&held).await;
        let job = worker.job().await;
        let queued = scene.sync(&queued).await;
        scene
            .owner
            .request(method, path)
            .json(&off)
            .send()
            .await
            .unwrap()
            .error_for_status()
            .unwrap();
        worker.claim().await.expecting(204);
        job.done(json!({ "batches": 1 })).await.expecting_error(409, "lease_lost");
        scene.app.stage.settle().await;
        for place in [held, queued] {
            let sync = scene.owner.get(&place).await.body;
            assert_eq!(
                (&sync["state"], &sync["counts"]["added"]),
                (&json!("succeeded"), &json!(1))
            );
        }
        scene
            .owner
            .patch("/api/v1/settings", json!({ "remote_workers": true }))
            .await
            .expecting(200);
    }
}

#[tokio::test]
async fn a_server_that_starts_without_workers_does_itself_what_they_had() {
    let scene = Scene::new().await;
    let worker = scene.worker().await;
    let held = scene.sync(&scene.source("held").await).await;
    let job = worker.job().await;
    let queued = scene.sync(&scene.source("queued").await).await;
    let stage = &scene.app.stage;
    keep_here_without_them(&stage.platform).await.unwrap();
    assert_eq!(scene.owner.get(&queued).await.body["state"], "queued", "there are workers");

    let without = stage.replica_with(|setup| setup.auth.worker_token = None);
    keep_here_without_them(&without).await.unwrap();
    job.done(json!({ "batches": 1 })).await.expecting_error(409, "lease_lost");
    stage.settle().await;
    for place in [held, queued] {
        assert_eq!(scene.owner.get(&place).await.body["state"], "succeeded");
    }
}

#[tokio::test]
async fn a_worker_keeps_its_own_jobs_alone() {
    let scene = Scene::new().await;
    let (one, other) = (scene.worker().await, scene.worker().await);
    scene.sync(&scene.source("one").await).await;
    let job = one.job().await;
    let held = json!({ "jobs": [{ "id": job.told["id"], "fence": job.fence() }] });
    assert_eq!(one.beat(held.clone()).await.expecting(200).body["lost"], json!([]));
    let told = other.beat(held).await.expecting(200);
    assert_eq!(told.body["lost"], json!([job.told["id"]]));
}

#[tokio::test]
async fn what_needs_files_or_uploads_is_never_handed_out() {
    let scene = Scene::new().await;
    let uploaded = json!({
        "name": "uploaded", "source_type": "csv", "realm": "data",
        "config": { "key": "id", "label": "Thing" },
    });
    let source = crate::sources::connect(&scene.owner, uploaded).await;
    let content = scene.owner.request("PUT", &format!("{SOURCES}/{source}/content"));
    content.body("id\na\n").send().await.unwrap().error_for_status().unwrap();
    let place = scene.sync(&source).await;
    scene.worker().await.claim().await.expecting(204);
    scene.app.stage.settle().await;
    assert_eq!(scene.owner.get(&place).await.body["state"], "succeeded");

    // Nor what came to need them while it waited.
    let source = scene.source("moved").await;
    let place = scene.sync(&source).await;
    let to_upload = "update sources set config = config - 'url'";
    scene.app.stage.database.execute(to_upload).await;
    scene.worker().await.claim().await.expecting(204);
    scene.app.stage.settle().await;
    assert_eq!(scene.owner.get(&place).await.body["state"], "failed");
}

#[tokio::test]
async fn each_time_that_credentials_leave_is_in_the_audit_log_and_they_are_not() {
    let scene = Scene::new().await;
    let source = scene.source("things").await;
    scene.sync(&source).await;
    let worker = scene.worker().await;
    let job = worker.job().await;
    let rows = scene.app.stage.database.rows("select * from audit where action = 'worker.claim'");
    let rows = rows.await;
    assert_eq!(rows.len(), 1);
    assert_eq!(format!("{WORKERS}/{}", rows[0]["actor"].as_str().unwrap()), worker.place);
    let told = json!([{ "job": job.told["id"], "source": source }]);
    assert_eq!(rows[0]["details"]["jobs"], told);
    let everything = scene.app.stage.database.everything().await;
    assert!(!everything.contains(SECRET));
}

#[tokio::test]
async fn members_see_the_workers_and_only_the_figures_of_their_org() {
    let scene = Scene::new().await;
    for name in ["a", "b"] {
        let source = scene.source(name).await;
        scene.sync(&source).await;
    }
    let worker = scene.worker().await;
    let claim = format!("{}/claim", worker.place);
    worker.client.post(&claim, json!({ "max": 1 })).await.expecting(200);
    let seen = scene.owner.get(WORKERS).await.expecting(200).body;
    assert_eq!((&seen["queue_depth"], &seen["in_flight"]), (&json!(1), &json!(1)));
    assert_eq!(seen["items"][0]["in_flight"], 1);
    assert_eq!(seen["items"][0]["is_online"], true);

    let foreign = scene.app.stage.org().await;
    let viewer = scene.app.member(foreign, Role::Viewer).await;
    scene.later(31);
    let seen = viewer.get(WORKERS).await.expecting(200).body;
    assert_eq!((&seen["queue_depth"], &seen["in_flight"]), (&json!(0), &json!(0)));
    assert_eq!(
        (&seen["items"][0]["in_flight"], &seen["items"][0]["is_online"]),
        (&json!(0), &json!(false))
    );
}

#[tokio::test]
async fn without_a_token_there_are_no_workers_and_with_one_only_it_opens() {
    let off = TestApp::with(|setup| setup.auth.worker_token = None, |_| {}).await;
    let body = json!({ "name": "w", "capacity": 1, "version": "1" });
    let register = format!("{WORKERS}/register");
    let refused = off.bearer("anything").post(&register, body.clone()).await;
    refused.expecting_error(404, "feature_disabled");

    let scene = Scene::new().await;
    scene.owner.post(&register, body.clone()).await.expecting_error(401, "unauthenticated");
    scene
        .app
        .anonymous()
        .post(&register, body.clone())
        .await
        .expecting_error(401, "unauthenticated");
    // Nor does it open anything else.
    scene.daemon().get(WORKERS).await.expecting_error(401, "unauthenticated");
    scene.daemon().post(&register, body).await.expecting(200);
}
