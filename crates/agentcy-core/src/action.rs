//! What can be done, and who may do it: one closed list, one table.
//!
//! Audit rows, policies and the OpenAPI document use the same names.

use crate::Role;

/// What an action asks of the one who does it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// The least role in the org.
    pub role: Role,
    /// Whether an API key may do it, or only a person.
    pub keys: bool,
}

const fn anyone(role: Role) -> Standing {
    Standing { role, keys: true }
}

const fn person(role: Role) -> Standing {
    Standing { role, keys: false }
}

// A macro, so that an action without a name or a standing does not compile.
macro_rules! actions {
    ($($(#[$doc:meta])* $variant:ident = $name:literal, $standing:expr;)*) => {
        /// Everything a caller can do.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Action {
            $($(#[$doc])* $variant,)*
        }

        impl Action {
            /// Every action.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// The name in audit rows, policies and documents.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)*
                }
            }

            /// The role table.
            pub const fn standing(self) -> Standing {
                match self {
                    $(Self::$variant => $standing,)*
                }
            }
        }
    };
}

actions! {
    /// Ask who one is.
    SessionRead = "session.read", anyone(Role::Viewer);
    /// Trade a token for a newer one.
    SessionRefresh = "session.refresh", person(Role::Viewer);
    /// End one's session.
    SessionEnd = "session.end", person(Role::Viewer);
    /// Make a ticket for a place that cannot send headers.
    TicketCreate = "ticket.create", anyone(Role::Viewer);
    /// Read one's own profile and memberships.
    ProfileRead = "profile.read", person(Role::Viewer);
    /// Change one's own profile.
    ProfileUpdate = "profile.update", person(Role::Viewer);
    /// Change one's own password.
    PasswordChange = "password.change", person(Role::Viewer);
    /// See the members of the org.
    UserList = "user.list", anyone(Role::Admin);
    /// Change a member's role, realms or state.
    UserUpdate = "user.update", person(Role::Admin);
    /// Remove a member from the org.
    UserRemove = "user.remove", person(Role::Admin);
    /// See the API keys of the org.
    ApiKeyRead = "api_key.read", anyone(Role::Admin);
    /// Make an API key.
    ApiKeyCreate = "api_key.create", person(Role::Admin);
    /// Give an API key a new secret.
    ApiKeyRotate = "api_key.rotate", person(Role::Admin);
    /// Revoke an API key.
    ApiKeyRevoke = "api_key.revoke", anyone(Role::Admin);
    /// Read the org's settings.
    SettingsRead = "settings.read", anyone(Role::Viewer);
    /// Change the org's settings.
    SettingsUpdate = "settings.update", anyone(Role::Admin);
    /// Read the org's model provider.
    LlmSettingsRead = "settings.llm.read", anyone(Role::Admin);
    /// Change the org's model provider.
    LlmSettingsUpdate = "settings.llm.update", anyone(Role::Admin);
    /// Make one real call to the model provider.
    LlmSettingsTest = "settings.llm.test", anyone(Role::Admin);
    /// Read which features are on.
    FeaturesRead = "settings.features.read", anyone(Role::Viewer);
    /// Switch features of the org.
    FeaturesUpdate = "settings.features.update", anyone(Role::Owner);
    /// Read the approval defaults.
    SecurityRead = "settings.security.read", anyone(Role::Admin);
    /// Change the approval defaults.
    SecurityUpdate = "settings.security.update", person(Role::Admin);
    /// Read usage and cost.
    UsageRead = "usage.read", anyone(Role::Viewer);
    /// See the realms.
    RealmRead = "realm.read", anyone(Role::Viewer);
    /// See the open invitations.
    InviteRead = "invite.read", anyone(Role::Admin);
    /// Invite somebody.
    InviteCreate = "invite.create", person(Role::Admin);
    /// Withdraw an invitation.
    InviteRevoke = "invite.revoke", anyone(Role::Admin);
    /// Read the graph, present and past.
    GraphRead = "graph.read", anyone(Role::Viewer);
    /// Ask the graph in Cypher, read only.
    GraphCypher = "graph.cypher", anyone(Role::Viewer);
    /// Assert something of a node or an edge.
    GraphWrite = "graph.write", anyone(Role::Member);
    /// See the sources, their syncs and tools.
    SourceRead = "source.read", anyone(Role::Viewer);
    /// Connect a source.
    SourceCreate = "source.create", anyone(Role::Member);
    /// Change a source.
    SourceUpdate = "source.update", anyone(Role::Member);
    /// Disconnect a source.
    SourceDelete = "source.delete", anyone(Role::Member);
    /// Try the settings of a source.
    SourceValidate = "source.validate", anyone(Role::Member);
    /// Upload the content of a source.
    SourceUpload = "source.upload", anyone(Role::Member);
    /// Sync a source.
    SourceSync = "source.sync", anyone(Role::Member);
    /// Stop a sync.
    SourceSyncCancel = "source.sync.cancel", anyone(Role::Member);
    /// Run a tool of a source.
    SourceToolRun = "source.tool.run", anyone(Role::Viewer);
    /// See the agents and their runs.
    AgentRead = "agent.read", anyone(Role::Viewer);
    /// Define an agent.
    AgentCreate = "agent.create", anyone(Role::Member);
    /// Change an agent.
    AgentUpdate = "agent.update", anyone(Role::Member);
    /// Remove an agent.
    AgentDelete = "agent.delete", anyone(Role::Member);
    /// Let an agent answer.
    AgentExecute = "agent.execute", anyone(Role::Viewer);
    /// Read one's conversations and what happens in them.
    ConversationRead = "conversation.read", anyone(Role::Viewer);
    /// Begin a conversation.
    ConversationCreate = "conversation.create", anyone(Role::Viewer);
    /// Rename, move or archive a conversation.
    ConversationUpdate = "conversation.update", anyone(Role::Viewer);
    /// Delete a conversation and all that was said in it.
    ConversationDelete = "conversation.delete", anyone(Role::Viewer);
    /// Say something, and have it answered.
    MessageSend = "message.send", anyone(Role::Viewer);
    /// Stop a run.
    RunCancel = "run.cancel", anyone(Role::Viewer);
    /// See what waits for a decision.
    ApprovalRead = "approval.read", anyone(Role::Viewer);
    /// Decide whether a tool runs.
    ApprovalDecide = "approval.decide", anyone(Role::Member);
    /// See the tasks and their runs.
    TaskRead = "task.read", anyone(Role::Viewer);
    /// Define a task.
    TaskCreate = "task.create", anyone(Role::Member);
    /// Change a task.
    TaskUpdate = "task.update", anyone(Role::Member);
    /// Remove a task and its runs.
    TaskDelete = "task.delete", anyone(Role::Member);
    /// Set a task off by hand.
    TaskRun = "task.run", anyone(Role::Member);
    /// Stop a run of a task.
    TaskRunCancel = "task.run.cancel", anyone(Role::Member);
    /// Give the webhook of a task a new secret.
    TriggerRotate = "trigger.rotate", anyone(Role::Member);
    /// Set a task off by a webhook, a tick or an event: what its trigger may do.
    TaskTrigger = "task.trigger", anyone(Role::Member);
    /// See the workers that collect for the org, and what waits for them.
    WorkerRead = "worker.read", anyone(Role::Viewer);
    /// Follow what happens.
    EventRead = "event.read", anyone(Role::Viewer);
}

impl std::fmt::Display for Action {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique() {
        let mut names: Vec<_> = Action::ALL.iter().map(|action| action.name()).collect();
        names.sort_unstable();
        let count = names.len();
        names.dedup();
        assert_eq!(names.len(), count);
    }
}
