//! Webhooks from the sender's side.

use clap::{Args, Subcommand};

#[derive(Debug, Subcommand)]
pub(crate) enum HooksCommand {
    /// Sign a delivery, and print the curl that sends it.
    #[command(
        after_help = "Examples:\n  agentcy hooks sign http://127.0.0.1:8080/api/v1/hooks/trg_01976b4e-7c00-7000-8000-000000000000 \
        --body '{\"title\":\"It is slow\"}' < secret.txt\n  \
        AGENTCY_HOOK_SECRET=whsec_... agentcy hooks sign trg_01976b4e-7c00-7000-8000-000000000000 --body @issue.json --standard | sh\n\n\
        The secret comes from AGENTCY_HOOK_SECRET or from standard input, never from the command line, which others can see. \
        Nothing is sent, and no session is needed where the whole address is given."
    )]
    Sign(HookSign),
}

#[derive(Debug, Args)]
pub(crate) struct HookSign {
    /// The address of the webhook, or the id of its trigger at the server of the last login.
    pub(crate) hook: String,
    /// What is delivered; `@file` is what the file holds.
    #[arg(long)]
    pub(crate) body: String,
    /// Its media type; JSON where it is some, else text.
    #[arg(long, value_name = "TYPE")]
    pub(crate) content_type: Option<String>,
    /// What the delivery is known by, so that a repeat has no effect; random unless given.
    #[arg(long)]
    pub(crate) id: Option<String>,
    /// Sign it with its time, as Standard Webhooks does; good for five minutes.
    #[arg(long)]
    pub(crate) standard: bool,
}
