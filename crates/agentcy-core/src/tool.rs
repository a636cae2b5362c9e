//! What a tool does to the world, and what an org lets pass without asking.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What running a tool changes.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Effect {
    /// Nothing.
    Read,
    /// Something that can be changed back.
    Write,
    /// Something that is gone afterwards.
    Destructive,
}

/// Whether a tool of some effect runs at once or waits for a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ApprovalDefault {
    /// Runs at once, unless the run has read untrusted text.
    Allow,
    /// A person decides.
    Approve,
}

/// The default for each effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ApprovalDefaults {
    /// For tools that only read.
    pub read: ApprovalDefault,
    /// For tools that write.
    pub write: ApprovalDefault,
    /// For tools that destroy.
    pub destructive: ApprovalDefault,
}

impl ApprovalDefaults {
    /// What holds for this effect.
    pub const fn of(&self, effect: Effect) -> ApprovalDefault {
        match effect {
            Effect::Read => self.read,
            Effect::Write => self.write,
            Effect::Destructive => self.destructive,
        }
    }
}

impl Default for ApprovalDefaults {
    fn default() -> Self {
        Self {
            read: ApprovalDefault::Allow,
            write: ApprovalDefault::Approve,
            destructive: ApprovalDefault::Approve,
        }
    }
}
