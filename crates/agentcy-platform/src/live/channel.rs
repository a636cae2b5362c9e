//! The channels of an org: what its events are told on.

use agentcy_core::Action;

/// One list of numbered events.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Channel {
    /// Changes of the graph.
    Graph,
    /// Tasks and their runs.
    Tasks,
    /// Sources and their syncs.
    Sources,
    /// What waits for a decision.
    Approvals,
}

impl Channel {
    /// Every channel.
    pub const ALL: [Self; 4] = [Self::Graph, Self::Tasks, Self::Sources, Self::Approvals];

    /// The topic of its events.
    pub const fn topic(self) -> &'static str {
        match self {
            Self::Graph => "graph",
            Self::Tasks => "tasks",
            Self::Sources => "sources",
            Self::Approvals => "approvals",
        }
    }

    /// What somebody must be permitted who follows it.
    pub const fn action(self) -> Action {
        match self {
            Self::Graph => Action::GraphRead,
            Self::Tasks => Action::TaskRead,
            Self::Sources => Action::SourceRead,
            Self::Approvals => Action::ApprovalRead,
        }
    }
}
