//! A run that ends with nothing open: one statement, and all of it or nothing.

use agentcy_core::{
    chat::{FinishReason, MessageRole, MessageState, RunState, Usage},
    id::{ConversationId, OrgId, RunId},
};
use agentcy_store::{
    conversation_log::Lines,
    conversations,
    messages::{self, Message},
    runs::{self, End, Ending, Hold, Progress, Start},
    usage::Share,
};
use tokio::task::yield_now;

use super::{a_message, conversation, find, held_run, is_lost, new_run, reader, run, tx};
use crate::world::{World, at, next_id};

const USED: Usage = Usage { in_tokens: 10, out_tokens: 20, cost_usd: 0.5 };

async fn answer(world: &World, org: OrgId, conversation: ConversationId, run: RunId) -> Message {
    let begun = Message {
        state: MessageState::Streaming,
        ..a_message(conversation, run, MessageRole::Assistant, Some(1), "Ada.")
    };
    let mut tx = tx(world, org).await;
    messages::insert(&mut tx, std::slice::from_ref(&begun)).await.unwrap();
    tx.commit().await.unwrap();
    Message {
        state: MessageState::Complete,
        model: Some("small".into()),
        usage: Some(USED),
        finish_reason: Some(FinishReason::EndTurn),
        finished_at: Some(at(9)),
        ..begun
    }
}

async fn end(
    world: &World,
    org: OrgId,
    hold: Hold,
    answer: &Message,
) -> agentcy_store::Result<Option<RunId>> {
    let ending = Ending {
        state: RunState::Succeeded,
        finish_reason: Some(FinishReason::EndTurn),
        error: None,
        output: Some("Ada."),
    };
    let progress = Progress {
        step: 1,
        usage: USED,
        tainted: false,
        active_ms: 700,
        model: Some("small"),
        system: None,
        at: at(9),
    };
    let events = "1 message_start {}\n2 message_end {}\n";
    let conversation = answer.conversation_id;
    let lines = Lines { conversation, first: 1, last: 2, reserved: 50, events, at: at(9) };
    let day = at(9).date_naive();
    let share = Share { day, user: None, key: None, agent: None, model: "small" };
    let (ending, progress) = (&ending, &progress);
    let end = End { hold, ending, progress, lines, answer, share: Some(share) };
    runs::end(&mut reader(world, org).await, &end).await
}

#[tokio::test]
async fn a_run_ends_with_its_answer_its_log_what_it_used_and_its_conversation() {
    let world = World::new().await;
    let org = world.org().await;
    let id = conversation(&world, org).await;
    let hold = held_run(&world, org, id).await;
    let answer = answer(&world, org, id, hold.id).await;
    assert_eq!(end(&world, org, hold, &answer).await.unwrap(), None);
    let over = run(&world, org, hold.id).await;
    assert_eq!((over.state, over.finished_at), (RunState::Succeeded, Some(at(9))));
    assert_eq!((over.output.as_deref(), over.step, over.usage), (Some("Ada."), 1, USED));
    assert_eq!((over.lease_until, over.holder, over.wake_at), (None, None, None));
    let said = messages::of_run(&mut reader(&world, org).await, hold.id).await.unwrap();
    assert_eq!(said, [answer]);
    let kept = find(&world, org, id).await;
    assert_eq!((kept.last_seq, kept.reserved, kept.active_run), (2, 50, None));
    let used = "select runs, in_tokens, model from usage_days";
    assert_eq!(world.test.rows(used).await.len(), 1);
    assert_eq!(world.test.rows("select 1 from conversation_log").await.len(), 1);
    assert!(is_lost(&end(&world, org, hold, &said[0]).await), "once");
}

#[tokio::test]
async fn under_a_fence_of_before_nothing_of_a_run_ends() {
    let world = World::new().await;
    let org = world.org().await;
    let id = conversation(&world, org).await;
    let hold = held_run(&world, org, id).await;
    let answer = answer(&world, org, id, hold.id).await;
    let old = Hold { fence: hold.fence - 1, ..hold };
    assert!(is_lost(&end(&world, org, old, &answer).await));
    let unknown = Hold { id: next_id().into(), ..hold };
    assert!(is_lost(&end(&world, org, unknown, &answer).await));
    assert_eq!(run(&world, org, hold.id).await.state, RunState::Running);
    assert_eq!(find(&world, org, id).await.last_seq, 0);
    assert!(world.test.rows("select 1 from usage_days").await.is_empty());
    assert!(world.test.rows("select 1 from conversation_log").await.is_empty());
}

#[tokio::test]
async fn a_run_that_comes_to_wait_while_another_ends_is_not_forgotten() {
    let world = World::new().await;
    let org = world.org().await;
    let id = conversation(&world, org).await;
    let hold = held_run(&world, org, id).await;
    let answer = answer(&world, org, id, hold.id).await;
    let mut locked = tx(&world, org).await;
    conversations::lock(&mut locked, id).await.unwrap();
    let (ended, next) = tokio::join!(end(&world, org, hold, &answer), async {
        // The end waits for the lock by now, and looked at the rows before there was another.
        while world.test.rows("select 1 from pg_locks where not granted").await.is_empty() {
            yield_now().await;
        }
        let next = new_run(&world, org, id, Start::Pending { wake_at: None }, 5).await;
        locked.commit().await.unwrap();
        next
    });
    assert_eq!(ended.unwrap(), Some(next.id));
    assert_eq!(run(&world, org, next.id).await.wake_at, Some(at(9)));
    assert_eq!(find(&world, org, id).await.active_run, Some(next.id));
}
