#![doc = include_str!("../README.md")]

mod agents;
mod api_keys;
mod auth;
mod call;
mod chat;
mod client;
mod error;
mod events;
mod graph;
mod health;
mod hooks;
mod invites;
mod page;
mod patience;
mod realms;
mod repeats;
mod settings;
mod sources;
mod sse;
mod tasks;
mod tls;
mod usage;
mod users;
mod words;
mod workers;

pub use agents::{Agent, AgentUpdate, NewAgent, Run, RunError, RunLimits, StandingApproval};
pub use api_keys::{ApiKey, IssuedApiKey, NewApiKey};
pub use auth::{AuthConfig, Me, Org, Person, Registration, Session, SessionUser, Ticket};
pub use chat::{
    Approval, ApprovalState, ChatEvent, Conversation, ConversationUpdate, Decision, Events,
    LogEntry, Message, NewConversation, NewMessage, OnBusy, RunUsage, ToolCall, UnknownEvent,
};
pub use client::Client;
pub use error::Error;
pub use events::{Change, Changes, DomainEvent, Watch};
pub use graph::{
    Asserter, Cypher, Direction, Edge, Expand, GraphCount, GraphStats, Moment, Node, Projection,
    SourceRef, Subgraph, Table,
};
pub use health::{Health, Readiness};
pub use hooks::{Delivered, Delivery, HookSecret};
pub use invites::{Invite, IssuedInvite, NewInvite};
pub use page::{List, Page};
pub use realms::Realm;
pub use settings::{
    LlmFallback, LlmSettings, LlmTest, LlmUpdate, Security, SecurityUpdate, Settings,
    SettingsUpdate,
};
pub use sources::{
    NewSource, Source, SourceKind, SourceTool, SourceUpdate, Sync, SyncCounts, SyncError,
    SyncLogLine, SyncProgress, SyncState,
};
pub use tasks::{
    AuditEntry, DefinedTask, EventFilter, NewTask, NewTrigger, Skipped, Task, TaskFailure,
    TaskLimits, TaskRun, TaskRunDetail, TaskRunState, TaskUpdate, Trigger,
};
pub use usage::{Grouping, Usage, UsageQuery, UsageRow, UsageSums};
pub use users::{Member, MemberUpdate, Membership, Profile, ProfileUpdate};
pub use words::{ApprovalDefault, ApprovalDefaults, Credential, Effect, Role};
pub use workers::{
    Beats, Claim, ClaimedJob, CollectPayload, JobEnd, NewWorker, RegisteredWorker, Worker,
    WorkerProgress, Workers,
};
