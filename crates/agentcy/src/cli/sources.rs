//! Connected systems.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::Server;
use crate::input;

#[derive(Debug, Subcommand)]
pub(crate) enum SourcesCommand {
    /// List what is connected, and how its last sync went.
    List(Server),
    /// List what can be connected, or show the settings of one kind.
    Catalog(SourceCatalog),
    /// Connect a source, once its settings were tried.
    #[command(
        after_help = "Examples:\n  agentcy sources add git code --realm development --set path=/srv/code --sync\n  \
        agentcy sources add postgres crm --realm crm --credential url < url.txt\n  \
        agentcy sources add http feed --realm data --set base_url=https://feed.example.com --credential token=@token.txt\n\n\
        Which settings and credentials a kind takes is shown by `agentcy sources catalog KIND`."
    )]
    Add(SourceAdd),
    /// Show a source, and what its last sync left out.
    Show(SourceNamed),
    /// Sync a source, and stay until graph queries see it.
    #[command(
        after_help = "Examples:\n  agentcy sources sync code\n  agentcy sources sync code --background --json\n\n\
        A sync that is going on is watched. Ctrl-C leaves it to the server.\n\
        Exit codes: 0 it came through, 1 it failed, 6 somebody stopped it."
    )]
    Sync(SourceSync),
    /// Stop the sync of a source.
    Cancel(SourceNamed),
    /// Try the settings of a source as they are kept.
    Validate(SourceNamed),
    /// Upload what a json or csv source reads.
    Upload(SourceUpload),
    /// Say what can be done with the live source.
    Tools(SourceNamed),
    /// Disconnect a source; what it said stays unless purged.
    Remove(SourceRemove),
}

#[derive(Debug, Args)]
pub(crate) struct SourceCatalog {
    /// The kind to show.
    pub(crate) kind: Option<String>,
    #[command(flatten)]
    pub(crate) server: Server,
}

#[derive(Debug, Args)]
pub(crate) struct SourceNamed {
    /// Its name or id.
    pub(crate) source: String,
    #[command(flatten)]
    pub(crate) server: Server,
}

#[derive(Debug, Args)]
pub(crate) struct SourceAdd {
    /// A kind of the catalog.
    pub(crate) kind: String,
    /// What people call it; unique in the org.
    pub(crate) name: String,
    /// Where all it says lies.
    #[arg(long)]
    pub(crate) realm: String,
    /// A setting of the kind; JSON where the kind wants no text.
    #[arg(long = "set", value_name = "NAME=VALUE", value_parser = input::pair)]
    pub(crate) settings: Vec<(String, String)>,
    /// All settings as one JSON object; `@file` reads it from a file.
    #[arg(long, value_name = "JSON", conflicts_with = "settings")]
    pub(crate) config: Option<String>,
    /// A credential of the kind. It is asked for, or read from standard input or the file that is named; never
    /// from the command line, which others can see.
    #[arg(long = "credential", value_name = "NAME[=@FILE]")]
    pub(crate) credentials: Vec<String>,
    /// Try it only; nothing is kept.
    #[arg(long, conflicts_with = "sync")]
    pub(crate) dry_run: bool,
    /// Sync it at once.
    #[arg(long)]
    pub(crate) sync: bool,
    #[command(flatten)]
    pub(crate) server: Server,
}

#[derive(Debug, Args)]
pub(crate) struct SourceSync {
    /// Its name or id.
    pub(crate) source: String,
    /// Do not wait for it.
    #[arg(long)]
    pub(crate) background: bool,
    #[command(flatten)]
    pub(crate) server: Server,
}

#[derive(Debug, Args)]
pub(crate) struct SourceUpload {
    /// Its name or id.
    pub(crate) source: String,
    /// The file, 64 MiB at most.
    pub(crate) file: PathBuf,
    #[command(flatten)]
    pub(crate) server: Server,
}

#[derive(Debug, Args)]
pub(crate) struct SourceRemove {
    /// Its name or id.
    pub(crate) source: String,
    /// Archive its part of the graph too.
    #[arg(long)]
    pub(crate) purge: bool,
    #[command(flatten)]
    pub(crate) server: Server,
}
