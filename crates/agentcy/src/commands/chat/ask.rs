//! The question that an approval is: what would run, and what the person says to it.

use std::pin::pin;

use agentcy_sdk::{ApprovalState, ChatEvent, Client, Decision, Effect, Error};
use futures_util::StreamExt;
use serde_json::Value;

use super::{
    line::{self, Typed},
    screen::Screen,
};
use crate::output;

/// For how long `r` is remembered.
const REMEMBER_SECS: u32 = 3600;

/// What became of the question.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Asked {
    /// It is decided, or waits for somebody else.
    GoOn,
    /// The person wants the answer to stop.
    Stop,
}

/// What the person said.
enum Said {
    Decision(Decision),
    /// Not understood, or the arguments are none; ask again.
    Again,
    Stop,
}

/// Shows what would run and asks, where that is not decided yet and there is somebody to ask.
pub(super) async fn decide(
    client: &Client,
    screen: &Screen,
    conversation_id: &str,
    event: &ChatEvent,
) -> anyhow::Result<Asked> {
    let ChatEvent::ApprovalRequired { approval_id, tool, args, effect, reason, expires_at, .. } =
        event
    else {
        return Ok(Asked::GoOn);
    };
    let effect = match effect {
        Effect::Destructive => "destroys",
        Effect::Read => "reads",
        Effect::Write => "changes",
        _ => "does",
    };
    screen.warn(&format!("{tool} {effect} something: {reason}"));
    screen.plain(&serde_json::to_string_pretty(args)?);
    if is_decided(client, conversation_id, approval_id).await {
        return Ok(Asked::GoOn);
    }
    let until = expires_at.format("%H:%M:%S UTC");
    if !output::can_ask() {
        screen.dim(&format!("It waits until {until}: agentcy approvals approve {approval_id}"));
        return Ok(Asked::GoOn);
    }
    screen.dim(&format!(
        "Until {until}: y run it · n do not · e change the arguments first · r run it, and for an hour without asking. \
         Words behind y or n are noted."
    ));
    loop {
        let decision = match ask(screen, args).await? {
            Said::Decision(decision) => decision,
            Said::Again => continue,
            Said::Stop => return Ok(Asked::Stop),
        };
        match client.decide(conversation_id, approval_id, &decision).await {
            Ok(_) => return Ok(Asked::GoOn),
            Err(error @ Error::Refused { .. }) => {
                screen.failed(&error);
                // What breaks the schema can be mended; everything else is as it is.
                if error.code() != Some("invalid") {
                    return Ok(Asked::GoOn);
                }
            }
            Err(error) => return Err(error.into()),
        }
    }
}

/// What is told from its beginning may have been decided long ago. Where that is not known it is asked.
async fn is_decided(client: &Client, conversation_id: &str, approval_id: &str) -> bool {
    let mut approvals = pin!(client.approvals_of(conversation_id).items());
    while let Some(Ok(approval)) = approvals.next().await {
        if approval.id == approval_id {
            return approval.state != ApprovalState::Pending;
        }
    }
    false
}

async fn ask(screen: &Screen, args: &Value) -> anyhow::Result<Said> {
    let Typed::Line(line) = line::read("run it? [y/n/e/r] ", "").await? else {
        return Ok(Said::Stop);
    };
    let line = line.trim();
    let (word, note) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
    let note = Some(note.trim().to_owned()).filter(|note| !note.is_empty());
    let decision = Decision { note, ..Decision::default() };
    Ok(match word.to_ascii_lowercase().as_str() {
        "y" | "yes" => Said::Decision(Decision { approved: true, ..decision }),
        "n" | "no" => Said::Decision(decision),
        "r" | "remember" => {
            let remember_secs = Some(REMEMBER_SECS);
            Said::Decision(Decision { approved: true, remember_secs, ..decision })
        }
        "e" | "edit" => edited(screen, args, decision).await?,
        _ => {
            screen.dim("y, n, e or r.");
            Said::Again
        }
    })
}

async fn edited(screen: &Screen, args: &Value, decision: Decision) -> anyhow::Result<Said> {
    let Typed::Line(line) = line::read("arguments: ", &args.to_string()).await? else {
        return Ok(Said::Again);
    };
    match serde_json::from_str(&line) {
        Ok(args) => Ok(Said::Decision(Decision { approved: true, args: Some(args), ..decision })),
        Err(error) => {
            screen.bad(&format!("that is no JSON: {error}"));
            Ok(Said::Again)
        }
    }
}
