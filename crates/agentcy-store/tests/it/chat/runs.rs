//! Runs: who has them, who waits, and whose writes count.

use agentcy_core::{
    Limit,
    chat::{FinishReason, RunErrorCode, RunState, Usage},
    id::AgentId,
};
use agentcy_store::{
    Tx,
    runs::{self, Ending, Failure, Progress, Start},
    system::runs as system,
};
use futures_util::future::join_all;
use uuid::Uuid;

use super::{
    claim, conversation, find, held, held_run, is_lost, new_run, reader, run as find_run, tx,
};
use crate::world::{SYSTEM, World, at, next_id};

fn progress(step: i32, secs: i64) -> Progress<'static> {
    Progress {
        step,
        usage: Usage { in_tokens: 10, out_tokens: 20, cost_usd: 0.5 },
        tainted: false,
        active_ms: 700,
        model: Some("small"),
        system: Some("be kind"),
        at: at(secs),
    }
}

const DONE: Ending<'static> = Ending {
    state: RunState::Succeeded,
    finish_reason: Some(FinishReason::EndTurn),
    error: None,
    output: Some("done"),
};

#[tokio::test]
async fn a_run_is_kept_and_read_back_as_it_went() {
    let world = World::new().await;
    let org = world.org().await;
    let id = conversation(&world, org).await;
    let hold = held_run(&world, org, id).await;
    let mut tx = tx(&world, org).await;
    let tainted = Progress { tainted: true, ..progress(1, 5) };
    assert!(!runs::progress(&mut tx, hold, &tainted).await.unwrap().cancel);
    let later = Progress { system: Some("be bad"), model: None, ..progress(2, 6) };
    runs::progress(&mut tx, hold, &later).await.unwrap();
    let kept = runs::held(&mut tx, hold).await.unwrap();
    assert_eq!((kept.step, kept.tainted, kept.started_at), (2, true, Some(at(0))));
    assert_eq!((kept.system.as_deref(), kept.model.as_deref()), (Some("be kind"), Some("small")));
    let why = Failure { code: RunErrorCode::ModelFailed, message: "no".into(), retryable: true };
    let broken =
        Ending { state: RunState::Failed, finish_reason: None, error: Some(&why), output: None };
    runs::finish(&mut tx, hold, &broken, &progress(3, 7)).await.unwrap();
    tx.commit().await.unwrap();
    let over = find_run(&world, org, hold.id).await;
    assert_eq!((over.state, over.finished_at), (RunState::Failed, Some(at(7))));
    assert_eq!((over.error, over.step, over.tainted), (Some(why), 3, true));
    assert_eq!((over.lease_until, over.holder, over.wake_at), (None, None, None));
    assert_eq!(over.usage, progress(0, 0).usage);
}

#[tokio::test]
async fn whoever_took_over_has_the_run_and_the_one_before_writes_nothing() {
    let world = World::new().await;
    let org = world.org().await;
    let id = conversation(&world, org).await;
    let old = held_run(&world, org, id).await;
    assert!(claim(&world, 9, 29).await.is_empty(), "still held");
    let claimed = claim(&world, 9, 30).await;
    let [taken] = claimed.as_slice() else { panic!("one run is lost") };
    assert_eq!((taken.hold.id, taken.org_id, taken.conversation_id), (old.id, org, id));
    assert_eq!((taken.attempt, taken.was_lost, taken.starter.as_str()), (1, true, "usr_1"));
    let new = taken.hold;
    assert!(new.fence > old.fence);
    macro_rules! refused {
        ($write:expr) => {{
            let mut tx = tx(&world, org).await;
            assert!(is_lost(&$write(&mut tx).await));
        }};
    }
    refused!(async |tx: &mut Tx| runs::held(tx, old).await);
    refused!(async |tx: &mut Tx| runs::keep(tx, old, at(90)).await);
    refused!(async |tx: &mut Tx| runs::progress(tx, old, &progress(1, 31)).await);
    refused!(async |tx: &mut Tx| runs::park(tx, old, at(99), at(31)).await);
    refused!(async |tx: &mut Tx| runs::finish(tx, old, &DONE, &progress(1, 31)).await);
    let mut system = world.db.system(&SYSTEM).await.unwrap();
    let beats = system::heartbeat(&mut system, &[old, new], at(99)).await.unwrap();
    assert_eq!(beats, [system::Beat { id: new.id, cancel: false }]);
    system::release(&mut system, &[old], at(31)).await.unwrap();
    system.commit().await.unwrap();
    let mut tx = tx(&world, org).await;
    assert_eq!(runs::held(&mut tx, new).await.unwrap().lease_until, Some(at(99)));
}

#[tokio::test]
async fn of_many_who_claim_at_once_each_run_has_one() {
    let world = World::with_pool(12).await;
    let org = world.org().await;
    for _ in 0..30 {
        let id = conversation(&world, org).await;
        new_run(&world, org, id, Start::Pending { wake_at: Some(at(0)) }, 0).await;
    }
    let claims = join_all((0..8).map(|_| claim(&world, 5, 1))).await;
    assert!(claims.iter().all(|claimed| claimed.len() <= 5));
    let mut ids: Vec<_> = claims.iter().flatten().map(|claimed| claimed.hold.id).collect();
    let count = ids.len();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), count);
    assert_eq!(count + claim(&world, 100, 1).await.len(), 30);
}

#[tokio::test]
async fn orgs_take_turns_however_many_runs_one_has_waiting() {
    let world = World::new().await;
    let orgs = [world.org().await, world.org().await];
    for (secs, org, many) in [(0, orgs[0], 9), (1, orgs[1], 2)] {
        for _ in 0..many {
            let id = conversation(&world, org).await;
            new_run(&world, org, id, Start::Pending { wake_at: Some(at(secs)) }, secs).await;
        }
    }
    let turns = async |most| {
        let claimed = claim(&world, most, 9).await;
        orgs.map(|org| claimed.iter().filter(|it| it.org_id == org).count())
    };
    assert_eq!(turns(3).await, [2, 1]);
    assert_eq!(turns(1).await, [0, 1]);
    assert_eq!(turns(99).await, [7, 0]);
}

#[tokio::test]
async fn only_what_is_due_is_claimed_and_that_is_no_attempt() {
    let world = World::new().await;
    let org = world.org().await;
    let id = conversation(&world, org).await;
    let behind = new_run(&world, org, id, Start::Pending { wake_at: None }, 0).await;
    let due = new_run(&world, org, id, Start::Pending { wake_at: Some(at(10)) }, 0).await;
    assert!(claim(&world, 9, 9).await.is_empty());
    let claimed = claim(&world, 9, 10).await;
    let [only] = claimed.as_slice() else { panic!("one run is due") };
    assert_eq!((only.hold.id, only.attempt, only.was_lost), (due.id, 0, false));
    let mut parking = tx(&world, org).await;
    runs::park(&mut parking, only.hold, at(50), at(11)).await.unwrap();
    parking.commit().await.unwrap();
    assert!(claim(&world, 9, 49).await.is_empty(), "nobody decided yet");
    let mut deciding = tx(&world, org).await;
    runs::wake(&mut deciding, due.id, at(20)).await.unwrap();
    runs::wake(&mut deciding, behind.id, at(20)).await.unwrap();
    deciding.commit().await.unwrap();
    let woken = claim(&world, 9, 20).await;
    assert_eq!(woken.len(), 1);
    assert_eq!((woken[0].hold.id, woken[0].attempt), (due.id, 0));
    let mut system = world.db.system(&SYSTEM).await.unwrap();
    system::release(&mut system, &[woken[0].hold], at(21)).await.unwrap();
    system.commit().await.unwrap();
    let again = claim(&world, 9, 21).await;
    assert_eq!((again[0].hold.id, again[0].attempt, again[0].was_lost), (due.id, 0, false));
}

#[tokio::test]
async fn a_clock_that_was_ahead_puts_no_run_off_and_keeps_none() {
    const HOUR: i64 = 3600;
    let world = World::new().await;
    let org = world.org().await;
    let id = conversation(&world, org).await;
    let put_off = new_run(&world, org, id, Start::Pending { wake_at: Some(at(HOUR)) }, 0).await;
    let claimed = claim(&world, 9, 10).await;
    assert_eq!(claimed[0].hold.id, put_off.id);
    let mut system = world.db.system(&SYSTEM).await.unwrap();
    for secs in [HOUR, 90, 60] {
        system::heartbeat(&mut system, &[claimed[0].hold], at(secs)).await.unwrap();
    }
    system.commit().await.unwrap();
    assert_eq!(find_run(&world, org, put_off.id).await.lease_until, Some(at(90)));
    let mut parking = tx(&world, org).await;
    runs::park(&mut parking, claimed[0].hold, at(HOUR), at(11)).await.unwrap();
    parking.commit().await.unwrap();
    assert!(claim(&world, 9, 20).await.is_empty(), "what waits for a person waits");
}

#[tokio::test]
async fn whoever_is_asked_to_stop_is_told_wherever_they_stand() {
    let world = World::new().await;
    let org = world.org().await;
    let id = conversation(&world, org).await;
    let running = held_run(&world, org, id).await;
    let waiting = new_run(&world, org, id, Start::Pending { wake_at: None }, 0).await;
    let parked = held_run(&world, org, id).await;
    let over = held_run(&world, org, id).await;
    let mut tx1 = tx(&world, org).await;
    runs::park(&mut tx1, parked, at(900), at(1)).await.unwrap();
    runs::finish(&mut tx1, over, &DONE, &progress(1, 1)).await.unwrap();
    let asked = [
        (running.id, Some(RunState::Running)),
        (waiting.id, Some(RunState::Pending)),
        (parked.id, Some(RunState::WaitingApproval)),
        (over.id, None),
    ];
    for (run, state) in asked {
        assert_eq!(runs::ask_cancel(&mut tx1, run, true, at(2)).await.unwrap(), state);
    }
    assert_eq!(runs::ask_cancel(&mut tx1, parked.id, false, at(2)).await.unwrap(), asked[2].1);
    tx1.commit().await.unwrap();
    let stopped = find_run(&world, org, parked.id).await;
    assert!(stopped.cancel && stopped.superseded, "it stays said");
    let due: Vec<_> = claim(&world, 9, 2).await.iter().map(|it| it.hold.id).collect();
    assert_eq!(due, [parked.id], "one behind another stays there");
    let mut tx2 = tx(&world, org).await;
    assert!(runs::keep(&mut tx2, running, at(40)).await.unwrap().cancel);
    assert!(runs::park(&mut tx2, running, at(900), at(3)).await.unwrap().cancel);
    tx2.commit().await.unwrap();
    assert_eq!(
        find_run(&world, org, running.id).await.wake_at,
        Some(at(3)),
        "it is not parked long"
    );
}

#[tokio::test]
async fn a_decision_that_comes_while_the_run_parks_wakes_it() {
    let world = World::new().await;
    let org = world.org().await;
    let id = conversation(&world, org).await;
    let hold = held_run(&world, org, id).await;
    let mut parking = tx(&world, org).await;
    runs::park(&mut parking, hold, at(900), at(1)).await.unwrap();
    let deciding = async {
        let mut tx = tx(&world, org).await;
        runs::wake(&mut tx, hold.id, at(5)).await.unwrap();
        tx.commit().await.unwrap();
    };
    let (outcome, ()) = tokio::join!(
        async {
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
            parking.commit().await
        },
        deciding
    );
    outcome.unwrap();
    assert_eq!(find_run(&world, org, hold.id).await.wake_at, Some(at(5)));
}

#[tokio::test]
async fn a_conversation_goes_to_the_run_that_waits_longest() {
    let world = World::new().await;
    let org = world.org().await;
    let id = conversation(&world, org).await;
    let first = held_run(&world, org, id).await;
    let later = new_run(&world, org, id, Start::Pending { wake_at: None }, 2).await;
    let sooner = new_run(&world, org, id, Start::Pending { wake_at: None }, 1).await;
    let mut tx = tx(&world, org).await;
    assert_eq!(runs::next_pending(&mut tx, id).await.unwrap(), Some(sooner.id));
    let open: Vec<_> = runs::unfinished(&mut tx, id).await.unwrap();
    let open: Vec<_> = open.into_iter().map(|run| run.id).collect();
    assert_eq!(open, [first.id, sooner.id, later.id]);
    runs::finish(&mut tx, first, &DONE, &progress(1, 5)).await.unwrap();
    assert_eq!(runs::promote(&mut tx, id, at(5)).await.unwrap(), Some(sooner.id));
    tx.commit().await.unwrap();
    let after = find(&world, org, id).await;
    assert_eq!((after.active_run, after.updated_at), (Some(sooner.id), at(5)));
    for (expected, next) in [(sooner.id, Some(later.id)), (later.id, None)] {
        let claimed = claim(&world, 9, 6).await;
        let [only] = claimed.as_slice() else { panic!("one at a time") };
        assert_eq!(only.hold.id, expected);
        let mut tx = super::tx(&world, org).await;
        runs::finish(&mut tx, only.hold, &DONE, &progress(1, 6)).await.unwrap();
        assert_eq!(runs::promote(&mut tx, id, at(6)).await.unwrap(), next);
        tx.commit().await.unwrap();
    }
    assert_eq!(find(&world, org, id).await.active_run, None);
}

#[tokio::test]
async fn runs_are_listed_by_conversation_and_by_agent_and_starter() {
    let world = World::new().await;
    let org = world.org().await;
    let id = conversation(&world, org).await;
    let agent = AgentId::from(next_id());
    let mut made = Vec::new();
    for secs in 0..3 {
        made.push(new_run(&world, org, id, held(30), secs).await.id);
    }
    let statement = "insert into agents (id, org_id, name, instructions, created_by, created_at, \
                     updated_at) values ($1, $2, 'a', '', 'usr_1', now(), now())";
    let mut owner = world.owner().await;
    let org_id = Uuid::from(org);
    sqlx::query(statement).bind(Uuid::from(agent)).bind(org_id).execute(&mut owner).await.unwrap();
    sqlx::query(
        "update runs set agent_id = $1, starter = case when id = $2 then 'usr_2' else starter end",
    )
    .bind(Uuid::from(agent))
    .bind(Uuid::from(made[1]))
    .execute(&mut owner)
    .await
    .unwrap();
    let limit = Limit::new(2).unwrap();
    let mut reader = reader(&world, org).await;
    let page = runs::list_of_conversation(&mut reader, id, limit, None).await.unwrap();
    let ids = |page: &agentcy_core::Page<runs::Run>| -> Vec<_> {
        page.items.iter().map(|run| run.id).collect()
    };
    assert_eq!((ids(&page), page.total), (vec![made[2], made[1]], 3));
    let rest = runs::list_of_conversation(&mut reader, id, limit, page.next).await.unwrap();
    assert_eq!((ids(&rest), rest.next.is_none()), (vec![made[0]], true));
    let all = Limit::default();
    let page = runs::list_of_agent(&mut reader, agent, None, all, None).await.unwrap();
    assert_eq!((ids(&page), page.total), (vec![made[2], made[1], made[0]], 3));
    let own = runs::list_of_agent(&mut reader, agent, Some("usr_2"), all, None).await.unwrap();
    assert_eq!((ids(&own), own.total), (vec![made[1]], 1));
}
