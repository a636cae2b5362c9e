//! Workers elsewhere are killed one after the other while they collect. Whatever a job does is noted by the database
//! itself, in a ledger of the test: nothing is lost, and nothing happens twice.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use agentcy_sdk::{NewSource, SettingsUpdate};
use agentcy_testkit::postgres::TestDb;
use serde_json::json;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    time::sleep,
};

use super::rounds;
use crate::{
    daemon::TOKEN,
    database::Database,
    process::{Machine, Server},
};

/// How many work at once.
const WORKERS: usize = 3;
/// How many jobs there are for each kill.
const EACH: u32 = 100;
/// Far more than anything takes here; only what would never end runs into it.
const BOUND: Duration = Duration::from_mins(20);

#[tokio::test]
async fn no_job_is_lost_and_none_has_its_effect_twice_however_many_workers_are_killed() {
    let (kills, has_time) = (rounds(3), rounds(0) > 0);
    let jobs = kills * EACH;
    let db = Database::new().await;
    let machine = Machine::new()
        .with("DATABASE_URL", db.app())
        .with("WORKER_TOKEN", TOKEN)
        .with("AGENTCY_EGRESS_ALLOW", "127.0.0.0/8");
    let server = machine.start().await;
    enqueue(&machine, &db.0, jobs).await;

    let away =
        Machine::new().with("WORKER_TOKEN", TOKEN).with("AGENTCY_EGRESS_ALLOW", "127.0.0.0/8");
    let start = async |number: usize| away.daemon(&machine.url(), &format!("w{number}")).await;
    let mut workers: Vec<Server> = Vec::new();
    for number in 0..WORKERS {
        workers.push(start(number).await);
    }
    let began = Instant::now();
    let mut killed = 0;
    // A soak goes on killing until all is done.
    while left(&db.0).await > 0 && (has_time || killed < kills) {
        assert!(began.elapsed() < BOUND, "{} jobs are left: {}", left(&db.0).await, server.said());
        sleep(Duration::from_secs(1)).await;
        workers.remove(0).kill();
        let number = usize::try_from(killed).unwrap();
        if !has_time {
            // What only half a minute would do.
            let lose = format!(
                "update jobs set lease_until = now() where state = 'running' and holder in
                     (select 'wrk_' || id from workers where name = 'w{number}')"
            );
            db.0.execute(&lose).await;
        }
        workers.push(start(number + WORKERS).await);
        killed += 1;
    }
    while left(&db.0).await > 0 {
        assert!(began.elapsed() < BOUND, "{} jobs are left: {}", left(&db.0).await, server.said());
        sleep(Duration::from_millis(200)).await;
    }

    let states = "select state, count(*), max(attempt) as attempts from jobs group by state";
    let states = db.0.rows(states).await;
    let tried = db.0.rows("select sum(fence) as claims from jobs").await;
    println!("{killed} workers were killed in {:?}: {states:?}, {tried:?}", began.elapsed());
    assert_eq!(states.len(), 1, "{states:?}");
    assert_eq!((&states[0]["state"], &states[0]["count"]), (&json!("succeeded"), &json!(jobs)));
    let effects = "select job, count(*) from effects group by job";
    let mut seen = BTreeMap::new();
    for effect in db.0.rows(effects).await {
        seen.insert(effect["job"].as_str().unwrap().to_owned(), effect["count"].clone());
    }
    let doubled: Vec<_> = seen.iter().filter(|(_, count)| **count != json!(1)).collect();
    assert_eq!((seen.len(), doubled), (usize::try_from(jobs).unwrap(), Vec::new()));
    let left_over =
        "select (select count(*) from facts) facts, (select count(*) from job_records) records";
    assert_eq!(db.0.rows(left_over).await, [json!({ "facts": jobs, "records": 0 })]);
}

/// How many jobs are not over.
async fn left(db: &TestDb) -> u64 {
    let left = db.rows("select count(*) as left from jobs where finished_at is null").await;
    left[0]["left"].as_u64().unwrap()
}

/// So many sources, each with a sync that waits for a worker, and a ledger of what syncs do.
async fn enqueue(machine: &Machine, db: &TestDb, jobs: u32) {
    let feed = serve().await;
    let client = machine.with_token(&machine.session().await.token);
    let new = NewSource {
        name: "pattern".to_owned(),
        source_type: "json".to_owned(),
        realm: "data".to_owned(),
        config: json!({ "key": "id", "label": "Thing", "url": format!("{feed}/0.json") }),
        credentials: BTreeMap::new(),
    };
    client.create_source(&new).await.unwrap();
    let on = SettingsUpdate { remote_workers: Some(true), ..SettingsUpdate::default() };
    client.update_settings(&on).await.unwrap();
    let statements = format!(
        r"create table effects (job text not null);
           create function note() returns trigger language plpgsql security definer as
               $$ begin insert into public.effects values (new.cause); return null; end $$;
           create trigger noted after insert on fact_batches for each row execute function note();
           insert into sources (id, org_id, name, source_type, realm, config, created_by, created_at, updated_at)
           select gen_random_uuid(), org_id, 's' || n, source_type, realm,
                  config || jsonb_build_object('url', '{feed}/' || n || '.json'), created_by, now(), now()
           from sources, generate_series(1, {jobs}) n;
           insert into jobs (id, org_id, kind, subject, state, payload, made_by, max_attempts, run_at, created_at, remote)
           select gen_random_uuid(), org_id, 'source.collect', id, 'queued',
                  jsonb_build_object('source', 'src_' || id), created_by, 100, now(), now(), true
           from sources where name <> 'pattern'"
    );
    db.execute(&statements).await;
}

/// Answers `/N.json` with one thing of that number.
async fn serve() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            tokio::spawn(answer(stream));
        }
    });
    url
}

async fn answer(mut stream: TcpStream) {
    let mut request = [0; 4096];
    let read = stream.read(&mut request).await.unwrap_or(0);
    let line = String::from_utf8_lossy(&request[..read]).into_owned();
    let path = line.split(' ').nth(1).unwrap_or_default();
    let number = path.trim_start_matches('/').trim_end_matches(".json");
    let body = format!(r#"[{{"id":"thing {number}"}}]"#);
    let length = body.len();
    let head = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n"
    );
    let _ = stream.write_all(format!("{head}{body}").as_bytes()).await;
}
