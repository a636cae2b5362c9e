//! Jobs: who has them, and whose writes count.

use agentcy_core::{
    id::{JobId, OrgId, SourceId},
    job::{ApplySource, CollectSource, JobState, Payload},
};
use agentcy_store::{
    Error, Tx,
    jobs::{self, Fault, Hold, NewJob, Outcome, Stop},
    ledger::Counts,
    system::jobs as system,
};
use futures_util::future::join_all;
use uuid::Uuid;

use crate::world::{SYSTEM, World, at, by, next_id};

const COLLECT: &str = CollectSource::NAME;
const APPLY: &str = ApplySource::NAME;

async fn enqueue(world: &World, org: OrgId, subject: Uuid, secs: i64) -> Result<JobId, Error> {
    let id = next_id().into();
    let (subject, at) = (Some(subject), at(secs));
    let new = NewJob { id, subject, made_by: "usr".to_owned(), max_attempts: 5, at };
    let payload = CollectSource { source: subject.unwrap().into() };
    let mut tx = tx(world, org).await;
    jobs::enqueue(&mut tx, &new, &payload).await?;
    tx.commit().await?;
    Ok(id)
}

async fn tx(world: &World, org: OrgId) -> Tx {
    world.db.begin(&by(org)).await.unwrap()
}

async fn claim(world: &World, kinds: &[&str], most: i64, secs: i64) -> Vec<system::Claimed> {
    let mut tx = world.db.system(&SYSTEM).await.unwrap();
    let claimed = system::claim(&mut tx, kinds, "me", most, at(secs), at(secs + 30)).await.unwrap();
    tx.commit().await.unwrap();
    claimed
}

async fn find(world: &World, org: OrgId, id: JobId) -> jobs::Job {
    let mut reader = world.db.read(&by(org)).await.unwrap();
    jobs::find(&mut reader, id).await.unwrap().unwrap()
}

fn is_lost<T>(outcome: &Result<T, Error>) -> bool {
    matches!(outcome, Err(Error::LeaseLost(_)))
}

#[tokio::test]
async fn a_subject_has_one_unfinished_job() {
    let world = World::new().await;
    let (org, other) = (world.org().await, world.org().await);
    let subject = next_id();
    enqueue(&world, org, subject, 0).await.unwrap();
    let refused = enqueue(&world, org, subject, 0).await.unwrap_err();
    assert_eq!(refused.constraint(), Some(jobs::SUBJECT_KEY));
    enqueue(&world, other, subject, 0).await.unwrap();
    let mut tx = tx(&world, org).await;
    assert!(matches!(jobs::stop(&mut tx, subject, at(1)).await.unwrap(), Some(Stop::Over(_))));
    assert!(jobs::stop(&mut tx, subject, at(1)).await.unwrap().is_none());
    tx.commit().await.unwrap();
    enqueue(&world, org, subject, 1).await.unwrap();
}

#[tokio::test]
async fn of_many_who_claim_at_once_each_job_has_one() {
    let world = World::new().await;
    let org = world.org().await;
    for _ in 0..40 {
        enqueue(&world, org, next_id(), 0).await.unwrap();
    }
    let claims = join_all((0..8).map(|_| claim(&world, &[COLLECT], 7, 0))).await;
    let mut ids: Vec<_> = claims.iter().flatten().map(|claimed| claimed.hold.id).collect();
    assert!(claims.iter().all(|claimed| claimed.len() <= 7));
    let claimed = ids.len();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), claimed);
    let rest = claim(&world, &[COLLECT], 100, 0).await.len();
    assert_eq!(claimed + rest, 40);
}

#[tokio::test]
async fn orgs_take_turns_however_much_one_has_queued() {
    let world = World::new().await;
    let orgs = [world.org().await, world.org().await, world.org().await];
    for (secs, org, many) in [(0, orgs[0], 10), (1, orgs[1], 2), (2, orgs[2], 1)] {
        for _ in 0..many {
            enqueue(&world, org, next_id(), secs).await.unwrap();
        }
    }
    let turns = async |most| {
        let claimed = claim(&world, &[COLLECT, APPLY], most, 9).await;
        let count = |org| claimed.iter().filter(|it| it.org_id == org).count();
        orgs.map(count)
    };
    assert_eq!(turns(4).await, [2, 1, 1]);
    assert_eq!(turns(1).await, [0, 1, 0], "one has two places, another has one");
    assert_eq!(turns(99).await, [8, 0, 0], "places that nobody else wants are filled");
}

#[tokio::test]
async fn only_what_is_due_and_of_the_kinds_asked_for_is_claimed_the_oldest_first() {
    let world = World::new().await;
    let org = world.org().await;
    let later = enqueue(&world, org, next_id(), 20).await.unwrap();
    let sooner = enqueue(&world, org, next_id(), 10).await.unwrap();
    assert!(claim(&world, &[COLLECT], 9, 9).await.is_empty());
    assert!(claim(&world, &[APPLY], 9, 30).await.is_empty());
    let first = claim(&world, &[COLLECT], 1, 30).await;
    assert_eq!((first[0].hold.id, first[0].org_id, first[0].attempt), (sooner, org, 1));
    assert_eq!(claim(&world, &[COLLECT], 9, 30).await[0].hold.id, later);
    let started = find(&world, org, later).await;
    assert_eq!((started.state, started.started_at), (JobState::Running, Some(at(30))));
}

#[tokio::test]
async fn whoever_took_over_has_the_job_and_the_one_before_writes_nothing() {
    let world = World::new().await;
    let org = world.org().await;
    let source = SourceId::from(next_id());
    let id = enqueue(&world, org, source.into(), 0).await.unwrap();
    let old = claim(&world, &[COLLECT], 1, 0).await[0].hold;
    assert!(claim(&world, &[COLLECT], 1, 29).await.is_empty(), "still held");
    let again = claim(&world, &[COLLECT], 1, 30).await;
    let new = again[0].hold;
    assert_eq!((again[0].attempt, new.id), (2, id));
    assert!(new.fence > old.fence);

    let next = ApplySource { source, version: at(0), resumed: false, fence: 1, batches: 0 };
    let fault = Fault::new("", "why");
    macro_rules! refused {
        ($write:expr) => {{
            let mut tx = tx(&world, org).await;
            assert!(is_lost(&$write(&mut tx).await));
        }};
    }
    refused!(async |tx: &mut Tx| jobs::payload::<CollectSource>(tx, old).await);
    refused!(async |tx: &mut Tx| jobs::note(tx, old, 1, None, &[]).await);
    refused!(async |tx: &mut Tx| jobs::append_records(tx, old, 0, b"{}").await);
    refused!(async |tx: &mut Tx| jobs::advance(tx, old, &next, at(31), false).await);
    refused!(async |tx: &mut Tx| jobs::put_off(tx, old, at(31), &fault).await);
    refused!(async |tx: &mut Tx| jobs::succeed(tx, old, &Outcome::default(), at(31)).await);
    refused!(async |tx: &mut Tx| jobs::fail(tx, old, "why", at(31)).await);
    refused!(async |tx: &mut Tx| jobs::cancelled(tx, old, at(31)).await);

    let mut system = world.db.system(&SYSTEM).await.unwrap();
    let kept = system::heartbeat(&mut system, &[old, new], at(99)).await.unwrap();
    assert_eq!(kept, [system::Beat { id, cancel: false }]);
    system::release(&mut system, &[old], at(31)).await.unwrap();
    system.commit().await.unwrap();
    assert_eq!(find(&world, org, id).await.state, JobState::Running);
    let mut tx = tx(&world, org).await;
    assert_eq!(jobs::payload::<CollectSource>(&mut tx, new).await.unwrap().source, source);
}

#[tokio::test]
async fn a_heartbeat_keeps_the_lease_and_tells_who_shall_stop() {
    let world = World::new().await;
    let org = world.org().await;
    let (quiet, asked) = (next_id(), next_id());
    let quiet_id = enqueue(&world, org, quiet, 0).await.unwrap();
    enqueue(&world, org, asked, 0).await.unwrap();
    let holds: Vec<Hold> = claim(&world, &[COLLECT], 9, 0).await.iter().map(|it| it.hold).collect();
    let mut stopping = tx(&world, org).await;
    let stopped = jobs::stop(&mut stopping, asked, at(1)).await.unwrap();
    assert!(matches!(stopped, Some(Stop::Asked(_))));
    stopping.commit().await.unwrap();
    let mut tx = world.db.system(&SYSTEM).await.unwrap();
    let beats = system::heartbeat(&mut tx, &holds, at(60)).await.unwrap();
    tx.commit().await.unwrap();
    for beat in beats {
        assert_eq!(beat.cancel, beat.id != quiet_id);
    }
    assert!(claim(&world, &[COLLECT], 9, 59).await.is_empty());
    let taken = claim(&world, &[COLLECT], 9, 60).await;
    assert_eq!(taken.len(), 2);
    assert_eq!(taken.iter().filter(|claimed| claimed.cancel).count(), 1);
}

#[tokio::test]
async fn a_job_given_back_is_due_at_once_and_has_lost_no_attempt() {
    let world = World::new().await;
    let org = world.org().await;
    let id = enqueue(&world, org, next_id(), 0).await.unwrap();
    let hold = claim(&world, &[COLLECT], 1, 0).await[0].hold;
    let mut tx = world.db.system(&SYSTEM).await.unwrap();
    system::release(&mut tx, &[hold], at(5)).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(find(&world, org, id).await.state, JobState::Queued);
    let again = claim(&world, &[COLLECT], 1, 5).await;
    assert_eq!(again[0].attempt, 1);
    assert!(again[0].hold.fence > hold.fence);
}

#[tokio::test]
async fn the_same_row_goes_through_both_halves_with_attempts_of_their_own() {
    let world = World::new().await;
    let org = world.org().await;
    let source = SourceId::from(next_id());
    let id = enqueue(&world, org, source.into(), 0).await.unwrap();
    let first = claim(&world, &[COLLECT], 1, 0).await[0].hold;
    let mut put_off = tx(&world, org).await;
    let why = Fault::new("", "away\0");
    jobs::put_off(&mut put_off, first, at(10), &why).await.unwrap();
    put_off.commit().await.unwrap();
    let waiting = find(&world, org, id).await;
    assert_eq!(
        (waiting.state, waiting.faults),
        (JobState::Queued, vec![Fault::new("", "away\u{fffd}")])
    );
    assert!(claim(&world, &[COLLECT], 1, 9).await.is_empty());

    let hold = claim(&world, &[COLLECT], 1, 10).await[0].hold;
    let next = ApplySource { source, version: at(0), resumed: true, fence: hold.fence, batches: 2 };
    let mut collected = tx(&world, org).await;
    jobs::note(&mut collected, hold, 5, Some(9), &[Fault::new("1", "bad")]).await.unwrap();
    jobs::advance(&mut collected, hold, &next, at(11), false).await.unwrap();
    collected.commit().await.unwrap();
    assert!(claim(&world, &[COLLECT], 1, 11).await.is_empty());

    let claimed = claim(&world, &[COLLECT, APPLY], 1, 11).await;
    assert_eq!((claimed[0].kind.as_str(), claimed[0].attempt), (APPLY, 1));
    let hold = claimed[0].hold;
    let counts = Counts { added: 1, changed: 2, archived: 3, unchanged: 4 };
    let mut done = tx(&world, org).await;
    assert_eq!(jobs::payload::<ApplySource>(&mut done, hold).await.unwrap(), next);
    let outcome = Outcome { counts, faults: vec![Fault::new("1", "bad")], batch: None };
    jobs::succeed(&mut done, hold, &outcome, at(12)).await.unwrap();
    done.commit().await.unwrap();
    let job = find(&world, org, id).await;
    assert_eq!((job.state, job.counts, job.done), (JobState::Succeeded, Some(counts), 9));
    assert_eq!((job.finished_at, job.projected), (Some(at(12)), true));
    assert!(claim(&world, &[COLLECT, APPLY], 1, 999).await.is_empty());
}

#[tokio::test]
async fn a_batch_sent_again_changes_nothing_and_all_go_when_the_job_ends() {
    let world = World::new().await;
    let org = world.org().await;
    let id = enqueue(&world, org, next_id(), 0).await.unwrap();
    let old = claim(&world, &[COLLECT], 1, 0).await[0].hold;
    let mut first = tx(&world, org).await;
    jobs::append_records(&mut first, old, 0, b"old").await.unwrap();
    first.commit().await.unwrap();
    let hold = claim(&world, &[COLLECT], 1, 30).await[0].hold;
    let mut next = tx(&world, org).await;
    jobs::forget_records(&mut next, hold).await.unwrap();
    assert!(jobs::records(&mut next, id, old.fence, 0).await.unwrap().is_none());
    jobs::append_records(&mut next, hold, 0, b"one").await.unwrap();
    jobs::append_records(&mut next, hold, 0, b"other").await.unwrap();
    let kept = jobs::records(&mut next, id, hold.fence, 0).await.unwrap();
    assert_eq!(kept.as_deref(), Some(b"one".as_slice()));
    jobs::fail(&mut next, hold, "why", at(31)).await.unwrap();
    assert!(jobs::records(&mut next, id, hold.fence, 0).await.unwrap().is_none());
}

#[tokio::test]
async fn what_a_change_did_is_shown_once_the_projection_has_come_so_far() {
    let world = World::new().await;
    let org = world.org().await;
    let id = enqueue(&world, org, next_id(), 0).await.unwrap();
    let hold = claim(&world, &[COLLECT], 1, 0).await[0].hold;
    let batch = next_id();
    let mut done = tx(&world, org).await;
    let outcome = Outcome { batch: Some(batch.into()), ..Outcome::default() };
    jobs::succeed(&mut done, hold, &outcome, at(1)).await.unwrap();
    done.commit().await.unwrap();
    let org_id = Uuid::from(org);
    let owner = &mut world.owner().await;
    crate::world::run(
        owner,
        format!(
            "insert into fact_batches (id, org_id, at, asserter_kind, asserter_id, cause)
             values ('{batch}', '{org_id}', now(), 'source', '{batch}', 'job');
             insert into projections (org_id, seq) values ('{org_id}', 6)"
        ),
    )
    .await;
    assert!(!find(&world, org, id).await.projected, "it has no number yet");
    crate::world::run(owner, "update fact_batches set seq = 7").await;
    assert!(!find(&world, org, id).await.projected);
    crate::world::run(owner, "update projections set seq = 7").await;
    assert!(find(&world, org, id).await.projected);
}

#[tokio::test]
async fn jobs_of_another_org_are_unknown() {
    let world = World::new().await;
    let (org, other) = (world.org().await, world.org().await);
    let subject = next_id();
    let id = enqueue(&world, org, subject, 0).await.unwrap();
    let hold = claim(&world, &[COLLECT], 1, 0).await[0].hold;
    let mut foreign = tx(&world, other).await;
    assert!(jobs::find(&mut foreign, id).await.unwrap().is_none());
    assert!(jobs::unfinished(&mut foreign, subject).await.unwrap().is_none());
    assert!(jobs::latest(&mut foreign, &[subject]).await.unwrap().is_empty());
    assert!(jobs::stop(&mut foreign, subject, at(1)).await.unwrap().is_none());
    assert!(is_lost(&jobs::note(&mut foreign, hold, 1, None, &[]).await));
    let page = jobs::history(&mut foreign, subject, agentcy_core::Limit::default(), None);
    assert_eq!(page.await.unwrap().total, 0);
    drop(foreign);
    let mut own = tx(&world, org).await;
    assert_eq!(jobs::latest(&mut own, &[subject, next_id()]).await.unwrap().len(), 1);
    assert_eq!(jobs::unfinished(&mut own, subject).await.unwrap().unwrap().id, id);
}
