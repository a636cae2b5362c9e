//! The tools of the connected systems.

use std::collections::BTreeMap;

use agentcy_core::Limit;
use agentcy_platform::{
    PageRequest, Result,
    sources::{self, Source, SourceState, ToolCall, ToolInfo},
};
use serde_json::{Value, json};

use super::{
    Toolbox,
    args::SearchConnectorTools,
    bound::{MAX_RESULT, clean, shrink},
    digest::effect_name,
    search::Wanted,
    shape::Shown,
};

/// The tools of each kind of source.
type Kinds = BTreeMap<&'static str, Vec<ToolInfo>>;

/// What the words of a result take beside the answer of a source.
const WORDS: usize = 1024;

impl Toolbox {
    pub(super) async fn list_connectors(&self) -> Result<Value> {
        let (found, kinds, more) = self.connected().await?;
        let mut shown = Shown::new();
        let list = found.into_iter().map(|source| {
            let names: Vec<_> = self.tools_of(&source, &kinds).map(|tool| tool.name).collect();
            let state = match source.state {
                SourceState::New => "new",
                SourceState::Syncing => "syncing",
                SourceState::Ready => "ready",
                SourceState::Failed => "failed",
            };
            json!({
                "id": source.id,
                "name": source.name,
                "source_type": source.source_type,
                "realm": source.realm,
                "state": state,
                "tools": names,
            })
        });
        let connectors = shown.take(list.collect());
        let mut result = json!({ "connectors": connectors });
        shown.finish(&mut result, more, "search_connector_tools finds the others");
        Ok(result)
    }

    pub(super) async fn search_connector_tools(&self, ask: SearchConnectorTools) -> Result<Value> {
        let (found, kinds, more) = self.connected().await?;
        let wanted = Wanted::new(&ask.query);
        let is_any = ask.query.trim().is_empty();
        let mut ranked: Vec<(f64, &Source, &ToolInfo)> = Vec::new();
        for source in &found {
            for tool in self.tools_of(source, &kinds) {
                let name = format!("{} {} {}", source.name, source.source_type, tool.name);
                ranked.push((wanted.score(&name, tool.description), source, tool));
            }
        }
        ranked.retain(|(score, ..)| is_any || *score > 0.0);
        // Stable: of equals the newest source stands first, as in the list.
        ranked.sort_by(|a, b| b.0.total_cmp(&a.0));
        let top = usize::from(ask.top_k.unwrap_or(5));
        let more = more || ranked.len() > top;
        let mut shown = Shown::new();
        let list = ranked.into_iter().take(top).map(|(_, source, tool)| {
            json!({
                "connector": source.name,
                "tool": tool.name,
                "description": tool.description,
                "effect": effect_name(tool.effect),
                "input_schema": tool.input_schema,
            })
        });
        let list = shown.take(list.collect());
        let mut result = json!({ "tools": list });
        shown.finish(&mut result, more, "ask in other words, or for more of them");
        Ok(result)
    }

    pub(super) async fn execute_connector_tool(&self, call: &ToolCall) -> Result<Value> {
        let output = sources::run_judged(&self.platform, &self.caller, call).await?;
        let (content, note) = shrink(clean(output.content), MAX_RESULT - WORDS);
        let connector = json!({ "id": call.source, "name": call.source_name });
        let mut result = json!({ "connector": connector, "result": content });
        if output.truncated || note.is_some() {
            result["truncated"] = true.into();
        }
        if let Some(note) = note {
            result["cut"] = note.into();
        }
        Ok(result)
    }

    /// The sources that the run sees, the tools of their kinds, and whether there are more.
    async fn connected(&self) -> Result<(Vec<Source>, Kinds, bool)> {
        let limit = Limit::new(Limit::MAX).unwrap_or_default();
        let page = PageRequest { limit, cursor: None };
        let found = sources::list(&self.platform, &self.caller, page).await?;
        let kinds = sources::catalog(&self.platform, &self.caller).await?;
        let tools = kinds.into_iter().map(|kind| (kind.source_type, kind.tools)).collect();
        Ok((found.items, tools, found.next_cursor.is_some()))
    }

    /// The tools of a source that the run may use: nobody is told of one that would be refused.
    fn tools_of<'a>(
        &self,
        source: &Source,
        kinds: &'a Kinds,
    ) -> impl Iterator<Item = &'a ToolInfo> {
        let tools = kinds.get(source.source_type.as_str()).into_iter().flatten();
        tools.filter(|tool| self.allows_at(source.id, &source.name, tool.name))
    }
}
