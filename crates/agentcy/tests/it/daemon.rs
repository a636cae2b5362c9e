//! `agentcy worker --server`: processes that collect for a server and have no store, and what happens to them.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use agentcy_sdk::{Client, NewSource, SettingsUpdate, Source, SyncState};
use rustix::process::Signal;
use serde_json::{Value, json};

use crate::{
    database::Database,
    err,
    process::{Machine, Server},
    worker::Feed,
};

/// Far more than anything takes here; only what would never end runs into it.
const BOUND: Duration = Duration::from_mins(2);
pub(crate) const TOKEN: &str = "0123456789abcdef0123456789abcdef";

struct Scene {
    db: Database,
    machine: Machine,
    server: Server,
    /// Where the workers are: nothing of the server's is there.
    away: Machine,
    feed: Feed,
    client: Client,
    source: Source,
}

impl Scene {
    /// A server with a source whose file stops in the middle.
    async fn new() -> Self {
        let (db, feed) = (Database::new().await, Feed::new().await);
        let machine = Machine::new()
            .with("DATABASE_URL", db.app())
            .with("WORKER_TOKEN", TOKEN)
            .with("AGENTCY_EGRESS_ALLOW", "127.0.0.0/8");
        let server = machine.start().await;
        let client = machine.with_token(&machine.session().await.token);
        let on = SettingsUpdate { remote_workers: Some(true), ..SettingsUpdate::default() };
        client.update_settings(&on).await.unwrap();
        let new = NewSource {
            name: "things".to_owned(),
            source_type: "csv".to_owned(),
            realm: "data".to_owned(),
            config: json!({ "key": "id", "label": "Thing", "url": feed.url }),
            credentials: BTreeMap::new(),
        };
        let source = client.create_source(&new).await.unwrap();
        feed.open.send_replace(false);
        let away =
            Machine::new().with("WORKER_TOKEN", TOKEN).with("AGENTCY_EGRESS_ALLOW", "127.0.0.0/8");
        Self { db, machine, server, away, feed, client, source }
    }

    async fn daemon(&self, name: &str) -> Server {
        self.away.daemon(&self.machine.url(), name).await
    }

    async fn sync(&self) {
        self.client.sync_source(&self.source.id).await.unwrap();
    }

    /// The only job, once it is so.
    async fn job(&self, is_so: impl Fn(&Value) -> bool) -> Value {
        let began = Instant::now();
        loop {
            let jobs = self.db.0.rows("select * from jobs").await;
            assert_eq!(jobs.len(), 1);
            if is_so(&jobs[0]) {
                return jobs[0].clone();
            }
            assert!(began.elapsed() < BOUND, "{}: {}", jobs[0], self.server.said());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// The job, once a worker other than this one has it.
    async fn taken(&self, by_other_than: &Value) -> Value {
        self.job(|job| job["state"] == "running" && job["holder"] != *by_other_than).await
    }

    /// Waits until the worker has sent the first line of its log.
    async fn has_told(&self) {
        let began = Instant::now();
        let sync = self.client.syncs(&self.source.id).page(None).await.unwrap().items.remove(0);
        while self.client.sync(&self.source.id, &sync.id).await.unwrap().log.is_empty() {
            assert!(began.elapsed() < BOUND, "{}", self.server.said());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// What only time would do.
    async fn forget_the_lease(&self) {
        self.db.0.execute("update jobs set lease_until = now()").await;
    }

    /// Waits until the sync is done, and asserts that it was done once.
    async fn done_once(&self) {
        self.feed.open.send_replace(true);
        self.job(|job| job["state"] == "succeeded").await;
        let syncs = self.client.syncs(&self.source.id).page(None).await.unwrap().items;
        assert_eq!(syncs.len(), 1);
        assert_eq!((&syncs[0].state, syncs[0].counts.added), (&SyncState::Succeeded, 3));
        let facts = self.db.0.rows("select external_id from facts").await;
        let batches = self.db.0.rows("select id from fact_batches").await;
        let records = self.db.0.rows("select batch from job_records").await;
        assert_eq!((facts.len(), batches.len(), records.len()), (3, 1, 0));
    }
}

async fn says(worker: &Server, words: &str) {
    let began = Instant::now();
    while !worker.said().contains(words) {
        assert!(began.elapsed() < BOUND, "{}", worker.said());
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn of_two_workers_the_other_one_finishes_what_a_killed_one_held() {
    let scene = Scene::new().await;
    let first = scene.daemon("first").await;
    scene.sync().await;
    let held = scene.taken(&Value::Null).await;
    scene.has_told().await;
    let _second = scene.daemon("second").await;
    first.kill();
    scene.forget_the_lease().await;
    let taken = scene.taken(&held["holder"]).await;
    assert_eq!(taken["attempt"], 2);
    scene.done_once().await;
    let sync = scene.client.syncs(&scene.source.id).page(None).await.unwrap().items.remove(0);
    let sync = scene.client.sync(&scene.source.id, &sync.id).await.unwrap();
    let lines: Vec<&str> = sync.log.iter().map(|line| line.line.as_str()).collect();
    assert!(lines[0].starts_with("worker first collects, attempt 1"), "{lines:?}");
    assert!(lines[1].starts_with("worker second collects, attempt 2"), "{lines:?}");
    assert!(!scene.away.data().exists(), "a worker keeps nothing");
}

#[tokio::test]
async fn a_frozen_worker_that_wakes_up_is_refused_and_stops() {
    let scene = Scene::new().await;
    let frozen = scene.daemon("frozen").await;
    scene.sync().await;
    let held = scene.taken(&Value::Null).await;
    frozen.tell(Signal::STOP);
    scene.forget_the_lease().await;
    let _other = scene.daemon("other").await;
    scene.taken(&held["holder"]).await;
    frozen.tell(Signal::CONT);
    scene.feed.open.send_replace(true);
    says(&frozen, "the job goes on elsewhere").await;
    scene.done_once().await;
}

#[tokio::test]
async fn a_worker_outlives_its_server() {
    let mut scene = Scene::new().await;
    let worker = scene.daemon("worker").await;
    scene.sync().await;
    scene.taken(&Value::Null).await;
    std::mem::replace(&mut scene.server, worker).kill();
    // From here on `server` is the worker, until there is a server again.
    scene.feed.open.send_replace(true);
    says(&scene.server, "no job could be claimed").await;
    let server = scene.machine.start().await;
    let worker = std::mem::replace(&mut scene.server, server);
    scene.done_once().await;
    says(&worker, "the job is over").await;
    assert!(!worker.said().contains("ERROR"), "{}", worker.said());
}

#[tokio::test]
async fn a_worker_that_is_told_to_stop_gives_back_what_it_holds() {
    let scene = Scene::new().await;
    let mut worker = scene.daemon("worker").await;
    scene.sync().await;
    let held = scene.taken(&Value::Null).await;
    assert_eq!(worker.stop().await.code(), Some(0), "{}", worker.said());
    let given_back = scene.job(|job| job["state"] == "queued").await;
    assert_eq!((&given_back["attempt"], &given_back["fence"]), (&json!(0), &held["fence"]));
    assert!(scene.client.workers(None).await.unwrap().items.is_empty());
    let _other = scene.daemon("other").await;
    scene.done_once().await;
}

#[tokio::test]
async fn a_worker_without_the_right_token_ends_and_says_why() {
    let scene = Scene::new().await;
    let url = scene.machine.url();
    let run = |machine: &Machine| machine.run(&["worker", "--server", url.as_str()]);
    let output = run(&Machine::new());
    assert_eq!(output.status.code(), Some(1));
    assert!(err(&output).contains("WORKER_TOKEN"), "{}", err(&output));
    let wrong = Machine::new().with("WORKER_TOKEN", TOKEN.replace('0', "1"));
    let output = run(&wrong);
    assert_eq!(output.status.code(), Some(4), "{}", err(&output));
    assert!(err(&output).contains("unauthenticated"), "{}", err(&output));
}
