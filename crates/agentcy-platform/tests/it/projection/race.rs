//! One process leads, and what a former one still sends does no harm.

use std::time::Duration;

use agentcy_platform::projection::{Projector, Turn};
use agentcy_testkit::faulty_graph::{Break, When};

use super::stage::{Stage, history};

/// Short, so that a test can outlast it.
const LEASE: Duration = Duration::from_millis(300);

/// Turns a projector until it has lost the lease and let go of everything.
async fn step_down(stage: &Stage, projector: &mut Projector) {
    while projector.turn(&stage.platform).await.unwrap() != Turn::Waiting {}
}

#[tokio::test]
async fn a_second_projector_waits_until_the_first_lets_go() {
    let stage = Stage::new().await;
    let mut ledger = stage.ledger().await;
    history(&stage, &mut ledger).await;
    stage.number().await;
    let (mut first, mut second) = (stage.projector(), stage.projector());
    stage.turn(&mut first).await;
    assert_eq!(second.turn(&stage.platform).await.unwrap(), Turn::Waiting);
    first.finish(&stage.platform).await.unwrap();
    ledger.node(9, "nine");
    ledger.write(&stage).await;
    stage.number().await;
    stage.turn(&mut second).await;
    stage.assert_equal(ledger.org).await;
}

/// One projector is held up in its nth call while another leads; then the call goes through.
async fn held_up(
    calls: usize,
    meanwhile: impl AsyncFn(&Stage, &mut super::ledger::Ledger),
) -> bool {
    let stage = Stage::new().await;
    let mut ledger = stage.ledger().await;
    history(&stage, &mut ledger).await;
    stage.number().await;
    stage.graph.break_after(ledger.org, calls, When::Before, Break::Wait);
    let mut paused = stage.projector().leading_for(LEASE);
    let was_held = tokio::select! {
        () = stage.turn(&mut paused) => false,
        () = stage.graph.reached() => true,
    };
    if !was_held {
        return false;
    }
    // A pause of the whole process: its time goes on, and it renews nothing.
    tokio::time::sleep(LEASE).await;
    let mut leader = stage.projector().remembering(Duration::ZERO);
    meanwhile(&stage, &mut ledger).await;
    stage.number().await;
    stage.turn(&mut leader).await;
    stage.assert_equal(ledger.org).await;

    stage.graph.go_on();
    step_down(&stage, &mut paused).await;
    // Whatever came late is made up for by whoever leads.
    stage.turn(&mut leader).await;
    stage.assert_equal(ledger.org).await;
    assert!(stage.row(ledger.org).await["fault"].is_null());
    true
}

#[tokio::test]
async fn what_a_paused_projector_sends_late_does_not_stay_when_its_things_were_removed() {
    for calls in 0.. {
        let was_held = held_up(calls, async |stage, ledger| {
            ledger.no_node(1);
            ledger.no_edge(12);
            ledger.node(3, "third");
            ledger.write(stage).await;
        })
        .await;
        if !was_held {
            assert!(calls > 3);
            return;
        }
    }
}

#[tokio::test]
async fn what_a_paused_projector_sends_late_does_not_stay_when_the_graph_was_rebuilt() {
    for calls in 0.. {
        let was_held = held_up(calls, async |stage, ledger| {
            ledger.no_node(1);
            ledger.write(stage).await;
            stage.ask_rebuild(ledger.org).await;
        })
        .await;
        if !was_held {
            assert!(calls > 3);
            return;
        }
    }
}
