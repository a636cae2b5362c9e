//! The graph beside the ledger, through ends of the process and losses of its files.

use std::{
    collections::BTreeMap,
    fs,
    path::PathBuf,
    time::{Duration, Instant},
};

use agentcy_core::{Realms, id::OrgId};
use agentcy_graph::{Direction, Embedded, GraphStore, Hop, Scope};
use serde_json::Value;
use uuid::Uuid;

use crate::{
    database::Database,
    err, json,
    process::{Machine, Server},
};

/// Far more than it takes; only what would never come runs into it.
const BOUND: Duration = Duration::from_mins(2);
const POLL: Duration = Duration::from_millis(20);
const THINGS: u64 = 12;

/// A server on a database of somebody else's, with the graph in its own folder.
struct Place {
    db: Database,
    machine: Machine,
    written: u64,
}

/// What there is to see: nodes with their names, edges with their ends.
type Present = (BTreeMap<Uuid, Value>, BTreeMap<Uuid, (Uuid, Uuid)>);

impl Place {
    async fn new() -> Self {
        let db = Database::new().await;
        let machine = Machine::new().with("DATABASE_URL", db.app());
        Self { db, machine, written: 0 }
    }

    async fn org(&self) -> OrgId {
        let rows = self.db.0.rows("select id from orgs").await;
        uuid(&rows[0]["id"]).into()
    }

    fn file(&self, org: OrgId) -> PathBuf {
        self.machine.data().join("graph").join(format!("{}.grafeo", Uuid::from(org)))
    }

    /// Ends the server at once. Its leases, which it can no longer give back, are taken for run out.
    async fn kill(&self, server: Server) {
        server.kill();
        self.db.0.execute("update leases set expires_at = '-infinity'").await;
    }

    /// Commits one change of the ledger as the ledger leaves it: something is said, something else no more, and edges
    /// wait for ends that are not there.
    async fn write(&mut self, org: OrgId) {
        self.written += 1;
        let turn = self.written;
        let (org, batch) = (Uuid::from(org), thing(1_000_000 + turn));
        let node = |number: u64| thing(number % THINGS);
        let (said, from, to) = (node(turn), node(turn * 5), node(turn * 7 + 1));
        let edge = thing(100 + turn * 5 % THINGS * THINGS + (turn * 7 + 1) % THINGS);
        let gone = if turn.is_multiple_of(3) { node(turn * 11 + 4) } else { thing(999_999) };
        let gone_edge = if turn.is_multiple_of(4) { "id" } else { "null::uuid" };
        let statement = format!(
            "insert into fact_batches (id, org_id, at, asserter_kind, asserter_id, cause, added)
             values ('{batch}', '{org}', now(), 'person', '{batch}', 'a test', 3);
             insert into entities (org_id, id, kind, realm, key, state, labels, properties,
                                   valid_from, recorded_at, batch_id)
             values ('{org}', '{said}', 'node', 'data', '{said}', 'live', '{{Thing}}',
                     '{{\"turn\": {turn}}}', now(), now(), '{batch}')
             on conflict (org_id, id) do update set state = 'live', batch_id = excluded.batch_id,
                 properties = excluded.properties, recorded_at = excluded.recorded_at;
             insert into entities (org_id, id, kind, realm, key, state, type, from_id, to_id,
                                   valid_from, recorded_at, batch_id)
             values ('{org}', '{edge}', 'edge', 'data', '', 'waiting', 'USES', '{from}', '{to}',
                     now(), now(), '{batch}')
             on conflict (org_id, id) do update set batch_id = excluded.batch_id,
                 state = case entities.state when 'archived' then 'waiting' else entities.state end;
             update entities set state = 'archived', batch_id = '{batch}'
             where org_id = '{org}' and state = 'live' and kind = 'node' and id = '{gone}';
             update entities set state = 'archived', batch_id = '{batch}'
             where org_id = '{org}' and kind = 'edge' and state <> 'archived'
               and id = (select {gone_edge} from entities where org_id = '{org}' and kind = 'edge'
                         order by id limit 1);
             with settled as (
                 select e.id, case when count(n.id) = (case when e.from_id = e.to_id then 1 else 2 end)
                                   then 'live' else 'waiting' end as state
                 from entities e
                 left join entities n on n.org_id = e.org_id and n.id in (e.from_id, e.to_id)
                     and n.state = 'live'
                 where e.org_id = '{org}' and e.kind = 'edge' and e.state <> 'archived'
                 group by e.id, e.from_id, e.to_id)
             update entities e set state = settled.state, batch_id = '{batch}'
             from settled where e.org_id = '{org}' and e.id = settled.id and e.state <> settled.state"
        );
        self.db.0.execute(&statement).await;
    }

    /// Waits until the server has said that everything is in the graph.
    async fn projected(&self, server: &Server) {
        let behind = "select 1 from fact_batches b left join projections p using (org_id)
                      where b.seq is null or b.seq > coalesce(p.seq, 0) or p.rebuild_asked_at is not null
                      limit 1";
        let began = Instant::now();
        while !self.db.0.rows(behind).await.is_empty() {
            assert!(began.elapsed() < BOUND, "the graph stays behind: {}", server.said());
            tokio::time::sleep(POLL).await;
        }
    }

    /// Whether the graph file of the stopped server shows what the ledger does.
    async fn assert_equal(&self, org: OrgId) {
        let ledger = self.ledger(org).await;
        assert!(!ledger.0.is_empty() && !ledger.1.is_empty(), "there is something to compare");
        assert_eq!(self.graph(org).await, ledger);
    }

    async fn ledger(&self, org: OrgId) -> Present {
        let query = format!(
            "select * from entities where org_id = '{}' and state = 'live'",
            Uuid::from(org)
        );
        let (mut nodes, mut edges) = (BTreeMap::new(), BTreeMap::new());
        for row in self.db.0.rows(&query).await {
            if row["kind"] == "node" {
                nodes.insert(uuid(&row["id"]), row["properties"].clone());
            } else {
                edges.insert(uuid(&row["id"]), (uuid(&row["from_id"]), uuid(&row["to_id"])));
            }
        }
        (nodes, edges)
    }

    async fn graph(&self, org: OrgId) -> Present {
        let rows = self.db.0.rows("select id from installation").await;
        let folder = self.machine.data().join("graph");
        let graph = Embedded::open(&folder, uuid(&rows[0]["id"]), 2).unwrap();
        let scope = Scope { org, realms: &Realms::All };
        let (mut nodes, mut edges) = (BTreeMap::new(), BTreeMap::new());
        for id in (0..THINGS).map(thing) {
            let Some(node) = graph.read_node(scope, id.into()).await.unwrap() else { continue };
            nodes.insert(id, Value::Object(node.properties));
            let hop = Hop { node: id.into(), direction: Direction::Out, kinds: &[], limit: 10_000 };
            for item in graph.neighbours(scope, hop).await.unwrap().items {
                let ends = (item.edge.from.into(), item.edge.to.into());
                assert_eq!(edges.insert(item.edge.id.into(), ends), None, "an edge is there twice");
            }
        }
        graph.close().await.unwrap();
        (nodes, edges)
    }
}

fn thing(number: u64) -> Uuid {
    Uuid::from_u128(0x0197_0000_0000_7000_8000_0000_0000_0000 + u128::from(number))
}

fn uuid(value: &Value) -> Uuid {
    value.as_str().unwrap().parse().unwrap()
}

#[tokio::test]
async fn a_server_that_is_killed_again_and_again_under_writes_loses_and_doubles_nothing() {
    let mut place = Place::new().await;
    let mut server = place.machine.start().await;
    let org = place.org().await;
    // Each time a little later in its work than the last.
    for round in 0..6 {
        for _ in 0..10 + round * 3 {
            place.write(org).await;
        }
        if round % 2 == 1 {
            place.projected(&server).await;
            place.write(org).await;
        }
        place.kill(server).await;
        place.write(org).await;
        server = place.machine.start().await;
    }
    place.projected(&server).await;
    assert!(!server.said().contains("ERROR"), "{}", server.said());
    assert_eq!(server.stop().await.code(), Some(0), "{}", server.said());
    place.assert_equal(org).await;
}

#[tokio::test]
async fn a_graph_file_that_was_deleted_or_cut_is_rebuilt_at_the_start_and_the_log_says_so() {
    let mut place = Place::new().await;
    let mut server = place.machine.start().await;
    let org = place.org().await;
    for _ in 0..30 {
        place.write(org).await;
    }
    place.projected(&server).await;
    assert_eq!(server.stop().await.code(), Some(0), "{}", server.said());
    place.assert_equal(org).await;

    let damages: [fn(PathBuf); 3] = [
        |file| fs::remove_file(file).unwrap(),
        |file| {
            let open = fs::File::options().write(true).open(&file).unwrap();
            open.set_len(fs::metadata(&file).unwrap().len() / 3).unwrap();
        },
        |file| fs::write(file, "this is no graph".repeat(1_000)).unwrap(),
    ];
    for damage in damages {
        damage(place.file(org));
        let mut server = place.machine.start().await;
        let began = Instant::now();
        while !server.said().contains("the graph is rebuilt org") {
            assert!(began.elapsed() < BOUND, "the graph is not rebuilt: {}", server.said());
            tokio::time::sleep(POLL).await;
        }
        place.write(org).await;
        place.projected(&server).await;
        assert_eq!(server.stop().await.code(), Some(0), "{}", server.said());
        place.assert_equal(org).await;
    }
}

#[tokio::test]
async fn a_rebuild_is_done_by_the_running_server_and_without_one_by_the_command() {
    let mut place = Place::new().await;
    let mut server = place.machine.start().await;
    let org = place.org().await;
    for _ in 0..20 {
        place.write(org).await;
    }
    place.projected(&server).await;
    let by_server = place.machine.run(&["graph", "rebuild", "--json"]);
    assert!(by_server.status.success(), "{}", err(&by_server));
    let said = json(&by_server);
    assert_eq!((&said["by_server"], &said["orgs"][0]["seq"]), (&true.into(), &20.into()));
    assert!(err(&by_server).contains("the graph is rebuilt"), "{}", err(&by_server));
    assert!(server.said().contains("somebody asked for it"), "{}", server.said());

    let unknown = OrgId::from(Uuid::from_u128(404)).to_string();
    let refused = place.machine.run(&["graph", "rebuild", "--org", &unknown]);
    assert_eq!(refused.status.code(), Some(5), "{}", err(&refused));
    assert_eq!(server.stop().await.code(), Some(0), "{}", server.said());
    place.assert_equal(org).await;

    fs::remove_file(place.file(org)).unwrap();
    let here = place.machine.run(&["graph", "rebuild", "--json", "--org", &org.to_string()]);
    assert!(here.status.success(), "{}", err(&here));
    assert_eq!(json(&here)["by_server"], false);
    place.assert_equal(org).await;
}

#[tokio::test]
async fn a_rebuild_beside_a_server_with_a_database_of_its_own_is_done_by_that_server() {
    let machine = Machine::new();
    let mut server = machine.start().await;
    let session = machine.session().await;
    let org = session.user.org_id.clone();
    let done = machine.run(&["graph", "rebuild", "--org", &org, "--json"]);
    assert!(done.status.success(), "{}", err(&done));
    let said = json(&done);
    assert_eq!(said["by_server"], true);
    assert_eq!(said["orgs"][0]["org_id"], org.as_str());
    assert_eq!(server.stop().await.code(), Some(0), "{}", server.said());

    let here = machine.run(&["graph", "rebuild", "--json"]);
    assert!(here.status.success(), "{}", err(&here));
    assert_eq!(json(&here)["by_server"], false);
}
