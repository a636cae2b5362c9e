//! `/workers`: what a daemon elsewhere says and is told.

use agentcy_core::{Role, id::OrgId};
use agentcy_testkit::{
    app::{Client, TestApp},
    platform::WORKER_TOKEN,
    reply::Reply,
};
use axum::Router;
use chrono::TimeDelta;
use reqwest::header::CONTENT_TYPE;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::sources::{SOURCES, connect};

mod bounds;
mod claims;
mod orgs;

const WORKERS: &str = "/api/v1/workers";
const SECRET: &str = "Bearer the-token-of-the-feed";

/// Something that answers everything with one thing.
#[expect(clippy::disallowed_methods, reason = "it ends with the test")]
async fn feed() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let things = Router::new().fallback(async || r#"[{"id":"a","name":"one"}]"#);
    tokio::spawn(async move { axum::serve(listener, things).await.unwrap() });
    format!("http://{address}/things.json")
}

/// A server with an org that lets workers elsewhere work for it.
struct Scene {
    app: TestApp,
    org: OrgId,
    owner: Client,
    feed: String,
}

impl Scene {
    async fn new() -> Self {
        let app = TestApp::new().await;
        let org = app.stage.org().await;
        let owner = app.member(org, Role::Owner).await;
        owner.patch("/api/v1/settings", json!({ "remote_workers": true })).await.expecting(200);
        Self { app, org, owner, feed: feed().await }
    }

    /// A source that a worker elsewhere can collect from.
    async fn source(&self, name: &str) -> String {
        self.source_of(&self.owner, name).await
    }

    async fn source_of(&self, client: &Client, name: &str) -> String {
        let config = json!({ "url": self.feed, "key": "id", "label": "Thing" });
        let body = json!({
            "name": name, "source_type": "json", "realm": "data", "config": config,
            "credentials": { "authorization": SECRET },
        });
        connect(client, body).await
    }

    /// Asks for a sync, and gives the place where it is watched.
    async fn sync(&self, source: &str) -> String {
        let started = self.owner.post(&format!("{SOURCES}/{source}/sync"), json!({})).await;
        started.expecting(202).header("location").unwrap().to_owned()
    }

    /// Whoever shows the worker token.
    fn daemon(&self) -> Client {
        self.app.bearer(WORKER_TOKEN)
    }

    async fn worker(&self) -> Worker {
        let client = self.daemon();
        let body = json!({ "name": "w", "labels": {}, "capacity": 4, "version": "1" });
        let reply = client.post(&format!("{WORKERS}/register"), body).await.expecting(200);
        Worker { client, place: format!("{WORKERS}/{}", reply.text_at("/worker_id")) }
    }

    fn later(&self, secs: i64) {
        self.app.stage.clock.advance(TimeDelta::seconds(secs));
    }
}

/// A daemon as the server knows it.
struct Worker {
    client: Client,
    place: String,
}

impl Worker {
    async fn claim(&self) -> Reply {
        self.client.post(&format!("{}/claim", self.place), json!({ "wait_secs": 0 })).await
    }

    /// The one job that there is.
    async fn job(&self) -> Job<'_> {
        let reply = self.claim().await.expecting(200);
        assert_eq!(reply.body["jobs"].as_array().unwrap().len(), 1, "{}", reply.text);
        Job { worker: self, told: reply.body["jobs"][0].clone() }
    }

    async fn beat(&self, body: Value) -> Reply {
        self.client.post(&format!("{}/heartbeat", self.place), body).await
    }
}

/// A job in its hands.
struct Job<'a> {
    worker: &'a Worker,
    told: Value,
}

impl Job<'_> {
    fn place(&self, what: &str) -> String {
        format!("{}/jobs/{}/{what}", self.worker.place, self.told["id"].as_str().unwrap())
    }

    fn fence(&self) -> i64 {
        self.told["fence"].as_i64().unwrap()
    }

    async fn records(&self, batch: i32, lines: &str) -> Reply {
        let place = format!("{}?fence={}&batch={batch}", self.place("records"), self.fence());
        let request = self.worker.client.request("POST", &place);
        Reply::of(request.header(CONTENT_TYPE, "application/x-ndjson").body(lines.to_owned())).await
    }

    async fn say(&self, what: &str, mut body: Value) -> Reply {
        body["fence"] = json!(self.fence());
        self.worker.client.post(&self.place(what), body).await
    }

    async fn done(&self, result: Value) -> Reply {
        self.say("complete", json!({ "result": result })).await
    }

    async fn failed(&self, retry: bool) -> Reply {
        let error = json!({ "message": "the feed is odd", "retry": retry });
        self.say("complete", json!({ "error": error })).await
    }
}

/// A node as a line.
fn node(id: &str) -> String {
    let node = json!({ "record": "node", "external_id": id, "labels": ["Thing"] });
    format!("{node}\n")
}

#[tokio::test]
async fn what_a_worker_brings_is_applied_once_however_often_it_is_brought() {
    let scene = Scene::new().await;
    let source = scene.source("things").await;
    let place = scene.sync(&source).await;
    // Whoever is beside the stores leaves it alone.
    scene.app.stage.settle().await;
    assert_eq!(scene.owner.get(&place).await.body["state"], "queued");

    let worker = scene.worker().await;
    let job = worker.job().await;
    assert_eq!(job.told["kind"], "source.collect");
    assert_eq!(job.told["org_id"], scene.org.to_string());
    assert_eq!(job.told["payload"]["credentials"]["authorization"], SECRET);
    assert_eq!(scene.owner.get(&place).await.body["state"], "running");
    let noted = job.say("progress", json!({ "done": 1, "total": 3, "log": ["half way"] })).await;
    assert_eq!(noted.expecting(200).body["cancelled"], false);

    job.records(0, &(node("a") + &node("b"))).await.expecting(204);
    job.records(1, &node("c")).await.expecting(204);
    job.records(0, &node("z")).await.expecting(204);
    job.done(json!({ "batches": 2 })).await.expecting(204);
    job.done(json!({ "batches": 2 })).await.expecting_error(409, "lease_lost");

    scene.app.stage.settle().await;
    let sync = scene.owner.get(&place).await.expecting(200).body;
    assert_eq!((&sync["state"], &sync["counts"]["added"]), (&json!("succeeded"), &json!(3)));
    assert_eq!(sync["log"][0]["line"], "half way");
    let listed = scene.owner.get(&format!("{SOURCES}/{source}/syncs")).await;
    assert!(listed.body["items"][0]["log"].is_null(), "{}", listed.text);
    let facts = scene.app.stage.database.rows("select external_id from facts order by 1").await;
    let names: Vec<_> = facts.iter().map(|row| row["external_id"].as_str().unwrap()).collect();
    assert_eq!(names, ["a", "b", "c"]);
}

#[tokio::test]
async fn whoever_lost_its_claim_is_heard_no_more() {
    let scene = Scene::new().await;
    let source = scene.source("things").await;
    let place = scene.sync(&source).await;
    let (frozen, other) = (scene.worker().await, scene.worker().await);
    let old = frozen.job().await;
    old.records(0, &node("stale")).await.expecting(204);

    // Beats keep it, silence loses it.
    scene.later(29);
    let held = json!({ "jobs": [{ "id": old.told["id"], "fence": old.fence() }] });
    let beats = frozen.beat(held.clone()).await.expecting(200).body;
    assert_eq!(beats, json!({ "cancelled": [], "lost": [] }));
    scene.later(29);
    other.claim().await.expecting(204);
    scene.later(2);
    let new = other.job().await;
    assert_eq!(new.told["attempt"], 2);

    assert_eq!(frozen.beat(held).await.expecting(200).body["lost"], json!([old.told["id"]]));
    old.records(1, &node("late")).await.expecting_error(409, "lease_lost");
    old.say("progress", json!({ "done": 9 })).await.expecting_error(409, "lease_lost");
    old.done(json!({ "batches": 1 })).await.expecting_error(409, "lease_lost");
    old.failed(false).await.expecting_error(409, "lease_lost");
    // The fence of another is of no use either.
    let stolen = Job { worker: &frozen, told: new.told.clone() };
    stolen.done(json!({ "batches": 1 })).await.expecting_error(409, "lease_lost");

    new.records(0, &node("fresh")).await.expecting(204);
    new.done(json!({ "batches": 1 })).await.expecting(204);
    scene.app.stage.settle().await;
    assert_eq!(scene.owner.get(&place).await.body["counts"]["added"], 1);
    let facts = scene.app.stage.database.rows("select external_id from facts").await;
    assert_eq!(facts, [json!({ "external_id": "fresh" })]);
}

#[tokio::test]
async fn a_failure_is_tried_again_or_given_up_as_the_worker_says() {
    let scene = Scene::new().await;
    let source = scene.source("things").await;
    let place = scene.sync(&source).await;
    let worker = scene.worker().await;
    worker.job().await.failed(true).await.expecting(204);
    let waiting = scene.owner.get(&place).await.body;
    assert_eq!(waiting["state"], "queued");
    assert_eq!(waiting["errors"][0]["message"], "attempt 1 of 5: the feed is odd");
    scene.later(16);
    worker.job().await.failed(false).await.expecting(204);
    let over = scene.owner.get(&place).await.body;
    assert_eq!(over["state"], "failed");
    assert_eq!(over["errors"][0]["message"], json!("the feed is odd"), "{over}");
}

#[tokio::test]
async fn a_job_whose_workers_die_each_time_is_given_up() {
    let scene = Scene::new().await;
    let source = scene.source("things").await;
    let place = scene.sync(&source).await;
    let worker = scene.worker().await;
    for attempt in 1..=5 {
        assert_eq!(worker.job().await.told["attempt"], attempt);
        scene.later(31);
    }
    worker.claim().await.expecting(204);
    scene.app.stage.settle().await;
    assert_eq!(scene.owner.get(&place).await.body["state"], "failed");
}
