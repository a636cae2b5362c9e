//! What waits for a person: shown to whoever may decide it, and decided once.

use agentcy_core::{
    Action, By, Caller, ErrorCode, FieldError, Principal, Role,
    chat::ApprovalState,
    id::{ApprovalId, ConversationId},
    tool::Effect,
};
use agentcy_platform::{
    Error, Listing, PageRequest, Platform, Result, conversations,
    events::{self, Telling},
    wake::Bell,
};
use agentcy_store::{
    Reader, Tx,
    approvals::{self as store, Inbox},
    audit,
    conversations::{self as rows, Turn},
    orgs, runs, tool_calls,
};
use chrono::TimeDelta;
use serde_json::{Value, json};

use crate::{
    run::grants,
    tools::{Edited, Toolbox},
};

pub use agentcy_store::approvals::Approval;

/// The topic of what happens to approvals.
const TOPIC: &str = "approvals";
/// How long an answer may be remembered, in seconds.
const MOST_REMEMBERED: u32 = 86_400;
/// The longest note, in characters.
const MAX_NOTE: usize = 2000;

/// What a person decides.
#[derive(Debug, Clone, Default)]
pub struct Decision {
    /// Whether the call runs.
    pub approved: bool,
    /// Words for the model, and for whoever looks later.
    pub note: Option<String>,
    /// Other arguments for the call.
    pub args: Option<Value>,
    /// How long the same call passes in this conversation without asking again.
    pub remember_secs: Option<u32>,
}

/// Which approvals of an inbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which {
    /// What the caller may decide.
    Waiting,
    /// What was decided or ended otherwise, in conversations that the caller sees.
    Decided,
}

/// Approvals across conversations, the newest first. Errors: `invalid_cursor`.
pub async fn inbox(
    platform: &Platform,
    caller: &Caller,
    which: Which,
    page: PageRequest,
) -> Result<Listing<Approval>> {
    let by = platform.permit(caller, Action::ApprovalRead).await?;
    let scope = format!("{}/approvals/{}/{which:?}", by.org_id(), caller.principal);
    let after = platform.after(&scope, &page)?;
    if which == Which::Waiting && !may_decide(caller, Effect::Write) {
        let none = agentcy_core::Page { items: Vec::new(), next: None, total: 0 };
        return Ok(platform.listing(&scope, none));
    }
    let mut reader = platform.read(&by).await?;
    let require_other = requires_other(&mut reader).await?;
    let own = caller.principal.to_string();
    let of = Inbox {
        owner: &own,
        realms: by.realms(),
        others: caller.role >= Role::Admin,
        destructive: may_decide(caller, Effect::Destructive),
        not_of: require_other.then_some(own.as_str()),
        now: platform.now(),
    };
    let found = match which {
        Which::Waiting => store::inbox(&mut reader, of, page.limit, after).await?,
        Which::Decided => store::decided(&mut reader, of, page.limit, after).await?,
    };
    let foreign = |one: &&Approval| one.requested_by != own;
    let ids: Vec<_> = found.items.iter().filter(foreign).map(|one| one.conversation_id).collect();
    if caller.role >= Role::Admin && !ids.is_empty() {
        let details = json!({ "conversations": ids });
        audit::record(&mut reader, &platform.done(&by, "", details)).await?;
    }
    Ok(platform.listing(&scope, found))
}

async fn requires_other(reader: &mut Reader) -> Result<bool> {
    Ok(orgs::find(reader).await?.is_some_and(|org| org.require_other))
}

/// Everything that a conversation has asked, the newest first. Errors: `not_found`, `invalid_cursor`.
pub async fn of_conversation(
    platform: &Platform,
    caller: &Caller,
    conversation: ConversationId,
    page: PageRequest,
) -> Result<Listing<Approval>> {
    let by = platform.permit(caller, Action::ApprovalRead).await?;
    let scope = format!("{}/conversations/{conversation}/approvals", by.org_id());
    let after = platform.after(&scope, &page)?;
    let mut reader = platform.read(&by).await?;
    conversations::visible(platform, &by, &mut reader, conversation).await?;
    let found = store::of_conversation(&mut reader, conversation, page.limit, after).await?;
    Ok(platform.listing(&scope, found))
}

/// Decides. Of many decisions exactly one counts.
///
/// Errors: `not_found`, `invalid`, `insufficient_role` (role, key, one's own where others must), `approval_decided`,
/// `approval_expired`, `in_use` (other arguments, and the source was changed since).
pub async fn decide(
    platform: &Platform,
    caller: &Caller,
    conversation: ConversationId,
    approval: ApprovalId,
    decision: Decision,
) -> Result<Approval> {
    let by = platform.permit(caller, Action::ApprovalDecide).await?;
    decision.check()?;
    // The look is one thing in the audit log, and the decision another.
    let looking = platform.permit(caller, Action::ApprovalRead).await?;
    let mut reader = platform.read(&looking).await?;
    conversations::visible(platform, &looking, &mut reader, conversation).await?;
    let unknown = || Error::not_found("approval");
    let seen = store::find(&mut reader, approval).await?.ok_or_else(unknown)?;
    if seen.conversation_id != conversation {
        return Err(unknown());
    }
    let inner = tool_calls::find(&mut reader, seen.tool_call_id).await?.and_then(|call| call.tool);
    let require_other = requires_other(&mut reader).await?;
    let run = runs::find(&mut reader, seen.run_id).await?;
    let edit = match &decision.args {
        Some(args) => {
            let stage = rows::turn(&mut reader, conversation).await?;
            Some((args, stage.ok_or_else(|| Error::not_found("conversation"))?))
        }
        None => None,
    };
    drop(reader);

    let own = seen.requested_by == caller.principal.to_string();
    platform.permit_on(&by, caller_may_approve(caller), KEYS_ASKED).await?;
    platform.permit_on(&by, may_decide(caller, seen.effect), DESTRUCTIVE).await?;
    platform.permit_on(&by, !(require_other && own), OTHERS).await?;
    still_open(&seen, platform)?;

    let edited = match edit {
        Some((args, stage)) => {
            let hands = hands(platform, &by, &seen, &stage).await?;
            let edited = hands.edit(&seen, inner.as_deref(), args).await?;
            platform.permit_on(&by, may_decide(caller, edited.effect), DESTRUCTIVE).await?;
            Some(edited)
        }
        None => None,
    };
    // What a task asked for it led to, whoever decided.
    let by = platform.because(&by, run.map(|run| run.causes).unwrap_or_default());
    settle(platform, &by, &seen, &decision, edited).await
}

const KEYS_ASKED: &str = "this API key was made without can_approve";
const DESTRUCTIVE: &str = "what destroys something is decided by admins and owners";
const OTHERS: &str = "this org has approvals decided by somebody else than who asked";

fn caller_may_approve(caller: &Caller) -> bool {
    matches!(caller.principal, Principal::User(_)) || caller.can_approve
}

/// Whether somebody may decide calls of this effect in a conversation that they see.
fn may_decide(caller: &Caller, effect: Effect) -> bool {
    let least = match effect {
        Effect::Read | Effect::Write => Role::Member,
        Effect::Destructive => Role::Admin,
    };
    caller.role >= least && caller_may_approve(caller)
}

fn still_open(approval: &Approval, platform: &Platform) -> Result<()> {
    let expired = || Error::refused(ErrorCode::ApprovalExpired, "the time to decide is over");
    match approval.state {
        ApprovalState::Pending if approval.expires_at > platform.now() => Ok(()),
        ApprovalState::Pending | ApprovalState::Expired => Err(expired()),
        state => {
            let message = format!("this is decided already: {state}");
            Err(Error::refused(ErrorCode::ApprovalDecided, message))
        }
    }
}

/// The tools of the run, whose call it is with other arguments as well.
async fn hands(platform: &Platform, by: &By, approval: &Approval, stage: &Turn) -> Result<Toolbox> {
    let run = approval.run_id;
    let starter = platform.stand_in(by.org_id(), &approval.requested_by, &run.to_string()).await?;
    let gone = || Error::insufficient_role("whoever started the run may not any more");
    // Nothing of its task decides what a call is.
    Ok(Toolbox::new(platform, run, starter.ok_or_else(gone)?, grants(stage, None)))
}

async fn settle(
    platform: &Platform,
    by: &By,
    seen: &Approval,
    decision: &Decision,
    edited: Option<Edited>,
) -> Result<Approval> {
    let now = platform.now();
    let own = by.caller().principal.to_string();
    let args = edited.as_ref().map(|one| (&one.args, one.digest.as_slice(), one.effect));
    let verdict = store::Verdict {
        approved: decision.approved,
        by: &own,
        note: decision.note.as_deref(),
        args,
        remember_until: decision.remember_secs.map(|secs| now + TimeDelta::seconds(secs.into())),
        at: now,
    };
    let mut tx = platform.begin(by).await?;
    // The run before its approvals: it may be about to park, and must see this decision or be woken by it.
    runs::wake(&mut tx, seen.run_id, now).await?;
    let won = store::decide(&mut tx, seen.id, &verdict).await?;
    let after = store::find(&mut tx, seen.id).await?.ok_or_else(|| Error::not_found("approval"))?;
    if !won {
        return Err(match still_open(&after, platform) {
            Err(late) => late,
            Ok(()) => Error::refused(ErrorCode::ApprovalDecided, "somebody decided at once"),
        });
    }
    let details = json!({
        "approved": decision.approved,
        "tool": after.tool,
        "effect": after.effect,
        "conversation_id": after.conversation_id,
        "run_id": after.run_id,
        "edited": edited.is_some(),
        "remember_secs": decision.remember_secs,
    });
    audit::record(&mut tx, &platform.done(by, seen.id, details)).await?;
    tell(platform, &mut tx, "approval.resolved", &after).await?;
    tx.commit().await?;
    platform.ring(Bell::Runs).await;
    platform.wrote().await;
    Ok(after)
}

/// Writes `approval.requested` or `approval.resolved` for those who watch what waits. Arguments are not in it: who may
/// see them asks for them.
pub(crate) async fn tell(
    platform: &Platform,
    tx: &mut Tx,
    event: &'static str,
    approval: &Approval,
) -> Result<()> {
    let data = json!({
        "approval_id": approval.id,
        "conversation_id": approval.conversation_id,
        "run_id": approval.run_id,
        "effect": approval.effect,
        "state": approval.state,
        "expires_at": approval.expires_at,
    });
    // Those are told who see the conversation.
    let conversation = rows::find(tx, approval.conversation_id).await?;
    let (realm, owner) = conversation.map(|one| (one.realm, one.owner)).unwrap_or_default();
    events::append(platform, tx, Telling { topic: TOPIC, event, data, realm, owner }).await
}

impl Decision {
    fn check(&self) -> Result<()> {
        let mut faults = Vec::new();
        let mut require = |holds: bool, path: &str, rule: &str| {
            if !holds {
                faults.push(FieldError::new(path, rule));
            }
        };
        let is_plain = |note: &String| {
            let plain = |c: char| !c.is_control() || matches!(c, '\n' | '\r' | '\t');
            note.chars().count() <= MAX_NOTE && note.chars().all(plain)
        };
        require(self.note.as_ref().is_none_or(is_plain), "note", "at most 2000 characters");
        let within = |secs: u32| (1..=MOST_REMEMBERED).contains(&secs);
        require(self.remember_secs.is_none_or(within), "remember_secs", "is 1 to 86400");
        let yes = self.approved;
        require(yes || self.remember_secs.is_none(), "remember_secs", "only with an approval");
        require(yes || self.args.is_none(), "args", "only with an approval");
        if faults.is_empty() { Ok(()) } else { Err(Error::invalid(faults)) }
    }
}
