//! The command line.

use std::path::PathBuf;

use agentcy_core::id::OrgId;
use clap::{Args, Parser, Subcommand};
use clap_complete::Shell;
use url::Url;

/// Knowledge-graph agents over your organisation's systems.
#[derive(Debug, Parser)]
#[command(name = "agentcy", version, about, max_term_width = 100)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,

    /// Print one JSON document instead of text.
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

    /// Run jobs beside a server, over the same PostgreSQL.
    #[command(
        after_help = "Example:\n  DATABASE_URL=postgres://agentcy_app@db/agentcy AGENTCY_ENCRYPTION_KEY=... agentcy worker\n\n\
        It needs DATABASE_URL, and the server's key for stored secrets: AGENTCY_ENCRYPTION_KEY, or the server's \
        AGENTCY_DATA_DIR on the same machine.\n\
        It uses neither graph nor web server, so it runs beside a server that holds the embedded graph and bus; without \
        REDIS_URL for both it hears of new work by looking every second.\n\
        Sources that read local paths read them on the machine of whoever takes the job.\n\
        On SIGTERM it gives back what it holds, so that another goes on at once."
    )]
    Worker,

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

    /// Look after the graph engine.
    #[command(after_help = "Example:\n  agentcy graph rebuild")]
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
        printf %s \"$PASSWORD\" | agentcy login --email ada@example.com --password-stdin"
    )]
    Login(Login),

    /// End the remembered session.
    #[command(after_help = "Example:\n  agentcy logout")]
    Logout(Server),

    /// Say who is signed in, where, and with which rights.
    #[command(after_help = "Example:\n  agentcy whoami --json")]
    Whoami(Server),

    /// Print a completion script for your shell.
    #[command(
        after_help = "Example:\n  agentcy completions bash > ~/.local/share/bash-completion/completions/agentcy"
    )]
    Completions { shell: Shell },

    /// Print every setting with its meaning and default, as .env.example has it.
    #[command(hide = true)]
    EnvExample,
}

#[derive(Debug, Args)]
pub(crate) struct Init {
    /// Where to write; an existing file is never overwritten.
    #[arg(long, default_value = ".env")]
    pub(crate) file: PathBuf,
    /// Who administers the server.
    #[arg(long, default_value = "admin@example.com")]
    pub(crate) admin_email: String,
}

#[derive(Debug, Subcommand)]
pub(crate) enum GraphCommand {
    /// Make the graph anew from the ledger, which loses nothing.
    #[command(
        after_help = "Examples:\n  agentcy graph rebuild\n  agentcy graph rebuild --org org_01976b4e-7c00-7000-8000-000000000000\n\n\
        With the settings of the server. A running server does it, and this shows how far it is; without one it is \
        done here. It replaces a graph that belongs to another database, and fills a Neo4j that is new."
    )]
    Rebuild(Rebuild),
}

#[derive(Debug, Args)]
pub(crate) struct Rebuild {
    /// Only the graph of this org; of every org unless given.
    #[arg(long)]
    pub(crate) org: Option<OrgId>,
}

#[derive(Debug, Args)]
pub(crate) struct Doctor {
    /// Check the settings only; nothing is contacted.
    #[arg(long)]
    pub(crate) config: bool,
    /// Ask a running server how it is, instead.
    #[arg(long, conflicts_with = "config")]
    pub(crate) url: Option<Url>,
    /// Print nothing; the exit code tells.
    #[arg(long)]
    pub(crate) quiet: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Server {
    /// The server; the one of the last login unless given.
    #[arg(long)]
    pub(crate) url: Option<Url>,
}

#[derive(Debug, Args)]
pub(crate) struct Login {
    /// The server.
    #[arg(long, default_value = "http://127.0.0.1:8080")]
    pub(crate) url: Url,
    /// Your e-mail; asked for when missing.
    #[arg(long)]
    pub(crate) email: Option<String>,
    /// Read the password from standard input.
    #[arg(long)]
    pub(crate) password_stdin: bool,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        super::Cli::command().debug_assert();
    }
}
