//! Calls that were judged, run.

use std::time::Duration;

use agentcy_core::{ErrorCode, tool::Effect};
use agentcy_platform::{Error, Result};
use serde_json::Value;
use tokio_util::sync::CancellationToken;

use super::{
    Judged, Outcome, Tool, Toolbox, Verdict,
    args::Args,
    cite::citations,
    failure::{self, Failure},
};

/// How long one call may take.
const PATIENCE: Duration = Duration::from_mins(1);

impl Toolbox {
    /// Runs a call that may run. One that only reads ends at once when it is cancelled; one that has begun to change
    /// something is waited for.
    pub async fn run(&self, judged: &Judged, cancel: &CancellationToken) -> Outcome {
        let name = &judged.call.name;
        let writes = judged.effect != Effect::Read;
        if cancel.is_cancelled() {
            return Outcome::failed(name, cancelled());
        }
        let work = tokio::time::timeout(PATIENCE, self.dispatch(judged));
        let done = tokio::select! {
            biased;
            () = cancel.cancelled(), if !writes => return Outcome::failed(name, cancelled()),
            done = work => done,
        };
        match done {
            Ok(Ok(result)) => Outcome::done(name, result),
            Ok(Err(error)) => Outcome::failed(name, failure::of(&error, writes)),
            Err(_) => Outcome::failed(name, too_slow(writes)),
        }
    }

    async fn dispatch(&self, judged: &Judged) -> Result<Value> {
        if !matches!(judged.verdict, Verdict::Run(_)) {
            let message = "the call was not let pass";
            return Err(Error::refused(ErrorCode::PolicyDenied, message));
        }
        if let Some(call) = &judged.at_source {
            return self.execute_connector_tool(call).await;
        }
        let tool = Tool::named(&judged.call.name).ok_or_else(|| Error::not_found("tool"))?;
        let args = tool.read(&judged.call.args);
        let args = args.map_err(|fault| Error::invalid(vec![fault]))?;
        match args {
            Args::SearchGraph(ask) => self.search_graph(ask).await,
            Args::ExpandNode(ask) => self.expand_node(ask).await,
            Args::RunCypher(ask) => self.run_cypher(ask).await,
            Args::ListConnectors(_) => self.list_connectors().await,
            Args::SearchConnectorTools(ask) => self.search_connector_tools(ask).await,
            Args::ExecuteConnectorTool(_) => Err(Error::not_found("connector")),
            Args::UpsertNode(ask) => self.upsert_node(ask).await,
            Args::LinkNodes(ask) => self.link_nodes(ask).await,
        }
    }
}

impl Outcome {
    fn done(tool: &str, result: Value) -> Self {
        let citations = citations(&result);
        Self { result, is_error: false, taints: taints(tool), unknown: false, citations }
    }

    // Upstreams put words into their refusals as well.
    fn failed(tool: &str, Failure { result, unknown }: Failure) -> Self {
        Self { result, is_error: true, taints: taints(tool), unknown, citations: Vec::new() }
    }
}

/// Whether what a tool of this name gives holds text that nobody vouches for. The others give what the org's people
/// named, or what the call itself said.
pub fn taints(tool: &str) -> bool {
    let tool = Tool::named(tool);
    !matches!(tool, Some(Tool::ListConnectors | Tool::UpsertNode | Tool::LinkNodes))
}

fn cancelled() -> Failure {
    Failure::new("cancelled", "the run was stopped before the call had a result")
}

fn too_slow(writes: bool) -> Failure {
    let words = "the tool took longer than a minute";
    if writes {
        Failure::unknown(words)
    } else {
        Failure::new(
            ErrorCode::UpstreamUnavailable.name(),
            &format!("{words}; ask for less at once"),
        )
    }
}
