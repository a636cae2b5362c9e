//! Which tools an agent may use: those of chat by their names, those of sources as `source.tool`.

use agentcy_core::id::SourceId;

use super::{Toolbox, args::Tool};

/// What stands for each source, and for each tool of one.
const EACH: &str = "*";

impl Toolbox {
    /// Whether the agent may use a tool of chat. Whoever may run a tool of a source may use what runs those.
    pub(super) fn allows(&self, tool: Tool) -> bool {
        let list = &self.grants.allowed;
        list.is_empty()
            || list.iter().any(|entry| entry == tool.name())
            || tool == Tool::ExecuteConnectorTool && self.of_sources().next().is_some()
    }

    /// Whether the agent may run a tool of a source: one that it names, or any where it names none.
    pub(super) fn allows_at(&self, source: SourceId, source_name: &str, tool: &str) -> bool {
        let names = |(named, of_it): (&str, &str)| {
            (of_it == EACH || of_it == tool) && is_source(named, source, source_name)
        };
        self.allows(Tool::ExecuteConnectorTool)
            && (self.of_sources().next().is_none() || self.of_sources().any(names))
    }

    /// The entries that name tools of sources, in two. Only the names of sources hold dots.
    fn of_sources(&self) -> impl Iterator<Item = (&str, &str)> {
        self.grants.allowed.iter().filter_map(|entry| entry.rsplit_once('.'))
    }
}

/// Whether an entry means a source. What reads as an id is one, as in a call: a source that took the id of another for
/// its name has nothing of that.
fn is_source(named: &str, id: SourceId, name: &str) -> bool {
    match named.parse::<SourceId>() {
        Ok(named) => named == id,
        Err(_) => named == EACH || named.to_lowercase() == name.to_lowercase(),
    }
}
