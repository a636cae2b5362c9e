//! The command line, a module a group of commands.

use clap::{Parser, Subcommand};
use clap_complete::Shell;

mod agents;
mod approvals;
mod chat;
mod graph;
mod hooks;
mod operation;
mod secrets;
mod session;
mod sources;
mod tasks;

pub(crate) use self::{
    agents::{AgentCreate, AgentNamed, AgentRun, AgentsCommand},
    approvals::{Approvals, ApprovalsCommand, Approve, Deny},
    chat::Chat,
    graph::{
        At, Direction, GraphCommand, GraphCypher, GraphExpand, GraphSearch, GraphShow, Rebuild,
    },
    hooks::{HookSign, HooksCommand},
    operation::{Doctor, Init, Worker},
    secrets::{Reseal, SecretsCommand},
    session::{Login, Server},
    sources::{
        SourceAdd, SourceCatalog, SourceNamed, SourceRemove, SourceSync, SourceUpload,
        SourcesCommand,
    },
    tasks::{
        LimitOptions, Missed, Overlap, TaskCancel, TaskCreate, TaskNamed, TaskRotate, TaskRun,
        TaskRuns, TasksCommand, TriggerOptions,
    },
};

/// Knowledge-graph agents over your organisation's systems.
#[derive(Debug, Parser)]
#[command(name = "agentcy", version, max_term_width = 100)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,

    /// Print what comes of it as one JSON document; what goes wrong is said in words, on stderr.
    #[arg(long, global = true)]
    pub(crate) json: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run the server.
    #[command(
        after_help = "Examples:\n  agentcy serve\n  AGENTCY_BIND=127.0.0.1:9000 agentcy serve\n\n\
        Without settings it listens on 127.0.0.1:8080 and keeps everything in ./data (as root in /var/lib/agentcy)."
    )]
    Serve,

    /// Serve the WebSocket alone, beside a server, over the same PostgreSQL and Redis.
    #[command(
        after_help = "Example:\n  DATABASE_URL=postgres://agentcy_app@db/agentcy REDIS_URL=redis://cache AGENTCY_ENCRYPTION_KEY=... \
        JWT_SECRET=... AGENTCY_BIND=127.0.0.1:8081 agentcy ws\n\n\
        It serves /ws, /healthz, /readyz and /metrics, with the settings of the server; JWT_SECRET and AGENTCY_ENCRYPTION_KEY \
        are the server's, or AGENTCY_DATA_DIR is, on the same machine.\n\
        It needs DATABASE_URL. Without REDIS_URL for both it hears of what happens by looking every second, and knows no \
        tickets that the server made.\n\
        On SIGTERM it closes every socket with 1001."
    )]
    Ws,

    /// Run jobs beside a server, over the same PostgreSQL, or collect for one elsewhere.
    #[command(
        after_help = "Examples:\n  DATABASE_URL=postgres://agentcy_app@db/agentcy AGENTCY_ENCRYPTION_KEY=... agentcy worker\n  \
        WORKER_TOKEN=... agentcy worker --server https://agentcy.example.com --capacity 8\n\n\
        With --server it needs WORKER_TOKEN and nothing else; AGENTCY_EGRESS_ALLOW and AGENTCY_FILES_ALLOW are its own.\n\
        Without, it needs DATABASE_URL, and the server's key for stored secrets: AGENTCY_ENCRYPTION_KEY, or the server's \
        AGENTCY_DATA_DIR on the same machine.\n\
        It uses neither graph nor web server, so it runs beside a server that holds the embedded graph and bus; without \
        REDIS_URL for both it hears of new work by looking every second.\n\
        Sources that read local paths read them on the machine of whoever takes the job.\n\
        On SIGTERM it gives back what it holds, so that another goes on at once."
    )]
    Worker(Worker),

    /// Write a .env with random secrets, for compose or any other deployment.
    #[command(
        after_help = "Examples:\n  agentcy init\n  agentcy init --file /etc/agentcy/.env --admin-email ops@example.com"
    )]
    Init(Init),

    /// Bring the database up to date.
    #[command(
        after_help = "Example:\n  DATABASE_MIGRATE_URL=postgres://owner@db/agentcy DATABASE_URL=postgres://agentcy_app@db/agentcy agentcy migrate"
    )]
    Migrate,

    /// Look after the keys of what is stored sealed.
    #[command(after_help = "Example:\n  agentcy secrets reseal")]
    Secrets {
        #[command(subcommand)]
        command: SecretsCommand,
    },

    /// Search and ask the graph, and look after its engine.
    #[command(
        after_help = "Examples:\n  agentcy graph search readme\n  agentcy graph cypher 'MATCH (n) RETURN count(*)'\n  \
        agentcy graph rebuild"
    )]
    Graph {
        #[command(subcommand)]
        command: GraphCommand,
    },

    /// Check settings and everything the server stands on, and say how to mend what is wrong.
    #[command(
        after_help = "Examples:\n  agentcy doctor\n  agentcy doctor --config\n  agentcy doctor --url http://127.0.0.1:8080"
    )]
    Doctor(Doctor),

    /// Print the OpenAPI 3.1 document.
    #[command(after_help = "Example:\n  agentcy openapi > openapi.json")]
    Openapi,

    /// Sign in to a server and remember the session.
    #[command(
        after_help = "Examples:\n  agentcy login\n  agentcy login --url https://agentcy.example.com --email ada@example.com\n  \
        printf %s \"$PASSWORD\" | agentcy login --email ada@example.com --password-stdin\n  \
        agentcy login --token-stdin < key.txt\n\n\
        A session of a password is renewed while it is used, for 30 days in all."
    )]
    Login(Login),

    /// End the remembered session.
    #[command(after_help = "Example:\n  agentcy logout")]
    Logout(Server),

    /// Say who is signed in, where, and with which rights.
    #[command(after_help = "Example:\n  agentcy whoami --json")]
    Whoami(Server),

    /// Talk to the graph: ask, watch the answer come, and decide what it may change.
    #[command(
        after_help = "Examples:\n  agentcy chat\n  agentcy chat \"who owns the payment service?\"\n  \
        git log -1 | agentcy chat --agent reviewer --json\n\n\
        Without a message and at a terminal it is a conversation: Ctrl-C stops an answer, twice leaves, Ctrl-D ends it.\n\
        What an agent wants to change is shown and asked for. Where there is no terminal to ask at, the answer waits \
        until somebody decides (`agentcy approvals`).\n\
        Exit codes: 0 answered, 1 broken off, 4 not signed in, 5 not found, 6 ended early (a limit, a stop, nobody decided)."
    )]
    Chat(Chat),

    /// Connect systems, sync them, and see what they can do.
    #[command(after_help = "Examples:\n  agentcy sources catalog git\n  \
        agentcy sources add git code --realm development --set path=/srv/code\n  agentcy sources sync code")]
    Sources {
        #[command(subcommand)]
        command: SourcesCommand,
    },

    /// Look after the agents of the org, and let one answer.
    #[command(
        after_help = "Examples:\n  agentcy agents list\n  agentcy agents create reviewer --instructions \"You review changes.\"\n  \
        agentcy agents run reviewer \"what changed yesterday?\""
    )]
    Agents {
        #[command(subcommand)]
        command: AgentsCommand,
    },

    /// Look after what happens on a schedule, a webhook or an event.
    #[command(
        after_help = "Examples:\n  agentcy tasks create report --agent reviewer --prompt 'What changed?' --cron @daily\n  \
        agentcy tasks run report\n  agentcy tasks runs report"
    )]
    Tasks {
        #[command(subcommand)]
        command: TasksCommand,
    },

    /// Try webhooks as their sender does.
    #[command(after_help = "Example:\n  AGENTCY_HOOK_SECRET=whsec_... agentcy hooks sign \
        http://127.0.0.1:8080/api/v1/hooks/trg_01976b4e-7c00-7000-8000-000000000000 --body '{\"title\":\"It is slow\"}' | sh")]
    Hooks {
        #[command(subcommand)]
        command: HooksCommand,
    },

    /// See who collects elsewhere, and what waits for them.
    #[command(after_help = "Example:\n  agentcy workers --json")]
    Workers(Server),

    /// See what waits for your decision, and decide it.
    #[command(
        after_help = "Examples:\n  agentcy approvals\n  agentcy approvals approve apr_01976b4e-7c00-7000-8000-000000000000\n  \
        agentcy approvals deny apr_01976b4e-7c00-7000-8000-000000000000 --note \"not on a Friday\""
    )]
    Approvals(Approvals),

    /// Print a completion script for your shell.
    #[command(
        after_help = "Example:\n  agentcy completions bash > ~/.local/share/bash-completion/completions/agentcy"
    )]
    Completions { shell: Shell },

    /// Print every setting with its meaning and default, as .env.example has it.
    #[command(hide = true)]
    EnvExample,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        super::Cli::command().debug_assert();
    }
}
