//! A process that ends at any step leaves a graph that the next one completes.

use agentcy_testkit::faulty_graph::{Break, Call, When};

use super::stage::{Stage, history};

/// Follows a history, ended at each of its steps in turn, and returns how many steps there were.
async fn end_at_every_step(when: When, how: Break) -> usize {
    let stage = Stage::new().await;
    for step in 0.. {
        let mut ledger = stage.ledger().await;
        history(&stage, &mut ledger).await;
        stage.project().await;
        ledger.node(5, "five");
        ledger.node(4, "back");
        ledger.no_edge(12);
        ledger.write(&stage).await;
        ledger.no_node(3);
        ledger.edge(15, 5, 4);
        ledger.write(&stage).await;
        stage.number().await;

        stage.graph.break_after(ledger.org, step, when, how);
        let mut doomed = stage.projector();
        tokio::select! {
            () = stage.turn(&mut doomed) => {}
            () = stage.graph.reached() => {}
        }
        // Nothing of it is put in order.
        drop(doomed);
        stage.depose().await;
        let happened = stage.graph.mend();
        let before = stage.row(ledger.org).await["seq"].as_i64().unwrap();
        assert!(before <= 5);
        if before == 5 {
            // Who waits for it was told that it is there.
            stage.assert_equal(ledger.org).await;
        }
        stage.project().await;
        stage.assert_equal(ledger.org).await;
        assert_eq!(stage.row(ledger.org).await["seq"], 5);
        if !happened {
            return step;
        }
    }
    unreachable!("there is always another step");
}

#[tokio::test]
async fn a_process_that_ends_before_any_step_loses_and_doubles_nothing() {
    assert!(end_at_every_step(When::Before, Break::Halt).await > 5);
}

#[tokio::test]
async fn a_process_that_ends_after_any_step_loses_and_doubles_nothing() {
    assert!(end_at_every_step(When::After, Break::Halt).await > 5);
}

#[tokio::test]
async fn an_engine_that_fails_before_or_after_any_step_loses_and_doubles_nothing() {
    assert!(end_at_every_step(When::Before, Break::Unavailable).await > 5);
    assert!(end_at_every_step(When::After, Break::Unavailable).await > 5);
}

#[tokio::test]
async fn a_graph_that_is_found_damaged_at_any_step_is_rebuilt() {
    assert!(end_at_every_step(When::Before, Break::Corrupt).await > 5);
}

#[tokio::test]
async fn a_rebuild_that_ends_at_any_step_is_begun_again() {
    for when in [When::Before, When::After] {
        let stage = Stage::new().await;
        for step in 0.. {
            let mut ledger = stage.ledger().await;
            history(&stage, &mut ledger).await;
            stage.project().await;
            stage.ask_rebuild(ledger.org).await;
            stage.graph.break_after(ledger.org, step, when, Break::Halt);
            let mut doomed = stage.projector();
            tokio::select! {
                () = stage.turn(&mut doomed) => {}
                () = stage.graph.reached() => {}
            }
            drop(doomed);
            stage.depose().await;
            let happened = stage.graph.mend();
            stage.graph.calls();
            stage.project().await;
            stage.assert_equal(ledger.org).await;
            let row = stage.row(ledger.org).await;
            assert_eq!(row["seq"], 3);
            assert!(row["rebuild_asked_at"].is_null() && row["rebuild_done"].is_null(), "{row}");
            if !happened {
                assert!(step > 3);
                assert!(stage.graph.calls().iter().all(|(_, call)| *call == Call::Watermark));
                break;
            }
        }
    }
}
