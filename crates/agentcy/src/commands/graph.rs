//! `agentcy graph`: search, show, expand, ask and count, and make it anew.

mod rebuild;
mod show;

use agentcy_config::Scope;
use agentcy_sdk::{Client, Cypher, Direction, Expand, Moment};
use futures_util::TryStreamExt;
use serde_json::Map;

use super::sources;
use crate::{
    cli::{self, GraphCommand, GraphCypher, GraphExpand, GraphSearch, GraphShow, Server},
    input, output,
    profile::Profile,
    table,
};

/// Does what was asked for.
pub(crate) async fn run(command: GraphCommand, json: bool) -> anyhow::Result<()> {
    match command {
        GraphCommand::Search(options) => search(options, json).await,
        GraphCommand::Show(GraphShow { node, at, server }) => {
            let node = Profile::client(server.url).await?.node_at(&node, moment(&at)).await?;
            if json { output::print_json(&node) } else { show::node(&node) }
        }
        GraphCommand::Expand(options) => expand(options, json).await,
        GraphCommand::Cypher(options) => cypher(options, json).await,
        GraphCommand::Stats(Server { url }) => stats(&Profile::client(url).await?, json).await,
        GraphCommand::Rebuild(options) => {
            rebuild::rebuild(&options, &super::settings(Scope::Apart)?, json).await
        }
    }
}

fn moment(at: &cli::At) -> Moment {
    Moment { as_of: at.as_of, known_at: at.known_at }
}

async fn search(options: GraphSearch, json: bool) -> anyhow::Result<()> {
    let GraphSearch { text, labels, realms, source, limit, cursor, at, server } = options;
    let client = Profile::client(server.url).await?;
    let mut list = client.search_nodes(&text).limit(limit).at(moment(&at));
    list = labels.iter().fold(list, |list, label| list.label(label));
    list = realms.iter().fold(list, |list, realm| list.realm(realm));
    if let Some(source) = source {
        list = list.source(&sources::named(&client, &source).await?.id);
    }
    let page = list.page(cursor.as_deref()).await?;
    if json {
        return output::print_json(&page);
    }
    if page.items.is_empty() {
        output::say("nothing is found");
        return Ok(());
    }
    show::nodes(&page.items)?;
    table::say_rest(&page);
    Ok(())
}

async fn expand(options: GraphExpand, json: bool) -> anyhow::Result<()> {
    let GraphExpand { nodes, depth, types, labels, direction, limit, at, server } = options;
    let direction = match direction {
        cli::Direction::Out => Direction::Out,
        cli::Direction::In => Direction::In,
        cli::Direction::Both => Direction::Both,
    };
    let ask = Expand {
        node_ids: nodes,
        depth: Some(depth),
        types,
        labels,
        direction: Some(direction),
        limit: Some(limit),
        as_of: at.as_of,
        known_at: at.known_at,
    };
    let found = Profile::client(server.url).await?.expand(&ask).await?;
    if json {
        return output::print_json(&found);
    }
    show::subgraph(&found)
}

async fn cypher(options: GraphCypher, json: bool) -> anyhow::Result<()> {
    let GraphCypher { query, params, limit, timeout_ms, server } = options;
    let params: Map<_, _> =
        params.into_iter().map(|(name, value)| (name, input::value(&value))).collect();
    let ask = Cypher { query: input::text(query)?, params, limit: Some(limit), timeout_ms };
    let found = Profile::client(server.url).await?.cypher(&ask).await?;
    if json {
        return output::print_json(&found);
    }
    if found.rows.is_empty() {
        output::say("no rows");
        return Ok(());
    }
    let rows = found.rows.iter().map(|row| row.iter().map(show::cell).collect());
    table::draw(&found.columns, rows)?;
    if found.truncated {
        output::say("there are more rows; --limit shows more");
    }
    Ok(())
}

async fn stats(client: &Client, json: bool) -> anyhow::Result<()> {
    let stats = client.graph_stats().await?;
    if json {
        return output::print_json(&stats);
    }
    let sources: Vec<_> = client.sources().limit(200).items().try_collect().await?;
    show::stats(&stats, &sources)
}
