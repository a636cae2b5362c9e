//! How long a large sync takes: 100,000 nodes and 500,000 edges staged and applied, then the same again unchanged, then
//! with one node in a hundred changed.
//!
//! `cargo run --release -p agentcy-store --example ledger_load [nodes edges]` on a database of its own.
#![expect(
    clippy::disallowed_methods,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a measurement opens the system door, prints, and fails loudly"
)]

use std::{sync::Arc, time::Instant};

use agentcy_core::{
    Action, By, Caller, Clock as _, Credential, Ids, Principal, Realm, Realms, Role, System,
    clock::{SystemClock, SystemEntropy},
    id::OrgId,
};
use agentcy_store::{
    Db,
    ledger::{Asserter, Batch, End, Stage, Staged, StagedEdge, StagedNode},
};
use agentcy_testkit::postgres::TestDb;
use serde_json::{Map, Value, json};
use sqlx::ConnectOptions as _;
use uuid::Uuid;

/// How many records are staged in one call, as a job does.
const PART: usize = 5_000;

fn ids() -> Ids {
    Ids::new(Arc::new(SystemClock), Arc::new(SystemEntropy))
}

fn node(i: usize, revision: usize) -> Staged {
    let Value::Object(properties) = json!({
        "name": format!("service-{i}"), "path": format!("/srv/team-{}/service-{i}", i % 97),
        "description": format!("The service of number {i}, which team {} looks after.", i % 97),
        "size": i * 31 % 1_000_003, "active": i.is_multiple_of(3), "revision": revision,
    }) else {
        unreachable!("an object")
    };
    Staged::Node(StagedNode {
        external_id: format!("service-{i}"),
        key: i.is_multiple_of(2).then(|| format!("https://example.test/services/{i}")),
        labels: vec!["Service".to_owned(), format!("Tier{}", i % 4)],
        properties,
        valid_from: None,
    })
}

fn edge(i: usize, nodes: usize) -> Staged {
    let (from, to) = (i % nodes, (i * 7919 + i / nodes) % nodes);
    Staged::Edge(StagedEdge {
        external_id: format!("call-{i}"),
        edge_type: ["CALLS", "OWNS", "READS"][i % 3].to_owned(),
        from: End::Own(format!("service-{from}")),
        to: End::Own(format!("service-{to}")),
        key: String::new(),
        properties: Map::from_iter([("weight".to_owned(), (i % 100).into())]),
        valid_from: None,
    })
}

async fn sync(db: &Db, by: &By, source: Asserter, records: impl Iterator<Item = Staged>) {
    let realm: Realm = "infrastructure".parse().unwrap();
    let batch = Batch {
        id: ids().next(),
        at: SystemClock.now(),
        asserter: source,
        cause: "measurement".to_owned(),
    };
    let started = Instant::now();
    let mut tx = db.begin_long(by).await.unwrap();
    let mut stage = Stage::open(&mut tx, &batch, &realm).await.unwrap();
    let mut records = records.peekable();
    while records.peek().is_some() {
        let part: Vec<_> = records.by_ref().take(PART).collect();
        assert!(stage.add(&mut tx, &part).await.unwrap().is_empty());
    }
    let staged = started.elapsed();
    let applying = Instant::now();
    let counts = stage.apply(&mut tx, false).await.unwrap();
    let applied = applying.elapsed();
    tx.commit().await.unwrap();
    println!("stage {staged:.2?}, apply {applied:.2?}, all {:.2?}: {counts:?}", started.elapsed());
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let mut sizes = std::env::args().skip(1).map(|size| size.parse().unwrap());
    let (nodes, edges) = (sizes.next().unwrap_or(100_000), sizes.next().unwrap_or(500_000));
    let test = TestDb::new().await;
    let org = ids().next::<OrgId>();
    sqlx::query(
        "insert into orgs (id, name, created_at, updated_at) values ($1, 'o', now(), now())",
    )
    .bind(Uuid::from(org))
    .execute(&mut test.owner.connect().await.unwrap())
    .await
    .unwrap();
    let caller = Caller {
        org_id: org,
        principal: Principal::User(ids().next()),
        role: Role::Owner,
        realms: Realms::All,
        credential: Credential::ApiKey,
        expires_at: None,
        can_approve: false,
        platform_admin: false,
        request_id: "measurement".to_owned(),
        ip: None,
        causes: Vec::new(),
    };
    let by = By::granted(&System::establish(), &caller, Action::SourceSync);
    let (db, source) = (test.db(2), Asserter::Source(ids().next()));
    for (what, every) in [("first", 0), ("unchanged", 0), ("one node in a hundred", 100)] {
        println!("{what}: {nodes} nodes, {edges} edges");
        let revision = |i: usize| usize::from(every > 0 && i.is_multiple_of(every));
        let records = (0..nodes).map(|i| node(i, revision(i)));
        sync(&db, &by, source, records.chain((0..edges).map(|i| edge(i, nodes)))).await;
    }
}
