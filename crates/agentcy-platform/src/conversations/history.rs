//! What was said in a conversation, and what was done for it.

use std::collections::HashMap;

use agentcy_core::{
    Action, Caller, Page,
    chat::MessageRole,
    id::{ConversationId, MessageId, RunId, ToolCallId},
};
use agentcy_store::{
    Tenant,
    approvals::{self, Approval},
    messages::{self as store, Message, Place},
    tool_calls::{self, ToolCall},
};
use uuid::Uuid;

use super::visible;
use crate::{Listing, PageRequest, Platform, Result, page::SortKey};

/// How many bytes of arguments and results a page of the history shows, beside those of its first message.
const MOST_BYTES: i64 = 8 << 20;

/// A message and the calls that were made for it.
#[derive(Debug, Clone, PartialEq)]
pub struct Said {
    /// The message.
    pub message: Message,
    /// Its calls, in order.
    pub calls: Vec<Call>,
}

/// A tool call, and what a person was asked about it.
#[derive(Debug, Clone, PartialEq)]
pub struct Call {
    /// The call.
    pub call: ToolCall,
    /// What was asked.
    pub approval: Option<Approval>,
}

/// What was said in a conversation, the newest first; what is queued stands before all.
///
/// Errors: `not_found`, `invalid_cursor`.
pub async fn messages(
    platform: &Platform,
    caller: &Caller,
    id: ConversationId,
    page: PageRequest,
) -> Result<Listing<Said>> {
    let by = platform.permit(caller, Action::ConversationRead).await?;
    let scope = format!("{}/conversations/{id}/messages", by.org_id());
    let after = platform.cursors.read(&scope, &page)?;
    let mut reader = platform.db.read(&by).await?;
    visible(platform, &by, &mut reader, id).await?;
    let mut found = store::list(&mut reader, id, page.limit, after).await?;
    let runs = bear(&mut reader, &mut found).await?;
    let calls = tool_calls::of_runs(&mut reader, &runs).await?;
    let mut made: HashMap<MessageId, Vec<Call>> = HashMap::new();
    for call in with_approvals(&mut reader, calls).await? {
        made.entry(call.call.message_id).or_default().push(call);
    }
    let said = found.map(|message| {
        let calls = made.remove(&message.id).unwrap_or_default();
        Said { message, calls }
    });
    Ok(platform.cursors.listing(&scope, said))
}

/// Ends the page before the message with whose calls it would become too much to show at once. Gives the runs of the rest.
async fn bear(tenant: &mut impl Tenant, page: &mut Page<Message, Place>) -> Result<Vec<RunId>> {
    let answers = |page: &Page<Message, Place>| -> Vec<RunId> {
        let answers = page.items.iter().filter(|it| it.role == MessageRole::Assistant);
        answers.map(|answer| answer.run_id).collect()
    };
    let weights = tool_calls::weigh(tenant, &answers(page)).await?;
    let mut weights: HashMap<_, _> = weights.into_iter().collect();
    let mut bytes = 0;
    let heavy = page.items.iter().enumerate().position(|(index, message)| {
        let weight = weights.remove(&message.run_id).unwrap_or(0);
        bytes += if index == 0 { 0 } else { weight };
        bytes > MOST_BYTES
    });
    if let Some(first_left_out) = heavy {
        page.items.truncate(first_left_out);
        page.next = page.items.last().map(Message::place);
    }
    Ok(answers(page))
}

/// What was said in one run of a conversation, the question first, and whether there were more calls than are shown: those
/// beyond the bound are left out, the last ones. Errors: `not_found`.
pub async fn of_run(
    platform: &Platform,
    caller: &Caller,
    id: ConversationId,
    run: RunId,
) -> Result<(Vec<Said>, bool)> {
    let by = platform.permit(caller, Action::ConversationRead).await?;
    let mut reader = platform.db.read(&by).await?;
    visible(platform, &by, &mut reader, id).await?;
    let mut found = store::of_run(&mut reader, run).await?;
    found.retain(|one| one.conversation_id == id && one.role != MessageRole::Summary);
    let mut calls = tool_calls::of_runs(&mut reader, &[run]).await?;
    let all = calls.len();
    let mut bytes = 0;
    let fits = |call: &&ToolCall| {
        bytes += call.args.to_string().len();
        bytes += call.result.as_ref().map_or(0, |result| result.to_string().len());
        i64::try_from(bytes).is_ok_and(|bytes| bytes <= MOST_BYTES)
    };
    let shown = calls.iter().take_while(fits).count();
    calls.truncate(shown);
    let calls = with_approvals(&mut reader, calls).await?;
    let said = found.into_iter().map(|message| {
        let of_it = |call: &&Call| call.call.message_id == message.id;
        let calls = calls.iter().filter(of_it).cloned().collect();
        Said { message, calls }
    });
    Ok((said.collect(), shown < all))
}

/// The tool calls of a conversation, the newest first. Errors: `not_found`, `invalid_cursor`.
pub async fn tool_calls(
    platform: &Platform,
    caller: &Caller,
    id: ConversationId,
    page: PageRequest,
) -> Result<Listing<Call>> {
    let by = platform.permit(caller, Action::ConversationRead).await?;
    let scope = format!("{}/conversations/{id}/tool-calls", by.org_id());
    let after = platform.cursors.read(&scope, &page)?;
    let mut reader = platform.db.read(&by).await?;
    visible(platform, &by, &mut reader, id).await?;
    let Page { items, next, total } =
        tool_calls::of_conversation(&mut reader, id, page.limit, after).await?;
    let items = with_approvals(&mut reader, items).await?;
    Ok(platform.cursors.listing(&scope, Page { items, next, total }))
}

async fn with_approvals(tenant: &mut impl Tenant, calls: Vec<ToolCall>) -> Result<Vec<Call>> {
    let ids: Vec<ToolCallId> = calls.iter().map(|call| call.id).collect();
    let asked = if ids.is_empty() { Vec::new() } else { approvals::of_calls(tenant, &ids).await? };
    let mut asked: HashMap<_, _> =
        asked.into_iter().map(|approval| (approval.tool_call_id, approval)).collect();
    let with = |call: ToolCall| {
        let approval = asked.remove(&call.id);
        Call { call, approval }
    };
    Ok(calls.into_iter().map(with).collect())
}

impl SortKey for Place {
    fn write(&self, bytes: &mut Vec<u8>) {
        bytes.extend_from_slice(&self.0.to_be_bytes());
        bytes.extend_from_slice(self.1.as_bytes());
    }
    fn read(bytes: &[u8]) -> Option<Self> {
        let (seq, id) = bytes.split_first_chunk::<8>()?;
        Some((i64::from_be_bytes(*seq), Uuid::from_slice(id).ok()?))
    }
}
