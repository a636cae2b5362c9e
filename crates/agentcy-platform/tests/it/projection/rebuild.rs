//! The graph is made anew where it cannot be gone on with.

use std::fs;

use agentcy_core::{ErrorCode, Role};
use agentcy_platform::{
    graph::{self, CypherQuery, Direction, Expand, Hop, Moment},
    projection,
};
use agentcy_store::retention::{self, Things};
use agentcy_testkit::faulty_graph::{Break, Call, When};
use chrono::TimeDelta;
use serde_json::Map;
use tempfile::TempDir;
use uuid::Uuid;

use super::{
    ledger::id,
    stage::{Stage, history},
};

impl Stage {
    /// Wants a rebuild of one org.
    pub(crate) async fn ask_rebuild(&self, org: agentcy_core::id::OrgId) {
        let asked = projection::ask_rebuild(&self.platform, Some(org)).await.unwrap();
        assert_eq!(asked, [org]);
    }

    /// How often a graph was emptied since the calls were last looked at.
    fn cleared(&self) -> usize {
        self.graph.calls().iter().filter(|(_, call)| *call == Call::Clear).count()
    }
}

#[tokio::test]
async fn a_rebuild_comes_to_the_same_as_following() {
    let stage = Stage::new().await;
    let (mut one, mut other) = (stage.ledger().await, stage.ledger().await);
    history(&stage, &mut one).await;
    history(&stage, &mut other).await;
    stage.project().await;
    assert_eq!(stage.cleared(), 0);
    let followed = stage.shown(one.org).await;
    stage.ask_rebuild(one.org).await;
    stage.project().await;
    assert_eq!(stage.cleared(), 1);
    assert_eq!(stage.shown(one.org).await, followed);
    assert_eq!(stage.row(one.org).await["seq"], 3);

    let mut asked = projection::ask_rebuild(&stage.platform, None).await.unwrap();
    asked.sort();
    assert_eq!(asked, [one.org.min(other.org), one.org.max(other.org)]);
    stage.project().await;
    assert_eq!(stage.cleared(), 2);
    stage.assert_equal(one.org).await;
    stage.assert_equal(other.org).await;
    // And it is followed as before.
    one.node(3, "third");
    one.no_node(2);
    one.write(&stage).await;
    stage.project().await;
    stage.assert_equal(one.org).await;
    assert_eq!(stage.cleared(), 0);
}

#[tokio::test]
async fn an_org_without_facts_is_rebuilt_to_nothing() {
    let stage = Stage::new().await;
    let org = stage.org().await;
    stage.ask_rebuild(org).await;
    stage.project().await;
    assert!(stage.row(org).await["rebuild_asked_at"].is_null());
    assert_eq!(projection::ask_rebuild(&stage.platform, None).await.unwrap(), [org]);
    let unknown = Uuid::from_u128(404).into();
    assert_eq!(projection::ask_rebuild(&stage.platform, Some(unknown)).await.unwrap(), []);
}

#[tokio::test]
async fn a_deleted_or_damaged_graph_file_is_rebuilt_at_the_next_start() {
    let stage = Stage::new().await;
    let mut ledgers = [stage.ledger().await, stage.ledger().await, stage.ledger().await];
    for ledger in &mut ledgers {
        history(&stage, ledger).await;
    }
    stage.project().await;
    let [deleted, damaged, cut] = ledgers.map(|ledger| ledger.org);
    let stage = stage
        .restart_after(|stage| {
            fs::remove_file(stage.file(deleted)).unwrap();
            fs::write(stage.file(damaged), "this is no graph".repeat(1_000)).unwrap();
            let file = fs::File::options().write(true).open(stage.file(cut)).unwrap();
            file.set_len(file.metadata().unwrap().len() / 2).unwrap();
        })
        .await;
    // Nothing was written since: the file itself is what tells.
    stage.project().await;
    assert_eq!(stage.cleared(), 3);
    for org in [deleted, damaged, cut] {
        stage.assert_equal(org).await;
        assert_eq!(stage.row(org).await["seq"], 3);
    }
}

#[tokio::test]
async fn an_older_copy_of_a_graph_file_is_gone_on_with() {
    let stage = Stage::new().await;
    let mut ledger = stage.ledger().await;
    let org = ledger.org;
    ledger.node(1, "one");
    ledger.node(2, "two");
    ledger.node(5, "five");
    ledger.edge(11, 1, 2);
    ledger.edge(15, 2, 5);
    ledger.write(&stage).await;
    stage.project().await;
    let copies = TempDir::new().unwrap();
    let copy = copies.path().join("copy");
    let stage = stage.restart_after(|stage| _ = fs::copy(stage.file(org), &copy).unwrap()).await;

    ledger.node(3, "three");
    ledger.edge(12, 3, 1);
    ledger.write(&stage).await;
    ledger.no_node(2);
    ledger.no_edge(15);
    ledger.write(&stage).await;
    ledger.node(3, "three, changed");
    ledger.write(&stage).await;
    stage.project().await;
    ledger.node(2, "two again");
    ledger.no_node(5);
    ledger.write(&stage).await;
    stage.project().await;
    let stage = stage.restart_after(|stage| _ = fs::copy(&copy, stage.file(org)).unwrap()).await;
    assert_eq!(stage.shown(org).await.0.len(), 3, "the old copy is in place");
    stage.project().await;
    stage.assert_equal(org).await;
    assert_eq!(stage.cleared(), 0, "nothing had to be made anew");
    assert_eq!(stage.row(org).await["seq"], 5);
}

#[tokio::test]
async fn a_copy_from_before_something_was_deleted_is_rebuilt() {
    let stage = Stage::new().await;
    let mut ledger = stage.ledger().await;
    let org = ledger.org;
    ledger.node(1, "one");
    ledger.node(2, "two");
    ledger.write(&stage).await;
    stage.project().await;
    let copies = TempDir::new().unwrap();
    let copy = copies.path().join("copy");
    let stage = stage.restart_after(|stage| _ = fs::copy(stage.file(org), &copy).unwrap()).await;
    ledger.no_node(2);
    ledger.write(&stage).await;
    stage.project().await;
    let (archived, later) = (stage.platform.now(), stage.platform.now() + TimeDelta::days(2));
    let archive =
        format!("update entities set archived_at = '{archived}' where state = 'archived'");
    stage.database.execute(&archive).await;
    let by = stage.by(org).await;
    let mut tx = stage.db.begin(&by).await.unwrap();
    let gone = retention::things(&mut tx, later).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(gone, Things { edges: 0, nodes: 1 });
    let stage = stage.restart_after(|stage| _ = fs::copy(&copy, stage.file(org)).unwrap()).await;
    stage.project().await;
    stage.assert_equal(org).await;
    assert_eq!((stage.shown(org).await.0.len(), stage.cleared()), (1, 1));
}

#[tokio::test]
async fn a_graph_that_is_ahead_of_a_database_that_was_put_back_is_rebuilt() {
    let stage = Stage::new().await;
    let mut ledger = stage.ledger().await;
    history(&stage, &mut ledger).await;
    stage.project().await;
    let org = Uuid::from(ledger.org);
    let lost = id(3);
    stage
        .database
        .execute(&format!(
            "delete from entities where org_id = '{org}' and ('{lost}' in (id, from_id, to_id));
             insert into entities (org_id, id, kind, realm, key, state) values ('{org}', '{lost}', 'node', 'data', 'x', 'awaited');
             delete from fact_batches where org_id = '{org}' and seq > 1;
             update sequences set last = 1 where org_id = '{org}';
             update projections set seq = 1 where org_id = '{org}'"
        ))
        .await;
    let mut later = super::ledger::Ledger::new(ledger.org);
    // As many batches again, with the numbers of those that are lost.
    for number in [101, 102, 103] {
        later.node(number, "after");
        later.write(&stage).await;
    }
    stage.project().await;
    assert_eq!(stage.cleared(), 1);
    stage.assert_equal(ledger.org).await;
    assert_eq!(stage.row(ledger.org).await["seq"], 4);
}

#[tokio::test]
async fn a_foreign_graph_is_left_alone_until_somebody_asks_to_replace_it() {
    let stage = Stage::new().await;
    let (mut ours, mut theirs) = (stage.ledger().await, stage.ledger().await);
    history(&stage, &mut theirs).await;
    stage.project().await;
    let stage = stage.restart_as(2, |_| {}).await;
    history(&stage, &mut ours).await;
    stage.number().await;
    let mut projector = stage.projector();
    stage.turn(&mut projector).await;
    stage.assert_equal(ours.org).await;
    assert_eq!(stage.cleared(), 0);
    let fault = stage.row(theirs.org).await["fault"].as_str().unwrap().to_owned();
    let mend = format!("`agentcy graph rebuild --org {}`", theirs.org);
    assert!(fault.contains("belongs to database") && fault.contains(&mend), "{fault}");
    let by = stage.by(theirs.org).await;
    let mut reader = stage.db.read(&by).await.unwrap();
    let status = projection::status(&stage.platform, &mut reader).await.unwrap();
    assert_eq!(status.fault, Some(fault));

    stage.ask_rebuild(theirs.org).await;
    stage.turn(&mut projector).await;
    stage.assert_equal(theirs.org).await;
    assert!(stage.row(theirs.org).await["fault"].is_null());
}

#[tokio::test]
async fn edges_whose_ends_the_ledger_lost_are_left_out_and_mended_for_once() {
    let stage = Stage::new().await;
    let mut ledger = stage.ledger().await;
    ledger.node(1, "one");
    ledger.node(2, "two");
    ledger.edge(11, 1, 2);
    ledger.edge(12, 1, 1);
    ledger.write(&stage).await;
    let archive = format!("update entities set state = 'archived' where id = '{}'", id(2));
    stage.database.execute(&archive).await;
    stage.number().await;
    let mut projector = stage.projector();
    stage.turn(&mut projector).await;
    assert_eq!(stage.cleared(), 1);
    let (nodes, edges) = stage.shown(ledger.org).await;
    assert_eq!((nodes.len(), edges.len()), (1, 1));
    ledger.edge(11, 1, 2);
    ledger.write(&stage).await;
    stage.number().await;
    stage.turn(&mut projector).await;
    assert_eq!(stage.cleared(), 0);
    assert_eq!(stage.row(ledger.org).await["seq"], 2);
}

#[tokio::test]
async fn while_a_graph_is_rebuilt_the_ledger_answers_and_cypher_waits() {
    let stage = Stage::new().await;
    let mut ledger = stage.ledger().await;
    history(&stage, &mut ledger).await;
    stage.project().await;
    let facts = "insert into facts (org_id, entity_id, kind, asserter_kind, asserter_id, external_id, labels, type,
                                    from_id, to_id, properties, digest, valid_from, recorded_at, batch_id)
                 select org_id, id, kind, 'person', org_id, id, labels, type, from_id, to_id, properties, id,
                        valid_from, recorded_at, batch_id
                 from entities where state = 'live'";
    stage.database.execute(facts).await;
    let owner = stage.caller(ledger.org, Role::Owner).await;
    let around = async || {
        let expand = Expand {
            nodes: vec![id(2).into()],
            depth: Some(2),
            types: Vec::new(),
            labels: Vec::new(),
            direction: Direction::Both,
            limit: None,
            moment: Moment::default(),
        };
        let hop = Hop {
            node: id(2).into(),
            direction: Direction::Both,
            types: Vec::new(),
            limit: None,
            moment: Moment::default(),
        };
        let found = graph::expand(&stage.platform, &owner, expand).await.unwrap();
        let near = graph::neighbours(&stage.platform, &owner, hop).await.unwrap();
        let nodes: Vec<_> = found.nodes.iter().map(|node| Uuid::from(node.id)).collect();
        let edges: Vec<_> = found.edges.iter().map(|edge| Uuid::from(edge.id)).collect();
        let near: Vec<_> = near.items.iter().map(|(_, node)| Uuid::from(node.id)).collect();
        (nodes, edges, near)
    };
    let cypher = async || {
        let text = "MATCH (n:Thing) RETURN count(n) AS n".to_owned();
        let query = CypherQuery { text, params: Map::new(), limit: None, timeout_ms: None };
        graph::cypher(&stage.platform, &owner, query).await
    };
    let before = around().await;
    assert_eq!(before, (vec![id(2), id(3)], vec![id(12)], vec![id(3)]));
    cypher().await.unwrap();

    // The file is gone, and nobody has looked yet.
    stage.graph.inner().clear(ledger.org).await.unwrap();
    assert_eq!(around().await, before);
    // It is emptied, and half of it is written.
    stage.ask_rebuild(ledger.org).await;
    stage.number().await;
    stage.graph.break_after(ledger.org, 1, When::After, Break::Wait);
    let mut projector = stage.projector();
    let mut work = Box::pin(stage.turn(&mut projector));
    tokio::select! {
        () = &mut work => panic!("the rebuild was not held up"),
        () = stage.graph.reached() => {}
    }
    assert_eq!(around().await, before);
    let error = cypher().await.unwrap_err();
    assert_eq!(error.code(), Some(ErrorCode::StoreUnavailable), "{error:?}");
    stage.graph.go_on();
    work.await;
    assert_eq!(around().await, before);
    cypher().await.unwrap();
}
