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
    /// The org to sign in to, by its id; the one that was joined first unless given.
    #[arg(long, value_name = "ID")]
    pub(crate) org: Option<String>,
    /// Read an API key, or a token of the server's issuer, from standard input instead of signing in by password.
    #[arg(long, conflicts_with_all = ["email", "password_stdin", "org"])]
    pub(crate) token_stdin: bool,
}
