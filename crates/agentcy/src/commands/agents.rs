//! `agentcy agents`: define, show and remove agents, and let one answer.

use std::fmt::Write;

use agentcy_sdk::{Agent, Client, NewAgent};
use futures_util::TryStreamExt;

use super::chat;
use crate::{
    cli::{AgentCreate, AgentNamed, AgentRun, AgentsCommand, Server},
    exit::NotThere,
    input, output,
    profile::Profile,
    table,
};

/// Does what was asked for.
pub(crate) async fn run(command: AgentsCommand, json: bool) -> anyhow::Result<()> {
    match command {
        AgentsCommand::List(Server { url }) => list(&Profile::client(url).await?, json).await,
        AgentsCommand::Create(options) => create(options, json).await,
        AgentsCommand::Show(AgentNamed { agent, server }) => {
            let agent = named(&Profile::client(server.url).await?, &agent).await?;
            if json { output::print_json(&agent) } else { print(&agent) }
        }
        AgentsCommand::Delete(AgentNamed { agent, server }) => {
            let client = Profile::client(server.url).await?;
            let agent = named(&client, &agent).await?;
            client.remove_agent(&agent.id).await?;
            if json {
                return output::print_json(&agent);
            }
            output::say(&format!("{} is gone", agent.name));
            Ok(())
        }
        AgentsCommand::Run(options) => answer(options, json).await,
    }
}

/// The agent of this id or, whatever its case, this name.
pub(crate) async fn named(client: &Client, name: &str) -> anyhow::Result<Agent> {
    if name.starts_with("agt_") {
        return Ok(client.agent(name).await?);
    }
    let mut agents = std::pin::pin!(client.agents().limit(200).items());
    while let Some(agent) = agents.try_next().await? {
        if agent.name.to_lowercase() == name.to_lowercase() {
            return Ok(agent);
        }
    }
    Err(NotThere(format!("there is no agent {name}; `agentcy agents list` says which there are"))
        .into())
}

async fn list(client: &Client, json: bool) -> anyhow::Result<()> {
    let agents: Vec<Agent> = client.agents().limit(200).items().try_collect().await?;
    if json {
        return output::print_json(&agents);
    }
    if agents.is_empty() {
        output::say("there is no agent yet; `agentcy agents create` defines one");
        return Ok(());
    }
    let rows = agents.into_iter().map(|agent| {
        let model = agent.model.unwrap_or_else(|| "the org's".to_owned());
        let tools =
            if agent.tools.is_empty() { "every one".to_owned() } else { agent.tools.join(", ") };
        [agent.name, agent.id, model, tools]
    });
    table::print(["NAME", "ID", "MODEL", "TOOLS"], rows)
}

async fn create(options: AgentCreate, json: bool) -> anyhow::Result<()> {
    let AgentCreate { name, instructions, model, tools, realm, server } = options;
    let instructions = input::text(instructions)?;
    let new = NewAgent { name, instructions, model, tools, realm, ..NewAgent::default() };
    let agent = Profile::client(server.url).await?.create_agent(&new).await?;
    if json {
        return output::print_json(&agent);
    }
    output::say(&format!("{} is {}", agent.name, agent.id));
    Ok(())
}

fn print(agent: &Agent) -> anyhow::Result<()> {
    let mut text = format!("{}  {}\n", agent.name, agent.id);
    writeln!(text, "model: {}", agent.model.as_deref().unwrap_or("the org's"))?;
    let tools =
        if agent.tools.is_empty() { "every one".to_owned() } else { agent.tools.join(", ") };
    writeln!(text, "tools: {tools}")?;
    writeln!(text, "realm: {}", agent.realm.as_deref().unwrap_or("every one"))?;
    for standing in &agent.standing_approvals {
        writeln!(
            text,
            "agreed: {}.{} {} times a day until {}",
            standing.connector, standing.tool, standing.max_per_day, standing.expires_at
        )?;
    }
    write!(text, "\n{}", agent.instructions)?;
    output::print(&text)
}

async fn answer(options: AgentRun, json: bool) -> anyhow::Result<()> {
    let AgentRun { agent, input, background, server } = options;
    let client = Profile::client(server.url).await?;
    let agent = named(&client, &agent).await?;
    let input = match input {
        Some(input) => input,
        None => chat::read_input()?,
    };
    if !background {
        let events = client.run_agent(&agent.id, &input).await?;
        return chat::show(client, events, json).await;
    }
    let run = client.start_agent(&agent.id, &input).await?;
    if json {
        return output::print_json(&run);
    }
    output::say(&format!(
        "{} goes on; agentcy chat --conversation {} shows it",
        run.id, run.conversation_id
    ));
    Ok(())
}
