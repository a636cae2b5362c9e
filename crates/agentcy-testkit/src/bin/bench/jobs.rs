//! Jobs: claimed in batches and ended one by one, beside the same statements in plain SQL, and how soon one starts.

use std::time::{Duration, Instant};

use agentcy_core::{Action, By, Role, id::OrgId};
use agentcy_platform::Platform;
use agentcy_store::{
    embedded::{Embedded, Options},
    jobs::{self, Outcome},
    migrate,
    system::jobs as queue,
};
use agentcy_testkit::{
    app::{Client, TestApp},
    platform::{TestPlatform, WORKER_TOKEN},
    postgres::TestDb,
};
use aide::axum::ApiRouter;
use anyhow::{Context, Result, ensure};
use chrono::TimeDelta;
use serde_json::{Value, json};
use sqlx::{ConnectOptions, PgConnection, Row, postgres::PgConnectOptions};
use tokio::task::JoinSet;

use crate::{
    load::Load,
    measure::{Party, Spread, compare},
    startup::folder,
};

/// How many jobs a claim takes.
const BATCH: u32 = 64;
/// How many claim at once.
const CLIENTS: usize = 4;
/// How many jobs there are each time.
const JOBS: u32 = 8192;
/// The same where each has a source of its own.
const SOURCES: u32 = 2048;
/// How many are asked for one after the other.
const STARTS: usize = 200;

/// Where jobs are made and done.
struct Stage {
    app: TestApp,
    platform: Platform,
    by: By,
    org: OrgId,
    owner: Client,
}

/// Measures it.
pub(crate) async fn measure() -> Result<Value> {
    let folder = folder()?;
    let embedded = Embedded::start(Options::new(folder.path())).await?;
    migrate::migrate(&embedded.owner(), &embedded.app()).await?;
    let name = format!("agentcy_bench_{}", std::process::id());
    let database = TestDb { owner: embedded.owner(), app: embedded.app(), name };
    let most = 1_000_000_000;
    let stage = TestPlatform::over(
        database,
        |rules| (rules.rates.principal, rules.rates.anonymous) = (most, most),
        |database, engines| engines.db = database.db(agentcy_store::POOL_SIZE),
    );
    let platform = stage.in_real_time();
    let app = TestApp::over(stage, platform.clone(), |_| {}, |_| ApiRouter::new()).await;
    let org = app.stage.org().await;
    let caller = app.stage.caller(org, Role::Owner).await;
    let by = platform.permit(&caller, Action::SourceSync).await?;
    let owner = app.member(org, Role::Owner).await;
    let stage = Stage { app, platform, by, org, owner };

    let floor = |completes| Floor { stage: &stage, completes };
    let runners = |completes| Runners { stage: &stage, completes };
    let (claimed, plain) = (runners(false), floor(false));
    let title = "claims of 64 by runners, beside plain SQL (target: 0.5)";
    let claims = compare(title, ["product", "plain"], &claimed, &plain).await?;
    let (ended, plain) = (runners(true), floor(true));
    let title = "claims of 64, and the end of each, beside plain SQL (target: 0.5)";
    let ends = compare(title, ["product", "plain"], &ended, &plain).await?;
    stage.connect_sources().await?;
    let (remote, plain) = (Remote::new(&stage).await?, floor(false));
    let title = "claims of 64 by workers elsewhere, with settings and credentials over HTTP, beside plain SQL";
    let elsewhere = compare(title, ["product", "plain"], &remote, &plain).await?;
    let beside = stage.starts(false).await?;
    let away = stage.starts(true).await?;
    println!("\nfrom asking for a job to its start, ms (target: p50 10)");
    println!("  beside     p50 {:.1}, p95 {:.1}", beside[0], beside[1]);
    println!("  elsewhere  p50 {:.1}, p95 {:.1}", away[0], away[1]);

    let foreign = [&claims, &ends, &elsewhere].map(|it| it["foreign_max"].as_f64().unwrap_or(0.0));
    stage.app.lifecycle.stop_now();
    embedded.stop().await?;
    Ok(json!({
        "claims": claims,
        "claims_and_ends": ends,
        "claims_elsewhere": elsewhere,
        "start_ms": { "beside": beside, "elsewhere": away },
        "foreign_max": Spread::of(foreign).max,
    }))
}

impl Stage {
    /// A queue that holds so many, and nothing else.
    async fn fill(&self, remote: bool) -> Result<u32> {
        let database = &self.app.stage.database;
        database.execute("truncate jobs cascade").await;
        let many = if remote { SOURCES } else { JOBS };
        let org = uuid::Uuid::from(self.org);
        let made_by = self.by.caller().principal.to_string();
        let what = if remote {
            "'source.collect', id, 'queued', jsonb_build_object('source', 'src_' || id), true from sources"
                .to_owned()
        } else {
            format!("'bench', null, 'queued', '{{}}', false from generate_series(1, {many})")
        };
        let statement = format!(
            "insert into jobs (id, org_id, made_by, max_attempts, run_at, created_at, kind, subject, state, payload, remote)
             select gen_random_uuid(), '{org}', '{made_by}', 5, now(), now(), {what}"
        );
        database.execute(&statement).await;
        database.execute("analyze jobs").await;
        Ok(many)
    }

    /// Sources that workers elsewhere can collect from.
    async fn connect_sources(&self) -> Result<()> {
        let on = json!({ "remote_workers": true });
        let reply = self.owner.patch("/api/v1/settings", on).await;
        ensure!(reply.status == 200, "{}", reply.text);
        let org = uuid::Uuid::from(self.org);
        let statement = format!(
            r#"insert into sources (id, org_id, name, source_type, realm, config, created_by, created_at, updated_at)
               select gen_random_uuid(), '{org}', 's' || n, 'json', 'data',
                      '{{"url": "http://127.0.0.1:1/x.json", "key": "id", "label": "Thing"}}', '{}', now(), now()
               from generate_series(1, {SOURCES}) n"#,
            self.by.caller().principal,
        );
        self.app.stage.database.execute(&statement).await;
        self.app.stage.database.execute("analyze sources").await;
        Ok(())
    }

    async fn connect(&self) -> Result<PgConnection> {
        let login: PgConnectOptions = self.app.stage.database.owner.clone();
        Ok(login.connect().await?)
    }

    /// How long a sync that is asked for takes to start, beside the stores or on a worker elsewhere: p50 and p95 in ms.
    async fn starts(&self, remote: bool) -> Result<[f64; 2]> {
        let database = &self.app.stage.database;
        database.execute("truncate jobs cascade").await;
        let on = json!({ "remote_workers": remote });
        let reply = self.owner.patch("/api/v1/settings", on).await;
        ensure!(reply.status == 200, "{}", reply.text);
        let lifecycle = agentcy_platform::lifecycle::Lifecycle::default();
        let daemon = if remote {
            Some(Remote::new(self).await?)
        } else {
            agentcy_worker::start_runners(&self.platform, &lifecycle);
            None
        };
        let ids = database.rows("select id from sources order by id").await;
        let mut conn = self.connect().await?;
        for row in ids.iter().take(STARTS) {
            let id = row["id"].as_str().context("an id")?;
            let sync = format!("/api/v1/sources/src_{id}/sync");
            let ask = self.owner.post(&sync, json!({}));
            if let Some(daemon) = &daemon {
                let (asked, claimed) = tokio::join!(ask, daemon.claim(30));
                ensure!(asked.status == 202 && claimed? == 1, "{}", asked.text);
            } else {
                let asked = ask.await;
                ensure!(asked.status == 202, "{}", asked.text);
            }
            loop {
                let left = "select count(*) from jobs where started_at is null";
                if sqlx::query(left).fetch_one(&mut conn).await?.get::<i64, _>(0) == 0 {
                    break;
                }
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
        }
        lifecycle.stop_now();
        let ms = "select (extract(epoch from started_at - created_at) * 1000)::float8 as ms from jobs order by 1";
        let ms = database.rows(ms).await;
        let at = |share: usize| ms.get(ms.len() * share / 100).and_then(|row| row["ms"].as_f64());
        Ok([at(50).context("nothing started")?, at(95).context("nothing started")?])
    }
}

/// The runners beside the stores.
struct Runners<'a> {
    stage: &'a Stage,
    completes: bool,
}

impl Party for Runners<'_> {
    async fn work(&self) -> Result<Load> {
        let many = self.stage.fill(false).await?;
        let began = Instant::now();
        let mut clients = JoinSet::new();
        for client in 0..CLIENTS {
            let (platform, by, completes) =
                (self.stage.platform.clone(), self.stage.by.clone(), self.completes);
            clients.spawn(async move {
                let mut done = 0;
                loop {
                    let now = platform.now();
                    let mut tx = platform.system_tx().await?;
                    let (holder, until) = (client.to_string(), now + TimeDelta::seconds(30));
                    let claimed =
                        queue::claim(&mut tx, &["bench"], &holder, BATCH.into(), now, until)
                            .await?;
                    tx.commit().await?;
                    if claimed.is_empty() {
                        return anyhow::Ok(done);
                    }
                    done += u32::try_from(claimed.len())?;
                    for one in claimed.into_iter().filter(|_| completes) {
                        let mut tx = platform.begin(&by).await?;
                        jobs::succeed(&mut tx, one.hold, &Outcome::default(), now).await?;
                        tx.commit().await?;
                    }
                }
            });
        }
        finished(many, began, clients).await
    }
}

/// The same as plain statements on connections of their own.
struct Floor<'a> {
    stage: &'a Stage,
    completes: bool,
}

const CLAIM: &str = "
    with due as (
        select id from jobs where state = 'queued' and not remote and run_at <= now()
        order by run_at, id limit $1 for update skip locked)
    update jobs set state = 'running', attempt = attempt + 1, fence = fence + 1, holder = 'plain',
                    lease_until = now() + interval '30 seconds', started_at = now()
    from due where jobs.id = due.id returning jobs.id";

const END: &str = "
    update jobs set state = 'succeeded', finished_at = now(), lease_until = null, holder = null
    where id = $1 and state = 'running'";

impl Party for Floor<'_> {
    async fn work(&self) -> Result<Load> {
        let many = self.stage.fill(false).await?;
        let mut connections = Vec::new();
        for _ in 0..CLIENTS {
            connections.push(self.stage.connect().await?);
        }
        let began = Instant::now();
        let mut clients = JoinSet::new();
        for mut conn in connections {
            let completes = self.completes;
            clients.spawn(async move {
                let mut done = 0;
                loop {
                    let claim = sqlx::query(CLAIM).bind(i64::from(BATCH));
                    let rows = claim.fetch_all(&mut conn).await?;
                    if rows.is_empty() {
                        return anyhow::Ok(done);
                    }
                    done += u32::try_from(rows.len())?;
                    for row in rows.iter().filter(|_| completes) {
                        let id: uuid::Uuid = row.get(0);
                        sqlx::query(END).bind(id).execute(&mut conn).await?;
                    }
                }
            });
        }
        finished(many, began, clients).await
    }
}

/// Workers elsewhere.
struct Remote<'a> {
    stage: &'a Stage,
    daemon: Client,
    claim: String,
}

impl<'a> Remote<'a> {
    async fn new(stage: &'a Stage) -> Result<Self> {
        let daemon = stage.app.bearer(WORKER_TOKEN);
        let body = json!({ "name": "bench", "capacity": BATCH, "version": "1" });
        let reply = daemon.post("/api/v1/workers/register", body).await;
        let id = reply.body["worker_id"].as_str().context("a worker")?;
        Ok(Self { stage, daemon, claim: format!("/api/v1/workers/{id}/claim") })
    }

    async fn claim(&self, wait_secs: u64) -> Result<u32> {
        claim(&self.daemon, &self.claim, wait_secs).await
    }
}

async fn claim(daemon: &Client, place: &str, wait_secs: u64) -> Result<u32> {
    let reply = daemon.post(place, json!({ "wait_secs": wait_secs })).await;
    ensure!(matches!(reply.status, 200 | 204), "{}", reply.text);
    Ok(u32::try_from(reply.body["jobs"].as_array().map_or(0, Vec::len))?)
}

impl Party for Remote<'_> {
    async fn work(&self) -> Result<Load> {
        let many = self.stage.fill(true).await?;
        let began = Instant::now();
        let mut clients = JoinSet::new();
        for _ in 0..CLIENTS {
            let (daemon, place) = (self.daemon.clone(), self.claim.clone());
            clients.spawn(async move {
                let mut done = 0;
                loop {
                    match claim(&daemon, &place, 0).await? {
                        0 => return anyhow::Ok(done),
                        more => done += more,
                    }
                }
            });
        }
        finished(many, began, clients).await
    }
}

/// Every job was claimed once.
async fn finished(many: u32, began: Instant, mut clients: JoinSet<Result<u32>>) -> Result<Load> {
    let mut done = 0;
    while let Some(client) = clients.join_next().await {
        done += client??;
    }
    let elapsed = began.elapsed();
    ensure!(done == many, "{done} of {many} jobs were claimed");
    Ok(Load { done, errors: 0, elapsed })
}
