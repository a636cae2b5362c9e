//! Approvals and calls: one decision wins, one effect is claimed, no more uses than there are.

use agentcy_core::{
    Limit, Realms,
    chat::{ApprovalState, CallState},
    id::{ApprovalId, OrgId},
    tool::Effect,
};
use agentcy_store::{
    approvals::{self, Inbox, Verdict},
    conversations,
    standing_counts::{self, Of},
    tool_calls::{self, PassedBy},
};
use futures_util::future::join_all;
use serde_json::json;

use super::{a_conversation, asked, conversation, held_run, reader, tx};
use crate::world::{World, at, next_id};

fn yes(by: &str, secs: i64) -> Verdict<'_> {
    Verdict { approved: true, by, note: None, args: None, remember_until: None, at: at(secs) }
}

async fn decide(world: &World, org: OrgId, id: ApprovalId, verdict: Verdict<'_>) -> bool {
    let mut tx = tx(world, org).await;
    let won = approvals::decide(&mut tx, id, &verdict).await.unwrap();
    tx.commit().await.unwrap();
    won
}

#[tokio::test]
async fn of_sixty_four_decisions_at_once_exactly_one_wins() {
    let world = World::with_pool(16).await;
    let org = world.org().await;
    let id = conversation(&world, org).await;
    let run = held_run(&world, org, id).await.id;
    let asked = asked(&world, org, id, run, 1).await;
    let approval = asked[0].1.id;
    let names: Vec<_> = (0..64).map(|n| format!("usr_{n}")).collect();
    let tries = names.iter().enumerate().map(|(n, name)| {
        decide(&world, org, approval, Verdict { approved: n % 2 == 0, ..yes(name, 5) })
    });
    let won: Vec<_> = join_all(tries).await;
    let winners: Vec<_> = (0..64).filter(|n| won[*n]).collect();
    let [winner] = winners.as_slice() else { panic!("{} won", winners.len()) };
    let decided = approvals::find(&mut reader(&world, org).await, approval).await.unwrap().unwrap();
    let state = if winner % 2 == 0 { ApprovalState::Approved } else { ApprovalState::Denied };
    assert_eq!((decided.state, decided.decided_by.as_ref()), (state, Some(&names[*winner])));
    assert_eq!((decided.decided_at, decided.call_state), (Some(at(5)), CallState::Waiting));
}

#[tokio::test]
async fn who_decides_too_late_decides_nothing() {
    let world = World::new().await;
    let org = world.org().await;
    let id = conversation(&world, org).await;
    let run = held_run(&world, org, id).await.id;
    let asked = asked(&world, org, id, run, 2).await;
    assert!(!decide(&world, org, asked[0].1.id, yes("usr_1", 100)).await, "it expires at 100");
    let mut tx = tx(&world, org).await;
    assert!(approvals::expire(&mut tx, run, at(99)).await.unwrap().is_empty());
    assert_eq!(approvals::pending_of_run(&mut tx, run).await.unwrap().len(), 2);
    assert_eq!(approvals::expire(&mut tx, run, at(100)).await.unwrap().len(), 2);
    assert!(approvals::pending_of_run(&mut tx, run).await.unwrap().is_empty());
    assert!(!approvals::decide(&mut tx, asked[1].1.id, &yes("usr_1", 50)).await.unwrap());
    let late = approvals::resolve_all(&mut tx, run, ApprovalState::Superseded, at(101)).await;
    assert!(late.unwrap().is_empty());
}

#[tokio::test]
async fn what_is_decided_with_other_arguments_is_remembered_for_these() {
    let world = World::new().await;
    let org = world.org().await;
    let (id, elsewhere) = (conversation(&world, org).await, conversation(&world, org).await);
    let run = held_run(&world, org, id).await.id;
    let asked = asked(&world, org, id, run, 2).await;
    let (args, digest) = (json!({ "path": "/other" }), [9; 32]);
    let verdict = Verdict {
        note: Some("not there"),
        args: Some((&args, &digest, Effect::Destructive)),
        remember_until: Some(at(60)),
        ..yes("usr_2", 5)
    };
    assert!(decide(&world, org, asked[0].1.id, verdict).await);
    let denied = Verdict { approved: false, remember_until: Some(at(60)), ..yes("usr_2", 5) };
    assert!(decide(&world, org, asked[1].1.id, denied).await);
    let mut reader = reader(&world, org).await;
    let kept = approvals::of_run(&mut reader, run).await.unwrap();
    assert_eq!((&kept[0].args, kept[0].note.as_deref()), (&args, Some("not there")));
    assert_eq!((kept[0].effect, &kept[0].digest[..]), (Effect::Destructive, &digest[..]));
    assert_eq!((&kept[1].args, kept[1].effect), (&asked[1].1.args, Effect::Write));
    let own = Some(asked[0].1.id);
    for (conversation, digest, secs, found) in [
        (id, digest, 59, own),
        (id, digest, 60, None),
        (id, [7; 32], 10, None),
        (elsewhere, digest, 10, None),
    ] {
        let remembered = approvals::remembered(&mut reader, conversation, &digest, at(secs)).await;
        assert_eq!(remembered.unwrap(), found, "{digest:?} at {secs}");
    }
}

#[tokio::test]
async fn an_effect_is_claimed_once() {
    let world = World::with_pool(12).await;
    let org = world.org().await;
    let id = conversation(&world, org).await;
    let run = held_run(&world, org, id).await.id;
    let asked = asked(&world, org, id, run, 3).await;
    let [first, second, third] = [asked[0].0, asked[1].0, asked[2].0];
    let args = json!({ "path": "/edited" });
    let claims = join_all((0..16).map(async |_| {
        let mut tx = tx(&world, org).await;
        let won =
            tool_calls::claim(&mut tx, first, &args, PassedBy::Approval, at(3)).await.unwrap();
        tx.commit().await.unwrap();
        won
    }));
    assert_eq!(claims.await.into_iter().filter(|won| *won).count(), 1);
    let mut tx = tx(&world, org).await;
    let done = json!({ "result": 1 });
    let finish = async |tx: &mut _, call, state| {
        tool_calls::finish(tx, call, state, &done, None, at(4)).await.unwrap()
    };
    assert!(finish(&mut tx, first, CallState::Done).await);
    assert!(!finish(&mut tx, first, CallState::Failed).await, "it is over");
    assert!(tool_calls::claim(&mut tx, second, &args, PassedBy::Default, at(3)).await.unwrap());
    let why = json!({ "error": { "code": "outcome_unknown" } });
    assert_eq!(tool_calls::mark_unknown(&mut tx, run, &why, at(5)).await.unwrap(), [second]);
    assert!(!finish(&mut tx, second, CallState::Done).await, "nobody knows any more");
    assert_eq!(tool_calls::cancel_rest(&mut tx, run, at(6)).await.unwrap(), [third]);
    assert!(!tool_calls::claim(&mut tx, third, &args, PassedBy::Approval, at(7)).await.unwrap());
    let calls = tool_calls::of_step(&mut tx, run, 0).await.unwrap();
    let states: Vec<_> = calls.iter().map(|call| (call.state, call.passed_by)).collect();
    let expected = [
        (CallState::Done, Some(PassedBy::Approval)),
        (CallState::Unknown, Some(PassedBy::Default)),
        (CallState::Cancelled, None),
    ];
    assert_eq!(states, expected);
    assert_eq!((&calls[0].args, &calls[0].result), (&args, &Some(done)));
    assert_eq!(tool_calls::of_runs(&mut tx, &[run]).await.unwrap(), calls);
}

#[tokio::test]
async fn an_inbox_holds_what_waits_for_its_owner() {
    let world = World::new().await;
    let org = world.org().await;
    let mut ids = Vec::new();
    for owner in [Some("usr_1"), Some("usr_2"), None] {
        let new = a_conversation(owner, 0);
        let mut tx = tx(&world, org).await;
        conversations::insert(&mut tx, &new).await.unwrap();
        tx.commit().await.unwrap();
        let run = held_run(&world, org, new.id).await.id;
        ids.push(asked(&world, org, new.id, run, 1).await[0].1.id);
    }
    let none = Realms::Only(Vec::new());
    let everything = Inbox {
        owner: "usr_9",
        realms: &Realms::All,
        others: true,
        destructive: true,
        not_of: None,
        now: at(1),
    };
    let inbox = async |of| {
        let mut reader = reader(&world, org).await;
        let page = approvals::inbox(&mut reader, of, Limit::default(), None).await.unwrap();
        let mut found: Vec<_> = page.items.into_iter().map(|it| it.id).collect();
        found.sort_unstable();
        assert_eq!(page.total, i64::try_from(found.len()).unwrap());
        found
    };
    assert_eq!(inbox(everything).await, ids);
    let own = Inbox { owner: "usr_2", others: false, ..everything };
    assert_eq!(inbox(own).await, [ids[1], ids[2]], "one's own, and the org's");
    assert_eq!(inbox(Inbox { realms: &none, ..own }).await, [ids[1]]);
    assert_eq!(inbox(Inbox { realms: &none, others: true, ..own }).await, [ids[1]]);
    assert!(inbox(Inbox { not_of: Some("usr_1"), ..everything }).await.is_empty());
    assert!(inbox(Inbox { now: at(100), ..everything }).await.is_empty(), "expired");
    sqlx::query("update approvals set effect = 'destructive' where id = $1")
        .bind(uuid::Uuid::from(ids[1]))
        .execute(&mut world.owner().await)
        .await
        .unwrap();
    assert_eq!(inbox(Inbox { destructive: false, ..everything }).await, [ids[0], ids[2]]);
    assert!(decide(&world, org, ids[0], yes("usr_1", 2)).await);
    assert_eq!(inbox(everything).await, [ids[1], ids[2]]);
}

#[tokio::test]
async fn a_standing_approval_is_used_as_often_as_it_may_be() {
    let world = World::with_pool(16).await;
    let org = world.org().await;
    let subject = next_id();
    let day = at(0).date_naive();
    let take_of = async |day, tool: &str, args_schema: &[u8]| {
        let mut tx = tx(&world, org).await;
        let of = Of { subject, connector: "crm", tool, args_schema };
        let taken = standing_counts::take(&mut tx, of, day, 5).await.unwrap();
        tx.commit().await.unwrap();
        taken
    };
    let take = async |day, tool: &str| take_of(day, tool, &[1]).await;
    let taken = join_all((0..32).map(|_| take(day, "request"))).await;
    assert_eq!(taken.into_iter().filter(|taken| *taken).count(), 5);
    assert!(!take(day, "request").await);
    assert!(take(day, "other").await);
    assert!(take_of(day, "request", &[2]).await, "of other arguments");
    assert!(take(day.succ_opt().unwrap(), "request").await, "a new day");
    let far = day + chrono::Days::new(40);
    assert!(take(far, "request").await);
    let kept: i64 =
        sqlx::query_scalar("select count(*) from standing_counts where tool = 'request'")
            .fetch_one(&mut world.owner().await)
            .await
            .unwrap();
    assert_eq!(kept, 1, "days long gone are forgotten");
}
