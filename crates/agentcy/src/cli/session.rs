//! Signing in, and where.

use clap::Args;
use url::Url;

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
