//! `agentcy worker` beside `agentcy serve`, on one PostgreSQL.

use std::time::{Duration, Instant};

use agentcy_sdk::{Client, NewSource, Source, SyncState};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::watch,
    task::JoinHandle,
};

use crate::{database::Database, err, process::Machine};

/// Far more than anything takes here; only what would never end runs into it.
const BOUND: Duration = Duration::from_mins(2);

/// A CSV file that arrives in two halves, the second one once it is let go.
pub(crate) struct Feed {
    pub(crate) url: String,
    pub(crate) open: watch::Sender<bool>,
    serving: JoinHandle<()>,
}

impl Feed {
    pub(crate) async fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/things.csv", listener.local_addr().unwrap());
        let (open, gate) = watch::channel(true);
        let serving = tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                tokio::spawn(answer(stream, gate.clone()));
            }
        });
        Self { url, open, serving }
    }
}

impl Drop for Feed {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

async fn answer(mut stream: TcpStream, mut gate: watch::Receiver<bool>) {
    let mut request = [0; 4096];
    let _ = stream.read(&mut request).await;
    let (first, second) = ("id,title\na,one\nb,two\n", "c,three\n");
    let length = first.len() + second.len();
    let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n");
    if stream.write_all(format!("{head}{first}").as_bytes()).await.is_err() {
        return;
    }
    if gate.wait_for(|open| *open).await.is_ok() {
        let _ = stream.write_all(second.as_bytes()).await;
    }
}

struct Scene {
    db: Database,
    machine: Machine,
    feed: Feed,
    client: Client,
    source: Source,
}

impl Scene {
    /// A source that was connected by a server which is gone again, whose file will stop in the middle.
    async fn new() -> Self {
        let (db, feed) = (Database::new().await, Feed::new().await);
        let machine = Machine::new()
            .with("DATABASE_URL", db.app())
            .with("AGENTCY_EGRESS_ALLOW", "127.0.0.0/8");
        let mut server = machine.start().await;
        let client = machine.with_token(&machine.session().await.token);
        let new = NewSource {
            name: "things".to_owned(),
            source_type: "csv".to_owned(),
            realm: "data".to_owned(),
            config: json!({ "key": "id", "label": "Thing", "url": feed.url }),
            credentials: std::collections::BTreeMap::new(),
        };
        let source = client.create_source(&new).await.unwrap();
        assert_eq!(server.stop().await.code(), Some(0), "{}", server.said());
        feed.open.send_replace(false);
        Self { db, machine, feed, client, source }
    }

    /// Asks for a sync as a server does.
    async fn enqueue(&self) {
        let source = &self.source.id;
        let statement = format!(
            "insert into jobs (id, org_id, kind, subject, state, payload, made_by, max_attempts, run_at, created_at)
             select gen_random_uuid(), org_id, 'source.collect', id, 'queued', '{{\"source\": \"{source}\"}}',
                    created_by, 5, now(), now()
             from sources"
        );
        self.db.0.execute(&statement).await;
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
            assert!(began.elapsed() < BOUND, "{}", jobs[0]);
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// The job, once somebody has it and has heard half of the file.
    async fn taken(&self) -> Value {
        self.job(|job| job["state"] == "running").await
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

#[tokio::test]
async fn a_sync_whose_worker_is_killed_is_finished_once_by_the_server() {
    let scene = Scene::new().await;
    let worker = scene.machine.worker().await;
    scene.enqueue().await;
    let held = scene.taken().await;
    // With twins of its own beside a worker that has none.
    let _server = scene.machine.start().await;
    worker.kill();
    assert_eq!(scene.job(|_| true).await["holder"], held["holder"]);
    // What only time would do.
    scene.db.0.execute("update jobs set lease_until = now()").await;
    let taken = scene.job(|job| job["holder"] != held["holder"]).await;
    assert_eq!(taken["attempt"], 2);
    scene.done_once().await;
}

#[tokio::test]
async fn a_worker_that_is_told_to_stop_gives_its_sync_back_and_the_server_takes_it() {
    let scene = Scene::new().await;
    let mut worker = scene.machine.worker().await;
    scene.enqueue().await;
    let held = scene.taken().await;
    assert_eq!(worker.stop().await.code(), Some(0), "{}", worker.said());
    let given_back = scene.job(|job| job["state"] == "queued").await;
    assert_eq!((&given_back["attempt"], &given_back["fence"]), (&json!(0), &held["fence"]));
    let _server = scene.machine.start().await;
    scene.done_once().await;
}

#[tokio::test]
async fn a_worker_takes_work_while_the_server_holds_the_embedded_twins() {
    let scene = Scene::new().await;
    let worker = scene.machine.worker().await;
    scene.enqueue().await;
    scene.taken().await;
    let _server = scene.machine.start().await;
    scene.done_once().await;
    assert!(!worker.said().contains("WARN"), "{}", worker.said());
}

#[tokio::test]
async fn a_worker_without_a_shared_database_or_the_key_is_refused_and_told_what_to_set() {
    let output = Machine::new().run(&["worker"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(err(&output).contains("DATABASE_URL"), "{}", err(&output));

    let db = Database::new().await;
    let machine = Machine::new().with("DATABASE_URL", db.app());
    let output = machine.run(&["worker"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(err(&output).contains("AGENTCY_ENCRYPTION_KEY"), "{}", err(&output));
    assert!(!machine.data().exists(), "a worker keeps nothing");
}
