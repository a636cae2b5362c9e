//! Something is said, and answered.

use agentcy_core::{
    Action, By, Caller, ErrorCode,
    audit::AuditEntry,
    chat::{MessageRole, MessageState, OnBusy, Part},
    id::{AgentId, ConversationId, RunId},
};
use agentcy_platform::{Error, Result, agents};
use agentcy_store::{
    OnConstraint, Tenant, Tx, audit,
    conversations::{self, Conversation, Turn as Stage},
    messages::Message,
    runs::{Hold, NewRun, Start},
};
use serde_json::json;
use tokio::sync::oneshot;

use super::{Keep, MAX_CONTENT, NewMessage, Runs, Started, queue};
use crate::{
    run::{
        self, LEASE, Opening, Preface, Provider, Refused, Seat, blank_answer, context, grants,
        plain, preface, preface_of,
    },
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
    let (keep, preface) = match Box::pin(at_once(runs, &by, conversation, &message, keep)).await? {
        Tried::Started(started) => return Ok(*started),
        Tried::InTheWay(keep, preface) => (keep, *preface),
    };
    let mut tx = runs.platform.begin(&by).await?;
    let stage = conversations::open_for_turn(&mut tx, conversation).await?;
    let stage = stage.ok_or_else(|| Error::not_found("conversation"))?;
    may_speak(runs, &by, &mut tx, &stage.conversation).await?;
    Box::pin(start(runs, Asking { by, tx, stage, message, keep, preface })).await
}

/// What came of a look without a lock.
enum Tried {
    Started(Box<Started>),
    /// Another run answers, or there is no room: who is next is found out under a lock.
    InTheWay(Option<Keep>, Box<Preface>),
}

/// Begins at once if nothing is in the way, as one look without a lock tells. The model is asked after that look; the
/// beginning is written meanwhile, where the conversation is still what it was.
async fn at_once(
    runs: &Runs,
    by: &By,
    conversation: ConversationId,
    message: &NewMessage,
    keep: Option<Keep>,
) -> Result<Tried> {
    let mut reader = runs.platform.read(by).await?;
    let stage = conversations::turn(&mut reader, conversation).await?;
    let stage = stage.ok_or_else(|| Error::not_found("conversation"))?;
    may_speak(runs, by, &mut reader, &stage.conversation).await?;
    let new = new_run(runs, by, &stage);
    let is_free = stage.conversation.active_run.is_none();
    let seat = if is_free { seat(runs, new.id) } else { None };
    let told = match seat {
        Some(_) => told(&mut reader, &stage).await?,
        None => Vec::new(),
    };
    drop(reader);
    let preface = preface_of(runs, by, &stage, &by.caller().realms).await;
    let Some(seat) = seat else { return Ok(Tried::InTheWay(keep, Box::new(preface))) };
    let opening = open(
        runs,
        by,
        Ground { stage, told, preface: preface.clone() },
        &message.content,
        new,
        seat,
    )?;
    match begin(runs, Opening { keep, ..opening }).await {
        Ok(started) => Ok(Tried::Started(Box::new(started))),
        Err(Refused::Overtaken(keep)) => {
            Ok(Tried::InTheWay(keep.map(|keep| *keep), Box::new(preface)))
        }
        Err(Refused::Failed(error)) => Err(error),
    }
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
    let mut reader = platform.read(&by).await?;
    let agent = agents::find(&mut reader, &by, agent).await?;
    drop(reader);
    let preface = preface(runs, &by, Some(&agent), None, &caller.realms).await;
    let mut tx = platform.begin(&by).await?;
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
    // The agent may have gone since.
    let inserted = conversations::insert(&mut tx, &conversation).await;
    inserted.on_constraint(conversations::AGENT_KEY, || Error::not_found("agent"))?;
    let stage = conversations::open_for_turn(&mut tx, conversation.id).await?;
    let stage = stage.ok_or_else(|| Error::not_found("conversation"))?;
    let message = NewMessage { content: input, on_busy: OnBusy::Refuse };
    Box::pin(start(runs, Asking { by, tx, stage, message, keep, preface })).await
}

/// What is to be started.
pub(super) struct Asking {
    pub(super) by: By,
    pub(super) tx: Tx,
    pub(super) stage: Stage,
    pub(super) message: NewMessage,
    pub(super) keep: Option<Keep>,
    pub(super) preface: Preface,
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

async fn may_speak(
    runs: &Runs,
    by: &By,
    tenant: &mut impl Tenant,
    conversation: &Conversation,
) -> Result<()> {
    use agentcy_platform::conversations::{may_write, visible};
    if may_write(by, conversation) {
        return Ok(());
    }
    // Unknown to whoever may not even read it.
    visible(&runs.platform, by, tenant, conversation.id).await?;
    runs.platform.permit_on(by, false, "the conversation is somebody else's").await
}

fn new_run(runs: &Runs, by: &By, stage: &Stage) -> NewRun {
    NewRun {
        id: runs.platform.new_id(),
        conversation_id: stage.conversation.id,
        agent_id: stage.agent.as_ref().map(|agent| agent.id),
        message_id: runs.platform.new_id(),
        starter: by.caller().principal.to_string(),
        limits: stage.agent.as_ref().map(|agent| agent.limits).unwrap_or_default(),
        system: None,
        task: None,
        at: runs.platform.now(),
        start: Start::Pending { wake_at: None },
    }
}

async fn start(runs: &Runs, mut asking: Asking) -> Result<Started> {
    let new = new_run(runs, &asking.by, &asking.stage);
    let active = queue::make_way(&mut asking, new.at).await?;
    let seat = if active.is_some() { None } else { seat(runs, new.id) };
    if let Some(seat) = seat {
        let Asking { by, mut tx, stage, message, keep, preface } = asking;
        let told = told(&mut tx, &stage).await?;
        let opening =
            open(runs, &by, Ground { stage, told, preface }, &message.content, new, seat)?;
        return match begin(runs, Opening { tx: Some(tx), keep, ..opening }).await {
            Ok(started) => Ok(started),
            Err(Refused::Failed(error)) => Err(error),
            Err(Refused::Overtaken(_)) => {
                Err(Error::internal("a run was overtaken", "its conversation was locked"))
            }
        };
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

/// What was said before in a conversation.
async fn told(tenant: &mut impl Tenant, stage: &Stage) -> Result<Vec<context::Told>> {
    match stage.conversation.last_seq {
        0 => Ok(Vec::new()),
        _ => Ok(context::told(tenant, stage.conversation.id, i64::MAX).await?),
    }
}

/// What a run begins from.
struct Ground {
    stage: Stage,
    told: Vec<context::Told>,
    preface: Preface,
}

/// Puts together all that a run needs to begin.
fn open(
    runs: &Runs,
    by: &By,
    Ground { stage, mut told, preface }: Ground,
    content: &str,
    new: NewRun,
    seat: Seat,
) -> Result<Opening> {
    let now = new.at;
    let mut question = question(runs, &new, content);
    let provider = Provider::of(&runs.platform, by.org_id(), &stage)?;
    let caller = by.caller().clone();
    question.aside.now = Some(preface.now(&told));
    told.push(context::tell(&question, &[]));
    let hands = Toolbox::new(&runs.platform, new.id, caller, grants(&stage, None));
    let run = NewRun {
        system: Some(preface.system),
        start: Start::Held { holder: runs.holder.clone(), lease_until: now + LEASE },
        ..new
    };
    Ok(Opening {
        entry: entry(runs, by, &run),
        runs: runs.clone(),
        seat,
        by: by.clone(),
        tx: None,
        stage,
        run,
        question,
        told,
        provider,
        hands,
        title: title(content),
        keep: None,
        now,
    })
}

async fn begin(runs: &Runs, opening: Opening) -> Result<Started, Refused> {
    // A task of its own: whoever asked may go away at any moment.
    let (asker, answer) = oneshot::channel();
    let (work, task) = run::shared(run::begin(opening, asker));
    runs.lifecycle.spawn(task);
    let stopped = || Error::refused(ErrorCode::Draining, "the server is stopping");
    let started = answer.await.unwrap_or_else(|_| Err(stopped().into()))?;
    Ok(Started { work: Some(work), ..started })
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
