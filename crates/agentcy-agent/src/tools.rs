//! What a model can do: eight tools, each an operation of the platform done as whoever started the run.
//!
//! A call is judged before it runs, and only what was judged runs: by the present rights of the starter, within the
//! realms of agent and conversation, and as far as a person agreed where one must.

mod allowed;
mod args;
mod bound;
mod cite;
mod connectors;
mod digest;
mod edit;
mod failure;
mod graph;
mod judge;
mod read;
mod run;
mod search;
mod shape;
mod standing;
mod untrusted;

use std::sync::Arc;

use agentcy_core::{
    Caller, ErrorCode, Realm, Realms,
    agent::StandingApproval,
    id::{ConversationId, RunId},
    tool::{ApprovalDefaults, Effect},
};
use agentcy_llm::ToolSpec;
use agentcy_platform::{Platform, sources::ToolCall};
use agentcy_store::tool_calls::PassedBy;
use serde_json::Value;
use uuid::Uuid;

pub use args::Tool;
pub use bound::MAX_RESULT;
pub use cite::{Citation, Citer, citations};
pub use digest::CallDigest;
pub(crate) use edit::Edited;
pub use failure::{denied, refusal};
pub use run::taints;
pub use untrusted::{UNTRUSTED_RULE, envelope};
pub(crate) use untrusted::{quoted, quotes};

/// What agent, task, conversation and org let a run do.
#[derive(Debug, Clone)]
pub struct Grants {
    /// The conversation.
    pub conversation: ConversationId,
    /// The tools of the agent, those of sources as `source.tool`; none listed is every tool.
    pub allowed: Vec<String>,
    /// What the org lets pass without asking.
    pub defaults: ApprovalDefaults,
    /// What the agent or task lets pass, in place of it.
    pub own_defaults: Option<ApprovalDefaults>,
    /// What admins agreed to beforehand.
    pub standing: Vec<Standing>,
    /// The realms of agent and conversation, where they have one.
    pub realms: Vec<Realm>,
}

/// What an admin agreed to beforehand.
#[derive(Debug, Clone, PartialEq)]
pub struct Standing {
    /// The agent or task that has it, by which its uses are counted.
    pub subject: Uuid,
    /// What it is.
    pub approval: StandingApproval,
}

/// The tools of a run, as of now.
pub struct Toolbox {
    platform: Platform,
    run: RunId,
    caller: Caller,
    grants: Grants,
}

/// A call, as a model wrote it.
#[derive(Debug, Clone, PartialEq)]
pub struct Call {
    /// The tool.
    pub name: String,
    /// The arguments.
    pub args: Value,
}

/// A call that was judged.
#[derive(Debug)]
pub struct Judged {
    /// The call as it would run.
    pub call: Call,
    /// What it changes. What names no tool counts as the worst, and never runs.
    pub effect: Effect,
    /// The id of the source, where it is one's.
    pub connector: Option<String>,
    /// The tool of the source.
    pub tool: Option<String>,
    /// What people are shown as the tool: `source.tool`, or the name.
    pub label: String,
    /// The arguments that a decision is bound to: of a source's tool its own, else all.
    pub args: Value,
    /// What may be put in place of them.
    pub args_schema: Value,
    /// What a decision is bound to.
    pub digest: CallDigest,
    /// What happens to it.
    pub verdict: Verdict,
    at_source: Option<ToolCall>,
    standing: Option<standing::Use>,
}

/// What happens to a call.
#[derive(Debug, Clone, PartialEq)]
pub enum Verdict {
    /// It runs.
    Run(PassedBy),
    /// A person decides.
    Ask {
        /// Why, in words for them.
        reason: String,
    },
    /// It does not run.
    Refuse {
        /// Why, as clients match on it.
        code: ErrorCode,
        /// Why, in words that help a model to mend the call.
        message: String,
    },
}

/// What came of a call.
#[derive(Debug)]
pub struct Outcome {
    /// What the model is told, at most [`MAX_RESULT`] bytes of JSON.
    pub result: Value,
    /// Whether it failed.
    pub is_error: bool,
    /// Whether it holds text that nobody vouches for.
    pub taints: bool,
    /// Whether it may have had its effect although it failed.
    pub unknown: bool,
    /// What an answer may cite of it.
    pub citations: Vec<Citation>,
}

impl Toolbox {
    /// The tools of a run whose starter may do what `caller` may.
    pub fn new(platform: &Platform, run: RunId, caller: Caller, grants: Grants) -> Self {
        let caller = narrowed(caller, &grants.realms);
        Self { platform: platform.clone(), run, caller, grants }
    }

    /// What the model is told of; the same each time.
    pub fn specs(&self) -> Vec<Arc<ToolSpec>> {
        let allowed = Tool::specs().filter(|(tool, _)| self.allows(*tool));
        allowed.map(|(_, spec)| Arc::clone(spec)).collect()
    }
}

/// Somebody who sees only what lies in all of these realms as well.
fn narrowed(caller: Caller, realms: &[Realm]) -> Caller {
    let within =
        |seen: Realms, realm: &Realm| seen.intersect(&Realms::Only([realm.clone()].into()));
    let seen = realms.iter().fold(caller.realms.clone(), within);
    Caller { realms: seen, ..caller }
}
