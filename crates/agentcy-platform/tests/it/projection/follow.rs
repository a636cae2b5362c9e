//! What is written to the ledger comes to stand in the graph.

use std::time::Duration;

use agentcy_platform::projection::{self, Turn};
use agentcy_testkit::faulty_graph::{Break, Call};
use uuid::Uuid;

use super::{
    ledger::{id, present},
    stage::{Stage, history},
};

#[tokio::test]
async fn edits_removals_and_edges_that_waited_stand_in_the_graph() {
    let stage = Stage::new().await;
    let mut ledger = stage.ledger().await;
    history(&stage, &mut ledger).await;
    stage.project().await;
    let (nodes, edges) = stage.shown(ledger.org).await;
    assert_eq!(nodes.keys().copied().collect::<Vec<_>>(), [id(1), id(2), id(3)]);
    assert_eq!(nodes[&id(1)]["name"], "first");
    assert_eq!(edges, [(id(12), (id(2), id(3)))].into());
    stage.assert_equal(ledger.org).await;

    // The end of an edge comes back, and with it the edges.
    ledger.node(4, "again");
    ledger.write(&stage).await;
    stage.project().await;
    assert_eq!(stage.shown(ledger.org).await.1.len(), 3);
    stage.assert_equal(ledger.org).await;
}

#[tokio::test]
async fn batch_by_batch_it_comes_to_the_same_as_all_at_once() {
    let stage = Stage::new().await;
    let (mut one, mut other) = (stage.ledger().await, stage.ledger().await);
    for ledger in [&mut one, &mut other] {
        ledger.node(1, "one");
        ledger.edge(11, 1, 2);
    }
    for step in 0..6 {
        for ledger in [&mut one, &mut other] {
            match step {
                0 | 4 => ledger.node(2, "two"),
                1 => ledger.edge(12, 2, 1),
                2 => ledger.no_node(2),
                3 => ledger.no_edge(11),
                _ => ledger.node(1, "other"),
            }
            ledger.write(&stage).await;
        }
        stage.number().await;
        let mut projector = stage.projector();
        // Only one of them is followed now.
        stage.graph.break_org(other.org, Break::Unavailable);
        stage.turn(&mut projector).await;
        stage.graph.mend();
        projector.finish(&stage.platform).await.unwrap();
        stage.assert_equal(one.org).await;
    }
    assert!(stage.shown(other.org).await.0.is_empty());
    stage.project().await;
    stage.assert_equal(other.org).await;
    assert_eq!(stage.shown(one.org).await, stage.shown(other.org).await);
}

#[tokio::test]
async fn a_change_that_waits_for_its_number_does_not_hold_up_the_edges_of_what_it_touched() {
    let stage = Stage::new().await;
    let mut ledger = stage.ledger().await;
    ledger.node(1, "one");
    ledger.node(2, "two");
    ledger.edge(11, 1, 2);
    ledger.write(&stage).await;
    stage.number().await;
    ledger.node(1, "one, changed");
    let later = ledger.write(&stage).await;
    let mut projector = stage.projector();
    stage.turn(&mut projector).await;
    assert_eq!(stage.shown(ledger.org).await.1.len(), 1, "the edge is there with its end");
    let rebuilt = stage.graph.calls().iter().any(|(_, call)| *call == Call::Clear);
    assert!(!rebuilt, "the end was asked for");
    assert_eq!(stage.row(ledger.org).await["seq"], 1);

    stage.number().await;
    stage.turn(&mut projector).await;
    stage.assert_equal(ledger.org).await;
    assert_eq!(stage.row(ledger.org).await["seq"], 2);
    let by = stage.by(ledger.org).await;
    assert!(stage.platform.visible(&by, later).await);
}

#[tokio::test]
async fn more_than_a_page_is_written_whole() {
    const MANY: u64 = 5_001; // nodes, and as many edges
    let stage = Stage::new().await;
    let mut ledger = stage.ledger().await;
    let org = Uuid::from(ledger.org);
    ledger.node(1, "hub");
    ledger.write(&stage).await;
    ledger.node(2, "spoke");
    let (batch, statement) = ledger.statement(&stage);
    let (batch, first) = (Uuid::from(batch), id(10).to_string());
    let prefix = &first[..24];
    stage.database.execute(&statement).await;
    stage
        .database
        .execute(&format!(
            "update fact_batches set added = {MANY} * 2 where id = '{batch}';
             insert into entities (org_id, id, kind, realm, key, state, labels, properties,
                                   valid_from, recorded_at, batch_id)
             select '{org}', ('{prefix}' || lpad(to_hex(n * 2), 12, '0'))::uuid, 'node', 'data', n, 'live',
                    '{{Thing}}', jsonb_build_object('name', n), now(), now(), '{batch}'
             from generate_series(1000, 999 + {MANY}) n;
             insert into entities (org_id, id, kind, realm, key, state, type, from_id, to_id,
                                   valid_from, recorded_at, batch_id)
             select '{org}', ('{prefix}' || lpad(to_hex(n * 2 + 1), 12, '0'))::uuid, 'edge', 'data', n, 'live',
                    'HAS', '{hub}', ('{prefix}' || lpad(to_hex(n * 2), 12, '0'))::uuid,
                    now(), now(), '{batch}'
             from generate_series(1000, 999 + {MANY}) n",
            hub = id(1),
        ))
        .await;
    stage.project().await;
    let (nodes, edges) = stage.shown(ledger.org).await;
    let many = usize::try_from(MANY).unwrap();
    assert_eq!((nodes.len(), edges.len()), (many + 2, many));
    assert_eq!((nodes, edges), present(&stage, ledger.org).await);
}

#[tokio::test]
async fn what_did_not_change_asks_nothing_of_the_engine() {
    let stage = Stage::new().await;
    let mut ledger = stage.ledger().await;
    history(&stage, &mut ledger).await;
    stage.number().await;
    let mut projector = stage.projector();
    stage.turn(&mut projector).await;
    assert!(!stage.graph.calls().is_empty());
    for _ in 0..3 {
        stage.number().await;
        assert_eq!(projector.turn(&stage.platform).await.unwrap(), Turn::Idle);
    }
    assert_eq!(stage.graph.calls(), []);

    // And one changed node asks for that node alone.
    ledger.node(2, "second");
    ledger.write(&stage).await;
    stage.number().await;
    stage.turn(&mut projector).await;
    let calls: Vec<_> = stage.graph.calls().into_iter().map(|(_, call)| call).collect();
    assert_eq!(calls, [Call::Watermark, Call::UpsertNodes, Call::SetWatermark, Call::Watermark]);
}

#[tokio::test]
async fn an_org_whose_graph_fails_holds_up_no_other_and_follows_once_it_is_back() {
    let stage = Stage::new().await;
    let (mut bad, mut good) = (stage.ledger().await, stage.ledger().await);
    history(&stage, &mut bad).await;
    history(&stage, &mut good).await;
    stage.number().await;
    stage.graph.break_org(bad.org, Break::Unavailable);
    let mut projector = stage.projector();
    stage.turn(&mut projector).await;
    stage.assert_equal(good.org).await;
    assert!(stage.shown(bad.org).await.0.is_empty());
    assert!(stage.row(bad.org).await["fault"].is_null(), "what passes is no fault");

    stage.graph.mend();
    while stage.row(bad.org).await["seq"] != 3 {
        projector.turn(&stage.platform).await.unwrap();
    }
    stage.assert_equal(bad.org).await;
}

#[tokio::test]
async fn an_org_with_little_to_do_waits_for_no_org_with_much() {
    let stage = Stage::new().await;
    let mut large = Vec::new();
    for _ in 0..3 {
        let mut ledger = stage.ledger().await;
        for batch in 0..3 {
            ledger.node(batch, "one of many");
            ledger.write(&stage).await;
        }
        large.push(ledger.org);
    }
    // So large that each goes alone.
    stage.database.execute("update fact_batches set added = 10001").await;
    let mut small = stage.ledger().await;
    small.node(1, "one");
    small.write(&stage).await;
    stage.number().await;
    let mut projector = stage.projector().taking_turns_of(Duration::ZERO);
    stage.turn(&mut projector).await;
    let marks: Vec<_> =
        stage.graph.calls().into_iter().filter(|it| it.1 == Call::SetWatermark).collect();
    let place = marks.iter().position(|(org, _)| *org == small.org).unwrap();
    assert!(place <= large.len(), "{place} parts of others came first");
    for org in large {
        assert_eq!(marks.iter().filter(|(whose, _)| *whose == org).count(), 3);
        assert_eq!(stage.shown(org).await.0.len(), 3);
    }
}

#[tokio::test]
async fn orgs_never_meet_in_the_graph() {
    let stage = Stage::new().await;
    let (mut one, mut other) = (stage.ledger().await, stage.ledger().await);
    // The same ids in both, which no real ledger has.
    one.node(1, "ours");
    one.node(2, "ours");
    one.edge(11, 1, 2);
    other.node(1, "theirs");
    one.write(&stage).await;
    other.write(&stage).await;
    stage.project().await;
    let (nodes, edges) = stage.shown(other.org).await;
    assert_eq!((nodes.len(), edges.len()), (1, 0));
    assert_eq!(nodes[&id(1)]["name"], "theirs");
    other.no_node(1);
    other.write(&stage).await;
    stage.project().await;
    assert!(stage.shown(other.org).await.0.is_empty());
    assert_eq!(stage.shown(one.org).await.0[&id(1)]["name"], "ours");
    stage.assert_equal(one.org).await;
}

#[tokio::test]
async fn removals_are_forgotten_only_when_nothing_older_can_come() {
    let stage = Stage::new().await;
    let mut ledger = stage.ledger().await;
    history(&stage, &mut ledger).await;
    stage.number().await;
    let mut patient = stage.projector();
    stage.turn(&mut patient).await;
    let forgot = |calls: Vec<_>| calls.iter().any(|(_, call)| *call == Call::ForgetRemovals);
    assert!(!forgot(stage.graph.calls()));
    patient.finish(&stage.platform).await.unwrap();

    ledger.no_node(2);
    ledger.write(&stage).await;
    stage.number().await;
    let mut hasty = stage.projector().remembering(Duration::ZERO);
    stage.turn(&mut hasty).await;
    assert!(forgot(stage.graph.calls()));
    stage.assert_equal(ledger.org).await;
    ledger.node(2, "back");
    ledger.write(&stage).await;
    stage.number().await;
    stage.turn(&mut hasty).await;
    stage.assert_equal(ledger.org).await;
}

#[tokio::test]
async fn every_removal_is_forgotten_in_the_end_also_after_a_restart() {
    let stage = Stage::new().await;
    let mut ledger = stage.ledger().await;
    history(&stage, &mut ledger).await;
    let forgot = |stage: &Stage| {
        let calls = stage.graph.calls();
        calls.iter().filter(|(_, call)| *call == Call::ForgetRemovals).count()
    };
    let mut projector = stage.projector().remembering(Duration::from_millis(500));
    // The second comes while the first is still remembered.
    for node in [1, 2] {
        ledger.no_node(node);
        ledger.write(&stage).await;
        stage.number().await;
        stage.turn(&mut projector).await;
    }
    let mut times = forgot(&stage);
    assert_eq!(times, 0);
    for _ in 0..200 {
        tokio::time::sleep(Duration::from_millis(20)).await;
        stage.turn(&mut projector).await;
        times += forgot(&stage);
    }
    assert_eq!(times, 2);
    // What was removed before a crash was forgotten by nobody.
    ledger.no_node(3);
    ledger.write(&stage).await;
    stage.number().await;
    stage.turn(&mut projector).await;
    drop(projector);
    stage.depose().await;
    let mut next = stage.projector().remembering(Duration::ZERO);
    stage.turn(&mut next).await;
    assert_eq!(forgot(&stage), 1);
}

#[tokio::test]
async fn what_several_make_too_large_together_is_shown_as_far_as_it_fits() {
    let stage = Stage::new().await;
    let mut ledger = stage.ledger().await;
    ledger.node(1, "large");
    ledger.node(2, "small");
    ledger.edge(11, 1, 2);
    ledger.write(&stage).await;
    let org = Uuid::from(ledger.org);
    stage
        .database
        .execute(&format!(
            "update entities set properties = jsonb_build_object('name', 'large', 'text', repeat('x', 5000000))
             where org_id = '{org}' and id = '{}'",
            id(1)
        ))
        .await;
    stage.project().await;
    let (nodes, edges) = stage.shown(ledger.org).await;
    assert_eq!(nodes[&id(1)], serde_json::json!({ "name": "large" }));
    assert_eq!((nodes.len(), edges.len()), (2, 1));
}

#[tokio::test]
async fn a_write_waits_until_it_is_seen_and_not_for_ever() {
    let stage = Stage::new().await;
    let mut ledger = stage.ledger().await;
    ledger.node(1, "one");
    let batch = ledger.write(&stage).await;
    let by = stage.by(ledger.org).await;
    assert!(!stage.platform.visible(&by, batch).await, "nobody projects");
    let mut reader = stage.db.read(&by).await.unwrap();
    let status = projection::status(&stage.platform, &mut reader).await.unwrap();
    assert_eq!((status.seq, status.last, status.lag_seconds), (0, 0, 0.0));

    let (seen, ()) = tokio::join!(stage.platform.visible(&by, batch), stage.project());
    assert!(seen);
    let status = projection::status(&stage.platform, &mut reader).await.unwrap();
    assert_eq!((status.seq, status.last, status.lag_seconds), (1, 1, 0.0));
    assert_eq!((status.rebuild, status.fault), (None, None));

    // Another org's batch is nobody's business.
    let elsewhere = stage.by(stage.org().await).await;
    assert!(!stage.platform.visible(&elsewhere, batch).await);
}
