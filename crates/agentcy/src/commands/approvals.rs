//! `agentcy approvals`: what waits for a decision, and the decision.

use agentcy_sdk::{Approval, Client, Decision};
use anyhow::Context;
use futures_util::TryStreamExt;

use crate::{
    cli::{Approvals, ApprovalsCommand, Approve, Deny},
    exit::NotThere,
    output,
    profile::Profile,
};

/// Lists, or decides.
pub(crate) async fn run(options: Approvals, json: bool) -> anyhow::Result<()> {
    match options.command {
        None => list(&Profile::client(options.server.url).await?, json).await,
        Some(ApprovalsCommand::Approve(Approve { approval, note, args, remember, server })) => {
            let args = args.map(|args| serde_json::from_str(&args)).transpose();
            let args = args.context("--args is no JSON")?;
            let decision = Decision { approved: true, note, args, remember_secs: remember };
            decide(&Profile::client(server.url).await?, &approval, &decision, json).await
        }
        Some(ApprovalsCommand::Deny(Deny { approval, note, server })) => {
            let decision = Decision { note, ..Decision::default() };
            decide(&Profile::client(server.url).await?, &approval, &decision, json).await
        }
    }
}

async fn list(client: &Client, json: bool) -> anyhow::Result<()> {
    let waiting: Vec<Approval> = client.approvals().limit(200).items().try_collect().await?;
    if json {
        return output::print_json(&waiting);
    }
    if waiting.is_empty() {
        output::say("nothing waits for you");
    }
    for approval in waiting {
        let until = approval.expires_at.map(|at| at.format("%H:%M:%S UTC").to_string());
        let text = format!(
            "{}  {} in {} until {}\n{}\n{}\n",
            approval.id,
            approval.tool,
            approval.conversation_id,
            until.unwrap_or_default(),
            approval.reason,
            serde_json::to_string_pretty(&approval.args)?,
        );
        output::print(&text)?;
    }
    Ok(())
}

async fn decide(
    client: &Client,
    approval_id: &str,
    decision: &Decision,
    json: bool,
) -> anyhow::Result<()> {
    // The inbox knows the conversation, which the decision is addressed to.
    let mut waiting = std::pin::pin!(client.approvals().limit(200).items());
    let mut found = None;
    while let Some(approval) = waiting.try_next().await? {
        if approval.id == approval_id {
            found = Some(approval);
            break;
        }
    }
    let found = found.ok_or_else(|| {
        NotThere(format!("{approval_id} does not wait for you: `agentcy approvals` says what does"))
    })?;
    let decided = client.decide(&found.conversation_id, approval_id, decision).await?;
    if json {
        return output::print_json(&decided);
    }
    output::say(&format!("{} is {}", decided.tool, decided.state.name()));
    Ok(())
}
