//! Something is said, and answered.

use agentcy_core::{
    Action, By, Caller, ErrorCode,
    audit::AuditEntry,
    chat::{MessageRole, MessageState, OnBusy, Part},
    id::{AgentId, ConversationId, RunId},
};
use agentcy_platform::{Error, Result, agents};
use agentcy_store::{
    Tx, audit,
    conversations::{self, Conversation, Turn as Stage},
    messages::Message,
    runs::{Hold, NewRun, Start},
};
use serde_json::json;
use tokio::sync::oneshot;

use super::{Keep, MAX_CONTENT, NewMessage, Runs, Started, queue};
use crate::{
    run::{self, LEASE, Opening, Provider, Seat, blank_answer, context, grants, plain, system},
    tools::Toolbox,
};

/// How much of the first message becomes the title of an untitled conversation, in characters.
const TITLE: usize = 60;

/// Says something in a conversation. The answer begins at once, or waits for the one before.
///
/// Errors: `invalid`, `not_found`, `insufficient_role` (somebody else's), `run_active`.
#[tracing::instrument(name = "runs.send", skip_all)]
pub async fn send(
    runs: &Runs,
    caller: &Caller,
    conversation: ConversationId,
    message: NewMessage,
    keep: Option<Keep>,
) -> Result<Started> {
    let by = runs.platform.permit(caller, Action::MessageSend).await?;
    check("content", &message.content)?;
    let mut tx = runs.platform.begin(&by).await?;
    let stage = conversations::open_for_turn(&mut tx, conversation).await?;
    let stage = stage.ok_or_else(|| Error::not_found("conversation"))?;
    may_speak(runs, &by, &mut tx, &stage.conversation).await?;
    Box::pin(start(runs, Asking { by, tx, stage, message, keep })).await
}

/// Lets an agent answer, in a conversation of its own.
///
/// Errors: `invalid`, `not_found`.
#[tracing::instrument(name = "runs.execute", skip_all)]
pub async fn execute(
    runs: &Runs,
    caller: &Caller,
    agent: AgentId,
    input: String,
    keep: Option<Keep>,
) -> Result<Started> {
    let platform = &runs.platform;
    let by = platform.permit(caller, Action::AgentExecute).await?;
    check("input", &input)?;
    let mut tx = platform.begin(&by).await?;
    let agent = agents::find(&mut tx, &by, agent).await?;
    let now = platform.now();
    let conversation = Conversation {
        id: platform.new_id(),
        owner: Some(caller.principal.to_string()),
        task_id: None,
        agent_id: Some(agent.id),
        title: String::new(),
        realm: None,
        archived: false,
        last_seq: 0,
        reserved: 0,
        active_run: None,
        created_at: now,
        updated_at: now,
    };
    conversations::insert(&mut tx, &conversation).await?;
    let stage = conversations::open_for_turn(&mut tx, conversation.id).await?;
    let stage = stage.ok_or_else(|| Error::not_found("conversation"))?;
    let message = NewMessage { content: input, on_busy: OnBusy::Refuse };
    Box::pin(start(runs, Asking { by, tx, stage, message, keep })).await
}

/// What is to be started.
pub(super) struct Asking {
    pub(super) by: By,
    pub(super) tx: Tx,
    pub(super) stage: Stage,
    pub(super) message: NewMessage,
    pub(super) keep: Option<Keep>,
}

/// The run that something was said for, in the audit log.
fn entry(runs: &Runs, by: &By, run: &NewRun) -> AuditEntry {
    let details = json!({ "conversation_id": run.conversation_id });
    runs.platform.done(by, run.id, details)
}

fn check(path: &'static str, content: &str) -> Result<()> {
    if content.contains('\0') {
        return Err(Error::invalid_field(path, "holds a NUL character"));
    }
    let length = content.chars().take(MAX_CONTENT + 1).count();
    if content.trim().is_empty() || length > MAX_CONTENT {
        return Err(Error::invalid_field(path, format!("1 to {MAX_CONTENT} characters")));
    }
    Ok(())
}

async fn may_speak(runs: &Runs, by: &By, tx: &mut Tx, conversation: &Conversation) -> Result<()> {
    use agentcy_platform::conversations::{may_write, visible};
    if may_write(by, conversation) {
        return Ok(());
    }
    // Unknown to whoever may not even read it.
    visible(&runs.platform, by, tx, conversation.id).await?;
    runs.platform.permit_on(by, false, "the conversation is somebody else's").await
}

async fn start(runs: &Runs, mut asking: Asking) -> Result<Started> {
    let new = NewRun {
        id: runs.platform.new_id(),
        conversation_id: asking.stage.conversation.id,
        agent_id: asking.stage.agent.as_ref().map(|agent| agent.id),
        message_id: runs.platform.new_id(),
        starter: asking.by.caller().principal.to_string(),
        limits: asking.stage.agent.as_ref().map(|agent| agent.limits).unwrap_or_default(),
        system: None,
        task: None,
        at: runs.platform.now(),
        start: Start::Pending { wake_at: None },
    };
    let active = queue::make_way(&mut asking, new.at).await?;
    let seat = if active.is_some() { None } else { seat(runs, new.id) };
    if let Some(seat) = seat {
        return begin(runs, asking, new, seat).await;
    }
    audit::record(&mut asking.tx, &entry(runs, &asking.by, &new)).await?;
    queue::wait(runs, asking, new, active.is_none()).await
}

/// A place to begin at once, if this process has room and does not stop.
fn seat(runs: &Runs, id: RunId) -> Option<Seat> {
    if runs.lifecycle.is_stopping() {
        return None;
    }
    runs.keeper.seat(Hold { id, fence: 1 }, false)
}

async fn begin(runs: &Runs, asking: Asking, new: NewRun, seat: Seat) -> Result<Started> {
    let Asking { by, mut tx, stage, message, keep } = asking;
    let now = new.at;
    let mut told = match stage.conversation.last_seq {
        0 => Vec::new(),
        _ => context::told(&mut tx, stage.conversation.id, i64::MAX).await?,
    };
    let question = question(runs, &new, &message.content);
    told.push(context::tell(&question, &[]));
    let provider = Provider::of(&runs.platform, by.org_id(), &stage)?;
    let caller = by.caller().clone();
    let system = system(runs, &by, &mut tx, &stage, &caller.realms).await?;
    let hands = Toolbox::new(&runs.platform, caller, grants(&stage, None));
    let run = NewRun {
        system: Some(system),
        start: Start::Held { holder: runs.holder.clone(), lease_until: now + LEASE },
        ..new
    };
    let title = title(&message.content);
    let opening = Opening {
        entry: entry(runs, &by, &run),
        runs: runs.clone(),
        seat,
        by,
        tx,
        stage,
        run,
        question,
        told,
        provider,
        hands,
        title,
        keep,
        now,
    };
    // A task of its own: whoever asked may go away at any moment.
    let (asker, answer) = oneshot::channel();
    runs.lifecycle.spawn(run::begin(opening, asker));
    let stopped = || Error::refused(ErrorCode::Draining, "the server is stopping");
    answer.await.map_err(|_| stopped())?
}

/// What was asked, as a message that waits.
pub(crate) fn question(runs: &Runs, run: &NewRun, content: &str) -> Message {
    Message {
        id: runs.platform.new_id(),
        role: MessageRole::User,
        state: MessageState::Queued,
        parts: vec![Part::Text { step: 0, text: content.to_owned() }],
        finished_at: Some(run.at),
        ..blank_answer(run, run.at)
    }
}

/// What an untitled conversation is called once this was said in it.
pub(super) fn title(content: &str) -> String {
    plain::head(content, TITLE)
}

/// Keeps the answer to the request in the transaction of its effect.
pub(crate) async fn keep_answer(
    runs: &Runs,
    tx: &mut Tx,
    keep: Option<Keep>,
    started: &Started,
) -> Result<()> {
    if let Some(Keep { slot, answer }) = keep {
        let answer = answer(started);
        runs.platform.keep_in(tx, &started.by, &slot, &answer).await?;
    }
    Ok(())
}
