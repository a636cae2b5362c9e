//! Features that can be off.

use serde::{Deserialize, Serialize};

/// A part of the product that an operator or an org may switch off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Feature {
    /// Documents and retrieval.
    Rag,
    /// Remote worker daemons.
    Workers,
    /// Workflows.
    Orchestrator,
    /// Voice sessions.
    Voice,
    /// Policies.
    Policies,
    /// Coding agents in sandboxes.
    Ciab,
}

impl Feature {
    /// Every feature.
    pub const ALL: [Self; 6] =
        [Self::Rag, Self::Workers, Self::Orchestrator, Self::Voice, Self::Policies, Self::Ciab];

    /// The name as the API and the settings write it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Rag => "rag",
            Self::Workers => "workers",
            Self::Orchestrator => "orchestrator",
            Self::Voice => "voice",
            Self::Policies => "policies",
            Self::Ciab => "ciab",
        }
    }

    /// Whether this release contains it at all.
    pub const fn is_built(self) -> bool {
        matches!(self, Self::Workers)
    }

    /// Whether the environment has it on when it says nothing.
    pub const fn is_on_by_default(self) -> bool {
        matches!(self, Self::Workers)
    }
}

/// Which features are on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Features([bool; 6]);

impl Features {
    /// Asks the given rule for each feature.
    pub fn from_rule(rule: impl Fn(Feature) -> bool) -> Self {
        Self(Feature::ALL.map(rule))
    }

    /// Whether this one is on.
    pub const fn has(&self, feature: Feature) -> bool {
        self.0[feature as usize]
    }

    /// On in both.
    #[must_use]
    pub fn and(&self, other: &Self) -> Self {
        Self::from_rule(|feature| self.has(feature) && other.has(feature))
    }
}
