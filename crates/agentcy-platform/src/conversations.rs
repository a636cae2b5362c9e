//! Conversations: who has which, and what was said in them.

mod history;

use agentcy_core::{
    Action, By, Caller, ErrorCode, Realm, Realms, Role,
    id::{AgentId, ConversationId, RunId},
};
use agentcy_store::{OnConstraint, Tenant, audit, conversations as store};
use serde_json::json;

use crate::{
    Change, Draft, Error, Listing, PageRequest, Platform, Result, agents, error::Faults, grant,
    realms,
};

pub use agentcy_store::{conversations::Conversation, tool_calls::PassedBy};
pub use history::{Call, Said, messages, of_run, tool_calls};

const MAX_TITLE: usize = 200;
const MAX_QUERY: usize = 200;

/// A conversation to begin.
#[derive(Debug, Clone, Default)]
pub struct NewConversation {
    /// What it is about; empty until something is said, unless given.
    pub title: Option<String>,
    /// The agent that answers; none is the default one.
    pub agent_id: Option<AgentId>,
    /// The one realm that its runs see.
    pub realm: Option<Realm>,
}

/// What to change of a conversation.
#[derive(Debug, Clone, Default)]
pub struct ConversationUpdate {
    /// What it is about.
    pub title: Option<String>,
    /// Whether it is put away.
    pub archived: Option<bool>,
    /// The one realm that its runs see.
    pub realm: Change<Realm>,
}

/// Which conversations to list.
#[derive(Debug, Clone, Default)]
pub struct ConversationFilter {
    /// Only those with this in their title or in what was said, whatever the case.
    pub query: Option<String>,
    /// Only those put away, or only the others.
    pub archived: Option<bool>,
}

/// The caller's conversations and those of the org in their realms, the latest activity first.
///
/// Errors: `invalid`, `invalid_cursor`.
pub async fn list(
    platform: &Platform,
    caller: &Caller,
    filter: ConversationFilter,
    page: PageRequest,
) -> Result<Listing<Conversation>> {
    let by = platform.permit(caller, Action::ConversationRead).await?;
    let mut faults = Faults::default();
    let query = filter.query.as_deref();
    faults.require(
        query.is_none_or(|text| is_line(text, 1, MAX_QUERY)),
        "q",
        "1 to 200 characters",
    );
    faults.into_result()?;
    let owner = caller.principal.to_string();
    let scope = format!(
        "{}/conversations/{owner}/{}/{:?}/{}",
        by.org_id(),
        by.realms().to_slugs().join(","),
        filter.archived,
        query.unwrap_or_default(),
    );
    let after = platform.cursors.read(&scope, &page)?;
    let wanted =
        store::Filter { owner: &owner, realms: by.realms(), query, archived: filter.archived };
    let found = store::list(&mut platform.db.read(&by).await?, wanted, page.limit, after).await?;
    Ok(platform.cursors.listing(&scope, found))
}

/// One conversation. Errors: `not_found`.
pub async fn read(
    platform: &Platform,
    caller: &Caller,
    id: ConversationId,
) -> Result<Conversation> {
    let by = platform.permit(caller, Action::ConversationRead).await?;
    visible(platform, &by, &mut platform.db.read(&by).await?, id).await
}

/// Begins a conversation of the caller's.
///
/// Errors: `invalid`, `unknown_realm`, `insufficient_role` (a foreign realm).
pub async fn create(
    platform: &Platform,
    caller: &Caller,
    new: NewConversation,
) -> Result<Draft<Conversation>> {
    let by = platform.permit(caller, Action::ConversationCreate).await?;
    let title = new.title.unwrap_or_default();
    check_title(&title)?;
    let now = platform.clock.now();
    let conversation = Conversation {
        id: platform.ids.next(),
        owner: Some(caller.principal.to_string()),
        task_id: None,
        agent_id: new.agent_id,
        title,
        realm: new.realm,
        archived: false,
        last_seq: 0,
        reserved: 0,
        active_run: None,
        created_at: now,
        updated_at: now,
    };
    permit_realm(platform, &by, conversation.realm.as_ref()).await?;
    let mut tx = platform.db.begin(&by).await?;
    require_realm(&mut tx, conversation.realm.as_ref()).await?;
    if let Some(agent) = conversation.agent_id {
        match agents::find(&mut tx, &by, agent).await {
            Err(error) if error.code() == Some(ErrorCode::NotFound) => return Err(no_agent()),
            found => found?,
        };
    }
    // It may have gone since.
    store::insert(&mut tx, &conversation).await.on_constraint(store::AGENT_KEY, no_agent)?;
    let details = json!({ "agent_id": conversation.agent_id, "realm": conversation.realm });
    audit::record(&mut tx, &platform.done(&by, conversation.id, details)).await?;
    Ok(Draft::new(platform, by, tx, conversation))
}

fn no_agent() -> Error {
    Error::invalid_field("agent_id", "there is no such agent")
}

/// Renames, moves or puts away a conversation.
///
/// Errors: `not_found`, `invalid`, `unknown_realm`, `insufficient_role` (somebody else's; a foreign realm),
/// `run_active` (another realm, while an answer is given).
pub async fn update(
    platform: &Platform,
    caller: &Caller,
    id: ConversationId,
    change: ConversationUpdate,
) -> Result<Conversation> {
    let by = platform.permit(caller, Action::ConversationUpdate).await?;
    check_title(change.title.as_deref().unwrap_or_default())?;
    let before = find(&mut platform.db.read(&by).await?, &by, id).await?;
    platform.permit_on(&by, may_write(&by, &before), NOT_THEIRS).await?;
    permit_realm(platform, &by, change.realm.as_set()).await?;
    let mut tx = platform.db.begin(&by).await?;
    require_realm(&mut tx, change.realm.as_set()).await?;
    let locked = store::lock(&mut tx, id).await?;
    let before = locked.ok_or_else(|| Error::not_found("conversation"))?;
    let mut after = before.clone();
    after.title = change.title.unwrap_or(after.title);
    after.archived = change.archived.unwrap_or(after.archived);
    change.realm.apply(&mut after.realm);
    // The answer would go on with what it has read, and see something else.
    if let Some(run) = before.active_run.filter(|_| after.realm != before.realm) {
        return Err(run_active(run));
    }
    if after != before {
        store::update(&mut tx, &after).await?;
        let details = json!({ "archived": after.archived, "realm": after.realm });
        audit::record(&mut tx, &platform.done(&by, id, details)).await?;
    }
    tx.commit().await?;
    Ok(after)
}

/// Deletes a conversation and all that was said in it. Its owner does, and admins.
///
/// Errors: `not_found`, `insufficient_role` (the org's, and the caller no admin), `run_active`.
pub async fn remove(platform: &Platform, caller: &Caller, id: ConversationId) -> Result<()> {
    let by = platform.permit(caller, Action::ConversationDelete).await?;
    let found = find(&mut platform.db.read(&by).await?, &by, id).await?;
    let may = is_owner(&by, &found) || caller.role >= Role::Admin;
    platform.permit_on(&by, may, NOT_THEIRS).await?;
    let mut tx = platform.db.begin(&by).await?;
    let locked = store::lock(&mut tx, id).await?;
    let locked = locked.ok_or_else(|| Error::not_found("conversation"))?;
    if let Some(run) = locked.active_run {
        return Err(run_active(run));
    }
    store::delete(&mut tx, id).await?;
    audit::record(&mut tx, &platform.done(&by, id, json!({ "owner": locked.owner }))).await?;
    Ok(tx.commit().await?)
}

fn run_active(run: RunId) -> Error {
    let message = "an answer is being given; let it end or cancel it first";
    Error::refused(ErrorCode::RunActive, message).with_details(json!({ "run_id": run }))
}

/// A conversation that the caller may read. An admin's look into somebody else's is audited.
///
/// Errors: `not_found`.
pub async fn visible(
    platform: &Platform,
    by: &By,
    tenant: &mut impl Tenant,
    id: ConversationId,
) -> Result<Conversation> {
    let found = find(tenant, by, id).await?;
    if found.owner.is_some() && !is_owner(by, &found) {
        let details = json!({ "owner": found.owner });
        audit::record(tenant, &platform.done(by, id, details)).await?;
    }
    Ok(found)
}

/// Whether the caller may speak in a conversation and change it: it is theirs, or one of the org's that they see, and they
/// are a member or more.
pub fn may_write(by: &By, conversation: &Conversation) -> bool {
    let of_org = conversation.owner.is_none() && by.caller().role >= Role::Member;
    is_owner(by, conversation) || of_org && may_read(by, conversation)
}

const NOT_THEIRS: &str = "the conversation is somebody else's";

/// The same without a trace.
async fn find(tenant: &mut impl Tenant, by: &By, id: ConversationId) -> Result<Conversation> {
    let found = store::find(tenant, id).await?.filter(|found| may_read(by, found));
    found.ok_or_else(|| Error::not_found("conversation"))
}

/// One's own; the org's, or an admin's look into another's, where they see the realm. What has none may hold something of
/// each.
fn may_read(by: &By, conversation: &Conversation) -> bool {
    let in_reach = match &conversation.realm {
        Some(realm) => by.realms().contains(realm),
        None => *by.realms() == Realms::All,
    };
    is_owner(by, conversation)
        || in_reach && (conversation.owner.is_none() || by.caller().role >= Role::Admin)
}

fn is_owner(by: &By, conversation: &Conversation) -> bool {
    conversation.owner.as_ref().is_some_and(|owner| *owner == by.caller().principal.to_string())
}

async fn permit_realm(platform: &Platform, by: &By, realm: Option<&Realm>) -> Result<()> {
    let within = realm.is_none_or(|realm| by.realms().contains(realm));
    platform.permit_on(by, within, grant::REALMS_BEYOND).await
}

async fn require_realm(tx: &mut agentcy_store::Tx, realm: Option<&Realm>) -> Result<()> {
    match realm {
        Some(realm) => {
            realms::require_known(tx, "realm", &Realms::Only([realm.clone()].into())).await
        }
        None => Ok(()),
    }
}

fn check_title(title: &str) -> Result<()> {
    let mut faults = Faults::default();
    let rule = "at most 200 characters, no control characters";
    faults.require(is_line(title, 0, MAX_TITLE), "title", rule);
    faults.into_result()
}

fn is_line(text: &str, least: usize, most: usize) -> bool {
    (least..=most).contains(&text.chars().count()) && !text.contains(char::is_control)
}
