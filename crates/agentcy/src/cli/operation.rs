//! Commands for whoever runs the server.

use std::path::PathBuf;

use clap::Args;
use url::Url;

#[derive(Debug, Args)]
pub(crate) struct Init {
    /// Where to write; an existing file is never overwritten.
    #[arg(long, default_value = ".env")]
    pub(crate) file: PathBuf,
    /// Who administers the server.
    #[arg(long, default_value = "admin@example.com")]
    pub(crate) admin_email: String,
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
