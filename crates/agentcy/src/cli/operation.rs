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

#[derive(Debug, Args)]
pub(crate) struct Worker {
    /// Collect for the server at this address, without a database; WORKER_TOKEN holds the server's.
    #[arg(long, value_name = "URL")]
    pub(crate) server: Option<Url>,
    /// What the worker calls itself; the name of the machine unless given.
    #[arg(long, requires = "server")]
    pub(crate) name: Option<String>,
    /// How many jobs it does at once.
    #[arg(long, requires = "server", default_value_t = 4, value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub(crate) capacity: u32,
    /// Something it says of itself, more than once for several.
    #[arg(long = "label", requires = "server", value_name = "NAME=VALUE", value_parser = label)]
    pub(crate) labels: Vec<(String, String)>,
    /// A folder for what can be fetched again, such as clones; without it everything is fetched each time.
    #[arg(long, requires = "server", value_name = "DIR")]
    pub(crate) cache: Option<PathBuf>,
}

fn label(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("write NAME=VALUE")?;
    Ok((name.to_owned(), value.to_owned()))
}
